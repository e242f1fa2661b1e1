"""Ctrl-C ends a training step soon, and the step leaves no trace in parameters and buffers."""

import numpy as np
from interrupts import check_soon

from cnncli.criteria import CrossEntropyLoss
from cnncli.layers import BatchNorm2d, Conv2d, Flatten, Linear, ReLU
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program

layers = [Conv2d(1, 64, 3, padding=1), BatchNorm2d(64), ReLU(), Conv2d(64, 64, 3, padding=1)]
network = Network([*layers, Flatten(), Linear(64 * 28 * 28, 10)], (1, 28, 28))
network.initialize(1)
program = Program(network, 512, criterion=CrossEntropyLoss(), optimizer=SGD(0.1, momentum=0.9), threads=1)
rng = np.random.default_rng(1)
program.bind(rng.integers(0, 256, (512, 1, 28, 28), dtype=np.uint8), rng.integers(0, 10, 512))

def state():
    values = [parameter.value for parameter in network.named_parameters()]
    return [array.tobytes() for array in values + [array for _, array in network.named_buffers()]]

before = state()
check_soon(lambda: program.step(np.arange(512), step=0, epoch=0, learning_rate=0.1), "a step")
assert state() == before
program.step(np.arange(16), step=0, epoch=0, learning_rate=0.1)
assert state() != before
