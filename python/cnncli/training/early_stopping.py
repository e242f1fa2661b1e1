"""A training that ends once it no longer gets better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnncli.limits import Limits


@dataclass(frozen=True)
class EarlyStopping:
    """When a training ends early: the last `patience` epochs have brought none that is better than the best before.

    patience : int >= 1, epochs

    An epoch is better by its accuracy on the validation images, and of equal ones by their loss; without an accuracy
    by the loss alone, and without validation images by the loss in training.

    Source: Prechelt 1998, "Early stopping - but when?", the criterion UP in its simplest form.

    >>> losses = [{"loss": 3.0}, {"loss": 1.0}, {"loss": 2.0}, {"loss": 1.0}]
    >>> EarlyStopping(2).is_reached(losses), EarlyStopping(3).is_reached(losses)
    (True, False)
    """

    patience: int

    def __post_init__(self) -> None:
        Limits(whole=True, least=1).checked("patience", self.patience)

    def is_reached(self, history: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the epochs so far show it."""
        return bool(history) and len(history) - 1 - best_of(history) >= self.patience


def merit(facts: Mapping[str, Any], cycle: int | None = None) -> tuple[bool, float, float]:
    """What an epoch is chosen by: the more the better.

    cycle : epochs of the first cycle of a training with a target. The end of a cycle goes first then: what is accurate
        at a high rate is so by luck more often
    """
    is_end, loss = ends_cycle(facts, cycle), facts.get("validation_loss")
    if loss is None:
        return is_end, 0.0, -facts["loss"]
    return is_end, facts.get("validation_accuracy") or 0.0, -loss


def ends_cycle(facts: Mapping[str, Any], cycle: int | None) -> bool:
    """Whether an epoch ends a cycle of so many epochs; after the first cycle each one does."""
    return cycle is not None and facts["epoch"] >= cycle


def best_of(history: Sequence[Mapping[str, Any]], cycle: int | None = None) -> int:
    """The number of the best epoch, from 0; of equal ones the first."""
    return max(range(len(history)), key=lambda number: merit(history[number], cycle))
