"""Losses that are sums or means of a function of each value and its target."""

import numpy as np
from numpy.typing import ArrayLike

from cnncli.array_types import DoubleArray
from cnncli.criteria.criterion import Criterion, checked_reduction, values_and_targets
from cnncli.layers.arrays import FloatArray


class ValueCriterion(Criterion):
    """The mean, or the sum, over all values of a function f(x, t), computed in float64.

    reduction : "mean" over all values, or "sum"

    A subclass says what f and its derivative are. An element-wise loss of your own may start from it.
    """

    reductions: tuple[str, ...] = ("mean", "sum")

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = checked_reduction(type(self).__name__, reduction, self.reductions)

    def value(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        """f(x, t) of arrays of one shape."""
        raise NotImplementedError(f"{type(self).__name__} does not override value")

    def slope(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        """df/dx of arrays of one shape."""
        raise NotImplementedError(f"{type(self).__name__} does not override slope")

    def check(self, x: DoubleArray, t: DoubleArray) -> None:
        """Raises UsageError for values or targets that f does not take."""

    def forward(self, input: ArrayLike, target: ArrayLike) -> float:
        x, t = self._checked(input, target)
        with np.errstate(all="ignore"):  # what comes in may be infinite, and so is the loss then
            return float(np.sum(self.value(x, t)) * self._factor(x))

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        x, t = self._checked(input, target)
        with np.errstate(all="ignore"):
            return (self.slope(x, t) * self._factor(x)).astype(np.float32)

    def sample_losses(self, input: ArrayLike, target: ArrayLike) -> DoubleArray:
        x, t = self._checked(input, target)
        samples = len(x) if x.ndim else 1
        with np.errstate(all="ignore"):
            sums = self.value(x, t).reshape(samples, -1 if x.size else 0).sum(axis=1)
            return np.asarray(sums * (self._factor(x) * (1 if self.reduction == "sum" else samples)))

    def _factor(self, x: DoubleArray) -> float:
        return 1.0 if self.reduction == "sum" else 1 / max(x.size, 1)

    def _checked(self, input: ArrayLike, target: ArrayLike) -> tuple[DoubleArray, DoubleArray]:
        values, targets = values_and_targets(self, input, target)
        x, t = values.astype(np.float64), targets.astype(np.float64)
        self.check(x, t)
        return x, t


def softplus(x: DoubleArray) -> DoubleArray:
    """log(1 + exp(x)) without overflow."""
    return np.asarray(np.logaddexp(0.0, x))


def sigmoid(x: DoubleArray) -> DoubleArray:
    """1 / (1 + exp(-x)) without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -x)))
