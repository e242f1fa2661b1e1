"""Half the sum of squares."""

from cnncli.array_types import DoubleArray
from cnncli.criteria.value_criterion import ValueCriterion


class SumSquares(ValueCriterion):
    """Half the sum of (x - target)² over all values and samples, whose gradient is x - target.

    The squared error of textbooks (Rumelhart, Hinton & Williams 1986, equation 2). It is not divided by the number
    of samples: with batches of B, a learning rate has to be B times as small as for a mean. MSELoss is the mean.

    input, target : arrays of one shape, the first axis counts samples

    Raises ShapeError if the shapes differ. Neither PyTorch nor Torch7 has it.

    >>> SumSquares().forward([[1, 2], [3, 4]], [[3, 2], [3, 0]])
    10.0
    """

    def __init__(self) -> None:
        super().__init__("sum")

    def value(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        return (x - t) ** 2 / 2

    def slope(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        return x - t
