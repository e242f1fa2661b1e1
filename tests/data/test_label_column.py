"""Which column of a table is the label, where no header says so: by its values, its neighbours, its evenness."""

from pathlib import Path

import numpy as np
import pytest

from cnncli.data.tables.pixel_table import _alike, _by_evenness, _could_be_label, read_pixel_table
from cnncli.errors import DataError


@pytest.mark.parametrize(("values", "could"), [
    ([0, 0, 0, 0], False), ([0, 1, 0, 0], True), ([0, 1, 2, 0], True), ([0, 1, 2, 3], False),  # three quarters
    ([0, 1], True), ([5], True), ([0, 1, -1, 0], False), ([0, 0.5, 0, 1], False), ([0, 1, np.nan, 0], False),
    ([0, 1, np.inf, 0], False), ([*range(6), 0, 0], True), ([*range(7), 0], False),
])  # fmt: skip
def test_label_is_a_whole_number_and_some_rows_share_it(values: list[float], could: bool) -> None:
    assert _could_be_label(np.array(values, np.float32)) == could


def test_columns_are_alike_by_their_correlation_whatever_its_sign(rng: np.random.Generator) -> None:
    first, noise = rng.normal(size=50), rng.normal(size=50)
    for second in (first + noise, -first + noise, noise):
        a, b = first - first.mean(), second - second.mean()
        expected = abs((a * b).sum()) / np.sqrt((a * a).sum() * (b * b).sum())
        assert _alike(first, second) == pytest.approx(expected)
    constant = np.full(50, 3.0)
    assert _alike(first, constant) == _alike(constant, first) == _alike(constant, constant) == 0


def spread(*counts: int) -> np.ndarray:
    return np.repeat(np.arange(len(counts)), counts)


@pytest.mark.parametrize(("first", "second", "label"), [
    ((50, 50), (95, 5), 0), ((95, 5), (50, 50), 7), ((50, 50), (100,), 0), ((100,), (25, 25, 25, 25), 7),
    ((75, 25), (95, 5), 0),  # entropy over its largest: 0.81
    ((76, 24), (95, 5), None),  # 0.795
    ((50, 50), (90, 10), 0),  # 0.47
    ((50, 50), (88, 12), None),  # 0.53
    ((50, 50), (50, 50), None),
])  # fmt: skip
def test_label_is_spread_evenly_and_a_pixel_at_the_border_is_not(
    first: tuple[int, ...], second: tuple[int, ...], label: int | None
) -> None:
    table = np.zeros((100, 8))
    table[:, 0], table[:, 7] = spread(*first), spread(*second)
    assert _by_evenness(table, [0, 7]) == ([0, 7] if label is None else [label])


def write(path: Path, columns: np.ndarray, header: list[str] | None = None) -> Path:
    rows = [",".join(str(value) for value in row) for row in columns.astype(int).tolist()]
    path.write_text("\n".join([*([",".join(header)] if header else []), *rows]) + "\n")
    return path


@pytest.mark.parametrize("place", ["first", "last"])
def test_pixels_are_like_their_neighbours_and_labels_are_not(
    tmp_path: Path, rng: np.random.Generator, place: str
) -> None:
    """Ten levels for each image, with little noise: every pixel could be a label, and is as even as one."""
    labels = rng.permutation(np.arange(60) % 3)
    pixels = np.repeat(rng.integers(0, 6, (60, 1)) * 4, 16, axis=1) + rng.integers(0, 2, (60, 16))
    pixels[0, 5] = 255
    parts = [labels[:, None], pixels] if place == "first" else [pixels, labels[:, None]]
    while abs(np.corrcoef(labels, pixels[:, 0])[0, 1]) > 0.3 or abs(np.corrcoef(labels, pixels[:, 15])[0, 1]) > 0.3:
        rng.shuffle(labels)
    found = read_pixel_table(write(tmp_path / "a.csv", np.hstack(parts)))
    assert found.labels is not None and found.labels.tolist() == labels.tolist()
    np.testing.assert_array_equal(found.pixels, pixels)
    assert [note.text for note in found.notes] == [f"converted: the {place} column is the label"]


@pytest.mark.parametrize("place", [0, 1, 8, 15, 16])
def test_label_that_the_header_or_the_user_names_is_taken_out_of_any_place(
    tmp_path: Path, rng: np.random.Generator, place: int
) -> None:
    labels, pixels = np.arange(20) % 5, rng.integers(0, 256, (20, 16))
    table = np.insert(pixels, place, labels, axis=1)
    names = [f"p{at}" for at in range(16)]
    for header, told in (("label", None), ("what", "what"), ("what", str(place + 1))):
        path = write(tmp_path / "a.csv", table, [*names[:place], header, *names[place:]])
        found = read_pixel_table(path, told)
        assert found.labels is not None and found.labels.tolist() == labels.tolist()
        np.testing.assert_array_equal(found.pixels, pixels)


def test_column_that_is_not_there_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    path = write(tmp_path / "a.csv", rng.integers(0, 256, (5, 17)))
    for name in ("0", "18", "what"):
        with pytest.raises(DataError, match=f"has no column {name} of 17; use first, last or a number"):
            read_pixel_table(path, name)


def test_images_of_emnist_are_turned_upright(tmp_path: Path, rng: np.random.Generator) -> None:
    labels, upright = np.arange(20) % 5, rng.integers(0, 256, (20, 4, 4))
    rows = np.hstack([labels[:, None], upright.transpose(0, 2, 1).reshape(20, 16)])
    found = read_pixel_table(write(tmp_path / "emnist-a.csv", rows), "first")
    np.testing.assert_array_equal(found.pixels, upright.reshape(20, 16))
    assert "converted: images of EMNIST, which lie as columns, turned upright" in [note.text for note in found.notes]


@pytest.mark.parametrize("place", [0, 16])
def test_column_that_counts_the_rows_is_left_aside(tmp_path: Path, rng: np.random.Generator, place: int) -> None:
    labels, pixels = np.arange(20) % 5, rng.integers(0, 256, (20, 16))
    for first in (0, 1):
        table = np.insert(pixels, place, np.arange(first, first + 20), axis=1)
        names = [f"p{at}" for at in range(16)]
        names.insert(place, "" if first else "nr")
        path = write(tmp_path / "a.csv", np.hstack([labels[:, None], table]), ["label", *names])
        found = read_pixel_table(path)
        np.testing.assert_array_equal(found.pixels, pixels)
        name = f"number {place + 1}" if first else "nr"
        assert [note.text for note in found.notes] == [f"left aside: column {name}, which numbers the rows"]
