"""Whether a network with custom layers comes back from a model file as it is; said before anything is written."""

import inspect
import json
from typing import Any

from cnncli.errors import FormatError
from cnncli.layers import Module, Sequential
from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.branches import Branches
from cnncli.layers.registry import LAYER_TYPES, is_built_in
from cnncli.layers.returned import is_custom
from cnncli.network import Network


def check_savable(network: Network) -> None:
    """Raises FormatError, with the layer and what to write in its class, where a model file would not bring it back."""
    for name, layer in _layers(network):
        if is_built_in(layer) or layer.described_as() != type(layer).__name__:
            continue
        fault = _fault(layer)
        if fault is not None:
            raise FormatError(f"{network._label()}, layer {name}, {_one_line(layer)}: cannot be saved: {fault}")


def check_rebuilt(network: Network, shapes: dict[str, Shape], rebuilt: dict[str, Shape]) -> None:
    """The same for what is only seen on the network that its description makes: other arrays than it has."""
    for name in [*shapes, *rebuilt]:
        if shapes.get(name) != rebuilt.get(name):
            has, makes = (
                f"of shape {format_shape(found[name])}" if name in found else "missing" for found in (shapes, rebuilt)
            )
            raise FormatError(
                f"{network._label()}: cannot be saved: {name} is {has}, but {makes} in a layer made from settings(); "
                "return from settings() what the constructor was given"
            )


def _layers(container: Module, prefix: str = "") -> list[tuple[str, Module]]:
    """All layers, with the containers, under their names."""
    found = []
    for name, layer in container.children():
        found += [(prefix + name, layer), *_layers(layer, f"{prefix}{name}.")]
    return found


def _fault(layer: Module) -> str | None:
    """Why a custom layer would not come back, and what to do."""
    layer_type = type(layer)
    name = layer_type.__name__
    known = LAYER_TYPES.get(name)
    if known is None:
        return f"the program does not know its type; write @register before class {name} (from cnncli.layers)"
    if is_built_in(known):
        return f"{name} is the name of a built-in layer; give the class another name"
    if isinstance(layer, Sequential | Branches) and not is_custom(layer_type, "__init__"):
        return None  # made from the descriptions of its layers
    settings = layer.settings()
    try:
        json.dumps(settings)
    except (TypeError, ValueError):
        wrong = [key for key, value in settings.items() if not _is_json(value)]
        return f"settings() has {', '.join(wrong)} as no text, number or list; return plain values"
    takes, takes_any = _arguments(layer_type)
    missing = [key for key in takes if key not in settings]
    strange = [key for key in settings if key not in takes and not takes_any]
    if not missing and not strange:
        return None
    shown = ", ".join(f'"{key}": self.{key}' for key in takes)
    has = f"gives {', '.join(settings)}" if settings else "gives nothing"
    return (
        f"its constructor takes {', '.join(takes) or 'nothing'} and its settings() {has}; "
        f"write in class {name}: def settings(self): return {{{shown}}}"
    )


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


def _arguments(layer_type: type[Module]) -> tuple[list[str], bool]:
    """The arguments of the constructor, without the seed, which is no setting; and whether it takes any others."""
    if layer_type.__init__ is object.__init__:
        return [], False
    parameters = inspect.signature(layer_type).parameters.values()
    various = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    names = [
        parameter.name
        for parameter in parameters
        if parameter.kind not in various
        and not (parameter.name == "seed" and parameter.kind is inspect.Parameter.KEYWORD_ONLY)
    ]
    return names, any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)


def _one_line(layer: Module) -> str:
    text = repr(layer)
    return type(layer).__name__ if "\n" in text else text
