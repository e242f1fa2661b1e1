"""The same values in another shape."""

import math
from collections.abc import Sequence
from typing import Any

from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.node_layer import NodeLayer
from cnncli.layers.settings import whole_number

MOST_AXES = 64  # of an array, as NumPy has it


class Reshaping(NodeLayer):
    """A layer that moves no value; the shape of its output is all that there is to it."""

    kind = "reshape"
    gain_before = None

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        return input.reshape(input.shape[0], *self.output_shape(input.shape[1:])).copy()

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        return self.as_gradient(input, grad_output).reshape(input.shape).copy()


def _axis(layer: str, name: str, value: object) -> int:
    axis = whole_number(layer, name, value, -MOST_AXES)
    if axis == 0:
        raise SettingError(layer, f"{name} is 0, the axis of the samples; use 1 or more, or count from the end")
    return axis


def _from_start(axis: int, axes: int) -> int:
    return axis if axis > 0 else axes + axis


class Flatten(Reshaping):
    """Each sample as one row of values, channel by channel, row by row; what comes before Linear.

    Axes are counted with that of the samples, 0, as in PyTorch: Flatten(2) makes (channels, height * width).

    input : (samples, any shape);  output : (samples, the axes start_dim to end_dim as one)

    start_dim : int, from 1 on, or from the end: -1 is the last, default 1
    end_dim : int likewise, that axis included, default -1

    Torch7: View, Reshape. Raises ShapeError if samples have no such axes.

    >>> Flatten().forward([[[1, 2], [3, 4]]])
    array([[1., 2., 3., 4.]], dtype=float32)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim = _axis("Flatten", "start_dim", start_dim)
        self.end_dim = _axis("Flatten", "end_dim", end_dim)
        if (self.start_dim, self.end_dim) == (1, -1):
            self.kind = "flatten"

    def settings(self) -> dict[str, Any]:
        return {} if self.kind == "flatten" else {"start_dim": self.start_dim, "end_dim": self.end_dim}

    def output_shape(self, input_shape: Shape) -> Shape:
        if self.kind == "flatten":
            return (math.prod(input_shape),)
        axes = len(input_shape) + 1
        start = _from_start(self.start_dim, axes)
        end = _from_start(self.end_dim, axes)
        if not 1 <= start <= end < axes:
            raise LayerShapeError(
                repr(self),
                f"there are no axes {self.start_dim} to {self.end_dim} in samples of shape "
                f"{format_shape(input_shape)}, whose axes are 1 to {axes - 1}; use others",
            )
        return (*input_shape[: start - 1], math.prod(input_shape[start - 1 : end]), *input_shape[end:])

    def __repr__(self) -> str:
        return "Flatten()" if self.kind == "flatten" else f"Flatten(axes {self.start_dim} to {self.end_dim})"


class Unflatten(Reshaping):
    """One axis of each sample as several: from vectors back to images.

    input : (samples, ..., the product of unflattened_size, ...)
    output : (samples, ..., *unflattened_size, ...)

    dim : int, the axis, from 1 on (0 is that of the samples), or from the end: -1 is the last
    unflattened_size : list of int >= 1, or one of them -1: what is left over

    Torch7: View, Reshape. Raises ShapeError if the axis is not there or has another size.

    >>> Unflatten(1, (1, 2, 2)).forward([[1, 2, 3, 4]])
    array([[[[1., 2.],
             [3., 4.]]]], dtype=float32)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        self.dim = _axis("Unflatten", "dim", dim)
        if not isinstance(unflattened_size, list | tuple) or not 1 <= len(unflattened_size) <= MOST_AXES - 1:
            raise SettingError("Unflatten", "unflattened_size is no list of sizes; use one such as (1, 28, 28)")
        sizes = [whole_number("Unflatten", "unflattened_size", size, -1) for size in unflattened_size]
        if 0 in sizes or sizes.count(-1) > 1:
            raise SettingError(
                "Unflatten", f"unflattened_size is {tuple(sizes)}; use sizes of at least 1, of which one may be -1"
            )
        self.unflattened_size = tuple(sizes)

    def settings(self) -> dict[str, Any]:
        return {"dim": self.dim, "unflattened_size": list(self.unflattened_size)}

    def output_shape(self, input_shape: Shape) -> Shape:
        axes = len(input_shape) + 1
        axis = _from_start(self.dim, axes)
        if not 1 <= axis < axes:
            raise LayerShapeError(
                repr(self),
                f"there is no axis {self.dim} in samples of shape {format_shape(input_shape)}, whose axes are 1 to "
                f"{axes - 1}; use another",
            )
        size, known = input_shape[axis - 1], math.prod(size for size in self.unflattened_size if size > 0)
        if size % known or (-1 not in self.unflattened_size and size != known):
            raise LayerShapeError(
                repr(self), f"axis {self.dim} of samples of shape {format_shape(input_shape)} has {size} values, which "
                f"are not {format_shape(self.unflattened_size)}; use sizes with that product",
            )
        sizes = tuple(size // known if side == -1 else side for side in self.unflattened_size)
        return (*input_shape[: axis - 1], *sizes, *input_shape[axis:])

    def __repr__(self) -> str:
        return f"Unflatten(axis {self.dim} to {format_shape(self.unflattened_size)})"


class Identity(Reshaping):
    """The input as it is: a place where a layer was, or may be.

    input, output : (samples, any shape)

    Torch7, PyTorch: Identity. Takes no settings, where PyTorch's takes any and ignores them.

    >>> Identity().forward([[1, 2]])
    array([[1., 2.]], dtype=float32)
    """

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape
