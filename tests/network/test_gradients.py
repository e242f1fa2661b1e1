"""Gradients with respect to what each layer gives are those of finite differences, branches included."""

import numpy as np
import pytest

from cnncli.layers import AvgPool2d, Concat, Conv2d, Flatten, Linear, Parallel, Residual, Sequential, Tanh
from cnncli.network import Network
from cnncli.network.gradients import activation_gradients
from every_layer import CASES, filled


def smooth() -> Network:
    """All kinds of branches, and nothing that kinks."""
    network = Network(
        [
            Conv2d(1, 4, 3, padding=1), Tanh(),
            Concat([Conv2d(4, 2, 1)], [Sequential(Conv2d(4, 2, 3, padding=1), Tanh())], []),
            Residual([Conv2d(8, 8, 1)], [Tanh()]),
            Parallel([Tanh()], [Conv2d(4, 2, 1)]),
            AvgPool2d(2), Flatten(), Linear(6 * 2 * 3, 3),
        ],
        (1, 4, 6),
    )  # fmt: skip
    network.initialize(seed=5)
    return network


def after(network: Network, start: int, value: np.ndarray, tensors: list[np.ndarray]) -> np.ndarray:
    """The network's output if tensor `start` has another value."""
    values = list(tensors)
    values[start] = value
    changed = {start}
    for place, step in enumerate(network.trace()):
        if place + 1 != start and changed & set(step.inputs):
            values[place + 1] = step.run([values[index] for index in step.inputs])
            changed.add(place + 1)
    return values[-1]


def test_each_tensor_has_the_gradient_of_finite_differences(rng: np.random.Generator) -> None:
    network = smooth()
    x = rng.normal(size=(1, 1, 4, 6)).astype(np.float32)
    grad = rng.normal(size=(1, 3)).astype(np.float32)
    before = [gradient.copy() for gradient in network.parameters()[1]]
    tensors, gradients = activation_gradients(network, x, grad)
    assert len(tensors) == len(gradients) == len(network.trace()) + 1
    step = np.float32(1e-2)
    for place, (tensor, gradient) in enumerate(zip(tensors, gradients, strict=True)):
        for index in rng.permutation(tensor.size)[:5].tolist():
            moved = [tensor.copy(), tensor.copy()]
            moved[0].ravel()[index] += step
            moved[1].ravel()[index] -= step
            high, low = (after(network, place, value, tensors) for value in moved)
            expected = float(((high - low) * grad).sum()) / (2 * float(step))
            assert gradient.ravel()[index] == pytest.approx(expected, rel=2e-2, abs=2e-3), (place, index)
    for gradient, known in zip(network.parameters()[1], before, strict=True):
        np.testing.assert_array_equal(gradient, known)


def test_the_gradient_of_the_input_is_that_of_backward(rng: np.random.Generator) -> None:
    network = smooth()
    x = rng.normal(size=(2, 1, 4, 6)).astype(np.float32)
    grad = rng.normal(size=(2, 3)).astype(np.float32)
    _, gradients = activation_gradients(network, x, grad)
    network.forward(x)
    np.testing.assert_allclose(gradients[0], network.backward(x, grad), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("case", range(len(CASES)))
def test_networks_of_every_layer_have_the_gradient_of_backward(case: int, rng: np.random.Generator) -> None:
    make, shape = CASES[case]
    network = filled(make(), shape, rng)
    x = rng.uniform(0.1, 1, (2, *shape)).astype(np.float32)
    grad = rng.normal(size=network.forward(x).shape).astype(np.float32)
    tensors, gradients = activation_gradients(network, x, grad)
    assert [tensor.shape for tensor in tensors] == [gradient.shape for gradient in gradients]
    network.forward(x)
    np.testing.assert_allclose(gradients[0], network.backward(x, grad), rtol=1e-5, atol=1e-6)
