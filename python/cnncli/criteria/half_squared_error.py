"""Half the squared error."""

import numpy as np
from numpy.typing import ArrayLike

from cnncli.criteria.criterion import Criterion, values_and_targets
from cnncli.layers.arrays import FloatArray


class HalfSquaredError(Criterion):
    """The mean over samples of half the sum of (x - target)², whose gradient for one sample is x - target.

    The squared error of textbooks (Rumelhart, Hinton & Williams 1986, equation 2); MSE divides by all values.

    input, target : arrays of one shape, the first axis counts samples

    Raises ShapeError if the shapes differ.

    >>> HalfSquaredError().forward([[1, 2]], [[3, 2]])
    2.0
    """

    def forward(self, input: ArrayLike, target: ArrayLike) -> float:
        values, targets = values_and_targets(self, input, target)
        difference = values.astype(np.float64) - targets
        return float(np.sum(difference * difference)) / (2 * max(len(values), 1))

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        values, targets = values_and_targets(self, input, target)
        return (values - targets) * np.float32(1 / max(len(values), 1))
