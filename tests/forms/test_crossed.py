"""What counts as crossed out, by strokes of a pen of 0.8 mm in a cell of 15 mm."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from cnncli.forms.crossed import is_crossed_out

PER_MM, AROUND, CELL = 6, 3.0, 15.0
Strokes = list[tuple[float, ...]]


def inked(strokes: Strokes, pen: float = 0.8) -> np.ndarray:
    """Lines through points (x, y, x, y, ...) in mm from the cell's top left, as the window's ink."""
    side = round((CELL + 2 * AROUND) * PER_MM)
    image = Image.new("L", (4 * side, 4 * side))
    for points in strokes:
        places = [(value + AROUND) * PER_MM * 4 for value in points]
        ImageDraw.Draw(image).line(places, fill=255, width=round(pen * PER_MM * 4), joint="curve")
    return np.asarray(image.reduce(4)) > 127


FALLING, RISING = (0.5, 0.5, 14.5, 14.5), (0.5, 14.5, 14.5, 0.5)
CROSS: Strokes = [FALLING, RISING]
GLYPH = (5.0, 3.0, 10, 3, 10, 8, 5, 12, 10, 12)  # some figure of 5 x 9 mm in the middle
STRIKE = (-1.2, 7.0, 16.2, 8.0)
SCRIBBLE = tuple(value for step in range(15) for value in ((1.0, 0.5 + step), (14.0, 1.0 + step)) for value in value)


def shifted(strokes: Strokes, right: float, down: float) -> Strokes:
    return [tuple(value + (right, down)[place % 2] for place, value in enumerate(points)) for points in strokes]


CASES: dict[str, tuple[Strokes, str, bool]] = {
    "nothing": ([], "3", False),
    "a glyph": ([GLYPH], "3", False),
    "a large glyph": ([(3.0, 1.0, 12, 1, 12, 7, 3, 14, 12, 14)], "3", False),
    "a cross": (CROSS, "3", True),
    "a cross over a glyph": ([*CROSS, GLYPH], "3", True),
    "a cross that leans": ([(-1.5, 1.5, 16.0, 13.0), (1.5, 16.0, 13.0, -1.5)], "3", True),
    "a cross that begins 2 mm inside": ([(2.0, 2, 13.6, 13.6), (2.0, 13.6, 13.6, 2)], "3", True),
    "a cross of 10 mm": ([(2.5, 2.5, 12.5, 12.5), (2.5, 12.5, 12.5, 2.5)], "3", False),
    "an x": (CROSS, "x", False),
    "an X": (CROSS, "X", False),
    "a cross over an x": ([*CROSS, (2.0, 7.5, 13, 7.5), (7.5, 2, 7.5, 13)], "x", True),
    "an x with a spot": ([*CROSS, (2.0, 7.5, 5, 7.5)], "x", False),
    "a line from corner to corner": ([FALLING], "3", True),
    "the other line from corner to corner": ([RISING], "3", True),
    "a line from corner to corner over a glyph": ([GLYPH, (0.0, 0, 15, 15)], "3", True),
    "a line that ends 3 mm before": ([(0.5, 0.5, 12, 12)], "3", False),
    "a line that begins 3.4 mm beside the corner": ([(3.4, 0.0, 15, 15)], "3", False),
    "a seven": ([(1.0, 1, 14, 1, 1, 14.5)], "7", False),
    "a seven of another class": ([(0.2, 1, 14.8, 0.2, 0.2, 14.8)], "3", True),
    "a Z": ([(1.0, 0.5, 14.5, 0.5, 0.5, 14.5, 14.5, 14.5)], "z", False),
    "a broken line": ([(0.5, 0.5, 6, 6), (8.5, 8.5, 14.5, 14.5)], "3", False),
    "a strike": ([GLYPH, STRIKE], "3", True),
    "a strike alone": ([STRIKE], "3", True),
    "a slanting strike": ([GLYPH, (-1.2, 11.0, 16.2, 4.0)], "3", True),
    "a strike at the top": ([GLYPH, (-1.2, -0.2, 16.2, 0.2)], "3", True),
    "a line that stays inside": ([(0.6, 7.5, 14.4, 7.5)], "-", False),
    "a strike from top to bottom": ([(7.5, -1.2, 7.5, 16.2)], "3", False),  # which a one may be
    "a scribble": ([SCRIBBLE], "3", True),
    "a scribble of a class with slants": ([SCRIBBLE], "z", True),
    "a black square": ([(3.0, y / 2, 12, y / 2) for y in range(6, 25)], "3", False),
    "half a scribble": ([SCRIBBLE[:28]], "3", False),
}


@pytest.mark.parametrize("case", CASES)
def test_crosses_lines_and_scribbles_are_told_from_glyphs(case: str) -> None:
    strokes, name, expected = CASES[case]
    assert is_crossed_out(inked(strokes), name) == expected


@pytest.mark.parametrize("shift", [(1.2, 0.8), (-1.2, -0.8)])
def test_a_cross_may_be_off_the_middle(shift: tuple[float, float]) -> None:
    assert is_crossed_out(inked(shifted(CROSS, *shift)), "3")
    assert not is_crossed_out(inked(shifted([GLYPH], *shift)), "3")


def test_a_cross_that_is_seen_in_part_is_one() -> None:
    """A gap of 1 mm in each line is some 5 % of it; one of 5 mm is more than an eighth."""
    for gap, expected in ((1.0, True), (6.0, False)):
        ink = inked(CROSS, 0.6)
        edge = round((AROUND + 2.5) * PER_MM)
        ink[edge : edge + round(gap / 1.414 * PER_MM)] = False
        assert is_crossed_out(ink, "3") == expected
