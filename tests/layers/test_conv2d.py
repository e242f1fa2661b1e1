"""The convolutional layer."""

from typing import Any

import numpy as np
import pytest

import oracles
from cnncli.errors import ShapeError, UsageError
from cnncli.layers import Conv2d
from cnncli.network import Network
from layer_check import check_layer

PAIR = "use a whole number, at least 1 and at most 16,777,215, or two: (height, width)"


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({"in_channels": 1, "out_channels": 1, "kernel_size": 1}, (1, 1, 1, 1)),
        ({"in_channels": 2, "out_channels": 3, "kernel_size": 3}, (2, 2, 4, 5)),
        ({"in_channels": 1, "out_channels": 2, "kernel_size": 2, "bias": False}, (17, 1, 3, 2)),
        ({"in_channels": 1, "out_channels": 2, "kernel_size": (3, 2), "padding": (2, 0)}, (2, 1, 3, 5)),
        ({"in_channels": 2, "out_channels": 1, "kernel_size": 3, "stride": (2, 3)}, (1, 2, 6, 7)),
        ({"in_channels": 1, "out_channels": 2, "kernel_size": (2, 3), "dilation": (3, 2)}, (1, 1, 5, 6)),
        ({"in_channels": 4, "out_channels": 2, "kernel_size": 2, "groups": 2}, (2, 4, 3, 3)),
        ({"in_channels": 2, "out_channels": 4, "kernel_size": 2, "groups": 2, "padding": 1}, (1, 2, 2, 2)),
    ],
)
def test_convolution_is_its_formula(
    rng: np.random.Generator, settings: dict[str, Any], shape: tuple[int, ...]
) -> None:
    layer = Conv2d(**settings)

    def oracle(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
        return oracles.convolution_forward(
            x,
            weight,
            bias,
            stride=layer.stride,
            padding=layer.padding,
            dilation=layer.dilation,
            groups=layer.groups,
        )

    check_layer(layer, oracle, shape, rng, terms=50)


def test_convolution_slides_the_mask_as_in_the_lecture() -> None:
    # The textbook picture of a 3x3 mask on a 5x5 image.
    image = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    layer = Conv2d(1, 1, 3, bias=False)
    layer.weight[...] = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    assert layer.forward(image)[0, 0].tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]


def test_convolution_does_not_flip_its_mask() -> None:
    # An emboss mask answers to an edge with the sign of its direction; true convolution gives the other sign.
    layer = Conv2d(1, 1, (1, 3), bias=False)
    layer.weight[...] = [[[[-1, 0, 1]]]]
    assert layer.forward([[0, 0, 1]]).tolist() == [[[[1]]]]


def test_convolution_takes_one_image_with_or_without_channels() -> None:
    layer = Conv2d(1, 2, 3)
    image = np.arange(16.0).reshape(4, 4)
    expected = layer.forward(image.reshape(1, 1, 4, 4))
    assert expected.shape == (1, 2, 2, 2)
    assert (layer.forward(image) == expected).all()
    assert (layer.forward(image[np.newaxis]) == expected).all()
    assert layer.backward(image, expected[0]).shape == (1, 1, 4, 4)


def test_convolution_repr_tells_what_is_not_default() -> None:
    assert repr(Conv2d(1, 6, 5, padding=2)) == "Conv2d(1 -> 6, kernel 5x5, padding 2)"
    full = Conv2d(4, 6, (5, 3), stride=2, padding=(0, 1), dilation=3, groups=2, bias=False)
    assert repr(full) == (
        "Conv2d(4 -> 6, kernel 5x3, stride 2, padding 0x1, dilation 3, groups 2, no bias)"
    )


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (
            Conv2d(1, 6, 5),
            (2, 3, 28, 28),
            "Conv2d(1 -> 6, kernel 5x5): takes samples of shape 1xHxW, got 3x28x28; "
            "use in_channels=3",
        ),
        (
            Conv2d(1, 6, 5),
            (2, 1, 1, 28, 28),
            "Conv2d(1 -> 6, kernel 5x5): takes samples of shape 1xHxW, got 1x1x28x28; "
            "reshape samples to channels x height x width",
        ),
        (
            Conv2d(1, 6, 5),
            (2, 1, 4, 9),
            "Conv2d(1 -> 6, kernel 5x5): kernel 5x5 does not fit its input 4x9; "
            "use kernel_size <= 4 or add padding",
        ),
        (
            Conv2d(1, 6, (5, 3), padding=1),
            (2, 1, 2, 2),
            "Conv2d(1 -> 6, kernel 5x3, padding 1): kernel 5x3 does not fit its padded input 4x4; "
            "use kernel_size <= 4x4 or add padding",
        ),
        (
            Conv2d(1, 6, 3, dilation=2),
            (2, 1, 4, 4),
            "Conv2d(1 -> 6, kernel 3x3, dilation 2): kernel 3x3 with dilation 2 spans 5x5, "
            "which does not fit its input 4x4; use a smaller kernel or dilation, or add padding",
        ),
    ],
)
def test_convolution_refuses_other_shapes(layer: Conv2d, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        layer.forward(np.zeros(shape))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"kernel_size": 0},
            f"Conv2d: kernel_size is 0; {PAIR}",
        ),
        (
            {"kernel_size": (3, 3, 3)},
            f"Conv2d: kernel_size is (3, 3, 3); {PAIR}",
        ),
        (
            {"kernel_size": 3, "padding": -1},
            "Conv2d: padding is -1; use a whole number, at least 0 and at most 16,777,215, or two: (height, width)",
        ),
        (
            {"kernel_size": 3, "stride": 2**40},
            f"Conv2d: stride is 1099511627776; {PAIR}",
        ),
        (
            {"kernel_size": 3, "groups": 3},
            "Conv2d: groups 3 does not divide 4 input channels and 6 output channels; "
            "use a divisor of both",
        ),
    ],
)
def test_convolution_refuses_settings_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Conv2d(4, 6, **settings)
    assert str(caught.value) == message


def test_convolution_counts_multiply_adds() -> None:
    # C1 of LeNet-5: 6 maps of 28x28, 25 products each; in two groups each output sees half of the channels.
    assert Conv2d(1, 6, 5, padding=2).multiply_adds((1, 28, 28)) == 6 * 28 * 28 * 25
    assert Conv2d(4, 6, 5, groups=2).multiply_adds((4, 14, 14)) == 6 * 10 * 10 * 25 * 2


@pytest.mark.parametrize(("padding", "copied"), [((0, 0), 0), ((1, 2), 3 * 12 * 16), ((2, 0), 3 * 14 * 12)])
def test_convolution_needs_room_for_its_input_within_its_padding(padding: tuple[int, int], copied: int) -> None:
    layer = Conv2d(3, 5, (3, 5), padding=padding)
    assert layer.scratch_count((3, 10, 12)) == copied
    channels, height, width = layer.output_shape((3, 10, 12))
    assert Network([layer], (3, 10, 12)).activation_count() == channels * height * width + copied
    assert layer.multiply_adds((3, 10, 12)) == channels * height * width * 3 * 3 * 5
