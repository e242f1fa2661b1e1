"""The convolutional layer."""

import math
from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np

from cnncli import _core
from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.initialization import GAIN_RELU, fill_uniform
from cnncli.layers.module import Module, Window
from cnncli.layers.settings import Pair, flag, format_pair, format_sides, pair, whole_number
from cnncli.layers.sliding import sliding_shape, span


class _Geometry(TypedDict):
    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int


class Convolution(Module):
    """A small mask slid over images, one per pair of input and output channel (LeCun et al. 1989).

    y[n,o,i,j] = b[o] + sum over (c,k,l) of w[o,c,k,l] x[n, c, i*stride + k*dilation - padding, likewise j, l]
    where x is 0 outside the image. As in all CNN programs this is cross-correlation: the mask is not flipped.
    With groups, channels are split into as many equal parts, and outputs see the inputs of their part only.

    input : (samples, input_channels, height, width); a single image is a batch of one
    output : (samples, output_channels, output height, output width), where the output height is
        (height + 2 padding - dilation (kernel - 1) - 1) // stride + 1, and the width likewise
    weight : (output_channels, input_channels / groups, kernel height, kernel width)
    bias : (output_channels,)

    input_channels, output_channels : int >= 1
    kernel, stride, dilation : int >= 1 or (height, width), default stride 1, dilation 1
    padding : int >= 0 or (height, width), zeros on each side, default 0
    groups : int >= 1 that divides both numbers of channels, default 1
    bias : whether b exists, default True
    seed : of the initial weights (uniform, He et al. 2015; biases 0); None: no arrays before `initialize`

    Kernels of 3x3 with stride 1 between many channels go by Winograd's F(4x4,3x3) (Lavin & Gray 2016): rounding
    errors are 8e-7 of the result instead of 4e-7, and a NaN or Inf may spread over 4x4 outputs of its sample.

    Raises ShapeError if the channels differ or the kernel does not fit the padded image.

    >>> layer = Convolution(1, 1, 2, bias=False)
    >>> layer.weight[...] = 1
    >>> layer.forward([[1, 2, 3], [4, 5, 6]])
    array([[[[12., 16.]]]], dtype=float32)
    """

    parameter_names = ("weight", "bias")
    sample_axes = (3,)

    weight: FloatArray
    grad_weight: FloatArray
    bias: FloatArray | None = None
    grad_bias: FloatArray | None = None

    def __init__(
        self,
        input_channels: int,
        output_channels: int,
        kernel: int | Pair,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        dilation: int | Pair = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        seed: int | None = 0,
    ) -> None:
        self.input_channels = whole_number("Convolution", "input_channels", input_channels)
        self.output_channels = whole_number("Convolution", "output_channels", output_channels)
        self.kernel = pair("Convolution", "kernel", kernel)
        self.stride = pair("Convolution", "stride", stride)
        self.padding = pair("Convolution", "padding", padding, minimum=0)
        self.dilation = pair("Convolution", "dilation", dilation)
        self.groups = whole_number("Convolution", "groups", groups)
        self.has_bias = flag("Convolution", "bias", bias)
        if self.input_channels % self.groups or self.output_channels % self.groups:
            raise SettingError(
                "Convolution",
                f"groups {self.groups} does not divide {self.input_channels} input channels and "
                f"{self.output_channels} output channels; use a divisor of both",
            )
        if seed is not None:
            self.initialize(seed)

    def parameter_shapes(self) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {
            "weight": (self.output_channels, self.input_channels // self.groups, *self.kernel)
        }
        if self.has_bias:
            shapes["bias"] = (self.output_channels,)
        return shapes

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        self.allocate()
        fan_in = self.input_channels // self.groups * self.kernel[0] * self.kernel[1]
        fill_uniform(self.weight, fan_in, seed=seed, stream=stream, gain=gain)
        if self.bias is not None:
            self.bias.fill(0)

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        output = self.new_output(input)
        _core.convolution_forward(input, output, self.weight, self.bias, **self._geometry())
        return output

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        grad_output = self.as_gradient(input, grad_output)
        grad_input = np.empty_like(input)
        _core.convolution_backward_input(grad_output, grad_input, self.weight, **self._geometry())
        return grad_input

    def acc_grad_parameters(self, input: FloatArray, grad_output: FloatArray, scale: float = 1.0) -> None:
        input = self.as_batch(input)
        grad_output = self.as_gradient(input, grad_output)
        _core.convolution_backward_parameters(
            input, grad_output, self.grad_weight, self.grad_bias, scale=scale, **self._geometry()
        )

    def _geometry(self) -> _Geometry:
        return {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
        }

    def settings(self) -> dict[str, Any]:
        return {
            "input_channels": self.input_channels,
            "output_channels": self.output_channels,
            "kernel": list(self.kernel),
            "stride": list(self.stride),
            "padding": list(self.padding),
            "dilation": list(self.dilation),
            "groups": self.groups,
            "bias": self.has_bias,
        }

    @classmethod
    def inferred_settings(cls, input_shape: Shape) -> Mapping[str, int]:
        return {"input_channels": input_shape[0]} if len(input_shape) == 3 else {}

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3 or input_shape[0] != self.input_channels:
            remedy = "reshape samples to channels x height x width"
            if len(input_shape) == 3:
                remedy = f"use input_channels={input_shape[0]}"
            found = format_shape(input_shape)
            raise LayerShapeError(
                repr(self), f"takes samples of shape {self.input_channels}xHxW, got {found}; {remedy}"
            )
        return (self.output_channels, *sliding_shape(self, input_shape, self.dilation))

    def scratch_count(self, input_shape: Shape) -> int:
        """A copy of the input within its padding, which may be far larger."""
        if self.padding == (0, 0):
            return 0
        channels, height, width = input_shape
        return channels * (height + 2 * self.padding[0]) * (width + 2 * self.padding[1])

    def multiply_adds(self, input_shape: Shape) -> int:
        products = self.input_channels // self.groups * self.kernel[0] * self.kernel[1]
        return math.prod(self.output_shape(input_shape)) * products

    def window(self, input_shape: Shape) -> Window:
        return span(self.kernel, self.dilation), self.stride

    def __repr__(self) -> str:
        parts = [f"{self.input_channels} -> {self.output_channels}", f"kernel {format_sides(self.kernel)}"]
        if self.stride != (1, 1):
            parts.append(f"stride {format_pair(self.stride)}")
        if self.padding != (0, 0):
            parts.append(f"padding {format_pair(self.padding)}")
        if self.dilation != (1, 1):
            parts.append(f"dilation {format_pair(self.dilation)}")
        if self.groups != 1:
            parts.append(f"groups {self.groups}")
        if not self.has_bias:
            parts.append("no bias")
        return f"Convolution({', '.join(parts)})"
