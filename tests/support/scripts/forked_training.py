"""A network small enough for many forks, whose step runs on three threads; the same bits from every new one."""

import threading

from forks import np, rng

from cnncli.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program

images = rng.integers(0, 256, (48, 1, 12, 12), dtype=np.uint8)
labels = rng.integers(0, 10, 48)
picks = np.arange(48)


def make(threads=3):
    network = Network([Conv2d(1, 8, 3), ReLU(), MaxPool2d(2), Flatten(), Linear(200, 10)], (1, 12, 12))
    network.initialize(7)
    program = Program(network, 48, optimizer=SGD(0.1, momentum=0.9), threads=threads)
    program.bind(images, labels)
    return program


def weights(program):
    return b"".join(parameter.value.tobytes() for parameter in program.network.named_parameters())


def train(program, steps=3):
    for step in range(steps):
        program.step(picks, step=step, epoch=0, learning_rate=0.1)
    return weights(program)


def busy(call):
    """A thread that is inside `call` over and over, and what stops it."""
    stop = threading.Event()

    def repeat():
        while not stop.is_set():
            call()

    thread = threading.Thread(target=repeat)
    thread.start()

    def end():
        stop.set()
        thread.join()

    return end
