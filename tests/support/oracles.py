"""Slow, plain float64 references of every function of `_core`: the formula of its contract, written as loops.

Each oracle converts what it gets to float64 and returns new arrays. The derivatives are the formulas too;
`test_oracles.py` holds each of them to central differences through the oracle of the forward pass.
Products of 0 and infinity are meant, so floating point warnings are off in here.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import numpy as np

Pair = tuple[int, int]
Array = np.ndarray


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*arguments: Any, **settings: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*arguments, **settings)

    return call


def _double(*arrays: Array | None) -> list[Any]:
    return [None if array is None else np.asarray(array, dtype=np.float64) for array in arrays]


def central_differences(
    function: Callable[[Array], Array], at: Array, grad_output: Array, step: float = 1e-5
) -> Array:
    """The gradient of sum(grad_output * function(x)) with respect to x, one element of x after the other.

    Error: rounding of about 1e-16 / step beside a truncation of about step^2, for values of about 1.
    """
    point = np.array(at, dtype=np.float64)
    gradient = np.empty_like(point)
    for index in np.ndindex(point.shape):
        value = point[index]
        point[index] = value + step
        above = function(point)
        point[index] = value - step
        below = function(point)
        point[index] = value
        gradient[index] = np.sum(np.asarray(grad_output, dtype=np.float64) * (above - below)) / (2 * step)
    return gradient


@_quiet
def gemm(a: Array, b: Array, *, transpose_a: bool = False, transpose_b: bool = False) -> Array:
    """c[m,n] = sum over k of op(a)[m,k] * op(b)[k,n]."""
    a, b = _double(a, b)
    return np.einsum("mk,kn->mn", a.T if transpose_a else a, b.T if transpose_b else b)


def output_size(size: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair = (1, 1)) -> Pair:
    """Windows that fit whole into the padded input, along each side."""
    height, width = (
        (size[side] + 2 * padding[side] - dilation[side] * (kernel[side] - 1) - 1) // stride[side] + 1
        for side in (0, 1)
    )
    return height, width


def taps(
    size: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair = (1, 1)
) -> Iterator[tuple[int, int, int, int, int, int]]:
    """All (output row, output column, kernel row, kernel column, input row, input column) inside the input.

    What falls on padding is left out, so it contributes nothing, whatever the weight.
    """
    output_height, output_width = output_size(size, kernel, stride, padding, dilation)
    for p in range(output_height):
        for q in range(output_width):
            for i in range(kernel[0]):
                for j in range(kernel[1]):
                    h = p * stride[0] + i * dilation[0] - padding[0]
                    w = q * stride[1] + j * dilation[1] - padding[1]
                    if 0 <= h < size[0] and 0 <= w < size[1]:
                        yield p, q, i, j, h, w


def _in_groups(array: Array, groups: int, axis: int) -> Array:
    shape = list(array.shape)
    return array.reshape([*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :]])


@_quiet
def convolution_forward(
    x: Array, weight: Array, bias: Array | None, *, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Array:
    """y[n,o,p,q] = bias[o] + sum over (c,i,j) of x[n,c,p*stride+i*dilation-padding,...] * weight[o,c,i,j]."""
    x, weight, bias = _double(x, weight, bias)
    size, kernel = x.shape[2:], weight.shape[2:]
    y = np.zeros((len(x), len(weight), *output_size(size, kernel, stride, padding, dilation)))
    x, weight, grouped_y = _in_groups(x, groups, 1), _in_groups(weight, groups, 0), _in_groups(y, groups, 1)
    for p, q, i, j, h, w in taps(size, kernel, stride, padding, dilation):
        grouped_y[..., p, q] += np.einsum("ngc,goc->ngo", x[..., h, w], weight[..., i, j])
    if bias is not None:
        y += bias[:, None, None]
    return y


@_quiet
def convolution_backward_input(
    grad_y: Array, weight: Array, size: Pair, *, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Array:
    """Each product of the forward pass sends grad_y * weight to its input element."""
    grad_y, weight = _double(grad_y, weight)
    kernel = weight.shape[2:]
    grad_x = np.zeros((len(grad_y), groups * weight.shape[1], *size))
    grad_y, weight, grouped_x = (
        _in_groups(grad_y, groups, 1),
        _in_groups(weight, groups, 0),
        _in_groups(grad_x, groups, 1),
    )
    for p, q, i, j, h, w in taps(size, kernel, stride, padding, dilation):
        grouped_x[..., h, w] += np.einsum("ngo,goc->ngc", grad_y[..., p, q], weight[..., i, j])
    return grad_x


@_quiet
def convolution_backward_parameters(
    x: Array, grad_y: Array, kernel: Pair, *, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> tuple[Array, Array]:
    """Each product of the forward pass sends grad_y * x to its weight; the bias gets the sum of grad_y."""
    x, grad_y = _double(x, grad_y)
    size = x.shape[2:]
    grad_weight = np.zeros((grad_y.shape[1], x.shape[1] // groups, *kernel))
    grad_bias = grad_y.sum(axis=(0, 2, 3))
    x, grad_y, grouped_weight = (
        _in_groups(x, groups, 1),
        _in_groups(grad_y, groups, 1),
        _in_groups(grad_weight, groups, 0),
    )
    for p, q, i, j, h, w in taps(size, kernel, stride, padding, dilation):
        grouped_weight[..., i, j] += np.einsum("ngo,ngc->goc", grad_y[..., p, q], x[..., h, w])
    return grad_weight, grad_bias


@_quiet
def linear_forward(x: Array, weight: Array, bias: Array | None) -> Array:
    """y[n,o] = bias[o] + sum over i of x[n,i] * weight[o,i]."""
    x, weight, bias = _double(x, weight, bias)
    y = np.einsum("ni,oi->no", x, weight)
    return y if bias is None else y + bias


@_quiet
def linear_backward_input(grad_y: Array, weight: Array) -> Array:
    grad_y, weight = _double(grad_y, weight)
    return np.einsum("no,oi->ni", grad_y, weight)


@_quiet
def linear_backward_parameters(x: Array, grad_y: Array) -> tuple[Array, Array]:
    x, grad_y = _double(x, grad_y)
    return np.einsum("no,ni->oi", grad_y, x), grad_y.sum(axis=0)


@_quiet
def max_pooling_forward(x: Array, *, kernel: Pair, stride: Pair, padding: Pair) -> tuple[Array, Array]:
    """The first maximum of each window in (row, column) order and its index h*W+w; the first NaN wins."""
    (x,) = _double(x)
    size = x.shape[2:]
    shape = (*x.shape[:2], *output_size(size, kernel, stride, padding))
    y, argmax = np.full(shape, np.nan), np.full(shape, -1, dtype=np.int32)
    for p, q, _, _, h, w in taps(size, kernel, stride, padding):
        value, best = x[:, :, h, w], y[:, :, p, q]
        wins = (argmax[:, :, p, q] < 0) | (value > best) | (np.isnan(value) & ~np.isnan(best))
        y[:, :, p, q] = np.where(wins, value, best)
        argmax[:, :, p, q] = np.where(wins, h * size[1] + w, argmax[:, :, p, q])
    return y, argmax


@_quiet
def max_pooling_backward(grad_y: Array, argmax: Array, size: Pair) -> Array:
    (grad_y,) = _double(grad_y)
    grad_x = np.zeros((*grad_y.shape[:2], size[0] * size[1]))
    for n, c, p, q in np.ndindex(grad_y.shape):
        grad_x[n, c, argmax[n, c, p, q]] += grad_y[n, c, p, q]
    return grad_x.reshape(*grad_y.shape[:2], *size)


def _average_counts(size: Pair, kernel: Pair, stride: Pair, padding: Pair, count_padding: bool) -> Array:
    counts = np.zeros(output_size(size, kernel, stride, padding))
    for p, q, *_ in taps(size, kernel, stride, padding):
        counts[p, q] += 1
    return np.full_like(counts, kernel[0] * kernel[1]) if count_padding else counts


@_quiet
def average_pooling_forward(
    x: Array, *, kernel: Pair, stride: Pair, padding: Pair, count_padding: bool
) -> Array:
    """The sum of each window over the number of its elements, with or without those on padding."""
    (x,) = _double(x)
    size = x.shape[2:]
    y = np.zeros((*x.shape[:2], *output_size(size, kernel, stride, padding)))
    for p, q, _, _, h, w in taps(size, kernel, stride, padding):
        y[:, :, p, q] += x[:, :, h, w]
    return y / _average_counts(size, kernel, stride, padding, count_padding)


@_quiet
def average_pooling_backward(
    grad_y: Array, size: Pair, *, kernel: Pair, stride: Pair, padding: Pair, count_padding: bool
) -> Array:
    (grad_y,) = _double(grad_y)
    share = grad_y / _average_counts(size, kernel, stride, padding, count_padding)
    grad_x = np.zeros((*grad_y.shape[:2], *size))
    for p, q, _, _, h, w in taps(size, kernel, stride, padding):
        grad_x[:, :, h, w] += share[:, :, p, q]
    return grad_x


@_quiet
def activation_forward(x: Array, *, kind: str) -> Array:
    (x,) = _double(x)
    if kind == "relu":
        return np.where(x <= 0, 0.0, x)  # NaN <= 0 is false: NaN stays
    if kind == "tanh":
        return np.tanh(x)
    return np.where(x < 0, np.exp(x) / (1 + np.exp(x)), 1 / (1 + np.exp(-x)))


@_quiet
def activation_backward(y: Array, grad_y: Array, *, kind: str) -> Array:
    """From the output y of the forward pass."""
    y, grad_y = _double(y, grad_y)
    if kind == "relu":
        return np.where(y <= 0, 0.0, grad_y)
    if kind == "tanh":
        return grad_y * (1 - y * y)
    return grad_y * y * (1 - y)


def _per_channel(values: Array, dimensions: int) -> Array:
    return values.reshape(1, -1, *[1] * (dimensions - 2))


@_quiet
def batch_normalization_forward(
    x: Array,
    weight: Array | None,
    bias: Array | None,
    running_mean: Array,
    running_variance: Array,
    *,
    training: bool,
    momentum: float,
    epsilon: float,
) -> tuple[Array, Array, Array, Array, Array]:
    """(y, running mean, running variance, mean used, 1 / sqrt(variance used + epsilon)).

    Training normalizes with the variance over m; the running variance follows that over m - 1, if m > 1.
    """
    x, weight, bias, running_mean, running_variance = _double(x, weight, bias, running_mean, running_variance)
    mean, variance = running_mean, running_variance
    if training:
        axes = (0, *range(2, x.ndim))
        count = x.size // x.shape[1]
        mean, variance = x.mean(axis=axes), x.var(axis=axes)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        if count > 1:
            unbiased = variance * count / (count - 1)
            running_variance = (1 - momentum) * running_variance + momentum * unbiased
    inverse_std = 1 / np.sqrt(variance + epsilon)
    y = (x - _per_channel(mean, x.ndim)) * _per_channel(inverse_std, x.ndim)
    if weight is not None:
        y = y * _per_channel(weight, x.ndim)
    if bias is not None:
        y = y + _per_channel(bias, x.ndim)
    return y, running_mean, running_variance, mean, inverse_std


@_quiet
def batch_normalization_backward(
    x: Array, grad_y: Array, weight: Array | None, mean: Array, inverse_std: Array, *, training: bool
) -> tuple[Array, Array, Array]:
    """(grad_x, grad_weight, grad_bias); in training, mean and variance depend on x (Ioffe & Szegedy 2015)."""
    x, grad_y, weight, mean, inverse_std = _double(x, grad_y, weight, mean, inverse_std)
    axes = (0, *range(2, x.ndim))
    normalized = (x - _per_channel(mean, x.ndim)) * _per_channel(inverse_std, x.ndim)
    grad_weight, grad_bias = (grad_y * normalized).sum(axis=axes), grad_y.sum(axis=axes)
    grad = grad_y if weight is None else grad_y * _per_channel(weight, x.ndim)
    if training:
        grad = (
            grad
            - grad.mean(axis=axes, keepdims=True)
            - normalized * (grad * normalized).mean(axis=axes, keepdims=True)
        )
    return grad * _per_channel(inverse_std, x.ndim), grad_weight, grad_bias


@_quiet
def log_softmax_forward(x: Array) -> Array:
    """x - log(sum of exp(x)), shifted by the maximum of each row."""
    (x,) = _double(x)
    shifted = x - x.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@_quiet
def log_softmax_backward(y: Array, grad_y: Array) -> Array:
    y, grad_y = _double(y, grad_y)
    return grad_y - np.exp(y) * grad_y.sum(axis=1, keepdims=True)


@_quiet
def softmax_nll_forward(x: Array, labels: Array) -> tuple[Array, Array]:
    """(losses, log-probabilities): the loss of a sample is minus the log-probability of its label."""
    y = log_softmax_forward(x)
    return -y[np.arange(len(labels)), labels], y


@_quiet
def softmax_nll_backward(log_probabilities: Array, labels: Array, *, scale: float) -> Array:
    (log_probabilities,) = _double(log_probabilities)
    return scale * (np.exp(log_probabilities) - np.eye(log_probabilities.shape[1])[labels])


def philox4x32(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Philox 4x32-10 of Salmon et al. 2011 in Python's integers."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        product0, product1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        low = 0xFFFFFFFF
        c0, c1, c2, c3 = (
            (product1 >> 32) ^ c1 ^ k0,
            product1 & low,
            (product0 >> 32) ^ c3 ^ k1,
            product0 & low,
        )
        k0, k1 = (k0 + 0x9E3779B9) & low, (k1 + 0xBB67AE85) & low
    return c0, c1, c2, c3
