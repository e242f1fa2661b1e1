"""Logistic loss of labels -1 and +1."""

from cnncli.array_types import DoubleArray
from cnncli.criteria.value_criterion import ValueCriterion, sigmoid, softplus


class SoftMarginLoss(ValueCriterion):
    """The mean over all values of log(1 + exp(-t x)), with targets -1 and +1.

    input, target : arrays of one shape, the first axis counts samples
    reduction : "mean" over all values, or "sum"

    Raises ShapeError if the shapes differ. Torch7: SoftMarginCriterion.

    >>> round(SoftMarginLoss().forward([[0], [100]], [[1], [1]]), 4)
    0.3466
    """

    def value(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        return softplus(-t * x)

    def slope(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        return -t * sigmoid(-t * x)
