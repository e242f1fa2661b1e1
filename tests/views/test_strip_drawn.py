"""A strip's pictures: as they are or 224 pixels large, with a frame just around the box, and words below them."""

import numpy as np
import pytest

from cnncli.pictures.stages import Stage
from cnncli.views.page import MARK
from cnncli.views.strip import strip_page
from cnncli.views.tiles import Page, Tile

INPUT = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)


def strip(height: int, width: int, box: tuple[int, int, int, int] | None = None) -> Tile:
    one = Stage("a step", np.full((height, width), 200, np.uint8), INPUT, box)
    return strip_page("x.png", [one], [], [("5", 0.5)]).panels[0].tiles[0]


def test_a_frame_of_two_pixels_lies_around_the_box_and_leaves_what_is_in_it() -> None:
    """112 x 56 pixels are shown twice as large: the box begins at column 20 and row 40."""
    tile = strip(56, 112, (10, 20, 25, 8))
    assert tile.pixels.shape == (112, 224, 3)
    expected = np.zeros((112, 224), bool)
    expected[38:58, 18:72] = True
    expected[40:56, 20:70] = False
    np.testing.assert_array_equal((tile.pixels == MARK).all(axis=2), expected)
    assert (tile.pixels[~expected] == 200).all()


def test_without_a_box_there_is_no_frame() -> None:
    assert (strip(100, 80).pixels == 200).all() and strip(100, 80).pixels.shape == (224, 179, 3)


@pytest.mark.parametrize(
    ("size", "drawn"),
    [((64, 64), (64, 64)), ((28, 28), (28, 28)), ((65, 64), (224, 221)), ((64, 65), (221, 224)), ((1, 600), (1, 224)),
     ((600, 1), (224, 1))],
)  # fmt: skip
def test_pictures_of_up_to_64_pixels_stay_as_they_are_without_a_frame(
    size: tuple[int, int], drawn: tuple[int, int]
) -> None:
    tile = strip(*size, box=(8, 8, 4, 4) if max(size) <= 64 else None)
    assert tile.pixels.shape == (*drawn, 3) and (tile.pixels == 200).all()


def test_below_each_picture_stands_its_step_and_below_each_input_the_answer() -> None:
    def page(notes: list[str]) -> Page:
        stages = [Stage(name, INPUT[0], INPUT + 100) for name in ("as it is", "cut")]
        return strip_page("a.png", stages, notes, [("5", 0.25), ("six", 0.9)])

    made = page(["cut", "centred"])
    assert made.title == "how a.png is read" and list(made.lines) == [
        "what was done: cut, centred", "cut: changed the answer from 5 to six"
    ]  # fmt: skip
    assert page([]).lines[0] == "nothing had to be done"
    steps, seen = made.panels
    assert (steps.title, seen.title) == ("step by step", "what the network would see and say after it")
    assert steps.side == seen.side == 224
    assert [tile.label for tile in steps.tiles] == ["as it is", "cut"]
    assert [tile.label for tile in seen.tiles] == ["5 (25.00 %)", "six (90.00 %)"]
    for tile in seen.tiles:
        np.testing.assert_array_equal(tile.pixels, np.repeat(INPUT[0][..., None] + 100, 3, axis=2))
