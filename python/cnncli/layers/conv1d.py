"""The convolution over sequences."""

from collections.abc import Mapping
from typing import Any

from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.conv2d import Conv2d
from cnncli.layers.faults import LayerShapeError
from cnncli.layers.node_layer import Arrays
from cnncli.layers.settings import whole_number


class Conv1d(Conv2d):
    """A mask slid along sequences: Conv2d on images of one row.

    y[n,o,i] = b[o] + sum over (c,k) of w[o,c,k] x[n, c, i*stride + k*dilation - padding]
    where x is 0 outside the sequence. With groups as Conv2d.

    input : (samples, in_channels, length); a single sequence (in_channels, length) is a batch of one
    output : (samples, out_channels, (length + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1)
    weight : (out_channels, in_channels / groups, kernel_size);  bias : (out_channels,)

    in_channels, out_channels, kernel_size, stride, dilation, groups : int >= 1, default stride, dilation, groups 1
    padding : int >= 0, zeros on each side, default 0
    bias, initialization, seed : as Conv2d

    Torch7: TemporalConvolution, whose samples are (length, channels). Raises ShapeError as Conv2d.

    >>> layer = Conv1d(1, 1, 2, bias=False)
    >>> layer.weight[...] = [[[1, 10]]]
    >>> layer.forward([[1, 2, 3]])
    array([[[21., 32.]]], dtype=float32)
    """

    sample_axes = (2,)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        initialization: str = "he",
        seed: int | None = 0,
    ) -> None:
        def along(name: str, value: int, beside: int) -> tuple[int, int]:
            return beside, whole_number("Conv1d", name, value, beside)

        super().__init__(
            in_channels, out_channels, along("kernel_size", kernel_size, 1), along("stride", stride, 1),
            along("padding", padding, 0), along("dilation", dilation, 1), groups, bias,
            initialization=initialization, seed=seed,
        )  # fmt: skip

    def parameter_shapes(self) -> dict[str, Shape]:
        shapes = super().parameter_shapes()
        return {name: (*shape[:2], shape[3]) if name == "weight" else shape for name, shape in shapes.items()}

    def node_arrays(self) -> Arrays:
        one_row = (*self.weight.shape[:2], 1, self.weight.shape[2])
        return {
            **super().node_arrays(),
            "weight": self.weight.reshape(one_row), "grad_weight": self.grad_weight.reshape(one_row),
        }  # fmt: skip

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        shape = self.output_shape(input.shape[1:])
        return self.node().forward(_as_images(input), self.node_arrays()).reshape(-1, *shape)

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        gradient = _as_images(self.as_gradient(input, grad_output))
        return self.node().grad_input(_as_images(input), gradient, self.node_arrays()).reshape(input.shape)

    def acc_grad_parameters(self, input: FloatArray, grad_output: FloatArray, scale: float = 1.0) -> None:
        input = self.as_batch(input)
        gradient = _as_images(self.as_gradient(input, grad_output))
        self.node().acc_grad(_as_images(input), gradient, self.node_arrays(), {}, False, scale)

    def settings(self) -> dict[str, Any]:
        settings = super().settings()
        return {name: value[1] if isinstance(value, list) else value for name, value in settings.items()}

    @classmethod
    def inferred_settings(cls, input_shape: Shape) -> Mapping[str, int]:
        return {"in_channels": input_shape[0]}

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 2 or input_shape[0] != self.in_channels:
            remedy = f"use in_channels={input_shape[0]}" if len(input_shape) == 2 else "reshape to channels x length"
            found = format_shape(input_shape)
            raise LayerShapeError(repr(self), f"takes samples of shape {self.in_channels}xL, got {found}; {remedy}")
        reach = self.dilation[1] * (self.kernel_size[1] - 1) + 1
        length = input_shape[1] + 2 * self.padding[1]
        if reach > length:
            raise LayerShapeError(
                repr(self),
                f"its kernel spans {reach}, which does not fit its input of length {length}; use a smaller kernel or "
                "dilation, or add padding",
            )
        return (self.out_channels, (length - reach) // self.stride[1] + 1)

    def scratch_count(self, input_shape: Shape) -> int:
        return super().scratch_count((input_shape[0], 1, input_shape[1]))

    def multiply_adds(self, input_shape: Shape) -> int:
        return self.output_shape(input_shape)[1] * self.pairs() * self.kernel_size[1]

    def __repr__(self) -> str:
        parts = [f"{self.in_channels} -> {self.out_channels}", f"kernel {self.kernel_size[1]}"]
        for name, value, usual in (
            ("stride", self.stride[1], 1), ("padding", self.padding[1], 0), ("dilation", self.dilation[1], 1),
            ("groups", self.groups, 1),
        ):  # fmt: skip
            if value != usual:
                parts.append(f"{name} {value}")
        if not self.has_bias:
            parts.append("no bias")
        return f"{type(self).__name__}({', '.join(parts)})"


def _as_images(sequences: FloatArray) -> FloatArray:
    return sequences.reshape(len(sequences), sequences.shape[1], 1, sequences.shape[2])
