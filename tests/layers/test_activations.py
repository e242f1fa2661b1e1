"""ReLU, tanh and sigmoid, a row each of one table."""

import numpy as np
import pytest

import oracles
from cnncli.errors import UsageError
from cnncli.layers import Module, ReLU, Sigmoid, Tanh
from layer_check import check_layer

LAYERS = {"relu": ReLU, "tanh": Tanh, "sigmoid": Sigmoid}


@pytest.mark.parametrize("shape", [(1, 1), (17, 3), (2, 3, 4, 5), (5,)])
@pytest.mark.parametrize("kind", LAYERS)
def test_activation_is_its_formula(rng: np.random.Generator, kind: str, shape: tuple[int, ...]) -> None:
    check_layer(LAYERS[kind](), lambda x: oracles.activation_forward(x, kind=kind), shape, rng)


@pytest.mark.parametrize("layer_type", LAYERS.values())
def test_activation_keeps_nan(layer_type: type[Module]) -> None:
    output = layer_type().forward([np.nan, 0.5])
    assert np.isnan(output[0]) and np.isfinite(output[1])


def test_relu_has_gradient_0_at_0() -> None:
    layer = ReLU()
    layer.forward([[-1, 0, 1]])
    assert layer.backward([[-1, 0, 1]], [[5, 5, 5]]).tolist() == [[0, 0, 5]]


@pytest.mark.parametrize("layer_type", LAYERS.values())
def test_activation_backward_needs_forward_of_this_input(layer_type: type[Module]) -> None:
    layer = layer_type()
    layer.forward(np.zeros((2, 3)))
    with pytest.raises(UsageError) as caught:
        layer.backward(np.zeros((4, 3)), np.zeros((4, 3)))
    assert str(caught.value) == (
        f"{layer_type.__name__}(): backward needs the results of forward; call forward with this input first"
    )
