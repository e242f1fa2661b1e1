"""The losses at their edges: kinks, borders of settings and targets, single samples, samples and classes of none."""

from typing import Any

import numpy as np
import pytest

from cnncli import criteria
from cnncli.criteria import (
    BCELoss,
    BCEWithLogitsLoss,
    Criterion,
    CrossEntropyLoss,
    HingeLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    MultiCriterion,
    MultiLabelMarginLoss,
    MultiMarginLoss,
    NLLLoss,
    OfLabels,
    SmoothL1Loss,
    SoftMarginLoss,
)
from cnncli.errors import ShapeError, UsageError


@pytest.mark.parametrize(
    ("criterion", "x", "t", "loss", "slope"),
    [
        (L1Loss(), 2.0, 2.0, 0.0, 0.0),
        (HuberLoss(delta=0.5), 1.5, 1.0, 0.125, 0.5), (HuberLoss(delta=0.5), 0.5, 1.0, 0.125, -0.5),
        (SmoothL1Loss(beta=0.5), 1.5, 1.0, 0.25, 1.0), (SmoothL1Loss(beta=0.5), 0.5, 1.0, 0.25, -1.0),
        (SmoothL1Loss(beta=0), 1.0, 1.0, 0.0, 0.0), (SmoothL1Loss(beta=0), 0.0, 1.0, 1.0, -1.0),
        (HingeLoss(), 1.0, 1.0, 0.0, 0.0), (HingeLoss(), -1.0, -1.0, 0.0, 0.0), (HingeLoss(margin=0), 0.0, 1.0, 0, 0),
        (HingeLoss(margin=-1), 0.0, 1.0, 0.0, 0.0), (HingeLoss(margin=-1), -3.0, 1.0, 2.0, -1.0),
        (KLDivLoss(), -0.5, 0.0, 0.0, 0.0), (KLDivLoss(log_target=True), -2.0, 0.0, 2.0, -1.0),
        (BCELoss(), 0.0, 0.0, 0.0, 0.0), (BCELoss(), 1.0, 1.0, 0.0, 0.0),
        (BCELoss(), 0.0, 1.0, 100.0, -1e12), (BCELoss(), 1.0, 0.0, 100.0, 1e12),
        (BCEWithLogitsLoss(), 800.0, 1.0, 0.0, 0.0), (BCEWithLogitsLoss(), -800.0, 1.0, 800.0, -1.0),
        (SoftMarginLoss(), 800.0, -1.0, 800.0, 1.0), (SoftMarginLoss(), 800.0, 1.0, 0.0, 0.0),
    ],
    ids=str,
)  # fmt: skip
def test_a_loss_of_values_at_its_kinks_and_ends(
    criterion: Criterion, x: float, t: float, loss: float, slope: float
) -> None:
    assert criterion.forward([[x]], [[t]]) == pytest.approx(loss, abs=1e-7)
    assert criterion.backward([[x]], [[t]]) == pytest.approx(np.array([[slope]]), rel=1e-6, abs=1e-7)
    assert criterion.sample_losses([[x]], [[t]]) == pytest.approx([loss], abs=1e-7)


@pytest.mark.parametrize(
    ("name", "setting", "taken", "refused"),
    [
        ("HuberLoss", "delta", [1e-6, 1, 3.5], [0, -1, np.nan, np.inf]),
        ("SmoothL1Loss", "beta", [0, 1e-6, 3], [-1e-6, np.nan, np.inf]),
        ("CrossEntropyLoss", "label_smoothing", [0, 0.5, 1], [-1e-6, 1 + 1e-6, np.nan]),
        ("HingeLoss", "margin", [-1, 0, 2], [np.nan, np.inf]),
        ("MultiMarginLoss", "margin", [-1, 0, 2], [np.nan, np.inf]),
        ("MultiMarginLoss", "p", [1, 2], [0, 3, 1.5]),
        *(
            (name, "weight", [[0, 0], [0.5, 1e-6]], [[0.5, -1e-6], [np.nan, 1], [np.inf, 1]])
            for name in ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss", "BCELoss", "BCEWithLogitsLoss")
        ),
        *((name, "weight", [[1, 2]], [[[1, 2]]]) for name in ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss")),
        ("BCEWithLogitsLoss", "pos_weight", [[2], [0, 3]], [-1e-6, [[1, 2]], [np.nan]]),
    ],
)
def test_a_setting_is_taken_up_to_its_borders_and_refused_beyond(
    name: str, setting: str, taken: list[Any], refused: list[Any]
) -> None:
    kind = getattr(criteria, name)
    for value in taken:
        assert np.array(getattr(kind(**{setting: value}), setting)) == pytest.approx(np.array(value))
    for value in refused:
        with pytest.raises(UsageError, match=rf"^{name}: {setting} is "):
            kind(**{setting: value})


def test_of_several_losses_each_sample_has_the_weighted_sum() -> None:
    x, t = np.array([[0.0, 1.0], [2.0, 5.0], [1.0, -1.0]]), np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 3.0]])
    both = MultiCriterion(L1Loss(), MSELoss(), weights=[2, 0.5])
    distances = np.abs(x - t)
    assert both.sample_losses(x, t) == pytest.approx((2 * distances + 0.5 * distances**2).mean(axis=1))
    assert both.backward(x, t) == pytest.approx((2 * np.sign(x - t) + 0.5 * 2 * (x - t)) / x.size)
    assert both.settings() == {"weights": [2.0, 0.5]} and MultiCriterion(L1Loss(), weights=[1]).settings() == {}
    assert not both.takes_labels and not MultiCriterion().takes_labels and MultiCriterion(NLLLoss()).takes_labels
    with pytest.raises(UsageError, match=r"^MultiCriterion: 3 is no criterion"):
        MultiCriterion(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"^MultiCriterion: has no criteria; pass at least one$"):
        MultiCriterion().forward(x, t)


@pytest.mark.parametrize("wrong", [CrossEntropyLoss(), NLLLoss(), "mse", None], ids=str)
def test_only_a_loss_of_values_is_one_of_labels(wrong: Any) -> None:
    with pytest.raises(UsageError, match=r"^OfLabels: .* takes no values as targets"):
        OfLabels(wrong)


@pytest.mark.parametrize(
    ("shape", "labels", "error", "message"),
    [
        ((2, 3), [0, 3], UsageError, "label 3 of sample 1 is not from 0 to 2"),
        ((2, 3), [-1, 0], UsageError, "label -1 of sample 0 is not from 0 to 2"),
        ((2, 1), [0, 2], UsageError, "label 2 of sample 1 is not from 0 to 1"),
        ((2, 3), [0.0, 1.0], UsageError, "labels are float64"),
        ((2, 3), [0, 1, 2], ShapeError, "takes input"),
        ((2,), [0, 1], ShapeError, "takes input"),
        ((2, 3, 1), [0, 1], ShapeError, "takes input"),
    ],
)
def test_labels_that_do_not_fit_are_refused(
    shape: tuple[int, ...], labels: list[Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=rf"^OfLabels\(.*\): {message}"):
        OfLabels(MSELoss()).forward(np.zeros(shape), labels)


def test_targets_of_labels_are_on_and_off() -> None:
    x = np.zeros((2, 3), np.float32)
    found = OfLabels(MSELoss(), off=0.25, on=0.75).targets(x, [2, 0])
    assert found.tolist() == [[0.25, 0.25, 0.75], [0.75, 0.25, 0.25]]
    assert OfLabels(HingeLoss()).targets(x[:, :1], [1, 0]).tolist() == [[1], [-1]]
    assert OfLabels(MultiLabelMarginLoss()).targets(x, [2, 0]).tolist() == [[2, -1, -1], [0, -1, -1]]
    assert OfLabels(MSELoss()).targets(x[:0], np.zeros(0)).shape == (0, 3)


@pytest.mark.parametrize("row", [[3, -1, 0], [-2, -1, 0], [0, 3, -1]], ids=str)
def test_classes_that_are_none_are_refused(row: list[int]) -> None:
    wrong = next(number for number in row if number not in (0, -1))
    with pytest.raises(UsageError, match=rf"^MultiLabelMarginLoss\(\): class {wrong} of sample 1 is not from 0 to 2;"):
        MultiLabelMarginLoss().forward(np.zeros((2, 3)), [[2, 1, 0], row])


def test_what_stands_behind_the_end_of_a_list_of_classes_is_not_read() -> None:
    x, loss = np.array([[0.5, -1.0, 2.0]]), MultiLabelMarginLoss()
    assert loss.forward(x, [[0, -1, -7]]) == loss.forward(x, [[0, -1, 99]]) == loss.forward(x[0], [0, -1, 1])
    assert loss.forward(x, [[-1, 0, 0]]) == 0 and loss.forward(np.zeros((0, 3)), np.zeros((0, 3))) == 0
    for targets, error in (([[0.0, -1.0, -1.0]], UsageError), ([[0, -1]], ShapeError), ([[[0, -1, -1]]], ShapeError)):
        with pytest.raises(error, match=r"^MultiLabelMarginLoss\(\): "):
            loss.forward(x, targets)


def test_a_margin_that_is_just_met_costs_nothing_and_has_no_gradient() -> None:
    x = [[2.0, 1.0, -3.0]]
    for loss, target in ((MultiMarginLoss(), [0]), (MultiMarginLoss(p=2), [0]), (MultiLabelMarginLoss(), [[0, -1, 0]])):
        assert loss.forward(x, target) == 0 and not loss.backward(x, target).any()
        assert loss.forward([[np.nan, 1, 2]], target) != loss.forward([[np.nan, 1, 2]], target)
        assert np.isnan(loss.backward([[np.nan, 1, 2]], target)).all()


def test_soft_targets_are_floats_of_the_shape_of_the_scores() -> None:
    x, loss = np.array([[1.0, 2.0], [0.0, 0.5]]), CrossEntropyLoss()
    assert loss.forward(x, np.array([[0.0, 1.0], [1.0, 0.0]])) == pytest.approx(loss.forward(x, [1, 0]))
    with pytest.raises(UsageError, match="labels are float64"):
        loss.forward(x, [1.0, 0.0])
    with pytest.raises(ShapeError, match="takes input"):
        loss.forward(x, [[0, 1], [1, 0]])
    assert loss.forward([[0.0, -np.inf]], [[1.0, 0.0]]) == 0
    assert CrossEntropyLoss(ignore_index=1).forward(x, [1, 0]) == loss.forward(x[1:], [0])


def test_shares_of_0_cost_nothing_at_impossible_classes() -> None:
    assert NLLLoss().forward([[-0.5, -np.inf]], [0]) == 0.5
    assert NLLLoss(weight=[1, 0]).forward([[-0.5, -np.inf], [-0.5, -np.inf]], [0, 1]) == 0.5
    assert NLLLoss(ignore_index=-1).forward([[-0.5, -1.0], [np.inf, 1.0]], [1, -1]) == 1.0


@pytest.mark.parametrize("name", [name for name in criteria.__all__ if name not in ("Criterion", "OfLabels")])
def test_defaults_change_nothing_if_given(name: str) -> None:
    """What a criterion shows of itself are the settings that are not the defaults."""
    kind = getattr(criteria, name)
    assert repr(kind()) == f"{name}()" and kind().settings() == {}


def test_weights_of_the_right_answers_belong_to_the_last_axis(rng: np.random.Generator) -> None:
    x, t = rng.normal(size=(2, 4, 3)), rng.uniform(size=(2, 4, 3))
    for weights in ([1, 1, 1], 1):
        loss = BCEWithLogitsLoss(pos_weight=weights).forward(x, t)
        assert loss == pytest.approx(BCEWithLogitsLoss().forward(x, t))
    with pytest.raises(ShapeError, match="has 4 weights for input"):
        BCEWithLogitsLoss(pos_weight=[1, 1, 1, 1]).forward(x, t)
