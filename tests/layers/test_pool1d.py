"""MaxPool1d and AvgPool1d: windows over sequences, held to their places and to PyTorch."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from beside_torch import compare
from closeness import assert_close, same_bits
from cnncli import _core
from cnncli.errors import CnnError, UsageError
from cnncli.layers import AvgPool1d, Conv1d, MaxPool1d, Sequential
from cnncli.network import Network
from drawn_layers import check_programs, check_sums, quick, uniform, using

Drawn = tuple[Any, tuple[int, ...]]
thirty = settings(quick, max_examples=30)
Samples, Seed = st.sampled_from([0, 1, 3, 17]), st.integers(0, 2**32 - 1)


@st.composite
def pools(draw: st.DrawFn, kind: str) -> Drawn:
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


@thirty
@given(pools("max"), Samples, Seed)
def test_max_pooling_finds_the_first_maximum_of_each_window(case: Drawn, samples: int, seed: int) -> None:
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


@thirty
@given(pools("average"), Samples, Seed)
def test_average_pooling_adds_each_window(case: Drawn, samples: int, seed: int) -> None:
    layer, (channels, length) = case
    terms = []
    for o, window in enumerate(windows(layer, length)):
        inside = [i for i in window if 0 <= i < length]
        padded = sum(i < length + layer.padding[1] for i in window)
        divisor = padded if layer.count_include_pad else len(inside)
        terms += [((c, o), (c, i), 1 / divisor) for c in range(channels) for i in inside]
    check_sums(layer, (channels, length), samples, terms, seed)


@thirty
@given(pools("max") | pools("average"), Seed)
def test_compiled_it_is_the_layer_for_batches_and_single_samples(case: Drawn, seed: int) -> None:
    layer, shape = case
    check_programs(layer, shape, seed)
    if not seed % 4:
        check_programs(Sequential(Conv1d(2, shape[0], 3, padding=1), layer), (2, shape[1]), seed)


@pytest.mark.torch
@thirty
@given(pools("max") | pools("average"), Seed)
def test_it_is_what_torch_makes_of_the_same_arguments(case: Drawn, seed: int) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI has an environment with it")
    layer, shape = case
    # PyTorch allows half of the kernel, without its gaps.
    assume(2 * layer.padding[1] <= layer.kernel_size[1])
    theirs = getattr(torch.nn, type(layer).__name__)(**layer.settings())
    compare(layer, shape, lambda x, weight, bias: theirs(x), seed)


@pytest.mark.parametrize("layer", [MaxPool1d(2), AvgPool1d(2)])
def test_nan_stays_in_its_window_and_an_empty_batch_is_empty(layer: Any, instruction_set: str) -> None:
    x = np.random.default_rng(0).normal(size=(18, 3, 9)).astype(np.float32)
    clean = layer.forward(x)
    x[17, 1, 3] = np.nan
    y = layer.forward(x)
    assert np.isnan(y[17, 1, 1])
    y[17, 1, 1] = clean[17, 1, 1]
    assert same_bits(y, clean)
    assert np.isfinite(layer.backward(x, y)).all()
    assert layer.forward(x[:0]).shape == (0, 3, 4) and layer.backward(x[:0], y[:0]).shape == (0, 3, 9)
    assert same_bits(layer.forward(x[0]), clean[:1])  # a single sequence


def test_indices_settings_and_description() -> None:
    y, indices = MaxPool1d(2, return_indices=True)(np.array([[1, 5, 3, 4]]))
    assert y.tolist() == [[[5, 4]]] and indices.tolist() == [[[1, 3]]]
    with pytest.raises(UsageError, match=r"returns two arrays; leave return_indices out here"):
        Sequential(MaxPool1d(2, return_indices=True))
    layers: tuple[tuple[Any, str], ...] = (
        (MaxPool1d(3, 2, 1, 2, ceil_mode=True), "MaxPool1d(kernel 3, stride 2, padding 1, dilation 2, ceil mode)"),
        (AvgPool1d(2, 1, 1, count_include_pad=False), "AvgPool1d(kernel 2, stride 1, padding 1, padding not counted)"),
    )
    for layer, text in layers:
        assert repr(layer) == text
        again = type(layer)(**layer.settings())
        assert repr(again) == text and again.settings() == layer.settings()
    described = {"input": [2, 9], "layers": [{"type": "MaxPool1d", "kernel_size": 2}, {"type": "AvgPool1d",
                                                                                       "kernel_size": 3}]}  # fmt: skip
    assert Network.from_description(described, seed=1).output_shape((2, 9)) == (2, 1)
    assert MaxPool1d(3).window_reads((2, 9)) == 2 * 3 * 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaxPool1d(0), "MaxPool1d: kernel_size is 0; use a whole number, at least 1"),
        (lambda: MaxPool1d(3, padding=3, dilation=2),
         "MaxPool1d: padding 3 is more than half of kernel 3 with dilation 2; use padding <= 2"),
        (lambda: AvgPool1d(3, padding=2), "AvgPool1d: padding 2 is more than half of kernel 3; use padding <= 1"),
        (lambda: AvgPool1d((1, 2)), "AvgPool1d: kernel_size is (1, 2); use a whole number"),  # type: ignore[arg-type]
        (lambda: MaxPool1d(2).output_shape((3, 4, 4)),
         "MaxPool1d(kernel 2): takes samples of shape CxL, got 3x4x4; reshape to channels x length"),
        (lambda: MaxPool1d(5).output_shape((3, 4)),
         "MaxPool1d(kernel 5): its kernel spans 5, which does not fit its input of length 4; use a smaller kernel or "
         "dilation, or add padding"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(make: Any, message: str) -> None:
    with pytest.raises(CnnError) as caught:
        make()
    assert str(caught.value).startswith(message)
