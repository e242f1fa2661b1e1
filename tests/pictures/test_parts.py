"""Parts of ink: dirt and frames go, glyphs beside each other are told apart, each rule at its limit."""

import numpy as np
import pytest

from cnncli.pictures.segmentation.parts import Box, glyph_boxes, only_within, without_dirt


def blocks(*places: tuple[int, int, int, int], shape: tuple[int, int] = (260, 400)) -> np.ndarray:
    """Full ink in boxes of (left, top, width, height)."""
    ink = np.zeros(shape, np.float32)
    for left, top, wide, tall in places:
        ink[top : top + tall, left : left + wide] = 1
    return ink


def boxes(*places: tuple[int, int, int, int], ink: float = 1) -> list[tuple[int, int, int, int]]:
    return [(b.left, b.top, b.right - b.left, b.height) for b in glyph_boxes(ink * blocks(*places))]


GLYPH = (40, 20, 20, 60)  # in 100x100: 1,200 pixels, of which 4 % are 48


@pytest.mark.parametrize(("wide", "tall", "stays"), [(47, 1, False), (48, 1, True), (1, 47, False), (7, 7, True)])
def test_speck_has_less_than_a_25th_of_the_ink_of_the_largest_part(wide: int, tall: int, stays: bool) -> None:
    ink = blocks(GLYPH, (2, 85, wide, 1), shape=(100, 100)) if tall == 1 else (
        blocks(GLYPH, (80, 10, wide, tall), shape=(100, 100)))  # fmt: skip
    found, dropped = without_dirt(ink)
    assert dropped != stays
    np.testing.assert_array_equal(found, ink if stays else blocks(GLYPH, shape=(100, 100)))


@pytest.mark.parametrize(("length", "stays"), [(29, True), (30, False), (100, False)])
@pytest.mark.parametrize("side", range(4))
def test_part_along_three_tenths_of_a_side_is_a_frame_or_a_table(side: int, length: int, stays: bool) -> None:
    ink = blocks(GLYPH, shape=(100, 100))
    view = (ink, ink[::-1], ink.T, ink.T[::-1])[side]
    view[:4, :length] = 1
    found, dropped = without_dirt(ink)
    assert dropped != stays
    np.testing.assert_array_equal(found, ink if stays else blocks(GLYPH, shape=(100, 100)))


@pytest.mark.parametrize(("pixels", "is_glyph"), [(5, False), (6, False), (20, False), (22, True)])
def test_frame_stays_where_there_is_hardly_anything_else(pixels: int, is_glyph: bool) -> None:
    """4 rows are 400 of 100x100 pixels; a glyph has more than 5 % of the ink: 22 of 422, not 21."""
    ink = blocks((0, 0, 100, 4), (30, 50, pixels, 1), shape=(100, 100))
    found, _ = without_dirt(ink)
    assert (found[:4] == 0).all() == is_glyph and (found[:4] == 1).all() != is_glyph
    assert (found[50, 30 : 30 + pixels] == 1).all() or not is_glyph


@pytest.mark.parametrize(("pixels", "is_glyph"), [(5, False), (6, True)])
def test_glyph_beside_a_thin_frame_has_more_than_a_2000th_of_the_picture(pixels: int, is_glyph: bool) -> None:
    ink = blocks((0, 0, 35, 1), (60, 50, pixels, 1), shape=(100, 100))  # 100x100 / 2,000 is 5
    found, _ = without_dirt(ink)
    assert (found[0, :35] == 0).all() == is_glyph


def test_soft_edge_of_what_stays_stays_and_faint_ink_elsewhere_goes_with_the_dirt() -> None:
    ink = blocks(GLYPH, shape=(100, 100))
    ink[19:81, 39] = ink[19, 39:61] = 0.2
    ink[50, 63] = 0.2  # three pixels away
    untouched, dropped = without_dirt(ink)
    assert not dropped and untouched is ink
    kept = ink.copy()
    kept[50, 63] = 0
    ink[90:93, 5:8] = 1
    found, dropped = without_dirt(ink)
    assert dropped and found.dtype == np.float32
    np.testing.assert_array_equal(found, kept)


@pytest.mark.parametrize(("gap", "wide", "count"), [
    (4, 20, 1), (5, 20, 2),  # of 100 pixels' height 5 %
    (1, 60, 1), (2, 60, 2),  # 2 % where all ink is wider than a glyph
    (4, 52, 1), (4, 54, 2),  # 108 and 112 wide: from 1.1 times the height
])  # fmt: skip
def test_gap_between_glyphs_is_a_share_of_their_height(gap: int, wide: int, count: int) -> None:
    places = (30, 50, wide, 100), (30 + wide + gap, 50, wide, 100)
    assert boxes(*places) == (list(places) if count == 2 else [(30, 50, 2 * wide + gap, 100)])


@pytest.mark.parametrize(("tall", "wide", "count"), [(7, 6, 1), (8, 6, 2), (23, 6, 1), (24, 6, 2), (23, 12, 2)])
def test_small_glyphs_are_told_apart_from_24_pixels_or_in_a_line_from_8(tall: int, wide: int, count: int) -> None:
    assert len(boxes((30, 50, wide, tall), (30 + wide + 3, 50, wide, tall))) == count


@pytest.mark.parametrize(("tall", "count"), [(100, 2), (62, 2), (61, 1)])
def test_glyphs_of_a_line_have_62_percent_of_the_tallest_ones_height(tall: int, count: int) -> None:
    assert len(boxes((30, 50, 30, 100), (80, 150 - tall, 30, tall))) == count


@pytest.mark.parametrize(("lower", "count"), [(0, 2), (50, 2), (51, 1), (-50, 2), (-51, 1)])
def test_glyphs_of_a_line_overlap_by_half_of_the_smaller_ones_height(lower: int, count: int) -> None:
    assert len(boxes((30, 80, 30, 100), (90, 80 + lower, 30, 100))) == count
    if count == 2:
        assert len(boxes((30, 80, 30, 160), (100, 160, 30, 100), (160, 160, 30, 100))) == 3


@pytest.mark.parametrize(("left", "joined"), [(62, 0), (68, 0), (88, 1), (185, 2)])
def test_loose_stroke_belongs_to_the_glyph_next_to_it(left: int, joined: int) -> None:
    glyphs = [(20, 50, 30, 100), (110, 50, 30, 100), (220, 50, 30, 100)]
    stroke = (left, 60, 20, 20)
    found = boxes(*glyphs, stroke)
    begin = min(glyphs[joined][0], left)
    end = max(glyphs[joined][0] + 30, left + 20)
    glyphs[joined] = (begin, 50, end - begin, 100)
    assert found == glyphs


def test_parts_above_each_other_are_one_glyph_and_faint_ink_is_none() -> None:
    assert boxes((30, 50, 60, 10), (30, 70, 50, 80), (200, 50, 30, 100)) == [(30, 50, 60, 100), (200, 50, 30, 100)]
    assert boxes((30, 50, 30, 100), ink=0.26) == [(30, 50, 30, 100)]
    ink = blocks((30, 50, 30, 100))
    ink[50:150, 100:130] = 0.24
    assert glyph_boxes(ink) == [Box(30, 50, 60, 150)]


def test_ink_within_a_box_is_that_of_its_rows_and_columns(rng: np.random.Generator) -> None:
    ink = rng.random((9, 12)).astype(np.float32)
    np.testing.assert_array_equal(only_within(ink, Box(3, 2, 10, 7)), ink[2:7, 3:10])
