"""Where numbers that are no numbers come from is told with the sizes of what went in."""

import numpy as np

from cnncli.layers import Flatten, Linear, ReLU
from cnncli.network import Network
from cnncli.training.divergence import Cause, find_cause, find_parameter


def network() -> Network:
    built = Network([Flatten(), Linear(4, 3), ReLU(), Linear(3, 2)], (1, 2, 2))
    built.initialize(1)
    return built


def test_layer_that_overflows_is_told_with_the_largest_of_its_inputs_and_weights() -> None:
    built = network()
    first, last = (layer for _, layer in built.leaves() if isinstance(layer, Linear))
    first.weight[...] = np.array([[2e20, 0, 0, 0], [0, -1e19, 0, 0], [0, 0, 0, 0]], np.float32)
    first.bias[...] = 0
    last.weight[...], last.bias[...] = np.array([[-3e30, 1, 0], [0, 0, 0]], np.float32), 0
    images = np.array([[[[4, -7], [0, 0]]]], np.float32)
    found = find_cause(built, images, np.array([5]))
    name = next(name for name, layer in built.leaves() if layer is last)
    assert found == Cause(
        f"layer {name}, {last!r}, gives infinity for inputs up to 8e+20 and weights up to 3e+30"
    )
    last.weight[...] = 1
    assert find_cause(built, images, np.array([5])) is None


def test_image_and_array_with_nan_are_named() -> None:
    built = network()
    images = np.zeros((3, 1, 2, 2), np.float32)
    images[1, 0, 1, 0] = np.nan
    assert find_cause(built, images, np.array([7, 40, 9])) == Cause(
        "training image 40 holds NaN", "mend or remove that image"
    )
    assert find_parameter(built) is None
    _, last = (layer for _, layer in built.leaves() if isinstance(layer, Linear))
    last.bias[1] = np.inf
    name = next(name for name, layer in built.leaves() if layer is last)
    assert find_parameter(built) == Cause(f"layer {name}, {last!r}: its bias holds infinity")
