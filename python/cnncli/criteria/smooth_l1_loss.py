"""Absolute error with a round foot."""

import numpy as np

from cnncli.array_types import DoubleArray
from cnncli.criteria.criterion import checked_number
from cnncli.criteria.value_criterion import ValueCriterion


class SmoothL1Loss(ValueCriterion):
    """The mean over all values of (x - t)² / (2 beta) where |x - t| < beta, else |x - t| - beta / 2.

    beta : where the parabola ends; 0 makes it L1Loss
    input, target : arrays of one shape, the first axis counts samples
    reduction : "mean" over all values, or "sum"

    Raises ShapeError if the shapes differ. Source: Girshick 2015, "Fast R-CNN", equation 3,
    with beta 1. Torch7: SmoothL1Criterion.

    >>> SmoothL1Loss().forward([[1, 2]], [[3, 2.5]])
    0.8125
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = checked_number(type(self).__name__, "beta", beta, least=0)

    def value(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        distance = np.abs(x - t)
        if self.beta == 0:
            return distance
        return np.where(distance < self.beta, distance * distance / (2 * self.beta), distance - self.beta / 2)

    def slope(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        difference = x - t
        if self.beta == 0:
            return np.sign(difference)
        return np.clip(difference / self.beta, -1, 1)
