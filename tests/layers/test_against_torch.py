"""Whole networks against PyTorch: outputs, loss, running statistics, and the step of the last layer.

Gradients of inner layers are compared layer by layer elsewhere: in whole networks, an output within rounding
of 0 or of its neighbour sends its gradient elsewhere.
"""

from typing import Any

import numpy as np
import pytest

from closeness import assert_close
from cnncli.criteria import CrossEntropy
from cnncli.layers import Dropout, Module
from cnncli.network import Network
from cnncli.optim import SGD

torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI has an environment with it")
pytestmark = pytest.mark.torch


def twin(layer: Module) -> Any:
    """PyTorch's module of the same kind, with the same parameters and buffers."""
    settings = layer.settings()
    nn = torch.nn
    make = {
        "Convolution": lambda: nn.Conv2d(*settings.values()),
        "Linear": lambda: nn.Linear(*settings.values()),
        "BatchNormalization": lambda: nn.BatchNorm2d(
            layer.features, eps=layer.epsilon, momentum=layer.momentum
        ),
        "MaxPooling": lambda: nn.MaxPool2d(layer.kernel, layer.stride, layer.padding),
        "ReLU": nn.ReLU,
        "Flatten": nn.Flatten,
        "Dropout": nn.Identity,  # compared in evaluation: each side has random numbers of its own
    }
    module = make[type(layer).__name__]()
    if type(layer).__name__ == "BatchNormalization":
        module._check_input_dim = lambda input: None  # takes vectors as well
    with torch.no_grad():
        for parameter in layer.named_parameters():
            getattr(module, parameter.name).copy_(torch.tensor(parameter.value))
    return module


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", ["linear", "mlp", "lenet5", "convnet", "vgg"])
def test_network_agrees_with_torch(rng: np.random.Generator, name: str, training: bool) -> None:
    network = Network.from_model_name(name, seed=4)
    theirs = torch.nn.Sequential(*(twin(layer) for layer in network)).train(training)
    network._set_training(training)
    for layer in network:
        if isinstance(layer, Dropout):
            layer.evaluate()
    images = rng.uniform(0, 1, (19, *network.input_shape)).astype(np.float32)
    labels = rng.integers(0, 10, 19)
    criterion, optimizer = CrossEntropy(), SGD(0.1, momentum=0.9, nesterov=True)
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
        expected = buffers[buffer_name.replace("variance", "var")].numpy().astype(np.float64)
        assert_close(buffer, expected, terms=3136)
