"""Losses by their texts, and what the outputs of a network mean for each."""

from typing import Any

import numpy as np
import pytest

from cnncli.criteria import (
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HingeLoss,
    HuberLoss,
    KLDivLoss,
    MSELoss,
    MultiCriterion,
    MultiLabelMarginLoss,
    MultiMarginLoss,
    NLLLoss,
    OfLabels,
    SoftMarginLoss,
    SumSquares,
)
from cnncli.criteria.by_text import BY_NAME, make_loss, outputs_for, read_loss, takes_one_output, takes_weight
from cnncli.errors import UsageError
from cnncli.layers.registry import LAYER_TYPES

SIGNED = ["Tanh", "ScaledTanh", "Hardtanh", "Softsign", "Step"]
SHARES = ["Sigmoid", "Hardsigmoid", "Softmax"]
ONE_A_CLASS = {"cross-entropy", "nll", "multi-margin", "kl-div", "multi-label-margin"}
OF_VALUES = {"mse", "sum-squares", "l1", "smooth-l1", "huber"}


def test_what_outputs_mean_follows_the_loss_and_then_the_last_layer() -> None:
    for name in BY_NAME:
        for layer in ("Linear", "ReLU", *SIGNED, *SHARES):
            for count in (1, 2, 10):
                if name in ONE_A_CLASS:
                    meant = "scores"
                elif name in ("soft-margin", "bce-with-logits"):
                    meant = "logit"
                elif name in ("hinge", "bce"):
                    meant = "sign" if name == "hinge" else "probability"
                else:
                    meant = "sign" if layer in SIGNED or (layer not in SHARES and count == 1) else "probability"
                assert outputs_for(name, LAYER_TYPES[layer].gives, count) == meant, (name, layer, count)
        assert takes_one_output(name) == (name not in ONE_A_CLASS)
        assert takes_weight(name) == (name in {"cross-entropy", "nll", "multi-margin"})


@pytest.mark.parametrize(
    ("text", "outputs", "more", "expected"),
    [
        ("cross-entropy", "scores", {}, CrossEntropyLoss()),
        ("cross-entropy", "scores", {"label_smoothing": 0.1}, CrossEntropyLoss(label_smoothing=0.1)),
        ("nll", "scores", {"label_smoothing": 0.1}, NLLLoss()),
        ("nll", "scores", {"weight": [1, 2]}, NLLLoss(weight=[1, 2])),
        ("multi-margin:p=2", "scores", {"weight": [1, 2]}, MultiMarginLoss(2, weight=[1, 2])),
        ("mse", "probability", {"weight": [1, 2], "positive": 3.0}, OfLabels(MSELoss(), off=0.0)),
        ("mse", "values", {}, MSELoss()),
        ("mse", "sign", {}, OfLabels(MSELoss(), off=-1.0)),
        ("hinge", "probability", {}, OfLabels(HingeLoss(), off=-1.0)),
        ("soft-margin", "logit", {}, OfLabels(SoftMarginLoss(), off=-1.0)),
        ("bce-with-logits", "sign", {"positive": 3.0}, OfLabels(BCEWithLogitsLoss(pos_weight=3.0), off=0.0)),
        ("bce-with-logits", "logit", {}, OfLabels(BCEWithLogitsLoss(), off=0.0)),
        ("kl-div", "sign", {}, OfLabels(KLDivLoss(), off=0.0)),
        ("multi-label-margin", "scores", {}, OfLabels(MultiLabelMarginLoss(), off=0.0)),
        ("mse", "values", {"reduction": "sum"}, MSELoss(reduction="sum")),
        ("mse:reduction=sum", "values", {}, MSELoss(reduction="sum")),
        ("huber:delta=2", "values", {}, HuberLoss(delta=2)),
        ("mse:times=1", "values", {}, MSELoss()),
        ("mse:times=2", "values", {}, MultiCriterion(MSELoss(), weights=[2])),
        ("mse+sum-squares", "values", {}, MultiCriterion(MSELoss(), SumSquares())),
        ("mse+huber:delta=2,times=0.5", "values", {}, MultiCriterion(MSELoss(), HuberLoss(delta=2), weights=[1, 0.5])),
    ],
    ids=str,
)  # fmt: skip
def test_a_text_makes_the_criterion_for_what_outputs_mean(
    text: str, outputs: str, more: dict[str, Any], expected: Any
) -> None:
    assert repr(make_loss(text, outputs, **more)) == repr(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unknown; use one of cross-entropy, nll"), ("mse+", "unknown; use one of"),
        ("mse:", ""), ("mse:times", "times of mse is ''; use a number"), ("mse:times=nan", "weight is nan"),
        ("cross-entropy:weight=1", "cross-entropy has no setting 'weight'"),
        ("kl-div:log_target=1", "kl-div has no setting 'log_target'"), ("mse:name=1", "mse has no setting 'name'"),
        ("mse:reduction=none", 'MSELoss: reduction is "none"'),
    ],
)  # fmt: skip
def test_a_text_that_is_none_is_refused(text: str, message: str) -> None:
    if not message:
        assert repr(make_loss(text, "values")) == "MSELoss()"
        return
    with pytest.raises(UsageError) as caught:
        make_loss(text, "values")
    assert message in str(caught.value)


def test_numbers_of_a_text_are_whole_where_they_can_be() -> None:
    (term,) = read_loss("multi-margin:p=2,margin=0.5,times=3")
    assert term.settings == {"p": 2, "margin": 0.5} and type(term.settings["p"]) is int
    assert (term.times, type(term.times)) == (3.0, float)
    with pytest.raises(UsageError, match=r"^--reduce sum: sum-squares has no reduction to choose; leave it out$"):
        make_loss("sum-squares", "values", reduction="sum")
    assert make_loss("sum-squares", "values").forward(np.zeros((1, 2)), np.full((1, 2), 2.0)) == 4
