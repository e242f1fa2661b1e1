"""`_core.activation_*`: what all functions have in common; their formulas are in tests/layers/test_activations.py."""

from collections.abc import Callable

import numpy as np
import pytest

from closeness import unwritten
from cnncli import _core

FUNCTIONS = list(_core.activation_functions())
SETTINGS = {"alpha": 0.75, "beta": 1.5}
# The widest float32 range: where exp() overflows, where it underflows, and where tanh(x) is x or +-1.
LARGE = np.logspace(-38, 38, 1201)
VALUES = np.concatenate([np.linspace(-12, 12, 4801), LARGE, -LARGE, np.linspace(-110, 110, 1201), [0.0, -0.0]]).astype(
    np.float32
)
each_function = pytest.mark.parametrize("function", FUNCTIONS)


def forward(x: np.ndarray, function: str) -> np.ndarray:
    y = unwritten(*x.shape)
    _core.activation_forward(x, y, function=function, **SETTINGS)
    return y


def backward(x: np.ndarray, grad_y: np.ndarray, function: str) -> np.ndarray:
    grad_x = unwritten(*x.shape)
    kept = x if _core.activation_functions()[function] == "input" else forward(x, function)
    _core.activation_backward(kept, grad_y, grad_x, function=function, **SETTINGS)
    return grad_x


def test_relu_is_exact(instruction_set: str) -> None:
    np.testing.assert_array_equal(forward(VALUES, "relu"), np.maximum(VALUES, 0))


def test_tanh_is_odd_and_keeps_small_values(instruction_set: str) -> None:
    y = forward(VALUES, "tanh")
    assert (np.abs(y) <= 1).all()
    np.testing.assert_array_equal(y, -forward(-VALUES, "tanh"))
    small = (np.abs(VALUES) < 1e-4) & (np.abs(VALUES) > 1e-37)
    np.testing.assert_allclose(y[small], VALUES[small], rtol=1e-6)


@each_function
def test_every_number_has_a_number_for_its_gradient(instruction_set: str, function: str) -> None:
    assert np.isfinite(backward(VALUES, np.ones_like(VALUES), function)).all()


@each_function
def test_nan_stays_where_it_is(instruction_set: str, function: str) -> None:
    for size in (1, 15, 16, 17, 33):
        for place in (0, size // 2, size - 1):
            x = np.full(size, 0.5, dtype=np.float32)
            x[place] = np.nan
            y = forward(x, function)
            np.testing.assert_array_equal(np.flatnonzero(np.isnan(y)), [place])
            assert np.isfinite(np.delete(backward(x, np.ones_like(x), function), place)).all()


@each_function
def test_a_gradient_of_nan_stays_nan_where_the_function_is_not_flat(instruction_set: str, function: str) -> None:
    # Beside each other, where all functions but the step rise, above 0.75 and below 1.5.
    x, grad_y = np.full(19, 1.0, dtype=np.float32), np.ones(19, dtype=np.float32)
    grad_y[[0, 18]] = np.nan
    grad_y[7] = np.inf
    grad_x = backward(x, grad_y, function)
    if function == "step":
        assert (grad_x == 0).all()
    else:
        np.testing.assert_array_equal(np.flatnonzero(np.isnan(grad_x)), [0, 18])
        assert grad_x[7] == np.inf


def test_relu_gradient_is_zero_where_the_output_is_zero_whatever_the_gradient(instruction_set: str) -> None:
    x = np.array([0.0, -0.0, 1.0] * 7, dtype=np.float32)
    grad_y = np.array([np.inf, np.nan, 2.0] * 7, dtype=np.float32)
    np.testing.assert_array_equal(backward(x, grad_y, "relu"), [0, 0, 2] * 7)


@each_function
def test_activation_works_in_place(instruction_set: str, rng: np.random.Generator, function: str) -> None:
    x, grad_y = (rng.uniform(-3, 3, (5, 7)).astype(np.float32) for _ in range(2))
    y, expected = forward(x, function), backward(x, grad_y, function)
    kept = x.copy() if _core.activation_functions()[function] == "input" else y
    _core.activation_forward(x, x, function=function, **SETTINGS)
    np.testing.assert_array_equal(x, y)
    _core.activation_backward(kept, grad_y, grad_y, function=function, **SETTINGS)
    np.testing.assert_array_equal(grad_y, expected)


@each_function
def test_activation_gives_the_same_bits_for_any_threads(
    instruction_set: str, rng: np.random.Generator, assert_same_bits_for_any_threads: Callable, function: str
) -> None:
    x = rng.normal(size=(33, 5, 61)).astype(np.float32)
    assert_same_bits_for_any_threads(lambda: (forward(x, function), backward(x, x, function)))


def test_activation_refuses_what_does_not_fit() -> None:
    x = np.ones((3, 4), np.float32)
    with pytest.raises(ValueError, match=r"^output: expected shape \(3, 4\), got \(4, 3\)$"):
        _core.activation_forward(x, unwritten(4, 3), function="relu")
    with pytest.raises(ValueError, match=r"^grad_output: expected shape \(3, 4\), got \(3, 5\)$"):
        _core.activation_backward(x, unwritten(3, 5), unwritten(3, 4), function="relu")
    with pytest.raises(ValueError, match=r"^function: expected one of relu, tanh, .*; got 'exp'$"):
        _core.activation_forward(x, unwritten(3, 4), function="exp")
    with pytest.raises(TypeError, match=r"^input: expected float32, got float64$"):
        _core.activation_forward(x.astype(np.float64), unwritten(3, 4), function="relu")
