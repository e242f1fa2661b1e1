"""Axes of figures: their numbers and ranges, wherever they are drawn; and the lines of a level between them."""

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from cnncli.lessons.draw_image import figure_image
from cnncli.lessons.figures import Cells, Dots, Figure, Label, Line, Segments, contours, spread, ticks
from drawings import Call, letters, svg_of


def marks_of(figure: Figure, written: list[Any]) -> dict[str, tuple[int, int]]:
    """How many numbers stand (below, beside) the axes: on a page, in a picture, in a low picture."""
    svg, _ = svg_of(figure)
    texts = [one for one in svg.findall("text") if one.text]
    found = {
        "page": (sum(one.get("text-anchor") == "middle" for one in texts), sum(one.get("x") == "50" for one in texts))
    }
    for name, height in (("picture", 440), ("low", 320)):
        written.clear()
        figure_image(figure, height)
        places = [at for at, text, *_ in written if text not in ("t", "")]
        found[name] = (sum(y == height - 58 for _, y in places), sum(x == 8 for x, _ in places))
    return found


def test_there_are_as_many_numbers_at_an_axis_as_have_room(written: list[Call]) -> None:
    """Up to 7 steps below and 6 beside, 4 of a low picture; else every other number is left out."""
    seven = marks_of(Figure("t", (0.0, 7.0), (0.0, 6.0), []), written)
    assert seven == {"page": (8, 7), "picture": (8, 7), "low": (8, 4)}
    more = marks_of(Figure("t", (0.0, 8.0), (0.0, 7.0), []), written)
    assert more == {"page": (5, 4), "picture": (5, 4), "low": (5, 4)}
    few = [marks_of(Figure("t", (0.0, 8.0), (0.0, most), []), written)["low"][1] for most in (4.0, 5.0)]
    assert few == [5, 3]
    for rows, most, count in ((8, 2.0, 3), (8, 3.0, 2), (20, 5.0, 6), (20, 6.0, 4), (4, 2.0, 3)):  # one for four rows
        lines = letters(Figure("t", (0.0, 6.0), (0.0, most), []), rows=rows)
        assert sum(bool(line[:7].strip()) for line in lines[1 : rows + 1]) == count
    assert len(letters(Figure("t", (0.0, 6.0), (0.0, 1.0), []), width=80)[-1].split()) == 7
    assert len(letters(Figure("t", (0.0, 7.0), (0.0, 1.0), []), width=80)[-1].split()) == 4


def test_a_figure_is_the_same_drawing_wherever_its_axes_begin() -> None:
    """What counts is where a point is between the ends of the axes."""
    points = [(0.5, 1), (9, 4), (3, 2), (1e9, 3)]
    drawn = []
    for x, y in ((0.0, 0.0), (-4.0, 3.0), (20.0, -7.0)):
        moved = [(a + x, b + y) for a, b in points]
        parts = [Line(moved, "first"), Dots(moved, "second"), Segments([(moved[0], moved[1])], "third"),
                 Label((2 + x, 3 + y), "here"), Cells((6 + x, 4 + y), [["1", "2"]])]  # fmt: skip
        figure = Figure("t", (x, 10 + x), (y, 5 + y), parts, marks=[(5 + x, "five")], side_marks=[(2 + y, "two")])
        svg, _ = svg_of(figure)
        inside = next(group for group in svg if "url(#figure-1-inside)" in group.attrib.values())
        drawn.append((
            ElementTree.tostring(inside), [ElementTree.tostring(one) for one in svg.findall("text")],
            [letters(figure, braille=braille) for braille in (False, True)], figure_image(figure).tobytes(),
        ))  # fmt: skip
    assert drawn[0] == drawn[1] == drawn[2]


@pytest.mark.parametrize(
    ("ends", "count", "expected"),
    [((0, 10), 5, [0, 2, 4, 6, 8, 10]), ((0, 10), 7, [0, 2, 4, 6, 8, 10]), ((-0.2, 1.05), 5, [0, 0.5, 1]),
     ((0, 1), 10, [0.1 * at for at in range(11)]),      ((-7, 23), 4, [0, 10, 20]), ((0, 4.9), 5, [0, 1, 2, 3, 4])],
)  # fmt: skip
def test_ticks_are_round_numbers(ends: tuple[float, float], count: int, expected: list[float]) -> None:
    """Steps are 1, 2, 5 or 10 times a power of ten: the smallest of which no more than `count` fit in."""
    assert ticks(*ends, count) == pytest.approx(expected, abs=1e-12)


def test_a_range_holds_its_values_with_room_on_both_sides() -> None:
    assert spread([0, 10]) == pytest.approx((-0.6, 10.6)) and spread([4, 4]) == (2, 6) and spread([0.5, 0.5]) == (0, 1)
    assert spread([]) == (-0.5, 0.5) and spread([-8, -8]) == (-12, -4)
    assert spread([float("inf"), 1, 2], 0.5) == (0.5, 2.5)


@pytest.mark.parametrize("ways", [(1, 1), (-1, 1), (1, -1), (-1, -1)])
def test_level_lines_go_where_the_function_has_the_level(ways: tuple[int, int]) -> None:
    """x = 2 y + 0.5 goes from (0.5, 0) to (3, 1.25), x = 2 y + 1 from (1, 0) to (3, 1); and mirrored."""
    a, b = ways
    x, y = ((-1.0, 3.0), (-3.0, 1.0))[a < 0], ((0.0, 2.0), (-2.0, 0.0))[b < 0]
    for sign in (1, -1):
        levels = [sign * level for level in (0.5, 1.0)]
        found = np.array(contours(lambda x, y, s=sign: s * (a * x - 2 * b * y), x, y, levels, cells=7))
        heights = sign * (a * found[:, :, 0] - 2 * b * found[:, :, 1])
        assert np.abs(heights - heights.mean(axis=1, keepdims=True)).max() < 1e-9
        assert {round(one, 9) for one in heights.ravel()} == {*levels}
        lengths = np.linalg.norm(found[:, 1] - found[:, 0], axis=1)
        assert lengths.sum() == pytest.approx(np.hypot(2.5, 1.25) + np.hypot(2, 1))


def test_a_square_whose_four_sides_are_crossed_has_two_lines() -> None:
    assert len(contours(lambda x, y: x * y, (-1, 1), (-1, 1), [0.01], cells=2)) == 2
    both = np.array(contours(lambda x, y: x * y - 0.1, (-1, 1), (-1, 1), [0.0], cells=1))
    assert both.shape == (2, 2, 2) and np.abs(both).max() == 1  # all four ends lie on its sides
    assert np.abs(np.abs(both).min(axis=2)) == pytest.approx(0.1)
