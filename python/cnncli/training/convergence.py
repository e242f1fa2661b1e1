"""The lecture's "repeat until convergence", with its limit said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnncli.limits import Limits
from cnncli.training_options import CONVERGED_LIMIT, CONVERGED_WINDOW


@dataclass(frozen=True)
class Convergence:
    """When a training has converged: the best loss of its epochs has fallen by no more than a share `limit` of it in
    the last `window` epochs.

    limit : float in [0, 1), default 0.001; window : int >= 1, default 5

    >>> Convergence(limit=0.01, window=2).is_reached([{"loss": 2.0}, {"loss": 1.0}, {"loss": 0.995}, {"loss": 1.01}])
    True
    """

    limit: float = CONVERGED_LIMIT
    window: int = CONVERGED_WINDOW

    def __post_init__(self) -> None:
        Limits(least=0, below=1).checked("Convergence: limit", self.limit)
        Limits(whole=True, least=1).checked("Convergence: window", self.window)

    def is_reached(self, history: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the epochs so far, of which each has its "loss" in training, show it."""
        losses = [epoch["loss"] for epoch in history]
        if len(losses) <= self.window:
            return False
        before = min(losses[: -self.window])
        return bool(before - min(losses) <= self.limit * abs(before))
