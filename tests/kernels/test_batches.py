"""The layout of sixteen samples side by side: no sample's result depends on which others are in its batch."""

from collections.abc import Callable

import numpy as np
import pytest

from closeness import assert_close, same_bits, unwritten
from cnncli import _core

BATCHES = [1, 2, 15, 16, 17, 31, 32, 33]
CONVOLUTION = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
POOLING = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)}


def constant(*shape: int) -> np.ndarray:
    """Weights: the same in every call."""
    return np.random.default_rng(5).uniform(-1, 1, shape).astype(np.float32)


def convolution(algorithm: str) -> Callable[[np.ndarray], np.ndarray]:
    def run(x: np.ndarray) -> np.ndarray:
        y = unwritten(len(x), 7, 6, 6)
        _core.convolution_forward(x, y, constant(7, 3, 3, 3), constant(7), **CONVOLUTION, algorithm=algorithm)
        return y

    return run


def convolution_backward(algorithm: str) -> Callable[[np.ndarray], np.ndarray]:
    def run(x: np.ndarray) -> np.ndarray:
        grad_x = unwritten(len(x), 5, 6, 6)
        _core.convolution_backward_input(x, grad_x, constant(3, 5, 3, 3), **CONVOLUTION, algorithm=algorithm)
        return grad_x

    return run


def linear(x: np.ndarray) -> np.ndarray:
    y = unwritten(len(x), 7)
    _core.linear_forward(x.reshape(len(x), 108), y, constant(7, 108), constant(7))
    return y


def linear_backward(x: np.ndarray) -> np.ndarray:
    grad_x = unwritten(len(x), 11)
    _core.linear_backward_input(x.reshape(len(x), 108), grad_x, constant(108, 11))
    return grad_x


def max_pooling(x: np.ndarray) -> np.ndarray:
    y = unwritten(len(x), 3, 3, 3)
    _core.max_pooling_forward(x, y, np.zeros(y.shape, np.int32), **POOLING)
    return y


def average_pooling(x: np.ndarray) -> np.ndarray:
    y = unwritten(len(x), 3, 3, 3)
    _core.average_pooling_forward(x, y, **POOLING)
    return y


def tanh(x: np.ndarray) -> np.ndarray:
    y = unwritten(*x.shape)
    _core.activation_forward(x, y, function="tanh")
    return y


def normalization(x: np.ndarray) -> np.ndarray:
    y = unwritten(*x.shape)
    statistics = constant(3), constant(3) + 2, unwritten(3), unwritten(3)
    _core.batch_normalization_forward(
        x, y, constant(3), constant(3), *statistics, training=False, momentum=0.1, epsilon=1e-5
    )
    return y


def log_softmax(x: np.ndarray) -> np.ndarray:
    y = unwritten(len(x), 108)
    _core.log_softmax_forward(x.reshape(len(x), 108), y)
    return y


FUNCTIONS = {
    "convolution_direct": convolution("direct"),
    "convolution_im2col": convolution("im2col"),
    "convolution_backward_direct": convolution_backward("direct"),
    "convolution_backward_im2col": convolution_backward("im2col"),
    "linear": linear,
    "linear_backward": linear_backward,
    "max_pooling": max_pooling,
    "average_pooling": average_pooling,
    "tanh": tanh,
    "normalization": normalization,
    "log_softmax": log_softmax,
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_sample_is_computed_alike_in_any_batch(
    instruction_set: str, rng: np.random.Generator, function: Callable
) -> None:
    x = rng.uniform(-1, 1, (33, 3, 6, 6)).astype(np.float32)
    alone = np.concatenate([function(x[n : n + 1]) for n in range(33)])
    for batch in BATCHES:
        assert_close(function(x[:batch].copy()), alone[:batch].astype(np.float64), terms=108)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("batch", [15, 16, 17, 33])
def test_the_order_of_samples_does_not_matter(
    instruction_set: str, rng: np.random.Generator, function: Callable, batch: int
) -> None:
    x, order = rng.uniform(-1, 1, (batch, 3, 6, 6)).astype(np.float32), rng.permutation(batch)
    assert same_bits(function(x[order]), function(x)[order])


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("batch", [2, 15, 16, 17, 33])
def test_a_poisoned_sample_leaves_the_bits_of_the_others_alone(
    instruction_set: str, rng: np.random.Generator, function: Callable, batch: int, poison: float
) -> None:
    x = rng.uniform(-1, 1, (batch, 3, 6, 6)).astype(np.float32)
    clean = function(x)
    for sample in {0, batch - 1}:
        poisoned = x.copy()
        poisoned[sample] = poison
        assert same_bits(np.delete(function(poisoned), sample, 0), np.delete(clean, sample, 0))


@pytest.mark.parametrize("batch", [1, 15, 17, 31])
def test_gradients_of_a_ragged_batch_take_nothing_from_dead_lanes(
    instruction_set: str, rng: np.random.Generator, batch: int
) -> None:
    """Infinite values everywhere: a dead lane times 0 would show as NaN, one that counts in the bias."""
    x, grad_y = np.full((batch, 3, 6, 6), np.inf, np.float32), np.ones((batch, 7, 6, 6), np.float32)
    for algorithm in ("direct", "im2col"):
        grad_weight, grad_bias = np.zeros((7, 3, 3, 3), np.float32), np.zeros(7, np.float32)
        _core.convolution_backward_parameters(x, grad_y, grad_weight, grad_bias, **CONVOLUTION, algorithm=algorithm)
        np.testing.assert_array_equal(grad_weight, np.inf)
        np.testing.assert_array_equal(grad_bias, batch * 36)
    grad_weight, grad_bias = np.zeros((7, 108), np.float32), np.zeros(7, np.float32)
    ones = np.ones((batch, 7), np.float32)
    _core.linear_backward_parameters(x.reshape(batch, 108), ones, grad_weight, grad_bias)
    np.testing.assert_array_equal(grad_weight, np.inf)
    np.testing.assert_array_equal(grad_bias, batch)
