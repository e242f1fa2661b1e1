"""Layers of learned numbers, normalizations of a sample, softmax and random slopes: on shapes drawn by hypothesis.

Each is held to its formula in float64 and to finite differences of that, on every instruction set; compiled, for a
batch and for single samples, to itself; and to PyTorch with the same arguments.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracles
from closeness import EPSILON, assert_close, same_bits
from cnncli import _core
from cnncli.errors import CnnError
from cnncli.layers import (
    Add,
    CMul,
    Dropout,
    Dropout2d,
    GroupNorm,
    LayerNorm,
    LocalResponseNorm,
    Module,
    Mul,
    PReLU,
    RReLU,
    Softmax,
    Softmax2d,
)
from cnncli.layers.random_layer import RandomLayer
from drawn_layers import quick
from layer_chains import build, prediction_fault, training_fault
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


eps = st.sampled_from([1e-5, 1e-2])
# Each layer with a shape of a sample, and its formula.
LAYERS: dict[str, tuple[st.SearchStrategy[Drawn], Callable[..., Array]]] = {
    "Add": (
        st.builds(lambda p, scalar: (Add(p[1], scalar), p[0]), patterns(), st.booleans()),
        lambda layer, x, bias: x + bias,
    ),
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
each_layer = pytest.mark.parametrize("name", LAYERS)
thirty = settings(quick, max_examples=30)


def begin(layer: Module) -> None:
    if isinstance(layer, RandomLayer):
        layer.seed, layer.layer, layer.step = SEED, LAYER, STEP


def fill(layer: Module, rng: np.random.Generator) -> dict[str, Array]:
    for parameter in layer.named_parameters():
        parameter.value[...] = rng.uniform(-1.5, 1.5, parameter.value.shape)
    return {parameter.name: parameter.value.astype(np.float64) for parameter in layer.named_parameters()}


def on_every_set() -> Iterator[str]:
    before = _core.instruction_set()
    try:
        for name in _core.instruction_sets():
            _core.set_instruction_set(name)
            yield name
    finally:
        _core.set_instruction_set(before)


def slack(layer: Module, x: Array) -> float:
    """What errors of x may grow by: a normalization divides by the spread, of which little may be left."""
    if not isinstance(layer, GroupNorm | LayerNorm):
        return 1.0
    rows = x.reshape(len(x), layer.num_groups, -1) if isinstance(layer, GroupNorm) else x.reshape(
        len(x), -1, int(np.prod(layer.normalized_shape))
    )
    least = np.sqrt(rows.var(axis=2).min(initial=1) + layer.eps)
    return float(1 / least**2)


@each_layer
def test_both_passes_are_the_formula_on_every_instruction_set(name: str) -> None:
    strategy, formula = LAYERS[name]

    @thirty
    @given(strategy, st.sampled_from([1, 2, 17]), st.booleans())
    def check(drawn: Drawn, samples: int, training: bool) -> None:
        layer, shape = drawn
        layer.train(training)
        rng = np.random.default_rng(samples)
        values = fill(layer, rng)
        x = distinct(rng, samples, *shape)
        wide = x.astype(np.float64)
        grad_y = distinct(rng, samples, *shape)
        y = formula(layer, wide, **values)
        grad_x = oracles.central_differences(lambda at: formula(layer, at, **values), x, grad_y)
        grads = {
            p: oracles.central_differences(lambda at, p=p: formula(layer, wide, **{**values, p: at}), value, grad_y)
            for p, value in values.items()
        }
        scale, results = slack(layer, wide), {}
        for instruction_set in on_every_set():
            begin(layer)
            for parameter in layer.named_parameters():
                parameter.gradient.fill(1)
            found = [layer.forward(x), layer.backward(x, grad_y, scale=0.5)]
            assert_close(found[0], y, terms=8, scale=scale)
            assert_close(found[1], grad_x, terms=64, scale=scale)
            for parameter in layer.named_parameters():
                assert_close(parameter.gradient, 1 + 0.5 * grads[parameter.name], terms=x.size, scale=scale)
                found.append(parameter.gradient.copy())
            results[instruction_set] = found
        if {"avx2", "avx512"} <= set(results):
            assert all(map(same_bits, results["avx2"], results["avx512"])), "AVX2 and AVX-512 give different bits"
        twin = type(layer)(**json.loads(json.dumps(layer.settings())))
        assert repr(twin) == repr(layer) and twin.settings() == layer.settings()

    check()


@each_layer
def test_compiled_it_is_the_layer_for_batches_and_single_samples(name: str) -> None:
    @thirty
    @given(LAYERS[name][0])
    def check(drawn: Drawn) -> None:
        layer, shape = drawn
        chain, rng = build([lambda _: layer], shape), np.random.default_rng(1)
        assert not (fault := prediction_fault(chain, rng)), fault
        assert not (fault := training_fault(chain, rng)), fault

    check()


@pytest.mark.torch
@pytest.mark.parametrize("name", [name for name in LAYERS if name not in ("Add", "CMul", "Mul")])
def test_it_is_what_torch_makes_of_the_same_arguments(name: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI has an environment with it")

    @thirty
    @given(LAYERS[name][0])
    def check(drawn: Drawn) -> None:
        layer, shape = drawn
        is_random, arguments = isinstance(layer, RandomLayer), layer.settings()
        if arguments.pop("scale_in", "training") == "evaluation":
            return  # PyTorch has only the other form
        if name == "Softmax":  # without dim PyTorch takes 1 too, and warns
            arguments = {"dim": arguments.get("dim", 1)}
        theirs = getattr(torch.nn, name)(**arguments).train(not is_random)
        layer.train(not is_random)
        rng = np.random.default_rng(0)
        values = fill(layer, rng)
        with torch.no_grad():
            for parameter, value in values.items():
                getattr(theirs, parameter).copy_(torch.tensor(value))
        x, grad_y = distinct(rng, 5, *shape), distinct(rng, 5, *shape)
        scale = slack(layer, x.astype(np.float64))
        at = torch.tensor(x.astype(np.float64), requires_grad=True)
        output = theirs.double()(at)
        output.backward(torch.tensor(grad_y.astype(np.float64)))
        assert_close(layer.forward(x), output.detach().numpy(), terms=8, scale=scale)
        assert_close(layer.backward(x, grad_y), at.grad.numpy(), terms=64, scale=scale)
        for parameter in layer.named_parameters():
            expected = getattr(theirs, parameter.name).grad.numpy()
            assert_close(parameter.gradient, expected, terms=x.size, scale=scale)

    check()


@each_layer
def test_nan_stays_in_its_sample_and_an_empty_batch_is_empty(name: str, instruction_set: str) -> None:
    layer = {
        "Add": lambda: Add([4, 1, 3]), "CMul": lambda: CMul([4, 1, 3]), "GroupNorm": lambda: GroupNorm(2, 4),
        "LayerNorm": lambda: LayerNorm([2, 3]), "LocalResponseNorm": lambda: LocalResponseNorm(2),
        "PReLU": lambda: PReLU(4), "Dropout": lambda: Dropout(0.0), "Dropout2d": lambda: Dropout2d(0.0),
        "Mul": Mul, "RReLU": RReLU, "Softmax": Softmax, "Softmax2d": Softmax2d,
    }[name]()
    x = np.random.default_rng(0).normal(size=(18, 4, 2, 3)).astype(np.float32)
    begin(layer)
    clean = layer.forward(x)
    for value in (np.nan, np.inf):
        x[17, 1, 0, 2] = value
        begin(layer)
        y = layer.forward(x)
        assert same_bits(y[:17], clean[:17])
        assert np.isnan(y[17, 1, 0, 2]) or (name in ("Add", "CMul", "Mul", "PReLU", "RReLU", "Dropout", "Dropout2d")
                                            and value == np.inf == y[17, 1, 0, 2])
    grad_x = layer.backward(x, np.ones_like(x))
    assert np.isfinite(grad_x[:17]).all()
    layer.zero_grad_parameters()
    assert layer.forward(x[:0]).shape == (0, 4, 2, 3) and layer.backward(x[:0], x[:0]).shape == (0, 4, 2, 3)
    assert all((parameter.gradient == 0).all() for parameter in layer.named_parameters())


@each_layer
def test_three_threads_give_the_bits_of_one(
    name: str, assert_same_bits_for_any_threads: Callable[..., None]
) -> None:
    shape = (6, 23, 31)  # more than a slice of features
    layer: Module = {
        "Add": lambda: Add(list(shape)), "CMul": lambda: CMul([6, 1, 31]), "GroupNorm": lambda: GroupNorm(3, 6),
        "LayerNorm": lambda: LayerNorm([23, 31]), "LocalResponseNorm": lambda: LocalResponseNorm(3),
        "PReLU": lambda: PReLU(6), "Softmax": lambda: Softmax(3),
    }.get(name, lambda: {"Mul": Mul, "RReLU": RReLU, "Dropout": Dropout, "Dropout2d": Dropout2d,
                         "Softmax2d": Softmax2d}[name]())()
    rng = np.random.default_rng(2)
    fill(layer, rng)
    x, grad_y = (rng.normal(size=(33, *shape)).astype(np.float32) for _ in range(2))

    def compute() -> tuple[Array, ...]:
        begin(layer)
        layer.zero_grad_parameters()
        return (layer.forward(x), layer.backward(x, grad_y), *(p.gradient.copy() for p in layer.named_parameters()))

    assert_same_bits_for_any_threads(compute)


def test_prelu_has_the_slope_of_the_side_below_at_zero() -> None:
    layer = PReLU(init=0.25)
    assert layer.forward([[0.0, -2.0]]).tolist() == [[0, -0.5]]
    assert layer.backward([[0.0, -2.0]], [[1, 1]]).tolist() == [[0.25, 0.25]]
    assert layer.grad_weight.tolist() == [-2]
    assert [parameter.decay for parameter in layer.named_parameters()] == [False]


def test_softmax_neither_overflows_nor_loses_small_probabilities() -> None:
    assert Softmax().forward([[1e30, -1e30, 1e30]]).tolist() == [[0.5, 0, 0.5]]
    y = Softmax().forward([[0.0, -20.0]])
    np.testing.assert_allclose(y[0, 1], np.exp(-20.0), rtol=8 * EPSILON)


def test_papers_dropout_keeps_values_in_training_and_scales_in_evaluation() -> None:
    layer, ones = Dropout(0.25, scale_in="evaluation"), np.ones((20, 50))
    y = layer.forward(ones)
    assert set(np.unique(y)) == {0, 1} and abs(y.mean() - 0.75) < 0.06
    assert same_bits(layer.backward(ones, ones), y)
    assert np.unique(layer.eval().forward(ones)).tolist() == [0.75]
    assert np.unique(layer.backward(ones, ones)).tolist() == [0.75]


def test_dropout2d_drops_whole_channels() -> None:
    y = Dropout2d(0.5).forward(np.ones((40, 8, 3, 5)))
    assert (y == y[:, :, :1, :1]).all() and set(np.unique(y)) == {0, 2}
    assert 0.4 < (y[:, :, 0, 0] == 0).mean() < 0.6


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (lambda: PReLU(3), (4,), "PReLU(3): takes samples of 3 channels, got 4; use num_parameters=4, or 1"),
        (lambda: Softmax2d(), (4,), "Softmax2d(): takes samples of shape CxHxW, got 4; use Softmax() for vectors"),
        (lambda: Softmax(-1), (4, 1, 1),
         "Softmax(dim=-1): takes vectors, got 4x1x1; use dim=3 for columns, or dim=1 for channels"),
        (lambda: Softmax(2), (4,), "Softmax(dim=2): takes samples of shape CxHxW, got 4; use dim=1"),
        (lambda: GroupNorm(2, 4), (6, 1, 1),
         "GroupNorm(2, 4): takes samples of 4 channels, C or CxHxW, got 6x1x1; use num_channels=6"),
        (lambda: LayerNorm([3, 3]), (4, 3, 2),
         "LayerNorm(3x3): takes samples that end in 3x3, got 4x3x2; use normalized_shape=[4, 3, 2]"),
        (lambda: LocalResponseNorm(5), (4,), "LocalResponseNorm(5, alpha 0.0001, beta 0.75, k 1): takes samples of "
         "shape CxHxW, got 4; put it before Flatten()"),
        (lambda: Dropout2d(), (4,), "Dropout2d(0.5): takes samples of shape CxHxW, got 4; use Dropout for vectors"),
        (lambda: CMul([4, 1, 1]), (3, 2, 2), "CMul(4x1x1): has 4x1x1 learned numbers, and takes samples of sides "
         "that are these, or any for 1; got 3x2x2; use size=[3, 2, 2]"),
    ],
)
def test_it_refuses_samples_of_other_shapes_in_one_line(
    make: Callable[[], Module], shape: Shape, message: str
) -> None:
    with pytest.raises(CnnError) as caught:
        make().output_shape(shape)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PReLU(0), "PReLU: num_parameters is 0; use a whole number, at least 1 and at most 2,147,483,647"),
        (lambda: RReLU(0.5, 0.1), "RReLU: lower is 0.5 and upper 0.1; use a lower that is not above upper"),
        (lambda: GroupNorm(3, 4), "GroupNorm: num_groups is 3; use a divisor of the 4 channels"),
        (lambda: Softmax(0),
         "Softmax: dim is 0; use 1 (classes or channels), 2 (rows) or 3 (columns), or -1 for vectors"),
        (lambda: Dropout(0.5, scale_in="test"), "Dropout: scale_in is 'test'; use training or evaluation"),
        (lambda: CMul([2, 2]), "CMul: size is [2, 2]; use one whole number, or three: (channels, height, width), each "
         "1 or its side"),
        (lambda: LocalResponseNorm(0), "LocalResponseNorm: size is 0; use a whole number, at least 1 and "
         "at most 2,147,483,647"),
    ],
)
def test_it_refuses_settings_in_one_line(make: Callable[[], Module], message: str) -> None:
    with pytest.raises(CnnError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize("make", [Mul, PReLU, lambda: Add(1), lambda: CMul(1)])
def test_one_number_for_all_takes_samples_of_any_shape(make: Callable[[], Module], rng: np.random.Generator) -> None:
    """Seven samples of (channels, length) are no image of seven channels."""
    layer = make()
    for shape in [(7, 2, 5), (7, 5), (7, 2, 3, 4), (7, 1, 2, 3, 4)]:
        x = rng.normal(size=shape).astype(np.float32)
        assert layer.forward(x).shape == layer.backward(x, x).shape == shape
