"""Learned factors and offsets, as Torch7 has them: Add, Mul, CMul."""

import math
from typing import Any, ClassVar

from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.initialization import GAIN_RELU
from cnncli.layers.node_layer import Arrays, NodeLayer, Settings
from cnncli.layers.settings import flag, whole_number


class _Gain(NodeLayer):
    """A learned number for each value, or for several: `numbers_shape`, each side that of a sample or 1."""

    kind = "gain"
    decayed_names = ()
    sample_axes = (1, 3)
    function: ClassVar[str]
    starts_at: ClassVar[float]

    def numbers_shape(self) -> Shape:
        """The shape of what is learned."""
        return (1,)

    def takes_any_shape(self) -> bool:
        return self.numbers_shape() == (1,)

    def parameter_shapes(self) -> dict[str, Shape]:
        return {self.parameter_names[0]: self.numbers_shape()}

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        """The layer changes nothing at first, whatever the seed."""
        self.allocate()
        getattr(self, self.parameter_names[0]).fill(self.starts_at)

    def node_settings(self) -> Settings:
        shape = self.numbers_shape()
        return {"function": self.function, "sizes": shape if len(shape) == 3 else (*shape, 1, 1)}

    def node_arrays(self) -> Arrays:
        name = self.parameter_names[0]
        value, gradient = getattr(self, name), getattr(self, f"grad_{name}")
        return {"weight": value.reshape(-1), "grad_weight": gradient.reshape(-1)}

    def output_shape(self, input_shape: Shape) -> Shape:
        numbers = self.numbers_shape()
        if self.takes_any_shape():
            return input_shape
        if len(numbers) != len(input_shape) or any(
            number not in (1, side) for number, side in zip(numbers, input_shape, strict=True)
        ):
            raise LayerShapeError(
                repr(self),
                f"has {format_shape(numbers)} learned numbers, and takes samples of sides that are these, or any for "
                f"1; got {format_shape(input_shape)}; use size={_written(input_shape)}",
            )
        return input_shape


class Mul(_Gain):
    """One learned factor for all values: y = w x. It is 1 at first; weight decay leaves it alone.

    weight : (1,)
    seed : None: no arrays before `initialize`; any other value changes nothing

    Any shape, of which the first axis counts samples. Torch7: nn.Mul, which starts at random from -1 to 1.

    >>> layer = Mul()
    >>> layer.weight[...] = 3
    >>> layer.forward([[1, 2]])
    array([[3., 6.]], dtype=float32)
    """

    parameter_names = ("weight",)
    function, starts_at = "factor", 1.0

    weight: FloatArray
    grad_weight: FloatArray

    def __init__(self, *, seed: int | None = 0) -> None:
        if seed is not None:
            self.initialize(seed)


class CMul(_Gain):
    """A learned factor for each value, or for all along an axis: y = w x. All are 1 at first, and do not decay.

    weight : of the shape `size`
    size : int or list, the sides of a sample, (values,) or (channels, height, width); 1 in place of one: the same
        factor all along it. (channels, 1, 1) is a factor a channel.
    seed : None: no arrays before `initialize`; any other value changes nothing

    Raises ShapeError if a sample has other sides. Torch7: nn.CMul, which starts at random and counts the batch as a
    side of 1, here left out.

    >>> layer = CMul((2, 1, 1))
    >>> layer.weight[...] = [[[2]], [[10]]]
    >>> layer.forward([[[1, 2]], [[1, 2]]])
    array([[[[ 2.,  4.]],
    <BLANKLINE>
            [[10., 20.]]]], dtype=float32)
    """

    parameter_names = ("weight",)
    function, starts_at = "factor", 1.0

    weight: FloatArray
    grad_weight: FloatArray

    def __init__(self, size: int | tuple[int, ...] | list[int], *, seed: int | None = 0) -> None:
        self.size = _sides("CMul", size)
        if seed is not None:
            self.initialize(seed)

    def numbers_shape(self) -> Shape:
        return self.size

    def settings(self) -> dict[str, Any]:
        return {"size": list(self.size)}

    def __repr__(self) -> str:
        return f"CMul({format_shape(self.size)})"


class Add(_Gain):
    """A learned number added to each value, or to all along an axis: y = x + b. All are 0 at first.

    bias : of the shape `size`, or (1,)
    size : int or list, the sides of a sample, (values,) or (channels, height, width); 1 in place of one: the same
        number all along it. (channels, 1, 1) is a number a channel.
    scalar : one number for all values, default False
    seed : None: no arrays before `initialize`; any other value changes nothing

    Raises ShapeError if a sample has other sides. Torch7: nn.Add, which starts at random. What adds branches is
    Residual.

    >>> layer = Add(2)
    >>> layer.bias[...] = [1, -1]
    >>> layer.forward([[1, 2]])
    array([[2., 1.]], dtype=float32)
    """

    parameter_names = ("bias",)
    function, starts_at = "offset", 0.0

    bias: FloatArray
    grad_bias: FloatArray

    def __init__(
        self, size: int | tuple[int, ...] | list[int], scalar: bool = False, *, seed: int | None = 0
    ) -> None:
        self.size = _sides("Add", size)
        self.scalar = flag("Add", "scalar", scalar)
        if seed is not None:
            self.initialize(seed)

    def numbers_shape(self) -> Shape:
        return (1,) if self.scalar else self.size

    def settings(self) -> dict[str, Any]:
        return {"size": list(self.size), "scalar": self.scalar}

    def __repr__(self) -> str:
        return f"Add({format_shape(self.size)}{', scalar' if self.scalar else ''})"


def _sides(layer: str, size: object) -> Shape:
    sides = list(size) if isinstance(size, tuple | list) else [size]
    if len(sides) not in (1, 3):
        raise SettingError(
            layer, f"size is {size!r}; use one whole number, or three: (channels, height, width), each 1 or its side"
        )
    found = tuple(whole_number(layer, "size", side) for side in sides)
    if math.prod(found) >= 2**31:
        raise SettingError(layer, f"size is {size!r}; use fewer than 2^31 numbers together")
    return found


def _written(shape: Shape) -> str:
    return str(list(shape)) if len(shape) != 1 else str(shape[0])
