"""One training step by hand: the loss before and after, and what it did to each parameter."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from cnncli.criteria.criterion import Criterion
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.module import Module
from cnncli.layers.random_layer import RandomLayer
from cnncli.layers.sequential import Sequential
from cnncli.network import Network
from cnncli.optim import Optimizer


@dataclass(frozen=True)
class ParameterStep:
    """What a step did to a parameter.

    name, shape : of it
    value, gradient, change : Euclidean norms of it before, of its gradient, and of what was added to it
    """

    name: str
    shape: Shape
    value: float
    gradient: float
    change: float


@dataclass(frozen=True)
class OneStep:
    """A step on a batch.

    before, after : the loss of the same images, with the same units dropped, before and after
    parameters : in the order of the network
    """

    before: float
    after: float
    parameters: Sequence[ParameterStep]


class Batch:
    """A network in training and samples whose loss can be asked for again and again.

    Dropped units stay the same from pass to pass, and running statistics as they were.

    network : its gradients are set anew; its mode is left as it was
    images : samples in any form that `network.samples` takes; targets : as the criterion takes them
    """

    def __init__(self, network: Network, images: ArrayLike, targets: ArrayLike, criterion: Criterion) -> None:
        self.network, self.criterion, self.targets = network, criterion, targets
        self.samples: FloatArray = network.samples(images)
        self._steps = {id(leaf): leaf.step for _, leaf in network.leaves() if isinstance(leaf, RandomLayer)}

    def loss(self) -> float:
        """Of the samples, by a pass forward in training."""
        with self.passes():
            return float(self.criterion.forward(self.network.forward(self.samples), self.targets))

    def gradients(self) -> float:
        """The loss; the gradients of the parameters are then in the network."""
        with self.passes():
            self.network.zero_grad_parameters()
            outputs = self.network.forward(self.samples)
            loss = float(self.criterion.forward(outputs, self.targets))
            self.network.backward(self.samples, self.criterion.backward(outputs, self.targets))
        return loss

    @contextmanager
    def passes(self) -> Iterator[None]:
        """In training, from the same random numbers, without a trace in the running statistics."""
        kept = [(array, array.copy()) for _, array in self.network.named_buffers()]
        self.rewind(self.network)
        try:
            with self.network._in_mode(training=True):
                yield
        finally:
            for array, value in kept:
                array[...] = value
            self.rewind(self.network)

    def rewind(self, layer: Module) -> None:
        """The next pass of a layer draws what its first one drew."""
        for leaf in [one for _, one in layer.leaves()] if isinstance(layer, Sequential) else [layer]:
            if isinstance(leaf, RandomLayer):
                leaf.step = self._steps[id(leaf)]


def one_step(batch: Batch, optimizer: Optimizer) -> OneStep:
    """A step of the optimizer on the batch; the network's weights are changed."""
    before = batch.gradients()
    parameters = list(batch.network.named_parameters())
    values = [parameter.value.copy() for parameter in parameters]
    gradients = [_norm(parameter.gradient) for parameter in parameters]
    optimizer.step(parameters)
    rows = [
        ParameterStep(
            parameter.name,
            parameter.value.shape,
            _norm(value),
            gradient,
            _norm(parameter.value.astype(np.float64) - value),
        )
        for parameter, value, gradient in zip(parameters, values, gradients, strict=True)
    ]
    return OneStep(before, batch.loss(), rows)


def _norm(values: npt.NDArray[np.floating]) -> float:
    return float(np.sqrt(np.sum(values.astype(np.float64) ** 2)))
