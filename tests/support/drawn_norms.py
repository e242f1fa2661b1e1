"""Learned numbers, normalizations, softmax and random slopes, drawn by hypothesis, with their formulas in float64."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

import oracles
from closeness import assert_close, same_bits
from cnncli import _core
from cnncli.layers import (
    Add,
    BatchNorm1d,
    BatchNorm2d,
    CMul,
    Dropout,
    Dropout2d,
    GroupNorm,
    LayerNorm,
    LocalResponseNorm,
    LogSoftmax,
    Module,
    Mul,
    PReLU,
    RReLU,
    Softmax,
    Softmax2d,
)
from cnncli.layers.batch_norm import BatchNorm
from cnncli.layers.random_layer import RandomLayer
from drawn_layers import using
from layer_check import distinct

Array = np.ndarray
Shape = tuple[int, ...]
Drawn = tuple[Module, Shape]
SEED, LAYER, STEP = 3, 9, 2


@cache
def numbers(purpose: int, samples: int, units: int) -> Array:
    """The uniform number of each unit of each sample, as Philox has it."""
    found = np.empty((samples, units))
    for n, unit in np.ndindex(found.shape):
        words = oracles.philox4x32((unit, n // 4, STEP, purpose << 24 | LAYER), (SEED, 0))
        found[n, unit] = words[n % 4] // 256 / 2**24
    return found


def prelu(layer: PReLU, x: Array, weight: Array) -> Array:
    return np.where(x > 0, x, weight.reshape(-1, *[1] * (x.ndim - 2)) * x)


def rrelu(layer: RReLU, x: Array) -> Array:
    slope = np.full(x.shape, (layer.lower + layer.upper) / 2)
    if layer.training:
        slope = layer.lower + (layer.upper - layer.lower) * numbers(7, len(x), x[0].size).reshape(x.shape)
    return np.where(x > 0, x, slope * x)


def dropout(layer: Dropout, x: Array) -> Array:
    in_training = layer.scale_in == "training"
    if not layer.training:
        return x * (1 if in_training else 1 - layer.p)
    units = x.shape[1] if isinstance(layer, Dropout2d) else x[0].size
    kept = numbers(2, len(x), units) >= np.float32(layer.p)
    kept = kept.reshape(*x.shape[:2], 1, 1) if isinstance(layer, Dropout2d) else kept.reshape(x.shape)
    return np.where(kept, x / (1 - layer.p) if in_training else x, 0)


def group_norm(layer: GroupNorm, x: Array, weight: Array | None = None, bias: Array | None = None) -> Array:
    y, each = np.empty(x.shape), x.shape[1] // layer.num_groups
    for group in range(layer.num_groups):
        channels = slice(group * each, (group + 1) * each)
        values = x[:, channels].reshape(len(x), -1)
        mean = values.sum(axis=1) / values.shape[1]
        variance = ((values.T - mean) ** 2).sum(axis=0) / values.shape[1]
        y[:, channels] = ((x[:, channels].T - mean) / np.sqrt(variance + layer.eps)).T
    if weight is None:
        return y
    return np.moveaxis(np.moveaxis(y, 1, -1) * weight + (0 if bias is None else bias), -1, 1)


def layer_norm(layer: LayerNorm, x: Array, weight: Array | None = None, bias: Array | None = None) -> Array:
    axes = tuple(range(x.ndim - len(layer.normalized_shape), x.ndim))
    count = np.prod(layer.normalized_shape)
    centred = x - x.sum(axis=axes, keepdims=True) / count
    y = centred / np.sqrt((centred**2).sum(axis=axes, keepdims=True) / count + layer.eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def response_norm(layer: LocalResponseNorm, x: Array) -> Array:
    y = np.empty(x.shape)
    for c in range(x.shape[1]):
        window = [i for i in range(c - layer.size // 2, c + (layer.size - 1) // 2 + 1) if 0 <= i < x.shape[1]]
        divisor = layer.k + layer.alpha / layer.size * sum(x[:, i] ** 2 for i in window)
        y[:, c] = x[:, c] / divisor**layer.beta
    return y


def softmax(layer: Softmax, x: Array) -> Array:
    axis = 1 if layer.dim in (None, -1) else layer.dim
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


side, few = st.integers(1, 3), st.integers(1, 6)
images = st.tuples(few, side, side)
vectors = st.tuples(st.integers(1, 20))
shapes = st.one_of(images, vectors)
rates = st.sampled_from([0.0, 0.3, 0.5, 0.9])
forms = st.sampled_from(["training", "evaluation"])


@st.composite
def patterns(draw: Any) -> tuple[Shape, list[int]]:
    shape = draw(shapes)
    return shape, [draw(st.sampled_from([1, size])) for size in shape]


@st.composite
def grouped(draw: Any) -> tuple[Shape, int]:
    shape = draw(shapes)
    return shape, draw(st.sampled_from([g for g in range(1, shape[0] + 1) if shape[0] % g == 0]))


@st.composite
def axes_of(draw: Any) -> tuple[Shape, int | None]:
    shape = draw(shapes)
    return shape, draw(st.sampled_from([None, 1, 2, 3] if len(shape) == 3 else [None, 1, -1]))


def batch_norm(layer: BatchNorm, x: Array, weight: Array | None = None, bias: Array | None = None) -> Array:
    axes = (0, *range(2, x.ndim))
    mean, variance = layer.running_mean.astype(np.float64), layer.running_var.astype(np.float64)
    if layer.training:
        m = x.size // x.shape[1]
        mean = x.sum(axis=axes) / m
        variance = ((np.moveaxis(x, 1, -1) - mean) ** 2).reshape(m, -1).sum(axis=0) / m
    y = (np.moveaxis(x, 1, -1) - mean) / np.sqrt(variance + layer.eps)
    y = y if weight is None else y * weight
    return np.moveaxis(y if bias is None else y + bias, -1, 1)


def log_softmax(layer: LogSoftmax, x: Array) -> Array:
    return x - np.log(np.exp(x).sum(axis=1, keepdims=True))


eps = st.sampled_from([1e-5, 1e-2])


def normalized(kind: type[BatchNorm], shapes: st.SearchStrategy[Shape]) -> st.SearchStrategy[Drawn]:
    return st.builds(
        lambda shape, e, momentum, affine: (kind(shape[0], e, momentum, affine), shape),
        shapes, eps, st.sampled_from([0.0, 0.1, 1.0]), st.booleans(),
    )  # fmt: skip


# Each layer with a shape of a sample, and its formula.
NORMS: dict[str, tuple[st.SearchStrategy[Drawn], Callable[..., Array]]] = {
    "Add": (
        st.builds(lambda p, scalar: (Add(p[1], scalar), p[0]), patterns(), st.booleans()),
        lambda layer, x, bias: x + bias,
    ),
    "BatchNorm1d": (normalized(BatchNorm1d, vectors), batch_norm),
    "BatchNorm2d": (normalized(BatchNorm2d, images), batch_norm),
    "CMul": (st.builds(lambda p: (CMul(p[1]), p[0]), patterns()), lambda layer, x, weight: weight * x),
    "Dropout": (st.builds(lambda shape, p, form: (Dropout(p, form), shape), shapes, rates, forms), dropout),
    "Dropout2d": (st.builds(lambda shape, p, form: (Dropout2d(p, form), shape), images, rates, forms), dropout),
    "GroupNorm": (
        st.builds(
            lambda g, e, affine, bias: (GroupNorm(g[1], g[0][0], e, affine, bias), g[0]),
            grouped(), eps, st.booleans(), st.booleans(),
        ),
        group_norm,
    ),
    "LayerNorm": (
        st.builds(
            lambda shape, last, e, affine, bias: (LayerNorm(shape[-last:], e, affine, bias), shape),
            shapes, st.integers(1, 3), eps, st.booleans(), st.booleans(),
        ),
        layer_norm,
    ),
    "LocalResponseNorm": (
        st.builds(
            lambda shape, *s: (LocalResponseNorm(*s), shape), images, few, st.sampled_from([1e-4, 0.7, 3.0]),
            st.sampled_from([0.0, 0.5, 0.75, 2.0]), st.sampled_from([0.5, 1.0, 2.0]),
        ),
        response_norm,
    ),
    "LogSoftmax": (st.builds(lambda shape: (LogSoftmax(), shape), vectors), log_softmax),
    "Mul": (st.builds(lambda shape: (Mul(), shape), shapes), lambda layer, x, weight: weight * x),
    "PReLU": (
        st.builds(lambda shape, one, init: (PReLU(1 if one else shape[0], init), shape),
                  shapes, st.booleans(), st.sampled_from([0.25, -0.5])),
        prelu,
    ),
    "RReLU": (
        st.builds(lambda shape, low, more: (RReLU(low, low + more), shape), shapes,
                  st.sampled_from([-0.5, 0.125]), st.sampled_from([0.0, 0.25])),
        rrelu,
    ),
    "Softmax": (st.builds(lambda a: (Softmax(a[1]), a[0]), axes_of()), softmax),
    "Softmax2d": (st.builds(lambda shape: (Softmax2d(), shape), images), softmax),
}


def begin(layer: Any) -> Any:
    """The layer, which draws what `numbers` has if it is one that draws."""
    if isinstance(layer, RandomLayer):
        layer.seed, layer.layer, layer.step = SEED, LAYER, STEP
    return layer


def fill(layer: Module, rng: np.random.Generator) -> dict[str, Array]:
    for parameter in layer.named_parameters():
        parameter.value[...] = rng.uniform(-1.5, 1.5, parameter.value.shape)
    for name, buffer in layer.named_buffers():
        buffer[...] = rng.uniform(0.5, 2, buffer.shape) if "var" in name else rng.uniform(-1, 1, buffer.shape)
    return {parameter.name: parameter.value.astype(np.float64) for parameter in layer.named_parameters()}


def slack(layer: Module, x: Array) -> float:
    """What errors of x may grow by: a normalization divides by the spread, of which little may be left."""
    if isinstance(layer, BatchNorm):
        rows = np.moveaxis(x, 1, 0).reshape(1, x.shape[1], -1)
        if not layer.training:
            return float(1 / (layer.running_var.min() + layer.eps))
    elif isinstance(layer, GroupNorm):
        rows = x.reshape(len(x), layer.num_groups, -1)
    elif isinstance(layer, LayerNorm):
        rows = x.reshape(len(x), -1, int(np.prod(layer.normalized_shape)))
    else:
        return 1.0
    return float(1 / (rows.var(axis=2).min(initial=1) + layer.eps))


def check_formula(formula: Callable[..., Array], layer: Module, shape: Shape, samples: int, seed: int) -> None:
    """Eager, on every instruction set: both passes are the formula and its finite differences, gradients are added."""
    rng = np.random.default_rng(seed)
    layer.train(bool(seed % 2))
    values = fill(layer, rng)
    if not samples:
        check_empty(layer, shape)
        return
    x = distinct(rng, samples, *shape)
    wide = x.astype(np.float64)
    y = formula(layer, wide, **values)
    grad_y = distinct(rng, *y.shape)
    grad_x = oracles.central_differences(lambda at: formula(layer, at, **values), x, grad_y)
    grads = {
        p: oracles.central_differences(lambda at, p=p: formula(layer, wide, **{**values, p: at}), value, grad_y)
        for p, value in values.items()
    }
    kept = {name: buffer.copy() for name, buffer in layer.named_buffers()}
    moved = running(layer, wide, kept) if isinstance(layer, BatchNorm) else kept
    scale, results = slack(layer, wide), {}
    for instruction_set in _core.instruction_sets():
        begin(layer)
        for parameter in layer.named_parameters():
            parameter.gradient.fill(1)
        for name, buffer in layer.named_buffers():
            buffer[...] = kept[name]
        with using(instruction_set):
            found = [layer.forward(x), layer.backward(x, grad_y, scale=0.5)]
        assert_close(found[0], y, terms=8, scale=scale)
        assert_close(found[1], grad_x, terms=64, scale=scale)
        for parameter in layer.named_parameters():
            assert_close(parameter.gradient, 1 + 0.5 * grads[parameter.name], terms=x.size, scale=scale)
            found.append(parameter.gradient.copy())
        for name, buffer in layer.named_buffers():
            assert_close(buffer, moved[name].astype(np.float64), terms=x.size)
            found.append(buffer.copy())
        results[instruction_set] = found
    if {"avx2", "avx512"} <= set(results):
        assert all(map(same_bits, results["avx2"], results["avx512"])), "AVX2 and AVX-512 give different bits"
    if type(layer).children is not Module.children:
        return  # a container is made again from its description, which tests of networks do
    twin = type(layer)(**json.loads(json.dumps(layer.settings())))
    assert repr(twin) == repr(layer) and twin.settings() == layer.settings()


def check_empty(layer: Module, shape: Shape) -> None:
    """No samples have an empty output, and change no gradient of parameters and no buffer."""
    kept = [buffer.copy() for _, buffer in layer.named_buffers()]
    layer.zero_grad_parameters()
    x, output_shape = np.zeros((0, *shape), np.float32), (0, *layer.output_shape(shape))
    y = layer.forward(x)
    assert y.shape == output_shape and layer.backward(x, y).shape == x.shape
    assert not any(parameter.gradient.any() for parameter in layer.named_parameters())
    assert all(same_bits(buffer, old) for (_, buffer), old in zip(layer.named_buffers(), kept, strict=True))


def running(layer: BatchNorm, x: Array, before: dict[str, Array]) -> dict[str, Array]:
    """The running statistics after a batch: `momentum` of the way to its mean, and to its variance over m - 1."""
    rows = np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)
    m = rows.shape[1]
    mean = rows.sum(axis=1) / m
    now = {"running_mean": mean, "running_var": ((rows.T - mean) ** 2).sum(axis=0) / max(m - 1, 1)}
    part = layer.momentum if layer.training else 0.0
    return {
        name: old if name == "running_var" and m == 1 else (1 - part) * old.astype(np.float64) + part * now[name]
        for name, old in before.items()
    }
