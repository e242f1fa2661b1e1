"""The node `log_softmax`: x - log(sum of exp(x)) of each row, and its gradient from the output."""

from collections.abc import Callable

import numpy as np
import pytest

import oracles
from closeness import assert_close
from cnncli import _core
from kernel_cases import BATCHES

CLASSES = [1, 2, 3, 7, 10, 16, 17, 101]


def forward(x: np.ndarray) -> np.ndarray:
    return _core.Node("log_softmax").forward(x)


def backward(y: np.ndarray, grad_y: np.ndarray) -> np.ndarray:
    x = np.full_like(y, np.nan)  # not read
    return _core.Node("log_softmax").grad_input(x, grad_y, kept={"output": y})


@pytest.mark.parametrize("batch", BATCHES)
def test_log_softmax_forward_and_backward(instruction_set: str, rng: np.random.Generator, batch: int) -> None:
    for classes in CLASSES:
        x = rng.normal(0, 5, (batch, classes)).astype(np.float32)
        grad_y = rng.uniform(-1, 1, x.shape).astype(np.float32)
        y = forward(x)
        assert_close(y, oracles.log_softmax_forward(x), terms=classes)
        assert_close(backward(y, grad_y), oracles.log_softmax_backward(y, grad_y), terms=classes)


@pytest.mark.parametrize("shift", [1e4, -1e4, 1e30, -1e30])
def test_log_softmax_neither_overflows_nor_underflows(instruction_set: str, shift: float) -> None:
    x = np.full((17, 10), shift, dtype=np.float32)
    assert_close(forward(x), np.full((17, 10), -np.log(10)))


def test_log_softmax_of_widely_spread_rows(instruction_set: str) -> None:
    x = np.tile(np.array([0.0, -50.0, -100.0, -1000.0, -1e30], np.float32), (17, 1))
    assert_close(forward(x), oracles.log_softmax_forward(x))


def test_log_softmax_keeps_nan_and_infinity_to_their_sample(
    instruction_set: str, rng: np.random.Generator
) -> None:
    x = rng.normal(size=(19, 10)).astype(np.float32)
    x[3, 9] = np.nan
    x[16, 0] = np.inf  # Inf - Inf: the whole row is NaN
    x[18, 5] = -np.inf  # a class that is impossible; the others are ordinary
    y = forward(x)
    assert_close(y, oracles.log_softmax_forward(x), terms=10)
    assert np.isnan(y[3]).all() and np.isnan(y[16]).all()
    assert y[18, 5] == -np.inf and np.isfinite(np.delete(y[18], 5)).all()
    grad_y = rng.normal(size=(19, 10)).astype(np.float32)
    grad_y[17, 2] = np.nan
    grad_x = backward(y, grad_y)
    assert_close(grad_x, oracles.log_softmax_backward(y, grad_y), terms=10)
    assert np.isfinite(np.delete(grad_x, [3, 16, 17], 0)).all()


def test_log_softmax_gives_the_same_bits_for_any_threads(
    instruction_set: str, rng: np.random.Generator, assert_same_bits_for_any_threads: Callable
) -> None:
    x, grad_y = (rng.normal(size=(513, 13)).astype(np.float32) for _ in range(2))
    assert_same_bits_for_any_threads(lambda: (forward(x), backward(x, grad_y)))


def test_log_softmax_refuses_what_does_not_fit() -> None:
    x, node = np.ones((3, 4), np.float32), _core.Node("log_softmax")
    with pytest.raises(ValueError, match=r"^log_softmax: input: expected at least one class$"):
        node.forward(np.ones((3, 0), np.float32))
    with pytest.raises(ValueError, match=r"^grad_output: expected shape \(3, 4\), got \(2, 4\)$"):
        node.grad_input(x, x[:2], kept={"output": x})
    with pytest.raises(ValueError, match=r"^output: expected shape \(3, 4\), got \(2, 4\)$"):
        node.grad_input(x, x, kept={"output": x[:2]})
    with pytest.raises(ValueError, match=r"^output: needed from the forward pass, got none$"):
        node.grad_input(x, x)
    with pytest.raises(TypeError, match=r"^input: expected float32, got float64$"):
        node.forward(x.astype(np.float64))
