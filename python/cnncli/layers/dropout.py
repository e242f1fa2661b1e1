"""Dropout."""

from typing import Any

import numpy as np

from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.faults import SettingError
from cnncli.layers.initialization import GAIN_RELU
from cnncli.layers.node_layer import NodeLayer, Passed, Settings
from cnncli.layers.settings import number


class Dropout(NodeLayer):
    """In training, each value becomes 0 with probability `p`, else is divided by 1 - p; no change else.

    Srivastava et al. 2014 scale when evaluating; this is the usual inverted form, equal in expectation.
    What is dropped is a pure function of (seed, layer, step, sample, position): there is no generator state.

    Any shape, of which the first axis counts samples.

    p : float from 0 to below 1, share of values set to zero, default 0.5

    seed, layer : attributes, set by `initialize`
    step : attribute, number of the next forward pass in training; counts itself up and can be set

    >>> layer = Dropout(0.5).eval()
    >>> layer.forward([[1, 2]])
    array([[1., 2.]], dtype=float32)
    """

    kind = "dropout"
    keeps = True  # the number of its step

    def __init__(self, p: float = 0.5) -> None:
        self.p = number("Dropout", "p", p, 0, 1, below=True)
        if np.float32(self.p) == 1:  # as the kernels see it
            raise SettingError("Dropout", f"p is {p}, in float32 1; use a number, at least 0 and less than 1")
        self.seed = 0
        self.layer = 0
        self.step = 0

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        """Take the seed, and the stream as number of the layer; start at step 0."""
        self.seed = seed
        self.layer = stream
        self.step = 0

    def node_settings(self) -> Settings:
        return {"rate": self.p, "layer": self.layer}

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        self._passed = Passed(input.shape, self.training, {"step": self.step})
        if not self.training:
            return input.copy()
        output = self.node().forward(input, seed=self.seed, step=self.step)
        self.step += 1
        return output

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        grad_output = self.as_gradient(input, grad_output)
        _, training, found = self.passed(input)
        if not training:
            return grad_output.copy()
        return self.node().grad_input(input, grad_output, seed=self.seed, step=found["step"])

    def settings(self) -> dict[str, Any]:
        return {"p": self.p}

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"
