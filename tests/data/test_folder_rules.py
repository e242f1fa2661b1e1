"""Folders, their parts and what is left aside in them: each rule at its limit, and each list with its end."""

import os
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from cnncli.data import tree
from cnncli.data.by_path import read_path
from cnncli.data.layout import classes_from_names, find_layout, seen
from cnncli.data.part_names import part_column, part_folders, part_of_value
from cnncli.data.raw import RawSet
from cnncli.data.tree import aside_line, counted_as, is_leftover, scan
from cnncli.errors import DataError


def plant(root: Path, *names: str) -> Path:
    """Pictures under these names; a name that ends with / is a folder, {} stands for 0 and 1."""
    for name in names:
        for number in "01" if "{}" in name else "0":
            path = root / name.replace("{}", number)
            (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
            if not name.endswith("/"):
                Image.new("L", (2, 2), 90).save(path, "PNG")
    return root


def classes(found: RawSet) -> dict[str, list[str]]:
    return {part: [found.class_names[label] for label in held.labels] for part, held in found.parts.items()}


def texts(found: RawSet) -> list[str]:
    return [note.text for note in found.notes]


@pytest.mark.parametrize(("names", "parts"), [
    (["train", "val", "x"], {"train": "train", "val": "validation"}), (["tr", "te"], {}), (["TR_set", "te2"], {}),
    (["train2017", "test_images"], {"train2017": "train", "test_images": "test"}),
    (["t10k", "T10K-data"], {"t10k": "test", "T10K-data": "test"}),
    (["seg_train", "seg_test"], {"seg_train": "train", "seg_test": "test"}), (["seg_val", "seg_test"], {}),
    (["seg_train"], {}),
    (["a_train", "b_test"], {}), (["train_test"], {}), (["a_train", "test"], {"test": "test"}),
    (["a train 1", "a test 2"], {"a train 1": "train", "a test 2": "test"}),
    ([], {}), (["traintest"], {}), (["train_val"], {"train_val": "train"}),
])  # fmt: skip
def test_folders_are_parts_by_their_words(names: list[str], parts: dict[str, str]) -> None:
    assert part_folders(names) == parts


@pytest.mark.parametrize(("header", "rows", "column"), [
    (["p", "split"], [["a", "x"]], 1), (["p", "set"], [["a", "x"]], None),
    (["p", "set"], [["a", "x"], ["a", "val"]], 1),
    (["p", "set"], [["a", "0"], ["b", "1"]], 1), (["p", "set"], [["a", "0"], ["b", "x"]], None),
    (["p", "is_valid"], [["a", "1"], ["b", "0"]], 1),
    (["p", "is_valid"], [["a", "1"], ["b", "1"], ["c", "0"]], None),
    (["p", "is_valid"], [["a", "1"], ["b", "?"]], None),
    (["p", "is_train"], [["a", "1"], ["b", "1"]], 1), (["set", "Split"], [["a", "x"]], 1),
    (["p", "q"], [["train", "val"]], None),
    (["mode", "phase"], [["train", "val"]], 1),
])  # fmt: skip
def test_column_of_parts_is_told_by_its_name_and_its_cells(
    header: list[str], rows: list[list[str]], column: int | None
) -> None:
    assert part_column(header, rows) == column


@pytest.mark.parametrize(("cell", "column", "part"), [
    ("1", "is_train", "train"), ("0", "is_train", "test"), ("1", "Is-Test", "test"), ("n", "istest", "train"),
    (" TRUE ", "is_val", "validation"),
    ("0.0", "isvalid", "train"), ("2", "is_train", None), ("dev", "", "validation"), ("0", "", None),
    ("train", "is_train", None),
])  # fmt: skip
def test_cell_of_such_a_column_names_a_part(cell: str, column: str, part: str | None) -> None:
    assert part_of_value(cell, column) == part


@pytest.mark.parametrize(("names", "found"), [
    (["cat.0", "cat.1", "dog.0", "dog.1"], {"cat": 2, "dog": 2}), (["cat.0", "cat.1", "dog.0"], None),
    (["cat.0", "cat.1"], None),
    (["cat.0", "cat.1", "dog.0", "dog.1", "x"], None), (["cat_id1", "cat_id2", "dog 1 (3)", "dog-1 (4)"], None),
    (["cat_nr_1", "cat_nr_2", "dog_xxx-1", "dog_2"], {"cat": 2, "dog": 2}),
    (["cat (1)", "cat(2)", "d1_1", "d1_2"], {"cat": 2, "d1": 2}),
    (["1_1", "1_2", "2_1", "2_2"], None), (["cat1", "cat2", "dog1", "dog2"], None),
])  # fmt: skip
def test_names_of_pictures_carry_classes_if_each_comes_twice(names: list[str], found: dict[str, int] | None) -> None:
    made = classes_from_names([Path(f"{name}.png") for name in names])
    assert (made and {name: len(files) for name, files in made.items()}) == found


@pytest.mark.parametrize(("names", "parts"), [
    (["train/a/{}.png", "train/b/{}.png", "extra/{}.png", "test/a/{}.png"], {"train": "aabb", "test": "aa"}),
    (["a/train/{}.png", "a/test/{}.png", "b/train/{}.png"], {"train": "aabb", "test": "aa"}),
    (["a/{}.png", "b/{}.png", "c/x/{}.png", "c/y/{}.png"], {"train": "aabbcccc"}),
    (["a/x/{}.png", "a/y/{}.png", "b/x/{}.png", "b/z/{}.png"], {"train": "aaaabbbb"}),
    (["a/x/{}.png", "b/x/{}.png"], {"train": "aabb"}),
    (["a/x/{}.png", "a/y/{}.png", "b/x/{}.png", "b/y/{}.png", "b/0.png"], {"train": "aaaabbbbb"}),
    (["a/{}.png", "b/{}.png", "test/c/{}.png"], {"train": "aabbtesttest"}),
    (["s/train/train/a/{}.png", "s/train/train/b/{}.png", "s/test/images/{}.png"], {"train": "aabb"}),
    (["a/train/{}.png", "a/{}.png", "b/train/{}.png"], {"train": "aaaabb"}),
    (["a/train/{}.png", "a/x/{}.png", "b/train/{}.png"], {"train": "aaaabb"}),
])  # fmt: skip
def test_layouts_are_found_from_the_tree(tmp_path: Path, names: list[str], parts: dict[str, str]) -> None:
    found = read_path(plant(tmp_path, *names))
    assert {part: "".join(labels) for part, labels in classes(found).items()} == parts


def test_two_outer_folders_that_hold_the_same_are_asked_about_and_six_are_named(tmp_path: Path) -> None:
    plant(tmp_path, *(f"o{outer}/i{inner}/0.png" for outer in range(8) for inner in range(8)))
    with pytest.raises(DataError) as caught:
        find_layout(scan(tmp_path))
    outer, inner = (", ".join(f"{letter}{number}/" for number in range(6)) for letter in "oi")
    assert str(caught.value) == (
        f"{tmp_path}: {outer} hold the same folders {inner} each, and either may be the classes; pass one of them, "
        f"such as {tmp_path}/o0, or put the pictures of each class together"
    )


def test_what_was_seen_is_counted_by_kind_the_most_frequent_first(tmp_path: Path) -> None:
    assert seen(scan(tmp_path)) == "0 folders, no files"
    plant(tmp_path, "a/{}.png", "b/")
    for number in range(3):
        (tmp_path / f"{number}.long-suffix-of-many-letters").write_text("x")
    for suffix in ("", ".a", ".b", ".c", ".d", ".e"):
        (tmp_path / f"x{suffix}").write_text("x")
    assert seen(scan(tmp_path)) == (
        f"2 folders, {'.long-suffix-of-many-letters'[:20]} 3, pictures 2, without suffix 1, .a 1, .b 1, .c 1"
    )
    assert seen(scan(tmp_path / "a")) == "0 folders, pictures 2"


def test_what_is_left_aside_is_counted_with_six_kinds(tmp_path: Path) -> None:
    assert aside_line(Counter({".a": 1})) == ("left aside: 1 file (.a 1)", {".a": 1})
    counts = Counter({"not pictures": 9000, ".b": 1, ".a": 1, ".c": 2000})
    assert aside_line(counts)[0] == "left aside: 11,002 files (.c 2,000, .a 1, .b 1, not pictures 9,000)"
    assert list(aside_line(counts)[1]) == [".c", ".a", ".b", "not pictures"]
    for kinds, more in ((6, ""), (7, " and 1 kinds more"), (8, " and 2 kinds more")):
        listed = ", ".join(f".{letter} 1" for letter in "abcdef")
        assert aside_line(Counter(f".{letter}" for letter in "abcdefgh"[:kinds]))[0] == (
            f"left aside: {kinds} files ({listed}{more})"
        )


@pytest.mark.parametrize(("name", "leftover"), [
    (".x", True), ("Thumbs.DB", True), ("__MACOSX", True), ("lost+found", True), ("x.", False), ("desktop", False),
])  # fmt: skip
def test_leftovers_are_known_by_name(name: str, leftover: bool) -> None:
    assert is_leftover(name) == leftover


def test_folders_have_limits_of_depth_and_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path.joinpath(*["d"] * 30)
    plant(deep, "0.png")
    assert scan(tmp_path).count == 1
    plant(deep, "d/0.png")
    with pytest.raises(DataError) as caught:
        scan(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: more than 30 folders within each other; pass the folder of the data set itself"
    )
    plant(tmp_path / "few", "a/{}.png", "b/{}.png")
    monkeypatch.setattr(tree, "_MOST_ENTRIES", 6)
    assert scan(tmp_path / "few").count == 4
    monkeypatch.setattr(tree, "_MOST_ENTRIES", 5)
    with pytest.raises(DataError, match=r"few: more than 5 files; pass the folder of the data set itself$"):
        scan(tmp_path / "few")


def test_file_is_a_picture_by_its_content_or_if_it_is_broken_by_its_name(tmp_path: Path) -> None:
    for name, content, kind in (
        ("a.png", b"", ""), ("a.PNG", b"\0\1\2", ""), ("a.png", b"<html> a page </html>", "not pictures"),
        ("a.bin", b"\0\1\2", "not pictures"),
        ("a", b"GIF89a" + bytes(20), ""), ("a.txt", b"word", "not pictures"),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        assert counted_as(tmp_path / name) == kind
    assert (counted_as(tmp_path / "gone.jpg"), counted_as(tmp_path / "gone.x")) == ("", "unreadable")


def test_paths_that_are_no_data_are_told_why(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    os.mkfifo(tmp_path / "pipe.x")
    (tmp_path / "x.bin2").write_bytes(b"\0\1\2\3")
    for name, said in (
        ("pipe.csv", "not a regular file; save the list to a file first"),
        ("pipe.x", "not a regular file; pass the file itself"),
        ("gone", "cannot be read (no such file or directory); check the file and its permissions"),
        ("x.bin2", "is no data set; use a folder of IDX files or of pictures, an .npz or a .csv"),
    ):  # fmt: skip
        with pytest.raises(DataError) as caught:
            read_path(tmp_path / name)
        assert str(caught.value) == f"{tmp_path}/{name}: {said}"


@pytest.mark.parametrize(("separators", "is_table"), [(50, False), (51, True)])
def test_table_in_utf_16_has_more_than_fifty_separators_in_its_first_line(
    tmp_path: Path, separators: int, is_table: bool
) -> None:
    plant(tmp_path, "a.png")
    path = tmp_path / "l.csv"
    path.write_bytes(("a.png" + "\t;,"[separators % 3] * separators + "x\n").encode("utf-16"))
    with pytest.raises(DataError) as caught:
        read_path(path)
    assert ("a table in UTF-16; save it as UTF-8" in str(caught.value)) == is_table
    if is_table:  # of all three together
        path.write_bytes(("a.png" + "\t;," * 17 + "x\n").encode("utf-16"))
        with pytest.raises(DataError, match="a table in UTF-16; save it as UTF-8"):
            read_path(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_list_in_utf_16_may_have_many_short_rows(tmp_path: Path, encoding: str) -> None:
    """Sixty of them lie in the first bytes."""
    plant(tmp_path, *(f"{number}.png" for number in range(60)))
    rows = "".join(f"{number}.png,{number % 2}\n" for number in range(60))
    (tmp_path / "l.csv").write_bytes((rows if encoding == "utf-16" else "\ufeff" + rows).encode(encoding))
    assert len(read_path(tmp_path / "l.csv").parts["train"]) == 60


def test_lists_beside_pictures_label_those_that_they_name_most_of(tmp_path: Path) -> None:
    """More than half of them; of two lists the one that names more."""
    plant(tmp_path, "train/a/{}.png", "train/b/{}.png", "test/p{}.png", "test/q{}.png")
    path = tmp_path / "one.csv"
    path.write_text("path,label\ntest/p0.png,a\ntest/p1.png,b\n")
    assert "test" not in read_path(tmp_path).parts
    path.write_text("path,label\ntest/p0.png,a\ntest/p1.png,b\ntest/q0.png,b\n")
    found = read_path(tmp_path)
    assert classes(found)["test"] == ["a", "b", "b"]
    (tmp_path / "all.csv").write_text(
        "path,label\n" + "".join(f"test/{name}.png,a\n" for name in ("p0", "p1", "q0", "q1"))
    )
    found = read_path(tmp_path)
    assert classes(found)["test"] == ["a"] * 4 and "classes: labels of test/ from all.csv" in texts(found)


def test_two_lists_beside_pictures_without_classes_are_asked_about(tmp_path: Path) -> None:
    plant(tmp_path, *(f"p{number}.png" for number in range(3)))
    for number in range(8):
        (tmp_path / f"l{number}.csv").write_text("path,label\np0.png,a\np1.png,b\n")
    with pytest.raises(DataError) as caught:
        read_path(tmp_path)
    listed = ", ".join(f"l{number}.csv" for number in range(6))
    assert str(caught.value) == f"{tmp_path}: 8 lists ({listed}) beside the pictures; pass one of them"
    for number in range(1, 8):
        (tmp_path / f"l{number}.csv").unlink()
    found = read_path(tmp_path)
    assert texts(found) == [
        "classes: from l0.csv",
        "left aside: 1 file (pictures in test_two_lists_beside_pictures0/ 1)",
    ]


def test_folder_with_twenty_lists_is_no_folder_of_lists(tmp_path: Path) -> None:
    plant(tmp_path, "p0.png", "p1.png")
    for count in (19, 20):
        for number in range(count):
            (tmp_path / f"x{number:02}.txt").write_text("nothing")
        (tmp_path / "x00.txt").write_text("p0.png a\np1.png b\n")
        if count == 19:
            assert classes(read_path(tmp_path)) == {"train": ["a", "b"]}
        else:
            with pytest.raises(DataError, match="pictures without classes"):
                read_path(tmp_path)


def test_data_in_two_folders_are_asked_about_and_six_are_named(tmp_path: Path) -> None:
    import numpy as np

    for number in range(8):
        (tmp_path / f"d{number}").mkdir()
        np.savez(tmp_path / f"d{number}" / "x.npz", x=np.zeros(3))
    with pytest.raises(DataError) as caught:
        read_path(tmp_path)
    listed = ", ".join(f"d{number}" for number in range(6))
    assert str(caught.value) == f"{tmp_path}: holds data in 8 folders ({listed}); pass one of them"


def test_tables_of_pixels_in_one_folder_are_parts_by_their_names(tmp_path: Path) -> None:
    rows = (
        "".join(f"{label}," + ",".join(str(label * at % 255) for at in range(16)) + "\n" for label in range(1, 9)) * 3
    )
    for name in ("d.tra", "d.tes"):
        (tmp_path / name).write_text(rows)
    assert {part: len(held) for part, held in read_path(tmp_path).parts.items()} == {"train": 24, "test": 24}
    (tmp_path / "more.csv").write_text(rows)
    assert set(read_path(tmp_path).parts) == {"train", "test"}
    for number in range(5):
        (tmp_path / f"train{number}.csv").write_text(rows)
    with pytest.raises(DataError) as caught:
        read_path(tmp_path)
    listed = "d.tes, d.tra, more.csv, train0.csv, train1.csv, train2.csv"
    assert str(caught.value) == f"{tmp_path}: 8 tables of pixels ({listed}); pass one, or name them train and test"
