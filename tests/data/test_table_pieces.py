"""Tables of pixels are read in pieces: limits, rows that span them, and where in the file a fault is told."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.tables.table_text import TableForm, find_form, read_table
from cnncli.errors import DataError

TABLE = "cnncli.data.tables.table_text"
PIXELS = ["7"] * 16


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., tuple[Path, TableForm]]:
    """Writes rows of cells, and finds their form."""

    def write(*rows: list[str], separator: str = ",") -> tuple[Path, TableForm]:
        path = tmp_path / "a.csv"
        path.write_text("".join(separator.join(row) + "\n" for row in rows))
        form = find_form(path.read_bytes())
        assert form is not None
        return path, form

    return write


def said(path: Path, form: TableForm) -> str:
    with pytest.raises(DataError) as caught:
        read_table(path, form)
    return str(caught.value).removeprefix(str(path))


def test_line_of_a_fault_counts_those_of_all_pieces_before(
    table: Callable[..., tuple[Path, TableForm]], monkeypatch: pytest.MonkeyPatch
) -> None:
    good, header = ["1", *PIXELS], ["label", *(f"p{at}" for at in range(16))]
    monkeypatch.setattr(f"{TABLE}.PIECE_BYTES", 100)  # not three rows of 34 bytes
    for before in (1, 2, 3, 9, 10):
        words = table(header, *[good] * before, ["1", "x", *PIXELS[1:]], good)
        assert said(*words) == f", line {before + 2}, column 2: 'x' is no number; fill in a number"
        infinite = table(header, *[good] * before, ["1", "7", "nan", *PIXELS[2:]], ["inf", *PIXELS])
        assert said(*infinite) == f", line {before + 2}, column 3: NaN or infinite; fill in a number"


@pytest.mark.parametrize("part", range(18))
@pytest.mark.parametrize("label", ["first", "last", "a number"])
def test_column_of_a_fault_counts_that_of_the_parts(
    table: Callable[..., tuple[Path, TableForm]], part: int, label: str
) -> None:
    """The fault stands in the third row; labels in words before it are none."""
    word = "1" if label == "a number" else "cat"
    cells, names = [word, *PIXELS], ["label", *(f"p{at}" for at in range(16))]
    if label == "last":
        cells, names = [*PIXELS, word], [*names[1:], "label"]
    for fault, tells in (("nan", "NaN or infinite"), ("x", "'x' is no number")):
        bad = cells.copy()
        bad[9] = fault
        for row, name in ((names, "split"), (bad, "train")):
            row.insert(part, name)
        good = cells.copy()
        good.insert(part, "test")
        column = bad.index(fault) + 1
        assert said(*table(names, good, good, bad)) == f", line 4, column {column}: {tells}; fill in a number"
        names.remove("split")


def test_row_of_a_label_alone_or_with_a_cell_too_many_is_told(table: Callable[..., tuple[Path, TableForm]]) -> None:
    wrong = "17 in the first row; give each row the same"
    assert said(*table(["cat", *PIXELS], ["dog", *PIXELS], ["dog"])) == f", line 3: 1 column, {wrong}"
    assert said(*table([*PIXELS, "cat"], [*PIXELS, "dog"], ["dog"])) == f", line 3: 1 column, {wrong}"
    assert said(*table(["1", *PIXELS], ["1", *PIXELS], ["1", *PIXELS, ""])) == f", line 3: 18 columns, {wrong}"
    many = ["1"] * 1200
    assert said(*table(["1", *PIXELS], ["1", *PIXELS], many)) == f", line 3: 1,200 columns, {wrong}"


def test_empty_rows_of_a_table_with_parts_are_left_out(table: Callable[..., tuple[Path, TableForm]]) -> None:
    header = ["label", "split", *(f"p{at}" for at in range(16))]
    empty = [""] * 18
    found, _, parts = read_table(*table(header, ["1", "train", *PIXELS], empty, empty, ["2", "test", *PIXELS], empty))
    assert found[:, 0].tolist() == [1, 2] and parts == ["train", "test"]


def test_pixels_of_all_pieces_count_towards_the_limit(
    table: Callable[..., tuple[Path, TableForm]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = table(*[["1", *PIXELS]] * 20)
    monkeypatch.setattr(f"{TABLE}.PIECE_BYTES", 100)
    monkeypatch.setattr(f"{TABLE}.MAX_BYTES", 20 * 17)  # a byte each
    assert read_table(*made)[0].shape == (20, 17)
    monkeypatch.setattr(f"{TABLE}.MAX_BYTES", 20 * 17 - 1)
    assert said(*made).startswith(": the pixels take more than the limit, 339 bytes; use fewer or smaller images, ")


def test_file_may_be_as_large_as_the_limit(
    table: Callable[..., tuple[Path, TableForm]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, form = table(*[["1", *PIXELS]] * 20)  # 34 bytes each
    monkeypatch.setattr(f"{TABLE}._MOST_FILE_BYTES", 680)
    assert len(read_table(path, form)[0]) == 20
    monkeypatch.setattr(f"{TABLE}._MOST_FILE_BYTES", 679)
    assert said(path, form) == ": 680 bytes; the limit is 679, use fewer images"


def test_a_row_may_take_so_many_bytes(
    table: Callable[..., tuple[Path, TableForm]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file without ends of lines is not read to its end."""
    monkeypatch.setattr(f"{TABLE}.PIECE_BYTES", 16)
    monkeypatch.setattr(f"{TABLE}._MOST_ROW_BYTES", 1024)
    for pixels, is_read in ((519, True), (520, False)):  # 1024 and 1040 bytes are read before its end
        path, form = table(*[["1", *["7"] * pixels]] * 3)
        if is_read:
            np.testing.assert_array_equal(read_table(path, form)[0], [[1, *[7] * pixels]] * 3)
        else:
            assert said(path, form) == ", line 1: a row of more than 1,024 bytes; use CSV"
