"""Folders of pictures as people have them: what is read of each layout, and what is said. The tests build the files."""

import os
from pathlib import Path

import pytest
from PIL import Image

from cnncli.data.by_path import read_path
from cnncli.data.raw import RawSet
from cnncli.errors import DataError


def plant(root: Path, *names: str) -> Path:
    """Writes a small picture under each name; {} in a name stands for 0 and 1."""
    for name in names:
        for number in (0, 1) if "{}" in name else (0,):
            path = root / name.replace("{}", str(number))
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (4, 4), 90 * number).save(path, "PNG")
    return root


def counted(found: RawSet) -> dict[str, dict[str, int]]:
    """Pictures of each class of each part."""
    return {
        part: {name: int((held.labels == index).sum()) for index, name in enumerate(found.class_names)}
        for part, held in found.parts.items()
    }


def texts(found: RawSet) -> list[str]:
    return [note.text for note in found.notes]


TWO = {"a": 2, "b": 2}


@pytest.mark.parametrize(
    "train", ["train", "Training", "TRAIN", "train_set", "train2017", "train_images", "seg_train", "train_val"]
)
@pytest.mark.parametrize(
    "other, part",
    [("val", "validation"), ("Valid", "validation"), ("dev", "validation"), ("Testing", "test"), ("test_set", "test")],
)
def test_parts_are_found_under_their_usual_names(tmp_path: Path, train: str, other: str, part: str) -> None:
    if train.startswith("seg_"):
        other = f"seg_{other}"
    found = read_path(plant(tmp_path, *(f"{folder}/{name}/{{}}.png" for folder in (train, other) for name in "ab")))
    assert counted(found) == {"train": TWO, part: TWO}
    assert texts(found) == ([f"{other}/: used for validation"] if part == "validation" else [])


def test_train_val_and_test_are_three_parts(tmp_path: Path) -> None:
    names = [f"{part}/{name}/{{}}.png" for part in ("train", "val", "test") for name in "ab"]
    assert counted(read_path(plant(tmp_path, *names))) == {"train": TWO, "validation": TWO, "test": TWO}


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_part_alone_is_read(tmp_path: Path, part: str) -> None:
    found = read_path(plant(tmp_path, f"{part}/a/{{}}.png", f"{part}/b/{{}}.png"))
    assert counted(found) == {part: TWO}


def test_classes_may_hold_the_parts(tmp_path: Path) -> None:
    names = [f"{name}/{part}/{{}}.png" for part in ("train", "test") for name in "ab"]
    assert counted(read_path(plant(tmp_path, *names))) == {"train": TWO, "test": TWO}


@pytest.mark.parametrize("name", ["train", "valid"])
def test_a_class_may_be_called_as_a_part_is(tmp_path: Path, name: str) -> None:
    found = read_path(plant(tmp_path, f"{name}/{{}}.png", "bus/{}.png", "car/{}.png"))
    assert counted(found) == {"train": {"bus": 2, "car": 2, name: 2}}


@pytest.mark.parametrize("name, part", [("test", "test"), ("Testing", "test"), ("val", "validation")])
def test_a_part_beside_the_classes_is_no_class(tmp_path: Path, name: str, part: str) -> None:
    found = read_path(plant(tmp_path, "a/{}.png", "b/{}.png", f"{name}/a/{{}}.png", f"{name}/b/{{}}.png"))
    assert counted(found) == {"train": TWO, part: TWO}


def test_flat_test_pictures_beside_the_classes_are_no_class(tmp_path: Path) -> None:
    found = read_path(plant(tmp_path, "a/{}.png", "b/{}.png", "test/{}.png"))
    assert counted(found) == {"train": TWO}
    assert texts(found) == ["test/: 2 pictures without labels, not used (cnn predict reads them)"]


def test_two_groups_of_which_one_is_called_test_are_classes(tmp_path: Path) -> None:
    found = read_path(plant(tmp_path, "control/{}.png", "test/{}.png"))
    assert counted(found) == {"train": {"control": 2, "test": 2}}


def test_a_class_of_test_that_differs_in_case_is_the_one_of_training(tmp_path: Path) -> None:
    found = read_path(plant(tmp_path, "train/a/{}.png", "train/b/{}.png", "test/A/{}.png", "test/b/{}.png"))
    assert counted(found) == {"train": TWO, "test": TWO}
    assert texts(found) == ["classes: A of test/ is read as a"]


def test_labels_of_a_sample_submission_are_no_labels(tmp_path: Path) -> None:
    plant(tmp_path, "train/1.png", "train/2.png", "test/3.png")
    (tmp_path / "train.csv").write_text("id,label\n1.png,a\n2.png,b\n")
    (tmp_path / "sample_submission.csv").write_text("id,label\n3.png,a\n")
    found = read_path(tmp_path)
    assert counted(found) == {"train": {"a": 1, "b": 1}}
    assert "test/: 1 picture without labels, not used (cnn predict reads them)" in texts(found)


def test_two_folders_for_one_part_are_asked_about(tmp_path: Path) -> None:
    plant(tmp_path, "train/a/{}.png", "val/a/{}.png", "valid/a/{}.png")
    with pytest.raises(DataError, match=r"val and \S+valid: both may be for validation; keep one"):
        read_path(tmp_path)


@pytest.mark.parametrize("outer", ["set", "set/digits", "set/data/digits"])
def test_outer_folders_are_passed_through(tmp_path: Path, outer: str) -> None:
    assert counted(read_path(plant(tmp_path, f"{outer}/a/{{}}.png", f"{outer}/b/{{}}.png"))) == {"train": TWO}


@pytest.mark.parametrize("outer", ["trainval", "train", "test", "set/trainval"])
def test_an_outer_folder_may_be_called_as_a_part_is(tmp_path: Path, outer: str) -> None:
    names = [f"{outer}/{part}/{name}/{{}}.png" for part in ("train", "val") for name in "ab"]
    assert counted(read_path(plant(tmp_path, *names))) == {"train": TWO, "validation": TWO}


def test_an_outer_folder_around_each_part_is_passed_through(tmp_path: Path) -> None:
    names = [f"asl_{part}/asl_{part}/{name}/{{}}.png" for part in ("train", "test") for name in "ab"]
    assert counted(read_path(plant(tmp_path, *names))) == {"train": TWO, "test": TWO}


def test_a_folder_with_pictures_of_its_own_is_a_class_with_all_below_it(tmp_path: Path) -> None:
    found = read_path(plant(tmp_path, "cats/0.png", "cats/black/{}.png", "cats/grey/{}.png"))
    assert counted(found) == {"train": {"cats": 5}}


def test_pictures_may_lie_deeper_in_their_class(tmp_path: Path) -> None:
    found = read_path(plant(tmp_path, "a/writer1/0.png", "a/writer2/page/0.png", "b/{}.png"))
    assert counted(found) == {"train": TWO}


def test_the_same_folders_within_all_folders_are_asked_about(tmp_path: Path) -> None:
    plant(tmp_path, "one/a/0.png", "one/b/0.png", "two/a/0.png", "two/b/0.png")
    with pytest.raises(DataError) as caught:
        read_path(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: one/, two/ hold the same folders a/, b/ each, and either may be the classes; pass one of them, "
        f"such as {tmp_path}/one, or put the pictures of each class together"
    )


def test_classes_that_are_numbers_are_in_the_order_of_their_values(tmp_path: Path) -> None:
    found = read_path(plant(tmp_path, *(f"{number}/0.png" for number in range(1, 12))))
    assert found.class_names == [str(number) for number in range(1, 12)]
    assert [path.parent.name for path in found.parts["train"].pictures] == found.class_names  # type: ignore[union-attr]
    assert texts(found) == ["classes: 11 labels from 1 to 11, kept as their names"]


def test_leftovers_of_desktops_and_notebooks_are_no_data(tmp_path: Path) -> None:
    plant(tmp_path, "a/{}.png", "b/{}.png", "__MACOSX/a/0.png", "a/._0.png", ".ipynb_checkpoints/0.png",
          "a/.ipynb_checkpoints/0-checkpoint.png", "@eaDir/0.png")  # fmt: skip
    for name in (".DS_Store", "a/Thumbs.db", "a/desktop.ini", "b/.directory"):
        (tmp_path / name).write_bytes(b"\0\1\2")
    found = read_path(tmp_path)
    assert counted(found) == {"train": TWO} and found.notes == []


def test_classes_without_pictures_are_named(tmp_path: Path) -> None:
    plant(tmp_path, "a/{}.png", "b/{}.png")
    (tmp_path / "7").mkdir()
    assert texts(read_path(tmp_path)) == ["class 7: no images, left out"]
    (tmp_path / "8").mkdir()
    found = read_path(tmp_path)
    assert counted(found) == {"train": TWO} and texts(found) == ["classes 7, 8: no images, left out"]


@pytest.mark.parametrize("flat", ["test", "test/test", "test/unknown"])
def test_flat_test_pictures_are_said_to_be_without_labels(tmp_path: Path, flat: str) -> None:
    found = read_path(plant(tmp_path, "train/a/{}.png", "train/b/{}.png", f"{flat}/{{}}.png"))
    assert counted(found) == {"train": TWO}
    assert texts(found) == [f"{flat}/: 2 pictures without labels, not used (cnn predict reads them)"]


def test_what_is_not_used_is_counted_by_its_kind(tmp_path: Path) -> None:
    plant(tmp_path, "train/a/{}.png", "train/b/{}.png", "samples/{}.png")
    (tmp_path / "README.md").write_text("read me")
    (tmp_path / "train" / "a" / "page.png").write_text("<html>not found</html>")
    (tmp_path / "train" / "a" / "film.mp4").write_bytes(b"\0\0\0\x20ftypisom")
    (tmp_path / "train" / "a" / "gone.png").symlink_to(tmp_path / "nowhere")
    found = read_path(tmp_path)
    assert counted(found) == {"train": TWO}
    assert texts(found) == ["left aside: 6 files (pictures in samples/ 2, broken links 1, not pictures 3)"]
    assert found.notes[0].counts == {"pictures in samples/": 2, "broken links": 1, "not pictures": 3}


def test_pictures_are_told_by_content_and_not_by_suffix(tmp_path: Path) -> None:
    for index, (form, suffix) in enumerate([
        ("PNG", ""), ("PNG", ".dat"), ("JPEG", ".jfif"), ("JPEG", ".png"), ("BMP", ".bmp"), ("GIF", ".gif"),
        ("WEBP", ".x"), ("TIFF", ".tif"), ("PPM", ".pgm"), ("AVIF", ".avif"),
    ]):  # fmt: skip
        (tmp_path / "ab"[index % 2]).mkdir(exist_ok=True)
        Image.new("L", (8, 8), 99).convert("RGB" if form == "AVIF" else "L").save(
            tmp_path / "ab"[index % 2] / f"{index}{suffix}", form
        )
    found = read_path(tmp_path)
    assert counted(found) == {"train": {"a": 5, "b": 5}} and found.notes == []


def test_heic_without_its_library_is_counted_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnncli.pictures.picture_file.find_spec", lambda name: None)
    plant(tmp_path, "a/{}.png", "b/{}.png")
    (tmp_path / "a" / "photo.jpg").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    found = read_path(tmp_path)
    assert texts(found) == [
        'left aside: 1 file (.heic 1); .heic: pip install "cnncli[formats]" reads it, or save it as JPEG'
    ]


def test_empty_and_damaged_pictures_are_handed_on_and_not_left_aside(tmp_path: Path) -> None:
    """They are told one by one when they are read, and only the user can say to go on without them."""
    plant(tmp_path, "a/{}.png", "b/{}.png")
    (tmp_path / "a" / "empty.png").write_bytes(b"")
    (tmp_path / "a" / "noise.jpg").write_bytes(bytes(range(60)))
    assert counted(read_path(tmp_path)) == {"train": {"a": 4, "b": 2}}


def test_names_of_pictures_may_carry_the_class(tmp_path: Path) -> None:
    found = read_path(plant(tmp_path, "train/cat.{}.jpg", "train/dog.{}.jpg", "test1/{}.jpg"))
    assert counted(found) == {"train": {"cat": 2, "dog": 2}}
    assert texts(found) == [
        "classes: from the names of the files, such as cat.0.jpg",
        "test1/: 2 pictures without labels, not used (cnn predict reads them)",
    ]


@pytest.mark.parametrize("name", ["{} ({{}}).jpg", "{}({{}}).jpg", "{}_{{}}.jpg", "{}-0{{}} (2).jpg"])
def test_names_that_a_desktop_counts_carry_the_class(tmp_path: Path, name: str) -> None:
    found = read_path(plant(tmp_path, name.format("cat"), name.format("big dog")))
    assert counted(found) == {"train": {"big dog": 2, "cat": 2}}


def test_a_list_beside_flat_pictures_labels_them(tmp_path: Path) -> None:
    plant(tmp_path, "train/x{}.png", "test/y{}.png")
    (tmp_path / "train_labels.csv").write_text("id,breed\nx0,poodle\nx1,beagle\n")
    found = read_path(tmp_path)
    assert counted(found) == {"train": {"beagle": 1, "poodle": 1}}
    assert texts(found) == [
        "classes: labels of train/ from train_labels.csv",
        "test/: 2 pictures without labels, not used (cnn predict reads them)",
    ]


def test_a_list_may_label_the_flat_test_part_of_classes(tmp_path: Path) -> None:
    plant(tmp_path, "Train/0/{}.png", "Train/1/{}.png", "Test/{}.png")
    (tmp_path / "Test.csv").write_text("Width,Height,ClassId,Path\n4,4,1,Test/0.png\n4,4,0,Test/1.png\n")
    found = read_path(tmp_path)
    assert counted(found) == {"train": {"0": 2, "1": 2}, "test": {"0": 1, "1": 1}}


def test_lists_for_each_part_beside_one_folder_of_pictures(tmp_path: Path) -> None:
    plant(tmp_path, "images/p{}.png", "images/q{}.png")
    (tmp_path / "train.csv").write_text("filename,label\np0.png,a\np1.png,b\n")
    (tmp_path / "val.csv").write_text("filename,label\nq0.png,a\nq1.png,b\n")
    assert counted(read_path(tmp_path)) == {"train": {"a": 1, "b": 1}, "validation": {"a": 1, "b": 1}}


def test_a_folder_that_holds_no_classes_is_answered_with_what_was_seen(tmp_path: Path) -> None:
    plant(tmp_path, "0.png", "1.png", "2.png", "3.png")
    with pytest.raises(DataError) as caught:
        read_path(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: pictures without classes (0 folders, pictures 4; such as 0.png, 1.png, 2.png); make one "
        "subfolder for each class, put a list path,label beside them, or name them cat.0.png, dog.0.png"
    )


def test_a_folder_without_pictures_is_answered_with_what_was_seen(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("nothing")
    with pytest.raises(DataError) as caught:
        read_path(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: holds no pictures (1 folder, .txt 1); make one subfolder with pictures for each class, or pass "
        "IDX files, an .npz or a .csv"
    )


def test_links_to_folders_are_followed_but_not_in_a_circle(tmp_path: Path) -> None:
    plant(tmp_path, "store/a/{}.png", "store/b/{}.png")
    (tmp_path / "set").mkdir()
    for name in "ab":
        (tmp_path / "set" / name).symlink_to(tmp_path / "store" / name)
    (tmp_path / "store" / "a" / "round").symlink_to(tmp_path / "store" / "a")
    assert counted(read_path(tmp_path / "set")) == {"train": TWO}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    plant(tmp_path, "a/{}.png", "b/{}.png")
    (tmp_path / "a").chmod(0)
    with pytest.raises(DataError, match="a: cannot be read"):
        read_path(tmp_path)
    (tmp_path / "a").chmod(0o700)


def test_a_folder_of_heic_alone_names_what_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnncli.pictures.picture_file.can_decode", lambda decoder: False)
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    with pytest.raises(DataError, match=r'its 2 HEIC pictures cannot be read yet; pip install "cnncli\[formats\]"'):
        read_path(tmp_path)


def test_a_list_among_many_pictures_of_a_part_labels_them(tmp_path: Path) -> None:
    plant(tmp_path, *(f"train/{number:02}.png" for number in range(40)))
    rows = "".join(f"{number:02}.png,{'ab'[number % 2]}\n" for number in range(40))
    (tmp_path / "train" / "metadata.csv").write_text("file_name,label\n" + rows)
    assert counted(read_path(tmp_path)) == {"train": {"a": 20, "b": 20}}


def test_classes_whose_accents_are_written_in_two_ways_are_one(tmp_path: Path) -> None:
    plant(tmp_path, "train/K\u00e4se/{}.png", "train/b/{}.png", "test/Ka\u0308se/{}.png", "test/b/{}.png")
    assert counted(read_path(tmp_path)) == {"train": {"K\u00e4se": 2, "b": 2}, "test": {"K\u00e4se": 2, "b": 2}}


def test_lists_of_parts_beside_classes_are_left_aside_by_name(tmp_path: Path) -> None:
    plant(tmp_path, "images/a/{}.png", "images/b/{}.png")
    for part in ("train", "test"):
        (tmp_path / f"{part}.txt").write_text("images/a/0.png a\n")
    assert texts(read_path(tmp_path)) == ["left aside: 2 files (test.txt 1, train.txt 1)"]


@pytest.mark.parametrize("stray", [["overview.png"], ["set/overview.png"], ["overview.png", "set/all/overview.png"]])
def test_a_picture_beside_the_folder_of_the_parts_is_left_aside(tmp_path: Path, stray: list[str]) -> None:
    """Not a class of all parts together, which it was."""
    inside = [f"set/all/{part}/{name}/{{}}.png" for part in ("train", "test") for name in "ab"]
    found = read_path(plant(tmp_path, *inside, *stray))
    assert counted(found) == {"train": TWO, "test": TWO}
    plural = "s" if len(stray) > 1 else ""
    assert [text for text in texts(found) if text.startswith(f"left aside: {len(stray)} file{plural} (pictures in ")]


def test_two_data_sets_side_by_side_are_asked_about(tmp_path: Path) -> None:
    """They were two classes, of all classes of each."""
    parts = [f"{outer}/{part}" for outer in ("one", "two") for part in ("train", "test")]
    inside = [f"{part}/{name}/{{}}.png" for part in parts for name in "ab"]
    with pytest.raises(DataError) as caught:
        read_path(plant(tmp_path, *inside))
    assert "one/, two/ hold the same folders a/, b/ each, and either may be the classes; pass one of them" in str(
        caught.value
    )
    assert counted(read_path(tmp_path / "one")) == {"train": TWO, "test": TWO}
