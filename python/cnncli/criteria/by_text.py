"""Losses as the command line and descriptions write them: `huber`, `huber:delta=2`, `mse+l1:times=0.1`."""

from dataclasses import dataclass
from inspect import signature
from typing import Any

from numpy.typing import ArrayLike

from cnncli.criteria.bce_loss import BCELoss
from cnncli.criteria.bce_with_logits_loss import BCEWithLogitsLoss
from cnncli.criteria.criterion import Criterion
from cnncli.criteria.cross_entropy_loss import CrossEntropyLoss
from cnncli.criteria.hinge_loss import HingeLoss
from cnncli.criteria.huber_loss import HuberLoss
from cnncli.criteria.kl_div_loss import KLDivLoss
from cnncli.criteria.l1_loss import L1Loss
from cnncli.criteria.mse_loss import MSELoss
from cnncli.criteria.multi_criterion import MultiCriterion
from cnncli.criteria.multi_label_margin_loss import MultiLabelMarginLoss
from cnncli.criteria.multi_margin_loss import MultiMarginLoss
from cnncli.criteria.nll_loss import NLLLoss
from cnncli.criteria.of_labels import OfLabels
from cnncli.criteria.smooth_l1_loss import SmoothL1Loss
from cnncli.criteria.soft_margin_loss import SoftMarginLoss
from cnncli.criteria.sum_squares import SumSquares
from cnncli.custom_code import making
from cnncli.errors import CnnError, UsageError
from cnncli.nearest import nearest

# A plugin adds its own, by the names of their classes.
BY_NAME: dict[str, type[Criterion]] = {
    "cross-entropy": CrossEntropyLoss,
    "nll": NLLLoss,
    "multi-margin": MultiMarginLoss,
    "mse": MSELoss,
    "sum-squares": SumSquares,
    "l1": L1Loss,
    "smooth-l1": SmoothL1Loss,
    "huber": HuberLoss,
    "bce": BCELoss,
    "bce-with-logits": BCEWithLogitsLoss,
    "hinge": HingeLoss,
    "soft-margin": SoftMarginLoss,
    "kl-div": KLDivLoss,
    "multi-label-margin": MultiLabelMarginLoss,
}
_ONE_A_CLASS = ("cross-entropy", "nll", "multi-margin", "kl-div", "multi-label-margin")
_SIGNS = ("hinge", "soft-margin")
_SHARES = ("bce", "bce-with-logits", "kl-div")
_NO_TEXT = ("weight", "log_target")  # settings that are arrays, or other targets than there are
_TIMES = "times"


@dataclass(frozen=True)
class LossTerm:
    """One loss of a sum.

    settings : arguments of its class
    times : by which it is multiplied
    """

    name: str
    settings: dict[str, Any]
    times: float = 1.0

    def make(self, **more: Any) -> Criterion:
        """The criterion, of its own targets; `more` are further arguments."""
        with making(BY_NAME[self.name]):
            return BY_NAME[self.name](**(self.settings | more))


def read_loss(text: str) -> list[LossTerm]:
    """The losses that a text adds up: NAME[:SETTING=VALUE,...][+NAME...].

    A setting is an argument of the loss in Python, or `times`.

    Raises UsageError with the rule that it breaks.

    >>> read_loss("mse+huber:delta=0.5,times=2")
    [LossTerm(name='mse', settings={}, times=1.0), LossTerm(name='huber', settings={'delta': 0.5}, times=2.0)]
    """
    return [_read_term(term) for term in text.split("+")]


def _read_term(text: str) -> LossTerm:
    name, _, rest = text.partition(":")
    if name not in BY_NAME:
        near = nearest(name, BY_NAME)
        raise UsageError(f"unknown; {f'did you mean {near}?' if near else 'use one of ' + ', '.join(BY_NAME)}")
    known = [key for key in signature(BY_NAME[name]).parameters if key not in _NO_TEXT]
    settings: dict[str, Any] = {}
    for pair in rest.split(",") if rest else []:
        key, _, value = pair.partition("=")
        if key not in (*known, _TIMES):
            raise UsageError(f"{name} has no setting {key!r}; it has {', '.join((*known, _TIMES))}, such as {_TIMES}=2")
        settings[key] = value if key == "reduction" else _number(name, key, value)
    times = settings.pop(_TIMES, 1.0)
    term = LossTerm(name, settings, float(times))
    try:
        term.make()
    except CnnError as error:
        raise UsageError(str(error)) from None
    return term


def _number(name: str, key: str, value: str) -> float | int:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    raise UsageError(f"{key} of {name} is {value!r}; use a number")


def outputs_for(name: str, gives: str, count: int) -> str:
    """What the outputs of a network mean that learns classes by a loss, see `network.answers`.

    gives : what the last layer does, see `Module`; count : how many outputs there are

    >>> outputs_for("mse", "sign", 1), outputs_for("mse", "probability", 10), outputs_for("cross-entropy", "", 10)
    ('sign', 'probability', 'scores')
    """
    if name in _ONE_A_CLASS or not _is_ours(name):
        return "scores"
    if name in ("soft-margin", "bce-with-logits"):
        return "logit"
    if name == "bce" or (name != "hinge" and gives == "probability"):
        return "probability"
    return "sign" if name == "hinge" or gives == "sign" or count == 1 else "probability"


def _is_ours(name: str) -> bool:
    return BY_NAME[name].__module__.startswith("cnncli.")


def make_loss(
    text: str,
    outputs: str,
    *,
    label_smoothing: float = 0.0,
    weight: ArrayLike | None = None,
    positive: float | None = None,
    reduction: str = "mean",
) -> Criterion:
    """The criterion of a text, for a network whose outputs mean this: of labels, or of values for "values".

    label_smoothing : of cross-entropy
    weight : of each class, for losses that have it
    positive : weight of class 1 of two, for bce-with-logits
    reduction : "sum" for that of the samples of a batch; UsageError for a loss that has none to choose
    """
    terms = read_loss(text)
    made = []
    for term in terms:
        more: dict[str, Any] = {}
        if reduction == "sum":
            if "reduction" not in signature(BY_NAME[term.name]).parameters:
                raise UsageError(f"--reduce sum: {term.name} has no reduction to choose; leave it out")
            more["reduction"] = "sum"
        if term.name == "cross-entropy" and label_smoothing:
            more["label_smoothing"] = label_smoothing
        if weight is not None and takes_weight(term.name):
            more["weight"] = weight
        if positive is not None and term.name == "bce-with-logits":
            more["pos_weight"] = positive
        criterion = term.make(**more)
        if outputs != "values" and not criterion.takes_labels:
            signs = term.name in _SIGNS or (outputs == "sign" and term.name not in _SHARES)
            criterion = OfLabels(criterion, off=-1.0 if signs else 0.0)
        made.append(criterion)
    if len(made) == 1 and terms[0].times == 1:
        return made[0]
    return MultiCriterion(*made, weights=[term.times for term in terms])


def takes_weight(name: str) -> bool:
    """Whether a loss has a weight for each class."""
    return name in ("cross-entropy", "nll", "multi-margin")


def takes_one_output(name: str) -> bool:
    """Whether a loss can tell two classes apart by one output."""
    return name not in _ONE_A_CLASS
