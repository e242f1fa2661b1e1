"""Pooling layers drawn by hypothesis, and the places of their windows by definition."""

from collections.abc import Iterator

from hypothesis import strategies as st

from cnncli.layers import SubSampling2d
from drawn_layers import Place, Term


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

