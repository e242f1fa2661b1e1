"""Whether two models differ that answered the same samples. Only the standard library."""

import math
from dataclasses import dataclass

from cnncli.errors import UsageError
from cnncli.measures.intervals import CONFIDENCE, Interval, wilson

_FEW = 10_000  # discordant samples for which the exact sum is taken


@dataclass(frozen=True)
class Paired:
    """Samples by who is right: both, only the first, only the second, neither.

    p_value : of McNemar's test, the probability of a split of the samples on which the two differ at least as uneven
        as the one seen, if neither were better; `is_exact` tells whether it is the binomial sum
    difference : accuracy of the first less that of the second
    interval : Newcombe's 95 % interval of the difference
    """

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def samples(self) -> int:
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def difference(self) -> float:
        return (self.only_first - self.only_second) / self.samples if self.samples else math.nan

    @property
    def is_exact(self) -> bool:
        return self.only_first + self.only_second <= _FEW

    @property
    def p_value(self) -> float:
        return mcnemar(self.only_first, self.only_second)

    @property
    def interval(self) -> Interval:
        return difference_interval(self.both, self.only_first, self.only_second, self.neither)


def mcnemar(only_first: int, only_second: int) -> float:
    """The two-sided p-value of McNemar's test; 1 without any sample on which the two differ.

    only_first, only_second : samples that only the first, or only the second, answered rightly

    If neither is better each of the n = b + c samples falls to either side with 1/2: the exact value is
    min(1, 2 sum over k <= min(b, c) of C(n, k) / 2^n). Above 10,000 such samples the usual approximation by
    chi^2 = (|b - c| - 1)^2 / (b + c) with one degree of freedom takes its place.

    Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages";
    the correction by 1 is Edwards 1948

    >>> mcnemar(1, 5)
    0.21875
    """
    if only_first < 0 or only_second < 0:
        raise UsageError(f"mcnemar: {only_first} and {only_second}; use counts of 0 or more")
    few, total = min(only_first, only_second), only_first + only_second
    if 2 * few == total:
        return 1.0
    if total > _FEW:
        return math.erfc(math.sqrt((abs(only_first - only_second) - 1) ** 2 / total / 2))
    ways = combinations = 1
    for k in range(few):
        combinations = combinations * (total - k) // (k + 1)
        ways += combinations
    # Whole numbers of thousands of digits: Python divides them rightly rounded.
    return min(1.0, 2 * ways / (1 << total))


def difference_interval(
    both: int, only_first: int, only_second: int, neither: int, confidence: float = CONFIDENCE
) -> Interval:
    """The interval of the difference of two accuracies on the same samples; NaN without samples.

    From Wilson's intervals of both, and how their answers go together.

    Source: Newcombe 1998, "Improved confidence intervals for the difference between binomial proportions based on
    paired data", method 10
    """
    samples = both + only_first + only_second + neither
    if samples == 0:
        return Interval(math.nan, math.nan)
    first, second = both + only_first, both + only_second
    p, q = first / samples, second / samples
    (low_p, high_p), (low_q, high_q) = wilson(first, samples, confidence), wilson(second, samples, confidence)
    margins = first * (samples - first) * second * (samples - second)
    product = both * neither - only_first * only_second
    phi = (max(product - samples / 2, 0) if product > 0 else product) / math.sqrt(margins) if margins else 0.0
    down = (p - low_p) ** 2 - 2 * phi * (p - low_p) * (high_q - q) + (high_q - q) ** 2
    up = (high_p - p) ** 2 - 2 * phi * (high_p - p) * (q - low_q) + (q - low_q) ** 2
    return Interval(p - q - math.sqrt(max(down, 0)), p - q + math.sqrt(max(up, 0)))
