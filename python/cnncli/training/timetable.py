"""Which steps an epoch has, where an epoch may take a share of the images only, and the learning rate of each step."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.errors import UsageError
from cnncli.limits import Limits
from cnncli.training import schedule as schedules
from cnncli.training.pace import Pace
from cnncli.training_options import FULL


class Timetable:
    """The steps of a training: a pure function of sizes, known before it begins.

    images : number of images trained on
    batch_size : int >= 1, or "full" for all of them; epochs : int >= 1
    shares : share in (0, 1] of the images for each epoch; later epochs take the last one; none: all images
    schedule : how the learning rate changes, one of `schedule.SCHEDULES`
    cycle : epochs of the schedule's first cycle, and then each epoch is one at a lower rate; None: all epochs are one
    warm_up : epochs, whole or not, in which the rate climbs to the schedule's first one; fewer than the first cycle's
    pace : the steps in all, in place of `epochs`, which are as many as it takes, the last one perhaps a part of one

    >>> table = Timetable(100, 10, 3, [1.0, 0.5])
    >>> [table.images(epoch) for epoch in range(3)], table.first_step(2), table.epoch_of(14), table.steps
    ([100, 50, 50], 15, 1, 20)
    """

    def __init__(
        self, images: int, batch_size: int | str, epochs: int, shares: Sequence[float] = (), *,
        schedule: str = "constant", cycle: int | None = None, warm_up: float = 0.0, pace: Pace | None = None,
    ) -> None:  # fmt: skip
        batch_size = batch_of(batch_size, images)
        if pace is not None:
            epochs = -(-pace.steps // -(-images // batch_size))
        Limits(whole=True, least=1).checked("epochs", epochs)
        for share in shares:
            Limits(above=0, most=1).checked("shares", share)
        self.batch_size, self.epochs, self.shares = batch_size, epochs, tuple(shares)
        self.schedule, self.cycle = schedule, cycle or epochs
        later = shares[-1] if shares else 1.0
        counts = [max(1, round(share * images)) for share in (*shares[:epochs], *[later] * (epochs - len(shares)))]
        self._pools, self.pace, self._warm_up = counts, pace, warm_up
        if pace is not None:
            rest = pace.steps - (epochs - 1) * -(-images // batch_size)
            counts = [*counts[:-1], min(images, rest * batch_size)]
        self._counts = counts
        self._starts = [0, *accumulate(-(-count // batch_size) for count in counts)]
        self.steps = self._starts[-1]
        if pace is not None:  # however many steps are left in the end, the first ones stay as they were
            self.warm_up_steps = round(warm_up * self.full_steps(0))
            return
        check_warm_up("warm_up", warm_up, self.cycle)
        whole = int(warm_up)
        self.warm_up_steps = self._starts[whole] + round(
            (warm_up - whole) * (self._starts[whole + 1] - self._starts[whole])
        )
        # At least one step is the schedule's own.
        self.warm_up_steps = min(self.warm_up_steps, self._starts[self.cycle] - 1)

    def with_pace(self, pace: Pace) -> "Timetable":
        """The same with other steps from some step on; only for one that takes all images in every epoch."""
        return Timetable(
            self._pools[0], self.batch_size, 1, schedule=self.schedule, warm_up=self._warm_up, pace=pace
        )

    def images(self, epoch: int) -> int:
        """How many images an epoch takes; epochs count from 0."""
        return self._counts[epoch]

    def pool(self, epoch: int) -> int:
        """How many images an epoch draws from: those that it takes, or more where it ends before its time."""
        return self._pools[epoch]

    def full_steps(self, epoch: int) -> int:
        """How many steps an epoch has that is not cut short."""
        return -(-self._pools[epoch] // self.batch_size)

    def last_batch(self, epoch: int) -> int:
        """How many images the last step of an epoch takes."""
        return (self._counts[epoch] - 1) % self.batch_size + 1

    def first_step(self, epoch: int) -> int:
        """The first step of an epoch; of the one after the last, the number of all steps."""
        return self._starts[epoch]

    def steps_in(self, epoch: int) -> int:
        """How many steps an epoch has."""
        return self._starts[epoch + 1] - self._starts[epoch]

    def epoch_of(self, step: int) -> int:
        """The epoch that a step belongs to."""
        return bisect_right(self._starts, step) - 1

    def learning_rate(self, step: int, peak: float) -> float:
        """Of a step; `peak` is the largest one."""
        first, end, share, warm_up = 0, self.first_step(self.cycle), 1.0, self.warm_up_steps
        if self.pace is not None and step >= warm_up:
            return peak * schedules.SCHEDULES[self.schedule](self.pace.progress(step, warm_up))
        if step >= end:
            epoch = self.epoch_of(step)
            first, end = self.first_step(epoch), self.first_step(epoch + 1)
            share, warm_up = schedules.FURTHER_CYCLE_SHARE, 0
        return schedules.learning_rate(self.schedule, share * peak, step - first, end - first, warm_up)


def timetable_for(timetable: Timetable | None, images: int, **of_default: Any) -> Timetable:
    """The timetable that is given, or one of these settings; of them None is the default.

    Raises UsageError for both: it would be the timetable's own ones that count.
    """
    given = {name: value for name, value in of_default.items() if value is not None}
    if timetable is not None and given:
        raise UsageError(f"timetable: has {', '.join(given)} of its own; leave out one of them")
    return timetable or Timetable(images, given.pop("batch_size", 64), given.pop("epochs", 10), **given)


def batch_of(batch_size: int | str, images: int) -> int:
    """The number that a batch size stands for; raises UsageError for what is neither a number of images nor "full"."""
    if batch_size == FULL:
        return images
    limits = Limits(whole=True, least=1)
    if not limits.accepts(batch_size):
        raise UsageError(f"{limits.fault('batch_size', batch_size)}, or {FULL!r} for all images")
    return int(batch_size)


def check_warm_up(name: str, epochs: float, cycle: int) -> None:
    """Raises UsageError for a warm-up that leaves nothing of the `cycle` epochs of the schedule."""
    if not Limits(least=0, below=cycle).accepts(epochs):
        raise UsageError(f"{name} {epochs:g}: the schedule has {cycle} epochs; use less, such as {cycle / 10:g}")


class HardImages:
    """Chooses the images of an epoch that takes a share of them: those with the largest loss when last trained on.

    What is learned well gives small gradients and can wait. The losses come with the training and cost nothing;
    those of images that wait are old, so an image can come back when the others are better.

    count : number of images trained on

    Source: Jiang et al. 2019, "Accelerating deep learning by focusing on the biggest losers", which spends a forward
    pass on each image instead; Loshchilov & Hutter 2016, "Online batch selection", for old losses.
    """

    def __init__(self, count: int) -> None:
        self._losses = np.full(count, np.finfo(np.float32).max, np.float32)
        self._chosen: npt.NDArray[np.int64] = np.arange(count, dtype=np.int64)

    def choose(self, count: int) -> npt.NDArray[np.int64]:
        """Positions of the `count` hardest images, ascending; of equal ones the first. For one epoch."""
        hardest = np.argsort(-self._losses, kind="stable")[:count]
        self._chosen = np.sort(hardest).astype(np.int64)
        return self._chosen

    @property
    def chosen(self) -> npt.NDArray[np.int64]:
        """What `choose` gave last."""
        return self._chosen

    def put(self, positions: npt.NDArray[np.int64], losses: npt.NDArray[np.float32]) -> None:
        """Keeps the losses of images just trained on."""
        self._losses[positions] = losses

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All that a checkpoint has to hold."""
        return {"losses": self._losses, "chosen": self._chosen}

    def load(self, arrays: dict[str, npt.NDArray[Any]]) -> None:
        """Takes what `arrays` gave. Raises ValueError for arrays of other images."""
        losses, chosen = arrays["losses"], arrays["chosen"]
        inside = chosen.size and chosen.min() >= 0 and chosen.max() < len(self._losses)
        if losses.shape != self._losses.shape or chosen.dtype != np.int64 or not inside:
            raise ValueError("the arrays belong to other images")
        self._losses[...] = losses
        self._chosen = chosen.copy()
