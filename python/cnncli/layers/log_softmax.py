"""Scores to log-probabilities."""

import numpy as np

from cnncli import _core
from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.faults import LayerShapeError
from cnncli.layers.module import Module


class LogSoftmax(Module):
    """The logarithm of the probabilities that scores stand for: y[c] = x[c] - log(sum over k of exp(x[k])).

    The largest score is subtracted first, so that large scores do not overflow.

    input : (samples, classes), a single sample (classes,) is a batch of one;  output : the same shape

    Raises ShapeError for samples that are no vectors. Followed by NLLLoss it is CrossEntropyLoss.
    Source: Bridle 1990.

    >>> LogSoftmax().forward([[0, 0]])
    array([[-0.6931472, -0.6931472]], dtype=float32)
    """

    sample_axes = (1,)

    output: FloatArray | None = None

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        output = self.new_output(input)
        _core.log_softmax_forward(input, output)
        self.output = output
        return output

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        grad_output = self.as_gradient(input, grad_output)
        output = self.of_forward(self.output, input.shape)
        grad_input = np.empty_like(input)
        _core.log_softmax_backward(output, grad_output, grad_input)
        return grad_input

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise LayerShapeError(
                repr(self),
                f"takes samples of shape C, one score per class, got {format_shape(input_shape)}; "
                "put Flatten() before it",
            )
        return input_shape
