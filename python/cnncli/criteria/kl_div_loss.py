"""Kullback-Leibler divergence."""

import numpy as np

from cnncli.array_types import DoubleArray
from cnncli.criteria.value_criterion import ValueCriterion


class KLDivLoss(ValueCriterion):
    """The mean over all values of t (log t - x), where x are log-probabilities, as LogSoftmax gives.

    input, target : arrays of one shape, the first axis counts samples; targets are probabilities, 0 adds nothing
    reduction : "mean" over all values, "batchmean" the sum divided by the samples (the divergence itself), or "sum"
    log_target : targets are log-probabilities: exp(t) (t - x)

    Raises ShapeError if the shapes differ. Source: Kullback and Leibler 1951. Torch7: DistKLDivCriterion.

    >>> round(KLDivLoss("batchmean").forward([[-0.6931472, -0.6931472]], [[1, 0]]), 4)
    0.6931
    """

    reductions = ("mean", "sum", "batchmean")

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def value(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        if self.log_target:
            return np.exp(t) * (t - x)
        return np.where(t == 0, 0, t * np.log(t)) - t * x

    def slope(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        return -(np.exp(t) if self.log_target else t) + 0 * x  # what is no number stays none

    def _factor(self, x: DoubleArray) -> float:
        return 1 / max(len(x), 1) if self.reduction == "batchmean" else super()._factor(x)
