"""The form of a table of pixels, found from its first rows: each rule at its limit."""

import os
from pathlib import Path

import pytest

from cnncli.data.dataset import MAX_BYTES
from cnncli.data.tables.pixel_table import is_pixel_table, read_pixel_table
from cnncli.data.tables.table_text import TableForm, find_form, read_table
from cnncli.errors import DataError


def form(*rows: str, end: str = "\n") -> TableForm | None:
    return find_form("".join(row + end for row in rows).encode())


def numbers(count: int, begin: int = 7, separator: str = ",") -> str:
    return separator.join(str(begin + at * at % 11) for at in range(count))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " "])
def test_table_has_a_label_and_16_pixels_at_least(separator: str) -> None:
    for count, is_table in ((15, False), (16, False), (17, True), (18, True), (500, True)):
        found = form(*[numbers(count, separator=separator)] * 3)
        assert (found is not None) == is_table
        if found is not None:
            assert (found.delimiter.decode(), found.columns, found.names, found.text_column) == (
                separator, count, None, None,
            )  # fmt: skip
            assert (found.body, found.first_line, found.trailing) == (0, 1, False)


@pytest.mark.parametrize(("row", "column"), [
    ("cat," + numbers(16), 0), (numbers(16) + ",cat", 16), ("cat," + numbers(784), 0),
    ("cat," + numbers(18), None), (numbers(20) + ",cat", None), ("cat,x," + numbers(18), None),
    ("a.png," + numbers(16), None),
    (numbers(16) + ",a/b", None), (numbers(16) + ",a\\b", None), ("7.5," + numbers(16), "a number"),
])  # fmt: skip
def test_one_column_of_words_is_a_label_beside_a_square_of_pixels(
    tmp_path: Path, row: str, column: int | str | None
) -> None:
    (tmp_path / "a.csv").write_text(f"{row}\n" * 3)
    assert is_pixel_table(tmp_path / "a.csv") == (column is not None)
    if column is not None:
        found = form(*[row] * 3)
        assert found is not None and found.text_column == (None if column == "a number" else column)


@pytest.mark.parametrize(("faults", "is_table"), [(1, True), (2, True), (3, False)])
def test_a_tenth_of_the_cells_and_one_more_may_be_faults_which_are_told_when_they_are_read(
    faults: int, is_table: bool
) -> None:
    row = numbers(17).split(",")
    row[4 : 4 + faults] = ["x"] * faults
    assert (form(*[",".join(row)] * 3) is not None) == is_table


def test_rows_begin_behind_marks_comments_empty_lines_and_headers() -> None:
    names = ",".join(["label", *(f"p{at}" for at in range(16))])
    for before, line in (("", 1), ("\n", 2), ("# from\n\n  # the lab\n", 4)):
        for header in ("", names + "\n"):
            for mark in (b"", b"\xef\xbb\xbf"):
                head = mark + (before + header + (numbers(17) + "\n") * 2).encode()
                found = find_form(head)
                assert found is not None
                assert head[found.body :].startswith(numbers(17).encode()) and found.columns == 17
                assert found.first_line == line + bool(header)
                assert found.names == (names.split(",") if header else None)


def test_header_without_rows_and_bytes_are_no_table() -> None:
    assert form(",".join(["label", *(f"p{at}" for at in range(16))])) is None
    assert form(numbers(17)) is not None
    assert find_form(numbers(17).encode()) is not None
    assert find_form(b"") is None and find_form(b"\n\n") is None
    assert find_form(numbers(17).encode() + b"\0\n" + numbers(17).encode()) is None


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("word", ["first", "last", "none"])
def test_numbers_counted_from_0_or_1_are_a_header_and_others_are_a_row(first: int, word: str) -> None:
    for begin, is_header in ((first, True), (first + 2, False)):
        counted = [str(begin + at) for at in range(17 if word == "none" else 16)]
        names = {"first": ["label", *counted], "last": [*counted, "label"], "none": counted}[word]
        found = form(",".join(names), *[numbers(17)] * 2)
        if word == "none" or is_header:
            assert found is not None and (found.names == names) == is_header
        else:
            assert found is None or found.names is None


def test_half_of_a_header_is_words() -> None:
    words = [f"w{at}" for at in range(10)]
    for count, is_header in ((9, True), (8, False)):
        row = ",".join([*words[:count], *(str(90 + at) for at in range(17 - count))])
        found = form(row, *[numbers(17)] * 2)
        assert (found is not None and found.names is not None) == is_header


@pytest.mark.parametrize("repeats", ["0,0.1,0.2", "0,3,0.1,3.1,0.2", "12,12.1"])
def test_row_whose_repeated_numbers_pandas_has_numbered_is_a_header(repeats: str) -> None:
    rest = [str(40 + at) for at in range(17 - repeats.count(",") - 1)]
    found = form(",".join([*repeats.split(","), *rest]), *[numbers(17)] * 2)
    assert found is not None and found.names is not None
    plain = form(",".join(["5", "5", "5.1", *rest[: 17 - 3]]), *[numbers(17)] * 2)  # 5 twice: no name is there twice
    assert plain is not None and plain.names is None


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("spaces", ["", " ", "  "])
def test_rows_that_end_with_a_separator_have_no_column_more(tmp_path: Path, separator: str, spaces: str) -> None:
    rows = [numbers(17, begin, separator) for begin in (7, 8, 7)]
    found = form(*rows, end=f"{separator}{spaces}\n")
    assert found is not None and (found.columns, found.trailing) == (17, True)
    (tmp_path / "a.csv").write_text("".join(f"{row}{separator}{spaces}\n" for row in rows))
    read, texts, parts = read_table(tmp_path / "a.csv", found)
    assert read.tolist() == [[int(cell) for cell in row.split(separator)] for row in rows]
    assert texts is None and parts is None


def test_only_row_is_data_even_if_it_counts() -> None:
    for first in (0, 1):
        found = form(",".join(str(first + at) for at in range(17)))
        assert found is not None and (found.names, found.body, found.first_line) == (None, 0, 1)


def test_column_of_parts_is_found_above_one_row_and_not_in_rows_of_other_lengths() -> None:
    header = ",".join(["label", "split", *(f"p{at}" for at in range(16))])
    row = ",".join(["1", "train", *["7"] * 16])
    found = form(header, row)
    assert found is not None and (found.part_column, found.part_name, found.columns) == (1, "split", 17)
    assert found.names == ["label", *(f"p{at}" for at in range(16))]
    assert form(header, row, "7") is None  # words are no pixels
    plain = form(",".join(["label", "what", *(f"p{at}" for at in range(15))]), *[numbers(17)] * 2)
    assert plain is not None and (plain.part_column, plain.part_name) == (None, "")


def test_decimal_commas_are_those_between_digits_of_tables_with_another_separator() -> None:
    rows = [";".join(["3", *["0,25"] * 16])] * 3
    found = form(*rows)
    assert found is not None and found.decimal_comma and found.columns == 17
    plain = form(*[";".join(["3", *["0.25"] * 16])] * 3)
    assert plain is not None and not plain.decimal_comma
    names = form(";".join(["label", *(f"at {at},5" for at in range(16))]), *[";".join(["3", *["7"] * 16])] * 2)
    assert names is not None and not names.decimal_comma and names.names is not None and names.names[1] == "at 0,5"


def test_file_of_four_characters_for_each_byte_of_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text((numbers(17) + "\n") * 3)
    os.truncate(path, 4 * MAX_BYTES + 1)  # with holes
    with pytest.raises(DataError, match=r"8,589,934,593 bytes; the limit is 8,589,934,592, use fewer images"):
        read_pixel_table(path)
