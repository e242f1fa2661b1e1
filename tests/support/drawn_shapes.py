"""Layers that move values, drawn by hypothesis: Flatten, Unflatten, Identity, ZeroPad2d, Upsample."""

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from cnncli import _core
from cnncli.layers import Flatten, Identity, Module, Unflatten, Upsample, ZeroPad2d
from drawn_layers import Term, uniform, using


def padding_terms(layer: ZeroPad2d, shape: tuple[int, ...]) -> Iterator[Term]:
    """y[c, h + top, w + left] = x[c,h,w]."""
    left, _, top, _ = layer.padding
    _, height, width = layer.output_shape(shape)
    for c, h, w in np.ndindex(*shape):
        if 0 <= h + top < height and 0 <= w + left < width:
            yield (c, h + top, w + left), (c, h, w), 1.0


@st.composite
def padded(draw: st.DrawFn) -> tuple[ZeroPad2d, tuple[int, ...]]:
    """Sides from cutting all but one off to four zeros, also more zeros than were cut off on the other side."""
    channels, height, width = draw(st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 6)))
    top = draw(st.integers(1 - height - 2, 4))
    bottom = draw(st.integers(1 - height - top, max(4, 1 - height - top)))
    left = draw(st.integers(1 - width - 2, 4))
    right = draw(st.integers(1 - width - left, max(4, 1 - width - left)))
    return ZeroPad2d((left, right, top, bottom)), (channels, height, width)


def places(layer: Upsample, side: int, size: int, output: int) -> list[list[tuple[int, float]]]:
    """Of each output place: the input places that it reads, and their weights, in exact arithmetic."""
    factor = None if layer.scale_factor is None or layer.recompute_scale_factor else layer.scale_factor[side]
    step = Fraction(size, output) if factor is None else 1 / Fraction(factor)
    found = []
    for place in range(output):
        if layer.mode == "nearest":
            found.append([(min(math.floor(place * step), size - 1), 1.0)])
            continue
        real = max(Fraction(0), (place + Fraction(1, 2)) * step - Fraction(1, 2))
        if layer.align_corners:
            real = place * Fraction(size - 1, max(output - 1, 1))
        low = min(math.floor(real), size - 1)
        share = float(min(real - low, Fraction(1)))
        found.append([(low, 1 - share), (min(low + 1, size - 1), share)])
    return found


def upsampling_terms(layer: Upsample, shape: tuple[int, ...]) -> Iterator[Term]:
    channels, height, width = layer.output_shape(shape)
    rows, cols = places(layer, 0, shape[1], height), places(layer, 1, shape[2], width)
    for c, p, q in np.ndindex(channels, height, width):
        for h, of_row in rows[p]:
            for w, of_col in cols[q]:
                yield (c, p, q), (c, h, w), of_row * of_col


# Factors whose inverses float32 holds, so that no place lies on the other side of a border by rounding.
FACTORS = [0.5, 1.0, 1.25, 2.0, 2.5, 3.2, 4.0]


@st.composite
def upsampled(draw: st.DrawFn) -> tuple[Upsample, tuple[int, ...]]:
    channels, height, width = draw(st.tuples(st.integers(1, 3), st.integers(2, 6), st.integers(2, 6)))
    mode = draw(st.sampled_from(["nearest", "bilinear"]))
    corners = draw(st.booleans()) if mode == "bilinear" else None
    size: Any = draw(st.tuples(st.sampled_from([1, 2, 4, 5, 8, 11]), st.sampled_from([1, 2, 3, 7, 12])))
    factor: Any = None
    if draw(st.booleans()):
        factor = draw(st.one_of(st.sampled_from(FACTORS), st.tuples(st.sampled_from(FACTORS), st.just(2.0))))
        size = None
    recompute = draw(st.booleans()) if factor is not None else None
    return Upsample(size, factor, mode, corners, recompute), (channels, height, width)


Case = tuple[Module, tuple[int, ...], tuple[int, ...]]  # a layer, a shape of samples, and that of the output


@st.composite
def flattened(draw: st.DrawFn) -> Case:
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
    start = draw(st.integers(1, len(shape)))
    end = draw(st.integers(start, len(shape)))
    joined = 1
    for size in shape[start - 1 : end]:
        joined *= size
    back = len(shape) + 1
    named = (draw(st.sampled_from([start, start - back])), draw(st.sampled_from([end, end - back])))
    return Flatten(*named), shape, (*shape[: start - 1], joined, *shape[end:])


@st.composite
def unflattened(draw: st.DrawFn) -> Case:
    before, after = draw(st.sampled_from([((), ()), ((3,), ()), ((), (4,)), ((2, 3), ()), ((2,), (3,))]))
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    product = 1
    for size in sizes:
        product *= size
    given_sizes = list(sizes)
    if draw(st.booleans()):
        given_sizes[draw(st.integers(0, len(sizes) - 1))] = -1
    dim = draw(st.sampled_from([len(before) + 1, -len(after) - 1]))
    return Unflatten(dim, given_sizes), (*before, product, *after), (*before, *sizes, *after)


@st.composite
def unchanged(draw: st.DrawFn) -> Case:
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple))
    return Identity(), shape, shape


def check_order(case: Case, samples: int, seed: int) -> None:
    """Both passes keep every bit in its order, in an array of their own."""
    layer, shape, expected = case
    rng = np.random.default_rng(seed)
    assert layer.output_shape(shape) == expected
    x = uniform(rng, samples, *shape)
    grad_y = uniform(rng, samples, *expected)
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            y, grad_x = layer.forward(x), layer.backward(x, grad_y)
        assert y.shape == (samples, *expected) and y.tobytes() == x.tobytes() and not np.shares_memory(x, y)
        assert grad_x.shape == x.shape and grad_x.tobytes() == grad_y.tobytes()
        assert not np.shares_memory(grad_x, grad_y)
    assert repr(type(layer)(**layer.settings())) == repr(layer)
