"""The layer types that network descriptions may name."""

from typing import Any, TypeVar

from cnncli.layers.faults import SettingError
from cnncli.layers.module import Module

LAYER_TYPES: dict[str, type[Module]] = {}

Layer = TypeVar("Layer", bound=type[Module])


def register(layer_type: Layer) -> Layer:
    """Let descriptions and model files name `layer_type` by its class name; usable as a decorator.

    Built-in layers are registered. A custom layer has to be registered before a model that holds it is loaded,
    since a model file is data and cannot bring code along. Registering an own name again replaces the type,
    as notebooks do; the names of built-in layers are taken (UsageError).
    """
    known = LAYER_TYPES.get(layer_type.__name__)
    if known is not None and known is not layer_type and is_built_in(known):
        raise SettingError(layer_type.__name__, "is the name of a built-in layer; use another class name")
    LAYER_TYPES[layer_type.__name__] = layer_type
    return layer_type


def is_built_in(layer: Module | type[Module]) -> bool:
    """Whether a layer comes with the program."""
    layer_type = layer if isinstance(layer, type) else type(layer)
    return layer_type.__module__.startswith("cnncli.layers.")


def describe(layer: Module) -> dict[str, Any]:
    """A layer as JSON values: its type and its settings."""
    return {"type": layer.described_as(), **layer.settings()}
