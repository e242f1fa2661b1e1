"""The learning rate of each step, as a pure function of how far the training is."""

import math
from collections.abc import Callable

from cnncli.errors import UsageError

# One-cycle: where the peak is, how far below it the start lies, and how far below the start the end lies.
_PEAK_AT = 0.3
_START_DIVISOR = 25.0
_END_DIVISOR = 1e4
_TRIANGLE_PEAK_AT = 0.2
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


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
    "one-cycle": one_cycle,
    "triangle": triangle,
}


def learning_rate(schedule: str, peak: float, step: int, total_steps: int) -> float:
    """The learning rate of one step.

    Parameters
    ----------
    schedule : one of `SCHEDULES`
    peak : float, the largest learning rate; `--lr`
    step : int in [0, total_steps), counted over all epochs
    total_steps : int, steps of the whole training

    >>> [round(learning_rate("step", 0.1, k, 8), 4) for k in (0, 3, 4, 6)]
    [0.1, 0.1, 0.01, 0.001]
    """
    if schedule not in SCHEDULES:
        raise UsageError(f"schedule {schedule}: unknown; use one of {', '.join(SCHEDULES)}")
    return peak * SCHEDULES[schedule](step / max(total_steps, 1))
