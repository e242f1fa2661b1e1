"""Sliding and adaptive pooling of drawn shapes and settings, held to the places of their windows."""

from typing import Any

import numpy as np
import pytest

from cnncli.errors import ShapeError, UsageError
from cnncli.layers import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, Conv2d, MaxPool2d, Sequential
from cnncli.network import Network
from drawn_layers import check_programs


def test_windows_that_a_convolution_cannot_pool_on_its_way_out() -> None:
    """They go beyond its outputs, or have gaps: in programs of both kinds, and on single images."""
    for index, pool in enumerate((MaxPool2d(2, ceil_mode=True), MaxPool2d(2, dilation=2), AdaptiveMaxPool2d(3))):
        for convolution, shape in ((Conv2d(1, 5, 5), (1, 11, 11)), (Conv2d(8, 16, 5), (8, 9, 13))):
            check_programs(Sequential(convolution, pool), shape, index)


def test_sum_pooling_and_indices() -> None:
    assert AvgPool2d(2, divisor_override=1).forward(np.ones((1, 1, 2, 4))).tolist() == [[[[4, 4]]]]
    layer = MaxPool2d(2, return_indices=True)
    y, indices = layer(np.array([[1, 5], [np.nan, np.nan]]))
    assert np.isnan(y).all() and indices.tolist() == [[[[2]]]]
    assert layer.backward([[1, 5], [np.nan, np.nan]], [[[[7]]]]).tolist() == [[[[0, 0], [7, 0]]]]
    with pytest.raises(UsageError, match=r"returns two arrays; leave return_indices out here"):
        Sequential(layer)
    with pytest.raises(UsageError, match=r"backward needs the results of forward"):
        MaxPool2d(2).indices  # noqa: B018


def test_representations_settings_and_windows() -> None:
    # fmt: off
    for layer, text in (
        (MaxPool2d(3, 2, 1, 2, ceil_mode=True), "MaxPool2d(kernel 3x3, stride 2, padding 1, dilation 2, ceil mode)"),
        (AvgPool2d(2, 1, 0, True, False, 3),
         "AvgPool2d(kernel 2x2, stride 1, ceil mode, padding not counted, divisor 3)"),
        (AdaptiveAvgPool2d((2, None)), "AdaptiveAvgPool2d(2xsame)"),
        (AdaptiveMaxPool2d(3), "AdaptiveMaxPool2d(3x3)"),
    ):
        # fmt: on
        assert repr(layer) == text
        again = type(layer)(**layer.settings())
        assert repr(again) == text and again.settings() == layer.settings()
    assert MaxPool2d(3, dilation=2).window((1, 9, 9)) == ((5, 5), (3, 3))
    assert AdaptiveAvgPool2d(1).window((1, 9, 9)) is None
    assert AdaptiveAvgPool2d((3, 2)).window((1, 9, 5)) == ((3, 3), (3, 2))
    assert AdaptiveAvgPool2d((3, 2)).window_reads((2, 9, 5)) == 2 * 12 * 7
    described = {"input": [2, 9, 9], "layers": [
        {"type": "MaxPool2d", "kernel_size": 2, "ceil_mode": True},
        {"type": "AvgPool2d", "kernel_size": 2, "divisor_override": 1},
        {"type": "AdaptiveAvgPool2d", "output_size": 1}]}  # fmt: skip
    network = Network.from_description(described, seed=1)
    assert network.output_shape((2, 9, 9)) == (2, 1, 1)
    assert Network.from_description(network.description(), seed=1).description() == network.description()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaxPool2d(2, dilation=0), "MaxPool2d: dilation is 0; use a whole number, at least 1 and "
         "at most 16,777,215, or two: "),
        (lambda: MaxPool2d(3, padding=3, dilation=2), "MaxPool2d: padding 3 is more than half of kernel 3x3 with "
         "dilation 2; use padding <= 2"),
        (lambda: AvgPool2d(2, divisor_override=0), "AvgPool2d: divisor_override is 0; use a whole number, at least"),
        (lambda: AvgPool2d(2, ceil_mode=1), "AvgPool2d: ceil_mode is 1; use true or false"),  # type: ignore[arg-type]
        (lambda: AdaptiveAvgPool2d(0), "AdaptiveAvgPool2d: output_size is 0; use a whole number, at least 1"),
        (lambda: AdaptiveAvgPool2d((1, 2, 3)), "AdaptiveAvgPool2d: output_size is (1, 2, 3); use a whole number or"),
    ],
)  # fmt: skip
def test_settings_that_are_none_are_refused(make: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value).startswith(message)


def test_images_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"a window on 1x1x9 has all its places in the padding; use a smaller"):
        MaxPool2d((2, 1), padding=(1, 0), dilation=(2, 1)).output_shape((1, 1, 9))
    with pytest.raises(ShapeError, match=r"AdaptiveMaxPool2d\(1x1\): takes samples of shape CxHxW, got 7"):
        AdaptiveMaxPool2d(1).output_shape((7,))
