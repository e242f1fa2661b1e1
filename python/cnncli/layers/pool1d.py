"""Pooling over sequences."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.max_pool2d import KeepsIndices
from cnncli.layers.node_layer import Passed, Settings
from cnncli.layers.pooling import Pooling
from cnncli.layers.settings import flag, whole_number


class Pooling1d(Pooling):
    """A window over each channel of sequences: the pooling of images of one row."""

    sample_axes = (2,)

    def __init__(
        self, kernel_size: int, stride: int | None, padding: int, dilation: int = 1, ceil_mode: bool = False
    ) -> None:
        layer = type(self).__name__
        kernel_size = whole_number(layer, "kernel_size", kernel_size)
        dilation = whole_number(layer, "dilation", dilation)
        padding = whole_number(layer, "padding", padding, 0)
        stride = kernel_size if stride is None else whole_number(layer, "stride", stride)
        largest = (dilation * (kernel_size - 1) + 1) // 2
        if padding > largest:
            gaps = f" with dilation {dilation}" if dilation > 1 else ""
            raise SettingError(
                layer, f"padding {padding} is more than half of kernel {kernel_size}{gaps}; use padding <= {largest}"
            )
        super().__init__((1, kernel_size), (1, stride), (0, padding), (1, dilation), ceil_mode)

    def settings(self) -> dict[str, Any]:
        return {name: value[1] if isinstance(value, list) else value for name, value in super().settings().items()}

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        shape = self.output_shape(input.shape[1:])
        found: dict[str, Any] = {}
        output = self.node().forward(_as_images(input), self.node_arrays(), found, self.training)
        self._passed = Passed(input.shape, self.training, found)
        return output.reshape(-1, *shape)

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        gradient = _as_images(self.as_gradient(input, grad_output))
        found = self.passed(input).arrays if self.keeps else {}
        return self.node().grad_input(_as_images(input), gradient, self.node_arrays(), found).reshape(input.shape)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 2:
            found = format_shape(input_shape)
            raise LayerShapeError(
                repr(self), f"takes samples of shape CxL, got {found}; reshape to channels x length"
            )
        reach, length = self.dilation[1] * (self.kernel_size[1] - 1) + 1, input_shape[1] + 2 * self.padding[1]
        if reach > length + (self.stride[1] - 1 if self.ceil_mode else 0):
            raise LayerShapeError(
                repr(self),
                f"its kernel spans {reach}, which does not fit its input of length {length}; use a smaller kernel or "
                "dilation, or add padding",
            )
        channels, _, outputs = super().output_shape(_one_row(input_shape))
        return channels, outputs

    def window_reads(self, input_shape: Shape) -> int:
        channels, outputs = self.output_shape(input_shape)
        return channels * outputs * min(self.kernel_size[1], input_shape[1])

    def _parts(self) -> list[str]:
        parts = [f"kernel {self.kernel_size[1]}"]
        for name, value, usual in (
            ("stride", self.stride[1], self.kernel_size[1]), ("padding", self.padding[1], 0),
            ("dilation", self.dilation[1], 1),
        ):  # fmt: skip
            if value != usual:
                parts.append(f"{name} {value}")
        return [*parts, "ceil mode"] if self.ceil_mode else parts


class MaxPool1d(Pooling1d, KeepsIndices):
    """The largest value of each window of each sequence; the gradient goes to the first of equal values.

    input : (samples, channels, length); a single sequence (channels, length) is a batch of one
    output : (samples, channels, (length + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1); with ceil_mode
        the quotient is rounded up, and a window that would begin in the padding behind the sequence is left out

    kernel_size, stride, dilation : int >= 1, default stride the kernel, dilation 1
    padding : int >= 0 on each side, at most half the window, default 0; it is never the largest value
    return_indices : whether `forward` returns (output, indices); for a layer by itself, not for one in a container
    ceil_mode : whether a last window that reaches beyond the padded sequence counts, default False

    NaN counts as largest. `indices` has where the maxima of the last forward pass were.
    Torch7: TemporalMaxPooling, whose samples are (length, channels). Raises ShapeError if the kernel does not fit.

    >>> MaxPool1d(2).forward([[1, 2, 5, 4, 3]])
    array([[[2., 5.]]], dtype=float32)
    """

    kind = "max_pooling"

    def __init__(
        self,
        kernel_size: int,
        stride: int | None = None,
        padding: int = 0,
        dilation: int = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode)
        self.return_indices = flag("MaxPool1d", "return_indices", return_indices)

    @property
    def indices(self) -> NDArray[np.int64]:
        """Of the last forward pass: where in its sequence each maximum was."""
        return super().indices[:, :, 0]

    def settings(self) -> dict[str, Any]:
        settings = super().settings()
        return {**settings, "return_indices": True} if self.return_indices else settings


class AvgPool1d(Pooling1d):
    """The mean of each window of each sequence; the gradient is shared equally.

    input : (samples, channels, length); a single sequence (channels, length) is a batch of one
    output : (samples, channels, (length + 2 padding - kernel_size) // stride + 1); with ceil_mode the quotient is
        rounded up, and a window that would begin in the padding behind the sequence is left out

    kernel_size, stride : int >= 1, default stride the kernel
    padding : int >= 0, zeros on each side, at most half the kernel, default 0
    ceil_mode : whether a last window that reaches beyond the padded sequence counts, default False
    count_include_pad : whether the mean divides by the window with its padding (default) or by its part inside

    Raises ShapeError if the kernel does not fit the padded sequence.

    >>> AvgPool1d(2).forward([[1, 2, 5, 4, 3]])
    array([[[1.5, 4.5]]], dtype=float32)
    """

    kind = "average_pooling"

    def __init__(
        self,
        kernel_size: int,
        stride: int | None = None,
        padding: int = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode=ceil_mode)
        self.count_include_pad = flag("AvgPool1d", "count_include_pad", count_include_pad)

    def node_settings(self) -> Settings:
        return {**super().node_settings(), "count_padding": self.count_include_pad}

    def settings(self) -> dict[str, Any]:
        return {**super().settings(), "count_include_pad": self.count_include_pad}

    def _parts(self) -> list[str]:
        return super()._parts() + ([] if self.count_include_pad else ["padding not counted"])


def _one_row(shape: Shape) -> Shape:
    return (*shape[:-1], 1, shape[-1])


def _as_images(sequences: FloatArray) -> FloatArray:
    return sequences.reshape(_one_row(sequences.shape))
