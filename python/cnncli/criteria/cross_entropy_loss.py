"""Cross-entropy of scores and labels."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli import _core
from cnncli.criteria.criterion import are_soft, checked_number, scores_and_labels, values_and_targets, weights_of
from cnncli.criteria.nll_loss import NLLLoss
from cnncli.layers.arrays import FloatArray


class CrossEntropyLoss(NLLLoss):
    """LogSoftmax and NLLLoss in one: the mean over samples of -log softmax(x)[label].

    The gradient is (softmax(x) - one-hot(label)) / samples.

    input : (samples, classes), any numbers: the outputs of the last Linear layer
    target : (samples,), whole numbers from 0 to classes - 1, or `ignore_index`; or soft targets, float
        (samples, classes): the probability of each class, with which the loss is the
        mean over samples of -sum of t log softmax(x)
    weight : (classes,), by which a sample's loss is multiplied; the mean is divided by the samples' weights,
        that of soft targets, where each class has its weight, by the samples; None: 1
    ignore_index : samples with this label count for nothing
    reduction : "mean" over samples, or "sum"
    label_smoothing : share of the target that all classes get alike, from 0 to 1 (Szegedy et al. 2016, section 7)

    Raises ShapeError or UsageError for targets that do not fit. Source: Bridle 1990. Torch7: CrossEntropyCriterion.

    >>> round(CrossEntropyLoss().forward([[14, 11, 16]], [2]), 4)
    0.1328
    """

    def __init__(
        self,
        weight: ArrayLike | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, ignore_index, reduction)
        self.label_smoothing = checked_number(
            type(self).__name__, "label_smoothing", label_smoothing, least=0, most=1
        )

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        if is_soft(input, target):
            return super().backward(input, target)
        scores, labels = scores_and_labels(self, input, target, self.ignore_index)
        if self.settings() or np.any(labels == self.ignore_index):
            return super().backward(input, target)
        # The bits of a compiled program, which computes it this way.
        log_probabilities = self._log_probabilities(scores)
        grad_input = np.empty_like(log_probabilities)
        _core.softmax_nll_backward(log_probabilities, labels, grad_input, scale=1 / max(labels.size, 1))
        return grad_input

    def parts(
        self, input: ArrayLike, target: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        if is_soft(input, target):
            scores, targets = values_and_targets(self, input, target)
            log_probabilities = self._log_probabilities(scores)
            losses, gradients, weights = self._soft(log_probabilities, targets)
        else:
            scores, labels = scores_and_labels(self, input, target, self.ignore_index)
            log_probabilities = self._log_probabilities(scores)
            losses, gradients, weights = self._weighted(log_probabilities, labels, self.label_smoothing)
        with np.errstate(all="ignore"):
            gradients -= np.exp(log_probabilities.astype(np.float64)) * gradients.sum(axis=1, keepdims=True)
        return losses, gradients, weights

    def _soft(
        self, log_probabilities: FloatArray, targets: FloatArray
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """parts() of log-probabilities, with the probability of each class as target."""
        x, classes = log_probabilities.astype(np.float64), max(log_probabilities.shape[1], 1)
        smoothed = (1 - self.label_smoothing) * targets.astype(np.float64) + self.label_smoothing / classes
        share = weights_of(self, self.weight, x.shape[1]) * smoothed
        with np.errstate(all="ignore"):
            return -np.where(share == 0, 0, share * x).sum(axis=1), -share, np.ones(len(x))

    @staticmethod
    def _log_probabilities(scores: FloatArray) -> FloatArray:
        """log softmax of each row, by the core."""
        log_probabilities, losses = np.empty_like(scores), np.empty(len(scores), np.float32)
        if scores.size:
            _core.softmax_nll_forward(scores, np.zeros(len(scores), np.int64), losses, log_probabilities)
        return log_probabilities


def is_soft(input: ArrayLike, target: ArrayLike) -> bool:
    """Whether targets are probabilities of classes, as PyTorch tells them: floats of the shape of the input."""
    targets = np.asarray(target)
    return are_soft(targets) and targets.shape == np.shape(input)
