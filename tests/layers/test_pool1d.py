"""MaxPool1d and AvgPool1d: windows over sequences."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeness import same_bits
from cnncli.errors import CnnError, UsageError
from cnncli.layers import AvgPool1d, Conv1d, MaxPool1d, Sequential
from cnncli.network import Network
from drawn_layers import check_programs, quick
from drawn_more_pools import sequence_pools

Drawn = tuple[Any, tuple[int, ...]]
few = settings(quick, max_examples=8)
Seed = st.integers(0, 2**32 - 1)


@few
@given(sequence_pools("max") | sequence_pools("average"), Seed)
def test_behind_a_convolution_it_is_compiled_as_it_is(case: Drawn, seed: int) -> None:
    layer, shape = case
    check_programs(Sequential(Conv1d(2, shape[0], 3, padding=1), layer), (2, shape[1]), seed)


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
