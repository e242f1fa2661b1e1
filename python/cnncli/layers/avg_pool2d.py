"""Average pooling."""

from typing import Any

from cnncli.layers.node_layer import Settings
from cnncli.layers.pooling import Pooling
from cnncli.layers.settings import Pair, flag, whole_number


class AvgPool2d(Pooling):
    """The mean of each window of each channel; the gradient is shared equally.

    input : (samples, channels, height, width); a single image is a batch of one
    output : (samples, channels, (height + 2 padding - kernel_size) // stride + 1, same for width); with ceil_mode the
        quotient is rounded up, and a window that would begin in the padding behind the image is left out

    kernel_size : int >= 1 or (height, width)
    stride : int >= 1 or (height, width), default the kernel, so that windows do not overlap
    padding : int >= 0 or (height, width), zeros on each side, at most half the kernel, default 0
    ceil_mode : whether a last window that reaches beyond the padded image counts, default False
    count_include_pad : whether the mean divides by the window with its padding (default) or by its part inside the
        image; what lies beyond the padding never counts
    divisor_override : int >= 1 to divide by in any case, default None; 1 gives sums

    Torch7: SpatialAveragePooling.

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
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode=ceil_mode)
        self.count_include_pad = flag("AvgPool2d", "count_include_pad", count_include_pad)
        self.divisor_override = divisor_override
        if divisor_override is not None:
            self.divisor_override = whole_number("AvgPool2d", "divisor_override", divisor_override)

    def node_settings(self) -> Settings:
        settings = {**super().node_settings(), "count_padding": self.count_include_pad}
        return settings if self.divisor_override is None else {**settings, "divisor": self.divisor_override}

    def settings(self) -> dict[str, Any]:
        settings = {**super().settings(), "count_include_pad": self.count_include_pad}
        return settings if self.divisor_override is None else {**settings, "divisor_override": self.divisor_override}

    def _parts(self) -> list[str]:
        parts = super()._parts() + ([] if self.count_include_pad else ["padding not counted"])
        return parts if self.divisor_override is None else [*parts, f"divisor {self.divisor_override}"]
