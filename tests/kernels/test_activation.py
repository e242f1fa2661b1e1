"""The node `activation`: what all functions have in common; their formulas are in tests/layers/test_activations.py."""

from collections.abc import Callable

import numpy as np
import pytest

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
    return _core.Node("activation", {"function": function, **SETTINGS}).forward(x)


def backward(x: np.ndarray, grad_y: np.ndarray, function: str) -> np.ndarray:
    """Of input and output it gets the one that it reads; the other one is no number."""
    kept = {"output": forward(x, function)}
    if _core.activation_functions()[function] == "input":
        kept["output"][...] = np.nan
    else:
        x = np.full_like(x, np.nan)
    return _core.Node("activation", {"function": function, **SETTINGS}).grad_input(x, grad_y, kept=kept)


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
def test_activation_gives_the_same_bits_for_any_threads(
    instruction_set: str, rng: np.random.Generator, assert_same_bits_for_any_threads: Callable, function: str
) -> None:
    x = rng.normal(size=(33, 5, 61)).astype(np.float32)
    assert_same_bits_for_any_threads(lambda: (forward(x, function), backward(x, x, function)))


def test_activation_refuses_what_does_not_fit() -> None:
    x = np.ones((3, 4), np.float32)
    with pytest.raises(ValueError, match=r"^grad_output: expected shape \(3, 4\), got \(3, 5\)$"):
        backward(x, np.ones((3, 5), np.float32), "relu")
    with pytest.raises(ValueError, match=r"^activation: function: expected one of relu, tanh, .*; got 'exp'$"):
        forward(x, "exp")
    with pytest.raises(TypeError, match=r"^input: expected float32, got float64$"):
        forward(x.astype(np.float64), "relu")
