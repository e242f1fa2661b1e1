"""LPPool2d, StochasticPool2d, the pools of sequences and the way back from a pooling, held to their definitions."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

import oracles
from closeness import assert_close, same_bits
from cnncli import _core
from cnncli.layers import AvgPool1d, LPPool2d, MaxPool1d, MaxUnpool2d, Sequential, StochasticPool2d
from drawn_layers import Place, Term, uniform, using
from drawn_norms import LAYER, SEED, STEP, begin
from drawn_pools import Places, sliding_places, sliding_pools

Drawn = tuple[Any, tuple[int, ...]]


@st.composite
def power_pools(draw: st.DrawFn) -> Drawn:
    pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))
    kernel, stride = draw(pairs), draw(st.none() | pairs)
    layer = LPPool2d(draw(st.sampled_from([1, 1.5, 2, 2.5, 3, 4, 7])), kernel, stride, draw(st.booleans()))
    return layer, (draw(st.integers(1, 3)), *(kernel[side] + draw(st.integers(0, 5)) for side in (0, 1)))


def values(layer: LPPool2d, rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Of both signs where the sum of the powers is positive with them, and no window's sum is near 0."""
    x = rng.uniform(0.2, 1, shape).astype(np.float32)
    return x * rng.choice(np.float32([-1, 1]), shape) if layer.norm_type in (2, 4) else x


def check_powers(case: Drawn, samples: int, seed: int) -> None:
    """y is the root of the sum of powers, grad_x what its derivative says, on every instruction set."""
    layer, shape = case
    rng, p = np.random.default_rng(seed), layer.norm_type
    x = values(layer, rng, samples, *shape)
    wide, area = x.astype(np.float64), layer.kernel_size[0] * layer.kernel_size[1]
    y, grad_x = np.zeros((samples, *layer.output_shape(shape))), np.zeros(x.shape)
    grad_y = uniform(rng, *y.shape)
    for (i, j), inside in (places := sliding_places(layer, shape)).items():
        powers = sum(wide[:, :, h, w] ** p for h, w in inside) * area / len(inside)
        y[:, :, i, j] = powers ** (1 / p)
        for h, w in inside:
            # d/dx of (c sum x^p)^(1/p)
            slope = powers ** (1 / p - 1) * wide[:, :, h, w] ** (p - 1) * area / len(inside)
            grad_x[:, :, h, w] += grad_y[:, :, i, j] * slope
    assert set(places) == set(np.ndindex(*y.shape[2:]))
    results = {}
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            results[instruction_set] = found = layer.forward(x), layer.backward(x, grad_y)
            assert_close(found[0], y, terms=area)
            assert_close(found[1], grad_x, terms=area, scale=4)
    if {"avx2", "avx512"} <= set(results):
        assert all(map(same_bits, results["avx2"], results["avx512"])), "AVX2 and AVX-512 give different bits"


@st.composite
def stochastic_pools(draw: st.DrawFn) -> Drawn:
    pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))
    kernel, stride = draw(pairs), draw(st.none() | pairs)
    padding = (draw(st.integers(0, kernel[0] // 2)), draw(st.integers(0, kernel[1] // 2)))
    layer = StochasticPool2d(kernel, stride, padding, draw(st.booleans()))
    sides = [max(1, kernel[side] - 2 * padding[side]) + draw(st.integers(0, 5)) for side in (0, 1)]
    return layer, (draw(st.integers(1, 3)), *sides)


def drawn_places(layer: StochasticPool2d, x: np.ndarray, places: Places) -> dict[tuple[int, ...], tuple[int, int]]:
    """(sample, channel, row, column) of an output -> the place in its window that the definition takes."""
    found, (rows, cols) = {}, layer.output_shape(x.shape[1:])[1:]
    for n, c in np.ndindex(x.shape[:2]):
        for (p, q), inside in places.items():
            unit = (c * rows + p) * cols + q
            word = oracles.philox4x32((unit, n // 4, STEP, 4 << 24 | LAYER), (SEED, 0))[n % 4]
            a = [max(float(x[n, c, h, w]), 0) for h, w in inside]
            point = word // 256 / 2**24 * sum(a)
            for i, place in enumerate(inside):
                if sum(a[: i + 1]) > point:
                    found[n, c, p, q] = place
                    break
    return found


def check_draws(case: Drawn, samples: int, seed: int) -> None:
    """Training takes the place that its number falls on."""
    layer, shape = case
    rng = np.random.default_rng(seed)
    x = rng.integers(-3, 5, (samples, *shape)).astype(np.float32)  # whole: sums are exact in either precision
    y = np.zeros((samples, *layer.output_shape(shape)), np.float32)
    grad_y, grad_x = uniform(rng, *y.shape), np.zeros(x.shape)
    for (n, c, p, q), (h, w) in drawn_places(layer, x, sliding_places(layer, shape)).items():
        y[n, c, p, q] = x[n, c, h, w]
        grad_x[n, c, h, w] += grad_y[n, c, p, q]
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            begin(layer)
            assert same_bits(layer.forward(x), y)
            assert_close(layer.backward(x, grad_y), grad_x, terms=16)


def check_means(case: Drawn, samples: int, seed: int) -> None:
    """Evaluation weighs each window with its probabilities."""
    layer, shape = case
    layer.eval()
    rng = np.random.default_rng(seed)
    x = uniform(rng, samples, *shape)
    y, grad_x = np.zeros((samples, *layer.output_shape(shape))), np.zeros(x.shape)
    grad_y = uniform(rng, *y.shape)
    slack = 1.0  # rounding of a window is divided by its total
    for n, c in np.ndindex(x.shape[:2]):
        for (p, q), inside in sliding_places(layer, shape).items():
            a = {place: max(float(x[n, c, place[0], place[1]]), 0) for place in inside}
            total = sum(a.values())
            if total == 0:
                continue
            y[n, c, p, q] = sum(value * value for value in a.values()) / total
            for (h, w), value in a.items():
                # d/da_i of sum a^2 / sum a
                grad_x[n, c, h, w] += grad_y[n, c, p, q] * (2 * value - y[n, c, p, q]) / total if value > 0 else 0
            slack = max(slack, 1 / total)
    results = {}
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            results[instruction_set] = found = layer.forward(x), layer.backward(x, grad_y)
            assert_close(found[0], y, terms=16)
            assert_close(found[1], grad_x, terms=64, scale=min(slack, 1e4))
    if {"avx2", "avx512"} <= set(results):
        assert all(map(same_bits, results["avx2"], results["avx512"])), "AVX2 and AVX-512 give different bits"


@st.composite
def sequence_pools(draw: st.DrawFn, kind: str) -> Drawn:
    kernel, stride, ceil_mode = draw(st.integers(1, 5)), draw(st.none() | st.integers(1, 4)), draw(st.booleans())
    dilation = draw(st.integers(1, 3)) if kind == "max" else 1
    span = dilation * (kernel - 1) + 1
    padding = draw(st.integers(0, span // 2))
    layer: Any = MaxPool1d(kernel, stride, padding, dilation, ceil_mode=ceil_mode)
    if kind == "average":
        layer = AvgPool1d(kernel, stride, padding, ceil_mode, draw(st.booleans()))
    return layer, (draw(st.integers(1, 3)), max(dilation, span - 2 * padding) + draw(st.integers(0, 8)))


def windows(layer: Any, length: int) -> list[range]:
    """The places of each window, with those in the padding: i*stride + k*dilation - padding."""
    kernel, stride, padding, dilation = (
        side[1] for side in (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
    )
    found: list[range] = []
    while True:
        first = len(found) * stride - padding
        last = first + dilation * (kernel - 1)
        left = first < length and last - stride + 1 < length + padding  # of the sequence, behind the last window
        if not (last < length + padding or (layer.ceil_mode and left)):
            return found
        found.append(range(first, last + 1, dilation))


def check_sequence_maxima(case: Drawn, samples: int, seed: int) -> None:
    """The first maximum of each window, and its index."""
    layer, shape = case
    rng = np.random.default_rng(seed)
    x = rng.integers(-3, 4, (samples, *shape)).astype(np.float32)  # with ties
    places = [[i for i in window if 0 <= i < shape[1]] for window in windows(layer, shape[1])]
    assert layer.output_shape(shape) == (shape[0], len(places))
    y = np.zeros((samples, shape[0], len(places)), np.float32)
    at, grad_y, grad_x = np.zeros(y.shape, np.int64), uniform(rng, *y.shape), np.zeros(x.shape)
    for n, c, o in np.ndindex(y.shape):
        y[n, c, o] = max(x[n, c, i] for i in places[o])
        at[n, c, o] = next(i for i in places[o] if x[n, c, i] == y[n, c, o])
        grad_x[n, c, at[n, c, o]] += grad_y[n, c, o]
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            assert same_bits(layer.forward(x), y)
            assert layer.indices.shape == at.shape and (layer.indices == at).all()
            assert_close(layer.backward(x, grad_y), grad_x, terms=len(places))


def window_terms(layer: AvgPool1d, shape: Place) -> list[Term]:
    """y = the sum of the places of a window over its divisor."""
    channels, length = shape
    terms: list[Term] = []
    for o, window in enumerate(windows(layer, length)):
        inside = [i for i in window if 0 <= i < length]
        padded = sum(i < length + layer.padding[1] for i in window)
        divisor = padded if layer.count_include_pad else len(inside)
        terms += [((c, o), (c, i), 1 / divisor) for c in range(channels) for i in inside]
    return terms


@st.composite
def there_and_back(draw: st.DrawFn) -> Drawn:
    """A max pooling and its unpooling, which needs the places that it found."""
    pooling, shape = draw(sliding_pools("max"))
    return Sequential(pooling, MaxUnpool2d(pooling=pooling, output_size=shape[1:])), shape


def check_there_and_back(case: Drawn, samples: int, seed: int) -> None:
    """The first maximum of each window stays, all else is 0; of windows with one place the last has its gradient."""
    layers, shape = case
    rng = np.random.default_rng(seed)
    x = rng.integers(-3, 4, (samples, *shape)).astype(np.float32)  # with ties
    y, grad_y, grad_x = np.zeros_like(x), uniform(rng, *x.shape), np.zeros_like(x)
    places = sliding_places(layers[0], shape)
    for n, c in np.ndindex(samples, shape[0]):
        for inside in places.values():
            best = max(x[n, c, h, w] for h, w in inside)
            h, w = next(place for place in inside if x[n, c, place[0], place[1]] == best)
            y[n, c, h, w], grad_x[n, c, h, w] = best, grad_y[n, c, h, w]
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            assert same_bits(layers.forward(x), y)
            assert (layers.backward(x, grad_y) == grad_x).all()
