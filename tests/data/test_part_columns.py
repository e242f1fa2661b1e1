"""A column that says for what each row is: in lists, in tables of pixels, and where all pixels are in one cell."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.by_path import read_path
from cnncli.data.raw import RawSet
from cnncli.errors import DataError

LABELS = [3, 5, 8, 3, 5, 8]
WORDS = ["train", "train", "val", "train", "test", "val"]
WANTED = {"train": [3, 5, 3], "validation": [8, 8], "test": [5]}


def read(folder: Path, header: str, rows: list[str]) -> RawSet:
    (folder / "table.csv").write_text("\n".join([header, *rows]) + "\n")
    return read_path(folder / "table.csv")


def labels(found: RawSet) -> dict[str, list[int]]:
    return {part: [int(found.class_names[label]) for label in held.labels] for part, held in found.parts.items()}


@pytest.mark.parametrize(
    "order", ["label,split,{}", "split,label,{}", "{},label,Usage", "{},set,label", "{0},split,{1},label"]
)
def test_table_of_pixels_is_parted_by_a_column_anywhere(tmp_path: Path, rng: np.random.Generator, order: str) -> None:
    pixels = rng.integers(0, 256, (6, 64)).astype(np.uint8)
    halves = order.count("{") == 2
    names = [",".join(f"p{index}" for index in range(start, start + 32)) for start in (0, 32)]
    header = order.format(*names) if halves else order.format(",".join(names))
    rows = []
    for label, word, image in zip(LABELS, WORDS, pixels.tolist(), strict=True):
        cells = [",".join(map(str, image[:32])), ",".join(map(str, image[32:]))]
        row = order.replace("label", str(label)).replace("split", word).replace("Usage", word).replace("set", word)
        rows.append(row.format(*cells) if halves else row.format(",".join(cells)))
    found = read(tmp_path, header, rows)
    assert labels(found) == WANTED
    test = found.parts["test"].pictures
    assert isinstance(test, np.ndarray)
    np.testing.assert_array_equal(test.reshape(1, 64), pixels[4:5])
    assert "2 rows for validation: used for validation" in [note.text for note in found.notes]


def test_row_of_a_table_of_pixels_that_is_no_part_is_told(tmp_path: Path) -> None:
    header = "label,split," + ",".join(f"p{index}" for index in range(16))
    row = "1,{}," + ",".join(["7"] * 16)
    with pytest.raises(DataError) as caught:
        read(tmp_path, header, [row.format("train"), row.format("rest")])
    assert str(caught.value) == f"{tmp_path}/table.csv, row 2: split 'rest' is no part; write train, val or test"
    with pytest.raises(DataError) as caught:
        read(tmp_path, header, [row.format("train"), row.format("test").replace("7", "x", 1), row.format("train")])
    assert str(caught.value) == f"{tmp_path}/table.csv, line 3, column 3: 'x' is no number; fill in a number"
    with pytest.raises(DataError) as caught:
        read(tmp_path, header, [row.format("train"), row.format("test"), "1,train,7"])
    assert str(caught.value) == f"{tmp_path}/table.csv, line 4: 3 columns, 18 in the first row; give each row the same"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for number in range(6):
        Image.new("L", (4, 4)).save(tmp_path / f"{number}.png")
    return tmp_path


@pytest.mark.parametrize(
    "name, cells, wanted",
    [
        ("is_train", "111100", {"train": [3, 5, 8, 3], "test": [5, 8]}),
        ("Is Test", ["False"] * 5 + ["True"], {"train": [3, 5, 8, 3, 5], "test": [8]}),
        ("is_valid", ["no", "no", "yes", "no", "yes", "no"], {"train": [3, 5, 3, 8], "validation": [8, 5]}),
    ],
)
def test_list_is_parted_by_what_is_true_of_a_row(
    pictures: Path, name: str, cells: list[str], wanted: dict[str, list[int]]
) -> None:
    rows = [f"{number}.png,{LABELS[number]},{cells[number]}" for number in range(6)]
    found = read(pictures, f"path,label,{name}", rows)
    assert labels(found) == wanted
    assert not any(note.kind == "left aside" for note in found.notes)


@pytest.mark.parametrize(
    "name, cell", [("is_valid", "True"), ("dataset", "flowers"), ("set", "A"), ("is_train", "maybe")]
)
def test_column_that_says_something_else_is_left_aside(pictures: Path, name: str, cell: str) -> None:
    found = read(pictures, f"path,label,{name}", [f"{number}.png,{LABELS[number]},{cell}" for number in range(6)])
    assert labels(found) == {"train": LABELS}
    assert f"left aside: column {name}" in [note.text for note in found.notes]


@pytest.mark.parametrize("name, cell", [("split", "fold a"), ("partition", "0")])
def test_parts_of_unknown_meaning_are_refused(pictures: Path, name: str, cell: str) -> None:
    with pytest.raises(DataError) as caught:
        read(pictures, f"path,label,{name}", [f"{number}.png,{LABELS[number]},{cell}" for number in range(6)])
    where = f"{pictures}/table.csv, line 2"
    assert str(caught.value) == f"{where}: {name} '{cell}' is no part; write train, val or test"


def cells_table(folder: Path, header: str, row: str, label_column: str | None = None) -> RawSet:
    pixels = " ".join(str(index) for index in range(16))
    (folder / "faces.csv").write_text(header + "\n" + "".join(f"{row.format(label, pixels)}\n" for label in LABELS))
    return read_path(folder / "faces.csv", label_column)


def test_pixels_in_cells_ask_for_the_label_and_say_what_is_left_aside(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        cells_table(tmp_path, "age,gender,pixels", "{0},7,{1}")
    assert str(caught.value) == (
        f"{tmp_path}/faces.csv, line 1: which column is the label is not known: age, gender; "
        "pass --label-column age, or another"
    )
    found = cells_table(tmp_path, "age,gender,pixels", "{0},7,{1}", "age")
    assert found.class_names == ["3", "5", "8"]
    assert "left aside: column gender" in [note.text for note in found.notes]
    assert cells_table(tmp_path, "mood,pixels", "{0},{1}").class_names == ["3", "5", "8"]
