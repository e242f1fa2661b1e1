"""The protocol of all losses."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.errors import ShapeError, UsageError
from cnncli.layers.arrays import FloatArray, as_float32

Labels = NDArray[np.int64]


class Criterion:
    """A number that says how far the outputs for a batch are from targets, and its gradient: the mean over samples,
    but for SumSquares.

    The loss of an empty batch is 0. The first axis of `input`, the network's output, counts samples.
    """

    def forward(self, input: ArrayLike, target: ArrayLike) -> float:
        """The loss of the batch."""
        raise NotImplementedError(f"{type(self).__name__} does not override forward")

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        """The gradient of `forward` with respect to `input`, float32, shape of `input`."""
        raise NotImplementedError(f"{type(self).__name__} does not override backward")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def scores_and_labels(criterion: Criterion, input: ArrayLike, target: ArrayLike) -> tuple[FloatArray, Labels]:
    """(scores, labels) as float32 (samples, classes) and int64 (samples,); one sample is a batch of one.

    Raises ShapeError unless there is one label per sample, UsageError for labels not from 0 to classes - 1.
    """
    scores = as_float32(input, f"input of {criterion!r}")
    labels = np.asarray(target)
    if labels.dtype.kind not in "iu" and labels.size:
        raise UsageError(f"{criterion!r}: labels are {labels.dtype.name}; pass whole numbers, counted from 0")
    if scores.ndim == 1:
        scores = scores[np.newaxis]
    labels = np.ascontiguousarray(labels, np.int64).reshape(labels.shape or (1,))
    if scores.ndim != 2 or labels.shape != scores.shape[:1]:
        raise ShapeError(
            f"{criterion!r}: takes input (samples, classes) and target (samples,), got {scores.shape} and "
            f"{labels.shape}; pass one label per sample"
        )
    outside = np.flatnonzero((labels < 0) | (labels >= scores.shape[1]))
    if outside.size:
        raise UsageError(
            f"{criterion!r}: label {labels[outside[0]]} of sample {outside[0]} is not from 0 to "
            f"{scores.shape[1] - 1}; count classes from 0"
        )
    return scores, labels


def values_and_targets(
    criterion: Criterion, input: ArrayLike, target: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """(values, targets) as float32 arrays of one shape. Raises ShapeError if the shapes differ."""
    values = as_float32(input, f"input of {criterion!r}")
    targets = as_float32(target, f"target of {criterion!r}")
    if values.shape != targets.shape:
        raise ShapeError(
            f"{criterion!r}: input has shape {values.shape}, target {targets.shape}; "
            "pass one target for each value"
        )
    return values, targets
