"""Which columns of a list are pictures and labels, found from the header, the files and the values."""

import pytest

from cnncli.data.tables.list_columns import find_columns, find_path_column
from cnncli.errors import DataError


def nothing(_: str) -> bool:
    return False


@pytest.mark.parametrize(("cell", "there", "header"), [
    ("b.png", (), True), ("b", ("b",), True), ("b.png", ("b.png",), True), ("b", (), False), (" ", (" ", ""), False),
])  # fmt: skip
def test_words_above_a_file_are_a_header_whether_it_exists_or_is_named_as_one(
    cell: str, there: tuple[str, ...], header: bool
) -> None:
    rows = [["where", "what"], [cell, "x"], [cell, "y"], [cell, "x"]]
    found, path = find_path_column("l", rows, lambda name: name in there) if header else (None, 0)
    assert (found, path) == ((["where", "what"], 0) if header else (None, 0))
    columns = find_columns("l", rows, lambda name: name in there, None)
    assert columns.header == (["where", "what"] if header else None)
    assert (columns.path, columns.label, columns.part, columns.one_hot) == (0, 1, None, ())


@pytest.mark.parametrize("first", [["a.png", "label"], ["path", "b.JPEG"], ["here", "label"]])
def test_row_with_a_file_in_it_is_no_header(first: list[str]) -> None:
    assert find_columns("l", [first, ["c.png", "x"]], lambda name: name == "here", "last").header is None


def test_six_columns_are_named_where_the_label_is_not_known_each_with_40_characters() -> None:
    header = ["path", *(f"{at}" * 50 for at in range(1, 9))]
    for count, said in ((7, ""), (8, " and 1 more"), (9, " and 2 more")):
        with pytest.raises(DataError) as caught:
            find_columns("l", [header[:count], ["a.png", *"abcdefgh"[: count - 1]]], nothing, None)
        listed = ", ".join(f"{at}" * 40 for at in range(1, 7))
        assert str(caught.value) == (
            f"l: which column is the label is not known: {listed}{said}; pass --label-column {'1' * 40}, or another"
        )


@pytest.mark.parametrize(("cells", "is_left"), [
    (["0", "1", "2"], True), (["1", "2", "3"], True), (["2", "3", "4"], False), (["0", "1"], False),
    (["0", "1", "3"], False), (["0", "1", "x"], False),
])  # fmt: skip
def test_column_that_counts_three_rows_from_0_or_1_is_no_label(cells: list[str], is_left: bool) -> None:
    rows = [["a.png", "x", cell] for cell in cells]
    if is_left:
        assert find_columns("l", rows, nothing, None).label == 1
    else:
        with pytest.raises(DataError, match="which column is the label is not known: 2, 3;"):
            find_columns("l", rows, nothing, None)


def test_of_columns_that_tell_the_classes_alike_the_one_in_words_is_the_label() -> None:
    header, rows = ["path", "class", "label"], [["a.png", "1", "cat"], ["b.png", "2", "dog"]]
    assert find_columns("l", [header, *rows], nothing, None).label == 2
    swapped = [[row[0], row[2], row[1]] for row in rows]
    assert find_columns("l", [header, *swapped], nothing, None).label == 1
    both = [["a.png", "1", "-1.5"], ["b.png", "2", "+2"]]
    assert find_columns("l", [header, *both], nothing, None).label == 2  # no words: the name that tells most


@pytest.mark.parametrize(("rows", "are_classes"), [
    ([["1", "0", "0"], ["0", "1.0", "0."]], True), ([["1", "0", "0"], ["1", "1", "0"]], False),
    ([["1", "0", "0"], ["0", "0", "0"]], False), ([["1", "0", "0"], ["2", "0", "0"]], False),
])  # fmt: skip
def test_columns_with_one_1_in_each_row_are_classes(rows: list[list[str]], are_classes: bool) -> None:
    listed = [["path", "cat", "dog", "eel"], *(["a.png", *row] for row in rows)]
    if are_classes:
        found = find_columns("l", listed, nothing, None)
        assert (found.label, found.one_hot) == (None, (1, 2, 3))
    else:
        with pytest.raises(DataError, match="which column is the label is not known: cat, dog, eel;"):
            find_columns("l", listed, nothing, None)


def test_label_that_the_user_names_is_taken_and_the_path_is_none() -> None:
    rows = [["path", "what", "split", "digit"], ["a.png", "x", "train", "7"]]
    for told, column in (("what", 1), ("digit", 3), ("2", 1), ("last", 3)):
        found = find_columns("l", rows, nothing, told)
        assert (found.label, found.path, found.part) == (column, 0, 2)
    for told in ("path", "1", "5", "0", "other"):
        with pytest.raises(DataError, match=f"^l: has no column of labels {told}; name one of the header$"):
            find_columns("l", rows, nothing, told)


def test_only_row_is_no_header_unless_its_words_say_so() -> None:
    assert find_columns("l", [["a", "b"]], nothing, None).header is None
    assert find_columns("l", [["path", "label"]], nothing, None).header == ["path", "label"]


def test_column_with_a_name_of_an_index_is_the_path_only_if_no_other_column_holds_pictures() -> None:
    header = ["id", "where", "label"]
    assert find_path_column("l", [header, ["7", "b.png", "q"]], nothing)[1] == 1
    assert find_path_column("l", [header, ["7", "b", "q"]], "b".__eq__)[1] == 1
    assert find_path_column("l", [header, ["a.png", "b", "q"]], "b".__eq__)[1] == 0  # it holds one, too
    assert find_path_column("l", [header, ["7", "b", "q"]], nothing)[1] == 0
    several = ["id", "image", "where", "label"]
    assert find_path_column("l", [several, ["7", "b.png", "c.png", "q"]], nothing)[1] == 1
    assert find_path_column("l", [several, ["7", "8", "c.png", "q"]], nothing)[1] == 2


def test_only_column_without_a_name_for_labels_that_is_left_is_the_label() -> None:
    rows = [["path", "nr", "what"], *([f"{at}.png", str(at), "x"] for at in range(3))]
    assert find_columns("l", rows, nothing, None).label == 2
    named = [["path", "what", "label"], *([f"{at}.png", "y", "x"] for at in range(3))]
    assert find_columns("l", named, nothing, None).label == 2
