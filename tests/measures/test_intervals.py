"""Intervals and tests of shares and means, against their definitions."""

import itertools
import math
import re
from math import comb

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.measures.intervals import mean_interval, student_quantile, wilson
from cnncli.measures.paired import Paired, difference_interval, mcnemar

Z = 1.959963984540054  # of the normal distribution at 0.975, from tables


@pytest.mark.parametrize("samples", [1, 2, 7, 100, 10_000])
def test_wilsons_ends_solve_the_equation_that_defines_them(samples: int) -> None:
    for hits in sorted({0, 1, samples // 3, samples - 1, samples}):
        low, high = wilson(hits, samples)
        share = hits / samples
        assert 0 <= low <= share <= high <= 1 and low < high
        for end in (low, high):
            deviation = Z * math.sqrt(end * (1 - end) / samples)
            assert abs(share - end) == pytest.approx(deviation, rel=1e-9, abs=1e-12)


def test_wilson_of_nothing_does_not_exist_and_of_impossible_counts_is_refused() -> None:
    assert all(map(math.isnan, wilson(0, 0)))
    for hits, samples in ((3, 2), (-1, 2)):
        with pytest.raises(UsageError, match=f"^wilson: {hits} hits of {samples} samples"):
            wilson(hits, samples)
    with pytest.raises(UsageError, match=r"^confidence is 1; use a number, more than 0 and less than 1$"):
        wilson(1, 2, confidence=1)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 9, 30, 999, 1000, 1001, 5000])
def test_students_quantile_leaves_5_percent_outside_by_integrating_the_density(degrees: int) -> None:
    t = student_quantile(degrees)
    x = np.linspace(0, t, 200_001)
    log_scale = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - 0.5 * math.log(degrees * math.pi)
    density = np.exp(log_scale - (degrees + 1) / 2 * np.log1p(x**2 / degrees))
    inside = 2 * (density.sum() - (density[0] + density[-1]) / 2) * (x[1] - x[0])
    assert inside == pytest.approx(0.95, abs=2e-8)


def test_the_interval_of_a_mean_holds_it_in_95_of_100_samples(rng: np.random.Generator) -> None:
    held = 0
    for _ in range(2000):
        low, high = mean_interval((3 + rng.standard_normal(5)).tolist())
        held += low <= 3 <= high
    assert abs(held / 2000 - 0.95) < 5 * math.sqrt(0.95 * 0.05 / 2000)
    assert all(map(math.isnan, mean_interval([1.0]))) and all(map(math.isnan, mean_interval([])))
    assert mean_interval([2.0, 2.0]) == (2.0, 2.0)


@pytest.mark.parametrize("total", range(13))
def test_mcnemar_is_the_count_of_all_ways_to_split_at_least_as_unevenly(total: int) -> None:
    for first in range(total + 1):
        uneven = abs(2 * first - total)
        ways = sum(abs(2 * sum(split) - total) >= uneven for split in itertools.product((0, 1), repeat=total))
        assert mcnemar(first, total - first) == ways / 2**total


def test_mcnemar_of_many_is_near_the_exact_sum_and_symmetric() -> None:
    for first, second in ((4900, 5101), (5000, 5200), (6000, 5900)):
        total = first + second
        logs = [
            math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1) - total * math.log(2)
            for k in range(min(first, second) + 1)
        ]
        tail = math.fsum(map(math.exp, logs))
        assert mcnemar(first, second) == mcnemar(second, first) == pytest.approx(2 * tail, rel=2e-3)
        assert not Paired(0, first, second, 0).is_exact and Paired(0, first, 10_000 - first, 0).is_exact
    with pytest.raises(UsageError, match=re.escape("mcnemar: -1 and 2; use counts of 0 or more")):
        mcnemar(-1, 2)


@pytest.mark.parametrize("shares", [(0.7, 0.1, 0.1, 0.1), (0.5, 0.3, 0.05, 0.15), (0.9, 0.0, 0.05, 0.05)])
def test_the_interval_of_a_difference_holds_it_nearly_as_often_as_it_says(shares: tuple[float, ...]) -> None:
    """Over all outcomes of 25 samples, each with its probability."""
    samples, truth, held = 25, shares[1] - shares[2], 0.0
    for a in range(samples + 1):
        for b in range(samples + 1 - a):
            for c in range(samples + 1 - a - b):
                d = samples - a - b - c
                ways = comb(samples, a) * comb(samples - a, b) * comb(samples - a - b, c)
                chance = ways * math.prod(p**k for p, k in zip(shares, (a, b, c, d), strict=True))
                low, high = difference_interval(a, b, c, d)
                held += chance * (low <= truth <= high)
    assert 0.92 < held <= 1.0


def test_the_interval_of_a_difference_is_the_published_one() -> None:
    """Newcombe 1998, table II, line (36, 12, 2, 0), method 10."""
    assert difference_interval(36, 12, 2, 0) == pytest.approx((0.0569, 0.3404), abs=5e-5)
    low, high = difference_interval(5, 2, 9, 4)
    assert difference_interval(5, 9, 2, 4) == pytest.approx((-high, -low))
    assert all(map(math.isnan, difference_interval(0, 0, 0, 0)))
    assert math.isnan(Paired(0, 0, 0, 0).difference) and Paired(1, 2, 0, 1).difference == 0.5
