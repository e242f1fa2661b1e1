"""Which part of the input, and of each map on the way, one unit of a layer can depend on."""

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from cnncli.errors import UsageError
from cnncli.layers import ConvTranspose2d, MaxUnpool2d, Module, Upsample, ZeroPad2d
from cnncli.layers.adaptive_pool2d import AdaptivePooling
from cnncli.layers.arrays import Shape
from cnncli.layers.flatten import Reshaping
from cnncli.layers.trace import Step
from cnncli.network.layer_names import find_layer, layer_list
from cnncli.network.network import Network
from cnncli.shown import format_shape, shown

Span = tuple[int, int]  # first and last
Region = tuple[Span, ...]  # of each axis of a sample


@dataclass(frozen=True)
class SeenPart:
    """The part of a layer's output that the unit depends on, cut to what is there.

    name, type : of the layer; "input" for the network's input
    shape : of its whole output; region : (first, last) along each axis of it
    """

    name: str
    type: str
    shape: Shape
    region: Region


def find_unit(network: Network, text: str) -> tuple[Step, int, Region]:
    """The step, its place in `network.trace()` and the region of a unit: `3:7,4`, `conv2:5,7,4` or `9:12`.

    Row and column stand for all channels, with a channel before them for that one; one number is that of a vector.
    Returns (step, its place, region). Raises UsageError, with what there is, for others.
    """
    match = re.fullmatch(r"([^:]+):(\d{1,9}(?:,\d{1,9})*)", text.replace(" ", ""))
    if match is None:
        raise UsageError(
            f"unit {shown(text)}: use LAYER:ROW,COLUMN such as 3:7,4, LAYER:CHANNEL,ROW,COLUMN, or LAYER:INDEX of a "
            "vector"
        )
    steps = network.trace()
    index = find_layer(steps, match[1])
    if index is None:
        listed = layer_list([step.name for step in steps if step.part is None])
        raise UsageError(f"unit {shown(text)}: no layer is named {shown(match[1])}; use one of {listed}")
    shape = steps[index].output_shape
    numbers = [int(word) for word in match[2].split(",")]
    given = shape[1:] if len(shape) > 1 and len(numbers) == len(shape) - 1 else shape
    if len(numbers) != len(given) or any(number >= size for number, size in zip(numbers, given, strict=True)):
        raise UsageError(
            f"unit {shown(text)}: layer {steps[index].name} gives {format_shape(shape)}, counted from 0; "
            f"use {_form(shape)}"
        )
    exact = tuple((number, number) for number in numbers)
    return steps[index], index, exact if given is shape else ((0, shape[0] - 1), *exact)


def _form(shape: Shape) -> str:
    last = [str(size - 1) for size in shape]
    if len(shape) == 1:
        return f"an index up to {last[0]}"
    names = ("row", "column") if len(shape) == 3 else ("place",)
    return " and ".join(f"a {name} up to {end}" for name, end in zip(names, last[1:], strict=False))


def seen_parts(network: Network, index: int, region: Region) -> list[SeenPart]:
    """From the input to the unit, what it depends on; layers that it does not depend on are left out.

    index : of the unit's step in `network.trace()`; region : of its output

    Of a window all places between its first and its last count: gaps of dilated kernels too, and what a max pooling
    throws away for one picture. Raises UsageError for a unit that sees padding alone.
    """
    steps = network.trace()
    regions: dict[int, Region] = {index + 1: region}
    for place in range(index, -1, -1):
        if place + 1 not in regions:
            continue
        step = steps[place]
        for source, part in zip(step.inputs, _before(step, regions[place + 1]), strict=True):
            if part is not None:
                regions[source] = _union(regions.get(source), part)
    if 0 not in regions:
        raise UsageError(f"this unit of layer {steps[index].name} lies on padding alone, and sees nothing of the input")
    parts = [SeenPart("input", "", network.input_shape, regions[0])]
    for place, step in enumerate(steps[: index + 1]):
        if place + 1 in regions and step.part is None:
            parts.append(SeenPart(step.name, type(step.layer).__name__, step.output_shape, regions[place + 1]))
    return parts


def _before(step: Step, region: Region) -> list[Region | None]:
    """Of each input of a step, the region that a region of its output depends on; None: nothing of it."""
    if step.is_layer:  # what tells an unpooling its places does so for the same windows
        return [_layer_before(step.layer, shape, step.output_shape, region) for shape in step.input_shapes]
    if step.part is not None:  # one of the equal parts that Parallel gives
        start = step.part * step.output_shape[0]
        return [((region[0][0] + start, region[0][1] + start), *region[1:])]
    if step.adds:
        return [region] * len(step.inputs)
    found: list[Region | None] = []
    start = 0
    for shape in step.input_shapes:
        first, last = max(region[0][0] - start, 0), min(region[0][1] - start, shape[0] - 1)
        found.append(((first, last), *region[1:]) if first <= last else None)
        start += shape[0]
    return found


def _layer_before(layer: Module, before: Shape, after: Shape, region: Region) -> Region | None:
    if isinstance(layer, Reshaping) and not isinstance(layer, ZeroPad2d):
        return _reshaped(before, after, region)
    if layer.window(before) is None or len(before) != len(after):
        return tuple((0, size - 1) for size in before)
    if len(before) == 1:
        return region
    sides = [_side(layer, before[axis], after[axis], axis - len(before) + 2, region[axis])
             for axis in range(1, len(before))]  # fmt: skip
    if any(first > last for first, last in sides):  # padding alone
        return None
    return ((0, before[0] - 1), *sides)


def _side(layer: Module, before: int, after: int, side: int, part: Span) -> Span:
    """Along one axis of `before` places, 0 height or 1 width, the first and the last of the input; none: (1, 0)."""
    first, last = part
    if isinstance(layer, ZeroPad2d):
        start = layer.padding[2 if side == 0 else 0]
        return max(first - start, 0), min(last - start, before - 1)
    if isinstance(layer, AdaptivePooling):
        return first * before // after, -(-(last + 1) * before // after) - 1
    if isinstance(layer, Upsample):
        low, high = _enlarged_from(layer, before, after, side, part)
        return max(low, 0), min(high, before - 1)
    goes_back = isinstance(layer, ConvTranspose2d | MaxUnpool2d)  # from what a window gave to where it stood
    if isinstance(layer, MaxUnpool2d):
        layer = layer.windows
    if not (hasattr(layer, "kernel_size") and hasattr(layer, "stride")):  # of elements, or a custom layer
        return part
    sliding: Any = layer
    gap = getattr(sliding, "dilation", (1, 1))[side]
    outputs = np.arange(first, last + 1)[:, None]
    offsets = np.arange(sliding.kernel_size[side])[None] * gap - getattr(sliding, "padding", (0, 0))[side]
    stride = sliding.stride[side]
    if goes_back:
        products = outputs - offsets
        taps = products[products % stride == 0] // stride
    else:
        taps = outputs * stride + offsets
    there = taps[(taps >= 0) & (taps < before)]
    return (int(there.min()), int(there.max())) if there.size else (1, 0)


def _enlarged_from(layer: Upsample, before: int, after: int, side: int, part: Span) -> Span:
    scale = Fraction(before, after)
    if layer.scale_factor is not None and not layer.recompute_scale_factor:
        scale = 1 / Fraction(layer.scale_factor[side])
    if layer.mode == "nearest":
        return math.floor(part[0] * scale), math.floor(part[1] * scale)
    half = Fraction(1, 2)
    if layer.align_corners:
        scale, half = Fraction(before - 1, max(1, after - 1)), Fraction(0)
    return math.floor((part[0] + half) * scale - half), math.ceil((part[1] + half) * scale - half)


def _reshaped(before: Shape, after: Shape, region: Region) -> Region:
    """The smallest region of the input that holds all values of a region of the output, which move nowhere."""
    places = np.ravel_multi_index(np.ix_(*(range(first, last + 1) for first, last in region)), after)
    axes = np.unravel_index(places.ravel(), before)
    return tuple((int(axis.min()), int(axis.max())) for axis in axes)


def _union(one: Region | None, two: Region) -> Region:
    if one is None:
        return two
    return tuple((min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(one, two, strict=True))
