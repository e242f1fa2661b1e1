"""Pooling to a given size, whatever the size of the image."""

from collections.abc import Sequence
from typing import Any, ClassVar

from cnncli.layers.arrays import Shape
from cnncli.layers.faults import SettingError
from cnncli.layers.max_pool2d import KeepsIndices
from cnncli.layers.module import Window
from cnncli.layers.node_layer import NodeLayer, Settings
from cnncli.layers.settings import flag, whole_number
from cnncli.layers.sliding import check_pixels

Size = int | Sequence[int | None] | None


class AdaptivePooling(NodeLayer):
    """As many windows as outputs are asked for: output i of n sees floor(i size / n) to ceil((i + 1) size / n) - 1.

    output_size : int >= 1, or (height, width) of which either may be None, or None: the size of the input
    """

    gain_before = None
    sample_axes = (3,)
    averages: ClassVar[bool]

    def __init__(self, output_size: Size) -> None:
        layer = type(self).__name__
        sides = list(output_size) if isinstance(output_size, tuple | list) else [output_size, output_size]
        if len(sides) != 2:
            raise SettingError(layer, f"output_size is {output_size!r}; use a whole number or two: (height, width)")
        found = [None if side is None else whole_number(layer, "output_size", side) for side in sides]
        self.output_size = found[0], found[1]

    def sides(self, input_shape: Shape) -> tuple[int, int]:
        """(height, width) of the output."""
        height, width = self.output_size
        return (input_shape[1] if height is None else height), (input_shape[2] if width is None else width)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_pixels(self, input_shape)
        return (input_shape[0], *self.sides(input_shape))

    def node_settings(self) -> Settings:
        height, width = self.output_size
        settings: Settings = {"output": (height or 0, width or 0)}  # 0: the size of the input
        return {**settings, "count_padding": False} if self.averages else settings

    def settings(self) -> dict[str, Any]:
        return {"output_size": list(self.output_size)}

    def window_reads(self, input_shape: Shape) -> int:
        reads = input_shape[0]
        for size, count in zip(input_shape[1:], self.sides(input_shape), strict=True):
            reads *= min(size + count, size * count)  # neighbouring windows share a place at most, or repeat one
        return reads

    def window(self, input_shape: Shape) -> Window | None:
        if self.sides(input_shape) == (1, 1):
            return None
        pairs = list(zip(input_shape[1:], self.sides(input_shape), strict=True))
        kernel = [max(-(-(i + 1) * size // n) - i * size // n for i in range(n)) for size, n in pairs]
        stride = [max(1, size // n) for size, n in pairs]
        return (kernel[0], kernel[1]), (stride[0], stride[1])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'x'.join('same' if side is None else str(side) for side in self.output_size)})"


class AdaptiveAvgPool2d(AdaptivePooling):
    """The mean of each window, with windows of such a size that output_size of them cover the image.

    Output i of n along a side sees the places floor(i size / n) to ceil((i + 1) size / n) - 1: neighbours overlap where
    n does not divide the size, and repeat places where n is larger.

    input : (samples, channels, height, width); a single image is a batch of one
    output : (samples, channels, *output_size)

    output_size : int >= 1, or (height, width) of which either may be None, or None: the size of the input

    AdaptiveAvgPool2d(1) is global average pooling (Lin, Chen & Yan 2013). Torch7: SpatialAdaptiveAveragePooling.

    >>> AdaptiveAvgPool2d((1, 2)).forward([[1, 2, 6], [3, 4, 8]])
    array([[[[2.5, 5. ]]]], dtype=float32)
    """

    kind = "average_pooling"
    averages = True


class AdaptiveMaxPool2d(AdaptivePooling, KeepsIndices):
    """The largest value of each window, with windows of such a size that output_size of them cover the image.

    The windows are those of AdaptiveAvgPool2d; NaN, gradient and indices as in MaxPool2d.

    input : (samples, channels, height, width); a single image is a batch of one
    output : (samples, channels, *output_size)

    output_size : int >= 1, or (height, width) of which either may be None, or None: the size of the input
    return_indices : whether `forward` returns (output, indices); for a layer by itself, not for one in a container

    Torch7: SpatialAdaptiveMaxPooling.

    >>> AdaptiveMaxPool2d((1, 2)).forward([[1, 2, 6], [3, 4, 8]])
    array([[[[4., 8.]]]], dtype=float32)
    """

    kind = "max_pooling"
    averages = False

    def __init__(self, output_size: Size, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = flag("AdaptiveMaxPool2d", "return_indices", return_indices)

    def settings(self) -> dict[str, Any]:
        settings = super().settings()
        return {**settings, "return_indices": True} if self.return_indices else settings
