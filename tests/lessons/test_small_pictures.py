"""Pictures of the reader's that are smaller than a mask, of one grey, or just as large as what is taken of them."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.lessons import learned_mask
from cnncli.lessons.blocks import Asked, Lesson
from cnncli.lessons.given import crop
from lesson_pages import fresh


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here is about the end of a training."""
    monkeypatch.setattr(learned_mask, "STEPS", 12)
    monkeypatch.setattr(learned_mask, "_TOLD", (0,))
    monkeypatch.setattr(learned_mask, "learn", partial(learned_mask.learn, steps=12))


def saved(folder: Path, pixels: Any) -> str:
    Image.fromarray(np.asarray(pixels, np.uint8)).save(folder / "own.png")
    return str(folder / "own.png")


def learned_of(folder: Path, pixels: Any) -> Lesson:
    return fresh("learn-a-mask", picture=saved(folder, pixels))


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (2, 5), (4, 2), (3, 3), (3, 4)])
def test_a_picture_goes_on_as_its_edges_are_up_to_three_pixels_each_way(size: tuple[int, int], tmp_path: Path) -> None:
    """And no further: what is learned of has mean 0 and deviation 1."""
    pixels = np.arange(size[0] * size[1]).reshape(size) ** 2 % 101
    rows, columns = (np.minimum(np.arange(max(3, side)), side - 1) for side in size)
    larger = pixels[np.ix_(rows, columns)].astype(np.float64)
    expected = (larger - larger.mean()) / (larger.std() or 1)
    [before] = learned_of(tmp_path, pixels).data["before"]
    assert np.shape(before) == larger.shape and np.allclose(before, expected, atol=1e-3)


def test_a_picture_of_one_grey_is_0_everywhere_and_every_mask_of_it(tmp_path: Path) -> None:
    given = learned_of(tmp_path, np.full((5, 4), 77))
    assert np.array_equal(given.data["before"], np.zeros((1, 5, 4)))
    # All that is left to learn is that the bias is 0; the loss is its square.
    assert given.values["losses"][0] == pytest.approx(given.data["bias"] ** 2, rel=1e-4)


@pytest.mark.parametrize(("high", "wide"), [(6, 7), (7, 6), (7, 7), (1, 9), (8, 7)])
def test_a_piece_is_seven_by_seven_with_the_last_pixels_repeated(high: int, wide: int, tmp_path: Path) -> None:
    """Of the places where it fits it is that of the largest deviation; where it fits once, the whole."""
    pixels = (np.arange(high * wide).reshape(high, wide) * 37) % 256
    rows, columns = (np.minimum(np.arange(max(7, side)), side - 1) for side in (high, wide))
    larger = pixels[np.ix_(rows, columns)]
    pieces = [larger[r : r + 7, c : c + 7] for r in range(len(rows) - 6) for c in range(len(columns) - 6)]
    wanted = max(pieces, key=lambda piece: float(piece.std()))
    given = fresh("convolution", picture=saved(tmp_path, pixels)).values["picture"]
    assert np.array_equal(given, np.rint(wanted * 9 / 255))


def test_where_a_piece_was_taken_is_told(tmp_path: Path) -> None:
    pixels = np.zeros((6, 8))
    pixels[3, 5] = 255  # alone in a piece of one pixel
    found = crop(Asked(picture=saved(tmp_path, pixels)), 2)
    assert found is not None
    assert found[1] == "a piece of own.png, from row 2 and column 4 of it, made small" and found[0].sum() == 9
