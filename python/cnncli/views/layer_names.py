"""Layers that are asked for by name."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from cnncli.errors import UsageError
from cnncli.shown import shown


class Named(Protocol):
    """What has the name of a layer, as the summary lists it."""

    @property
    def name(self) -> str: ...


One = TypeVar("One", bound=Named)


def of_layer(found: Sequence[One], name: str) -> list[One]:
    """The layer of this name with those inside it; UsageError if there is none."""
    chosen = [one for one in found if one.name == name or one.name.startswith(f"{name}.")]
    if not chosen:
        names = [one.name for one in found]
        listed = ", ".join(names if len(names) <= 12 else [*names[:11], "...", names[-1]])
        raise UsageError(f"no layer is named {shown(name)}; use one of {listed}, as cnn summary lists them")
    return chosen
