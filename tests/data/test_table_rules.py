"""Tables of pixels and lists, and files that are not read: rows, columns and names, each rule at its limit."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cnncli import _core
from cnncli.data.array_files.npy_pair import read_npy_classes, read_npy_files
from cnncli.data.binary.cifar_binary import read_batches
from cnncli.data.binary.idx import read_idx
from cnncli.data.by_path import read_path
from cnncli.data.digits import load_digits
from cnncli.data.download.named import _file_digest
from cnncli.data.formats_refused import _escaped, _footer, refusal
from cnncli.data.raw import RawSet
from cnncli.data.tables.list_columns import find_columns, find_path_column
from cnncli.data.tables.numbers import is_number, parse_rows
from cnncli.data.tables.pixel_cells import has_pixel_cells
from cnncli.data.tables.pixel_table import _is_image, read_pixel_set, read_pixel_table
from cnncli.data.tables.table_text import find_form, read_table
from cnncli.data.tree import scan
from cnncli.errors import DataError, UsageError


def texts(found: RawSet) -> list[str]:
    return [note.text for note in found.notes]


@pytest.mark.parametrize(("text", "rows"), [
    ("1,20\n300,4\n", [[1, 20], [300, 4]]), ("999,0\n", [[999, 0]]), ("1000,0\n", [[1000, 0]]), ("1,:\n", None),
    ("1,/\n", None),
    ("1,2,3\n", None), ("1\n", None), ("1,2\n3\n", None), ("1,,2\n", None), (",1\n", None), ("1;2\n", None),
    ("1,-2\n", [[1, -2]]),
    ("1,2.5e1\n", [[1, 25]]), ("1, 2\n", [[1, 2]]), ("1,x\n", None), ("1,2 3\n", None), ("1,\n", None),
    ("007,1\n", [[7, 1]]),
])  # fmt: skip
def test_rows_of_numbers_are_read_as_python_reads_them(text: str, rows: list[list[float]] | None) -> None:
    found = parse_rows(text.encode(), b",", 2)
    assert (found is None) if rows is None else (found is not None and found.tolist() == rows)


def test_runs_of_spaces_and_tabs_are_one_separator() -> None:
    for text, rows in (("1 2\n", [[1, 2]]), ("1  2\t\n", [[1, 2]]), ("1 2 3\n", None), ("1\n", None)):
        found = parse_rows(text.encode(), b" ", 2)
        assert (found is None) if rows is None else (found is not None and found.tolist() == rows)
    assert [is_number(cell) for cell in ("1_0", "\u0663", "inf", " 7 ", "")] == [False, False, True, True, False]


@pytest.mark.parametrize(("pixels", "is_one"), [
    (15, False), (16, True), (17, False), (25, True), (26, False), (27, True), (48, True), (49, True), (75, True),
    (76, False), (3, False),
    (12, False), (9, False),
])  # fmt: skip
def test_pixels_of_an_image_are_a_square_or_three_of_at_least_sixteen(pixels: int, is_one: bool) -> None:
    assert _is_image(pixels) == is_one


def write(path: Path, rows: list[list[object]], separator: str = ",") -> Path:
    path.write_text("".join(separator.join(map(str, row)) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("place", ["first", "last"])
def test_label_is_the_column_that_is_not_like_its_neighbour(
    tmp_path: Path, rng: np.random.Generator, place: str
) -> None:
    """Pixels in pairs that are alike, of which each is as even as the label."""
    pairs = rng.integers(0, 5, (200, 8)) * 4
    pixels = np.repeat(pairs, 2, axis=1) + rng.integers(0, 2, (200, 16))
    pixels[0, 7] = 255
    labels = rng.integers(0, 5, 200)
    columns = [labels[:, None], pixels] if place == "first" else [pixels, labels[:, None]]
    found = read_pixel_table(write(tmp_path / "a.csv", np.hstack(columns).tolist()))
    assert found.labels is not None and found.labels.tolist() == labels.tolist()
    assert [note.text for note in found.notes] == [f"converted: the {place} column is the label"]


def test_one_hot_columns_lie_before_or_behind_the_pixels(tmp_path: Path, rng: np.random.Generator) -> None:
    labels = np.arange(30) % 5
    pixels = rng.integers(2, 256, (30, 25))
    for columns in ([np.eye(5, dtype=int)[labels], pixels], [pixels, np.eye(5, dtype=int)[labels]]):
        found = read_pixel_set({"train": write(tmp_path / "a.csv", np.hstack(columns).tolist())}, "set", "w")
        assert found.parts["train"].labels.tolist() == labels.tolist()
        np.testing.assert_array_equal(np.asarray(found.parts["train"].pictures).reshape(30, 25), pixels)


def test_tables_without_labels_are_told_by_their_part(tmp_path: Path, rng: np.random.Generator) -> None:
    labels, pixels = np.arange(1200) % 5, rng.integers(0, 256, (1200, 25))
    header = ["label", *(f"p{at}" for at in range(25))]
    train = write(tmp_path / "a.csv", [header, *np.hstack([labels[:, None], pixels]).tolist()])
    bare = write(tmp_path / "b.csv", pixels.tolist())
    found = read_pixel_set({"train": train, "test": bare}, "set", "w")
    assert list(found.parts) == ["train"]
    assert "b.csv: 1,200 images without labels, not used" in texts(found)
    with pytest.raises(DataError) as caught:
        read_pixel_set({"train": bare}, "set", "w")
    assert str(caught.value) == f"{bare}: 1,200 images of 25 pixels and no labels; pass the table that has them"
    validation = read_pixel_set({"train": train, "validation": train}, "set", "w")
    assert "a.csv: used for validation" in texts(validation)
    narrow = write(tmp_path / "c.csv", rng.integers(2, 256, (9, 23)).tolist())
    with pytest.raises(DataError, match=r"c.csv: 23 columns, and neither these nor one less make an image"):
        read_pixel_table(narrow)
    with pytest.raises(DataError, match=r"c.csv: 22 pixels in each row make no image"):
        read_pixel_table(narrow, "first")


def test_place_of_the_label_that_was_told_is_that_of_every_part(tmp_path: Path, rng: np.random.Generator) -> None:
    rows = rng.integers(0, 3, (9, 17))
    files = {"train": write(tmp_path / "a.csv", rows.tolist()), "test": write(tmp_path / "b.csv", rows[:2].tolist())}
    for place, column in (("first", 0), ("last", 16), ("1", 0), ("17", 16)):
        found = read_pixel_set(files, "set", "w", place)
        for part, count in (("train", 9), ("test", 2)):
            labels = [found.class_names[label] for label in found.parts[part].labels]
            assert labels == [str(label) for label in rows[:count, column]]


def test_bad_rows_are_told_with_their_lines_behind_gaps_and_headers(tmp_path: Path) -> None:
    row = "1," + ",".join(["7"] * 16)
    header = "label," + ",".join(f"p{at}" for at in range(16))
    for content, said in (
        (f"{header}\n{row}\n\n{row.replace('7', 'x', 3)}\n", "line 4, column 2: 'x' is no number; fill in a number"),
        (f"{row}\n\n\n{row}\n{row},9\n{row}\n", "line 5: 18 columns, 17 in the first row; give each row the same"),
        (f"{row}\n{row}\n{row.replace('1,', 'nan,', 1)}\n", "line 3, column 1: NaN or infinite; fill in a number"),
        (f"{row}\n{row}\n{row[:-1]}inf\n", "line 3, column 17: NaN or infinite; fill in a number"),
        (f"{row}\n{row}\n{row[:-1]}{'y' * 30}\n", f"line 3, column 17: '{'y' * 20}' is no number; fill in a number"),
        (f"cat{row[1:]}\ndog{row[1:]}\ndog{row[1:-1]}nan\n", "line 3, column 17: NaN or infinite; fill in a number"),
        (f"{row}\n{row}\n7\n", "line 3: 1 column, 17 in the first row; give each row the same"),
    ):  # fmt: skip
        path = tmp_path / "a.csv"
        path.write_text(content)
        with pytest.raises(DataError) as caught:
            read_pixel_table(path, "first")
        assert str(caught.value) == f"{path}, {said}"


def test_texts_of_a_table_come_first_or_last_in_pieces_of_any_size(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = rng.integers(0, 256, (40, 16))
    labels = [f"c{number % 7}" for number in range(40)]
    for size in (50, 64, 1 << 20):
        monkeypatch.setattr("cnncli.data.tables.table_text.PIECE_BYTES", size)
        for separator in (",", "\t", " ", ";"):
            for first in (True, False):
                rows = [
                    [label, *row] if first else [*row, label]
                    for label, row in zip(labels, pixels.tolist(), strict=True)
                ]
                path = write(tmp_path / "a.csv", rows, separator)
                form = find_form(path.read_bytes())
                assert form is not None
                numbers, found, parts = read_table(path, form)
                assert found == labels and parts is None and numbers.dtype == np.uint8
                np.testing.assert_array_equal(numbers, pixels)


@pytest.mark.parametrize(("highest", "kind"), [(255, np.uint8), (256, np.uint16), (999, np.uint16), (1000, np.float32)])
def test_numbers_are_kept_in_the_smallest_type(tmp_path: Path, highest: int, kind: type) -> None:
    path = write(tmp_path / "a.csv", [[1, highest, *[7] * 15]] * 3)
    form = find_form(path.read_bytes())
    assert form is not None and read_table(path, form)[0].dtype == kind


def cells(rows: list[str], header: str = "emotion,pixels") -> str:
    return "\n".join([header, *rows]) + "\n"


def test_cells_of_pixels_are_read_of_one_row_too(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    pixels = " ".join(map(str, range(16)))
    path.write_text(cells([f"3,{pixels}"]))
    assert read_path(path).class_names == ["3"]
    for rows, said in (
        ([f"3,{pixels}", f"4,{pixels} 9"], "row 3: 2 columns, or other than 16 pixels; give each row the same"),
        ([f"3,{pixels}", f"4,{pixels},1"], "row 3: 3 columns, or other than 16 pixels; give each row the same"),
        ([f"3,{pixels}", f",{pixels}"], "row 3: the label is empty or holds control characters; fill it in"),
    ):  # fmt: skip
        path.write_text(cells(rows))
        with pytest.raises(DataError) as caught:
            read_path(path)
        assert str(caught.value) == f"{path}, {said}"
    many = [f"n{number}" + "x" * 50 for number in range(8)]
    for count, more in ((1, ""), (5, ""), (6, " and 1 more"), (7, " and 2 more")):
        path.write_text(cells([f"3,{pixels}" + ",q,r"[:2] * count] * 2, ",".join(["emotion", "pixels", *many[:count]])))
        listed = ", ".join(name[:40] for name in many[: min(count, 5)])
        assert f"left aside: column{'s' if count > 1 else ''} {listed}{more}" in texts(read_path(path))
    for line, is_one in ((f"a,{pixels}", True), ("a," + pixels[: pixels.rindex(" ")], False), ("," * 20 + pixels, True),
                         ("," * 21 + pixels, False)):  # fmt: skip
        path.write_text(f"x\n{line}\n")
        assert has_pixel_cells(path) == is_one
    path.write_text(pixels)
    assert not has_pixel_cells(path) and not has_pixel_cells(tmp_path / "gone")


def nothing(_: str) -> bool:
    return False


def test_path_column_is_found_below_its_header() -> None:
    assert find_path_column("l", [["where", "what"], ["x", "b.png"]], nothing) == (["where", "what"], 1)
    near = ["r", "s"]
    assert find_path_column("l", [["a", "label"], ["r", "x"]], nothing, near.__contains__) == (["a", "label"], 0)
    # Of columns with names of paths the one whose cells are files, be it one only; of other columns none goes before.
    rows = [["image", "id", "x", "label"], ["7", "a.png", "b.png", "q"], ["8", "8", "b.png", "r"]]
    assert find_path_column("l", rows, nothing)[1] == 1
    assert find_path_column("l", rows, lambda cell: cell == "8")[1] == 1  # found twice in the first, once with a name
    assert find_path_column("l", [["image", "id", "label"], ["7", "8", "q"]], lambda cell: cell == "8")[1] == 1


@pytest.mark.parametrize(("cells", "there", "is_found"), [
    ("abcd", "abc", True), ("abcd", "ab", False), ("aabb", "ab", False), ("aabc", "ab", True), ("a", "a", True),
    ("aabc", "a", False),
])  # fmt: skip
def test_column_leads_to_files_if_most_of_its_cells_differ_and_do(cells: str, there: str, is_found: bool) -> None:
    rows = [["code", "label"], *([cell, "q"] for cell in cells)]
    if is_found:
        assert find_path_column("l", rows, nothing, list(there).__contains__)[1] == 0
    else:
        with pytest.raises(DataError, match=r"^l: the header has no column path; name one column path and one label$"):
            find_path_column("l", rows, nothing, list(there).__contains__)


def test_columns_that_tell_other_classes_apart_are_two() -> None:
    header = ["path", "class", "label"]
    coarse = [header, ["a.png", "1", "x"], ["b.png", "1", "y"], ["c.png", "2", "z"]]
    with pytest.raises(DataError, match=r"^l: which column is the label is not known: label, class; pass"):
        find_columns("l", coarse, nothing, None)
    for digits, is_left in ((11, True), (12, False)):
        rows = [[f"{number:0{digits}}", "a.png", "x"] for number in range(3)]
        if is_left:
            assert find_columns("l", rows, nothing, None).label == 2
        else:
            with pytest.raises(DataError, match=r"^l: which column is the label is not known: 1, 3;"):
                find_columns("l", rows, nothing, None)
    name = "p" * 50
    with pytest.raises(DataError, match=f"^l: has no column of labels {'p' * 40}; name one of the header$"):
        find_columns("l", [["path", "label"], ["a.png", "x"]], nothing, name)


def test_lines_that_convert_hold_no_character_that_would_end_them(tmp_path: Path) -> None:
    assert _escaped("a'b\"c\\d$e`f\ng\u00e9") == "a?b?c?d?e?f?g\u00e9"
    head = b"\x89HDF\r\n\x1a\n"
    assert "7.3" in (refusal(Path("a.mat"), head) or "")
    assert "h5py.File('d/x.h5')" in (refusal(Path("d/x.h5"), head) or "") and "'d/x.npz'" in (
        refusal(Path("d/x.h5"), head) or ""
    )
    path = tmp_path / "x.parquet"
    footer = b"columns and bytes"
    path.write_bytes(b"PAR1" + bytes(50) + footer + struct.pack("<I", len(footer)) + b"PAR1")
    assert _footer(path) == footer + struct.pack("<I", len(footer)) + b"PAR1"
    assert "with pictures in its cells" in (refusal(path, b"PAR1") or "")
    path.write_bytes(b"PAR1 bytes" + bytes(50) + b"columns" + struct.pack("<I", 7) + b"PAR1")
    assert (refusal(path, b"PAR1") or "").startswith("a parquet file; convert it: ")
    path.write_bytes(b"PAR1")
    assert _footer(path) == b"PAR1" and _footer(tmp_path / "gone") == b""


@pytest.mark.parametrize(("head", "is_pickle"), [
    (b"\x80\x02}", True), (b"\x80\x05\x95", True), (b"\x80\x01}", False), (b"\x80\x06}", False),
    (b"\x80\x02x", False), (b"\x80\x02", False),
    (b"\x81\x02}", False),
])  # fmt: skip
def test_pickle_is_told_by_its_protocol(head: bytes, is_pickle: bool) -> None:
    assert ("a pickle, which is never read" in (refusal(Path("x"), head) or "")) == is_pickle


READERS: dict[str, Callable[[Path], object]] = {
    "list": read_path, "IDX": lambda path: read_idx(path, 3),
    "batch": lambda path: read_batches(path.parent, {"train": [path]}),
    ".npy": lambda path: read_npy_classes(path.parent, [path]), "folder": scan, "table": _file_digest,
}  # fmt: skip


@pytest.mark.parametrize("kind", READERS)
def test_reason_why_a_file_cannot_be_read_is_that_of_the_system(kind: str, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"/gone: cannot be read \(no such file or directory\); check the f[a-z]+ and its perm"
    ):
        READERS[kind](tmp_path / "gone")


def test_one_array_alone_says_what_is_missing(tmp_path: Path) -> None:
    np.save(tmp_path / "digits.npy", np.zeros((3, 4, 4), np.uint8))
    for place in (tmp_path, tmp_path / "digits.npy"):
        with pytest.raises(
            DataError, match=r"digits.npy: one array, and its labels are missing; put them beside it as y.npy"
        ):
            read_path(place)
    np.save(tmp_path / "y.npy", np.zeros(3, np.uint8))
    with pytest.raises(
        DataError, match=r"y.npy: one array, and its images are missing; put them beside it as x.npy or"
    ):
        read_npy_files(tmp_path / "y.npy")
    np.save(tmp_path / "digits-labels.npy", np.arange(3))
    assert read_npy_files(tmp_path / "digits.npy").class_names == ["0", "1", "2"]


def test_digits_fit_into_the_limit_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnncli.data.digits._draw", lambda count, seed: None)
    most = (2 << 30) // 784
    with pytest.raises(DataError, match=r"^digits: holds no images"):
        load_digits(most - 5, 5)
    with pytest.raises(DataError, match=f"^digits: {most + 1:,} images of 1x28x28 take"):
        load_digits(most - 4, 5)


def test_digits_of_a_seed_are_those_of_the_generator_at_twice_it() -> None:
    found = load_digits(20, 12, seed=3)
    for part, count, seed in ((found.train, 20, 6), (found.test, 12, 7)):
        images, labels = np.empty((count, 28, 28), np.uint8), np.empty(count, np.uint8)
        _core.digits_generate(images, labels, seed=seed, first=0)
        assert part is not None and part.labels.tolist() == labels.tolist()
        np.testing.assert_array_equal(part.images[:, 0], images)
    assert found.class_names == list("0123456789") and load_digits(0, 5).train is None
    for wrong in ({"seed": -1}, {"seed": 2**63}, {"train": -1}, {"test": -1}, {"train": 1.5}):
        with pytest.raises(UsageError, match=r"^digits: "):
            load_digits(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
def test_cells_that_say_the_part_are_taken_out_of_any_place(
    tmp_path: Path, rng: np.random.Generator, separator: str
) -> None:
    pixels, words = rng.integers(0, 256, (12, 17)), ["train", "val", "test"] * 4
    for place in (0, 1, 7, 8, 9, 10, 16, 17):
        names = [f"p{at}" for at in range(17)]
        rows: list[list[object]] = [[*names[:place], "split", *names[place:]]]
        rows += [[*row[:place], word, *row[place:]] for row, word in zip(pixels.tolist(), words, strict=True)]
        path = write(tmp_path / "a.csv", rows, separator)
        form = find_form(path.read_bytes())
        assert form is not None and (form.part_column, form.part_name, form.columns) == (place, "split", 17)
        numbers, texts_, parts = read_table(path, form)
        np.testing.assert_array_equal(numbers, pixels)
        assert parts == words and texts_ is None


def test_empty_rows_and_separators_at_ends_are_gaps(tmp_path: Path, rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (6, 17))
    lines = [",".join(map(str, row)) for row in pixels.tolist()]
    for content in (
        "\n\n" + "\n".join(lines) + "\n", "\n\n\n".join(lines) + "\n\n", "\r\n".join(lines),
        "\n".join([*lines[:3], "," * 16, *lines[3:]]),
        ",\n".join(lines) + ",\n", ",\n".join([*lines[:4], "," * 16, *lines[4:]]) + ",\n",
        '"' + '"\n"'.join(line.replace(",", '","') for line in lines) + '"\n',
    ):  # fmt: skip
        path = tmp_path / "a.csv"
        path.write_text(content, newline="")
        form = find_form(path.read_bytes())
        assert form is not None
        np.testing.assert_array_equal(read_table(path, form)[0], pixels)


@pytest.mark.parametrize("place", [0, 25])
def test_index_beside_pixels_and_their_label_is_left_aside(
    tmp_path: Path, rng: np.random.Generator, place: int
) -> None:
    labels, pixels = np.arange(20) % 5, rng.integers(0, 256, (20, 25))
    for first, is_one in ((0, True), (1, True), (2, False)):
        for name in ("q", "id"):
            table = np.insert(
                pixels, place, np.arange(first, first + 20) if name == "q" else rng.permutation(20) + 50, axis=1
            )
            names = [f"p{at}" for at in range(25)]
            names.insert(place, name)
            path = write(tmp_path / "a.csv", [["label", *names], *np.hstack([labels[:, None], table]).tolist()])
            if name == "id" or is_one:
                found = read_pixel_table(path)
                np.testing.assert_array_equal(found.pixels, pixels)
                assert [note.text for note in found.notes] == [f"left aside: column {name}, which numbers the rows"]
            else:
                with pytest.raises(DataError, match=r"a.csv: 26 pixels in each row make no image"):
                    read_pixel_table(path)


def test_rows_of_a_column_that_is_no_part_are_told(tmp_path: Path, rng: np.random.Generator) -> None:
    labels, pixels = np.arange(1500) % 5, rng.integers(0, 256, (1500, 16))
    words = ["train"] * 1000 + ["val"] * 500
    header = ["label", "split", *(f"p{at}" for at in range(16))]

    def table(cells: list[str]) -> Path:
        rows = [[int(label), cell, *row] for label, cell, row in zip(labels, cells, pixels.tolist(), strict=True)]
        return write(tmp_path / "a.csv", [header, *rows])

    found = read_pixel_set({"train": table(words)}, "set", "w")
    assert {part: len(held) for part, held in found.parts.items()} == {"train": 1000, "validation": 500}
    assert "500 rows for validation: used for validation" in texts(found)
    np.testing.assert_array_equal(np.asarray(found.parts["validation"].pictures).reshape(500, 16), pixels[1000:])
    with pytest.raises(DataError) as caught:
        read_pixel_set({"train": table([*words[:7], "x" * 50, *words[8:]])}, "set", "w")
    assert str(caught.value) == f"{tmp_path}/a.csv, row 8: split '{'x' * 40}' is no part; write train, val or test"
    two = read_pixel_set({"train": table(words), "test": tmp_path / "a.csv"}, "set", "w")
    assert texts(two)[:1] == ["left aside: column split of a.csv"] and len(two.parts["train"]) == 1500


def test_row_of_more_than_64_mib_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnncli.data.tables.table_text.PIECE_BYTES", 1 << 27)  # all at once, which is quicker
    path = write(tmp_path / "a.csv", [[1, *[7] * 16]] * 3)
    form = find_form(path.read_bytes())
    assert form is not None
    with path.open("ab") as file:
        file.truncate(file.tell() + 67_108_865)
    with pytest.raises(DataError) as caught:
        read_table(path, form)
    assert str(caught.value) == f"{path}, line 1: a row of more than 67,108,864 bytes; use CSV"
