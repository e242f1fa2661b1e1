"""A learning rate that falls where the loss no longer does."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnncli.errors import UsageError
from cnncli.limits import Limits


@dataclass(frozen=True)
class Plateau:
    """After more than `patience` epochs without a better loss the rate is multiplied by `factor`.

    factor : float in (0, 1), default 0.1
    patience : int >= 0, epochs without a better loss that are borne, default 10
    threshold : float >= 0, a loss is better if it is below the best one by this share of it, or by this much, default
        1e-4
    threshold_mode : "rel" for a share, "abs"
    cooldown : int >= 0, epochs after a fall of the rate that are not counted as bad, default 0
    min_lr : float >= 0, the rate never falls below it, default 0
    eps : float >= 0, a fall by no more than this is left out, default 1e-8

    The rate is a function of the losses of the epochs so far, which are part of a training's state, and keeps no other:
    a training that goes on from its state goes on with the same rate. Raises UsageError for settings out of range.
    Arguments, defaults and rates are those of PyTorch's `ReduceLROnPlateau` with mode "min".

    >>> Plateau(patience=1).rate(0.5, [2.0, 1.0, 1.0, 1.0])
    0.05
    """

    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    threshold_mode: str = "rel"
    cooldown: int = 0
    min_lr: float = 0.0
    eps: float = 1e-8

    def __post_init__(self) -> None:
        Limits(above=0, below=1).checked("Plateau: factor", self.factor)
        if self.threshold_mode not in ("rel", "abs"):
            raise UsageError(f"Plateau: threshold_mode is {self.threshold_mode!r}; use 'rel' or 'abs'")
        for name in ("patience", "threshold", "cooldown", "min_lr", "eps"):
            limits = Limits(whole=name in ("patience", "cooldown"), least=0)
            limits.checked(f"Plateau: {name}", getattr(self, name))

    def rate(self, peak: float, losses: Sequence[float]) -> float:
        """The learning rate after epochs with these losses, the first one's rate being `peak`."""
        rate, best, bad, cooling = peak, math.inf, 0, 0
        for loss in losses:
            if self._is_better(loss, best):
                best, bad = loss, 0
            else:
                bad += 1
            if cooling > 0:
                cooling, bad = cooling - 1, 0
            if bad > self.patience:
                lower = max(rate * self.factor, self.min_lr)
                rate = lower if rate - lower > self.eps else rate
                cooling, bad = self.cooldown, 0
        return rate

    def _is_better(self, loss: float, best: float) -> bool:
        if math.isinf(best):
            return loss < best
        return loss < (best * (1 - self.threshold) if self.threshold_mode == "rel" else best - self.threshold)


def measured_losses(history: Sequence[Mapping[str, Any]]) -> list[float]:
    """The loss of each epoch on the validation images, or in training where there are none."""
    return [
        epoch["loss"] if epoch.get("validation_loss") is None else epoch["validation_loss"] for epoch in history
    ]


def plateau_for(schedule: str, given: Plateau | None) -> Plateau | None:
    """By what the rate falls; None with other schedules, beside which one that was given is a UsageError."""
    if given is not None and schedule != "plateau":
        raise UsageError(f'plateau: the schedule is {schedule}; pass schedule="plateau" with it')
    return given or (Plateau() if schedule == "plateau" else None)
