"""Squared error with straight arms."""

import numpy as np

from cnncli.array_types import DoubleArray
from cnncli.criteria.criterion import checked_number
from cnncli.criteria.value_criterion import ValueCriterion


class HuberLoss(ValueCriterion):
    """The mean over all values of (x - t)² / 2 where |x - t| <= delta, else delta (|x - t| - delta / 2).

    delta : where the parabola ends, above 0
    input, target : arrays of one shape, the first axis counts samples
    reduction : "mean" over all values, or "sum"

    Raises ShapeError if the shapes differ. Source: Huber 1964.
    Torch7 has only SmoothL1Criterion, which is this with delta 1.

    >>> HuberLoss(delta=2).forward([[1, 2]], [[5, 3]])
    3.25
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = checked_number(type(self).__name__, "delta", delta, above=0)

    def value(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        distance = np.abs(x - t)
        return np.where(distance <= self.delta, distance * distance / 2, self.delta * (distance - self.delta / 2))

    def slope(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        return np.clip(x - t, -self.delta, self.delta)
