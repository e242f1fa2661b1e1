"""A layer of my own.

    cnn check-layer swish.py:Swish
    cnn train --plugin swish.py --arch my_net.toml      (type = "Swish" in my_net.toml)
"""

import numpy as np

from cnncli.layers import Module


class Swish(Module):
    """y = x sigmoid(beta x), with one learned beta (Ramachandran, Zoph & Le 2017).

    beta : float, what beta is before training
    """

    # What is learned: self.beta and its gradient self.grad_beta, arrays that are changed in place and never replaced.
    parameter_names = ("beta",)

    def __init__(self, beta: float = 1.0) -> None:
        self.initial_beta = beta
        self.beta = np.array([beta])
        self.grad_beta = np.zeros(1)

    def settings(self):
        """The constructor's arguments, from which a model file makes the layer again."""
        return {"beta": self.initial_beta}

    def update_output(self, input):
        """The output for a batch: the first axis of `input` counts samples. It is not to be written to."""
        # sigmoid(x) = (1 + tanh(x / 2)) / 2, which no large x makes overflow. Kept for backward, under a name.
        self.gate = 0.5 + 0.5 * np.tanh(0.5 * self.beta * input)
        return input * self.gate

    def update_grad_input(self, input, grad_output):
        """The gradient of the loss with respect to the input: grad_output times dy/dx, in the shape of the input."""
        return grad_output * (self.gate + self.beta * input * self.gate * (1 - self.gate))

    def acc_grad_parameters(self, input, grad_output, scale=1.0):
        """Adds (+=) scale times the gradient of each parameter, summed over the batch: grad_output times dy/dbeta."""
        self.grad_beta += scale * np.sum(grad_output * input**2 * self.gate * (1 - self.gate))

    def output_shape(self, input_shape):
        """The shape of the output for one sample, both without the batch axis."""
        return input_shape
