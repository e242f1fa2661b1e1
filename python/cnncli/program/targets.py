"""Which loss a network has where nobody says, and the targets that a loss takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.criteria import CrossEntropyLoss, MSELoss, NLLLoss, OfLabels
from cnncli.criteria.criterion import Criterion, are_soft
from cnncli.errors import UsageError
from cnncli.layers.arrays import Shape
from cnncli.network import Network
from cnncli.program.called_loss import targets_as_given

_FOR_NUMBERS = 'make the network with outputs="values"'
_ROUNDED = 1e-3  # how far from 0 to 1 a probability may be that was computed


def usual_loss(network: Network) -> Criterion:
    """Where nobody says which: of scores the cross-entropy, else the squared error of what the outputs mean."""
    if network.outputs == "scores":
        return CrossEntropyLoss()
    return MSELoss() if network.outputs == "values" else OfLabels(MSELoss(), -1.0 if network.outputs == "sign" else 0.0)


def loss_to_train(network: Network) -> Criterion:
    """The usual loss; UsageError where it is 0 whatever the weights: softmax of one score is 1."""
    found = usual_loss(network)
    if isinstance(found, CrossEntropyLoss) and network.output_shape(network.input_shape) == (1,):
        raise UsageError(
            f"{found!r}: of one output nothing is learned, whatever the targets; {_FOR_NUMBERS} for numbers, or "
            "with two class_names"
        )
    return found


def check_loss(criterion: Criterion, network: Network) -> None:
    """Raises UsageError for a loss of classes where the outputs are values: it would be some number, and no loss."""
    if criterion.takes_labels and network.outputs == "values":
        raise UsageError(
            f"{criterion!r}: takes classes, but the outputs of {network._label()} are values; leave the criterion out, "
            "or pass one of values such as MSELoss()"
        )


def targets_for(
    criterion: Criterion, targets: npt.ArrayLike, output_shape: Shape, *, is_called: bool
) -> npt.NDArray[Any]:
    """Targets in an array of the type that the loss takes: int64 labels, or float32.

    is_called : by Python, as one of the user's own, which may take any others

    Raises UsageError for numbers in place of classes.
    """
    if not criterion.takes_labels and not is_called:
        given = np.asarray(targets, np.float32)
        return np.ascontiguousarray(np.reshape(given, (len(given), -1)))
    if isinstance(criterion, NLLLoss):
        _check_classes(criterion, np.asarray(targets))
    if is_called:
        return targets_as_given(criterion, targets, output_shape)
    given = np.asarray(targets)
    return np.ascontiguousarray(given, np.float32 if are_soft(given) else np.int64)


def is_for_core(criterion: Criterion, targets: npt.NDArray[Any]) -> bool:
    """Whether the core takes these targets: it knows no label that does not count, and no soft targets."""
    ignored = getattr(criterion, "ignore_index", None)
    has_ignored = ignored is not None and bool(np.any(targets == ignored))
    return not has_ignored and not (criterion.takes_labels and are_soft(targets))


def _check_classes(criterion: Criterion, targets: npt.NDArray[Any]) -> None:
    """Raises UsageError for what is neither labels nor the probability of each class."""
    if targets.dtype.kind != "f" or not targets.size:
        return
    if not are_soft(targets):
        raise UsageError(
            f"{criterion!r}: targets are {targets.dtype.name} {targets.shape}, and no classes; pass whole numbers, "
            f"counted from 0, or {_FOR_NUMBERS}"
        )
    outside = np.argwhere(~((targets >= -_ROUNDED) & (targets <= 1 + _ROUNDED)))
    if len(outside):
        raise UsageError(
            f"{criterion!r}: target {targets[tuple(outside[0])]:g} of sample {outside[0, 0]} is no probability of a "
            f"class; pass numbers from 0 to 1, or {_FOR_NUMBERS}"
        )
