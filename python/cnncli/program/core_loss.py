"""Which losses the core computes itself, and how it is told of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli import _core
from cnncli.criteria import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HingeLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    MultiLabelMarginLoss,
    MultiMarginLoss,
    NLLLoss,
    OfLabels,
    SmoothL1Loss,
    SoftMarginLoss,
    SumSquares,
)
from cnncli.criteria.criterion import Criterion
from cnncli.layers import Sigmoid
from cnncli.network import Network
from cnncli.network.answers import yes_above
from cnncli.program.called_loss import CalledLoss

# Losses with kernels of their own, where they have no settings.
_PLAIN: dict[type[Criterion], str] = {
    CrossEntropyLoss: "cross_entropy",
    NLLLoss: "nll",
    MSELoss: "mse",
    SumSquares: "sum_squares",
}
# Functions of each value and its target: their name in the core, and the setting that is its alpha.
_FUNCTIONS: dict[type[Criterion], tuple[str, str]] = {
    MSELoss: ("square", ""),
    SumSquares: ("square", ""),
    L1Loss: ("absolute", ""),
    SmoothL1Loss: ("smooth_l1", "beta"),
    HuberLoss: ("huber", "delta"),
    HingeLoss: ("hinge", "margin"),
    SoftMarginLoss: ("soft_margin", ""),
    BCELoss: ("bce", ""),
    BCEWithLogitsLoss: ("bce_logits", ""),
    KLDivLoss: ("kl_divergence", ""),
}


def core_loss(criterion: Criterion, network: Network) -> tuple[str, dict[str, Any]] | None:
    """(name, settings) of a loss that the core computes: settings that are at most `sum` are for `loss`, others
    for `described_loss`.

    None for one that is called: a subclass, one of the user's own, and what the core does not know.
    """
    if type(criterion) in _PLAIN and not criterion.settings():
        return _PLAIN[type(criterion)], {}
    if type(criterion) in (CrossEntropyLoss, NLLLoss) and criterion.settings() == {"reduction": "sum"}:
        return _PLAIN[type(criterion)], {"sum": True}
    shape = network.output_shape(network.input_shape)
    if len(shape) != 1:
        return None
    if type(criterion) in (CrossEntropyLoss, NLLLoss):
        return _of_shares(criterion, shape[0])
    if type(criterion) is MultiMarginLoss:
        return _of_margins(criterion, shape[0])
    if type(criterion) is not OfLabels:
        return _of_values(criterion, network, shape[0])
    of_values = criterion.criterion
    if type(of_values) is MultiLabelMarginLoss and shape[0] > 1:  # with one class a sample it is that of one class
        return "multi_margin", {"alpha": 1.0, "factor": 1 / shape[0], **_divisor(of_values)}
    found = _of_values(of_values, network, shape[0])
    if found is None:
        return None
    threshold = yes_above(network.outputs)
    labels = {"of_labels": True, "off": criterion.off, "on": criterion.on, "threshold": threshold}
    return found[0], found[1] | labels


def end_with_loss(
    core: _core.Program,
    x: int,
    found: tuple[str, dict[str, Any]] | None,
    called: CalledLoss | None,
    criterion: Criterion,
    training: bool,
) -> None:
    """The loss of outputs x at the end of a program: `found` by the core, or called in Python in training.

    An evaluating program whose loss is called gives what it is called with.
    """
    if called is None and found is not None:
        name, settings = found
        if settings.keys() <= {"sum"}:
            core.loss(x, kind=name, **settings)
        else:
            core.described_loss(x, name, settings)
    elif training:
        assert called is not None
        core.called_loss(x, called)
    else:  # log-probabilities as without settings; their softmax and cross-entropy are those of the scores
        is_cross_entropy = isinstance(criterion, CrossEntropyLoss)
        core.result(core.add("log_softmax", [x]) if is_cross_entropy else x)


def _of_shares(criterion: Any, classes: int) -> tuple[str, dict[str, Any]] | None:
    """Cross-entropy with settings; the labels to be ignored, if there are any, are another matter."""
    name = "cross_entropy" if type(criterion) is CrossEntropyLoss else "nll"
    divisor = "nothing" if criterion.reduction == "sum" else "weights"
    settings = {"alpha": getattr(criterion, "label_smoothing", 0.0), "divisor": divisor}
    return _with_weight(name, settings, criterion.weight, classes)


def _of_margins(criterion: MultiMarginLoss, classes: int) -> tuple[str, dict[str, Any]] | None:
    settings = {"alpha": criterion.margin, "power": criterion.p, "factor": 1 / classes, **_divisor(criterion)}
    return _with_weight("multi_margin", settings, criterion.weight, classes)


def _of_values(criterion: Any, network: Network, size: int) -> tuple[str, dict[str, Any]] | None:
    if type(criterion) not in _FUNCTIONS:
        return None
    name, setting = _FUNCTIONS[type(criterion)]
    if name == "smooth_l1" and criterion.beta == 0:
        name, setting = "absolute", ""
    if name == "kl_divergence" and criterion.log_target:
        name = "kl_of_logs"
    if name == "bce" and not isinstance(list(network.leaves())[-1][1], Sigmoid):
        return None  # values outside 0 to 1 are told by the criterion, which looks at them
    settings: dict[str, Any] = {"alpha": getattr(criterion, setting) if setting else 0.0, **_divisor(criterion)}
    settings["factor"] = 1 / size if criterion.reduction == "mean" else 1.0
    if type(criterion) is SumSquares:
        settings["factor"] = 0.5
    positive = getattr(criterion, "pos_weight", None)
    if positive is not None:
        if positive.size not in (1, size):
            return None
        settings["positive"] = np.ascontiguousarray(np.broadcast_to(positive, size), np.float32)
    return _with_weight(name, settings, getattr(criterion, "weight", None), size)


def _divisor(criterion: Any) -> dict[str, Any]:
    return {"divisor": "nothing" if criterion.reduction == "sum" else "samples"}


def _with_weight(
    name: str, settings: dict[str, Any], weight: npt.NDArray[np.float32] | None, size: int
) -> tuple[str, dict[str, Any]] | None:
    """With a weight for each value; None for one that does not fit, which the criterion then tells."""
    if weight is None:
        return name, settings
    if weight.shape not in ((size,), (1,), ()) or (weight.shape != (size,) and name in ("cross_entropy", "nll")):
        return None
    return name, settings | {"weight": np.ascontiguousarray(np.broadcast_to(weight, size), np.float32)}
