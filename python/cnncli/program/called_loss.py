"""A criterion as a compiled program calls it: in Python, between the forward and the backward pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.criteria import CrossEntropyLoss, MSELoss, NLLLoss, SumSquares
from cnncli.criteria.criterion import Criterion
from cnncli.custom_code import told
from cnncli.errors import ShapeError, UsageError
from cnncli.layers.arrays import FloatArray, Shape

# Losses that the core computes itself, where they have no settings of their own; as a sum those of classes.
IN_CORE: dict[type[Criterion], str] = {
    CrossEntropyLoss: "cross_entropy",
    NLLLoss: "nll",
    MSELoss: "mse",
    SumSquares: "sum_squares",
}


def runs_in_core(criterion: Criterion) -> bool:
    """Whether the core computes this loss; one with other settings, a subclass and all others are called."""
    return type(criterion) in IN_CORE and (not criterion.settings() or is_sum_in_core(criterion))


def is_sum_in_core(criterion: Criterion) -> bool:
    """Whether it is a sum over the samples of a batch, and one that the core makes."""
    return type(criterion) in (CrossEntropyLoss, NLLLoss) and criterion.settings() == {"reduction": "sum"}


def has_ignored(criterion: Criterion, targets: npt.NDArray[Any]) -> bool:
    """Whether a label stands for "does not count", which the core does not know."""
    ignored = getattr(criterion, "ignore_index", None)
    return ignored is not None and bool(np.any(targets == ignored))


class CalledLoss:
    """What the core calls in each step: values of the network in, losses and their gradient out.

    `targets` : those of the step's samples, set before it. No reference to the program, which refers to this.
    """

    def __init__(self, criterion: Criterion, output_shape: Shape) -> None:
        self.criterion, self.output_shape = criterion, output_shape
        self.targets: npt.NDArray[Any] = np.empty(0)

    def __call__(self, values: FloatArray) -> tuple[FloatArray, npt.NDArray[np.uint8], FloatArray]:
        outputs, criterion = values.reshape(-1, *self.output_shape), self.criterion
        with told(criterion, "backward"):
            gradient = np.asarray(criterion.backward(outputs, self.targets))
        if gradient.shape != outputs.shape:
            raise ShapeError(
                f"{criterion!r}: backward returned an array of shape {gradient.shape} for outputs {outputs.shape}; "
                "return one of their shape"
            )
        losses = losses_of(criterion, outputs, self.targets)
        if losses.shape != values.shape[:1]:
            raise ShapeError(
                f"{criterion!r}: sample_losses returned an array of shape {losses.shape} for {len(values)} samples; "
                "return one number for each"
            )
        correct = np.zeros(len(values), np.uint8)
        if criterion.takes_labels:
            correct[:] = values.argmax(axis=1) == self.targets
        return (
            np.ascontiguousarray(losses, np.float32),
            correct,
            np.ascontiguousarray(gradient.reshape(values.shape), np.float32),
        )


def losses_of(criterion: Criterion, outputs: FloatArray, targets: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(samples,): the loss of each sample."""
    with told(criterion, "forward" if type(criterion).sample_losses is Criterion.sample_losses else "sample_losses"):
        return np.asarray(criterion.sample_losses(outputs, targets))


def targets_as_given(criterion: Criterion, targets: npt.ArrayLike, output_shape: Shape) -> npt.NDArray[Any]:
    """An array (N, ...) that the criterion takes; of a loss of values its samples get the shape of outputs."""
    array = np.asarray(targets)
    if array.ndim == 0:
        raise UsageError(f"{criterion!r}: the targets are one number; pass an array with one target for each sample")
    if not criterion.takes_labels and array[0:1].size == int(np.prod(output_shape)):
        return array.reshape(len(array), *output_shape)
    return array
