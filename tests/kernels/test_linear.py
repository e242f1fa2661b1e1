"""`_core.linear_*`: y = x weight^T + bias and its gradients."""

from collections.abc import Callable

import numpy as np
import pytest

import oracles
from closeness import assert_close, same_bits, unwritten
from cnncli import _core

BATCHES = [0, 1, 2, 7, 15, 16, 17, 31, 33]
FEATURES = [(1, 1), (5, 3), (16, 6), (37, 7), (84, 10), (17, 13), (3, 33)]


def case(rng: np.random.Generator, batch: int, inputs: int, outputs: int) -> tuple[np.ndarray, ...]:
    """x, weight, bias and grad_y."""
    shapes = (batch, inputs), (outputs, inputs), (outputs,), (batch, outputs)
    return tuple(rng.uniform(-1, 1, shape).astype(np.float32) for shape in shapes)


@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("batch", BATCHES)
def test_linear_forward(instruction_set: str, rng: np.random.Generator, batch: int, with_bias: bool) -> None:
    for inputs, outputs in FEATURES:
        x, weight, bias, _ = case(rng, batch, inputs, outputs)
        y = unwritten(batch, outputs)
        _core.linear_forward(x, y, weight, bias if with_bias else None)
        expected = oracles.linear_forward(x, weight, bias if with_bias else None)
        assert_close(y, expected, terms=inputs + 1)


@pytest.mark.parametrize("batch", BATCHES)
def test_linear_backward_input(instruction_set: str, rng: np.random.Generator, batch: int) -> None:
    for inputs, outputs in FEATURES:
        _, weight, _, grad_y = case(rng, batch, inputs, outputs)
        grad_x = unwritten(batch, inputs)
        _core.linear_backward_input(grad_y, grad_x, weight)
        assert_close(grad_x, oracles.linear_backward_input(grad_y, weight), terms=outputs)


@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("batch", [*BATCHES, 129, 257])
def test_linear_backward_parameters_adds_scale_times_the_gradient(
    instruction_set: str, rng: np.random.Generator, batch: int, with_bias: bool
) -> None:
    for inputs, outputs in FEATURES:
        x, weight, bias, grad_y = case(rng, batch, inputs, outputs)
        grad_weight, grad_bias = weight.copy(), bias.copy()
        _core.linear_backward_parameters(x, grad_y, grad_weight, grad_bias if with_bias else None, scale=-0.5)
        expected_weight, expected_bias = oracles.linear_backward_parameters(x, grad_y)
        assert_close(grad_weight, weight - 0.5 * expected_weight, terms=batch + 1)
        assert_close(grad_bias, bias - 0.5 * expected_bias if with_bias else bias, terms=batch + 1)


def test_linear_of_an_empty_batch_leaves_the_gradients_alone(
    instruction_set: str, rng: np.random.Generator
) -> None:
    x, weight, bias, grad_y = case(rng, 0, 37, 7)
    grad_weight, grad_bias = weight.copy(), bias.copy()
    _core.linear_backward_parameters(x, grad_y, grad_weight, grad_bias)
    assert same_bits(grad_weight, weight) and same_bits(grad_bias, bias)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
@pytest.mark.parametrize("batch", [1, 5, 16, 17, 33])
def test_linear_keeps_nan_and_infinity_to_their_sample(
    instruction_set: str, rng: np.random.Generator, batch: int, poison: float
) -> None:
    x, weight, bias, grad_y = case(rng, batch, 21, 7)
    sample = batch - 1
    x[sample, 20] = poison
    grad_y[sample, 6] = poison
    weight[2, 20] = 0  # 0 * Inf is NaN, in this sample only
    y, grad_x = unwritten(batch, 7), unwritten(batch, 21)
    _core.linear_forward(x, y, weight, bias)
    _core.linear_backward_input(grad_y, grad_x, weight)
    assert_close(y, oracles.linear_forward(x, weight, bias), terms=22)
    assert_close(grad_x, oracles.linear_backward_input(grad_y, weight), terms=7)
    assert np.isfinite(y[:sample]).all() and np.isfinite(grad_x[:sample]).all()


@pytest.mark.parametrize("poison", [np.nan, np.inf])
@pytest.mark.parametrize("batch", [1, 5, 16, 17, 33])
def test_linear_weight_gradients_hold_nan_only_where_the_sum_does(
    instruction_set: str, rng: np.random.Generator, batch: int, poison: float
) -> None:
    x, weight, bias, grad_y = case(rng, batch, 21, 7)
    x[batch - 1, 20] = poison
    grad_y[0, 6] = poison
    grad_y[batch - 1, 3] = 0
    grad_weight, grad_bias = np.zeros_like(weight), np.zeros_like(bias)
    _core.linear_backward_parameters(x, grad_y, grad_weight, grad_bias)
    expected_weight, expected_bias = oracles.linear_backward_parameters(x, grad_y)
    assert np.isfinite(expected_weight[:6, :20]).all() and np.isnan(expected_weight[3, 20])
    assert_close(grad_weight, expected_weight, terms=batch)
    assert_close(grad_bias, expected_bias, terms=batch)


def test_linear_forward_does_not_multiply_dead_lanes_with_infinite_weights(
    instruction_set: str, rng: np.random.Generator
) -> None:
    x, weight, bias, _ = case(rng, 17, 21, 7)
    weight[:, 4] = np.inf
    y = unwritten(17, 7)
    _core.linear_forward(x, y, weight, bias)
    assert_close(y, oracles.linear_forward(x, weight, bias))


@pytest.mark.parametrize("batch, inputs, outputs", [(33, 37, 7), (200, 17, 13), (1, 400, 120), (64, 3, 1)])
def test_linear_gives_the_same_bits_for_any_threads(
    instruction_set: str,
    rng: np.random.Generator,
    assert_same_bits_for_any_threads: Callable,
    batch: int,
    inputs: int,
    outputs: int,
) -> None:
    x, weight, bias, grad_y = case(rng, batch, inputs, outputs)

    def compute() -> tuple[np.ndarray, ...]:
        y, grad_x = unwritten(batch, outputs), unwritten(batch, inputs)
        grad_weight, grad_bias = np.zeros_like(weight), np.zeros_like(bias)
        _core.linear_forward(x, y, weight, bias)
        _core.linear_backward_input(grad_y, grad_x, weight)
        _core.linear_backward_parameters(x, grad_y, grad_weight, grad_bias)
        return y, grad_x, grad_weight, grad_bias

    assert_same_bits_for_any_threads(compute)


def test_linear_refuses_shapes_that_do_not_fit(rng: np.random.Generator) -> None:
    x, weight, bias, grad_y = case(rng, 4, 5, 3)
    for argument, call in (
        ("output", lambda: _core.linear_forward(x, unwritten(4, 4), weight, bias)),
        ("output", lambda: _core.linear_forward(x, unwritten(3, 3), weight, bias)),
        ("input", lambda: _core.linear_forward(x[:, :4].copy(), unwritten(4, 3), weight, bias)),
        ("bias", lambda: _core.linear_forward(x, unwritten(4, 3), weight, bias[:2].copy())),
        ("input", lambda: _core.linear_forward(x[0], unwritten(4, 3), weight, bias)),
        ("weight", lambda: _core.linear_forward(x, unwritten(4, 3), bias, bias)),
        ("grad_input", lambda: _core.linear_backward_input(grad_y, unwritten(4, 4), weight)),
        ("grad_input", lambda: _core.linear_backward_input(grad_y, unwritten(3, 5), weight)),
        ("grad_output", lambda: _core.linear_backward_parameters(x, grad_y, weight[:2].copy(), bias)),
        ("grad_bias", lambda: _core.linear_backward_parameters(x, grad_y, weight, bias[:2].copy())),
        ("grad_output", lambda: _core.linear_backward_parameters(x[:3].copy(), grad_y, weight, bias)),
    ):
        with pytest.raises(ValueError, match=rf"^{argument}: expected shape .*, got "):
            call()


def test_linear_refuses_other_types(rng: np.random.Generator) -> None:
    x, weight, bias, _ = case(rng, 4, 5, 3)
    with pytest.raises(TypeError, match=r"^input: expected float32, got float64$"):
        _core.linear_forward(x.astype(np.float64), unwritten(4, 3), weight, bias)
    with pytest.raises(ValueError, match=r"^output: must be C-contiguous$"):
        _core.linear_forward(x, unwritten(3, 4).T, weight, bias)
