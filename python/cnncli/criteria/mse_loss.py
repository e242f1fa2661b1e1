"""Mean squared error."""

from cnncli.array_types import DoubleArray
from cnncli.criteria.value_criterion import ValueCriterion


class MSELoss(ValueCriterion):
    """The mean over all values of (x - t)²; SumSquares is half the sum.

    input, target : arrays of one shape, the first axis counts samples
    reduction : "mean" over all values, or "sum"

    Raises ShapeError if the shapes differ. Torch7: MSECriterion.

    >>> MSELoss().forward([[1, 2]], [[3, 2]])
    2.0
    """

    def value(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        return (x - t) ** 2

    def slope(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        return 2 * (x - t)
