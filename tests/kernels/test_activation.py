"""`_core.activation_*`: ReLU, tanh and sigmoid of any shape; the gradient from the output."""

from collections.abc import Callable

import numpy as np
import pytest

import oracles
from closeness import assert_close, unwritten
from cnncli import _core

KINDS = ["relu", "tanh", "sigmoid"]
SHAPES = [(0,), (1,), (3,), (15,), (16,), (17,), (31,), (5, 7), (0, 3), (33, 10), (2, 3, 5, 4), (17, 6, 1, 1)]
# The widest float32 range: where exp() overflows, where it underflows, and where tanh(x) is x or +-1.
LARGE = np.logspace(-38, 38, 1201)
VALUES = np.concatenate(
    [np.linspace(-12, 12, 4801), LARGE, -LARGE, np.linspace(-110, 110, 1201), [0.0, -0.0]]
).astype(np.float32)


def forward(x: np.ndarray, kind: str) -> np.ndarray:
    y = unwritten(*x.shape)
    _core.activation_forward(x, y, kind=kind)
    return y


def backward(y: np.ndarray, grad_y: np.ndarray, kind: str) -> np.ndarray:
    grad_x = unwritten(*y.shape)
    _core.activation_backward(y, grad_y, grad_x, kind=kind)
    return grad_x


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_activation_forward_and_backward(
    instruction_set: str, rng: np.random.Generator, shape: tuple, kind: str
) -> None:
    x, grad_y = (rng.uniform(-3, 3, shape).astype(np.float32) for _ in range(2))
    y = forward(x, kind)
    assert_close(y, oracles.activation_forward(x, kind=kind))
    assert_close(backward(y, grad_y, kind), oracles.activation_backward(y, grad_y, kind=kind), scale=3)


def test_relu_is_exact(instruction_set: str) -> None:
    np.testing.assert_array_equal(forward(VALUES, "relu"), np.maximum(VALUES, 0))


@pytest.mark.parametrize("kind", ["tanh", "sigmoid"])
def test_activation_is_accurate_over_the_whole_range(instruction_set: str, kind: str) -> None:
    y = forward(VALUES, kind)
    assert_close(y, oracles.activation_forward(VALUES, kind=kind))
    assert (np.abs(y) <= 1).all()


def test_tanh_is_odd_and_keeps_small_values(instruction_set: str) -> None:
    y = forward(VALUES, "tanh")
    np.testing.assert_array_equal(y, -forward(-VALUES, "tanh"))
    small = (np.abs(VALUES) < 1e-4) & (np.abs(VALUES) > 1e-37)
    np.testing.assert_allclose(y[small], VALUES[small], rtol=1e-6)


@pytest.mark.parametrize("kind, low, high", [("relu", 0, np.inf), ("tanh", -1, 1), ("sigmoid", 0, 1)])
def test_activation_of_nan_is_nan_and_of_infinity_its_limit(
    instruction_set: str, kind: str, low: float, high: float
) -> None:
    for size in (1, 15, 16, 17, 33):
        for place in (0, size // 2, size - 1):
            for value, expected in ((np.nan, np.nan), (-np.inf, low), (np.inf, high)):
                x = np.full(size, 0.5, dtype=np.float32)
                x[place] = value
                y = forward(x, kind)
                np.testing.assert_array_equal(y[place], expected)
                assert np.isfinite(np.delete(y, place)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_activation_gradient_of_nan_stays_nan(instruction_set: str, kind: str) -> None:
    y, grad_y = np.full(19, 0.5, dtype=np.float32), np.ones(19, dtype=np.float32)
    grad_y[[0, 18]] = np.nan
    grad_y[7] = np.inf
    grad_x = backward(y, grad_y, kind)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(grad_x)), [0, 18])
    assert grad_x[7] == np.inf


def test_relu_gradient_is_zero_where_the_output_is_zero_whatever_the_gradient(instruction_set: str) -> None:
    y = np.array([0.0, -0.0, 1.0] * 7, dtype=np.float32)
    grad_y = np.array([np.inf, np.nan, 2.0] * 7, dtype=np.float32)
    np.testing.assert_array_equal(backward(y, grad_y, "relu"), [0, 0, 2] * 7)


@pytest.mark.parametrize("kind", KINDS)
def test_activation_works_in_place(instruction_set: str, rng: np.random.Generator, kind: str) -> None:
    x, grad_y = (rng.uniform(-3, 3, (5, 7)).astype(np.float32) for _ in range(2))
    y = forward(x, kind)
    expected = backward(y, grad_y, kind)
    _core.activation_forward(x, x, kind=kind)
    np.testing.assert_array_equal(x, y)
    _core.activation_backward(y, grad_y, grad_y, kind=kind)
    np.testing.assert_array_equal(grad_y, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_activation_gives_the_same_bits_for_any_threads(
    instruction_set: str, rng: np.random.Generator, assert_same_bits_for_any_threads: Callable, kind: str
) -> None:
    x = rng.normal(size=(33, 5, 61)).astype(np.float32)
    assert_same_bits_for_any_threads(lambda: (forward(x, kind), backward(x, x, kind)))


def test_activation_refuses_what_does_not_fit() -> None:
    x = np.ones((3, 4), np.float32)
    with pytest.raises(ValueError, match=r"^output: expected shape \(3, 4\), got \(4, 3\)$"):
        _core.activation_forward(x, unwritten(4, 3), kind="relu")
    with pytest.raises(ValueError, match=r"^grad_output: expected shape \(3, 4\), got \(3, 5\)$"):
        _core.activation_backward(x, unwritten(3, 5), unwritten(3, 4), kind="relu")
    with pytest.raises(ValueError, match=r"^kind: expected relu, tanh or sigmoid, got 'step'$"):
        _core.activation_forward(x, unwritten(3, 4), kind="step")
    with pytest.raises(TypeError, match=r"^input: expected float32, got float64$"):
        _core.activation_forward(x.astype(np.float64), unwritten(3, 4), kind="relu")
