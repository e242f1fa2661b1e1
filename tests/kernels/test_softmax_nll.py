"""`_core.softmax_nll_*`: log-softmax and negative log-likelihood in one, a loss for each sample."""

from collections.abc import Callable

import numpy as np
import pytest

import oracles
from closeness import assert_close, unwritten
from cnncli import _core
from kernel_cases import BATCHES

CLASSES = [1, 2, 3, 7, 10, 16, 17, 101]


def forward(x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    losses, log_probabilities = unwritten(len(x)), unwritten(*x.shape)
    _core.softmax_nll_forward(x, labels, losses, log_probabilities)
    return losses, log_probabilities


def backward(log_probabilities: np.ndarray, labels: np.ndarray, scale: float) -> np.ndarray:
    grad_x = unwritten(*log_probabilities.shape)
    _core.softmax_nll_backward(log_probabilities, labels, grad_x, scale=scale)
    return grad_x


@pytest.mark.parametrize("batch", BATCHES)
def test_softmax_nll_forward_and_backward(instruction_set: str, rng: np.random.Generator, batch: int) -> None:
    for classes in CLASSES:
        x = rng.normal(0, 5, (batch, classes)).astype(np.float32)
        labels = rng.integers(0, classes, batch)
        losses, log_probabilities = forward(x, labels)
        expected_losses, expected = oracles.softmax_nll_forward(x, labels)
        assert_close(losses, expected_losses, terms=classes)
        assert_close(log_probabilities, expected, terms=classes)
        grad_x = backward(log_probabilities, labels, scale=-0.25)
        assert_close(grad_x, oracles.softmax_nll_backward(log_probabilities, labels, scale=-0.25))


def test_softmax_nll_of_the_worked_example_of_three_classes(instruction_set: str) -> None:
    """A lecture prints this loss as -0.1328; a loss of a likelihood below 1 is positive."""
    losses, log_probabilities = forward(np.array([[14, 11, 16]], np.float32), np.array([2]))
    np.testing.assert_allclose(np.exp(log_probabilities[0]), [0.1185, 0.0059, 0.8756], atol=5e-5)
    assert losses[0] == pytest.approx(0.1328, abs=5e-5)


def test_softmax_nll_gradient_of_a_sample_sums_to_zero(
    instruction_set: str, rng: np.random.Generator
) -> None:
    x, labels = rng.normal(size=(33, 10)).astype(np.float32), rng.integers(0, 10, 33)
    _, log_probabilities = forward(x, labels)
    np.testing.assert_allclose(backward(log_probabilities, labels, 1.0).sum(axis=1), 0, atol=1e-6)


def test_softmax_nll_keeps_nan_and_infinity_to_their_sample(
    instruction_set: str, rng: np.random.Generator
) -> None:
    x, labels = rng.normal(size=(19, 10)).astype(np.float32), rng.integers(0, 10, 19)
    x[3, 9] = np.nan
    x[16, 0] = np.inf
    labels[18] = 5
    x[18, 5] = -np.inf  # the label is impossible: its loss is infinite, its gradient is not
    losses, log_probabilities = forward(x, labels)
    expected_losses, expected = oracles.softmax_nll_forward(x, labels)
    assert_close(losses, expected_losses, terms=10)
    assert_close(log_probabilities, expected, terms=10)
    assert losses[18] == np.inf
    grad_x = backward(log_probabilities, labels, 1.0)
    assert_close(grad_x, oracles.softmax_nll_backward(log_probabilities, labels, scale=1.0))
    assert np.isfinite(np.delete(grad_x, [3, 16], 0)).all()


def test_softmax_nll_gives_the_same_bits_for_any_threads(
    instruction_set: str, rng: np.random.Generator, assert_same_bits_for_any_threads: Callable
) -> None:
    x, labels = rng.normal(size=(513, 13)).astype(np.float32), rng.integers(0, 13, 513)
    assert_same_bits_for_any_threads(lambda: (*forward(x, labels), backward(x, labels, 0.5)))


@pytest.mark.parametrize("label", [-1, 10, 2**40])
def test_softmax_nll_refuses_a_label_that_is_no_class(label: int) -> None:
    x, labels = np.zeros((17, 10), np.float32), np.zeros(17, np.int64)
    labels[16] = label
    message = f"^labels: expected 0 to 9, got {label} for sample 16$"
    with pytest.raises(ValueError, match=message):
        forward(x, labels)
    with pytest.raises(ValueError, match=message):
        backward(x, labels, 1.0)


def test_softmax_nll_refuses_what_does_not_fit() -> None:
    x, labels = np.zeros((3, 4), np.float32), np.zeros(3, np.int64)
    for argument, call in (
        ("labels", lambda: forward(x, labels[:2].copy())),
        ("input", lambda: forward(x[0], labels)),
        ("losses", lambda: _core.softmax_nll_forward(x, labels, unwritten(2), unwritten(3, 4))),
        ("log_probabilities", lambda: _core.softmax_nll_forward(x, labels, unwritten(3), unwritten(3, 5))),
        ("grad_input", lambda: _core.softmax_nll_backward(x, labels, unwritten(3, 5), scale=1.0)),
    ):
        with pytest.raises(ValueError, match=rf"^{argument}: expected shape .*, got "):
            call()
    with pytest.raises(TypeError, match=r"^labels: expected int64, got int32$"):
        forward(x, labels.astype(np.int32))
    with pytest.raises(TypeError, match=r"^input: expected float32, got float64$"):
        forward(x.astype(np.float64), labels)
