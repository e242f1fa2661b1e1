"""Small networks for tests of compiled programs, and the eager training step that a program is held to."""

from collections.abc import Callable

import numpy as np

from cnncli.criteria import CrossEntropyLoss
from cnncli.layers import (
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    Module,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
)
from cnncli.network import Network
from cnncli.optim import SGD

SEED = 5


class Gain(Module):
    """A custom layer: one learned factor; may raise, or do something, in either pass."""

    parameter_names = ("weight",)

    def __init__(self) -> None:
        self.weight, self.grad_weight = np.full(1, 1.5, np.float32), np.zeros(1, np.float32)
        self.before_backward: Callable[[], object] = lambda: None
        self.modes: list[bool] = []

    def update_output(self, input: np.ndarray) -> np.ndarray:
        self.modes.append(self.training)
        return input * self.weight

    def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
        self.before_backward()
        return grad_output * self.weight

    def acc_grad_parameters(self, input: np.ndarray, grad_output: np.ndarray, scale: float = 1.0) -> None:
        self.grad_weight += np.float32(scale * np.sum(input.astype(np.float64) * grad_output))

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return input_shape


def lenet() -> list[Module]:
    return [
        *(Conv2d(1, 4, 5, padding=2), ReLU(), MaxPool2d(2)),
        *(Conv2d(4, 6, 3), ReLU(), MaxPool2d(2), Flatten()),
        *(Linear(6 * 2 * 2, 12), ReLU(), Linear(12, 5)),
    ]


def mlp() -> list[Module]:
    return [Flatten(), Linear(144, 20), Tanh(), Linear(20, 9), Sigmoid(), Linear(9, 5)]


def convnet() -> list[Module]:
    return [
        *(Conv2d(1, 4, 3, padding=1, bias=False), BatchNorm2d(4), ReLU(), MaxPool2d(2)),
        *(Dropout(0.25), Conv2d(4, 6, 3, padding=1), BatchNorm2d(6, affine=False), ReLU()),
        *(Flatten(), Linear(6 * 36, 10), BatchNorm1d(10), Tanh(), Dropout(0.5), Linear(10, 5)),
    ]


def averages() -> list[Module]:
    return [
        *(Conv2d(1, 4, 3, stride=2, padding=1), Tanh(), AvgPool2d(3, stride=2, padding=1)),
        *(Conv2d(4, 4, 2, groups=2, dilation=2), ReLU()),
        *(AvgPool2d(1, count_include_pad=False), Flatten(), Linear(4, 5)),
    ]


def overlapping() -> list[Module]:
    return [
        *(Conv2d(1, 3, 3), ReLU(), MaxPool2d(3, stride=2, padding=1)),
        *(Sequential(Conv2d(3, 4, 3), Sigmoid()), MaxPool2d(2, stride=1), Flatten(), Linear(16, 5), ReLU()),
    ]


def own() -> list[Module]:
    return [Gain(), Conv2d(1, 3, 3), ReLU(), Gain(), MaxPool2d(2), Flatten(), Gain(), Linear(75, 5), Gain()]


def wide() -> list[Module]:
    """Enough channels for Winograd's convolution, with and without a ReLU of its own."""
    return [
        *(Conv2d(1, 16, 3, padding=1), ReLU(), Conv2d(16, 20, 3, padding=1), ReLU(), MaxPool2d(2)),
        *(Conv2d(20, 17, 3, padding=2), BatchNorm2d(17), ReLU(), MaxPool2d(4), Flatten()),
        Linear(17 * 4, 5),
    ]


NETWORKS = {make.__name__: make for make in (lenet, mlp, convnet, averages, overlapping, own, wide)}


def build(name: str) -> Network:
    network = Network(NETWORKS[name](), (1, 12, 12))
    network.initialize(SEED)
    return network


def samples(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(count, 1, 12, 12)).astype(np.float32), rng.integers(0, 5, count)


def sgd() -> SGD:
    return SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.01)


def close(actual: np.ndarray, expected: np.ndarray, what: str, tolerance: float = 2e-5) -> None:
    """Relative to the largest value: sums of other orders differ by rounding of their largest terms."""
    # The gradient of a bias before batch normalization is 0 but for rounding.
    scale = max(float(np.abs(expected).max(initial=0)), 1e-2)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale, err_msg=what)


def assert_same_state(actual: Network, expected: Network, tolerance: float = 2e-5) -> None:
    for one, other in zip(actual.named_parameters(), expected.named_parameters(), strict=True):
        close(one.gradient, other.gradient, f"gradient of {one.name}", tolerance)
        close(one.value, other.value, one.name, tolerance)
    for (buffer, one), (_, other) in zip(actual.named_buffers(), expected.named_buffers(), strict=True):
        close(one, other, buffer, tolerance)


def eager_step(network: Network, optimizer: SGD, images: np.ndarray, labels: np.ndarray, step: int) -> float:
    network.train()
    for _, layer in network.leaves():
        if isinstance(layer, Dropout):
            layer.seed, layer.step = SEED, step
    network.zero_grad_parameters()
    criterion = CrossEntropyLoss()
    outputs = network.forward(images)
    network.backward(images, criterion.backward(outputs, labels))
    optimizer.step(network.named_parameters())
    return criterion.forward(outputs, labels)
