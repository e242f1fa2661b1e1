"""What the element-wise layers have in common: one kernel, whose backward needs the output alone."""

from typing import ClassVar, Literal

import numpy as np

from cnncli import _core
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.module import Module


class Activation(Module):
    """A function of each element whose derivative follows from the output; subclasses name the function."""

    kind: ClassVar[Literal["relu", "tanh", "sigmoid"]]

    output: FloatArray | None = None

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        self.output = np.empty_like(input)
        _core.activation_forward(input, self.output, kind=self.kind)
        return self.output

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        grad_output = self.as_gradient(input, grad_output)
        output = self.of_forward(self.output, input.shape)
        grad_input = np.empty_like(input)
        _core.activation_backward(output, grad_output, grad_input, kind=self.kind)
        return grad_input

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape
