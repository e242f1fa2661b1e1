"""What a unit sees, drawn: the part is bright and framed, all else is dark, and maps have it in cells."""

import numpy as np
import pytest

from cnncli.network.seen import SeenPart
from cnncli.views.field import field_page, field_words
from cnncli.views.page import FAINT, MARK
from cnncli.views.tiles import Tile

SOURCE = SeenPart("input", "", (1, 10, 14), ((0, 0), (2, 5), (4, 11)))
MIDDLE = SeenPart("0", "Conv2d", (3, 6, 8), ((0, 2), (1, 3), (2, 6)))
LAST = SeenPart("1", "MaxPool2d", (3, 3, 4), ((1, 1), (1, 1), (2, 2)))


def tiles_of(parts: list[SeenPart], image: np.ndarray | None) -> list[list[Tile]]:
    return [list(panel.tiles) for panel in field_page("a title", parts, image).panels]


def test_the_part_is_as_it_is_and_all_around_is_a_third_as_light(rng: np.random.Generator) -> None:
    image = rng.integers(60, 256, (1, 10, 14), dtype=np.uint8)
    (marked, alone), *_ = tiles_of([SOURCE, MIDDLE], image)
    inside = np.zeros((10, 14), bool)
    inside[2:6, 4:12] = True
    dim = np.where(inside, image[0], np.rint(image[0] * 0.35))
    assert marked.small is not None
    np.testing.assert_array_equal(marked.small, np.repeat(dim[:, :, None], 3, axis=2))
    np.testing.assert_allclose(marked.levels, dim / 255)
    np.testing.assert_array_equal(alone.pixels[:, :, 0], image[0, 2:6, 4:12])
    # 448 // 14 pixels for each; the frame lies on the part's own outermost ones, a quarter of a pixel wide.
    large = marked.pixels
    assert large.shape == (320, 448, 3)
    framed = (large == MARK).all(axis=2)
    expected = np.zeros((320, 448), bool)
    expected[64:192, 128:384] = True
    expected[72:184, 136:376] = False
    np.testing.assert_array_equal(framed, expected)
    np.testing.assert_array_equal(large[16::32, 16::32, 1], dim)


def test_a_large_picture_is_framed_by_a_pixel() -> None:
    seen = SeenPart("input", "", (3, 500, 600), ((0, 2), (10, 19), (20, 39)))
    (marked, _), *_ = tiles_of([seen], np.full((3, 500, 600), 200, np.uint8))
    assert marked.pixels.shape == (500, 600, 3)
    expected = np.zeros((500, 600), bool)
    expected[10:20, 20:40] = True
    expected[11:19, 21:39] = False
    np.testing.assert_array_equal((marked.pixels == MARK).all(axis=2), expected)


def test_without_a_picture_there_is_a_board_of_light_squares() -> None:
    (_, alone), *_ = tiles_of([SOURCE], None)
    board = alone.pixels[:, :, 0].astype(int)
    assert len(np.unique(board)) == 2 and (alone.pixels[:, :, :1] == alone.pixels).all()
    assert (board[1:] != board[:-1]).all() and (board[:, 1:] != board[:, :-1]).all()
    assert board.min() > 150 and np.ptp(board) > 30  # lighter than what is dimmed, and apart


@pytest.mark.parametrize(("part", "cell"), [(MIDDLE, 16), (LAST, 32)])
def test_a_map_is_a_grid_of_cells_in_which_the_part_is_coloured_and_framed(part: SeenPart, cell: int) -> None:
    """128 // its longer side pixels for each cell, parted by lines."""
    _, tiles = tiles_of([SOURCE, part], None)
    (tile,) = tiles
    _, height, width = part.shape
    (top, bottom), (left, right) = part.region[1:]
    inside = np.zeros((height, width), bool)
    inside[top : bottom + 1, left : right + 1] = True
    pixels = tile.pixels
    assert pixels.shape == (height * cell, width * cell, 3)
    middles = pixels[cell // 2 :: cell, cell // 2 :: cell].astype(int)
    seen, plain = middles[inside], middles[~inside]
    assert (seen == seen[0]).all() and (plain == plain[0]).all()
    assert seen[0, 0] - seen[0, 2] > 100 and np.ptp(plain[0]) < 8 and plain[0].min() > 215  # orange, and light grey
    framed = (pixels == MARK).all(axis=2)
    expected = np.repeat(np.repeat(inside, cell, axis=0), cell, axis=1)
    rows, columns = np.flatnonzero(expected.any(axis=1)), np.flatnonzero(expected.any(axis=0))
    expected[rows[1] : rows[-1], columns[1] : columns[-1]] = False
    np.testing.assert_array_equal(framed, expected)
    lines = pixels[::cell, ::cell][~inside].astype(int)  # where lines cross
    lines = lines[(lines != MARK).any(axis=1)]
    assert (lines == lines[0]).all() and plain[0].min() - lines[0].max() >= 20 and np.ptp(lines[0]) < 8
    assert tile.small is not None
    np.testing.assert_array_equal((tile.small == MARK).all(axis=2), inside)
    np.testing.assert_array_equal((tile.small == FAINT).all(axis=2), ~inside)
    assert (tile.levels[inside] == 1).all() and 0.1 < tile.levels[~inside].max() < 0.2
    assert tile.label == f"{part.name}: {bottom - top + 1}x{right - left + 1}"


def test_cells_of_a_large_map_have_no_lines() -> None:
    part = SeenPart("0", "Conv2d", (1, 40, 43), ((0, 0), (3, 9), (5, 8)))
    _, (tile,) = tiles_of([SOURCE, part], None)
    assert tile.pixels.shape == (80, 86, 3) and len(np.unique(tile.pixels.reshape(-1, 3), axis=0)) == 3


def test_maps_that_repeat_the_one_before_are_left_out_but_the_last() -> None:
    same = SeenPart("1", "ReLU", *(MIDDLE.shape, MIDDLE.region))
    vector = SeenPart("3", "Linear", (7,), ((0, 6),))
    names = [[tile.label for tile in tiles] for tiles in tiles_of([SOURCE, MIDDLE, same, LAST, vector], None)]
    assert names[1] == ["0: 3x5", "1: 1x1"]
    names = [[tile.label for tile in tiles] for tiles in tiles_of([SOURCE, MIDDLE, same], None)]
    assert names[1] == ["0: 3x5", "1: 3x5"]
    moved = SeenPart("1", "ReLU", MIDDLE.shape, ((0, 2), (1, 3), (2, 5)))
    names = [[tile.label for tile in tiles] for tiles in tiles_of([SOURCE, MIDDLE, moved, LAST], None)]
    assert names[1] == ["0: 3x5", "1: 3x4", "1: 1x1"]


def test_a_vector_is_told_in_words_alone() -> None:
    page = field_page("t", [SeenPart("input", "", (20,), ((3, 8),))], None)
    assert page.panels == [] and page.lines == ["sees values 3 to 8 of the 20 of the input"]
    assert field_words(SOURCE) == "sees rows 2 to 5 and columns 4 to 11 of the input: 4x8 of 10x14 pixels"
