"""How much of the input picture one output of a layer sees."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from cnncli.layers.arrays import Shape
from cnncli.layers.module import Module
from cnncli.layers.settings import Pair

Exact = tuple[int | Fraction, int | Fraction]


@dataclass(frozen=True, slots=True)
class FieldOfView:
    """The window of the network's input that one output sees, padding included.

    size : (height, width) of that window, exact: behind outputs closer than inputs it may be a fraction
    jump : (height, width), how far the windows of neighbouring outputs lie apart; likewise
    extent : (height, width) of the images at this place; None: this network has no images

    Stacked windows grow by size += (kernel - 1) * jump, jump *= stride (Araujo, Norris & Sim 2019, equation
    2). A layer that sees its whole input counts as a kernel of the images' extent.
    """

    size: Exact
    jump: Exact
    extent: Pair | None

    @property
    def pixels(self) -> Pair:
        """The rows and columns of the input that the window meets at most."""
        return math.ceil(self.size[0]), math.ceil(self.size[1])

    @classmethod
    def of_input(cls, input_shape: Shape) -> "FieldOfView":
        """One pixel sees itself."""
        return cls((1, 1), (1, 1), _extent(input_shape))

    @classmethod
    def union(cls, fields: Sequence["FieldOfView"]) -> "FieldOfView":
        """That of outputs which branches with these fields of view give together.

        The windows of one place have one middle but for padding, so that the largest one covers all.
        """
        first = fields[0]
        return cls(
            (max(field.size[0] for field in fields), max(field.size[1] for field in fields)),
            (max(field.jump[0] for field in fields), max(field.jump[1] for field in fields)),
            first.extent,
        )

    def after(self, layer: Module, input_shape: Shape) -> "FieldOfView":
        """The field of view of the outputs of `layer`, whose input has this one."""
        window = layer.window(input_shape)
        extent = _extent(layer.output_shape(input_shape)) or self.extent
        stride: Exact
        if window is None:
            # One place is left, which the following layers see again and again.
            kernel, stride, extent = self.extent or (1, 1), (1, 1), extent and (1, 1)
        else:
            kernel, stride = window
        return FieldOfView(
            (
                self.size[0] + (kernel[0] - 1) * self.jump[0],
                self.size[1] + (kernel[1] - 1) * self.jump[1],
            ),
            (self.jump[0] * stride[0], self.jump[1] * stride[1]),
            extent,
        )


def _extent(shape: Shape) -> Pair | None:
    """Of images, and of sequences as images of one row."""
    if len(shape) == 2:
        return (1, shape[1])
    return (shape[1], shape[2]) if len(shape) == 3 else None
