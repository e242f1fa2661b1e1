"""Dropout."""

from typing import Any

import numpy as np

from cnncli import _core
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.faults import SettingError
from cnncli.layers.initialization import GAIN_RELU
from cnncli.layers.module import Module
from cnncli.layers.settings import number


class Dropout(Module):
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

    # Of the last forward pass, for backward: its input's shape, and its step or None if nothing was dropped.
    mask_shape: Shape | None = None
    mask_step: int | None = None

    def __init__(self, p: float = 0.5) -> None:
        self.p = number("Dropout", "p", p, 0, 1, below=True)
        if np.float32(self.p) == 1:  # as the kernels see it
            raise SettingError("Dropout", f"p is {p}, in float32 1; use a number from 0 to below 1")
        self.seed = 0
        self.layer = 0
        self.step = 0

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        """Take the seed, and the stream as number of the layer; start at step 0."""
        self.seed = seed
        self.layer = stream
        self.step = 0

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        self.mask_shape = input.shape
        self.mask_step = self.step if self.training else None
        if self.mask_step is None:
            return input.copy()
        output = np.empty_like(input)
        _core.dropout_forward(
            input, output, rate=self.p, seed=self.seed, layer=self.layer, step=self.mask_step
        )
        self.step += 1
        return output

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        grad_output = self.as_gradient(input, grad_output)
        self.check_forward(self.mask_shape == input.shape)
        if self.mask_step is None:
            return grad_output.copy()
        grad_input = np.empty_like(input)
        _core.dropout_backward(
            grad_output, grad_input, rate=self.p, seed=self.seed, layer=self.layer, step=self.mask_step
        )
        return grad_input

    def settings(self) -> dict[str, Any]:
        return {"p": self.p}

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"
