"""The line search of L-BFGS and of conjugate gradients: its cubic, and the conditions that it promises."""

import math
from itertools import pairwise

import numpy as np
import pytest

from cnncli.optim.whole.line_search import Point, _by_loss, _cubic_minimum, strong_wolfe


def on(polynomial: np.polynomial.Polynomial, at: float) -> Point:
    slope = float(polynomial.deriv()(at))
    return Point(at, float(polynomial(at)), np.array([slope]), slope)


@pytest.mark.parametrize("seed", range(20))
def test_the_minimum_of_a_cubic_is_where_its_slope_is_0(seed: int) -> None:
    """slope = scale (x - least)(x - most), rising at its larger root where scale > 0."""
    rng = np.random.default_rng(seed)
    scale = rng.uniform(0.5, 3) * (-1) ** seed
    roots = sorted([*rng.uniform(-2, 0, 1), *rng.uniform(0.1, 2, 1)])
    cubic = (np.polynomial.Polynomial.fromroots(roots) * scale).integ(k=rng.normal())
    minimum = roots[1] if scale > 0 else roots[0]
    one, other = (on(cubic, at) for at in rng.uniform(-3, 3, 2))
    for pair in ((one, other), (other, one)):
        assert _cubic_minimum(*pair, (-9.0, 9.0)) == pytest.approx(minimum, abs=1e-7)
        assert _cubic_minimum(*pair, (minimum + 0.5, 9.0)) == minimum + 0.5
        assert _cubic_minimum(*pair, (-9.0, minimum - 0.5)) == minimum - 0.5


def test_a_cubic_without_a_minimum_gives_the_middle_of_the_bounds() -> None:
    nothing = np.zeros(1)
    falling = [Point(0.0, 0.0, nothing, -1.0), Point(1.0, -1.0, nothing, -1.0)]  # a line: neither up nor down
    turning = [Point(0.0, 0.0, nothing, -1.0), Point(1.0, -2.0, nothing, -1.0)]
    lost = [Point(0.0, 0.0, nothing, -1.0), Point(1.0, math.inf, nothing, 1.0)]
    same = [Point(1.0, 0.0, nothing, -1.0), Point(1.0, 0.0, nothing, 1.0)]
    steep = [Point(0.0, 0.0, nothing, -1.0), Point(1.0, -1 / 6, nothing, 2.0)]
    for pair in (falling, lost, same):
        assert _cubic_minimum(pair[0], pair[1], (2.0, 5.0)) == 3.5
    assert _cubic_minimum(turning[0], turning[1], (0.0, 1.0)) != 0.5
    assert 0 < _cubic_minimum(steep[0], steep[1], (0.0, 1.0)) < 1


def test_the_lower_point_comes_first_and_one_that_is_no_number_last() -> None:
    low, high, none = (Point(0.0, loss, np.zeros(1), 0.0) for loss in (1.0, 2.0, math.nan))
    assert _by_loss(low, high) == _by_loss(high, low) == (low, high)
    assert _by_loss(low, none)[0] is low and _by_loss(none, low)[0] is low
    assert _by_loss(low, low)[0] is low


@pytest.mark.parametrize("flat", [0.9, 0.1])
@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("seed", range(6))
def test_what_is_found_meets_the_strong_wolfe_conditions(seed: int, first: float, flat: float) -> None:
    rng = np.random.default_rng(seed)
    bumps = rng.uniform(0.1, 0.6, 3)
    asked: list[float] = []

    def evaluate(at: float) -> Point:
        asked.append(at)
        waves = sum(bump * math.cos((place + 1) * at) for place, bump in enumerate(bumps))
        slopes = sum(-(place + 1) * bump * math.sin((place + 1) * at) for place, bump in enumerate(bumps))
        slope = 0.2 * (at - 4) + slopes
        return Point(at, 0.1 * (at - 4) ** 2 + waves, np.array([slope]), slope)

    start = evaluate(0.0)
    asked.clear()
    found, count = strong_wolfe(evaluate, start, first, 1.0, flat)
    assert asked[0] == first and count == len(asked) <= 26
    assert found.at in asked
    assert found.loss <= start.loss + 1e-4 * found.at * start.slope
    assert abs(found.slope) <= flat * abs(start.slope)
    # It goes on only where the last point was not good enough.
    for at in asked[:-1]:
        point = evaluate(at)
        is_good = point.loss <= start.loss + 1e-4 * at * start.slope and abs(point.slope) <= flat * abs(start.slope)
        assert not is_good or point.loss >= min(evaluate(other).loss for other in asked)


def test_a_first_trial_is_lengthened_by_at_least_a_hundredth_and_at_most_ten_times() -> None:
    asked: list[float] = []

    def falling(at: float) -> Point:
        asked.append(at)
        return Point(at, -at, np.array([-1.0]), -1.0)

    found, count = strong_wolfe(falling, falling(0.0), 1.0, 1.0, 0.9)
    assert count == len(asked) - 1 == 26
    ratios = [after / before for before, after in pairwise(asked[1:])]
    assert all(1.01 <= ratio <= 10 for ratio in ratios) and found.loss <= -1


def test_a_bracket_below_the_tolerance_is_left() -> None:
    """A kink has no flat point, so that only the bracket's length, times the direction's size, ends the search."""
    for size, tolerance in ((1.0, 1e-2), (1.0, 1e-4), (100.0, 1e-2)):
        asked: list[float] = []

        def kink(at: float, asked: list[float] = asked) -> Point:
            asked.append(at)
            return Point(at, abs(at - 0.3), np.array([1.0]), 1.0 if at > 0.3 else -1.0)

        found, count = strong_wolfe(kink, kink(0.0), 1.0, size, 0.5, tolerance)
        assert count == len(asked) - 1 < 26
        assert abs(found.at - 0.3) * size < 2 * tolerance
