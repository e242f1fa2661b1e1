"""What max and average pooling and their kin have in common: a window that slides over each channel."""

import math
from typing import Any, ClassVar

from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.module import Window
from cnncli.layers.node_layer import NodeLayer, Settings
from cnncli.layers.settings import Pair, flag, format_pair, pair
from cnncli.layers.sliding import check_images, sliding_shape, span


class Pooling(NodeLayer):
    """A window over each channel of images, reduced to one number.

    ceil_mode : whether a last window that reaches beyond the padded image counts
    """

    gain_before: ClassVar[float | None] = None
    sample_axes = (3,)

    def __init__(
        self,
        kernel_size: int | Pair,
        stride: int | Pair | None = None,
        padding: int | Pair = 0,
        dilation: int | Pair = 1,
        ceil_mode: bool = False,
    ) -> None:
        layer = type(self).__name__
        self.kernel_size = pair(layer, "kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else pair(layer, "stride", stride)
        self.padding = pair(layer, "padding", padding, minimum=0)
        self.dilation = pair(layer, "dilation", dilation)
        self.ceil_mode = flag(layer, "ceil_mode", ceil_mode)
        window = span(self.kernel_size, self.dilation)
        largest = (window[0] // 2, window[1] // 2)
        if self.padding[0] > largest[0] or self.padding[1] > largest[1]:
            # A window must not lie in the padding alone.
            kernel = f"kernel {format_shape(self.kernel_size)}"
            if self.dilation != (1, 1):
                kernel += f" with dilation {format_pair(self.dilation)}"
            raise SettingError(
                layer,
                f"padding {format_pair(self.padding)} is more than half of {kernel}; "
                f"use padding <= {format_pair(largest)}",
            )

    def node_settings(self) -> Settings:
        settings: Settings = {"kernel": self.kernel_size, "stride": self.stride, "padding": self.padding}
        if self.dilation != (1, 1):
            settings["dilation"] = self.dilation
        if self.ceil_mode:
            settings["ceil_mode"] = True
        return settings

    def settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "kernel_size": list(self.kernel_size), "stride": list(self.stride), "padding": list(self.padding)
        }
        if self.dilation != (1, 1):
            settings["dilation"] = list(self.dilation)
        if self.ceil_mode:
            settings["ceil_mode"] = True
        return settings

    def output_shape(self, input_shape: Shape) -> Shape:
        check_images(self, input_shape)
        shape = sliding_shape(self, input_shape, self.dilation, reaches_over=self.ceil_mode)
        for side, (size, count) in enumerate(zip(input_shape[1:], shape, strict=True)):
            padding, stride, dilation = self.padding[side], self.stride[side], self.dilation[side]
            # A window that begins before the image has its first place inside at (begin mod dilation).
            begins = range(0, min(padding, count * stride), stride)
            if dilation > size and any((begin - padding) % dilation >= size for begin in begins):
                raise LayerShapeError(
                    repr(self),
                    f"a window on {format_shape(input_shape)} has all its places in the padding; "
                    "use a smaller dilation or less padding",
                )
        return (input_shape[0], *shape)

    def window_reads(self, input_shape: Shape) -> int:
        reach = min(self.kernel_size[0], input_shape[1]) * min(self.kernel_size[1], input_shape[2])
        return math.prod(self.output_shape(input_shape)) * reach

    def window(self, input_shape: Shape) -> Window:
        return span(self.kernel_size, self.dilation), self.stride

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._parts())})"

    def _parts(self) -> list[str]:
        parts = [f"kernel {format_shape(self.kernel_size)}"]
        if self.stride != self.kernel_size:
            parts.append(f"stride {format_pair(self.stride)}")
        if self.padding != (0, 0):
            parts.append(f"padding {format_pair(self.padding)}")
        if self.dilation != (1, 1):
            parts.append(f"dilation {format_pair(self.dilation)}")
        if self.ceil_mode:
            parts.append("ceil mode")
        return parts
