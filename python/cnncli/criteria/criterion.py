"""The protocol of all losses."""

from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.errors import ShapeError, UsageError
from cnncli.layers.arrays import FloatArray, as_float32
from cnncli.limits import Limits
from cnncli.shown import shown

Labels = NDArray[np.int64]


class Criterion:
    """A number that says how far the outputs for a batch are from targets, and its gradient.

    Mostly the mean over samples or over values; `reduction="sum"` of those that have it gives the sum. The loss of an
    empty batch is 0. The first axis of `input`, the network's output, counts samples. A loss of your own overrides
    `forward` and `backward`, and trains like ours; `takes_labels = True` says that its targets are classes.
    """

    takes_labels = False

    def forward(self, input: ArrayLike, target: ArrayLike) -> float:
        """The loss of the batch."""
        raise NotImplementedError(f"{type(self).__name__} does not override forward")

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        """The gradient of `forward` with respect to `input`, float32, shape of `input`."""
        raise NotImplementedError(f"{type(self).__name__} does not override backward")

    def sample_losses(self, input: ArrayLike, target: ArrayLike) -> NDArray[np.float64]:
        """(samples,): how much each sample has of the loss; their mean is `forward`, or their sum if that is a sum.

        Without an override each has the loss of the batch.
        """
        return np.full(len(np.asarray(input)), self.forward(input, target))

    def settings(self) -> dict[str, object]:
        """The arguments of the constructor that are not the defaults."""
        found = {}
        for name, parameter in signature(type(self)).parameters.items():
            value = getattr(self, name, parameter.default)
            if value is not parameter.default and (isinstance(value, np.ndarray) or value != parameter.default):
                found[name] = value
        return found

    def __repr__(self) -> str:
        settings = (
            f"{name}={value.tolist() if isinstance(value, np.ndarray) else repr(value)}"
            for name, value in self.settings().items()
        )
        return f"{type(self).__name__}({', '.join(settings)})"


def are_soft(target: NDArray[Any]) -> bool:
    """Whether the targets of a loss of labels are soft: floats, a row for each sample."""
    return target.dtype.kind == "f" and target.ndim == 2


def scores_and_labels(
    criterion: Criterion, input: ArrayLike, target: ArrayLike, ignored: int | None = None
) -> tuple[FloatArray, Labels]:
    """(scores, labels) as float32 (samples, classes) and int64 (samples,); one sample is a batch of one.

    ignored : a label that is let through

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
    wrong = (labels < 0) | (labels >= scores.shape[1])
    outside = np.flatnonzero(wrong if ignored is None else wrong & (labels != ignored))
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


def checked_reduction(name: str, reduction: str, known: tuple[str, ...] = ("mean", "sum")) -> str:
    """`reduction`, if it is `known`; else UsageError. `name` is that of the criterion."""
    if reduction in known:
        return reduction
    hint = "; for the loss of each sample use reduction='sum' and sample_losses()" if reduction == "none" else ""
    raise UsageError(f"{name}: reduction is {shown(reduction)}; pass {' or '.join(map(shown, known))}{hint}")


def checked_number(name: str, setting: str, value: float, *, least: float | None = None, above: float | None = None,
                   most: float | None = None) -> float:
    """`value`, if it is finite and within the limits; else UsageError."""
    return float(Limits(least=least, above=above, most=most).checked(f"{name}: {setting}", value))


def checked_weight(name: str, weight: ArrayLike | None, setting: str = "weight") -> FloatArray | None:
    """Weights as float32 (classes,), or None; UsageError if one is negative or no number."""
    if weight is None:
        return None
    weights = np.array(as_float32(weight, f"{setting} of {name}"))
    if weights.ndim != 1 or not np.all(np.isfinite(weights) & (weights >= 0)):
        raise UsageError(f"{name}: {setting} is {shown(weights)}; pass one number of at least 0 for each class")
    return weights


def weights_of(criterion: Criterion, weight: FloatArray | None, classes: int) -> NDArray[np.float64]:
    """The weight of each class, 1 where none are given; ShapeError unless there is one for each."""
    if weight is None:
        return np.ones(classes)
    if weight.shape != (classes,):
        raise ShapeError(f"{criterion!r}: has {weight.size} weights for {classes} classes; pass one for each class")
    return weight.astype(np.float64)


def checked_value_weight(name: str, weight: ArrayLike | None) -> FloatArray | None:
    """Weights of single values as float32 of any shape, or None; UsageError if one is negative or no number."""
    if weight is None:
        return None
    weights = np.array(as_float32(weight, f"weight of {name}"))
    if not np.all(np.isfinite(weights) & (weights >= 0)):
        raise UsageError(f"{name}: weight is {weights.tolist()}; pass numbers of at least 0")
    return weights


def value_weight(
    criterion: Criterion, weight: FloatArray | None, x: NDArray[np.float64]
) -> NDArray[np.float64] | float:
    """The weights of the values of x, 1 where none are given; ShapeError if they do not broadcast to them."""
    if weight is None:
        return 1.0
    try:
        return np.broadcast_to(weight.astype(np.float64), x.shape)
    except ValueError:
        raise ShapeError(
            f"{criterion!r}: has weights of shape {weight.shape} for input {x.shape}; pass one for each value"
        ) from None
