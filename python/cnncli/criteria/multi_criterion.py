"""A weighted sum of losses."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.criteria.criterion import Criterion, checked_number
from cnncli.errors import UsageError
from cnncli.layers.arrays import FloatArray


class MultiCriterion(Criterion):
    """The sum of weight times loss of several criteria, all of the same outputs and targets.

    criteria : the losses
    weights : one number for each; None: 1

    Raises UsageError unless there is one weight for each. `add` appends one more. Torch7: MultiCriterion.

    >>> from cnncli.criteria import L1Loss, MSELoss
    >>> MultiCriterion(L1Loss(), MSELoss(), weights=[1, 0.5]).forward([[1, 2]], [[3, 2]])
    2.0
    """

    def __init__(self, *criteria: Criterion, weights: Sequence[float] | None = None) -> None:
        if weights is not None and len(weights) != len(criteria):
            raise UsageError(
                f"MultiCriterion: has {len(criteria)} criteria and {len(weights)} weights; pass one for each"
            )
        self.criteria: list[Criterion] = []
        self.weights: list[float] = []
        for criterion, weight in zip(criteria, weights if weights is not None else [1.0] * len(criteria), strict=True):
            self.add(criterion, weight)

    def add(self, criterion: Criterion, weight: float = 1.0) -> "MultiCriterion":
        """Appends a loss; returns this criterion."""
        if not isinstance(criterion, Criterion):
            raise UsageError(f"MultiCriterion: {criterion!r} is no criterion; pass objects of cnncli.criteria")
        if self.criteria and criterion.takes_labels != self.criteria[0].takes_labels:
            raise UsageError(
                f"MultiCriterion: {self.criteria[0]!r} and {criterion!r} do not take the same targets; pass losses of "
                "labels, or losses of values"
            )
        self.criteria.append(criterion)
        self.weights.append(checked_number("MultiCriterion", "weight", weight))
        return self

    @property
    def takes_labels(self) -> bool:  # type: ignore[override]
        """Whether the targets are classes."""
        return bool(self.criteria) and self.criteria[0].takes_labels

    def forward(self, input: ArrayLike, target: ArrayLike) -> float:
        return float(sum(weight * each.forward(input, target) for each, weight in self._pairs()))

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        gradients = [weight * each.backward(input, target).astype(np.float64) for each, weight in self._pairs()]
        return np.asarray(np.sum(gradients, axis=0), np.float32)

    def sample_losses(self, input: ArrayLike, target: ArrayLike) -> NDArray[np.float64]:
        losses = [weight * each.sample_losses(input, target) for each, weight in self._pairs()]
        return np.asarray(np.sum(losses, axis=0), np.float64)

    def settings(self) -> dict[str, object]:
        """The weights, if they are not all 1."""
        return {"weights": self.weights} if any(weight != 1 for weight in self.weights) else {}

    def __repr__(self) -> str:
        parts = [*map(repr, self.criteria), *(f"{name}={value}" for name, value in self.settings().items())]
        return f"MultiCriterion({', '.join(parts)})"

    def _pairs(self) -> list[tuple[Criterion, float]]:
        if not self.criteria:
            raise UsageError("MultiCriterion: has no criteria; pass at least one")
        return list(zip(self.criteria, self.weights, strict=True))
