"""Hinge loss of labels -1 and +1."""

import numpy as np

from cnncli.array_types import DoubleArray
from cnncli.criteria.criterion import checked_number
from cnncli.criteria.value_criterion import ValueCriterion


class HingeLoss(ValueCriterion):
    """The mean over all values of max(0, margin - t x), with targets -1 and +1.

    margin : from here on a right answer costs nothing
    input, target : arrays of one shape, the first axis counts samples
    reduction : "mean" over all values, or "sum"

    Raises ShapeError if the shapes differ. Source: Cortes and Vapnik 1995. Torch7: MarginCriterion. PyTorch has none;
    its HingeEmbeddingLoss is another function.

    >>> HingeLoss().forward([[0.5], [-2]], [[1], [-1]])
    0.25
    """

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = checked_number(type(self).__name__, "margin", margin)

    def value(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        return np.maximum(self.margin - t * x, 0)

    def slope(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        return np.where(t * x >= self.margin, 0 * x, -t + 0 * x)
