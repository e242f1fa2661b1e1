"""A unit by name: `conv1[3,10,12]`, `0[3,10,12]` or `0:3,10,12`."""

import re
from collections.abc import Iterator, Sequence

from cnncli.errors import UsageError
from cnncli.layers.trace import Step
from cnncli.microscope.unit_sum import Place
from cnncli.shown import format_shape, shown

_FORM = "LAYER[INDEX,...] such as conv1[3,10,12] or 11[5]"
# What people call the layers of a kind, by the beginning of their type.
_KINDS = {"Conv": "conv", "Linear": "fc", "BatchNorm": "bn"}
_MOST_LISTED = 12


def find_place(steps: Sequence[Step], text: str) -> tuple[int, Place]:
    """(index of the step, indices in its output) of a unit.

    steps : of `network.trace()`
    text : the layer's name as `cnn summary` shows it, or what it is and the how-manieth, from 1 (conv1, pool2, relu3,
        fc1, maxpool2); then all indices from 0: channel, row and column, or the place in a vector

    Raises UsageError, with what there is.
    """
    match = re.fullmatch(r"\s*([^\s:\[\]]+)\s*(?:\[([\d,\s]*)\]|:([\d,\s]*))\s*", text)
    if match is None:
        raise UsageError(f"--at {shown(text)}: no unit; use {_FORM}")
    name = match[1]
    index = _named(steps).get(name.lower())
    if index is None:
        raise UsageError(f"--at {shown(text)}: no layer is named {shown(name)}; use one of {_listed(steps)}")
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


def _named(steps: Sequence[Step]) -> dict[str, int]:
    """Index of a step by each of its names. The names that the summary shows win."""
    counts: dict[str, int] = {}
    found: dict[str, int] = {}
    for index, step in enumerate(steps):
        if step.part is not None:
            continue
        for kind in _kinds(type(step.layer).__name__):
            counts[kind] = counts.get(kind, 0) + 1
            found[f"{kind}{counts[kind]}"] = index
    return found | {step.name.lower(): index for index, step in enumerate(steps) if step.part is None}


def _kinds(type_name: str) -> Iterator[str]:
    plain = re.sub(r"[12]d$", "", type_name)
    names = {plain.lower(), type_name.lower()}
    names |= {kind for beginning, kind in _KINDS.items() if plain.startswith(beginning)}
    if "Pool" in plain or "SubSampling" in plain:
        names.add("pool")
    if plain.endswith("Norm"):
        names.add("norm")
    yield from sorted(names)


def _listed(steps: Sequence[Step]) -> str:
    names = [step.name for step in steps if step.part is None]
    few = names if len(names) <= _MOST_LISTED else [*names[: _MOST_LISTED - 1], "...", names[-1]]
    return f"{', '.join(few)}, or conv1, pool1, fc1 and the like"
