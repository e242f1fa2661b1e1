"""The validation accuracy at which a training may end, and which epoch's model is the best one."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from cnncli.training.early_stopping import best_of, ends_cycle, merit
from cnncli.training.timetable import Timetable

# Within a cycle a target must be passed by this many standard errors of an accuracy measured on so many images.
# With none LeNet-5 stopped at 0.99 after 2 to 6 epochs of 7 by luck, and was right on 98.7 % of other images.
_STANDARD_ERRORS = 2.0


class Target:
    """Reads off the history, which a checkpoint holds, so that a resumed run stops where the whole one does.

    accuracy : of the validation images; None: the training goes to the end of its timetable
    validation_images : how many there are; 0: none
    """

    def __init__(self, accuracy: float | None, timetable: Timetable, validation_images: int) -> None:
        self.accuracy = accuracy
        self._cycle = None if accuracy is None else timetable.cycle
        self._validation_images = validation_images

    @property
    def early(self) -> float | None:
        """The validation accuracy that ends the training within its first cycle; None without a target."""
        if self.accuracy is None or not self._validation_images:
            return None
        return self.accuracy + _STANDARD_ERRORS * math.sqrt(
            self.accuracy * (1 - self.accuracy) / self._validation_images
        )

    def is_reached(self, history: Sequence[Mapping[str, Any]]) -> bool:
        """Whether an epoch that is over, with its measures, has it."""
        early = self.early
        if early is None or self.accuracy is None:
            return False
        return any(
            facts["validation_accuracy"] >= (self.accuracy if ends_cycle(facts, self._cycle) else early)
            for facts in history
        )

    def is_best(self, facts: Mapping[str, Any], best: Mapping[str, Any] | None) -> bool:
        """Whether the model of an epoch is to be kept, where that of `best` is. best : the best before; None: none"""
        if best is None or not self._validation_images:
            return True
        return merit(facts, self._cycle) > merit(best, self._cycle)


def kept_epoch(history: Sequence[Mapping[str, Any]], cycle: int | None) -> int:
    """The number, from 0, of the epoch whose model is kept: the best by `merit`, without validation the last one.

    cycle : epochs of the first cycle, of a training with a target
    """
    is_measured = all(facts.get("validation_loss") is not None for facts in history)
    return best_of(history, cycle) if is_measured else len(history) - 1
