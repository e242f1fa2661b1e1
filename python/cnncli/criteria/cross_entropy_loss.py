"""Cross-entropy of scores and labels."""

import numpy as np
from numpy.typing import ArrayLike

from cnncli import _core
from cnncli.criteria.criterion import Criterion, scores_and_labels
from cnncli.layers.arrays import FloatArray


class CrossEntropyLoss(Criterion):
    """LogSoftmax and NLLLoss in one: the mean over samples of -log softmax(x)[label].

    The gradient is (softmax(x) - one-hot(label)) / samples.

    input : (samples, classes), any numbers: the outputs of the last Linear layer
    target : (samples,), whole numbers from 0 to classes - 1

    Raises ShapeError or UsageError for targets that do not fit. Source: Bridle 1990.

    >>> round(CrossEntropyLoss().forward([[14, 11, 16]], [2]), 4)
    0.1328
    """

    def forward(self, input: ArrayLike, target: ArrayLike) -> float:
        return float(np.sum(self._passed(input, target)[0], dtype=np.float64)) / max(np.size(target), 1)

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        _, log_probabilities = self._passed(input, target)
        _, labels = scores_and_labels(self, input, target)
        grad_input = np.empty_like(log_probabilities)
        _core.softmax_nll_backward(log_probabilities, labels, grad_input, scale=1 / max(labels.size, 1))
        return grad_input

    def _passed(self, input: ArrayLike, target: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """(losses, log_probabilities) of the samples."""
        scores, labels = scores_and_labels(self, input, target)
        losses = np.empty(labels.shape, np.float32)
        log_probabilities = np.empty_like(scores)
        _core.softmax_nll_forward(scores, labels, losses, log_probabilities)
        return losses, log_probabilities
