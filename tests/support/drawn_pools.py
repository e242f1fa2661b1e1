"""Pooling layers drawn by hypothesis, and the places of their windows by definition."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from hypothesis import strategies as st

from closeness import assert_close, same_bits
from cnncli import _core
from cnncli.layers import AvgPool2d, MaxPool2d, SubSampling2d
from drawn_layers import Place, Term, uniform, using


def sub_sampling_terms(layer: SubSampling2d, shape: Place) -> Iterator[Term]:
    """y[c,p,q] = sum over i, j of w[c] x[c, p*stride + i, q*stride + j] (+ b[c])."""
    channels, height, width = shape
    rows, cols = layer.kernel_size
    for c in range(channels):
        for p, top in enumerate(range(0, height - rows + 1, layer.stride[0])):
            for q, left in enumerate(range(0, width - cols + 1, layer.stride[1])):
                for i in range(rows):
                    for j in range(cols):
                        yield (c, p, q), (c, top + i, left + j), (c,)


@st.composite
def sub_samplings(draw: st.DrawFn) -> tuple[SubSampling2d, tuple[int, int, int]]:
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel, stride = draw(pairs), draw(st.none() | pairs)
    more = draw(st.tuples(st.integers(0, 5), st.integers(0, 5)))
    channels = draw(st.integers(1, 4))
    return SubSampling2d(channels, kernel, stride), (channels, kernel[0] + more[0], kernel[1] + more[1])



Places = dict[Place, list[Place]]  # of each output (row, column), those inside the image


def sliding_places(layer: Any, shape: Place) -> Places:
    """Of MaxPool2d and AvgPool2d: window (p, q) has the places p*stride + i*dilation - padding.

    With ceil_mode there are as many windows as begin inside the image or the padding before it, and the first one.
    """
    found: Places = {}
    counts = []
    for side in (0, 1):
        size, padding, stride = shape[1 + side], layer.padding[side], layer.stride[side]
        last = layer.dilation[side] * (layer.kernel_size[side] - 1)
        o = 0
        while True:
            begin = o * stride - padding
            fits = begin + last < size + padding
            # One more window begins where the last whole one has left something of the padded image, if in the image.
            begins = layer.ceil_mode and begin < size and (begin - stride + last + 1 < size + padding)
            if not (fits or begins):
                break
            o += 1
        counts.append(o)
    for p, q in np.ndindex(*counts):
        top, left = p * layer.stride[0] - layer.padding[0], q * layer.stride[1] - layer.padding[1]
        places = (
            (top + i * layer.dilation[0], left + j * layer.dilation[1]) for i, j in np.ndindex(*layer.kernel_size)
        )
        found[p, q] = [(h, w) for h, w in places if 0 <= h < shape[1] and 0 <= w < shape[2]]
    return found


def adaptive_places(layer: Any, shape: Place) -> Places:
    """Of the adaptive ones: place h belongs to window p of n if it meets the interval [p size/n, (p+1) size/n)."""
    sides = [size if n is None else n for n, size in zip(layer.output_size, shape[1:], strict=True)]

    def along(p: int, n: int, size: int) -> list[int]:
        return [h for h in range(size) if h * n < (p + 1) * size and (h + 1) * n > p * size]

    return {
        (p, q): [(h, w) for h in along(p, sides[0], shape[1]) for w in along(q, sides[1], shape[2])]
        for p, q in np.ndindex(*sides)
    }


def average_terms(layer: Any, shape: Place, places: Places) -> Iterator[Term]:
    """y = the sum of the places of a window over its divisor."""
    for (p, q), inside in places.items():
        divisor = len(inside)
        if getattr(layer, "divisor_override", None) is not None:
            divisor = layer.divisor_override
        elif getattr(layer, "count_include_pad", False):
            divisor = 1
            for side, o in enumerate((p, q)):
                begin, end = o * layer.stride[side] - layer.padding[side], shape[1 + side] + layer.padding[side]
                divisor *= sum(begin + i < end for i in range(layer.kernel_size[side]))
        for c in range(shape[0]):
            for h, w in inside:
                yield (c, p, q), (c, h, w), 1 / divisor


def check_maxima(layer: Any, shape: Place, places: Places, samples: int, seed: int) -> None:
    """Eager, on every instruction set: bits of the maxima, indices of the first ones, gradients sent there."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-3, 4, (samples, *shape)).astype(np.float32)  # with ties
    sides = layer.output_shape(shape)[1:]
    assert set(places) == set(np.ndindex(*sides))
    y, at = np.zeros((samples, shape[0], *sides), np.float32), np.zeros((samples, shape[0], *sides), np.int64)
    grad_y, grad_x = uniform(rng, *y.shape), np.zeros(x.shape)
    for (p, q), inside in places.items():
        for n, c in np.ndindex(samples, shape[0]):
            best = max(x[n, c, h, w] for h, w in inside)
            h, w = next(place for place in inside if x[n, c, place[0], place[1]] == best)
            y[n, c, p, q], at[n, c, p, q] = best, h * shape[2] + w
            grad_x[n, c, h, w] += grad_y[n, c, p, q]
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            assert same_bits(layer.forward(x), y)
            assert (layer.indices == at).all() and layer.indices.dtype == np.int64
            assert_close(layer.backward(x, grad_y), grad_x, terms=len(places))


@st.composite
def sliding_pools(draw: st.DrawFn, kind: str) -> tuple[Any, Place]:
    pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))
    kernel, stride, ceil_mode = draw(pairs), draw(st.none() | pairs), draw(st.booleans())
    dilation = draw(st.just((1, 1)) | st.tuples(st.integers(1, 3), st.integers(1, 3))) if kind == "max" else (1, 1)
    spans = [dilation[side] * (kernel[side] - 1) + 1 for side in (0, 1)]
    padding = (draw(st.integers(0, spans[0] // 2)), draw(st.integers(0, spans[1] // 2)))
    layer: Any
    if kind == "max":
        layer = MaxPool2d(kernel, stride, padding, dilation, ceil_mode=ceil_mode)
    else:
        divisor = draw(st.none() | st.integers(1, 5))
        layer = AvgPool2d(kernel, stride, padding, ceil_mode, draw(st.booleans()), divisor)
    sides = [max(dilation[side], spans[side] - 2 * padding[side]) + draw(st.integers(0, 6)) for side in (0, 1)]
    return layer, (draw(st.integers(1, 3)), *sides)


@st.composite
def adaptive_pools(draw: st.DrawFn, kind: type[Any]) -> tuple[Any, Place]:
    sides = st.none() | st.integers(1, 7)
    size = draw(sides | st.tuples(sides, sides))
    return kind(size), (draw(st.integers(1, 3)), draw(st.integers(1, 9)), draw(st.integers(1, 9)))
