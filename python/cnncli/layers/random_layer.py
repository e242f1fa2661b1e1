"""Layers that draw random numbers in training: what they draw is a pure function of where and when."""

from typing import Any

from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.initialization import GAIN_RELU
from cnncli.layers.node_layer import NodeLayer, Passed


class RandomLayer(NodeLayer):
    """A layer whose numbers are a pure function of (seed, layer, step, sample, position): there is no generator state.

    seed, layer : set by `initialize`
    step : number of the next forward pass in training; counts itself up and can be set
    same_in_evaluation : whether evaluation hands its input on
    """

    keeps = True  # the number of its step

    seed: int = 0
    layer: int = 0
    step: int = 0
    _passed_step: int = 0  # that of the last forward pass

    @property
    def same_in_evaluation(self) -> bool:
        return False

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        """Take the seed, and the stream as number of the layer; start at step 0."""
        self.seed = seed
        self.layer = stream
        self.step = 0

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        self.output_shape(input.shape[1:])
        found: dict[str, Any] = {}
        self._passed, self._passed_step = Passed(input.shape, self.training, found), self.step
        if not self.training and self.same_in_evaluation:
            return input.copy()
        output = self.node().forward(input, {}, found, self.training, seed=self.seed, step=self.step)
        if self.training:
            self.step += 1
        return output

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        grad_output = self.as_gradient(input, grad_output)
        _, training, found = self.passed(input)
        if not training and self.same_in_evaluation:
            return grad_output.copy()
        step = self._passed_step
        return self.node().grad_input(input, grad_output, {}, found, training, seed=self.seed, step=step)

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape
