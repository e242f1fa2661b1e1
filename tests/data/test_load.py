"""Data sets by name and by path."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import data
from cnncli.errors import DataError


def write_idx(folder: Path, part: str, images: np.ndarray, labels: np.ndarray, *, packed: bool) -> None:
    head = struct.pack(">IIII", 2051, *images.shape)
    contents = {
        f"{part}-images-idx3-ubyte": head + images.tobytes(),
        f"{part}-labels-idx1-ubyte": struct.pack(">II", 2049, len(labels)) + labels.tobytes(),
    }
    for name, content in contents.items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)


@pytest.fixture
def images(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (6, 5, 4), dtype=np.uint8)


LABELS = np.array([0, 1, 2, 0, 1, 2], np.uint8)


@pytest.mark.parametrize("packed", [False, True])
def test_idx_folder_comes_through_unchanged(tmp_path: Path, images: np.ndarray, packed: bool) -> None:
    write_idx(tmp_path, "train", images, LABELS, packed=packed)
    write_idx(tmp_path, "t10k", images[:3], LABELS[:3], packed=packed)
    found = data.load(tmp_path, wish=data.PictureWish(prepare="plain"))
    assert found.train is not None and found.test is not None
    np.testing.assert_array_equal(found.train.images[:, 0], images)
    np.testing.assert_array_equal(found.test.labels, LABELS[:3])


def test_cut_idx_file_is_one_line(tmp_path: Path, images: np.ndarray) -> None:
    write_idx(tmp_path, "train", images, LABELS, packed=False)
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError) as caught:
        data.load(tmp_path)
    assert "train-images-idx3-ubyte" in str(caught.value) and "\n" not in str(caught.value)


def test_npz_comes_through_unchanged(tmp_path: Path, images: np.ndarray) -> None:
    np.savez(tmp_path / "set.npz", x_train=images, y_train=LABELS, x_test=images[:2], y_test=LABELS[:2])
    found = data.load(tmp_path / "set.npz", wish=data.PictureWish(prepare="plain"))
    assert found.train is not None and found.test is not None
    np.testing.assert_array_equal(found.train.images[:, 0], images)
    np.testing.assert_array_equal(found.test.labels, LABELS[:2])
    assert found.class_names == ["0", "1", "2"]


def test_npz_with_pickles_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", images=np.array([{}], dtype=object), labels=LABELS[:1])
    with pytest.raises(DataError, match=r"set\.npz: images holds Python objects, which are never read"):
        data.load(tmp_path / "set.npz")


def test_folder_of_pictures_has_a_class_for_each_subfolder(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for name, level in (("bright", 200), ("dark", 20)):
            folder = tmp_path / part / name
            folder.mkdir(parents=True)
            Image.new("L", (28, 28), level).save(folder / "a.png")
    found = data.load(tmp_path)
    assert found.class_names == ["bright", "dark"]
    assert found.train is not None and found.test is not None
    np.testing.assert_array_equal(found.train.labels, [0, 1])
    assert found.test.images.mean(axis=(1, 2, 3)).tolist() == [200, 20]


def test_class_only_in_test_is_an_error(tmp_path: Path) -> None:
    for folder in ("train/a", "test/a", "test/b"):
        (tmp_path / folder).mkdir(parents=True)
        Image.new("L", (28, 28)).save(tmp_path / folder / "0.png")
    with pytest.raises(DataError, match="no such class"):
        data.load(tmp_path)


def test_unknown_name_says_what_there_is() -> None:
    with pytest.raises(DataError) as caught:
        data.load("minst")
    assert str(caught.value) == "minst: no such data set; did you mean mnist?"
    with pytest.raises(DataError) as caught:
        data.load("cats")
    assert str(caught.value) == (
        "cats: no such data set; use mnist, fashion-mnist, kmnist, emnist-digits, emnist-letters, digits, or the path "
        "of a folder, an .npz or a .csv"
    )


def test_mnist_is_read_and_verified(mnist_folder: Path) -> None:
    found = data.load("mnist", data_dir=mnist_folder)
    assert found.train is not None and found.test is not None
    assert found.train.images.shape == (60000, 1, 28, 28) and found.test.images.shape == (10000, 1, 28, 28)
    assert found.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert found.digest == found.computed_digest()
