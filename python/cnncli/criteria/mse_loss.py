"""Mean squared error."""

import numpy as np
from numpy.typing import ArrayLike

from cnncli.criteria.criterion import Criterion, values_and_targets
from cnncli.layers.arrays import FloatArray


class MSELoss(Criterion):
    """The mean over all values of (x - target)²; SumSquares is half the sum.

    input, target : arrays of one shape, the first axis counts samples

    Raises ShapeError if the shapes differ. Torch7: MSECriterion.

    >>> MSELoss().forward([[1, 2]], [[3, 2]])
    2.0
    """

    def forward(self, input: ArrayLike, target: ArrayLike) -> float:
        values, targets = values_and_targets(self, input, target)
        difference = values.astype(np.float64) - targets
        return float(np.sum(difference * difference)) / max(values.size, 1)

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        values, targets = values_and_targets(self, input, target)
        return (values - targets) * np.float32(2 / max(values.size, 1))
