"""The validation accuracy at which a training may end, and which epoch's model is the best one."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from cnncli.training.early_stopping import merit
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
        self._timetable, self._validation_images = timetable, validation_images

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
            epoch["validation_accuracy"] >= (self.accuracy if self._ends_cycle(epoch) else early) for epoch in history
        )

    def best_epoch(self, history: Sequence[Mapping[str, Any]]) -> int:
        """By validation accuracy, then by loss; of equal ones the first. Without validation the last one.

        With a target the end of a cycle goes first: what is accurate at a high rate is so by luck more often.
        """
        if not self._validation_images:
            return int(history[-1]["epoch"])
        return int(max(history, key=self._rank)["epoch"])

    def _rank(self, facts: Mapping[str, Any]) -> tuple[bool, float, float]:
        is_end = self.accuracy is not None and self._ends_cycle(facts)
        return is_end, *merit(facts)

    def _ends_cycle(self, facts: Mapping[str, Any]) -> bool:
        return self._timetable.ends_cycle(facts["epoch"] - 1)
