"""The learning rate of each step, as a pure function of how far the training is."""

import math
from collections.abc import Callable

from cnncli.errors import UsageError

# One-cycle: where the peak is, how far below it the start lies, and how far below the start the end lies.
_PEAK_AT = 0.3
_START_DIVISOR = 25.0
_END_DIVISOR = 1e4
_TRIANGLE_PEAK_AT = 0.2
_EXPONENTIAL_END = 0.01
_POLYNOMIAL_POWER = 0.9
# Of the peak, for cycles after the first one: they start from good weights, which the full rate would undo.
# Warm restarts, as in Loshchilov & Hutter 2017, "SGDR", each at a lower rate than the first.
FURTHER_CYCLE_SHARE = 0.2


def constant(progress: float) -> float:
    """1 throughout."""
    return 1.0


def step(progress: float) -> float:
    """1, then 0.1 from half of the training on, then 0.01 from three quarters on.

    Source: He et al. 2016, "Deep residual learning for image recognition", section 4.2: steps 32,000 and
    48,000 of 64,000.
    """
    if progress < 0.5:
        return 1.0
    return 0.1 if progress < 0.75 else 0.01


def cosine(progress: float) -> float:
    """(1 + cos(pi * progress)) / 2: from 1 to 0 along half a cosine.

    Source: Loshchilov & Hutter 2017, "SGDR", equation 5, with one period and a minimum of 0.
    """
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def one_cycle(progress: float) -> float:
    """Up along half a cosine from 1/25 to 1 during the first 30 %, then down to 1/250,000.

    Source: Smith & Topin 2018, "Super-convergence". Theirs has two straight lines and a tail; this is the
    form with two half cosines that Howard & Gugger 2020, "fastai", use. The momentum is not cycled.
    """
    start = 1.0 / _START_DIVISOR
    if progress < _PEAK_AT:
        return 1.0 + (start - 1.0) * cosine(progress / _PEAK_AT)
    end = start / _END_DIVISOR
    return end + (1.0 - end) * cosine((progress - _PEAK_AT) / (1.0 - _PEAK_AT))


def triangle(progress: float) -> float:
    """Up along a line from 1/25 to 1 during the first 20 %, then down along a line to 0.

    Source: Smith 2017, "Cyclical learning rates for training neural networks", one period, with its peak early.
    """
    start = 1.0 / _START_DIVISOR
    if progress < _TRIANGLE_PEAK_AT:
        return start + (1.0 - start) * progress / _TRIANGLE_PEAK_AT
    return (1.0 - progress) / (1.0 - _TRIANGLE_PEAK_AT)


def exponential(progress: float) -> float:
    """0.01 ** progress: the same share is lost in each step, from 1 to 1/100.

    PyTorch's `ExponentialLR` with the gamma that ends there.
    """
    return math.pow(_EXPONENTIAL_END, progress)


def polynomial(progress: float) -> float:
    """(1 - progress) ** 0.9: almost a line from 1 to 0.

    Source: Chen et al. 2018, "DeepLab", section 4.1, the "poly" policy.
    """
    return math.pow(1.0 - progress, _POLYNOMIAL_POWER)


def plateau(progress: float) -> float:
    """1 throughout: the rate falls by what the epochs say, see `Plateau`."""
    return 1.0


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
    "one-cycle": one_cycle,
    "triangle": triangle,
    "exponential": exponential,
    "polynomial": polynomial,
    "plateau": plateau,
}


def learning_rate(schedule: str, peak: float, step: int, total_steps: int, warm_up_steps: int = 0) -> float:
    """The learning rate of one step.

    The warm-up climbs along a line to the schedule's first rate, which the step after it has, and the schedule takes
    the steps that are left. Source: Goyal et al. 2017, "Accurate, large minibatch SGD", section 2.2.

    Parameters
    ----------
    schedule : one of `SCHEDULES`
    peak : float, the largest learning rate; `--lr`
    step : int in [0, total_steps), counted over all epochs
    total_steps : int, steps of the whole training
    warm_up_steps : int in [0, total_steps), those of them that warm up

    >>> [round(learning_rate("step", 0.1, k, 8), 4) for k in (0, 3, 4, 6)]
    [0.1, 0.1, 0.01, 0.001]
    >>> [round(learning_rate("constant", 0.1, k, 8, warm_up_steps=4), 4) for k in (0, 1, 3, 4, 7)]
    [0.02, 0.04, 0.08, 0.1, 0.1]
    """
    if schedule not in SCHEDULES:
        raise UsageError(f"schedule {schedule}: unknown; use one of {', '.join(SCHEDULES)}")
    share = SCHEDULES[schedule]
    if step < warm_up_steps:
        return peak * share(0.0) * (step + 1) / (warm_up_steps + 1)
    return peak * share((step - warm_up_steps) / max(total_steps - warm_up_steps, 1))
