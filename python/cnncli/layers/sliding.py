"""What layers of images share: that samples are images, and how many places a window has on one."""

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


def check_images(layer: object, input_shape: Shape) -> None:
    """Raise ShapeError unless one sample is (channels, height, width)."""
    if len(input_shape) != 3:
        raise LayerShapeError(
            repr(layer),
            f"takes samples of shape CxHxW, got {format_shape(input_shape)}; "
            "reshape samples to channels x height x width",
        )


def check_pixels(layer: object, input_shape: Shape) -> None:
    """Raise ShapeError unless one sample is (channels, height, width) with at least one pixel."""
    check_images(layer, input_shape)
    if 0 in input_shape[1:]:
        raise LayerShapeError(
            repr(layer), f"takes images of at least one pixel, got {format_shape(input_shape)}; leave those out"
        )


def sliding_shape(
    layer: Sliding, input_shape: Shape, dilation: Pair = (1, 1), *, reaches_over: bool = False
) -> Pair:
    """(height, width) of the output for an input (channels, height, width): only whole windows count.

    reaches_over : whether the last window may reach beyond the padded image, if it begins before the padding behind it

    Raises ShapeError if the window is larger than the padded image.
    """
    window = span(layer.kernel_size, dilation)
    padded = (input_shape[1] + 2 * layer.padding[0], input_shape[2] + 2 * layer.padding[1])
    sides = []
    for side in (0, 1):
        stride = layer.stride[side]
        room = padded[side] - window[side] + (stride - 1 if reaches_over else 0)
        if room < 0:
            raise LayerShapeError(repr(layer), _misfit(layer, window, padded, dilation))
        count = room // stride + 1
        beyond = reaches_over and (count - 1) * stride >= padded[side] - layer.padding[side]
        sides.append(count - 1 if beyond else count)
    return sides[0], sides[1]


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
