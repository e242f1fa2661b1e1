"""Max pooling."""

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

    kind = "max_pooling"
    keeps = True  # where each output came from
