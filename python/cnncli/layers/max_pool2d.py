"""Max pooling."""

import numpy as np
from numpy.typing import NDArray

from cnncli import _core
from cnncli.layers.arrays import FloatArray
from cnncli.layers.pooling import Pooling


class MaxPool2d(Pooling):
    """The largest value of each window of each channel; the gradient goes to the first of equal values.

    input : (samples, channels, height, width); a single image is a batch of one
    output : (samples, channels, (height + 2 padding - kernel_size) // stride + 1, same for width)

    kernel_size : int >= 1 or (height, width)
    stride : int >= 1 or (height, width), default the kernel, so that windows do not overlap
    padding : int >= 0 or (height, width), at most half the kernel, default 0; it is never the largest value

    NaN counts as largest. Raises ShapeError if the kernel does not fit the padded image.
    Source: Ranzato, Huang, Boureau & LeCun 2007.

    >>> MaxPool2d(2).forward([[1, 2, 5, 6], [3, 4, 8, 7]])
    array([[[[4., 8.]]]], dtype=float32)
    """

    # Where in its channel (h * width + w) each output came from.
    argmax: NDArray[np.int32] | None = None

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        output = self.new_output(input)
        self.argmax = np.empty(output.shape, np.int32)
        _core.max_pooling_forward(input, output, self.argmax, **self._geometry())
        return output

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        grad_output = self.as_gradient(input, grad_output)
        argmax = self.of_forward(self.argmax, grad_output.shape)
        grad_input = np.empty_like(input)
        _core.max_pooling_backward(grad_output, argmax, grad_input, **self._geometry())
        return grad_input
