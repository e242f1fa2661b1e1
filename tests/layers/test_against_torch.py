"""Whole networks against PyTorch: outputs, loss, running statistics, and the step of the last layer.

Gradients of inner layers are compared layer by layer elsewhere: in whole networks, an output within rounding
of 0 or of its neighbour sends its gradient elsewhere.
"""

from typing import Any

import numpy as np
import pytest

from closeness import assert_close
from cnncli.criteria import CrossEntropyLoss
from cnncli.layers import Conv2d, Dropout, Module, Residual
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program
from cnncli.shipped import model_names

torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI has an environment with it")
pytestmark = pytest.mark.torch


class Sum(torch.nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
    """PyTorch's way to write a residual block."""

    def __init__(self, body: Any, shortcut: Any) -> None:
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x: Any) -> Any:
        return self.body(x) + self.shortcut(x)


class SubSampling(torch.nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
    """The 1998 sub-sampling, by PyTorch's means."""

    def __init__(self, num_features: int, kernel_size: Any, **rest: Any) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, rest["stride"]
        self.weight = torch.nn.Parameter(torch.empty(num_features))
        self.bias = torch.nn.Parameter(torch.empty(num_features))

    def forward(self, x: Any) -> Any:
        sums = torch.nn.functional.avg_pool2d(x, self.kernel_size, self.stride, divisor_override=1)
        return sums * self.weight[:, None, None] + self.bias[:, None, None]


class ScaledTanh(torch.nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
    def forward(self, x: Any) -> Any:
        return 1.7159 * torch.tanh(2 / 3 * x)


def connected(layer: Conv2d) -> Any:
    """A dense convolution with zeros where the table of connections has no pair."""
    assert layer.connections is not None
    module = torch.nn.Conv2d(layer.in_channels, layer.out_channels, layer.kernel_size)
    pairs = [(output, map) for output, row in enumerate(layer.connections) for map in row]
    with torch.no_grad():
        module.weight.zero_()
        for (output, map), kernel in zip(pairs, layer.weight, strict=True):
            module.weight[output, map] = torch.tensor(kernel)
        module.bias.copy_(torch.tensor(layer.bias))
    return module


def twin(layer: Module) -> Any:
    """PyTorch's module of the same kind, with the same parameters and buffers."""
    if isinstance(layer, Residual):
        return Sum(*(torch.nn.Sequential(*map(twin, branch)) for _, branch in layer.branches))
    if isinstance(layer, Conv2d) and layer.connections is not None:
        return connected(layer)
    settings = layer.settings()
    nn = torch.nn
    make = {
        "Conv2d": lambda: nn.Conv2d(*settings.values()),
        "Linear": lambda: nn.Linear(*settings.values()),
        "BatchNorm1d": lambda: nn.BatchNorm1d(*settings.values()),
        "BatchNorm2d": lambda: nn.BatchNorm2d(*settings.values()),
        "MaxPool2d": lambda: nn.MaxPool2d(**settings),
        "AvgPool2d": lambda: nn.AvgPool2d(**settings),
        "AdaptiveAvgPool2d": lambda: nn.AdaptiveAvgPool2d(settings["output_size"]),
        "SubSampling2d": lambda: SubSampling(**settings),
        "ScaledTanh": ScaledTanh,
        "Flatten": nn.Flatten,
        "Dropout": nn.Identity,  # compared in evaluation: each side has random numbers of its own
    }
    kind = type(layer).__name__
    # The other activations have PyTorch's names and settings.
    module = make[kind]() if kind in make else getattr(nn, kind)(**settings)
    with torch.no_grad():
        for parameter in layer.named_parameters():
            getattr(module, parameter.name).copy_(torch.tensor(parameter.value))
    return module


# Those of one output, for numbers or two classes, have no cross-entropy of ten.
CLASSIFIERS = [name for name in model_names() if name not in ("linear-regression", "perceptron")]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_network_agrees_with_torch(rng: np.random.Generator, name: str, training: bool) -> None:
    network = Network.from_model_name(name, seed=4)
    theirs = torch.nn.Sequential(*(twin(layer) for layer in network)).train(training)
    network._set_training(training)
    for layer in network:
        if isinstance(layer, Dropout):
            layer.eval()
    images = rng.uniform(0, 1, (19, *network.input_shape)).astype(np.float32)
    labels = rng.integers(0, 10, 19)
    criterion, optimizer = CrossEntropyLoss(), SGD(0.1, momentum=0.9, nesterov=True)
    their_optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9, nesterov=True)

    output = network.forward(images)
    their_output = theirs(torch.tensor(images))
    # A few layers of up to 3,136 terms each, and scores of about 1.
    assert_close(output, their_output.detach().numpy().astype(np.float64), terms=3136)
    their_loss = torch.nn.functional.cross_entropy(their_output, torch.tensor(labels))
    assert criterion.forward(output, labels) == pytest.approx(their_loss.item(), rel=1e-5)

    their_loss.backward()
    their_optimizer.step()
    network.backward(images, criterion.backward(output, labels))
    optimizer.step(network.named_parameters())
    last, their_last = network[len(network) - 1], theirs[-1]
    assert_close(last.weight, their_last.weight.detach().numpy().astype(np.float64), terms=3136)
    assert_close(last.bias, their_last.bias.detach().numpy().astype(np.float64), terms=3136)
    buffers = dict(theirs.named_buffers())
    for buffer_name, buffer in network.named_buffers():
        expected = buffers[buffer_name].numpy().astype(np.float64)
        assert_close(buffer, expected, terms=3136)


def test_a_residual_network_learns_as_in_torch(rng: np.random.Generator) -> None:
    """Five compiled steps beside PyTorch's, in which nothing is rounded to the other side yet."""
    network = Network.from_model_name("resnet-small", seed=4)
    theirs = torch.nn.Sequential(*(twin(layer) for layer in network)).train(True)
    images = rng.normal(size=(64, *network.input_shape)).astype(np.float32)
    labels = rng.integers(0, 10, 64)
    ours = Program(network, 64, optimizer=SGD(0.02, momentum=0.9, weight_decay=1e-3))
    ours.bind(images, labels)
    # As here, biases and what scales normalized values do not decay.
    decayed = [p for p in theirs.parameters() if p.ndim > 1]
    rest = [p for p in theirs.parameters() if p.ndim == 1]
    groups = [{"params": decayed, "weight_decay": 1e-3}, {"params": rest, "weight_decay": 0.0}]
    their_optimizer = torch.optim.SGD(groups, lr=0.02, momentum=0.9)
    for step in range(5):
        loss = ours.step(np.arange(64), step=step, epoch=0, learning_rate=0.02).loss
        their_optimizer.zero_grad()
        their_loss = torch.nn.functional.cross_entropy(theirs(torch.tensor(images)), torch.tensor(labels))
        their_loss.backward()
        their_optimizer.step()
        assert loss == pytest.approx(their_loss.item(), rel=1e-3), f"step {step}"
    theirs.train(False)
    expected = torch.log_softmax(theirs(torch.tensor(images)), 1).detach().numpy()
    assert np.abs(Program(network, 64).predict(images) - expected).max() < 0.02
