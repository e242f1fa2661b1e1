"""What lessons draw at random lies around what they say, and lines through points are those of least squares."""

import math
from pathlib import Path

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.lessons import line_fit
from cnncli.lessons.blocks import Asked
from cnncli.lessons.chain import Unit
from cnncli.lessons.classification import _two_classes
from cnncli.lessons.figures import Figure, Segments
from cnncli.lessons.mlp import Small
from cnncli.lessons.supervised import _samples

SEEDS = range(1, 41)


def spread_of(values: np.ndarray, deviation: float) -> None:
    """The deviation is the one that is told, within five standard errors, and the mean 0."""
    count = values.size
    assert values.std() == pytest.approx(deviation, abs=5 * deviation / math.sqrt(2 * count))
    assert values.mean() == pytest.approx(0, abs=5 * deviation / math.sqrt(count))


def test_points_of_regression_lie_around_a_line() -> None:
    drawn = [line_fit.points(Asked(seed=seed)) for seed in SEEDS]
    x, y = (np.concatenate([one[axis] for one in drawn]) for axis in (0, 1))
    assert len(x) == 40 * 14 and np.abs(x).max() <= 2 and x.min() < -1.95 and x.max() > 1.95
    spread_of(y - (1.5 * x - 0.5), 0.6)
    assert np.allclose(x, np.round(x, 2)) and np.allclose(y, np.round(y, 2)) and drawn[0][2] == ("x", "y")
    assert not np.allclose(x, np.round(x, 1)) and not np.allclose(y, np.round(y, 1))


def test_samples_of_supervised_learning_lie_around_a_wave() -> None:
    drawn = [_samples(Asked(seed=seed)) for seed in SEEDS]
    for x, _, _ in drawn:
        apart = np.sort(x) - np.linspace(-1, 1, 30)
        assert len(x) == 30 and np.abs(apart).max() <= 0.026 and np.abs(apart).max() > 0.01
    x, y = (np.concatenate([one[axis] for one in drawn]) for axis in (0, 1))
    spread_of(y - np.sin(3 * x), 0.25)
    assert not (np.diff(drawn[0][0]) > 0).all()  # in an order that is drawn


def test_of_a_table_90_rows_are_taken_and_12_are_needed(tmp_path: Path) -> None:
    def table(rows: int) -> str:
        (tmp_path / "t.csv").write_text("a,b\n" + "\n".join(f"{n},{n % 7}" for n in range(rows)))
        return str(tmp_path / "t.csv")

    assert len(_samples(Asked(data=table(200)))[0]) == 90 and len(_samples(Asked(data=table(12)))[0]) == 12
    with pytest.raises(UsageError, match="has 11 rows"):
        _samples(Asked(data=table(11)))
    with pytest.raises(UsageError, match="has one row"):
        line_fit.points(Asked(data=table(1)))
    assert len(line_fit.points(Asked(data=table(2)))[0]) == 2


def test_two_classes_lie_around_two_places() -> None:
    drawn = [_two_classes(Asked(seed=seed)) for seed in SEEDS]
    for label, middle in ((-1, (-1.0, -0.6)), (1, (1.0, 0.8))):
        points = np.concatenate([xy[labels == label] for xy, labels, _ in drawn])
        assert len(points) == 40 * 12 and np.allclose(points, np.round(points, 2))  # as the page shows them
        for axis in (0, 1):
            spread_of(points[:, axis] - middle[axis], 0.8)


def test_of_a_table_without_two_words_the_median_parts_the_classes(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,c\n" + "\n".join(f"{n},{n * n % 11},{n}" for n in range(300)))
    points, labels, names = _two_classes(Asked(data=str(tmp_path / "t.csv")))
    assert points.shape == (200, 2) and names == ("a", "b", "c up to 99.5", "c above")
    assert labels.tolist() == [-1.0] * 100 + [1.0] * 100
    assert points.mean(axis=0) == pytest.approx([0, 0], abs=1e-9) and points.std(axis=0) == pytest.approx([1, 1])


def test_small_networks_begin_with_numbers_of_two_decimals() -> None:
    drawn = np.concatenate([Small(seed).weights() for seed in SEEDS])
    assert drawn.size == 9 * 40 and np.abs(drawn).max() <= 1 and drawn.min() < -0.95 and drawn.max() > 0.95
    assert np.allclose(drawn, np.round(drawn, 2), atol=1e-6) and not np.allclose(drawn, np.round(drawn, 1), atol=1e-6)


def test_the_curvature_bounds_the_rate(rng: np.random.Generator) -> None:
    x = rng.normal(1, 2, 30)
    y = rng.normal(size=30)
    border = 2 / line_fit.curvature(x)
    for rate, ends in ((0.95 * border, True), (1.05 * border, False)):
        path, losses = line_fit.walk(x, y, rate, [np.arange(30)] * 60)
        assert (losses[-1] < losses[0]) == ends and len(path) == len(losses) == 61
    best, least = line_fit.least_squares(x, y)
    slope, start = np.polyfit(x, y, 1)
    assert best == pytest.approx((start, slope)) and least == pytest.approx(((start + slope * x - y) ** 2).mean())


def test_points_that_no_picture_can_hold_are_left_out() -> None:
    way = [(0.0, 1.0), (49.9, -49.9), (50.0, 0.0), (0.0, -50.1), (math.nan, 0.0), (1.0, math.inf)]
    assert line_fit.near(way) == way[:2]
    figure = Figure("t", (0, 1), (0, 1), [Segments([((0.123456, 0), (1, 2 / 3))]), Segments([])])
    assert line_fit.contour_numbers(figure) == [[0.1235, 0, 1, 0.6667]]


def test_the_surface_is_wide_enough_for_its_ways_and_its_lowest_point(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=20), rng.normal(size=20)
    best, _ = line_fit.least_squares(x, y)
    figure = line_fit.surface(x, y, [[(0.0, 0.0), (5.0, -3.0), (99.0, 0.0)]], "title", [])
    for axis, side, end in ((0, figure.x, 5.0), (1, figure.y, -3.0)):
        reach = [best[axis], 2 * best[axis], 0.0, end]
        room = 0.35 * (max(reach) - min(reach))
        assert side == pytest.approx((min(reach) - room, max(reach) + room))
    assert figure.parts[-1].points == [best]  # type: ignore[union-attr]


def test_the_chain_s_factors_are_those_of_its_formula() -> None:
    unit = Unit(0.3, -0.7, 0.2, 0.5)
    o = math.tanh(0.3 * -0.7 + 0.2)
    assert unit.factors() == pytest.approx({"dE/do": o - 0.5, "do/dz": 1 - o * o, "dz/dw": -0.7})
    assert unit.moved(0.25) == Unit(0.55, -0.7, 0.2, 0.5)
    assert unit.gradients() == pytest.approx(((o - 0.5) * (1 - o * o) * -0.7, (o - 0.5) * (1 - o * o)), abs=1e-6)
