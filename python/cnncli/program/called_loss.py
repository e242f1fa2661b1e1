"""A criterion as a compiled program calls it: in Python, between the forward and the backward pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.criteria import CrossEntropyLoss, MultiCriterion, NLLLoss
from cnncli.criteria.criterion import Criterion
from cnncli.criteria.label_criterion import LabelCriterion
from cnncli.custom_code import calling
from cnncli.errors import ShapeError, UsageError
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.network.answers import answers


@dataclass(frozen=True, eq=False)
class Mixed:
    """A mixup of the samples of a step: the targets of their partners, and their own shares, float64 (samples,)."""

    targets: npt.NDArray[Any]
    shares: npt.NDArray[np.float64]


class CalledLoss:
    """What the core calls in each step: values of the network in, losses and their gradient out.

    outputs : what the outputs of the network mean
    `targets` : those of the step's samples, set before it. No reference to the program, which refers to this.
    `mixed` : with what they are mixed; or None
    """

    def __init__(self, criterion: Criterion, output_shape: Shape, outputs: str) -> None:
        self.criterion, self.output_shape, self.outputs = criterion, output_shape, outputs
        self.targets: npt.NDArray[Any] = np.empty(0)
        self.mixed: Mixed | None = None

    def __call__(self, values: FloatArray) -> tuple[FloatArray, npt.NDArray[np.uint8], FloatArray]:
        outputs, criterion = values.reshape(-1, *self.output_shape), self.criterion
        losses, gradient = self._measured(criterion, outputs)
        correct = np.zeros(len(values), np.uint8)
        if criterion.takes_labels:
            correct[:] = answers(values, self.outputs) == likeliest_labels(self.targets)
        return (
            np.ascontiguousarray(losses, np.float32),
            correct,
            np.ascontiguousarray(gradient.reshape(values.shape), np.float32),
        )

    def _measured(self, criterion: Criterion, outputs: FloatArray) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """The losses (samples,) and the gradient of the outputs for the step's targets, mixed if they are."""
        mixed = self.mixed
        if mixed is None:
            return self._measure(criterion, outputs, self.targets)
        if type(criterion) in (CrossEntropyLoss, NLLLoss):  # those whose mean is divided by weights
            assert isinstance(criterion, LabelCriterion)
            return criterion.mixed(outputs, self.targets, mixed.targets, mixed.shares)
        if type(criterion) is MultiCriterion and criterion.criteria:
            found = [self._measured(one, outputs) for one in criterion.criteria]
            losses, gradient = np.zeros(len(outputs)), np.zeros(outputs.shape)
            for times, (of_one, slopes) in zip(criterion.weights, found, strict=True):
                losses, gradient = losses + times * of_one, gradient + times * slopes
            return losses, gradient
        losses, gradient = self._measure(criterion, outputs, self.targets)
        others, slopes = self._measure(criterion, outputs, mixed.targets)
        own = mixed.shares.reshape(-1, *[1] * (gradient.ndim - 1))
        return mixed.shares * losses + (1 - mixed.shares) * others, own * gradient + (1 - own) * slopes

    def _measure(
        self, criterion: Criterion, outputs: FloatArray, targets: npt.NDArray[Any]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """The losses (samples,) and the gradient of the outputs for these targets."""
        with calling(criterion, "backward"):
            gradient = np.asarray(criterion.backward(outputs, targets))
        if gradient.shape != outputs.shape:
            raise ShapeError(
                f"{criterion!r}: backward returned an array of shape {gradient.shape} for outputs {outputs.shape}; "
                "return one of their shape"
            )
        losses = losses_of(criterion, outputs, targets)
        if losses.shape != outputs.shape[:1]:
            raise ShapeError(
                f"{criterion!r}: sample_losses returned an array of shape {losses.shape} for {len(outputs)} samples; "
                "return one number for each"
            )
        return losses, gradient


def losses_of(criterion: Criterion, outputs: FloatArray, targets: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(samples,): the loss of each sample."""
    with calling(criterion, "forward" if type(criterion).sample_losses is Criterion.sample_losses else "sample_losses"):
        return np.asarray(criterion.sample_losses(outputs, targets))


def likeliest_labels(targets: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The labels (N,); of soft targets (N, classes) the likeliest class."""
    return targets.argmax(axis=1) if targets.ndim == 2 else targets


def targets_as_given(criterion: Criterion, targets: npt.ArrayLike, output_shape: Shape) -> npt.NDArray[Any]:
    """An array (N, ...) that the criterion takes; of a loss of values its samples get the shape of outputs."""
    array = np.asarray(targets)
    if array.ndim == 0:
        raise UsageError(f"{criterion!r}: the targets are one number; pass an array with one target for each sample")
    if not criterion.takes_labels and array[0:1].size == int(np.prod(output_shape)):
        return array.reshape(len(array), *output_shape)
    return array
