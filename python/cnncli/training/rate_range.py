"""Which learning rate suits a training: a range test, in which the rate grows from step to step until the loss does.

Source: Smith 2017, "Cyclical learning rates for training neural networks", section 3.3.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cnncli import data
from cnncli.errors import UsageError
from cnncli.training.divergence import Diverged
from cnncli.training.pace import Pace
from cnncli.training.records import Started, StepDone
from cnncli.training.running import started
from cnncli.training.timetable import Timetable
from cnncli.training.train import begin
from cnncli.training_options import FULL, WHOLE_BATCH_OPTIMIZERS, TrainSettings

STEPS = 150
_SPAN = 1e4  # the rates go from the usual one over this up to the usual one times this, or until the loss has grown
_FAR = 4.0  # times the lowest loss: the end
_MEMORY = 0.9  # share of the mean of losses that a step keeps
_FIRST = 10  # step from which on the mean is smooth
_BELOW_LOWEST = 10.0  # the rate with the lowest loss is already too large for many steps


@dataclass(frozen=True)
class RateRange:
    """What came of a range test.

    rates, losses : of each step, N each; losses are those of its own batch
    smooth : N, their mean with a memory of ten steps, corrected for its beginning
    suggested : a tenth of the rate at which `smooth` was lowest
    steepest : the rate at which it fell most over the logarithm of the rate
    """

    rates: list[float]
    losses: list[float]
    smooth: list[float]
    suggested: float
    steepest: float


class _RisingRates(Timetable):
    """Steps whose rates grow by the same factor each, whatever the peak."""

    def learning_rate(self, step: int, peak: float) -> float:
        return float(peak / _SPAN * _SPAN ** (2 * step / max(self.steps - 1, 1)))


def find_rate(
    settings: TrainSettings, should_stop: Callable[[], bool] = lambda: False, report: data.Report = data.ignore
) -> Iterator[Started | StepDone | RateRange]:
    """Yields what a training would begin with, each step, and last what came of it. Nothing is kept, no model written.

    Raises UsageError for what has no single rate, and for data of so few steps that nothing can be told.
    """
    if settings.resume is not None:
        raise UsageError("--find-lr: looks for a rate before a training; leave out --resume")
    if settings.optimizer in WHOLE_BATCH_OPTIMIZERS or settings.batch_size == FULL:
        raise UsageError("--find-lr: a batch of all images has too few steps to tell; leave it out")
    with tempfile.TemporaryDirectory(prefix="cnncli-rates-") as folder:
        apart = replace(settings, runs=str(Path(folder) / "runs"), out=str(Path(folder) / "model.bin"))
        with begin(apart, report) as job:
            yield started(job)
            trainer = job.trainer
            count = len(trainer.training_set)
            trainer.timetable = _RisingRates(count, trainer.timetable.batch_size, 1, pace=Pace(((0, STEPS),)))
            # What goes by how the epochs went would change the rates, or end the test.
            trainer.validation = trainer.plateau = trainer.until = trainer.early = None
            losses: list[float] = []
            try:
                for record in trainer.steps(should_stop):
                    if isinstance(record, StepDone):
                        losses.append(record.loss)
                        yield record
                        if _is_far(losses):
                            break
            except Diverged:
                pass
            rates = [trainer.timetable.learning_rate(step, trainer.peak) for step in range(len(losses))]
            yield read_off(rates, losses)


def smoothed(losses: list[float]) -> list[float]:
    """The mean of losses with a memory of ten steps, corrected for its beginning as Adam's are.

    >>> smoothed([2.0, 2.0, 2.0])
    [2.0, 2.0, 2.0]
    """
    mean, found = 0.0, []
    for step, loss in enumerate(losses, 1):
        mean = _MEMORY * mean + (1 - _MEMORY) * loss
        found.append(round(mean / (1 - _MEMORY**step), 12))
    return found


def _is_far(losses: list[float]) -> bool:
    smooth = smoothed(losses)
    return len(smooth) > 10 and smooth[-1] > _FAR * max(min(smooth), 1e-12)


def read_off(rates: list[float], losses: list[float]) -> RateRange:
    """The suggestion that a curve gives.

    rates : rising, N; losses : N of finite numbers

    Raises UsageError where the loss never fell.
    """
    smooth = smoothed(losses)
    lowest = int(np.argmin(smooth)) if smooth else 0
    if lowest < 3:
        raise UsageError(
            "--find-lr: the loss never fell, at whatever rate; look whether images and labels belong together, or pass "
            "another --lr, from which the rates are taken"
        )
    # The rates grow by the same factor each; of the first steps the mean is as rough as single losses.
    begin = min(_FIRST, lowest - 2)
    falls = np.subtract(smooth[begin + 2 : lowest + 1], smooth[begin : lowest - 1])
    steepest = rates[begin + 1 + int(np.argmin(falls))]
    return RateRange(rates, losses, smooth, _round(rates[lowest] / _BELOW_LOWEST), _round(steepest))


def _round(rate: float) -> float:
    """With two digits."""
    return float(f"{rate:.1e}")
