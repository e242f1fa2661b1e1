"""A loss of values for samples in classes."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.criteria.criterion import Criterion, checked_number
from cnncli.criteria.multi_label_margin_loss import MultiLabelMarginLoss
from cnncli.errors import ShapeError, UsageError
from cnncli.layers.arrays import FloatArray


class OfLabels(Criterion):
    """A loss of values, with labels in place of targets: each sample's target is `on` at its class and `off` elsewhere.

    A network of one output tells two classes apart: its target is `on` for class 1 and `off` for class 0. So the
    lecture's labels -1 and +1 are `OfLabels(HingeLoss())`.

    criterion : the loss of values, or MultiLabelMarginLoss, whose targets are lists of classes
    off, on : targets

    input : (samples, classes), or (samples, 1) with two classes
    target : (samples,), whole numbers from 0 to classes - 1

    Raises ShapeError or UsageError for targets that do not fit.

    >>> from cnncli.criteria import HingeLoss
    >>> OfLabels(HingeLoss()).forward([[0.5], [-2.0]], [1, 1])
    1.75
    """

    takes_labels = True

    def __init__(self, criterion: Criterion, off: float = -1.0, on: float = 1.0) -> None:
        name = type(self).__name__
        if not isinstance(criterion, Criterion) or criterion.takes_labels:
            raise UsageError(f"{name}: {criterion!r} takes no values as targets; pass a loss such as HingeLoss()")
        self.criterion = criterion
        self.off, self.on = checked_number(name, "off", off), checked_number(name, "on", on)

    def forward(self, input: ArrayLike, target: ArrayLike) -> float:
        return self.criterion.forward(input, self.targets(input, target))

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        return self.criterion.backward(input, self.targets(input, target))

    def sample_losses(self, input: ArrayLike, target: ArrayLike) -> NDArray[np.float64]:
        return self.criterion.sample_losses(input, self.targets(input, target))

    def targets(self, input: ArrayLike, target: ArrayLike) -> NDArray[Any]:
        """What the loss of values gets: an array of the shape of `input`."""
        shape, labels = np.shape(input), np.asarray(target)
        if labels.dtype.kind not in "iu" and labels.size:
            raise UsageError(f"{self!r}: labels are {labels.dtype.name}; pass whole numbers, counted from 0")
        if len(shape) != 2 or labels.shape != shape[:1]:
            raise ShapeError(
                f"{self!r}: takes input (samples, classes) and target (samples,), got {shape} and {labels.shape}; "
                "pass one label per sample"
            )
        classes = 2 if shape[1] == 1 else shape[1]
        outside = np.flatnonzero((labels < 0) | (labels >= classes))
        if outside.size:
            raise UsageError(
                f"{self!r}: label {labels[outside[0]]} of sample {outside[0]} is not from 0 to {classes - 1}; "
                "count classes from 0"
            )
        if isinstance(self.criterion, MultiLabelMarginLoss):
            lists = np.full(shape, -1, np.int64)
            lists[:, :1] = labels[:, np.newaxis]
            return lists
        is_on = labels[:, np.newaxis] == (1 if shape[1] == 1 else np.arange(shape[1]))
        return np.where(is_on, self.on, self.off).astype(np.float32)

    def settings(self) -> dict[str, object]:
        """The targets."""
        return {"off": self.off, "on": self.on}

    def __repr__(self) -> str:
        return f"OfLabels({self.criterion!r}, off={self.off:g}, on={self.on:g})"
