"""Files of users: a Swish with a learned slope, a loss and an optimizer, and a small network that has the layer."""

from collections.abc import Callable
from pathlib import Path

Said = Callable[[str], tuple[int, str, str]]  # of a command line: exit code, stdout, stderr

SWISH = '''"""My layers."""

import numpy as np

from cnncli.criteria import Criterion
from cnncli.layers import Module
from cnncli.optim import Optimizer


class Swish(Module):
    parameter_names = ("beta",)

    def __init__(self, beta=1.0):
        self.start = beta
        self.beta, self.grad_beta = np.array([beta]), np.zeros(1)

    def gate(self, input):
        return 0.5 + 0.5 * np.tanh(0.5 * self.beta * input)

    def update_output(self, input):
        return input * self.gate(input)

    def update_grad_input(self, input, grad_output):
        gate = self.gate(input)
        return grad_output * (gate + self.beta * input * gate * (1 - gate))

    def acc_grad_parameters(self, input, grad_output, scale=1.0):
        gate = self.gate(input)
        self.grad_beta += scale * np.sum(grad_output * input * input * gate * (1 - gate))

    def settings(self):
        return {"beta": self.start}


class SquaredDistance(Criterion):
    takes_labels = True

    def distance(self, input, target):
        return input - np.eye(input.shape[1])[target]

    def forward(self, input, target):
        return float(np.mean(self.sample_losses(input, target)))

    def sample_losses(self, input, target):
        return np.sum(self.distance(input, target) ** 2, axis=1)

    def backward(self, input, target):
        return 2 * self.distance(input, target) / len(input)


class HeavyBall(Optimizer):
    state_names = ("velocity",)

    def update(self, value, gradient, state, *, weight_decay):
        state["velocity"] *= 0.9
        state["velocity"] += gradient
        value -= self.lr * state["velocity"]


class _Private(Module):
    pass
'''

NETWORK = """name = "mine"
input = [1, 28, 28]
classes = 10

[[layers]]
type = "Flatten"

[[layers]]
type = "Linear"
out_features = 8

[[layers]]
type = "Swish"
beta = 1.5

[[layers]]
type = "Linear"
out_features = "classes"
"""


def write_files(folder: Path, plugin: str = SWISH, network: str = NETWORK) -> Path:
    """my_layers.py and my_net.toml; returns the first."""
    path = folder / "my_layers.py"
    path.write_text(plugin)
    (folder / "my_net.toml").write_text(network)
    return path
