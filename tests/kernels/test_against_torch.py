"""Every kernel against PyTorch in float64, which shares no line and no author with the oracles."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from activation_cases import CASES, Case
from closeness import assert_close, unwritten
from cnncli import _core

torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI has an environment with it")
pytestmark = pytest.mark.torch

BATCHES = [1, 16, 17, 33]


def uniform(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.uniform(-1, 1, shape).astype(np.float32)


def double(array: np.ndarray) -> Any:
    return torch.tensor(array, dtype=torch.float64)


def gradients(
    function: Callable[..., Any], arrays: tuple[np.ndarray, ...], grad_y: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray]]:
    """The value of a function of tensors and the gradient of each array, for grad_y, all in float64."""
    tensors = [double(array).requires_grad_() for array in arrays]
    y = function(*tensors)
    y.backward(double(grad_y))
    return y.detach().numpy(), [tensor.grad.numpy() for tensor in tensors]


@pytest.mark.parametrize("m, n, k", [(5, 7, 3), (65, 130, 257), (1, 1000, 33)])
def test_gemm(instruction_set: str, rng: np.random.Generator, m: int, n: int, k: int) -> None:
    a, b, c = uniform(rng, m, k), uniform(rng, k, n), unwritten(m, n)
    _core.gemm(a, b, c)
    assert_close(c, (double(a) @ double(b)).numpy(), terms=k)


CONVOLUTIONS = [
    # channels, outputs, size, kernel, stride, padding, dilation, groups
    (1, 6, (28, 28), (5, 5), (1, 1), (2, 2), (1, 1), 1),
    (6, 16, (14, 14), (5, 5), (1, 1), (0, 0), (1, 1), 1),
    (3, 7, (9, 8), (3, 2), (2, 1), (1, 0), (1, 1), 1),
    (4, 6, (8, 9), (3, 3), (1, 2), (2, 2), (2, 1), 2),
    (5, 5, (7, 7), (3, 3), (1, 1), (1, 1), (1, 1), 5),
    (13, 8, (5, 4), (1, 1), (1, 1), (0, 0), (1, 1), 1),
]


def passes(
    node: _core.Node, x: np.ndarray, grad_y: np.ndarray, arrays: dict[str, np.ndarray],
    kept: dict[str, np.ndarray] | None = None, training: bool = False,
) -> list[np.ndarray]:
    """The output and the gradients of the input, weight and bias, as far as there are such."""
    kept = {} if kept is None else kept
    gradients = {f"grad_{name}": np.zeros_like(arrays[name]) for name in ("weight", "bias") if name in arrays}
    y = node.forward(x, arrays, kept, training)
    kept["output"] = y
    grad_x = node.grad_input(x, grad_y, arrays, kept, training)
    if gradients:
        node.acc_grad(x, grad_y, arrays | gradients, kept, training)
    return [y, grad_x, *gradients.values()]


@pytest.mark.parametrize("algorithm", ["direct", "im2col", "auto"])
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("shape", CONVOLUTIONS, ids=str)
def test_convolution(instruction_set: str, rng: np.random.Generator, shape: tuple, batch: int, algorithm: str) -> None:
    channels, outputs, size, kernel, stride, padding, dilation, groups = shape
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    x = uniform(rng, batch, channels, *size)
    weight, bias = uniform(rng, outputs, channels // groups, *kernel), uniform(rng, outputs)

    def function(x: Any, weight: Any, bias: Any) -> Any:
        return torch.nn.functional.conv2d(x, weight, bias, **settings)

    output_shape = function(*(double(array) for array in (x, weight, bias))).shape
    grad_y = uniform(rng, *output_shape)
    expected, (expected_x, expected_weight, expected_bias) = gradients(function, (x, weight, bias), grad_y)
    node = _core.Node("convolution", {**settings, "algorithm": algorithm})
    y, grad_x, grad_weight, grad_bias = passes(node, x, grad_y, {"weight": weight, "bias": bias})
    taps = weight[0].size
    assert_close(y, expected, terms=taps)
    assert_close(grad_x, expected_x, terms=taps * outputs // channels)
    # Up to 25,872 terms of both signs and root mean square 1/3: while it is added, the sum is of the size
    # sqrt(terms) / 3, and so are the values that are rounded.
    terms = grad_y.size // outputs
    assert_close(grad_weight, expected_weight, terms=terms, scale=max(1, np.sqrt(terms) / 3), few=2)
    assert_close(grad_bias, expected_bias, terms=terms)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("inputs, outputs", [(400, 120), (84, 10), (5, 3)])
def test_linear(instruction_set: str, rng: np.random.Generator, inputs: int, outputs: int, batch: int) -> None:
    x, weight, bias = uniform(rng, batch, inputs), uniform(rng, outputs, inputs), uniform(rng, outputs)
    grad_y = uniform(rng, batch, outputs)
    expected, (expected_x, expected_weight, expected_bias) = gradients(
        torch.nn.functional.linear, (x, weight, bias), grad_y
    )
    y, grad_x, grad_weight, grad_bias = passes(_core.Node("linear"), x, grad_y, {"weight": weight, "bias": bias})
    assert_close(y, expected, terms=inputs)
    assert_close(grad_x, expected_x, terms=outputs)
    assert_close(grad_weight, expected_weight, terms=batch)
    assert_close(grad_bias, expected_bias, terms=batch)


POOLINGS = [((2, 2), (2, 2), (0, 0)), ((3, 3), (2, 2), (1, 1)), ((3, 2), (1, 2), (1, 0))]


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("kernel, stride, padding", POOLINGS)
def test_max_pooling(
    instruction_set: str, rng: np.random.Generator, kernel: tuple, stride: tuple, padding: tuple, batch: int
) -> None:
    settings = {"kernel": kernel, "stride": stride, "padding": padding}
    x = rng.integers(-3, 4, (batch, 3, 9, 8)).astype(np.float32)  # with ties
    expected, indices = torch.nn.functional.max_pool2d(torch.tensor(x), kernel, stride, padding, return_indices=True)
    grad_y = uniform(rng, *expected.shape)
    _, (expected_x,) = gradients(
        lambda tensor: torch.nn.functional.max_pool2d(tensor, kernel, stride, padding), (x,), grad_y
    )
    kept: dict[str, np.ndarray] = {}
    y, grad_x = passes(_core.Node("max_pooling", settings), x, grad_y, {}, kept)
    np.testing.assert_array_equal(y, expected.numpy())
    np.testing.assert_array_equal(kept["argmax"], indices.numpy())
    assert_close(grad_x, expected_x, terms=9)


@pytest.mark.parametrize("count_padding", [True, False])
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("kernel, stride, padding", POOLINGS)
def test_average_pooling(
    instruction_set: str,
    rng: np.random.Generator,
    kernel: tuple,
    stride: tuple,
    padding: tuple,
    batch: int,
    count_padding: bool,
) -> None:
    x = uniform(rng, batch, 3, 9, 8)

    def function(tensor: Any) -> Any:
        return torch.nn.functional.avg_pool2d(tensor, kernel, stride, padding, count_include_pad=count_padding)

    grad_y = uniform(rng, *function(double(x)).shape)
    expected, (expected_x,) = gradients(function, (x,), grad_y)
    settings = {"kernel": kernel, "stride": stride, "padding": padding, "count_padding": count_padding}
    y, grad_x = passes(_core.Node("average_pooling", settings), x, grad_y, {})
    assert_close(y, expected, terms=9)
    assert_close(grad_x, expected_x, terms=9)


@pytest.mark.parametrize("case", [case for case in CASES if case.torch], ids=str)
def test_activation(instruction_set: str, rng: np.random.Generator, case: Case) -> None:
    kinks = np.array([at for at, _ in case.kinks], np.float32)
    x = np.concatenate([(4 * uniform(rng, 33 * 101)), kinks])
    grad_y = uniform(rng, len(x))
    settings = {"approximate": case.arguments[0]} if case.torch == "GELU" and case.arguments else None
    function = getattr(torch.nn, case.torch)(**settings) if settings else getattr(torch.nn, case.torch)(*case.arguments)
    expected, (expected_x,) = gradients(function, (x,), grad_y)
    layer = case.layer()
    assert_close(layer.forward(x), expected)
    assert_close(layer.backward(x, grad_y), expected_x, scale=4)  # of GELU's gradient: x, which is up to 4, is a factor


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(16, 5), (33, 7), (17, 5, 4, 3), (2, 3, 5, 5)])
def test_batch_normalization(instruction_set: str, rng: np.random.Generator, shape: tuple, training: bool) -> None:
    x, channels = uniform(rng, *shape), shape[1]
    weight, bias, mean = (uniform(rng, channels) for _ in range(3))
    variance = uniform(rng, channels) + 2
    expected_mean, expected_variance = double(mean), double(variance)

    def function(x: Any, weight: Any, bias: Any) -> Any:
        return torch.nn.functional.batch_norm(
            x, expected_mean, expected_variance, weight, bias, training=training, momentum=0.1, eps=1e-5
        )

    grad_y = uniform(rng, *shape)
    expected, expected_gradients = gradients(function, (x, weight, bias), grad_y)
    arrays = {"weight": weight, "bias": bias, "running_mean": mean, "running_variance": variance}
    node = _core.Node("batch_normalization", {"momentum": 0.1, "epsilon": 1e-5})
    y, *actual_gradients = passes(node, x, grad_y, arrays, training=training)
    count = x.size // channels
    assert_close(y, expected, terms=count, scale=3)
    assert_close(mean, expected_mean.numpy(), terms=count)
    assert_close(variance, expected_variance.numpy(), terms=count)
    for actual, wanted in zip(actual_gradients, expected_gradients, strict=True):
        assert_close(actual, wanted, terms=count, scale=3)


def test_log_softmax(instruction_set: str, rng: np.random.Generator) -> None:
    x, grad_y = 5 * uniform(rng, 33, 17), uniform(rng, 33, 17)
    expected, (expected_x,) = gradients(lambda tensor: torch.log_softmax(tensor, dim=1), (x,), grad_y)
    y, grad_x = passes(_core.Node("log_softmax"), x, grad_y, {})
    assert_close(y, expected, terms=17)
    assert_close(grad_x, expected_x, terms=17)


def test_softmax_nll(instruction_set: str, rng: np.random.Generator) -> None:
    x, labels = 5 * uniform(rng, 33, 10), rng.integers(0, 10, 33)

    def function(tensor: Any) -> Any:
        return torch.nn.functional.cross_entropy(tensor, torch.tensor(labels), reduction="none")

    expected, (expected_x,) = gradients(function, (x,), np.full(33, 1 / 33, np.float32))
    losses, log_probabilities, grad_x = unwritten(33), unwritten(33, 10), unwritten(33, 10)
    _core.softmax_nll_forward(x, labels, losses, log_probabilities)
    _core.softmax_nll_backward(log_probabilities, labels, grad_x, scale=1 / 33)
    assert_close(losses, expected, terms=10)
    assert_close(grad_x, expected_x)
