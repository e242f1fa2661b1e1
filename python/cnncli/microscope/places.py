"""A unit by name: `conv1[3,10,12]`, `0[3,10,12]` or `0:3,10,12`."""

import re
from collections.abc import Sequence

from cnncli.errors import UsageError
from cnncli.layers.trace import Step
from cnncli.microscope.unit_sum import Place
from cnncli.network.layer_names import find_layer, layer_list
from cnncli.shown import format_shape, shown

_FORM = "LAYER[INDEX,...] such as conv1[3,10,12] or 11[5]"


def find_place(steps: Sequence[Step], text: str) -> tuple[int, Place]:
    """(index of the step, indices in its output) of a unit.

    steps : of `network.trace()`
    text : the layer's name as `find_layer` takes it, then all indices from 0: channel, row and column, or the place in
        a vector

    Raises UsageError, with what there is.
    """
    match = re.fullmatch(r"\s*([^\s:\[\]]+)\s*(?:\[([\d,\s]*)\]|:([\d,\s]*))\s*", text)
    if match is None:
        raise UsageError(f"--at {shown(text)}: no unit; use {_FORM}")
    name = match[1]
    index = find_layer(steps, name)
    if index is None:
        listed = layer_list([step.name for step in steps if step.part is None])
        raise UsageError(f"--at {shown(text)}: no layer is named {shown(name)}; use one of {listed}")
    shape = steps[index].output_shape
    try:
        place = tuple(int(word) for word in (match[2] or match[3] or "").split(","))
    except ValueError:
        place = ()
    if len(place) != len(shape) or any(one >= side for one, side in zip(place, shape, strict=True)):
        last = ",".join(str(side - 1) for side in shape)
        raise UsageError(
            f"--at {shown(text)}: layer {steps[index].name} gives {format_shape(shape)}, counted from 0; use indices "
            f"up to [{last}]"
        )
    return index, place


def place_text(place: Place) -> str:
    """`[3,10,12]`"""
    return f"[{','.join(map(str, place))}]"
