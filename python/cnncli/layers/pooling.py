"""What max and average pooling have in common: a window that slides over each channel."""

import math
from typing import Any

from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.module import Window
from cnncli.layers.node_layer import NodeLayer, Settings
from cnncli.layers.settings import Pair, format_pair, pair
from cnncli.layers.sliding import sliding_shape


class Pooling(NodeLayer):
    """A window over each channel of images, reduced to one number."""

    sample_axes = (3,)

    def __init__(self, kernel_size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0) -> None:
        layer = type(self).__name__
        self.kernel_size = pair(layer, "kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else pair(layer, "stride", stride)
        self.padding = pair(layer, "padding", padding, minimum=0)
        largest = (self.kernel_size[0] // 2, self.kernel_size[1] // 2)
        if self.padding[0] > largest[0] or self.padding[1] > largest[1]:
            # A window must not lie in the padding alone.
            raise SettingError(
                layer,
                f"padding {format_pair(self.padding)} is more than half of kernel "
                f"{format_shape(self.kernel_size)}; use padding <= {format_pair(largest)}",
            )

    def node_settings(self) -> Settings:
        return {"kernel": self.kernel_size, "stride": self.stride, "padding": self.padding}

    def settings(self) -> dict[str, Any]:
        return {"kernel_size": list(self.kernel_size), "stride": list(self.stride), "padding": list(self.padding)}

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3:
            raise LayerShapeError(
                repr(self),
                f"takes samples of shape CxHxW, got {format_shape(input_shape)}; "
                "reshape samples to channels x height x width",
            )
        return (input_shape[0], *sliding_shape(self, input_shape))

    def window_reads(self, input_shape: Shape) -> int:
        reach = min(self.kernel_size[0], input_shape[1]) * min(self.kernel_size[1], input_shape[2])
        return math.prod(self.output_shape(input_shape)) * reach

    def window(self, input_shape: Shape) -> Window:
        return self.kernel_size, self.stride

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._parts())})"

    def _parts(self) -> list[str]:
        parts = [f"kernel {format_shape(self.kernel_size)}"]
        if self.stride != self.kernel_size:
            parts.append(f"stride {format_pair(self.stride)}")
        if self.padding != (0, 0):
            parts.append(f"padding {format_pair(self.padding)}")
        return parts
