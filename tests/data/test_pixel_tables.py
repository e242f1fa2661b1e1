"""Tables of pixels as people have them: separators, headers, places of the label, ranges; what is asked and refused."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.by_path import read_path
from cnncli.data.raw import RawSet
from cnncli.data.tables.numbers import parse_rows
from cnncli.data.tables.pixel_cells import has_pixel_cells
from cnncli.errors import DataError

LABELS = np.arange(30) % 10


@pytest.fixture
def glyphs(rng: np.random.Generator) -> np.ndarray:
    """30 images of 28x28 with an empty border, as MNIST's."""
    images = np.zeros((30, 28, 28), np.uint8)
    images[:, 8:20, 8:20] = rng.integers(0, 256, (30, 12, 12))
    images[:, 10, 10] = 255
    return images


def text(rows: np.ndarray, separator: str = ",", end: str = "\n") -> str:
    return "".join(separator.join(f"{value:g}" for value in row) + end for row in rows.tolist())


def read(folder: Path, content: str, name: str = "table.csv", **options: str) -> RawSet:
    (folder / name).write_bytes(content.encode())
    return read_path(folder / name, **options)


def check(found: RawSet, images: np.ndarray, labels: np.ndarray = LABELS) -> None:
    pictures = found.parts["train"].pictures
    assert isinstance(pictures, np.ndarray)
    np.testing.assert_array_equal(pictures[:, 0], images)
    assert [found.class_names[label] for label in found.parts["train"].labels] == [str(label) for label in labels]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " ", ", ", "  "])
@pytest.mark.parametrize("place", ["first", "last"])
def test_label_may_come_first_or_last_and_columns_be_separated_in_any_way(
    tmp_path: Path, glyphs: np.ndarray, separator: str, place: str
) -> None:
    columns = [LABELS[:, None], glyphs.reshape(30, -1)]
    found = read(tmp_path, text(np.hstack(columns if place == "first" else columns[::-1]), separator))
    check(found, glyphs)
    assert f"converted: the {place} column is the label" in [note.text for note in found.notes]


HEADERS = {
    "Kaggle": ["label", *(f"pixel{index}" for index in range(784))],
    "Fashion-MNIST": ["label", *(f"{row}x{column}" for row in range(28) for column in range(28))],
    "numbers": [str(index) for index in range(785)],
    "a row that pandas took for one": ["0", *(f"0.{index}" for index in range(1, 785))],
    "other words": ["digit", *(f"px_{index}" for index in range(784))],
    "a word and numbers": ["label", *(str(index) for index in range(784))],
    "quotes": ['"class"', *(f'"p{index}"' for index in range(784))],
    "a mark": ["\ufefflabel", *(f"p{index}" for index in range(784))],
}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("end", ["\n", "\r\n", ",\n"])
def test_headers_are_told_from_rows(tmp_path: Path, glyphs: np.ndarray, header: str, end: str) -> None:
    rows = np.hstack([LABELS[:, None], glyphs.reshape(30, -1)])
    check(read(tmp_path, ",".join(HEADERS[header]) + end + text(rows, end=end)), glyphs)


def test_last_line_without_end_empty_lines_and_quotes_do_not_matter(tmp_path: Path, glyphs: np.ndarray) -> None:
    rows = text(np.hstack([LABELS[:, None], glyphs.reshape(30, -1)])).split("\n")
    rows[3] = ",".join(f'"{cell}"' for cell in rows[3].split(","))
    check(read(tmp_path, "\n" + "\n\n".join(rows).strip()), glyphs)


def test_named_label_in_the_middle_and_an_index_are_found(tmp_path: Path, glyphs: np.ndarray) -> None:
    flat = glyphs.reshape(30, -1)
    rows = np.hstack([np.arange(30)[:, None], flat[:, :7], LABELS[:, None], flat[:, 7:]])
    header = ["id", *(f"p{index}" for index in range(7)), "Class", *(f"p{index}" for index in range(7, 784))]
    found = read(tmp_path, ",".join(header) + "\n" + text(rows))
    check(found, glyphs)
    assert "left aside: column id, which numbers the rows" in [note.text for note in found.notes]


@pytest.mark.parametrize("header", [True, False])
def test_letters_may_be_labels(tmp_path: Path, glyphs: np.ndarray, header: bool) -> None:
    letters = np.array(list("ABCDEFGHIJ"))[LABELS]
    rows = "".join(
        f"{letter},{row}\n" for letter, row in zip(letters, text(glyphs.reshape(30, -1)).split(), strict=True)
    )
    check(read(tmp_path, (",".join(HEADERS["Kaggle"]) + "\n" if header else "") + rows), glyphs, letters)


@pytest.mark.parametrize("scale, least", [(1 / 255, 0), (1 / 127.5, -1)], ids=["0 to 1", "-1 to 1"])
def test_floats_become_bytes(tmp_path: Path, glyphs: np.ndarray, scale: float, least: float) -> None:
    rows = np.hstack([LABELS[:, None], glyphs.reshape(30, -1) * scale + least])
    content = "".join(" ".join(f"{value:.6f}" for value in row) + " \n" for row in rows)
    check(read(tmp_path, content, "zip.train"), glyphs)


def test_one_hot_columns_behind_the_pixels_are_labels(tmp_path: Path, rng: np.random.Generator) -> None:
    ink = rng.integers(0, 2, (30, 16, 16))
    rows = np.hstack([ink.reshape(30, -1), np.eye(10, dtype=int)[LABELS]])
    check(read(tmp_path, text(rows, " "), "semeion.data"), ink * 255)


def test_digits_of_8x8_are_scaled_and_tables_named_for_parts_are_parts(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    ink = rng.integers(0, 17, (30, 8, 8))
    ink[:, :, 0] = 0
    rows = text(np.hstack([ink.reshape(30, -1), LABELS[:, None]]))
    (tmp_path / "optdigits.tes").write_text(rows)
    found = read(tmp_path, rows, "optdigits.tra")
    check(found, (ink * 255 / 16).round())
    assert "converted: rows of 64 pixels to images of 8x8" in [note.text for note in found.notes]
    (tmp_path / "optdigits.names").write_text("about")
    both = read_path(tmp_path)
    assert {part: len(held) for part, held in both.parts.items()} == {"train": 30, "test": 30}


def test_colours_are_put_together(tmp_path: Path) -> None:
    ramp = np.linspace(0, 200, 8)
    image = np.stack([ramp[:, None] + ramp / 8, np.full((8, 8), 250.0), 220 - ramp[None] - ramp[:, None] / 16])
    rows = np.hstack([LABELS[:, None], np.stack([image.astype(int).reshape(-1)] * 30)])
    found = read(tmp_path, text(rows))
    np.testing.assert_array_equal(np.asarray(found.parts["train"].pictures)[0], image.astype(int))


def test_a_table_without_labels_is_said(tmp_path: Path, glyphs: np.ndarray) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, text(glyphs.reshape(30, -1)), "test.csv")
    assert str(caught.value) == (
        f"{tmp_path}/test.csv: 30 images of 784 pixels and no labels; pass the table that has them"
    )
    read(tmp_path, ",".join(HEADERS["Kaggle"]) + "\n" + text(np.hstack([LABELS[:, None], glyphs.reshape(30, -1)])),
         "train.csv")  # fmt: skip
    (tmp_path / "sample_submission.csv").write_text("ImageId,Label\n1,0\n2,0\n")
    found = read_path(tmp_path)
    check(found, glyphs)
    assert "test.csv: 30 images without labels, not used" in [note.text for note in found.notes]


def test_a_label_that_cannot_be_told_is_asked_for_by_an_option(tmp_path: Path, rng: np.random.Generator) -> None:
    images = rng.integers(0, 10, (30, 16))
    images[0, 0] = 255
    images[:, 15] = rng.permutation(LABELS)
    content = text(np.hstack([LABELS[:, None], images]))
    with pytest.raises(DataError) as caught:
        read(tmp_path, content)
    assert str(caught.value) == (
        f"{tmp_path}/table.csv: whether the label comes first or last in a row cannot be seen; "
        "pass --label-column first or --label-column last"
    )
    check(read(tmp_path, content, label_column="first"), images.reshape(-1, 4, 4))
    assert read(tmp_path, content, label_column="17").parts["train"].labels.tolist() == images[:, 15].tolist()


def test_pixels_in_one_cell_are_read_with_their_parts(tmp_path: Path, glyphs: np.ndarray) -> None:
    usage = ["Training"] * 20 + ["PublicTest"] * 5 + ["PrivateTest"] * 5
    rows = [
        f"{label},{' '.join(map(str, image.reshape(-1)))},{part}\n"
        for label, image, part in zip(LABELS, glyphs, usage, strict=True)
    ]
    found = read(tmp_path, "emotion,pixels,Usage\n" + "".join(rows))
    assert {part: len(held) for part, held in found.parts.items()} == {"train": 20, "validation": 5, "test": 5}
    np.testing.assert_array_equal(np.asarray(found.parts["test"].pictures)[:, 0], glyphs[25:])


ROW = ",".join(["1"] * 17) + "\n"
BAD = {
    "a row too short": (ROW * 2 + "1,2\n", ", line 3: 2 columns, 17 in the first row; give each row the same"),
    "a row too long": (ROW * 2 + "1," + ROW, ", line 3: 18 columns, 17 in the first row; give each row the same"),
    "rows that even out": (
        ROW * 2 + "1," + ROW + ROW[2:],
        ", line 3: 18 columns, 17 in the first row; give each row the same",
    ),
    "text": (ROW * 2 + ROW[:-2] + "x\n", ", line 3, column 17: 'x' is no number; fill in a number"),
    "an empty cell": (ROW * 2 + "1,,1" + ROW[5:], ", line 3, column 2: '' is no number; fill in a number"),
    "an escape sequence": (
        ROW * 2 + ROW[:-2] + "\x1b[31m\n",
        r", line 3, column 17: '\x1b[31m' is no number; fill in a number",
    ),
    "text behind empty lines": (ROW + "\n\n" + ROW + "\n" + ROW[:-2] + "x\n",
                                ", line 6, column 17: 'x' is no number; fill in a number"),
    "a row too short behind rows without cells": (ROW * 2 + "," * 16 + "\n" + "1,2\n",
                                                  ", line 4: 2 columns, 17 in the first row; give each row the same"),
    "infinite behind an empty line": (ROW * 2 + "\n" + ROW[:-2] + "1e999\n",
                                      ", line 4, column 17: NaN or infinite; fill in a number"),
    "text between spaces behind an empty line": (
        (ROW * 2 + "\n" + ROW[:-2] + "x\n").replace(",", " "), ", line 4, column 17: 'x' is no number; fill in a number"
    ),
    "an empty cell in the first row": ("1,,1" + ROW[5:] + ROW, ", line 1, column 2: '' is no number; fill in a number"),
    "infinite": ("".join(f"{label}{',0' * 15},1e999\n" for label in (0, 1, 0)),
                 ", line 1, column 17: NaN or infinite; fill in a number"),
    "no square": (
        (",".join(["1"] * 20) + "\n") * 3,
        ": 20 columns, and neither these nor one less make an image (a square, or three times one); save images of "
        "other sizes as .npz",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_tables_are_one_line_that_says_where(tmp_path: Path, case: str) -> None:
    content, line = BAD[case]
    with pytest.raises(DataError) as caught:
        read(tmp_path, content, label_column=None)  # type: ignore[arg-type]
    assert str(caught.value) == f"{tmp_path}/table.csv{line}"


@pytest.mark.parametrize("cells", ["0", "9 10 99 100 999", "007", "255 0"])
def test_small_whole_numbers_are_read_as_python_reads_them(cells: str) -> None:
    numbers = cells.split()
    found = parse_rows((",".join(numbers) + "\n").encode() * 3, b",", len(numbers))
    assert found is not None and found.dtype == np.uint16
    assert found.tolist() == [[int(number) for number in numbers]] * 3


def test_a_table_above_the_memory_limit_is_refused_while_it_is_read(
    tmp_path: Path, glyphs: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnncli.data.tables.table_text.MAX_BYTES", 10_000)
    with pytest.raises(DataError, match="the pixels take more than the limit, 10,000 bytes"):
        read(tmp_path, text(np.hstack([LABELS[:, None], glyphs.reshape(30, -1)])))


def test_decimal_commas_are_points(tmp_path: Path, glyphs: np.ndarray) -> None:
    rows = np.hstack([LABELS[:, None], (glyphs / 255).round(4).reshape(30, -1)])
    content = text(rows, ";").replace(".", ",")
    found = read(tmp_path, content)
    check(found, glyphs)
    assert "converted: decimal commas to points" in [note.text for note in found.notes]


def test_names_of_files_beside_named_labels_are_left_aside(tmp_path: Path, glyphs: np.ndarray) -> None:
    header = ",".join(["file", *(f"p{index}" for index in range(784)), "label"]) + "\n"
    rows = "".join(f"img{at},{','.join(map(str, glyphs[at].ravel()))},{LABELS[at]}\n" for at in range(30))
    found = read(tmp_path, header + rows)
    check(found, glyphs)
    assert "left aside: column file" in [note.text for note in found.notes]


def test_tables_of_usps_are_told_by_content(tmp_path: Path, rng: np.random.Generator) -> None:
    values = rng.integers(0, 256, (30, 256))
    values[0, :2] = 0, 255
    rows = np.hstack([LABELS[:, None], (values / 127.5 - 1).round(5)])
    for name in ("zip.train", "zip.test"):
        (tmp_path / name).write_text("".join(" ".join(f"{value:.5f}" for value in row) + " \n" for row in rows))
    assert {part: len(held) for part, held in read_path(tmp_path).parts.items()} == {"train": 30, "test": 30}


@pytest.mark.parametrize(
    "name, content",
    [
        ("m.arff", "% Weka\n@RELATION digits\n@ATTRIBUTE a NUMERIC\n@DATA\n{rows}"),
        ("m.libsvm", "3 1:0.5 2:0.25 16:1\n1 3:1 4:1 16:0.5\n"),
    ],
)
def test_other_texts_say_what_they_are_and_how_they_are_converted(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(DataError, match=r'file(.*): python -c "') as caught:
        read(tmp_path, content.format(rows="1,2\n"), name)
    assert "\n" not in str(caught.value)


def test_the_line_that_takes_the_rows_of_an_arff_runs(
    tmp_path: Path, glyphs: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = text(np.hstack([glyphs.reshape(30, -1), LABELS[:, None]]))
    monkeypatch.chdir(tmp_path)
    Path("m.arff").write_text("@relation m\n@attribute class {0,1}\n@data\n" + rows)
    with pytest.raises(DataError) as caught:
        read_path(Path("m.arff"))
    subprocess.run(str(caught.value).split("take its rows: ")[1], shell=True, check=True)
    check(read_path(Path("m.csv")), glyphs)


def test_tables_in_folders_that_are_parts_are_parts_and_others_are_asked_about(
    tmp_path: Path, glyphs: np.ndarray
) -> None:
    rows = np.hstack([LABELS[:, None], glyphs.reshape(30, -1)])
    for part, some in (("train", rows[:15]), ("test", rows[15:])):
        (tmp_path / "set" / part).mkdir(parents=True)
        header = ",".join(["label", *(f"p{at}" for at in range(784))]) + "\n"
        (tmp_path / "set" / part / "data.csv").write_text(header + text(some))
    found = read_path(tmp_path / "set")
    assert {part: len(held) for part, held in found.parts.items()} == {"train": 15, "test": 15}
    (tmp_path / "set" / "train").rename(tmp_path / "set" / "mine")
    with pytest.raises(DataError, match=r"holds data in 2 folders \(mine, test\); pass one of them"):
        read_path(tmp_path / "set")


def test_comments_before_and_empty_rows_within_a_table_do_not_matter(tmp_path: Path, glyphs: np.ndarray) -> None:
    rows = text(np.hstack([LABELS[:, None], glyphs.reshape(30, -1)]))
    check(read(tmp_path, "# from the lab\n" + rows + "," * 784 + "\n" + "," * 784 + "\n"), glyphs)


def test_a_table_in_utf_16_is_called_so(tmp_path: Path, glyphs: np.ndarray) -> None:
    rows = text(np.hstack([LABELS[:, None], glyphs.reshape(30, -1)]))
    (tmp_path / "table.csv").write_bytes(rows.encode("utf-16"))
    with pytest.raises(DataError, match="a table in UTF-16; save it as UTF-8"):
        read_path(tmp_path / "table.csv")


def test_a_small_test_part_has_its_labels_where_the_training_part_has_them(tmp_path: Path, glyphs: np.ndarray) -> None:
    rows = np.hstack([LABELS[:, None], glyphs.reshape(30, -1)])
    (tmp_path / "train.csv").write_text(text(rows))
    (tmp_path / "test.csv").write_text(text(rows[:5]))
    found = read_path(tmp_path)
    assert found.parts["test"].labels.tolist() == LABELS[:5].tolist()


@pytest.mark.parametrize(
    ("row", "is_one"),
    [
        ("cat," + " ".join(["7"] * 16), True),
        ('"' + " ".join(["7"] * 16) + '",cat', True),
        ("cat," + " ".join(["7"] * 15), False),
        ("cat," + " ".join(["7"] * 15 + ["a"]), False),  # words about a picture
        ("," * 21 + " ".join(["7"] * 16), False),
    ],
)
def test_cell_of_16_numbers_holds_pixels_and_one_of_words_does_not(tmp_path: Path, row: str, is_one: bool) -> None:
    (tmp_path / "a.csv").write_text(f"label,pixels\n{row}\n")
    assert has_pixel_cells(tmp_path / "a.csv") == is_one
    (tmp_path / "a.csv").write_text("label,pixels")
    assert not has_pixel_cells(tmp_path / "a.csv") and not has_pixel_cells(tmp_path / "none.csv")


@pytest.mark.parametrize("told", ["2", "pixels", "4", "0", "none"])
def test_column_of_pixels_is_no_label_and_neither_is_one_that_is_not_there(
    tmp_path: Path, glyphs: np.ndarray, told: str
) -> None:
    rows = "".join(f"{label},{' '.join(map(str, glyphs[0].reshape(-1)))},train\n" for label in LABELS)
    with pytest.raises(DataError) as caught:
        read(tmp_path, "emotion,pixels,Usage\n" + rows, label_column=told)
    assert str(caught.value) == (
        f"{tmp_path}/table.csv, line 1: has no column of labels {told}; name one of the header"
    )
