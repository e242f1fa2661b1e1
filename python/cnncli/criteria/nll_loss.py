"""Negative log-likelihood of labels."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.criteria.criterion import checked_reduction, checked_weight, scores_and_labels, weights_of
from cnncli.criteria.label_criterion import LabelCriterion
from cnncli.layers.arrays import FloatArray


class NLLLoss(LabelCriterion):
    """The mean over samples of -x[label], where x are log-probabilities, as LogSoftmax gives.

    input : (samples, classes), log-probabilities
    target : (samples,), whole numbers from 0 to classes - 1, or `ignore_index`
    weight : (classes,), by which a sample's loss is multiplied; the mean is divided by the samples' weights; None: 1
    ignore_index : samples with this label count for nothing
    reduction : "mean" over samples, or "sum"

    Raises ShapeError or UsageError for targets that do not fit.
    Torch7: ClassNLLCriterion, which counts classes from 1.

    >>> NLLLoss().forward([[-0.25, -1.5]], [0])
    0.25
    """

    def __init__(
        self, weight: ArrayLike | None = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        name = type(self).__name__
        self.weight, self.reduction = checked_weight(name, weight), checked_reduction(name, reduction)
        self.ignore_index = int(ignore_index)

    def parts(
        self, input: ArrayLike, target: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        scores, labels = scores_and_labels(self, input, target, self.ignore_index)
        return self._weighted(scores, labels, smoothing=0.0)

    def _weighted(
        self, log_probabilities: FloatArray, labels: NDArray[np.int64], smoothing: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """parts() of log-probabilities; `smoothing` is the share of the weight that goes to all classes alike."""
        x, rows = log_probabilities.astype(np.float64), np.arange(labels.size)
        weights = weights_of(self, self.weight, x.shape[1])
        counted = labels != self.ignore_index
        at = np.where(counted, labels, 0)
        of_sample = weights[at] * counted if x.shape[1] else np.zeros(labels.size)
        share = np.zeros_like(x)  # how much of each class's -x the sample pays
        if x.shape[1]:
            share += np.outer(counted, weights) * (smoothing / x.shape[1])
            share[rows, at] += (1 - smoothing) * of_sample
        with np.errstate(all="ignore"):  # of impossible classes that cost nothing, 0 times infinity is 0
            losses = -np.where(share == 0, 0, share * x).sum(axis=1)
        return losses, -share, of_sample
