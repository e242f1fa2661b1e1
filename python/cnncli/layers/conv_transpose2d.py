"""The transposed convolution."""

import math
from fractions import Fraction
from typing import Any

from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.convolution import Convolution
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.initialization import GAIN_RELU, initialize_weights
from cnncli.layers.module import Window
from cnncli.layers.node_layer import Settings
from cnncli.layers.settings import Pair, format_pair, pair
from cnncli.layers.sliding import span


class ConvTranspose2d(Convolution):
    """Each input value adds a mask, times itself, to the output: the gradient of a convolution as a layer.

    y[n, o, i*stride + k*dilation - padding, likewise j, l] += w[c,o,k,l] x[n,c,i,j], from b[o] on
    Zeiler et al. 2010 ("Deconvolutional networks"); with stride s it makes pictures s times as large.

    input : (samples, in_channels, height, width); a single image is a batch of one
    output : (samples, out_channels, output height, output width), where the output height is
        (height - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1, and the width likewise
    weight : (in_channels, out_channels / groups, kernel height, kernel width)
    bias : (out_channels,)

    in_channels, out_channels : int >= 1
    kernel_size, stride, dilation : int >= 1 or (height, width), default stride 1, dilation 1
    padding : int >= 0 or (height, width), rows and columns cut off on each side, default 0
    output_padding : int >= 0 or (height, width), below stride or dilation: rows and columns more, at the bottom and on
        the right, default 0; of the sizes that a convolution makes equal it says which one is meant
    groups : int >= 1 that divides both numbers of channels, default 1
    bias : whether b exists, default True
    initialization : "he" (default: weights uniform by the number of products in an output, He et al. 2015; biases 0)
        or "torch" (both uniform within 1 / sqrt(in_channels / groups * kernel area), as Torch7 begins; PyTorch counts
        out_channels)
    seed : of the initial weights; None: no arrays before `initialize`

    Torch7: SpatialFullConvolution. Raises ShapeError if the channels differ or nothing is left.

    >>> layer = ConvTranspose2d(1, 1, 2, stride=2, bias=False)
    >>> layer.weight[...] = [[1, 2], [3, 4]]
    >>> layer.forward([[1, 10]])
    array([[[[ 1.,  2., 10., 20.],
             [ 3.,  4., 30., 40.]]]], dtype=float32)
    """

    kind = "transposed_convolution"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Pair,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        output_padding: int | Pair = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | Pair = 1,
        *,
        initialization: str = "he",
        seed: int | None = 0,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, initialization
        )
        layer = type(self).__name__
        self.output_padding = pair(layer, "output_padding", output_padding, minimum=0)
        for side in (0, 1):
            most = max(self.stride[side], self.dilation[side]) - 1
            if self.output_padding[side] > most:
                raise SettingError(
                    layer,
                    f"output_padding {format_pair(self.output_padding)} is not below stride "
                    f"{format_pair(self.stride)} or dilation {format_pair(self.dilation)}; use at most {most}",
                )
        if seed is not None:
            self.initialize(seed)

    def parameter_shapes(self) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {"weight": (self.in_channels, self.out_channels // self.groups, *self.kernel_size)}
        if self.has_bias:
            shapes["bias"] = (self.out_channels,)
        return shapes

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        self.allocate()
        area = math.prod(self.kernel_size)
        if self.initialization == "he":  # an output meets one of so many places of the mask
            area = -(-area // math.prod(self.stride))
        fan_in = self.in_channels // self.groups * area
        initialize_weights(
            self.weight, self.bias, fan_in, rule=self.initialization, seed=seed, stream=stream, gain=gain
        )

    def node_settings(self) -> Settings:
        return {
            "stride": self.stride, "padding": self.padding, "output_padding": self.output_padding,
            "groups": self.groups, "dilation": self.dilation,
        }  # fmt: skip

    def settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "kernel_size": list(self.kernel_size),
            "stride": list(self.stride),
            "padding": list(self.padding),
            "output_padding": list(self.output_padding),
            "groups": self.groups,
            "bias": self.has_bias,
            "dilation": list(self.dilation),
        }
        return settings if self.initialization == "he" else {**settings, "initialization": self.initialization}

    def output_shape(self, input_shape: Shape) -> Shape:
        self.check_images(input_shape)
        reach = span(self.kernel_size, self.dilation)
        height, width = (
            (input_shape[1 + side] - 1) * self.stride[side] - 2 * self.padding[side] + reach[side]
            + self.output_padding[side]
            for side in (0, 1)
        )  # fmt: skip
        if height < 1 or width < 1:
            raise LayerShapeError(
                repr(self),
                f"padding {format_pair(self.padding)} leaves nothing of its input "
                f"{format_shape((input_shape[1], input_shape[2]))}; use less padding",
            )
        return (self.out_channels, height, width)

    def multiply_adds(self, input_shape: Shape) -> int:
        return math.prod(input_shape) * (self.out_channels // self.groups) * math.prod(self.kernel_size)

    def window(self, input_shape: Shape) -> Window:
        reach = span(self.kernel_size, self.dilation)
        inputs = ((reach[0] - 1) // self.stride[0] + 1, (reach[1] - 1) // self.stride[1] + 1)
        return inputs, (Fraction(1, self.stride[0]), Fraction(1, self.stride[1]))

    def _more_parts(self) -> list[str]:
        return [] if self.output_padding == (0, 0) else [f"output_padding {format_pair(self.output_padding)}"]
