"""The convolutional layer."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from cnncli.layers.arrays import Shape
from cnncli.layers.connections import Connections, read_connections
from cnncli.layers.convolution import Convolution
from cnncli.layers.faults import SettingError
from cnncli.layers.initialization import GAIN_RELU, initialize_weights
from cnncli.layers.module import Window
from cnncli.layers.node_layer import Settings
from cnncli.layers.settings import Pair
from cnncli.layers.sliding import sliding_shape, span


class Conv2d(Convolution):
    """A small mask slid over images, one per pair of input and output channel (LeCun et al. 1989).

    y[n,o,i,j] = b[o] + sum over (c,k,l) of w[o,c,k,l] x[n, c, i*stride + k*dilation - padding, likewise j, l]
    where x is 0 outside the image. As in all CNN programs this is cross-correlation: the mask is not flipped.
    With groups, channels are split into as many equal parts, and outputs see the inputs of their part only.

    input : (samples, in_channels, height, width); a single image is a batch of one
    output : (samples, out_channels, output height, output width), where the output height is
        (height + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1, and the width likewise
    weight : (out_channels, in_channels / groups, kernel height, kernel width)
    bias : (out_channels,)

    in_channels, out_channels : int >= 1
    kernel_size, stride, dilation : int >= 1 or (height, width), default stride 1, dilation 1
    padding : int >= 0 or (height, width), zeros on each side, default 0
    groups : int >= 1 that divides both numbers of channels, default 1
    bias : whether b exists, default True
    connections : list of the input maps that each output map sees, counted from 0, or "lenet5-c3" (LeCun et al. 1998,
        table I: 6 maps to 16); default all of them. Only connected pairs have weights: `weight` then is (connections,
        kernel height, kernel width), output by output. A NaN or Inf of a map reaches all outputs of its sample.
    initialization : "he" (default: weights uniform, He et al. 2015, with the gain of what follows; biases 0) or
        "torch" (both uniform within 1 / sqrt(fan_in), as Torch7 and PyTorch begin)
    seed : of the initial weights; None: no arrays before `initialize`

    Torch7: SpatialConvolution, with connections SpatialConvolutionMap.

    Kernels of 3x3 with stride 1 between many channels go by Winograd's F(4x4,3x3) (Lavin & Gray 2016): rounding
    errors are 8e-7 of the result instead of 4e-7, and a NaN or Inf may spread over 4x4 outputs of its sample.

    Raises ShapeError if the channels differ or the kernel does not fit the padded image.

    >>> layer = Conv2d(1, 1, 2, bias=False)
    >>> layer.weight[...] = 1
    >>> layer.forward([[1, 2, 3], [4, 5, 6]])
    array([[[[12., 16.]]]], dtype=float32)
    """

    kind = "convolution"
    connections: Connections | None = None
    named_connections: str | None = None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Pair,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        dilation: int | Pair = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        connections: str | Sequence[Sequence[int]] | None = None,
        initialization: str = "he",
        seed: int | None = 0,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, initialization
        )
        if connections is not None:
            self._connect(connections)
        if seed is not None:
            self.initialize(seed)

    def _connect(self, connections: str | Sequence[Sequence[int]]) -> None:
        layer = type(self).__name__
        if self.groups != 1:
            raise SettingError(layer, f"connections with groups {self.groups}; use one of both")
        self.connections = read_connections(layer, connections, self.in_channels, self.out_channels)
        self.named_connections = connections if isinstance(connections, str) else None
        self.kind = "mapped_convolution"

    def pairs(self) -> int:
        """Pairs of an output and an input map that have a kernel."""
        if self.connections is None:
            return self.out_channels * (self.in_channels // self.groups)
        return sum(len(row) for row in self.connections)

    def parameter_shapes(self) -> dict[str, Shape]:
        pairs = (self.out_channels, self.in_channels // self.groups) if self.connections is None else (self.pairs(),)
        shapes: dict[str, Shape] = {"weight": (*pairs, *self.kernel_size)}
        if self.has_bias:
            shapes["bias"] = (self.out_channels,)
        return shapes

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        self.allocate()
        how: dict[str, Any] = {"rule": self.initialization, "seed": seed, "stream": stream, "gain": gain}
        area = self.kernel_size[0] * self.kernel_size[1]
        if self.connections is None:
            initialize_weights(self.weight, self.bias, self.in_channels // self.groups * area, **how)
            return
        counts = np.array([len(row) for row in self.connections])
        initialize_weights(self.weight, self.bias, np.repeat(counts, counts) * area, counts * area, **how)

    def node_settings(self) -> Settings:
        settings: Settings = {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        if self.connections is None:
            return {**settings, "groups": self.groups}
        pairs = [number for output, row in enumerate(self.connections) for map in row for number in (output, map)]
        return {**settings, "out_channels": self.out_channels, "connections": tuple(pairs)}

    def settings(self) -> dict[str, Any]:
        settings = {
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "kernel_size": list(self.kernel_size),
            "stride": list(self.stride),
            "padding": list(self.padding),
            "dilation": list(self.dilation),
            "groups": self.groups,
            "bias": self.has_bias,
        }
        if self.connections is not None:
            settings["connections"] = self.named_connections or [list(row) for row in self.connections]
        if self.initialization != "he":
            settings["initialization"] = self.initialization
        return settings

    def output_shape(self, input_shape: Shape) -> Shape:
        self.check_images(input_shape)
        return (self.out_channels, *sliding_shape(self, input_shape, self.dilation))

    def scratch_count(self, input_shape: Shape) -> int:
        """A copy of the input within its padding, which may be far larger; the weights with those not connected."""
        full = 0
        if self.connections is not None:
            full = self.out_channels * self.in_channels * math.prod(self.kernel_size)
        if self.padding == (0, 0):
            return full
        channels, height, width = input_shape
        return full + channels * (height + 2 * self.padding[0]) * (width + 2 * self.padding[1])

    def multiply_adds(self, input_shape: Shape) -> int:
        _, height, width = self.output_shape(input_shape)
        return height * width * self.pairs() * math.prod(self.kernel_size)

    def window(self, input_shape: Shape) -> Window:
        return span(self.kernel_size, self.dilation), self.stride

    def _more_parts(self) -> list[str]:
        return [] if self.connections is None else [f"connections {self.named_connections or self.pairs()}"]
