"""Losses of scores and labels in float64, from which those of classifiers are made."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.criteria.criterion import Criterion
from cnncli.layers.arrays import FloatArray


class LabelCriterion(Criterion):
    """The mean or the sum over samples of a function of a sample's scores and its label, computed in float64.

    A subclass says in `parts` what each sample adds, the gradient of that, and by what a mean divides.
    """

    takes_labels = True
    reduction: str

    def parts(
        self, input: ArrayLike, target: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """(losses (samples,), gradients of shape of `input`, divisor of the mean)."""
        raise NotImplementedError(f"{type(self).__name__} does not override parts")

    def forward(self, input: ArrayLike, target: ArrayLike) -> float:
        losses, _, divisor = self.parts(input, target)
        return float(np.sum(losses) / self._divisor(divisor))

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        _, gradients, divisor = self.parts(input, target)
        return (gradients / self._divisor(divisor)).astype(np.float32)

    def sample_losses(self, input: ArrayLike, target: ArrayLike) -> NDArray[np.float64]:
        losses, _, divisor = self.parts(input, target)
        return losses if self.reduction == "sum" else losses * (losses.size / self._divisor(divisor))

    def _divisor(self, divisor: float) -> float:
        """Of samples that weigh nothing the mean is 0, also where smoothed labels leave other classes a share."""
        if self.reduction == "sum":
            return 1.0
        return divisor if divisor != 0 else np.inf
