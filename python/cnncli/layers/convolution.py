"""What convolutions and transposed convolutions have in common: channels, groups, and a mask that slides."""

from collections.abc import Mapping

from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.initialization import read_initialization
from cnncli.layers.node_layer import Arrays, NodeLayer
from cnncli.layers.settings import Pair, flag, format_pair, pair, whole_number


class Convolution(NodeLayer):
    """Learned masks over images: the settings that all kinds take, and the arrays that they learn."""

    parameter_names = ("weight", "bias")
    sample_axes = (3,)

    weight: FloatArray
    grad_weight: FloatArray
    bias: FloatArray | None = None
    grad_bias: FloatArray | None = None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Pair,
        stride: int | Pair,
        padding: int | Pair,
        dilation: int | Pair,
        groups: int,
        bias: bool,
        initialization: str,
    ) -> None:
        layer = type(self).__name__
        self.in_channels = whole_number(layer, "in_channels", in_channels)
        self.out_channels = whole_number(layer, "out_channels", out_channels)
        self.kernel_size = pair(layer, "kernel_size", kernel_size)
        self.stride = pair(layer, "stride", stride)
        self.padding = pair(layer, "padding", padding, minimum=0)
        self.dilation = pair(layer, "dilation", dilation)
        self.groups = whole_number(layer, "groups", groups)
        self.has_bias = flag(layer, "bias", bias)
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise SettingError(
                layer,
                f"groups {self.groups} does not divide {self.in_channels} input channels and "
                f"{self.out_channels} output channels; use a divisor of both",
            )
        self.initialization = read_initialization(layer, initialization)

    def node_arrays(self) -> Arrays:
        return {
            "weight": self.weight, "bias": self.bias, "grad_weight": self.grad_weight, "grad_bias": self.grad_bias,
        }

    @classmethod
    def inferred_settings(cls, input_shape: Shape) -> Mapping[str, int]:
        return {"in_channels": input_shape[0]}

    def check_images(self, input_shape: Shape) -> None:
        """Raises ShapeError unless samples are images of as many channels as the layer takes."""
        if len(input_shape) == 3 and input_shape[0] == self.in_channels:
            return
        remedy = "reshape samples to channels x height x width"
        if len(input_shape) == 3:
            remedy = f"use in_channels={input_shape[0]}"
        found = format_shape(input_shape)
        raise LayerShapeError(repr(self), f"takes samples of shape {self.in_channels}xHxW, got {found}; {remedy}")

    def __repr__(self) -> str:
        parts = [f"{self.in_channels} -> {self.out_channels}", f"kernel {format_shape(self.kernel_size)}"]
        for name, value, usual in (
            ("stride", self.stride, (1, 1)), ("padding", self.padding, (0, 0)), ("dilation", self.dilation, (1, 1)),
        ):  # fmt: skip
            if value != usual:
                parts.append(f"{name} {format_pair(value)}")
        if self.groups != 1:
            parts.append(f"groups {self.groups}")
        parts += self._more_parts()
        if not self.has_bias:
            parts.append("no bias")
        return f"{type(self).__name__}({', '.join(parts)})"

    def _more_parts(self) -> list[str]:
        """What only this kind has, for its repr."""
        return []
