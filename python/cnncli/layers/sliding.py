"""How many places a window has on an image; shared by convolution and pooling."""

from typing import Protocol

from cnncli.layers.arrays import Shape
from cnncli.layers.faults import LayerShapeError
from cnncli.layers.settings import Pair, format_pair
from cnncli.shown import format_shape


class Sliding(Protocol):
    """A layer with a window that slides."""

    kernel_size: Pair
    stride: Pair
    padding: Pair


def span(kernel: Pair, dilation: Pair) -> Pair:
    """(height, width) of a kernel with the gaps that dilation makes."""
    return dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1


def sliding_shape(layer: Sliding, input_shape: Shape, dilation: Pair = (1, 1)) -> Pair:
    """(height, width) of the output for an input (channels, height, width): only whole windows count.

    Raises ShapeError if the window is larger than the padded image.
    """
    window = span(layer.kernel_size, dilation)
    padded = (input_shape[1] + 2 * layer.padding[0], input_shape[2] + 2 * layer.padding[1])
    if window[0] > padded[0] or window[1] > padded[1]:
        raise LayerShapeError(repr(layer), _misfit(layer, window, padded, dilation))
    return (padded[0] - window[0]) // layer.stride[0] + 1, (padded[1] - window[1]) // layer.stride[1] + 1


def _misfit(layer: Sliding, window: Pair, padded: Pair, dilation: Pair) -> str:
    where = f"its input {format_shape(padded)}"
    if layer.padding != (0, 0):
        where = f"its padded input {format_shape(padded)}"
    if dilation != (1, 1):
        return (
            f"kernel {format_shape(layer.kernel_size)} with dilation {format_pair(dilation)} spans "
            f"{format_shape(window)}, which does not fit {where}; "
            "use a smaller kernel or dilation, or add padding"
        )
    # A square kernel is named by one number, and the shorter side of the image limits it.
    largest = str(min(padded)) if window[0] == window[1] else format_shape(padded)
    return f"kernel {format_shape(window)} does not fit {where}; use kernel_size <= {largest} or add padding"
