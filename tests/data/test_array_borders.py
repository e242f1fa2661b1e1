"""Arrays at the borders of what they may mean: ranges of numbers, names of classes, files of no size."""

from pathlib import Path

import numpy as np
import pytest

from cnncli.data.array_files.ranges import _ranges
from cnncli.data.binary.cifar_binary import _label_bytes
from cnncli.data.by_path import read_path
from cnncli.data.dataset import find_polarity
from cnncli.data.formats_refused import refusal
from cnncli.errors import DataError


@pytest.mark.parametrize(
    ("low", "high", "meant"),
    [
        (0, 1, (0, 1)), (-1, 1, (-1, 1)), (-0.8, 0.9, (-1, 1)), (-0.6, 0.9, (-1, 1)), (-0.51, 0.51, (-1, 1)),
        (-0.5, 0.5, (-0.5, 0.5)), (-0.4, 0.3, (-0.5, 0.5)), (-0.39, 0.3, None), (-0.5, 0.6, None), (-1.1, 1, None),
        (-1, 1.1, None), (-1.001, 1, (-1, 1)), (-1.0011, 1, None), (0, 255, (0, 255)), (0, 17.5, (0, 255)),
    ],
)  # fmt: skip
def test_numbers_tell_the_range_that_they_were_made_for(
    low: float, high: float, meant: tuple[float, float] | None
) -> None:
    assert _ranges(low, high, False) == ([] if meant is None else [meant])


@pytest.mark.parametrize(("high", "meant"), [(15, [(0, 15)]), (16, [(0, 16)]), (17, [(0, 255)])])
def test_whole_numbers_of_few_bits_have_their_own_range(high: int, meant: list[tuple[int, int]]) -> None:
    assert _ranges(0, high, True) == meant


def test_flat_rows_and_labels_are_known_by_their_forms(tmp_path: Path, rng: np.random.Generator) -> None:
    rows, labels = rng.integers(0, 256, (6, 16), dtype=np.uint8), np.array([0, 1, 2, 0, 1, 2])
    rows[0, :2] = 0, 255
    np.savez(tmp_path / "set.npz", first=labels, second=rows)
    found = read_path(tmp_path / "set.npz").parts["train"]
    assert np.asarray(found.labels).tolist() == labels.tolist() and len(found.pictures) == 6


@pytest.mark.parametrize("beyond", ["train", "test"])
def test_names_that_are_too_few_for_any_part_are_not_taken(
    tmp_path: Path, rng: np.random.Generator, beyond: str
) -> None:
    arrays = {}
    for part in ("train", "test"):
        arrays[f"x_{part}"] = rng.integers(0, 256, (6, 5, 4), dtype=np.uint8)
        arrays[f"y_{part}"] = np.array([0, 1, 2, 0, 1, 3 if part == beyond else 2])
    np.savez(tmp_path / "set.npz", **arrays, class_names=np.array(["ant", "bee", "cat"]))
    assert read_path(tmp_path / "set.npz").class_names != ["ant", "bee", "cat"]
    arrays[f"y_{beyond}"][-1] = 2
    np.savez(tmp_path / "set.npz", **arrays, class_names=np.array(["ant", "bee", "cat"]))
    assert read_path(tmp_path / "set.npz").class_names == ["ant", "bee", "cat"]


def test_labels_below_0_have_no_names(tmp_path: Path, rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (4, 5, 4), dtype=np.uint8)
    labels, names = np.array([-1, 1, 0, 1]), np.array(["ant", "bee"])
    np.savez(tmp_path / "set.npz", x_train=images, y_train=labels, class_names=names)
    with pytest.raises(DataError, match="label -1 found; labels are whole numbers from 0, or text"):
        read_path(tmp_path / "set.npz")


def test_sizes_of_cifar_tell_how_many_bytes_a_label_has(tmp_path: Path) -> None:
    for size, count in ((0, 0), (3072, 0), (3073, 1), (2 * 3073, 1), (3074, 2), (3 * 3074, 2), (3073 + 3074, 0)):
        (tmp_path / "x.bin").write_bytes(bytes(size))
        assert _label_bytes(tmp_path / "x.bin") == count
    assert _label_bytes(tmp_path) == 0


def test_polarity_is_that_of_nine_images_in_ten(rng: np.random.Generator) -> None:
    dark = np.zeros((20, 1, 6, 6), np.uint8)
    dark[:, :, 2:4, 2:4] = 255
    grey = np.full_like(dark, 128)
    for light in range(21):
        mixed = np.concatenate([dark[:light], grey[light:]])
        assert find_polarity(mixed) == ("light-on-dark" if light >= 18 else "any")
        assert find_polarity(255 - mixed) == ("dark-on-light" if light >= 18 else "any")
    for paper, expected in ((63, "light-on-dark"), (64, "any"), (191, "any"), (192, "dark-on-light")):
        image = np.full((1, 1, 6, 6), paper, np.uint8)
        image[:, :, 2:4, 2:4] = 255 if paper < 128 else 0
        assert find_polarity(image) == expected
    assert find_polarity(np.zeros((3, 1, 6, 6), np.uint8)) == find_polarity(dark[:0]) == "any"  # nothing on it


@pytest.mark.parametrize(("count", "more"), [(6, ""), (7, " and 1 more")])
def test_six_arrays_that_are_not_used_are_named(tmp_path: Path, count: int, more: str) -> None:
    images, labels = np.zeros((6, 5, 4), np.uint8), np.array([0, 1, 2, 0, 1, 2])
    images[:, 0, 0] = 255
    np.savez(tmp_path / "set.npz", x=images, y=labels, **{f"more{number}": np.array(3) for number in range(count)})
    notes = [note.text for note in read_path(tmp_path / "set.npz").notes]
    assert notes == [f"left aside: arrays more0, more1, more2, more3, more4, more5{more}"]


@pytest.mark.parametrize(("name", "head"), [("x.mat", b"other"), ("x.dat", b"MATLAB 5.0 MAT-file, Platform")])
def test_a_file_of_matlab_is_told_by_its_name_or_its_beginning(name: str, head: bytes) -> None:
    assert (refusal(Path(name), head) or "").startswith("a MATLAB file; convert it: python -c")
