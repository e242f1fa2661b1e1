"""The file that `cnn new-layer` writes: a layer that works, with a comment at each place that is to be changed."""

import keyword
import os
import re
from pathlib import Path

from cnncli.errors import CnnError, UsageError
from cnncli.layers import LAYER_TYPES
from cnncli.layers.registry import is_built_in
from cnncli.shown import printable
from cnncli.storage.files import as_new, check_writable, write_atomically

_TEXT = '''"""A layer of my own.

    cnn check-layer @FILE:@NAME
    cnn train --plugin @FILE --arch my_net.toml      (type = "@NAME" in my_net.toml)
"""

import numpy as np

from cnncli.layers import Module


class @NAME(Module):
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
'''


def write_new_layer(name: str, out: str | None = None) -> Path:
    """Writes the file, which must not exist. Returns its path.

    Raises UsageError for a name that no class can have or that is taken, WriteError where the file cannot be made.
    """
    if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name) or not name[0].isupper():
        raise UsageError(f"{printable(name)}: is no name of a class; use letters and digits, a capital first: Swish")
    known = LAYER_TYPES.get(name)
    if known is not None and is_built_in(known):
        raise UsageError(f"{name}: is the name of a built-in layer; use another one")
    path = Path(out or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower() + ".py")
    if path.suffix != ".py":
        raise UsageError(f"{printable(path)}: plugins are .py files; use such a name")
    text = _TEXT.replace("@NAME", name).replace("@FILE", path.name)
    if os.path.lexists(path):
        raise UsageError(f"{printable(path)}: is there already and is not overwritten; pass another --out")
    try:
        check_writable(path)
    except CnnError as error:
        raise UsageError(str(error)) from None
    write_atomically(path, text.encode(), replace=as_new)
    return path
