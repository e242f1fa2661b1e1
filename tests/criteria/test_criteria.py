"""The losses: each is its formula, its gradient that of the formula."""

from collections.abc import Callable

import numpy as np
import pytest

import oracles
from closeness import assert_close
from cnncli.criteria import Criterion, CrossEntropyLoss, MSELoss, NLLLoss, SumSquares
from cnncli.errors import ShapeError, UsageError
from cnncli.layers import LogSoftmax
from layer_check import distinct

# Each formula for one batch in float64.
FOR_LABELS: dict[type[Criterion], Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    CrossEntropyLoss: lambda x, labels: oracles.softmax_nll_forward(x, labels)[0].mean(),
    NLLLoss: lambda x, labels: -np.mean([row[label] for row, label in zip(x, labels, strict=True)]),
}
FOR_VALUES: dict[type[Criterion], Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    MSELoss: lambda x, target: np.mean((x - target) ** 2),
    SumSquares: lambda x, target: sum((a - b) ** 2 / 2 for a, b in zip(x.flat, target.flat, strict=True)),
}


def check(
    criterion: Criterion,
    oracle: Callable[[np.ndarray, np.ndarray], np.ndarray],
    x: np.ndarray,
    target: np.ndarray,
) -> None:
    expected = oracle(x.astype(np.float64), target)
    loss = criterion.forward(x, target)
    assert isinstance(loss, float)
    assert loss == pytest.approx(expected, rel=1e-5)
    gradient = oracles.central_differences(lambda at: oracle(at, target), x, np.ones(()))
    assert_close(criterion.backward(x, target), gradient)


@pytest.mark.parametrize("batch", [1, 2, 17])
@pytest.mark.parametrize("criterion_type", FOR_LABELS)
def test_loss_of_labels_is_its_formula(
    rng: np.random.Generator, criterion_type: type[Criterion], batch: int
) -> None:
    x = distinct(rng, batch, 5)
    check(criterion_type(), FOR_LABELS[criterion_type], x, rng.integers(0, 5, batch))


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (17, 2, 3)])
@pytest.mark.parametrize("criterion_type", FOR_VALUES)
def test_loss_of_values_is_its_formula(
    rng: np.random.Generator, criterion_type: type[Criterion], shape: tuple[int, ...]
) -> None:
    check(criterion_type(), FOR_VALUES[criterion_type], distinct(rng, *shape), distinct(rng, *shape))


def test_cross_entropy_of_the_lecture_is_positive() -> None:
    # The lecture prints -0.1328; class 3 of three is 2 counted from 0.
    scores, label = [[14, 11, 16]], [2]
    assert round(CrossEntropyLoss().forward(scores, label), 4) == 0.1328
    assert round(NLLLoss().forward(LogSoftmax().forward(scores), label), 4) == 0.1328


def test_sum_squares_is_half_a_sum_and_mse_a_mean() -> None:
    x, target = np.zeros((1, 4)), np.full((1, 4), 2.0)
    assert SumSquares().forward(x, target) == 4 * 2**2 / 2
    assert MSELoss().forward(x, target) == 2**2
    assert SumSquares().backward(x, target).tolist() == [[-2] * 4]
    assert MSELoss().backward(x, target).tolist() == [[-1] * 4]


def test_losses_are_means_over_the_batch_but_for_the_sum_of_squares() -> None:
    assert SumSquares().forward([[0], [0]], [[2], [4]]) == 2**2 / 2 + 4**2 / 2
    assert SumSquares().backward([[0], [0]], [[2], [4]]).tolist() == [[-2], [-4]]
    assert MSELoss().forward([[0], [0]], [[2], [4]]) == (2**2 + 4**2) / 2
    assert NLLLoss().forward([[-1, 0], [-2, 0]], [0, 0]) == 1.5


@pytest.mark.parametrize("criterion_type", [*FOR_LABELS, *FOR_VALUES])
def test_loss_of_an_empty_batch_is_0(criterion_type: type[Criterion]) -> None:
    x = np.zeros((0, 3), np.float32)
    target = np.zeros(0, np.int64) if criterion_type in FOR_LABELS else x
    assert criterion_type().forward(x, target) == 0
    assert criterion_type().backward(x, target).shape == (0, 3)


@pytest.mark.parametrize("criterion_type", FOR_LABELS)
def test_loss_takes_one_sample_and_labels_of_any_whole_type(criterion_type: type[Criterion]) -> None:
    criterion = criterion_type()
    expected = criterion.forward([[-1, -2, -3]], np.array([2], np.int64))
    assert criterion.forward([-1, -2, -3], 2) == expected
    assert criterion.forward([[-1, -2, -3]], np.array([2], np.uint8)) == expected


@pytest.mark.parametrize("criterion_type", FOR_LABELS)
@pytest.mark.parametrize(
    ("shape", "labels", "message"),
    [
        ((2, 3), [0, 3], "label 3 of sample 1 is not from 0 to 2; count classes from 0"),
        ((2, 3), [-1, 0], "label -1 of sample 0 is not from 0 to 2; count classes from 0"),
        ((2, 3), [0.0, 1.0], "labels are float64; pass whole numbers, counted from 0"),
        (
            (2, 3),
            [0, 1, 2],
            "takes input (samples, classes) and target (samples,), got (2, 3) and (3,); "
            "pass one label per sample",
        ),
        (
            (2, 3, 1),
            [0, 1],
            "takes input (samples, classes) and target (samples,), got (2, 3, 1) and (2,); "
            "pass one label per sample",
        ),
    ],
)
def test_loss_refuses_labels_that_do_not_fit(
    criterion_type: type[Criterion], shape: tuple[int, ...], labels: list[float], message: str
) -> None:
    for use in (criterion_type().forward, criterion_type().backward):
        with pytest.raises((ShapeError, UsageError)) as caught:
            use(np.zeros(shape), labels)
        assert str(caught.value) == f"{criterion_type.__name__}(): {message}"


@pytest.mark.parametrize("criterion_type", FOR_VALUES)
def test_loss_refuses_targets_of_another_shape(criterion_type: type[Criterion]) -> None:
    # NumPy would stretch the target silently.
    for use in (criterion_type().forward, criterion_type().backward):
        with pytest.raises(ShapeError) as caught:
            use(np.zeros((2, 3)), np.zeros((2, 1)))
        assert str(caught.value) == (
            f"{criterion_type.__name__}(): input has shape (2, 3), target (2, 1); "
            "pass one target for each value"
        )


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_mixed_targets_give_the_loss_and_the_slope_of_their_weighted_mean(
    reduction: str, rng: np.random.Generator
) -> None:
    """Two classes with a share each, and classes that weigh differently, by formulas in float64."""
    scores, weight = distinct(rng, 6, 4).astype(np.float64), np.array([1.0, 0.5, 2.0, 3.0])
    own, other = rng.integers(0, 4, 6), rng.integers(0, 4, 6)
    shares = np.linspace(0.1, 1.0, 6)
    ours, theirs = shares * weight[own], (1 - shares) * weight[other]
    divisor = (ours + theirs).sum() if reduction == "mean" else 1.0

    def loss(x: np.ndarray) -> np.ndarray:
        log_shares = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
        picked, mixed_in = (np.take_along_axis(log_shares, at[:, np.newaxis], 1)[:, 0] for at in (own, other))
        return -(ours * picked + theirs * mixed_in).sum() / divisor

    criterion = CrossEntropyLoss(weight=weight, reduction=reduction)
    losses, gradient = criterion.mixed(scores, own, other, shares)
    total = losses.mean() if reduction == "mean" else losses.sum()
    assert total == pytest.approx(loss(scores), rel=1e-6)
    assert_close(gradient.astype(np.float32), oracles.central_differences(loss, scores, np.ones(())))
