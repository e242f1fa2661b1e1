"""Strokes of a pen: how wide each pen is, where strokes lie, and what counts as a change."""

import math

import numpy as np
import pytest

from cnncli.pad.canvas import INK, PAPER, PENS, SIDE, Canvas, Stroke, draw_strokes


@pytest.mark.parametrize(("pen", "width"), [("thin", 0.055), ("normal", 0.085), ("thick", 0.125)])
def test_a_dot_is_a_circle_and_a_line_a_bar_of_the_pen_s_width(pen: str, width: float) -> None:
    assert list(PENS) == ["thin", "normal", "thick"]
    dot = 255 - np.asarray(draw_strokes([Stroke(PENS[pen], [(0.5, 0.5)])], 200)).astype(float)
    assert dot.sum() / 255 == pytest.approx(math.pi / 4 * (200 * width) ** 2, rel=0.1)
    rows, columns = np.nonzero(dot > 128)
    for places in (rows, columns):
        assert places.mean() == pytest.approx(99.5, abs=0.6) and np.ptp(places) + 1 == pytest.approx(
            200 * width, abs=1.5
        )
    bar = 255 - np.asarray(draw_strokes([Stroke(PENS[pen], [(0.2, 0.4), (0.8, 0.4)])], 200)).astype(float)
    assert bar[:, 100].sum() / 255 == pytest.approx(200 * width, abs=1.1)
    across = np.nonzero((bar > 128).any(axis=0))[0]
    assert (across.min(), across.max()) == pytest.approx((40 - 100 * width, 160 + 100 * width), abs=1.5)
    assert np.nonzero(bar[:, 100])[0].mean() == pytest.approx(79.5, abs=1)


def test_a_stroke_is_never_thinner_than_a_fine_pixel() -> None:
    assert np.asarray(draw_strokes([Stroke(0.0001, [(0.1, 0.5), (0.9, 0.5)])], 50)).min() < 255


def test_the_picture_is_dark_ink_on_light_paper() -> None:
    canvas = Canvas()
    assert canvas.is_empty and canvas.picture().size == (SIDE, SIDE) and (np.asarray(canvas.picture()) == PAPER).all()
    canvas.begin((0.5, 0.5), 0.5)
    picture = np.asarray(canvas.picture(60))
    assert picture[30, 30] == INK == 0 and picture[0, 0] == PAPER == 255 and picture.dtype == np.uint8


def test_each_change_is_a_version_and_what_changes_nothing_is_none() -> None:
    canvas = Canvas()
    seen = [canvas.version]

    def changed() -> bool:
        seen.append(canvas.version)
        assert seen[-1] - seen[-2] in (0, 1)
        return seen[-1] > seen[-2]

    canvas.clear()
    assert not changed() and not canvas.undo() and not changed()
    canvas.begin((0.25, 0.25), 0.1)
    assert changed() and not canvas.is_empty
    canvas.go_on((0.25, 0.25))
    assert not changed()  # the pen has not moved
    canvas.go_on((0.5, 2.0))
    assert changed() and canvas.strokes[0].points == [(0.25, 0.25), (0.5, 1.0)]
    canvas.go_on((0.5, 3.0))
    assert not changed()  # it is at the edge already
    canvas.clear()
    assert changed() and canvas.is_empty
    assert canvas.undo() and changed() and len(canvas.strokes) == 1
    assert canvas.undo() and changed() and canvas.is_empty and not canvas.undo() and not changed()
    canvas.begin((-1.0, -0.5), 0.1)
    assert canvas.strokes[0].points == [(0.0, 0.0)]
