"""Negative log-likelihood of labels."""

import numpy as np
from numpy.typing import ArrayLike

from cnncli.criteria.criterion import Criterion, scores_and_labels
from cnncli.layers.arrays import FloatArray


class NLLLoss(Criterion):
    """The mean over samples of -x[label], where x are log-probabilities, as LogSoftmax gives.

    input : (samples, classes), log-probabilities
    target : (samples,), whole numbers from 0 to classes - 1

    Raises ShapeError or UsageError for targets that do not fit.
    Torch7: ClassNLLCriterion, which counts classes from 1.

    >>> NLLLoss().forward([[-0.25, -1.5]], [0])
    0.25
    """

    def forward(self, input: ArrayLike, target: ArrayLike) -> float:
        values, labels = scores_and_labels(self, input, target)
        picked = values[np.arange(labels.size), labels]
        return -float(np.sum(picked, dtype=np.float64)) / max(labels.size, 1)

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        values, labels = scores_and_labels(self, input, target)
        grad_input = np.zeros_like(values)
        grad_input[np.arange(labels.size), labels] = -1 / max(labels.size, 1)
        return grad_input
