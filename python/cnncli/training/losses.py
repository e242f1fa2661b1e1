"""The loss of a training: made from the plan, for what the network gives and the data ask for, or refused."""

import numpy as np
import numpy.typing as npt

from cnncli.criteria import Criterion
from cnncli.criteria.by_text import BY_NAME, make_loss, outputs_for, read_loss, takes_one_output, takes_weight
from cnncli.data import DataSet
from cnncli.errors import UsageError
from cnncli.nearest import same_but_for_case
from cnncli.network import Network
from cnncli.network.description import suggestion
from cnncli.shown import shortened
from cnncli.training.plan import Plan
from cnncli.training_options import LOSSES

_SIGMOIDS = ("Sigmoid", "Hardsigmoid")
_OF_NUMBERS = ("mse", "sum-squares", "l1", "smooth-l1", "huber")


def check_loss(network: Network, plan: Plan) -> None:
    """Says in the network what its outputs mean for the plan's loss.

    Raises UsageError, one line with the remedy, for a loss that does not fit the last layer, the number of outputs or
    the targets, and for settings of another loss.
    """
    names = [term.name for term in read_loss(plan.loss)]
    if plan.label_smoothing and "cross-entropy" not in names:
        raise UsageError(
            f"--label-smoothing {plan.label_smoothing:g}: {plan.loss} has no such setting; leave it out or use "
            "--loss cross-entropy"
        )
    *_, (place, last) = network.leaves()
    kind = type(last).__name__
    count = int(np.prod(network.output_shape(network.input_shape)))
    ends = f"the last layer of {network.name or 'the network'} is {place}, {last!r}"
    for name in names:
        _check_targets(name, network, count)
        for wanted, fits, remedy in (
            ("log-probabilities", name not in ("nll", "kl-div") or kind == "LogSoftmax",
             "end it with LogSoftmax, or use --loss cross-entropy"),
            ("probabilities", name != "bce" or last.gives == "probability",
             "end it with Sigmoid, or use --loss bce-with-logits"),
            ("scores of any size", name not in ("bce-with-logits", "soft-margin") or kind not in _SIGMOIDS,
             "leave out that layer, or use --loss bce"),
            ("outputs with a gradient", kind != "Step", "end it with Tanh, whose answers are the same"),
        ):  # fmt: skip
            if not fits:
                raise UsageError(f"--loss {name}: takes {wanted}, but {ends}; {remedy}")
    if network.outputs != "values":
        network.outputs = outputs_for(names[0], last.gives, count)


def _check_targets(name: str, network: Network, count: int) -> None:
    """Raises UsageError for a loss of classes where there are none, or with one output for two of them."""
    kind = BY_NAME[name]
    if name not in LOSSES and not kind.takes_labels and network.outputs != "values":
        raise UsageError(
            f"--loss {name}: takes values as targets, but the data have classes; if it does take classes, write in "
            f"class {kind.__name__}: takes_labels = True"
        )
    if network.outputs == "values" and name in LOSSES and name not in _OF_NUMBERS:
        raise UsageError(
            f"--loss {name}: takes classes, but {network.name or 'the network'} gives numbers; use --loss mse, l1, "
            "huber or smooth-l1"
        )
    if network.outputs != "values" and count == 1 and not takes_one_output(name):
        raise UsageError(
            f"--loss {name}: takes one output a class, but {network.name or 'the network'} has one for two classes; "
            'use bce-with-logits, hinge, soft-margin or mse, or end it with out_features = "classes"'
        )


def make_criterion(plan: Plan, network: Network, dataset: DataSet, labels: npt.NDArray[np.int64] | None) -> Criterion:
    """The loss of a plan.

    labels : of the samples trained on, for balanced weights; None: the targets are no classes
    """
    smoothing, reduction = plan.label_smoothing or 0.0, plan.reduce or "mean"
    wanted = "balanced" if plan.balance == "weights" else plan.class_weights
    if wanted is None:
        return make_loss(plan.loss, network.outputs, label_smoothing=smoothing, reduction=reduction)
    names = [term.name for term in read_loss(plan.loss)]
    one = network.output_shape(network.input_shape) == (1,)
    if labels is None or not all(takes_weight(name) or (one and name == "bce-with-logits") for name in names):
        typed = "--balance weights" if plan.balance == "weights" else f"--class-weights {shortened(wanted)}"
        raise UsageError(
            f"{typed}: {plan.loss} has no weights of classes; leave it out or "
            "use --loss cross-entropy, nll or multi-margin, with one output bce-with-logits"
        )
    weights = class_weights(wanted, dataset.class_names, labels)
    if one:
        return make_loss(plan.loss, network.outputs, positive=weights[1] / weights[0], reduction=reduction)
    return make_loss(
        plan.loss, network.outputs, label_smoothing=smoothing, weight=weights, reduction=reduction
    )


def class_weights(text: str, names: list[str], labels: npt.NDArray[np.int64]) -> list[float]:
    """The weight of each class. "balanced": samples / (classes * samples of the class), as scikit-learn has it.

    Raises UsageError for what names no class or is no number above 0.

    >>> class_weights("balanced", ["a", "b"], np.array([0, 0, 1, 0])), class_weights("b=3", ["a", "b"], np.arange(2))
    ([0.6666666666666666, 2.0], [1.0, 3.0])
    """
    counts = np.bincount(labels, minlength=len(names)).tolist()
    if text.lower() == "balanced":
        there = sum(count > 0 for count in counts)
        return [len(labels) / (there * count) if count else 1.0 for count in counts]
    weights = dict.fromkeys(names, 1.0)
    for pair in text.split(","):
        name, _, value = (part.strip() for part in pair.rpartition("="))
        try:
            weight = float(value)
        except ValueError:
            weight = 0.0
        if not 0 < weight < np.inf:
            raise UsageError(
                f"--class-weights {shortened(text)}: {shortened(pair)} is no class with a number above 0; "
                f"use balanced, or NAME=WEIGHT such as {shortened(names[0])}=2"
            )
        name = same_but_for_case(name, names)
        if name not in weights:
            known = suggestion(name, names)
            raise UsageError(f"--class-weights {shortened(text)}: no class {shortened(name)}; {known}")
        weights[name] = weight
    return list(weights.values())
