"""Convolutions drawn by hypothesis, and the products that their definitions add up."""

from collections.abc import Iterator

import numpy as np
from hypothesis import strategies as st

from cnncli.layers import Conv1d, Conv2d, ConvTranspose2d, Linear
from drawn_layers import Term


def mapped_terms(layer: Conv2d, shape: tuple[int, ...]) -> Iterator[Term]:
    """y[o,p,q] = sum over o's connections (o, c), i, j of w[number, i, j] x[c, p*stride + i*dilation - padding, ...].

    Connections are numbered output by output.
    """
    assert layer.connections is not None
    _, height, width = layer.output_shape(shape)
    number = 0
    for o, row in enumerate(layer.connections):
        for c in row:
            for p, q in np.ndindex(height, width):
                for i, j in np.ndindex(*layer.kernel_size):
                    h = p * layer.stride[0] + i * layer.dilation[0] - layer.padding[0]
                    w = q * layer.stride[1] + j * layer.dilation[1] - layer.padding[1]
                    if 0 <= h < shape[1] and 0 <= w < shape[2]:
                        yield (o, p, q), (c, h, w), (number, i, j)
            number += 1


@st.composite
def tables(draw: st.DrawFn) -> tuple[Conv2d, tuple[int, ...]]:
    inputs, outputs = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    rows = draw(st.lists(st.lists(st.integers(0, inputs - 1), min_size=1, max_size=inputs, unique=True),
                         min_size=outputs, max_size=outputs))  # fmt: skip
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel, stride, dilation = draw(pairs), draw(pairs), draw(pairs)
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    size = [max(1, dilation[side] * (kernel[side] - 1) + 1 - 2 * padding[side]) + draw(st.integers(0, 4))
            for side in (0, 1)]  # fmt: skip
    layer = Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=draw(st.booleans()), connections=rows)
    return layer, (inputs, *size)


def transposed_terms(layer: ConvTranspose2d, shape: tuple[int, ...]) -> Iterator[Term]:
    """y[o, i*stride + k*dilation - padding, likewise] += w[c, o's number in its group, k, l] x[c, i, j]."""
    _, height, width = layer.output_shape(shape)
    inputs, outputs = layer.in_channels // layer.groups, layer.out_channels // layer.groups
    for c, i, j in np.ndindex(*shape):
        for o, k, l in np.ndindex(outputs, *layer.kernel_size):  # noqa: E741
            p = i * layer.stride[0] + k * layer.dilation[0] - layer.padding[0]
            q = j * layer.stride[1] + l * layer.dilation[1] - layer.padding[1]
            if 0 <= p < height and 0 <= q < width:
                yield (c // inputs * outputs + o, p, q), (c, i, j), (c, o, k, l)


@st.composite
def transposed(draw: st.DrawFn) -> tuple[ConvTranspose2d, tuple[int, ...]]:
    groups = draw(st.integers(1, 3))
    inputs, outputs = groups * draw(st.integers(1, 3)), groups * draw(st.integers(1, 3))
    sides = st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel, stride, dilation, size = draw(sides), draw(sides), draw(sides), draw(sides)
    more = tuple(draw(st.integers(0, max(stride[side], dilation[side]) - 1)) for side in (0, 1))
    # As much as leaves a row and a column, and more than the kernel where that is possible.
    most = [((size[side] - 1) * stride[side] + dilation[side] * (kernel[side] - 1) + more[side]) // 2
            for side in (0, 1)]  # fmt: skip
    padding = tuple(draw(st.integers(0, min(most[side], 4))) for side in (0, 1))
    layer = ConvTranspose2d(
        inputs, outputs, kernel, stride, (padding[0], padding[1]), (more[0], more[1]), groups, draw(st.booleans()),
        dilation,
    )  # fmt: skip
    return layer, (inputs, *size)


def sequence_terms(layer: Conv1d, shape: tuple[int, ...]) -> Iterator[Term]:
    """y[o,p] += w[o, c's number in its group, k] x[c, p*stride + k*dilation - padding]."""
    _, length = layer.output_shape(shape)
    inputs, outputs = layer.in_channels // layer.groups, layer.out_channels // layer.groups
    for o, p in np.ndindex(layer.out_channels, length):
        for c, k in np.ndindex(inputs, layer.kernel_size[1]):
            at = p * layer.stride[1] + k * layer.dilation[1] - layer.padding[1]
            if 0 <= at < shape[1]:
                yield (o, p), (o // outputs * inputs + c, at), (o, c, k)


@st.composite
def sequences(draw: st.DrawFn) -> tuple[Conv1d, tuple[int, ...]]:
    groups = draw(st.integers(1, 3))
    inputs, outputs = groups * draw(st.integers(1, 3)), groups * draw(st.integers(1, 3))
    kernel, stride, dilation = (draw(st.integers(1, 4)) for _ in range(3))
    padding = draw(st.integers(0, 3))
    length = max(1, dilation * (kernel - 1) + 1 - 2 * padding) + draw(st.integers(0, 9))
    return Conv1d(inputs, outputs, kernel, stride, padding, dilation, groups, draw(st.booleans())), (inputs, length)


def dense_terms(layer: Conv2d, shape: tuple[int, ...]) -> Iterator[Term]:
    """y[o,p,q] += w[o, c's number in its group, i, j] x[c, p*stride + i*dilation - padding, likewise]."""
    _, height, width = layer.output_shape(shape)
    inputs, outputs = layer.in_channels // layer.groups, layer.out_channels // layer.groups
    for o, p, q in np.ndindex(layer.out_channels, height, width):
        for c, i, j in np.ndindex(inputs, *layer.kernel_size):
            h = p * layer.stride[0] + i * layer.dilation[0] - layer.padding[0]
            w = q * layer.stride[1] + j * layer.dilation[1] - layer.padding[1]
            if 0 <= h < shape[1] and 0 <= w < shape[2]:
                yield (o, p, q), (o // outputs * inputs + c, h, w), (o, c, i, j)


@st.composite
def dense(draw: st.DrawFn) -> tuple[Conv2d, tuple[int, ...]]:
    groups = draw(st.integers(1, 3))
    inputs, outputs = groups * draw(st.integers(1, 3)), groups * draw(st.integers(1, 4))
    sides = st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel, stride, dilation = draw(sides | st.just((5, 5))), draw(sides), draw(sides)
    padding = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    size = [max(1, dilation[side] * (kernel[side] - 1) + 1 - 2 * padding[side]) + draw(st.integers(0, 4))
            for side in (0, 1)]  # fmt: skip
    return Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, draw(st.booleans())), (inputs, *size)


def linear_terms(layer: Linear, shape: tuple[int, ...]) -> Iterator[Term]:
    """y[o] += w[o,i] x[i]."""
    for o, i in np.ndindex(layer.out_features, *shape):
        yield (o,), (i,), (o, i)


@st.composite
def linears(draw: st.DrawFn) -> tuple[Linear, tuple[int, ...]]:
    inputs, outputs = draw(st.integers(1, 40)), draw(st.integers(1, 20))
    return Linear(inputs, outputs, draw(st.booleans())), (inputs,)
