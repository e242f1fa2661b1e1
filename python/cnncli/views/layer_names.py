"""Layers that are asked for by name."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from cnncli.errors import UsageError
from cnncli.layers.trace import Step
from cnncli.network.layer_names import few_layers, find_layer, layer_list, summary_name
from cnncli.shown import shown


class Named(Protocol):
    """What has the name of a layer, as the summary lists it."""

    @property
    def name(self) -> str: ...


One = TypeVar("One", bound=Named)


def of_layer(found: Sequence[One], name: str, steps: Sequence[Step]) -> list[One]:
    """The layer of this name with those inside it; UsageError if there is none.

    name : as `find_layer` takes it, or of a container; steps : of `network.trace()`
    """
    meant = summary_name(steps, name)
    chosen = [one for one in found if one.name == meant or one.name.startswith(f"{meant}.")]
    if not chosen:
        names = [one.name for one in found]
        if find_layer(steps, name) is not None:
            raise UsageError(f"layer {shown(name)} has nothing that is shown here; use one of {few_layers(names)}")
        raise UsageError(f"no layer is named {shown(name)}; use one of {layer_list(names)}")
    return chosen
