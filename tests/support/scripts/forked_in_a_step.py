"""A custom layer forks in the middle of a training step; parent and child end the step and do another."""

import os

import numpy as np
from forked_training import SGD, Flatten, Linear, Network, Program, images, labels, picks
from forks import wait

from cnncli.layers import Module


class Forking(Module):
    def __init__(self):
        super().__init__()
        self.forked = []

    def update_output(self, input):
        if not self.forked:
            self.forked.append(os.fork())
        return input

    def update_grad_input(self, input, grad_output):
        return grad_output

    def output_shape(self, input_shape):
        return input_shape


layer = Forking()
network = Network([Flatten(), Linear(144, 10), layer], (1, 12, 12))
network.initialize(7)
program = Program(network, 48, optimizer=SGD(0.1), threads=3)
program.bind(images, labels)
first = os.getpid()
program.step(picks, step=0, epoch=0, learning_rate=0.1)
if os.getpid() != first:
    # The child came out of its parent's step, and uses the program that it forked in.
    program.step(picks, step=1, epoch=0, learning_rate=0.1)
    os._exit(0 if np.isfinite(program.predict(images)).all() else 1)
assert wait(layer.forked[0]) == 0
program.step(picks, step=1, epoch=0, learning_rate=0.1)
