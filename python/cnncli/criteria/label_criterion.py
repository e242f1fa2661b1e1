"""Losses of scores and labels in float64, from which those of classifiers are made."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.criteria.criterion import Criterion
from cnncli.layers.arrays import FloatArray


class LabelCriterion(Criterion):
    """The mean or the sum over samples of a function of a sample's scores and its label, computed in float64.

    A subclass says in `parts` what each sample adds, the gradient of that, and the weights that a mean divides by.
    """

    takes_labels = True
    reduction: str

    def parts(
        self, input: ArrayLike, target: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """(losses (samples,), gradients of shape of `input`, weights (samples,), by whose sum a mean divides)."""
        raise NotImplementedError(f"{type(self).__name__} does not override parts")

    def forward(self, input: ArrayLike, target: ArrayLike) -> float:
        losses, _, weights = self.parts(input, target)
        return float(np.sum(losses) / self._divisor(weights))

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        _, gradients, weights = self.parts(input, target)
        return (gradients / self._divisor(weights)).astype(np.float32)

    def sample_losses(self, input: ArrayLike, target: ArrayLike) -> NDArray[np.float64]:
        losses, _, weights = self.parts(input, target)
        return losses if self.reduction == "sum" else losses * (losses.size / self._divisor(weights))

    def mixed(
        self, input: ArrayLike, target: ArrayLike, others: ArrayLike, shares: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(sample_losses, gradient) where each sample has two targets: shares s of its own and 1 - s of the other.

        Of weighted losses this is one mean: sum(s w l + (1 - s) w' l') / sum(s w + (1 - s) w').
        """
        (own, slopes, weights), (other, other_slopes, other_weights) = (
            self.parts(input, targets) for targets in (target, others)
        )
        rest, columns = 1 - shares, shares[:, np.newaxis]
        losses, divisor = shares * own + rest * other, self._divisor(shares * weights + rest * other_weights)
        factor = 1.0 if self.reduction == "sum" else losses.size / divisor
        return losses * factor, (columns * slopes + (1 - columns) * other_slopes) / divisor

    def _divisor(self, weights: NDArray[np.float64]) -> float:
        """Of samples that weigh nothing the mean is 0, also where smoothed labels leave other classes a share."""
        if self.reduction == "sum":
            return 1.0
        total = float(weights.sum())
        return total if total != 0 else np.inf
