"""Average pooling."""

from typing import Any

from cnncli.layers.node_layer import Settings
from cnncli.layers.pooling import Pooling
from cnncli.layers.settings import Pair, flag


class AvgPool2d(Pooling):
    """The mean of each window of each channel; the gradient is shared equally.

    input : (samples, channels, height, width); a single image is a batch of one
    output : (samples, channels, (height + 2 padding - kernel_size) // stride + 1, same for width)

    kernel_size : int >= 1 or (height, width)
    stride : int >= 1 or (height, width), default the kernel, so that windows do not overlap
    padding : int >= 0 or (height, width), zeros on each side, at most half the kernel, default 0
    count_include_pad : whether the mean divides by the whole window (default) or by its part inside the image

    Raises ShapeError if the kernel does not fit the padded image.
    Source: the sub-sampling of LeCun et al. 1998 without its weights.

    >>> AvgPool2d(2).forward([[1, 2, 5, 6], [3, 4, 8, 7]])
    array([[[[2.5, 6.5]]]], dtype=float32)
    """

    kind = "average_pooling"

    def __init__(
        self,
        kernel_size: int | Pair,
        stride: int | Pair | None = None,
        padding: int | Pair = 0,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding)
        self.count_include_pad = flag("AvgPool2d", "count_include_pad", count_include_pad)

    def node_settings(self) -> Settings:
        return {**super().node_settings(), "count_padding": self.count_include_pad}

    def settings(self) -> dict[str, Any]:
        return {**super().settings(), "count_include_pad": self.count_include_pad}

    def _parts(self) -> list[str]:
        return super()._parts() + ([] if self.count_include_pad else ["padding not counted"])
