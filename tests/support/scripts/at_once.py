"""For scripts with several threads of Python: a small program, and calls that run together."""

import threading

import numpy as np

from cnncli.layers import Conv2d, Flatten, Linear, MaxPool2d, Module, ReLU
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program

rng = np.random.default_rng(1)
images = rng.integers(0, 256, (64, 1, 12, 12), dtype=np.uint8)
labels = rng.integers(0, 10, 64)
picks = np.arange(64)


def make(*own, threads=2):
    layers = [Conv2d(1, 8, 3), ReLU(), MaxPool2d(2), *own, Flatten(), Linear(200, 10)]
    network = Network(layers, (1, 12, 12))
    network.initialize(7)
    program = Program(network, 64, optimizer=SGD(0.1, momentum=0.9), threads=threads)
    program.bind(images, labels)
    return program


def weights(program):
    return b"".join(parameter.value.tobytes() for parameter in program.network.named_parameters())


def steps(program, count):
    for step in range(count):
        program.step(picks, step=step, epoch=0, learning_rate=0.1)


def together(*calls):
    """Runs the calls on threads at once; the first error of any of them is raised. Hanging ones end the process."""
    errors = []

    def guarded(call):
        try:
            call()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "hangs"
    if errors:
        raise errors[0]


class Own(Module):
    """Passes values on, after it has called a function."""

    def __init__(self, call):
        super().__init__()
        self.call = call

    def update_output(self, input):
        self.call()
        return input

    def update_grad_input(self, input, grad_output):
        return grad_output

    def output_shape(self, input_shape):
        return input_shape  # else the network would ask update_output
