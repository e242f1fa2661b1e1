"""Which values of its input a unit of a layer with windows reads."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from cnncli.layers.adaptive_pool2d import AdaptivePooling
from cnncli.layers.arrays import Shape
from cnncli.layers.module import Module


def window_places(layer: Module, before: Shape, after: Shape, unit: Sequence[int]) -> list[tuple[int, ...]]:
    """The places of a pooling's window in its own channel, row by row; those on padding are left out.

    before, after : shapes of a sample; unit : indices in the output
    """
    channel, *position = unit
    sides = [
        _places(layer, before[axis], after[axis], axis - len(before) + 2, where)
        for axis, where in enumerate(position, start=1)
    ]
    return [(channel, *place) for place in itertools.product(*sides)]


def _places(layer: Module, before: int, after: int, side: int, where: int) -> list[int]:
    """Along one axis, 0 height or 1 width."""
    if isinstance(layer, AdaptivePooling):
        return list(range(where * before // after, -(-(where + 1) * before // after)))
    sliding: Any = layer
    gap = getattr(layer, "dilation", (1, 1))[side]
    places = where * sliding.stride[side] - sliding.padding[side] + np.arange(sliding.kernel_size[side]) * gap
    return [int(place) for place in places if 0 <= place < before]


def window_size(layer: Module) -> int | None:
    """How many places a kernel has, padding included; None of a layer without one of a fixed size."""
    size = getattr(layer, "kernel_size", None)
    return int(np.prod(size)) if isinstance(size, tuple) else None
