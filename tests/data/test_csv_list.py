"""A CSV list of pictures and their labels as a data set."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import data
from cnncli.data import PictureWish, classes
from cnncli.data.resolve import bases_of
from cnncli.data.tables.lists import read_names
from cnncli.errors import DataError

LEVELS = {"a.png": 10, "b.png": 20, "c, d.png": 30}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a folder `pictures` of three plain grey pictures."""
    (tmp_path / "pictures").mkdir()
    for name, level in LEVELS.items():
        Image.new("L", (28, 28), level).save(tmp_path / "pictures" / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(content: str | bytes, name: str = "pictures/list.csv") -> data.DataSet:
    """The data set of a list with this content, named as a user types it."""
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return data.load(name)


def levels(found: data.DataSet) -> list[int]:
    assert found.train is not None and found.test is None
    assert found.train.images.shape[1:] == (1, 28, 28)
    return [int(image.max()) for image in found.train.images]


def labels(found: data.DataSet) -> list[str]:
    assert found.train is not None
    return [found.class_names[label] for label in found.train.labels]


@pytest.mark.parametrize(
    "content",
    [
        "path,label\nb.png,dog\na.png,cat\n",
        "b.png,dog\na.png,cat\n",
        "b.png,dog\na.png,cat",
        "b.png,dog\r\na.png,cat\r\n",
        "b.png,dog\ra.png,cat\r",
        "\nb.png,dog\n\n\na.png,cat\n\n",
        " b.png , dog \n a.png , cat \n",
        '"b.png","dog"\n"a.png", "cat"\n',
        "\ufeffpath,label\nb.png,dog\na.png,cat\n",
        "\ufeffb.png,dog\na.png,cat\n",
        "Label,size,PATH\ndog,28,b.png\ncat,28,a.png\n",
        "./b.png,dog\n../pictures/a.png,cat\n",
    ],
    ids=[
        "header", "no header", "no last line end", "CRLF", "CR", "empty lines", "spaces", "quotes", "mark and header",
        "mark", "columns in any order", "relative paths",
    ],
)  # fmt: skip
def test_rows_become_images_and_labels_in_their_order(folder: Path, content: str) -> None:
    found = read(content)
    assert levels(found) == [20, 10]
    assert labels(found) == ["dog", "cat"]
    assert found.class_names == ["cat", "dog"]
    assert (found.name, found.source) == ("list", "pictures/list.csv")


def test_absolute_paths_are_taken_as_they_are(folder: Path) -> None:
    found = read(f"{folder}/pictures/b.png,x\n", "list.csv")
    assert levels(found) == [20]


def test_paths_with_a_comma_are_quoted(folder: Path) -> None:
    assert levels(read('a.png,x\n"c, d.png",y\n')) == [10, 30]


def test_numbers_are_classes_in_order_of_their_value(folder: Path) -> None:
    found = read("".join(f"a.png,{label}\n" for label in ("10", "b", "9", "0", "a", "1" * 30)))
    assert found.class_names == ["0", "9", "10", "1" * 30, "a", "b"]


def test_labels_may_be_of_any_script(folder: Path) -> None:
    assert read("a.png,猫\nb.png,Bär\n").class_names == ["Bär", "猫"]


def test_suffix_may_be_of_any_case(folder: Path) -> None:
    assert levels(read("a.png,x\n", "pictures/LIST.CSV")) == [10]


def test_pictures_of_other_sizes_are_fitted(folder: Path) -> None:
    Image.new("RGB", (60, 40), (0, 255, 0)).save("pictures/wide.png")
    Path("list.csv").write_text("pictures/wide.png,x\n")
    found = data.load("list.csv", wish=PictureWish(colour="rgb", size=(8, 8)))
    assert found.train is not None
    np.testing.assert_array_equal(found.train.images[0, :, 4, 4], [0, 255, 0])


CASES = {
    "empty": ("", "l.csv: lists no pictures; write a row path,label for each"),
    "only a header": ("path,label\n", "l.csv: lists no pictures; write a row path,label for each"),
    "no label in the header": (
        "path,id\na.png,x\n",
        "l.csv, line 1: the header has no column label; name one column path and one label",
    ),
    "no path in the header": (
        "\nwhere,label\nsomewhere,x\n",
        "l.csv, line 2: the header has no column path; name one column path and one label",
    ),
    "two paths in the header": (
        "path,label,path\n",
        "l.csv, line 1: the header has more than one column path; name one column path and one label",
    ),
    "one column": (
        "a.png\nb.png\n",
        "l.csv, line 1: 1 column where path,label are needed; add the label of each picture",
    ),
    "three columns and no header": (
        "a.png,x,28\n",
        "l.csv, line 1: which column is the label is not known: 2, 3; pass --label-column 2, or another",
    ),
    "two labels": (
        "path,class,digit\na.png,x,1\nb.png,x,2\nb.png,y,2\n",
        "l.csv, line 1: which column is the label is not known: class, digit; pass --label-column class, or another",
    ),
    "two classes a picture": (
        "path,cat,dog\na.png,1,0\nb.png,1,1\n",
        "l.csv, line 1: which column is the label is not known: cat, dog; pass --label-column cat, or another",
    ),
    "no such part": (
        "path,label,split\na.png,x,train\nb.png,x,extra\n",
        "l.csv, line 3: split 'extra' is no part; write train, val or test",
    ),
    "no picture found": (
        "path,label\nx/c.png,x\nx/d.png,y\n",
        "l.csv: none of its 2 pictures is found, such as 'x/c.png' (line 2); write paths relative to the list or to "
        "the current folder",
    ),
    "a row too short": (
        "path,label,size\na.png,x,28\nb.png,y\n",
        "l.csv, line 3: 2 columns, 3 in the first row; give each row the same, cells with a comma in double quotes",
    ),
    "a row too long": (
        "a.png,x\n\nb.png,y,\n",
        "l.csv, line 3: 3 columns, 2 in the first row; give each row the same, cells with a comma in double quotes",
    ),
    "an empty path": ("a.png,x\n ,x\n", "l.csv, line 2: the path is empty; fill it in or remove the row"),
    "an empty label": ("a.png,x\na.png,\n", "l.csv, line 2: the label is empty; fill it in or remove the row"),
    "an escape sequence": (
        "a.png,x\na.png,\x1b[31mred\n",
        r"l.csv, line 2: label '\x1b[31mred' holds control characters; use printable ones",
    ),
    "a line end in a label": (
        'a.png,x\na.png,"two\nlines"\n',
        r"l.csv, line 2: label 'two\nlines' holds control characters; use printable ones",
    ),
    "a zero byte in a label": (
        "a.png,x\0y\n",
        r"l.csv, line 1: label 'x\x00y' holds control characters; use printable ones",
    ),
    "right-to-left override": (
        "a.png,\u202etac\n",
        r"l.csv, line 1: label '\u202etac' holds control characters; use printable ones",
    ),
    "no such picture": ("a.png,x\nmissing.png,x\n", "l.csv, line 2: missing.png: no such file; check the name"),
    "no picture": (
        "path,label\na.png,x\nl.csv,x\n",
        "l.csv, line 3: l.csv: not a picture that can be read; save it as PNG, JPEG, GIF, BMP, PPM, TIFF, WebP, "
        "AVIF or HEIC",
    ),
    "a folder": (
        "a.png,x\n..,x\n",
        "l.csv, line 2: ..: a folder, not a picture; name the picture files in it",
    ),
    "a zero byte in a path": (
        "a\0.png,x\n",
        r"l.csv, line 1: a\x00.png: cannot be read (embedded null byte); check the file and its permissions",
    ),
    "a path of two lines": (
        'a.png,x\n"two\nlines",x\nb.png,x\n',
        r"l.csv, line 2: two\nlines: no such file; check the name",
    ),
    "a quote that stays open": (
        'a.png,x\n"b.png,x\n',
        "l.csv, line 2: not CSV (unexpected end of data); check the quotes",
    ),
    "text after a quote": (
        'a.png,x\n"b".png,x\n',
        "l.csv, line 2: not CSV (',' expected after '\"'); check the quotes",
    ),
    "a huge cell": (
        "a.png," + "x" * 200_000,
        "l.csv, line 1: not CSV (field larger than field limit (131072)); check the quotes",
    ),
    "UTF-16 cut": (
        "a.png,x\n".encode("utf-16")[:-1],
        "l.csv: UTF-16 text that is cut or damaged; save the list as UTF-8",
    ),
    "an encoding of Japan": (
        "a.png,x\nb.png,日本語の名前\n".encode("shift-jis"),
        'l.csv, line 2: not UTF-8 text; save the list as UTF-8 ("CSV UTF-8" in spreadsheets)',
    ),
}


@pytest.mark.parametrize(("content", "message"), CASES.values(), ids=CASES.keys())
def test_bad_lists_are_one_line_that_says_where(
    folder: Path, monkeypatch: pytest.MonkeyPatch, content: str | bytes, message: str
) -> None:
    monkeypatch.chdir("pictures")
    with pytest.raises(DataError) as caught:
        read(content, "l.csv")
    assert str(caught.value) == message


def test_picture_cut_short_is_one_line_with_its_row(folder: Path, rng: np.random.Generator) -> None:
    Image.fromarray(rng.integers(0, 256, (64, 64), np.uint8)).save("pictures/cut.png")
    os.truncate("pictures/cut.png", 2048)
    with pytest.raises(DataError) as caught:
        read("path,label\na.png,x\ncut.png,x\n")
    line = str(caught.value)
    assert line.startswith("pictures/list.csv, line 3: pictures/cut.png: the picture is cut or damaged (")
    assert line.endswith("); save or copy it again") and "\n" not in line


def test_missing_list_is_one_line(folder: Path) -> None:
    with pytest.raises(DataError) as caught:
        data.load("nothing.csv")
    assert str(caught.value) == (
        "nothing.csv: no such data set; use mnist, fashion-mnist, kmnist, emnist-digits, emnist-letters, digits, or "
        "the path of a folder, an .npz or a .csv"
    )


def test_pipe_is_refused_and_not_waited_for(folder: Path) -> None:
    os.mkfifo("pipe.csv")
    with pytest.raises(DataError) as caught:
        data.load("pipe.csv")
    assert str(caught.value) == "pipe.csv: not a regular file; save the list to a file first"


def test_huge_list_is_refused_before_it_is_read(folder: Path) -> None:
    with Path("huge.csv").open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(DataError) as caught:
        data.load("huge.csv")
    assert str(caught.value) == "huge.csv: 67,108,865 bytes; the limit is 67,108,864, use a smaller list"


def test_images_above_the_memory_limit_are_refused_before_one_is_read(folder: Path) -> None:
    Path("list.csv").write_text("pictures/a.png,x\n" + "missing.png,x\n" * 255)
    with pytest.raises(DataError) as caught:
        data.load("list.csv", wish=PictureWish(colour="grey", size=(1 << 12, 1 << 12)))
    assert str(caught.value) == (
        "list.csv: 256 images of 1x4096x4096 take 4,294,967,296 bytes; the limit is 2,147,483,648, "
        "use fewer or smaller images"
    )


def test_more_labels_than_classes_are_possible(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "MAX_CLASSES", 2)
    with pytest.raises(DataError) as caught:
        read("a.png,x\na.png,y\na.png,z\n")
    assert str(caught.value) == "pictures/list.csv: 3 different labels; at most 2 classes are possible"


def test_files_of_a_list_may_lie_in_folders_beside_it_but_not_in_what_archives_leave(folder: Path) -> None:
    for name in ("images", "__MACOSX", "images/deeper", "images/deeper/still"):
        (folder / name).mkdir()
    (folder / "notes.txt").touch()
    found = bases_of(folder / "list.csv")
    assert found[:2] == [folder, Path()]
    assert set(found[2:]) == {folder / "images", folder / "pictures", folder / "images" / "deeper"}


def test_folder_that_is_gone_before_a_path_is_told(folder: Path) -> None:
    found = read("old/a.png,x\nold/b.png,y\n")
    assert levels(found) == [10, 20]
    assert "converted: paths such as old/a.png are read as pictures/a.png" in [note.text for note in found.notes]
    assert not any("paths" in note.text for note in read("a.png,x\nb.png,y\n").notes)


@pytest.mark.parametrize(("row", "count"), [("1,1", 2), ("0,0", 0), ("x,2", 0)])
def test_picture_of_two_classes_or_none_behind_the_first_rows_is_told(folder: Path, row: str, count: int) -> None:
    rows = "a.png,1,0\nb.png,0,1\n" * 600
    with pytest.raises(DataError) as caught:
        read(f"path,cat,dog\n{rows}a.png,{row}\n")
    assert str(caught.value) == f"pictures/list.csv, line 1202: {count} classes; give each picture one"


def test_list_of_names_has_a_header_only_above_a_name(folder: Path) -> None:
    for content, names in (("path\n", ["path"]), ("path\nb.png\n", ["b.png"]), ("x\nb.png\n", ["x", "b.png"])):
        Path("names.txt").write_text(content)
        assert [(path.name, label) for path, label in read_names(Path("names.txt"))] == [(name, "") for name in names]
