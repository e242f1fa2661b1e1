"""From images to vectors."""

import math

from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.node_layer import NodeLayer


class Flatten(NodeLayer):
    """Each sample as one row of values, channel by channel, row by row; what comes before Linear.

    input : (samples, any shape);  output : (samples, number of values per sample)

    >>> Flatten().forward([[[1, 2], [3, 4]]])
    array([[1., 2., 3., 4.]], dtype=float32)
    """

    kind = "flatten"

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        return input.reshape(input.shape[0], *self.output_shape(input.shape[1:])).copy()

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        return self.as_gradient(input, grad_output).reshape(input.shape).copy()

    def output_shape(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)
