"""Arrays as people save them: names, types, ranges and forms in .npz, .npy, IDX and CIFAR's batches."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from cnncli.data import load
from cnncli.data.by_path import read_path
from cnncli.data.raw import RawSet
from cnncli.errors import DataError
from small_sets import idx

LABELS = np.array([0, 1, 2, 0, 1, 2], np.uint8)


@pytest.fixture
def images(rng: np.random.Generator) -> np.ndarray:
    values = rng.integers(0, 256, (6, 5, 4), dtype=np.uint8)
    values[0, 0, :2] = 0, 255
    return values


def saved(folder: Path, **arrays: np.ndarray) -> RawSet:
    np.savez(folder / "set.npz", **arrays)
    return read_path(folder / "set.npz")


def pixels(found: RawSet, part: str = "train") -> np.ndarray:
    pictures = found.parts[part].pictures
    assert isinstance(pictures, np.ndarray)
    return pictures


def texts(found: RawSet) -> list[str]:
    return [note.text for note in found.notes]


@pytest.mark.parametrize(
    "x, y",
    [
        ("X", "y"), ("images", "labels"), ("x_train", "y_train"), ("X_train", "Y_train"), ("train_x", "train_y"),
        ("data", "target"), ("trainImages", "trainLabels"), ("xtrain", "ytrain"), ("features", "targets"),
        ("training_images", "training_labels"), ("arr_0", "arr_1"), ("this", "that"), ("b", "a"),
    ],
)  # fmt: skip
def test_the_usual_names_of_arrays_are_known(tmp_path: Path, images: np.ndarray, x: str, y: str) -> None:
    found = saved(tmp_path, **{x: images, y: LABELS})
    np.testing.assert_array_equal(pixels(found)[:, 0], images)
    assert found.parts["train"].labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize("name", ["x_val,y_val", "valid_images,valid_labels", "X_valid,y_valid", "x_dev,y_dev"])
def test_arrays_for_validation_and_test_are_parts(tmp_path: Path, images: np.ndarray, name: str) -> None:
    x, y = name.split(",")
    found = saved(tmp_path, x_train=images, y_train=LABELS, x_test=images[:1], y_test=LABELS[:1],
                  **{x: images[:2], y: LABELS[:2]})  # fmt: skip
    assert {part: len(held) for part, held in found.parts.items()} == {"train": 6, "validation": 2, "test": 1}
    assert texts(found) == [f"{x}: used for validation"]


def test_four_arrays_without_names_are_told_by_their_lengths(tmp_path: Path, images: np.ndarray) -> None:
    np.savez(tmp_path / "set.npz", images, images[:2], LABELS, LABELS[:2])
    found = read_path(tmp_path / "set.npz")
    assert {part: len(held) for part, held in found.parts.items()} == {"train": 6, "test": 2}


def test_names_of_classes_and_what_is_not_used_are_found(tmp_path: Path, images: np.ndarray) -> None:
    found = saved(tmp_path, x=images, y=LABELS, class_names=np.array(["ant", "bee", "cat"]), seed=np.array(3),
                  writer=np.arange(6))  # fmt: skip
    assert found.class_names == ["ant", "bee", "cat"]
    assert texts(found) == ["left aside: arrays seed, writer"]


@pytest.mark.parametrize(
    "labels, names, note",
    [
        (LABELS + 1, ["1", "2", "3"], "classes: 3 labels from 1 to 3, kept as their names"),
        (LABELS * 5, ["0", "5", "10"], "classes: 3 labels from 0 to 10, kept as their names"),
        (np.eye(3)[LABELS], ["0", "1", "2"], "converted: one-hot labels of 3 columns to class numbers"),
        (np.eye(3, dtype=bool)[LABELS], ["0", "1", "2"], "converted: one-hot labels of 3 columns to class numbers"),
        (LABELS.astype(np.float32), ["0", "1", "2"], "converted: labels saved as floats to whole numbers"),
        (LABELS[:, None].astype(">i4"), ["0", "1", "2"], None),
        (np.array(["b", "ä", "c"])[LABELS], ["b", "c", "ä"], None),
        (np.array(["10", "9", "x"])[LABELS], ["9", "10", "x"], None),
        (np.array([b"b", b"a", b"c"])[LABELS], ["a", "b", "c"], None),
        (np.array([-1, 1, 1])[LABELS], ["-1", "1"], None),
        (LABELS > 0, ["0", "1"], None),
    ],
    ids=["from 1", "gaps", "one-hot", "one-hot of bool", "floats", "a column", "text", "numbers as text", "bytes",
         "-1 and 1", "bool"],
)  # fmt: skip
def test_labels_of_any_form_become_dense_classes_with_their_names(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray, names: list[str], note: str | None
) -> None:
    found = saved(tmp_path, x=images, y=labels)
    assert found.class_names == names
    assert set(found.parts["train"].labels.tolist()) == set(range(len(names)))
    same = labels.reshape(len(labels), -1)
    for one, other in ((0, 3), (1, 4)):
        assert (same[one] == same[other]).all()
        assert found.parts["train"].labels[one] == found.parts["train"].labels[other]
    assert texts(found) == ([note] if note else [])


@pytest.mark.parametrize(
    "made, expected",
    [
        (lambda x: x.astype(np.float32) / 255, lambda x: x),
        (lambda x: x.astype(np.float64), lambda x: x),
        (lambda x: x.astype(np.int64), lambda x: x),
        (lambda x: x.astype(np.float32) / 127.5 - 1, lambda x: x),
        (lambda x: x.astype(np.float64) / 255 - 0.5, lambda x: x),
        (lambda x: x.astype(np.uint16) * 257, lambda x: x),
        (lambda x: x > 99, lambda x: np.where(x > 99, 255, 0)),
        (lambda x: (x > 99).astype(np.uint8), lambda x: np.where(x > 99, 255, 0)),
        (lambda x: x // 16, lambda x: (x // 16) * 17),
    ],
    ids=["0 to 1", "floats to 255", "int64", "-1 to 1", "-0.5 to 0.5", "16 bits", "bool", "0 and 1", "4 bits"],
)  # fmt: skip
def test_pixels_of_one_meaning_become_bytes_and_it_is_said(tmp_path, images, made, expected) -> None:  # type: ignore[no-untyped-def]
    found = saved(tmp_path, x=made(images), y=LABELS)
    np.testing.assert_array_equal(pixels(found)[:, 0], expected(images))
    said = [text for text in texts(found) if text.startswith("converted:")]
    assert len(said) == (0 if made(images).dtype == np.int64 else 1)


def test_all_parts_are_converted_by_one_rule(tmp_path: Path) -> None:
    """A test part without a bright pixel must not be taken for another range."""
    dark, bright = np.full((2, 4, 5), 1, np.uint8), np.full((2, 4, 5), 200, np.uint8)
    found = saved(tmp_path, x_train=bright, y_train=LABELS[:2], x_test=dark, y_test=LABELS[:2])
    assert pixels(found, "test").max() == 1 and found.notes == []


def test_digits_of_8x8_have_16_as_their_brightest(tmp_path: Path) -> None:
    ink = np.zeros((6, 64))
    ink[:, 20] = 14
    found = saved(tmp_path, data=ink, target=LABELS)
    assert pixels(found).shape == (6, 1, 8, 8) and pixels(found).max() == round(14 * 255 / 16)


@pytest.mark.parametrize("order", ["in planes", "side by side"])
def test_flat_rows_of_colours_are_put_together_in_the_order_in_which_they_are_smooth(
    tmp_path: Path, order: str
) -> None:
    ramp = np.linspace(0, 200, 16)
    chw = np.stack([ramp[:, None] + ramp / 8, np.full((16, 16), 250.0), 220 - ramp[None] - ramp[:, None] / 16])
    batch = np.stack([chw] * 6).astype(np.uint8)
    flat = batch if order == "in planes" else batch.transpose(0, 2, 3, 1)
    found = saved(tmp_path, x=flat.reshape(6, -1), y=LABELS)
    np.testing.assert_array_equal(pixels(found), batch)
    assert texts(found) == [f"converted: rows of 768 numbers to colour images of 16x16 (colours {order})"]


def test_channels_last_flat_rows_and_samples_last_are_read(tmp_path: Path, rng: np.random.Generator) -> None:
    colours = rng.integers(0, 256, (6, 3, 8, 9), np.uint8)
    np.testing.assert_array_equal(pixels(saved(tmp_path, x=colours.transpose(0, 2, 3, 1), y=LABELS)), colours)
    np.testing.assert_array_equal(pixels(saved(tmp_path, X=colours.transpose(2, 3, 1, 0), y=LABELS)), colours)
    grey = rng.integers(0, 256, (6, 8, 8), np.uint8)
    np.testing.assert_array_equal(pixels(saved(tmp_path, x=grey.reshape(6, 64), y=LABELS))[:, 0], grey)


def test_a_fourth_channel_is_laid_over_white(tmp_path: Path) -> None:
    rgba = np.zeros((6, 8, 9, 4), np.uint8)
    rgba[:, :4], rgba[:, 4:6, :, 3] = (10, 20, 30, 255), 128
    found = saved(tmp_path, x=rgba, y=LABELS)
    assert pixels(found)[0, :, [0, 4, 7], 0].tolist() == [[10, 20, 30], [127] * 3, [255] * 3]
    assert texts(found) == ["converted: four channels to three, transparent parts filled with white"]


def test_objects_that_are_not_needed_are_not_read(tmp_path: Path, images: np.ndarray) -> None:
    found = saved(tmp_path, x=images, y=LABELS, meta=np.array([{}], object))
    assert texts(found) == ["left aside: array meta"]


@pytest.mark.parametrize("named", ["x.npy", "."])
def test_npy_files_side_by_side_are_one_set(tmp_path: Path, images: np.ndarray, named: str) -> None:
    np.save(tmp_path / "x.npy", images)
    np.save(tmp_path / "y.npy", LABELS)
    found = read_path(tmp_path / named)
    np.testing.assert_array_equal(pixels(found)[:, 0], images)
    assert found.parts["train"].labels.tolist() == LABELS.tolist()


def test_npy_with_its_labels_under_its_own_name(tmp_path: Path, images: np.ndarray) -> None:
    np.save(tmp_path / "digits.npy", images)
    np.save(tmp_path / "digits_labels.npy", LABELS)
    assert len(read_path(tmp_path / "digits.npy").parts["train"]) == 6


def test_a_single_npy_says_what_is_missing(tmp_path: Path, images: np.ndarray) -> None:
    np.save(tmp_path / "digits.npy", images)
    with pytest.raises(DataError) as caught:
        read_path(tmp_path / "digits.npy")
    assert str(caught.value) == (
        f"{tmp_path}/digits.npy: one array, and its labels are missing; put them beside it as y.npy or labels.npy, or "
        "save both as .npz"
    )


@pytest.mark.parametrize(
    "names, folder",
    [
        ("train-{}-idx{}-ubyte t10k-{}-idx{}-ubyte", ""),
        ("train-{}.idx{}-ubyte test-{}.idx{}-ubyte", ""),
        ("Train-{}-idx{}-ubyte.gz Test-{}-idx{}-ubyte.gz", ""),
        ("emnist-letters-train-{}-idx{}-ubyte emnist-letters-test-{}-idx{}-ubyte", ""),
        ("train-{}-idx{}-ubyte t10k-{}-idx{}-ubyte", "MNIST/raw"),
        ("train-{}-idx{}-ubyte t10k-{}-idx{}-ubyte", "raw"),
    ],
)
def test_idx_files_are_found_under_their_usual_names(
    tmp_path: Path, images: np.ndarray, names: str, folder: str
) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    for name, count in zip(names.split(), (6, 2), strict=True):
        for what, values, dimensions in (("images", images[:count], 3), ("labels", LABELS[:count], 1)):
            content = idx(values)
            path = tmp_path / folder / name.format(what, dimensions)
            path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    found = read_path(tmp_path)
    turned = images.transpose(0, 2, 1) if "emnist" in names else images
    np.testing.assert_array_equal(pixels(found)[:, 0], turned)
    assert {part: len(held) for part, held in found.parts.items()} == {"train": 6, "test": 2}


def test_more_than_one_idx_set_is_asked_about_and_read_by_one_of_its_files(tmp_path: Path, images: np.ndarray) -> None:
    for kind in ("digits", "letters"):
        (tmp_path / f"emnist-{kind}-train-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"emnist-{kind}-train-labels-idx1-ubyte").write_bytes(idx(LABELS + 1))
    (tmp_path / "emnist-letters-mapping.txt").write_text("1 65 97\n2 66 98\n3 67 99\n")
    with pytest.raises(
        DataError, match=r"holds 2 data sets \(emnist-digits, emnist-letters\); pass one of their files"
    ):
        read_path(tmp_path)
    found = read_path(tmp_path / "emnist-letters-train-images-idx3-ubyte")
    assert found.class_names == ["a", "b", "c"] and len(found.parts["train"]) == 6


def test_idx_images_without_labels_say_which_file_is_missing(tmp_path: Path, images: np.ndarray) -> None:
    (tmp_path / "test-images-idx3-ubyte").write_bytes(idx(images))
    with pytest.raises(DataError, match=r"test-labels-idx1-ubyte\[\.gz\] is missing; put it beside the other files"):
        read_path(tmp_path)


@pytest.mark.parametrize("label_bytes", [1, 2])
def test_binary_batches_of_cifar_are_read(tmp_path: Path, rng: np.random.Generator, label_bytes: int) -> None:
    colours = rng.integers(0, 256, (4, 3, 32, 32), np.uint8)
    labels = np.array([0, 1, 1, 0], np.uint8)
    rows = [labels[:, None], colours.reshape(4, -1)]
    content = np.hstack([np.full((4, 1), 9, np.uint8), *rows] if label_bytes == 2 else rows)
    names = ("train.bin", "test.bin") if label_bytes == 2 else ("data_batch_1.bin", "test_batch.bin")
    for name, some in zip(names, (content, content[:2]), strict=True):
        (tmp_path / name).write_bytes(some.tobytes())
    meta = "fine_label_names.txt" if label_bytes == 2 else "batches.meta.txt"
    (tmp_path / meta).write_text("fire\u00a0ant\nbee\n\n", encoding="utf-8")
    found = read_path(tmp_path)
    np.testing.assert_array_equal(pixels(found), colours)
    assert found.class_names == ["fire\u00a0ant", "bee"]
    assert found.parts["test"].labels.tolist() == [0, 1]


REFUSED = {
    "x.mat": (b"MATLAB 5.0 MAT-file, Platform", "a MATLAB file; convert it: python -c", "scipy.io"),
    "x.h5": (b"\x89HDF\r\n\x1a\n", "an HDF5 file; convert it: python -c", "h5py"),
    "x.parquet": (b"PAR1" + b"\0" * 20 + b"PAR1", "a parquet file; convert it: python -c", "read_parquet"),
    "x.pkl": (b"\x80\x04\x95", "a pickle, which is never read since it may run any program", "pickle"),
    "x": (b"\x80\x03}q\0", "a pickle, which is never read since it may run any program", "pickle"),
    "x.pt": (b"PK\x03\x04" + bytes(26) + b"x/data.pkl", "a file of PyTorch, a pickle, which is never read", "torch"),
    "x.arrow": (b"ARROW1\0\0", "an Arrow file; convert it: python -c", "read_feather"),
    "x.tfrecord": (bytes(12), "a TFRecord file of TensorFlow", "tensorflow_datasets"),
    "x.zip": (b"PK\x03\x04" + bytes(40), "a zip archive; unpack it (unzip ", "pass the folder"),
    "x.tgz": (b"\x1f\x8b\x08", "a tar archive; unpack it (tar xf ", "pass the folder"),
    "x.csv.gz": (b"\x1f\x8b\x08", "a file packed by gzip; unpack it (gunzip ", "what was in it"),
    "x.xlsx": (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", "a spreadsheet; save it as CSV", "UTF-8"),
    "x.json": (b"{}", "a JSON file, which is no list of pictures", "path,label"),
    "x.png": (b"\x89PNG\r\n\x1a\n", "one PNG picture; pass a folder", "for each class"),
    "x.bin": (bytes(3000), "3,000 bytes are no whole number of images of 3,073", "fetch it again"),
    "x.what": (b"\0\1\2\3", "is no data set; use a folder of IDX files or of pictures, an .npz or a .csv", ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_files_are_refused_by_what_they_are_and_how_to_convert_them(tmp_path: Path, name: str) -> None:
    content, what, how = REFUSED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        load(tmp_path / name)
    line = str(caught.value)
    assert line.startswith(f"{tmp_path / name}: {what}") and how in line and "\n" not in line


def test_the_line_that_converts_cifar_pickles_runs_and_its_result_is_read(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pickle
    import subprocess

    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    colours = rng.integers(0, 256, (12, 3, 32, 32), np.uint8)
    for index, name in enumerate([*(f"data_batch_{batch}" for batch in range(1, 6)), "test_batch"]):
        batch = {"data": colours[2 * index : 2 * index + 2].reshape(2, -1), "labels": [0, 1]}
        (folder / name).write_bytes(pickle.dumps(batch))
    (folder / "batches.meta").write_bytes(b"")
    with pytest.raises(DataError, match="holds CIFAR-10 as pickles, which are never read") as caught:
        read_path(tmp_path)
    monkeypatch.chdir(tmp_path)
    subprocess.run(str(caught.value).split("convert it: ")[1], shell=True, check=True)
    found = read_path(Path("cifar10.npz"))
    np.testing.assert_array_equal(np.concatenate([pixels(found), pixels(found, "test")]), colours)


def test_hostile_npy_is_refused_before_memory_is_asked_for(tmp_path: Path) -> None:
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (4000000000, 28, 28), }\n"
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header)
    np.save(tmp_path / "y.npy", LABELS)
    with pytest.raises(DataError, match=r"says 4000000000x28x28 of uint8, but 0 bytes follow"):
        read_path(tmp_path)


@pytest.mark.parametrize(
    "values, highest, note",
    [
        (np.uint16(1023), 255, "converted: whole numbers from 0 to 1023 to bytes"),
        (np.uint16(4000), 249, "converted: whole numbers from 0 to 4095 to bytes"),
        (np.uint16(40000), 156, "converted: whole numbers from 0 to 65535 to bytes"),
        (np.uint8(9), 9, "pixels go from 0 to 9 only, and are taken as 0 to 255"),
    ],
)
def test_depth_is_found_as_in_pictures(tmp_path: Path, values: np.integer, highest: int, note: str) -> None:
    images = np.zeros((6, 5, 4), values.dtype)
    images[2, 1, 1] = values
    found = saved(tmp_path, x=images, y=LABELS)
    assert pixels(found).max() == highest
    assert texts(found) == [note]


def test_one_wrong_number_among_bytes_is_no_other_depth(tmp_path: Path, images: np.ndarray) -> None:
    wrong = images.astype(np.int32)
    wrong[3, 2, 2] = 300
    with pytest.raises(DataError, match="pixels are whole numbers from 0 to 300, whose black and white are not known"):
        saved(tmp_path, x=wrong, y=LABELS)


def test_parts_of_different_scales_are_refused(tmp_path: Path, images: np.ndarray) -> None:
    with pytest.raises(DataError, match="pixels of train go up to 1, those of test up to 255; scale both alike"):
        saved(tmp_path, x_train=images / 255, y_train=LABELS, x_test=images, y_test=LABELS)


def test_a_set_without_images_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", x=np.zeros((0, 8, 8), np.uint8), y=np.zeros(0, np.int64))
    with pytest.raises(DataError, match=r"set\.npz: holds no images"):
        load(tmp_path / "set.npz")


def test_classes_that_only_the_test_part_has_are_said(tmp_path: Path, images: np.ndarray) -> None:
    np.savez(tmp_path / "set.npz", x_train=images[:2], y_train=LABELS[:2], x_test=images, y_test=LABELS)
    told = [note.text for note in load(tmp_path / "set.npz").notes]
    assert told[-1] == "class 2: no training images, so that 2 images of test cannot be answered"


@pytest.mark.parametrize("folder", ["", "outer"])
def test_a_folder_around_one_npz_is_that_set(tmp_path: Path, images: np.ndarray, folder: str) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    np.savez(tmp_path / folder / "set.npz", x=images, y=LABELS)
    np.testing.assert_array_equal(pixels(read_path(tmp_path))[:, 0], images)


def test_archives_of_one_array_or_one_part_each_are_one_set(tmp_path: Path, images: np.ndarray) -> None:
    for part, count in (("train", 4), ("test", 6)):
        np.savez(tmp_path / f"k49-{part}-imgs.npz", images[:count])
        np.savez(tmp_path / f"k49-{part}-labels.npz", LABELS[:count])
    found = read_path(tmp_path)
    assert {part: len(held) for part, held in found.parts.items()} == {"train": 4, "test": 6}
    parts = tmp_path / "parts"
    parts.mkdir()
    for part, count in (("train", 4), ("test", 6)):
        np.savez(parts / f"{part}.npz", X=images[:count], y=LABELS[:count])
    assert {part: len(held) for part, held in read_path(parts).parts.items()} == {"train": 4, "test": 6}
    np.savez(parts / "more.npz", X=images, y=LABELS)
    with pytest.raises(DataError, match=r"3 files of arrays \(more.npz, test.npz, train.npz\); pass one"):
        read_path(parts)


def test_npy_files_of_one_class_each_are_classes(tmp_path: Path, images: np.ndarray) -> None:
    for name, some in (("cat", images[:4]), ("dog", images[4:])):
        square = np.pad(some, ((0, 0), (0, 0), (0, 1)))
        np.save(tmp_path / f"full_numpy_bitmap_{name}.npy", square.reshape(len(some), -1))
    found = read_path(tmp_path)
    assert found.class_names == ["cat", "dog"]
    assert np.bincount(found.parts["train"].labels).tolist() == [4, 2]
    np.testing.assert_array_equal(pixels(found)[:, 0, :, :4], images)
    np.save(tmp_path / "full_numpy_bitmap_eel.npy", np.arange(3))
    with pytest.raises(DataError, match="which arrays are images and which their labels is not known: full_numpy"):
        read_path(tmp_path)


def test_idx_files_in_folders_of_their_own_names_are_read(tmp_path: Path, images: np.ndarray) -> None:
    for name, values in (("train-images-idx3-ubyte", images), ("train-labels-idx1-ubyte", LABELS)):
        (tmp_path / "MNIST/raw" / name).mkdir(parents=True)
        (tmp_path / "MNIST/raw" / name / name).write_bytes(idx(values))
    found = read_path(tmp_path)
    np.testing.assert_array_equal(pixels(found)[:, 0], images)
    assert found.name == "MNIST"


def test_idx_files_are_found_within_outer_folders_and_two_sets_are_asked_about(
    tmp_path: Path, images: np.ndarray
) -> None:
    for folder in ("archive/mnist", "archive/other"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "train-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / folder / "train-labels-idx1-ubyte").write_bytes(idx(LABELS))
        if folder == "archive/mnist":
            np.testing.assert_array_equal(pixels(read_path(tmp_path))[:, 0], images)
    with pytest.raises(DataError, match=r"holds data in 2 folders \(archive/mnist, archive/other\); pass one of them"):
        read_path(tmp_path)


def test_an_empty_label_is_no_class(tmp_path: Path, images: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"set\.npz: holds a label that is empty; give each picture one"):
        saved(tmp_path, x=images, y=np.array(["a", "", "b"])[LABELS])


def test_classes_that_differ_in_case_only_are_said(tmp_path: Path, images: np.ndarray) -> None:
    found = saved(tmp_path, x=images, y=np.array(["cat", "Cat", "dog"])[LABELS])
    assert texts(found) == ["classes: Cat and cat differ in case only, and are two"]


def test_npy_files_of_one_shape_and_two_types_are_no_classes(tmp_path: Path) -> None:
    np.save(tmp_path / "cat.npy", np.zeros((3, 4, 4), np.uint8))
    np.save(tmp_path / "dog.npy", np.zeros((3, 4, 4), np.float32))
    with pytest.raises(DataError, match="which arrays are images and which their labels is not known: cat"):
        read_path(tmp_path)
