"""The max pooling layer."""

from typing import Any

import numpy as np
import pytest

import oracles
from cnncli.errors import ShapeError, UsageError
from cnncli.layers import AvgPool2d, MaxPool2d
from layer_check import check_layer


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({"kernel_size": 1}, (1, 1, 1, 1)),
        ({"kernel_size": 2}, (2, 3, 4, 4)),
        ({"kernel_size": 2}, (17, 1, 5, 3)),
        ({"kernel_size": 3, "stride": 2, "padding": 1}, (2, 2, 5, 6)),
        ({"kernel_size": (2, 3), "stride": (1, 2), "padding": (1, 0)}, (1, 2, 4, 5)),
    ],
)
def test_max_pooling_is_its_formula(
    rng: np.random.Generator, settings: dict[str, Any], shape: tuple[int, ...]
) -> None:
    layer = MaxPool2d(**settings)

    def oracle(x: np.ndarray) -> np.ndarray:
        return oracles.max_pooling_forward(
            x, kernel=layer.kernel_size, stride=layer.stride, padding=layer.padding
        )[0]

    # Overlapping windows add up to four gradients.
    check_layer(layer, oracle, shape, rng, terms=4)


def test_max_pooling_sends_gradient_to_first_of_equal_values() -> None:
    layer = MaxPool2d(2)
    image = np.array([[1, 5], [5, 5]])
    layer.forward(image)
    assert layer.backward(image, [[[[7]]]]).tolist() == [[[[0, 7], [0, 0]]]]


def test_max_pooling_keeps_nan() -> None:
    assert np.isnan(MaxPool2d(2).forward([[1, np.nan], [5, 5]])).all()


def test_max_pooling_backward_needs_forward() -> None:
    with pytest.raises(UsageError) as caught:
        MaxPool2d(2).backward(np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 1, 1)))
    assert str(caught.value) == (
        "MaxPool2d(kernel 2x2): backward needs the results of forward; call forward with this input first"
    )


def test_max_pooling_repr_tells_what_is_not_default() -> None:
    assert repr(MaxPool2d(2)) == "MaxPool2d(kernel 2x2)"
    assert repr(MaxPool2d(3, 2, 1)) == "MaxPool2d(kernel 3x3, stride 2, padding 1)"


def test_max_pooling_refuses_a_kernel_larger_than_its_input() -> None:
    with pytest.raises(ShapeError) as caught:
        MaxPool2d(5).forward(np.zeros((1, 1, 4, 4)))
    assert str(caught.value) == (
        "MaxPool2d(kernel 5x5): kernel 5x5 does not fit its input 4x4; use kernel_size <= 4 or add padding"
    )


def test_max_pooling_refuses_vectors() -> None:
    with pytest.raises(ShapeError) as caught:
        MaxPool2d(2).output_shape((400,))
    assert str(caught.value) == (
        "MaxPool2d(kernel 2x2): takes samples of shape CxHxW, got 400; "
        "reshape samples to channels x height x width"
    )


def test_max_pooling_refuses_windows_of_padding_alone() -> None:
    with pytest.raises(UsageError) as caught:
        MaxPool2d(3, padding=2)
    assert str(caught.value) == "MaxPool2d: padding 2 is more than half of kernel 3x3; use padding <= 1"


@pytest.mark.parametrize("layer_type", [AvgPool2d, MaxPool2d])
def test_padding_is_half_of_each_side_of_the_kernel_at_most(layer_type: type[MaxPool2d] | type[AvgPool2d]) -> None:
    assert layer_type((2, 7), padding=(1, 3)).padding == (1, 3)
    assert layer_type((7, 2), padding=(3, 1)).padding == (3, 1)
    for kernel, padding in (((2, 7), (2, 3)), ((2, 7), (1, 4)), ((7, 2), (3, 2)), ((7, 2), (4, 1))):
        with pytest.raises(UsageError, match=r"is more than half of kernel [27]x[27]; use padding <= "):
            layer_type(kernel, padding=padding)
