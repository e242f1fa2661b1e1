"""The picture of a training read with a ruler: grid, curves, dots, legend and margins."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.views.curves import TRAINING, VALIDATION, curves_png, ticks
from cnncli.views.page import EDGE, FAINT, INK, MARGIN, PAPER, WIDTH

Colour = tuple[int, int, int]


def drawn(history: list[dict[str, Any]], title: str = "a title") -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(curves_png(title, history))).convert("RGB")).astype(int)


def near(picture: np.ndarray, colour: Colour, by: int = 60) -> np.ndarray:
    return np.asarray(abs(picture - colour).max(axis=2) < by)


def grid_rows(picture: np.ndarray) -> list[list[int]]:
    """The rows of grid lines of each diagram of 300 rows: long lines of the colour of edges."""
    rows = np.flatnonzero(near(picture, EDGE, 25).sum(axis=1) > 500)
    diagrams: list[list[int]] = [[] for _ in range(picture.shape[0] // 300)]
    for row in rows.tolist():
        found = diagrams[(row - MARGIN - 36) // 300]
        if not found or row > found[-1] + 1:  # a line may be two rows high
            found.append(row)
    return diagrams


def ends(picture: np.ndarray, rows: list[int]) -> tuple[int, int]:
    """The first and the last column of grid lines."""
    columns = np.flatnonzero(near(picture, EDGE, 25)[rows].sum(axis=0) >= 0.75 * len(rows))
    runs = np.split(columns, np.flatnonzero(np.diff(columns) > 5) + 1)  # a number's edges may have that colour, too
    return int(max(runs, key=len)[0]), int(columns[-1])


def history(losses: list[float], accuracies: list[float] | None = None) -> list[dict[str, Any]]:
    shares = accuracies or [None] * len(losses)  # type: ignore[list-item]
    return [{"loss": loss, "accuracy": share} for loss, share in zip(losses, shares, strict=True)]


def heights(picture: np.ndarray, colour: Colour, top: int, bottom: int) -> dict[int, float]:
    """The middle row of a curve in each column."""
    there = near(picture[top:bottom], colour)
    return {int(x): top + float(np.flatnonzero(there[:, x]).mean()) for x in np.flatnonzero(there.any(axis=0))}


COURSES = [[2.0, 1.1, 0.6, 0.5, 0.45], [-1.0, 0.5, -0.25]]


@pytest.mark.parametrize("losses", COURSES)
def test_every_epoch_lies_between_the_lines_that_its_loss_lies_between(losses: list[float]) -> None:
    picture = drawn(history(losses))
    (rows,) = grid_rows(picture)
    levels = ticks(min(losses), max(losses))
    assert len(rows) == len(levels) and np.ptp(np.diff(rows)) <= 1
    left, right = ends(picture, rows)
    assert left >= MARGIN + 50 and right <= WIDTH - MARGIN and right - left > 800
    found = heights(picture, TRAINING, rows[0] - 6, rows[-1] + 6)
    assert min(found) == pytest.approx(left - 3, abs=2) and max(found) == pytest.approx(right + 3, abs=2)
    for index, loss in enumerate(losses):
        x = left + (right - left) * index / (len(losses) - 1)
        row = rows[-1] - (loss - levels[0]) / (levels[-1] - levels[0]) * (rows[-1] - rows[0])
        inside = int(np.clip(round(x), left + 1, right - 1))
        assert found[inside] == pytest.approx(row, abs=2.5)


def test_two_diagrams_stand_below_each_other_with_their_own_numbers() -> None:
    picture = drawn(history([2.0, 1.0, 0.5], [0.2, 0.9, 0.95]))
    losses, accuracies = grid_rows(picture)
    assert accuracies[0] - losses[0] == pytest.approx(300, abs=1) and accuracies[-1] - losses[-1] == pytest.approx(
        300, abs=1
    )
    assert 200 < losses[-1] - losses[0] < 240
    assert len(losses) == len(ticks(0.5, 2.0)) and len(accuracies) == len(ticks(20, 95))
    assert picture.shape[1] == WIDTH
    # Below each diagram its epochs, and a margin after the last.
    assert 40 < picture.shape[0] - accuracies[-1] < 70
    inked = near(picture, PAPER, 6)
    assert inked[:MARGIN].all() and inked[-MARGIN + 6 :].all()
    assert inked[:, : MARGIN - 1].all() and inked[:, WIDTH - MARGIN + 8 :].all()


def test_numbers_stand_beside_their_lines_and_epochs_below() -> None:
    picture = drawn(history([2.0, 1.5, 1.0, 0.5, 0.6]))
    (rows,) = grid_rows(picture)
    faint = near(picture, FAINT, 70)
    left, right = ends(picture, rows)
    beside = faint[:, MARGIN : left - 2]
    for row in rows:
        there = np.flatnonzero(beside[row - 9 : row + 10].any(axis=1)) - 9
        assert len(there) >= 8 and abs(there.mean()) <= 3.5
        columns = np.flatnonzero(beside[row - 9 : row + 10].any(axis=0)) + MARGIN
        assert 6 <= left - columns[-1] <= 14  # they end beside the line
    below = np.flatnonzero(faint[rows[-1] + 9 : rows[-1] + 30].any(axis=0))
    groups = np.split(below, np.flatnonzero(np.diff(below) > 25) + 1)
    assert len(groups) == 5  # the epochs 1, 2, 3, 4 and "epoch 5"
    for index, group in enumerate(groups[:-1]):
        assert group.mean() == pytest.approx(left + (right - left) * index / 4, abs=4.5)
    assert groups[-1][0] > right - 40 and groups[-1][-1] <= WIDTH - MARGIN
    assert np.ptp(groups[-1]) > 3 * np.ptp(groups[1])


@pytest.mark.parametrize(("epochs", "dots"), [(2, True), (40, True), (41, False)])
def test_epochs_are_dots_where_there_are_at_most_40(epochs: int, dots: bool) -> None:
    picture = drawn(history([1.0 + index / epochs for index in range(epochs)]))
    (rows,) = grid_rows(picture)
    thick = near(picture[rows[0] - 8 : rows[-1] + 8], TRAINING, 90).sum(axis=0)
    thick = thick[thick > 0]
    assert np.median(thick) in (1, 2, 3)
    assert (thick.max() in (6, 7, 8)) == dots and (dots or thick.max() <= 3)


def test_a_single_epoch_is_a_dot_in_the_middle() -> None:
    picture = drawn(history([1.0]))
    (rows,) = grid_rows(picture)
    edges = ends(picture, rows)
    columns = np.flatnonzero(near(picture[rows[0] - 8 : rows[-1] + 8], TRAINING).any(axis=0))
    assert columns.mean() == pytest.approx(sum(edges) / 2, abs=1.5) and len(columns) <= 8


def test_a_legend_names_each_curve_beside_its_colour() -> None:
    both = [{"loss": loss, "validation_loss": 2 * loss, "accuracy": None} for loss in (2.0, 1.0, 0.5)]
    picture = drawn(both)
    (rows,) = grid_rows(picture)
    head = picture[rows[0] - 44 : rows[0] - 10]
    swatches = []
    for colour in (TRAINING, VALIDATION):
        there = near(head, colour, 40)
        columns, lines = np.flatnonzero(there.any(axis=0)), np.flatnonzero(there.any(axis=1))
        assert len(columns) in (24, 25) and len(lines) in (2, 3, 4) and (np.diff(columns) == 1).all()
        swatches.append((int(columns[0]), int(columns[-1]), float(lines.mean())))
    assert swatches[0][2] == swatches[1][2]
    words = np.flatnonzero(near(head, INK, 80).any(axis=0))
    for (_, end, _), limit in zip(swatches, (swatches[1][0], WIDTH), strict=True):
        own = words[(words > end) & (words < limit)]
        assert 5 <= own[0] - end <= 12 and limit - own[-1] >= 20 and np.ptp(own) > 60
    # Words and colours are on one line, and the heading stands before them.
    rows_of_words = np.flatnonzero(near(head, INK, 80).any(axis=1))
    assert abs(rows_of_words.mean() - swatches[0][2]) < 4
    heading = np.flatnonzero(near(head[:30], FAINT, 70).any(axis=0))
    assert heading[0] >= MARGIN and heading[heading < swatches[0][0]][-1] < swatches[0][0] - 10


def test_epochs_without_a_number_are_passed_over() -> None:
    some = [
        {"loss": 2.0, "validation_loss": 1.0},
        {"loss": 1.0, "validation_loss": None},
        {"loss": 0.5, "validation_loss": 2.0},
    ]
    picture = drawn(some)
    (rows,) = grid_rows(picture)
    found = heights(picture, VALIDATION, rows[0] - 6, rows[-1] + 6)
    edges = ends(picture, rows)
    middle = int(sum(edges) // 2)
    levels = ticks(0.5, 2.0)
    row = rows[-1] - (1.5 - levels[0]) / (levels[-1] - levels[0]) * (rows[-1] - rows[0])
    assert found[middle] == pytest.approx(row, abs=2)


def test_ticks_are_the_finest_round_numbers_of_which_six_reach_over_all() -> None:
    assert ticks(0, 5) == [0, 1, 2, 3, 4, 5] and ticks(0, 5.1) == [0, 2, 4, 6]
    assert ticks(0.5, 2.0) == [0.5, 1.0, 1.5, 2.0] and ticks(20, 95) == [20, 40, 60, 80, 100]
    assert ticks(0, 0) == [0, 0.1] and ticks(-2, -2) == [-2, -1.9] and ticks(97, 99.7) == [97, 98, 99, 100]
    assert ticks(-30, 170) == [-50, 0, 50, 100, 150, 200]
