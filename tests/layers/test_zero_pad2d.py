"""Zeros around images, and what is cut off."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnncli import _core
from cnncli.errors import CnnError
from cnncli.layers import Conv2d, ZeroPad2d
from cnncli.network import Network
from drawn_layers import uniform


def test_values_come_through_with_all_their_bits() -> None:
    x = np.array([[[[np.nan, -0.0], [np.inf, 1e-45]]]], np.float32)
    y = ZeroPad2d((1, 0, 0, 2)).forward(x)
    assert y[:, :, :2, 1:].tobytes() == x.tobytes()
    assert y[:, :, 2:].tobytes() == np.zeros((1, 1, 2, 3), np.float32).tobytes()  # 0, not -0
    assert not y[:, :, :, 0].any()
    g = ZeroPad2d((-1, 1, 0, 0)).backward(x, np.full((1, 1, 2, 2), np.nan))
    assert np.isnan(g[0, 0, :, 1]).all() and not g[0, 0, :, 0].any()  # what was cut off has no gradient


def test_padding_before_a_convolution_is_its_padding(rng: np.random.Generator) -> None:
    inside, outside = Conv2d(2, 3, 3, padding=(1, 2)), Conv2d(2, 3, 3)
    outside.weight[...] = inside.weight
    x = uniform(rng, 5, 2, 6, 7)
    assert (outside.forward(ZeroPad2d((2, 2, 1, 1)).forward(x)) == inside.forward(x)).all()


def test_it_gives_the_same_bits_for_any_threads(
    rng: np.random.Generator, assert_same_bits_for_any_threads: Callable
) -> None:
    layer, x = ZeroPad2d((1, -2, 3, 0)), uniform(rng, 40, 3, 9, 9)
    assert_same_bits_for_any_threads(lambda: (layer.forward(x), layer.backward(x, layer.forward(x))))


def test_descriptions_settings_and_field_of_view() -> None:
    layers = [{"type": "ZeroPad2d", "padding": 2}, {"type": "ZeroPad2d", "padding": [1, 0, -1, 0]}]
    network = Network.from_description({"input": [1, 4, 4], "layers": layers})
    assert [row.output_shape for row in network.layer_table()] == [(1, 8, 8), (1, 7, 9)]
    assert [row.field_of_view for row in network.layer_table()] == [(1, 1), (1, 1)]
    assert list(map(repr, network)) == ["ZeroPad2d(2)", "ZeroPad2d(left 1, right 0, top -1, bottom 0)"]
    assert [layer.settings() for layer in network] == [{"padding": [2, 2, 2, 2]}, {"padding": [1, 0, -1, 0]}]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ZeroPad2d((1, 2)), "ZeroPad2d: padding has 2 numbers; use one, or four: (left, right, top, bottom)"),
        (lambda: ZeroPad2d(1.5), "ZeroPad2d: padding is 1.5; use a whole number, at least -16,777,215 "
         "and at most 2,147,483,647"),
        (lambda: ZeroPad2d(2**24), "ZeroPad2d: padding is 16777216; use at most 16777215"),
        (lambda: ZeroPad2d(-2).output_shape((1, 4, 9)),
         "ZeroPad2d(-2): cuts everything off its input of 1x4x9; use less negative padding"),
        (lambda: ZeroPad2d(1).output_shape((4,)),
         "ZeroPad2d(1): takes samples of shape CxHxW, got 4; reshape samples to channels x height x width"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(CnnError) as caught:
        make()
    assert str(caught.value) == message


def test_the_core_refuses_what_does_not_fit() -> None:
    x = np.ones((1, 2, 3, 3), np.float32)
    for padding, message in (
        ((1, 1), r"expected \(left, right, top, bottom\)"),
        ((0, 0, -2, -1), r"nothing is left of an input of shape \(2, 3, 3\)"),
        ((1 << 24, 0, 0, 0), r"expected less than 2\^24, got 16777216"),
        ((1 << 23, 0, 1 << 23, 0), r"expected at most 2\^31 - 1 values"),
    ):
        with pytest.raises(ValueError, match=rf"^zero_padding: padding: {message}"):
            _core.Node("zero_padding", {"padding": padding}).forward(x)
