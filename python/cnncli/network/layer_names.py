"""Layers that are asked for by name: as the summary lists them, or as people call them."""

import re
from collections.abc import Iterator, Sequence

from cnncli.layers.trace import Step

# What people call the layers of a kind, by the beginning of their type.
_KINDS = {"Conv": "conv", "Linear": "fc", "BatchNorm": "bn"}
_MOST_LISTED = 12


def find_layer(steps: Sequence[Step], name: str) -> int | None:
    """The place in `network.trace()` of a layer; None: none has this name.

    name : as `cnn summary` shows it, or what it is and the how-manieth, from 1: conv1, pool2, relu3, fc1, maxpool2; in
        any case
    """
    counts: dict[str, int] = {}
    found: dict[str, int] = {}
    for index, step in enumerate(steps):
        if step.part is None:
            for kind in _kinds(type(step.layer).__name__):
                counts[kind] = counts.get(kind, 0) + 1
                found[f"{kind}{counts[kind]}"] = index
    # The names that the summary shows win.
    found |= {step.name.lower(): index for index, step in enumerate(steps) if step.part is None}
    return found.get(name.lower())


def summary_name(steps: Sequence[Step], name: str) -> str:
    """The name that the summary has for a layer; `name` itself where it is none, such as that of a container."""
    index = find_layer(steps, name)
    return name if index is None else steps[index].name


def layer_list(names: Sequence[str]) -> str:
    """What to use in place of a name that no layer has."""
    return f"{few_layers(names)}, or conv1, pool1, fc1 and the like"


def few_layers(names: Sequence[str]) -> str:
    """All of up to twelve, of more the first eleven and the last."""
    return ", ".join(names if len(names) <= _MOST_LISTED else [*names[: _MOST_LISTED - 1], "...", names[-1]])


def _kinds(type_name: str) -> Iterator[str]:
    plain = re.sub(r"[12]d$", "", type_name)
    names = {plain.lower(), type_name.lower()}
    names |= {kind for beginning, kind in _KINDS.items() if plain.startswith(beginning)}
    if "Pool" in plain or "SubSampling" in plain:
        names.add("pool")
    if plain.endswith("Norm"):
        names.add("norm")
    yield from sorted(names)
