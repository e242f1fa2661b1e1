"""How uncertain a share and a mean are, from the number of samples that they come from. Only the standard library."""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

from cnncli.errors import UsageError
from cnncli.limits import Limits

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """From `low` to `high`; both NaN where nothing was measured."""

    low: float
    high: float


def wilson(hits: int, samples: int, confidence: float = CONFIDENCE) -> Interval:
    """The score interval of a share: all p for which |hits/samples - p| <= z sqrt(p (1 - p) / samples).

    hits, samples : 0 <= hits <= samples; of 0 samples the interval is NaN
    confidence : share of such intervals that hold the true share, in the long run

    Solved for p, with f = hits / samples and q = z^2 / samples:
    (f + q/2 +- sqrt(q f (1 - f) + q^2/4)) / (1 + q). It never leaves [0, 1], and is none of width 0 for 0 or all hits.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference"; preferred to the usual
    one by Brown, Cai & DasGupta 2001, "Interval estimation for a binomial proportion"

    >>> low, high = wilson(90, 100)
    >>> round(low, 4), round(high, 4)
    (0.8256, 0.9448)
    """
    if not 0 <= hits <= samples:
        raise UsageError(f"wilson: {hits} hits of {samples} samples; use from 0 to as many hits as samples")
    if samples == 0:
        return Interval(math.nan, math.nan)
    share, q = hits / samples, _normal_quantile(confidence) ** 2 / samples
    middle, reach = share + q / 2, math.sqrt(q * share * (1 - share) + q * q / 4)
    low = 0.0 if hits == 0 else (middle - reach) / (1 + q)
    high = 1.0 if hits == samples else (middle + reach) / (1 + q)
    return Interval(low, high)


def mean_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Student's interval of a mean: mean +- t s / sqrt(N), with s^2 the variance over N - 1 and t of N - 1 degrees.

    values : N >= 2 numbers; of fewer the interval is NaN. It is exact for normal values, and good for others if they
        are many

    Source: Student 1908, "The probable error of a mean"
    """
    count = len(values)
    if count < 2:
        return Interval(math.nan, math.nan)
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    reach = student_quantile(count - 1, confidence) * math.sqrt(variance / count)
    return Interval(mean - reach, mean + reach)


def student_quantile(degrees: int, confidence: float = CONFIDENCE) -> float:
    """The t that |T| exceeds with probability 1 - confidence; degrees >= 1.

    Halving, on the closed form of the distribution for whole degrees of freedom (Abramowitz & Stegun, 26.7.3 and
    26.7.4); above 1,000 degrees on the series around the normal quantile (26.7.5), which is then good to 1e-9.

    >>> round(student_quantile(10), 4)
    2.2281
    """
    z = _normal_quantile(confidence)
    if degrees > 1000:
        return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    low, high = 0.0, 1.0
    while _student_inside(high, degrees) < confidence:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if _student_inside(middle, degrees) > confidence else (middle, high)
    return (low + high) / 2


def _student_inside(t: float, degrees: int) -> float:
    """P(|T| < t) for whole degrees of freedom."""
    angle = math.atan2(t, math.sqrt(degrees))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    term = math.cos(angle) if degrees % 2 else 1.0
    total = 0.0
    for k in range(1 + degrees % 2, degrees, 2):  # products of even over odd numbers, or odd over even ones
        total += term
        term *= square * k / (k + 1)
    return 2 / math.pi * (angle + sine * total) if degrees % 2 else sine * total


def _normal_quantile(confidence: float) -> float:
    Limits(above=0, below=1).checked("confidence", confidence)
    return NormalDist().inv_cdf((1 + confidence) / 2)
