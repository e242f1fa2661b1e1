"""The node `linear`: y = x weight^T + bias and its gradients."""

from collections.abc import Callable

import numpy as np
import pytest

import oracles
from closeness import assert_close, same_bits
from cnncli import _core

BATCHES = [0, 1, 2, 7, 15, 16, 17, 31, 33]
FEATURES = [(1, 1), (5, 3), (16, 6), (37, 7), (84, 10), (17, 13), (3, 33)]


def case(rng: np.random.Generator, batch: int, inputs: int, outputs: int) -> tuple[np.ndarray, ...]:
    """x, weight, bias and grad_y."""
    shapes = (batch, inputs), (outputs, inputs), (outputs,), (batch, outputs)
    return tuple(rng.uniform(-1, 1, shape).astype(np.float32) for shape in shapes)


def forward(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    return _core.Node("linear").forward(x, {"weight": weight, "bias": bias})


def backward_input(grad_y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    x = np.full((len(grad_y), weight.shape[1]), np.nan, np.float32)  # not read
    return _core.Node("linear").grad_input(x, grad_y, {"weight": weight})


def backward_parameters(
    x: np.ndarray, grad_y: np.ndarray, grad_weight: np.ndarray, grad_bias: np.ndarray | None, scale: float = 1.0
) -> None:
    weight = np.full_like(grad_weight, np.nan)  # not read
    arrays = {"weight": weight, "grad_weight": grad_weight, "grad_bias": grad_bias}
    _core.Node("linear").acc_grad(x, grad_y, arrays, scale=scale)


@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("batch", BATCHES)
def test_linear_forward(instruction_set: str, rng: np.random.Generator, batch: int, with_bias: bool) -> None:
    for inputs, outputs in FEATURES:
        x, weight, bias, _ = case(rng, batch, inputs, outputs)
        y = forward(x, weight, bias if with_bias else None)
        expected = oracles.linear_forward(x, weight, bias if with_bias else None)
        assert_close(y, expected, terms=inputs + 1)


@pytest.mark.parametrize("batch", BATCHES)
def test_linear_backward_input(instruction_set: str, rng: np.random.Generator, batch: int) -> None:
    for inputs, outputs in FEATURES:
        _, weight, _, grad_y = case(rng, batch, inputs, outputs)
        grad_x = backward_input(grad_y, weight)
        assert_close(grad_x, oracles.linear_backward_input(grad_y, weight), terms=outputs)


@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("batch", [*BATCHES, 129, 257])
def test_linear_backward_parameters_adds_scale_times_the_gradient(
    instruction_set: str, rng: np.random.Generator, batch: int, with_bias: bool
) -> None:
    for inputs, outputs in FEATURES:
        x, weight, bias, grad_y = case(rng, batch, inputs, outputs)
        grad_weight, grad_bias = weight.copy(), bias.copy()
        backward_parameters(x, grad_y, grad_weight, grad_bias if with_bias else None, scale=-0.5)
        expected_weight, expected_bias = oracles.linear_backward_parameters(x, grad_y)
        assert_close(grad_weight, weight - 0.5 * expected_weight, terms=batch + 1)
        assert_close(grad_bias, bias - 0.5 * expected_bias if with_bias else bias, terms=batch + 1)


def test_linear_of_an_empty_batch_leaves_the_gradients_alone(
    instruction_set: str, rng: np.random.Generator
) -> None:
    x, weight, bias, grad_y = case(rng, 0, 37, 7)
    grad_weight, grad_bias = weight.copy(), bias.copy()
    backward_parameters(x, grad_y, grad_weight, grad_bias)
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
    y, grad_x = forward(x, weight, bias), backward_input(grad_y, weight)
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
    backward_parameters(x, grad_y, grad_weight, grad_bias)
    expected_weight, expected_bias = oracles.linear_backward_parameters(x, grad_y)
    assert np.isfinite(expected_weight[:6, :20]).all() and np.isnan(expected_weight[3, 20])
    assert_close(grad_weight, expected_weight, terms=batch)
    assert_close(grad_bias, expected_bias, terms=batch)


def test_linear_forward_does_not_multiply_dead_lanes_with_infinite_weights(
    instruction_set: str, rng: np.random.Generator
) -> None:
    x, weight, bias, _ = case(rng, 17, 21, 7)
    weight[:, 4] = np.inf
    assert_close(forward(x, weight, bias), oracles.linear_forward(x, weight, bias))


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
        y, grad_x = forward(x, weight, bias), backward_input(grad_y, weight)
        grad_weight, grad_bias = np.zeros_like(weight), np.zeros_like(bias)
        backward_parameters(x, grad_y, grad_weight, grad_bias)
        return y, grad_x, grad_weight, grad_bias

    assert_same_bits_for_any_threads(compute)


def test_linear_refuses_shapes_that_do_not_fit(rng: np.random.Generator) -> None:
    x, weight, bias, grad_y = case(rng, 4, 5, 3)
    for argument, call in (
        ("linear: weight", lambda: forward(x[:, :4].copy(), weight, bias)),
        ("linear: bias", lambda: forward(x, weight, bias[:2].copy())),
        ("linear: weight", lambda: forward(x[0], weight, bias)),
        ("linear: weight", lambda: forward(x, bias, bias)),
        ("grad_output", lambda: backward_parameters(x, grad_y, weight[:2].copy(), None)),
        ("linear: grad_bias", lambda: backward_parameters(x, grad_y, weight, bias[:2].copy())),
        ("grad_output", lambda: backward_parameters(x[:3].copy(), grad_y, weight, bias)),
    ):
        with pytest.raises(ValueError, match=rf"^{argument}: expected shape .*, got "):
            call()
    with pytest.raises(ValueError, match=r"^linear: weight: needed, got none$"):
        _core.Node("linear").forward(x)
    with pytest.raises(ValueError, match=r"^linear: grad_weight: needed"):
        _core.Node("linear").acc_grad(x, grad_y, {"weight": weight})
    with pytest.raises(ValueError, match=r"^linear: grad_weight: is read-only$"):
        fixed = weight.copy()
        fixed.setflags(write=False)
        backward_parameters(x, grad_y, fixed, None)


def test_linear_refuses_other_types(rng: np.random.Generator) -> None:
    x, weight, bias, _ = case(rng, 4, 5, 3)
    with pytest.raises(TypeError, match=r"^input: expected float32, got float64$"):
        forward(x.astype(np.float64), weight, bias)
    with pytest.raises(ValueError, match=r"^input: must be C-contiguous$"):
        forward(np.ones((5, 4), np.float32).T, weight, bias)
    with pytest.raises(TypeError, match=r"^weight: expected an array or None, got list$"):
        forward(x, weight.tolist(), bias)
