"""Layers that move no value: Flatten, Unflatten, Identity."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnncli import _core
from cnncli.errors import CnnError
from cnncli.layers import Conv2d, Flatten, Identity, Linear, MaxPool2d, Unflatten
from cnncli.network import Network
from cnncli.program import Program
from drawn_layers import uniform
from layer_check import check_layer


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (17, 2, 3, 4)])
def test_flatten_keeps_all_values_in_order(rng: np.random.Generator, shape: tuple[int, ...]) -> None:
    check_layer(Flatten(), lambda x: x.reshape(len(x), -1).astype(np.float64), shape, rng)


def test_images_become_vectors_and_images_again_in_a_program(rng: np.random.Generator) -> None:
    layers = [Conv2d(1, 4, 3), Identity(), Flatten(2), Unflatten(-1, (6, 6)), MaxPool2d(2), Flatten(), Linear(36, 18),
              Unflatten(1, (2, 3, 3)), Conv2d(2, 3, 2), Flatten()]  # fmt: skip
    network = Network(layers, (1, 8, 8))
    network.initialize(3)
    x = uniform(rng, 20, 1, 8, 8)
    expected = network.forward(x)
    for count in (1, 12, 20):  # single images have a layout of their own
        np.testing.assert_allclose(np.exp(Program(network, 20).predict(x[:count])),
                                   np.exp(expected[:count]) / np.exp(expected[:count]).sum(1, keepdims=True),
                                   rtol=1e-4)  # fmt: skip


def test_descriptions_keep_their_settings() -> None:
    described = [
        {"type": "Flatten", "start_dim": 2}, {"type": "Unflatten", "dim": 2, "unflattened_size": [4, -1]},
        {"type": "Identity"}, {"type": "Flatten"},
    ]  # fmt: skip
    network = Network.from_description({"input": [3, 4, 5], "layers": described})
    assert [row.output_shape for row in network.layer_table()] == [(3, 20), (3, 4, 5), (3, 4, 5), (60,)]
    assert network.description()["layers"] == [
        {"type": "Flatten", "start_dim": 2, "end_dim": -1},
        {"type": "Unflatten", "dim": 2, "unflattened_size": [4, -1]}, {"type": "Identity"}, {"type": "Flatten"},
    ]  # fmt: skip
    assert list(map(repr, network)) == ["Flatten(axes 2 to -1)", "Unflatten(axis 2 to 4x-1)", "Identity()", "Flatten()"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Flatten(0),
         "Flatten: start_dim is 0, the axis of the samples; use 1 or more, or count from the end"),
        (lambda: Flatten(1.0), "Flatten: start_dim is 1.0; use a whole number, at least -64 and at most 2,147,483,647"),
        (lambda: Flatten(2, 1).output_shape((2, 3)),
         "Flatten(axes 2 to 1): there are no axes 2 to 1 in samples of shape 2x3, whose axes are 1 to 2; use others"),
        (lambda: Flatten(1, 3).output_shape((2, 3)),
         "Flatten(axes 1 to 3): there are no axes 1 to 3 in samples of shape 2x3, whose axes are 1 to 2; use others"),
        (lambda: Flatten(-3).output_shape((2, 3)),
         "Flatten(axes -3 to -1): there are no axes -3 to -1 in samples of shape 2x3, whose axes are 1 to 2; "
         "use others"),
        (lambda: Unflatten(1, 4), "Unflatten: unflattened_size is no list of sizes; use one such as (1, 28, 28)"),
        (lambda: Unflatten(1, (-1, -1)),
         "Unflatten: unflattened_size is (-1, -1); use sizes of at least 1, of which one may be -1"),
        (lambda: Unflatten(1, (0, 2)),
         "Unflatten: unflattened_size is (0, 2); use sizes of at least 1, of which one may be -1"),
        (lambda: Unflatten(2, (1, 2)).output_shape((4,)),
         "Unflatten(axis 2 to 1x2): there is no axis 2 in samples of shape 4, whose axes are 1 to 1; use another"),
        (lambda: Unflatten(1, (3, 2)).output_shape((4,)),
         "Unflatten(axis 1 to 3x2): axis 1 of samples of shape 4 has 4 values, which are not 3x2; "
         "use sizes with that product"),
        (lambda: Unflatten(1, (3, -1)).output_shape((4,)),
         "Unflatten(axis 1 to 3x-1): axis 1 of samples of shape 4 has 4 values, which are not 3x-1; "
         "use sizes with that product"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(CnnError) as caught:
        make()
    assert str(caught.value) == message


def test_the_core_refuses_another_number_of_values() -> None:
    x = np.ones((1, 2, 3, 3), np.float32)
    for shape in ((2, 3, 2), (18, 1, 2), (0, 9, 2), (36, 1, 1)):
        with pytest.raises(ValueError, match=r"^reshape: shape: .* does not fit an input of shape \(2, 3, 3\)$"):
            _core.Node("reshape", {"shape": shape}).forward(x)
    with pytest.raises(ValueError, match=r"^reshape: shape: expected \(channels, height, width\)$"):
        _core.Node("reshape", {"shape": (18,)}).forward(x)
