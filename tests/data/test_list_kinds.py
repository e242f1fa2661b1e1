"""Lists of pictures in the spellings that people use; `test_csv_list.py` holds the plain form and what is refused."""

from pathlib import Path

import pytest
from PIL import Image

from cnncli.data.by_path import read_path
from cnncli.data.raw import RawSet
from cnncli.data.tables.lists import read_names
from cnncli.data.tables.number_table import holds_numbers
from cnncli.errors import DataError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with four pictures in `img files/x` and `img files/y`."""
    for name in ("x/1.png", "x/2.png", "y/3.png", "y/4.png"):
        path = tmp_path / "img files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(content: str | bytes, name: str = "list.csv", **options: str) -> RawSet:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return read_path(Path(name), **options)


def pairs(found: RawSet, part: str = "train") -> list[tuple[str, str]]:
    held = found.parts[part]
    assert isinstance(held.pictures, list)
    assert all(picture.exists() for picture in held.pictures)
    return [(picture.name, found.class_names[label]) for picture, label in zip(held.pictures, held.labels, strict=True)]


WANTED = [("1.png", "a"), ("3.png", "b"), ("4.png", "b")]
ROWS = [("img files/x/1.png", "a"), ("img files/y/3.png", "b"), ("img files/y/4.png", "b")]


def plain(separator: str = ",", end: str = "\n") -> str:
    return "".join(f"{path}{separator}{label}{end}" for path, label in ROWS)


@pytest.mark.parametrize(
    "name",
    [
        "filename",
        "file",
        "image",
        "img",
        "image_path",
        "filepath",
        "path",
        "Filename",
        "file_name",
        "id",
        "image_id",
        "name",
    ],
)
@pytest.mark.parametrize("label", ["label", "Class", "category", "target", "ClassId", "species", "breed", "y", "digit"])
def test_the_usual_headers_are_known(folder: Path, name: str, label: str) -> None:
    assert pairs(read(f"{name},{label}\n{plain()}")) == WANTED
    assert pairs(read(f"{label},{name}\n" + "".join(f"{b},{a}\n" for a, b in ROWS))) == WANTED


INDEXED = "".join(f"{index},{path},{label}\n" for index, (path, label) in enumerate(ROWS))
GTSRB = "".join(f"{path};4;4;0;0;{label}\n" for path, label in ROWS)
BOTH = "".join(f"{path},{ord(label)},{label}\n" for path, label in ROWS)

FORMS = {
    "semicolons": "path;label\n" + plain(";"),
    "tabs": "path\tlabel\n" + plain("\t"),
    "bars": plain("|"),
    "CRLF and a mark": "\ufeffpath;label\r\n" + plain(";", "\r\n"),
    "UTF-16": ("path,label\n" + plain()).encode("utf-16"),
    "label first, no header": "".join(f"{label},{path}\n" for path, label in ROWS),
    "index, no header": INDEXED,
    "index of pandas": ",path,label\n" + INDEXED,
    "unknown headers": "where,what\n" + plain(),
    "no suffixes": "id,label\n" + plain().replace(".png", ""),
    "names alone": "id,label\n1,a\n3,b\n4,b\n",
    "backslashes": "path,label\n" + plain().replace("/", "\\"),
    "of another machine": "path,label\n" + plain().replace("img", "C:\\Users\\me\\img").replace("/", "\\"),
    "of another home": "path,label\n" + plain().replace("img", "/home/me/img"),
    "a space before the label": plain(" ").replace("img files/", "img_files/"),
    "GTSRB": "Filename;Width;Height;Roi.X1;Roi.Y1;ClassId\n" + GTSRB,
    "one-hot": "image,a,b\n" + "".join(f"{path},{float(label == 'a')},{float(label == 'b')}\n" for path, label in ROWS),
    "two columns that say the same": "path,class_id,class\n" + BOTH,
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_lists_are_read_in_any_of_their_forms(folder: Path, form: str) -> None:
    assert pairs(read(FORMS[form], "list.txt" if form == "a space before the label" else "list.csv")) == WANTED


def test_paths_that_are_read_otherwise_than_they_are_written_are_said(folder: Path) -> None:
    found = read("path,label\n" + plain().replace("img", "/home/me/img"))
    assert [note.text for note in found.notes] == [
        "converted: paths such as /home/me/img files/x/1.png are read as img files/x/1.png"
    ]


def test_paths_relative_to_the_current_folder_are_found(folder: Path) -> None:
    assert pairs(read("path,label\n" + plain(), "lists/list.csv")) == WANTED


def test_stripping_folders_never_makes_two_pictures_one(folder: Path) -> None:
    Image.new("L", (4, 4)).save("1.png")
    with pytest.raises(Exception, match="none of its 2 pictures is found"):
        read("path,label\nu/1.png,a\nv/1.png,b\n", "list.csv")


@pytest.mark.parametrize(
    "name, values",
    [
        ("split", ("train", "val", "test")),
        ("Usage", ("Training", "PublicTest", "PrivateTest")),
        ("set", ("TRAIN", "valid", "testing")),
    ],
)
def test_a_column_of_parts_makes_parts(folder: Path, name: str, values: tuple[str, str, str]) -> None:
    rows = "".join(f"{path},{label},{part}\n" for (path, label), part in zip(ROWS, values, strict=True))
    found = read(f"path,label,{name}\n{rows}")
    assert [pairs(found, part)[0] for part in ("train", "validation", "test")] == WANTED
    assert [note.text for note in found.notes] == ["1 rows for validation: used for validation"]


def test_latin_1_is_read_and_said(folder: Path) -> None:
    found = read(plain().replace("b\n", "Bär\n").encode("latin-1"))
    assert found.class_names == ["Bär", "a"]
    assert [note.text for note in found.notes] == ["converted: list.csv from Latin-1 to UTF-8"]


def test_numbers_are_dense_classes_in_order_and_floats_are_whole(folder: Path) -> None:
    found = read("".join(f"{path},{number}\n" for (path, _), number in zip(ROWS, ("10.0", "9.0", "2.0"), strict=True)))
    assert found.class_names == ["2", "9", "10"] and found.parts["train"].labels.tolist() == [2, 1, 0]


def test_the_option_names_the_column_of_labels(folder: Path) -> None:
    content = "path,make,colour\n" + "".join(
        f"{path},m{index % 2},{label}\n" for index, (path, label) in enumerate(ROWS)
    )
    assert pairs(read(content, label_column="colour")) == WANTED
    assert pairs(read(content, label_column="last")) == WANTED
    with pytest.raises(Exception, match=r"list\.csv, line 1: which column is the label is not known: make, colour"):
        read(content)


def test_a_picture_that_is_not_there_is_handed_on_with_its_place(folder: Path) -> None:
    held = read(plain() + "img files/gone.png,a\n").parts["train"]
    assert held.places is not None and held.places[-1] == "list.csv, line 4"
    assert held.pictures[-1] == Path("img files/gone.png")


def test_ids_in_two_folders_are_found(folder: Path) -> None:
    assert pairs(read("image_id,dx,label\n1,p,a\n3,q,b\n4,q,b\n")) == WANTED


def texts(found: RawSet) -> list[str]:
    return [note.text for note in found.notes]


def test_comments_and_a_declared_separator_come_before_the_header(folder: Path) -> None:
    assert pairs(read("# from the lab\n\npath,label\n" + plain())) == WANTED
    assert pairs(read('sep=;\npath;label\n' + plain(";"))) == WANTED
    with pytest.raises(DataError, match="line 4: the label is empty"):
        read("# from the lab\npath,label\nimg files/x/1.png,a\nimg files/x/2.png,\n")


def test_paths_in_other_case_or_with_another_suffix_lead_to_the_one_file(folder: Path) -> None:
    found = read("path,label\n" + plain().replace("img files/x", "IMG Files/X").replace("png", "PNG"))
    assert pairs(found) == WANTED
    assert texts(found) == ["converted: paths such as IMG Files/X/1.PNG are read as img files/x/1.png"]
    assert pairs(read("path,label\n" + plain().replace(".png", ".jpg"))) == WANTED


def test_of_two_files_that_differ_in_case_or_suffix_neither_is_guessed(folder: Path) -> None:
    Image.new("L", (4, 4)).save(folder / "img files/x/1.bmp")
    found = read("path,label\nimg files/x/1.jpg,a\nimg files/y/3.png,b\n").parts["train"].pictures
    assert isinstance(found, list)
    assert [Path(picture).exists() for picture in found] == [False, True]


def test_columns_that_are_not_used_are_said(folder: Path) -> None:
    rows = "".join(f"{path},{label},{index},note\n" for index, (path, label) in enumerate(ROWS))
    assert texts(read(f"path,label,row,remark\n{rows}")) == ["left aside: column remark"]


def test_pictures_with_two_labels_or_in_two_parts_are_said(folder: Path) -> None:
    found = read("path,label\n" + plain() + "img files/x/1.png,b\n")
    assert texts(found) == ["classes: 1 picture with more than one label, such as 1.png: a, b"]
    rows = "".join(f"{path},{label},train\n" for path, label in ROWS) + "img files/x/1.png,a,test\n"
    assert texts(read("path,label,split\n" + rows)) == [
        "parts: 1 of the training pictures is in another part too, such as 1.png"
    ]


def test_all_rows_without_a_label_are_named_at_once(folder: Path) -> None:
    with pytest.raises(DataError, match=r"the label is empty in 2 rows \(lines 3, 4\); fill it in or remove them"):
        read("path,label\nimg files/x/1.png,a\nimg files/x/2.png,\nimg files/y/3.png,\n")


def test_measures_are_no_classes(folder: Path) -> None:
    for number in range(12):
        Image.new("L", (4, 4)).save(folder / f"img files/{number}.png")
    rows = "".join(f"img files/{number}.png,{number * 0.37:.2f}\n" for number in range(12))
    with pytest.raises(DataError, match=r"12 different labels for 12 pictures, such as 0\.00: numbers to be measured"):
        read("path,age\n" + rows)
    twelve = "".join(f"img files/{number}.png,{number % 3 / 2}\n" for number in range(12))
    assert read("path,share\n" + twelve).class_names == ["0.0", "0.5", "1.0"]


@pytest.mark.parametrize(
    "header, row",
    [
        ("Width,Height,ClassId,Path", "4,4,{1},{0}.png"),
        ("w,h,label,image", "4,4,{1},{0}"),
        ("label,path", "{1}.0,{0}.png"),
        ("Width,Height,ClassId,Path", "4,4,{1},away/{0}.ppm"),
    ],
)
def test_list_that_names_its_files_last_is_no_table_of_numbers(folder: Path, header: str, row: str) -> None:
    rows = [row.format(path.removesuffix(".png"), number) for number, (path, _) in enumerate(ROWS)]
    Path("list.csv").write_text("\n".join([header, *rows]) + "\n")
    assert not holds_numbers(Path("list.csv"))


def test_table_of_numbers_may_end_in_words(folder: Path) -> None:
    Path("table.csv").write_text("width,height,species\n" + "4.5,4,x\n3.5,4,y\n" * 3)
    assert holds_numbers(Path("table.csv"))


def test_column_of_any_name_whose_cells_are_files_in_a_folder_beside_the_list_is_found(folder: Path) -> None:
    rows = "".join(f"{Path(path).stem},{ord(label)}\n" for path, label in ROWS)
    found = read(f"id_code,diagnosis\n{rows}")
    assert pairs(found) == [("1.png", "97"), ("3.png", "98"), ("4.png", "98")]
    assert read_names(Path("list.csv"))[0] == (Path("img files/x/1.png"), "97")
