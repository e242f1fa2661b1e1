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


def node(kind: str, **settings: object) -> _core.Node:
    return _core.Node(kind, settings)


def convolution(algorithm: str) -> Callable[[np.ndarray], np.ndarray]:
    layer = node("convolution", **CONVOLUTION, algorithm=algorithm)
    return lambda x: layer.forward(x, {"weight": constant(7, 3, 3, 3), "bias": constant(7)})


def convolution_backward(algorithm: str) -> Callable[[np.ndarray], np.ndarray]:
    layer = node("convolution", **CONVOLUTION, algorithm=algorithm)
    return lambda x: layer.grad_input(unwritten(len(x), 5, 6, 6), x, {"weight": constant(3, 5, 3, 3)})


def linear(x: np.ndarray) -> np.ndarray:
    return node("linear").forward(x.reshape(len(x), 108), {"weight": constant(7, 108), "bias": constant(7)})


def linear_backward(x: np.ndarray) -> np.ndarray:
    return node("linear").grad_input(unwritten(len(x), 11), x.reshape(len(x), 108), {"weight": constant(108, 11)})


def normalization(x: np.ndarray) -> np.ndarray:
    arrays = {
        "weight": constant(3), "bias": constant(3), "running_mean": constant(3), "running_variance": constant(3) + 2
    }
    return node("batch_normalization", momentum=0.1, epsilon=1e-5).forward(x, arrays)


FUNCTIONS = {
    "convolution_direct": convolution("direct"),
    "convolution_im2col": convolution("im2col"),
    "convolution_backward_direct": convolution_backward("direct"),
    "convolution_backward_im2col": convolution_backward("im2col"),
    "linear": linear,
    "linear_backward": linear_backward,
    "max_pooling": lambda x: node("max_pooling", **POOLING).forward(x),
    "average_pooling": lambda x: node("average_pooling", **POOLING, count_padding=True).forward(x),
    "tanh": lambda x: node("activation", function="tanh").forward(x),
    "normalization": normalization,
    "log_softmax": lambda x: node("log_softmax").forward(x.reshape(len(x), 108)),
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
        arrays = {"weight": constant(7, 3, 3, 3), "grad_weight": grad_weight, "grad_bias": grad_bias}
        node("convolution", **CONVOLUTION, algorithm=algorithm).acc_grad(x, grad_y, arrays)
        np.testing.assert_array_equal(grad_weight, np.inf)
        np.testing.assert_array_equal(grad_bias, batch * 36)
    grad_weight, grad_bias = np.zeros((7, 108), np.float32), np.zeros(7, np.float32)
    arrays = {"weight": constant(7, 108), "grad_weight": grad_weight, "grad_bias": grad_bias}
    node("linear").acc_grad(x.reshape(batch, 108), np.ones((batch, 7), np.float32), arrays)
    np.testing.assert_array_equal(grad_weight, np.inf)
    np.testing.assert_array_equal(grad_bias, batch)
