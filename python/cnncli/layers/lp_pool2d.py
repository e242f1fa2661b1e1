"""Pooling by powers."""

from typing import Any

from cnncli.layers.node_layer import Settings
from cnncli.layers.pooling import Pooling
from cnncli.layers.settings import Pair, number

LARGEST_NORM = 1_000_000  # beyond it every power is 0, 1 or infinite


class LPPool2d(Pooling):
    """The root of the sum of powers of each window: y = (sum of x_i^norm_type)^(1 / norm_type).

    norm_type 1 gives sums, 2 the Euclidean length; the larger it is, the nearer to the maximum. Whole numbers take
    negative values: an even power of them is positive, and the root of a negative sum is NaN. Powers of other
    norm_types are NaN for negative values, so put a ReLU before. A window that reaches beyond the image (ceil_mode)
    has its sum multiplied by kernel area / its places, as in PyTorch.

    The gradient for x_i is x_i^(norm_type - 1) y / (sum of powers); where the sum is 0 it is 0, where PyTorch's is NaN.

    input : (samples, channels, height, width); a single image is a batch of one
    output : (samples, channels, (height - kernel_size) // stride + 1, same for width); with ceil_mode the quotient is
        rounded up, and a window that would begin behind the image is left out

    norm_type : float from 1 to 1e6
    kernel_size : int >= 1 or (height, width)
    stride : int >= 1 or (height, width), default the kernel, so that windows do not overlap
    ceil_mode : whether a last window that reaches beyond the image counts, default False

    Torch7: SpatialLPPooling. Raises ShapeError if the kernel does not fit the image. Source: Sermanet, Chintala & LeCun
    2012.

    >>> LPPool2d(2, 2).forward([[3, 0, 1, 1], [0, 4, 1, -1]])
    array([[[[5., 2.]]]], dtype=float32)
    """

    kind = "power_pooling"

    def __init__(
        self, norm_type: float, kernel_size: int | Pair, stride: int | Pair | None = None, ceil_mode: bool = False
    ) -> None:
        self.norm_type = number("LPPool2d", "norm_type", norm_type, 1, LARGEST_NORM)
        super().__init__(kernel_size, stride, ceil_mode=ceil_mode)

    def node_settings(self) -> Settings:
        return {**super().node_settings(), "norm": self.norm_type}

    def settings(self) -> dict[str, Any]:
        settings = super().settings()
        del settings["padding"]
        return {"norm_type": self.norm_type, **settings}

    def _parts(self) -> list[str]:
        return [f"norm {self.norm_type:g}", *super()._parts()]
