"""Lines of ruled paper: how thick, how long, how slanted one may be, and what of a stroke on it stays."""

import numpy as np
import pytest

from cnncli.pictures.segmentation.rules import without_rules


def page(side: int, wide: int | None = None) -> np.ndarray:
    return np.zeros((side, wide or side), np.float32)


def both_ways(ink: np.ndarray) -> list[tuple[np.ndarray, int]]:
    """The page as it is, and on its side; each turned back."""
    found, count = without_rules(ink, 0.1)
    turned, again = without_rules(np.ascontiguousarray(ink.T), 0.1)
    return [(found, count), (turned.T, again)]


@pytest.mark.parametrize(("side", "thick", "is_line"), [
    (48, 4, True), (48, 5, False), (57, 4, True), (57, 5, False), (200, 9, True), (200, 10, False),
])  # fmt: skip
def test_line_is_a_28th_of_the_side_thick_and_two_pixels_of_soft_edge(side: int, thick: int, is_line: bool) -> None:
    # 0.035 of 48, 57 and 200, rounded: 2, 2 and 7
    ink = page(side)
    begin = side // 2 - 7
    ink[begin : begin + thick] = 0.8
    for found, count in both_ways(ink):
        assert count == is_line
        np.testing.assert_array_equal(found, page(side) if is_line else ink)


@pytest.mark.parametrize("row", [0, 1, 2, 50, 97, 98, 99])
def test_line_goes_wherever_it_lies_even_at_the_edge(row: int) -> None:
    ink = page(100, 120)
    ink[row] = 0.5
    for found, count in both_ways(ink):
        assert count == 1
        np.testing.assert_array_equal(found, page(100, 120))


@pytest.mark.parametrize(("length", "is_line"), [(83, False), (85, True), (120, True)])
@pytest.mark.parametrize("begin", ["left", "right"])
def test_line_runs_over_seven_tenths_of_the_page(length: int, is_line: bool, begin: str) -> None:
    ink = page(100, 120)
    ink[40, slice(0, length) if begin == "left" else slice(120 - length, 120)] = 0.5
    for found, count in both_ways(ink):
        assert count == is_line
        np.testing.assert_array_equal(found, page(100, 120) if is_line else ink)


@pytest.mark.parametrize(("small", "is_line"), [(47, False), (48, True)])
def test_picture_below_48_pixels_has_no_lines(small: int, is_line: bool) -> None:
    ink = page(small, 90)
    ink[20] = 0.5
    assert [count for _, count in both_ways(ink)] == [is_line, is_line]


@pytest.mark.parametrize("rise", [-8, -5, 0, 5, 8])
def test_slanted_line_goes_up_to_4_degrees(rise: int) -> None:
    ink = page(100, 120)
    columns = np.arange(120)
    ink[50 + np.rint(rise * (columns / 120 - 0.5)).astype(int), columns] = 0.6
    for found, count in both_ways(ink):
        assert count == 1 and found.max() == 0


def test_each_of_several_lines_is_counted_and_goes() -> None:
    ink = page(150)
    ink[[20, 60, 100, 140]] = 0.5
    ink[:, [30, 110]] = 0.5
    for found, count in both_ways(ink):
        assert count == 6 and found.max() == 0


def test_stroke_across_a_line_stays_whole_and_what_ends_at_the_line_is_not_made_longer() -> None:
    ink = page(120)
    ink[10:110, 30:38] = 0.9  # across
    ink[62:110, 70:78] = 0.9  # below the line
    ink[10:58, 90:98] = 0.9  # above it
    strokes = ink.copy()
    ink[59:61] = np.maximum(ink[59:61], 0.4)
    for found, count in both_ways(ink):
        assert count == 1
        np.testing.assert_array_equal(found[:58], strokes[:58])
        np.testing.assert_array_equal(found[62:], strokes[62:])
        assert (found[59:61, 30:38] == np.float32(0.9)).all()
        assert (found[58:62, 66:102] <= strokes[58:62, 66:102]).all()


def test_ink_much_darker_than_the_line_stays_where_it_lies_along_it() -> None:
    ink = page(120)
    ink[60] = 0.3
    ink[60, 20:60] = 1.0  # the bar of a glyph, on the line
    ink[30:90, 20:24] = 1.0
    for found, count in both_ways(ink):
        assert count == 1
        assert (found[60, 20:60] == 1).all() and (found[60, 70:] == 0).all() and (found[60, :10] == 0).all()


def test_ink_below_six_tenths_of_what_stands_out_makes_no_line() -> None:
    for level, is_line in ((0.059, False), (0.061, True)):
        ink = page(100)
        ink[50] = level
        assert without_rules(ink, 0.1)[1] == is_line


@pytest.mark.parametrize("thick", [1, 2, 3])
@pytest.mark.parametrize("rise", range(-9, 10))
def test_hard_lines_between_two_slants_go_all(rise: int, thick: int) -> None:
    """Drawn without soft edges a line is a stair, whose steps lie in two rows of any slant that is looked at."""
    ink = page(240, 320)
    for top in range(30, 220, 29):
        rows = top + np.floor(rise * np.arange(320) / 320 + 0.25).astype(int)
        for row in range(thick):
            ink[rows + row, np.arange(320)] = 0.5
    for found, count in both_ways(ink):
        assert count == 7
        np.testing.assert_array_equal(found, page(240, 320))
