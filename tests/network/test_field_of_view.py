"""How much of the picture an output sees."""

import numpy as np
import pytest

from cnncli.layers import AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, Module, ReLU, Sequential
from cnncli.network import Network
from cnncli.network.field_of_view import FieldOfView


def test_lenet5_sees_5_6_14_16_and_32_pixels() -> None:
    # LeCun et al. 1998, section II.B, C1 to C5; 28x28 pixels and 2 of padding on each side make 32x32.
    rows = Network.from_model_name("lenet5").layer_table()
    by_type = [row.field_of_view for row in rows if row.type in ("Conv2d", "MaxPool2d", "Linear")]
    assert by_type == [(size, size) for size in (5, 6, 14, 16, 32, 32, 32)]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("lenet5-1998", [5, 6, 14, 16, 32, 32, 32]),
        ("simplechains", [5, 6, 14, 16, 28, 28, 28]),
        # 5; 5 + 2; 7 + 4 * 3; 19 + 3; 22 + 2 * 6
        ("torch-digits", [5, 7, 19, 22, 34, 34]),
    ],
)
def test_other_networks_see_what_the_arithmetic_says(name: str, fields: list[int]) -> None:
    rows = Network.from_model_name(name).layer_table()
    kinds = ("Conv2d", "MaxPool2d", "SubSampling2d", "Linear")
    assert [row.field_of_view for row in rows if row.type in kinds] == [(size, size) for size in fields]


def reach(layers: Sequential, size: int, place: tuple[int, ...]) -> tuple[int, int]:
    """(height, width) of the input pixels that one output depends on, found by trying: with gradients."""
    for parameter in layers.named_parameters():
        parameter.value.fill(1)
    x = np.ones((1, 1, size, size), np.float32)
    grad = np.zeros_like(layers.forward(x))
    grad[(0, *place)] = 1
    rows, columns = np.nonzero(layers.backward(x, grad)[0, 0])
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


@pytest.mark.parametrize(
    ("layers", "place"),
    [
        ([Conv2d(1, 1, 3)], (0, 3, 3)),
        ([Conv2d(1, 1, (3, 2), stride=(2, 1), dilation=(1, 3))], (0, 3, 3)),
        ([Conv2d(1, 1, 3, stride=2), AvgPool2d(3, 2), Conv2d(1, 1, (1, 2))], (0, 0, 0)),
        ([AvgPool2d(2), Conv2d(1, 2, 3), ReLU(), Flatten()], (4,)),
        ([AvgPool2d(2), Conv2d(1, 2, 3), Flatten(), Linear(128, 3), Linear(3, 2)], (1,)),
    ],
)
def test_field_of_view_is_what_gradients_reach(layers: list[Module], place: tuple[int, ...]) -> None:
    model = Sequential(*layers)
    field, shape = FieldOfView.of_input((1, 20, 20)), (1, 20, 20)
    for layer in model:
        field, shape = field.after(layer, shape), layer.output_shape(shape)
    assert field.size == reach(model, 20, place)


def test_a_network_without_images_has_no_field_of_view() -> None:
    rows = Network([Linear(4, 2)], (4,)).layer_table()
    assert [row.field_of_view for row in rows] == [None]


def test_pooling_counts_with_its_stride() -> None:
    field = FieldOfView.of_input((1, 9, 9)).after(MaxPool2d(3, 2), (1, 9, 9))
    assert (field.size, field.jump, field.extent) == ((3, 3), (2, 2), (4, 4))
