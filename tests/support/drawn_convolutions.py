"""Convolutions drawn by hypothesis, and the products that their definitions add up."""

from collections.abc import Iterator

import numpy as np
from hypothesis import strategies as st

from cnncli.layers import Conv2d
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
