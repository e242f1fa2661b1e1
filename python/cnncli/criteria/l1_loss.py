"""Mean absolute error."""

import numpy as np

from cnncli.array_types import DoubleArray
from cnncli.criteria.value_criterion import ValueCriterion


class L1Loss(ValueCriterion):
    """The mean over all values of |x - t|, whose gradient at 0 is taken as 0.

    input, target : arrays of one shape, the first axis counts samples
    reduction : "mean" over all values, or "sum"

    Raises ShapeError if the shapes differ. Torch7: AbsCriterion.

    >>> L1Loss().forward([[1, 2]], [[3, 2]])
    1.0
    """

    def value(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        return np.abs(x - t)

    def slope(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        return np.sign(x - t)
