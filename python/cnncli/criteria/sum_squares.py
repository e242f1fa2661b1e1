"""Half the sum of squares."""

import numpy as np
from numpy.typing import ArrayLike

from cnncli.criteria.criterion import Criterion, values_and_targets
from cnncli.layers.arrays import FloatArray


class SumSquares(Criterion):
    """Half the sum of (x - target)² over all values and samples, whose gradient is x - target.

    The squared error of textbooks (Rumelhart, Hinton & Williams 1986, equation 2). It is not divided by the number
    of samples: with batches of B, a learning rate has to be B times as small as for a mean. MSELoss is the mean.

    input, target : arrays of one shape, the first axis counts samples

    Raises ShapeError if the shapes differ. Neither PyTorch nor Torch7 has it.

    >>> SumSquares().forward([[1, 2], [3, 4]], [[3, 2], [3, 0]])
    10.0
    """

    def forward(self, input: ArrayLike, target: ArrayLike) -> float:
        values, targets = values_and_targets(self, input, target)
        difference = values.astype(np.float64) - targets
        return float(np.sum(difference * difference)) / 2

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        values, targets = values_and_targets(self, input, target)
        return values - targets
