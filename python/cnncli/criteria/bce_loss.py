"""Binary cross-entropy of probabilities."""

import numpy as np
from numpy.typing import ArrayLike

from cnncli.array_types import DoubleArray
from cnncli.criteria.criterion import checked_value_weight, value_weight
from cnncli.criteria.value_criterion import ValueCriterion
from cnncli.errors import UsageError


class BCELoss(ValueCriterion):
    """The mean over all values of -w (t log x + (1 - t) log(1 - x)), where x are probabilities, as Sigmoid gives.

    Logarithms are cut off at -100, so that a sure and wrong answer costs 100 and not infinity.

    input, target : arrays of one shape with numbers from 0 to 1, the first axis counts samples
    weight : w, numbers of at least 0 that broadcast to the values of one sample or of the batch; a mean is not divided
        by them; None: 1
    reduction : "mean" over all values, or "sum"

    Raises ShapeError if the shapes differ, UsageError for values outside 0 to 1. BCEWithLogitsLoss takes what comes
    before the Sigmoid and is more exact. Torch7: BCECriterion.

    >>> round(BCELoss().forward([[0.5, 1.0]], [[1, 1]]), 4)
    0.3466
    """

    def __init__(self, weight: ArrayLike | None = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.weight = checked_value_weight(type(self).__name__, weight)

    def value(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        likelihood = t * np.maximum(np.log(x), -100) + (1 - t) * np.maximum(np.log1p(-x), -100)
        return -value_weight(self, self.weight, x) * likelihood

    def slope(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        return value_weight(self, self.weight, x) * (x - t) / np.maximum(x * (1 - x), 1e-12)

    def check(self, x: DoubleArray, t: DoubleArray) -> None:
        for name, values in (("input", x), ("target", t)):
            outside = values[(values < 0) | (values > 1)]
            if outside.size:
                raise UsageError(
                    f"{self!r}: {name} has a value {outside[0]:g}, not from 0 to 1; "
                    "end the network with Sigmoid, or use BCEWithLogitsLoss"
                    if name == "input"
                    else f"{self!r}: {name} has a value {outside[0]:g}, not from 0 to 1; pass probabilities"
                )
