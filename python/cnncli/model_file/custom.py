"""Which files the custom layers of a model come from: its record names them, and holds none of their code."""

import re
from collections.abc import Iterator
from typing import Any

from cnncli.errors import FormatError
from cnncli.layers import Module
from cnncli.layers.origin import Origin, origin_of
from cnncli.layers.registry import LAYER_TYPES, is_built_in
from cnncli.network import Network
from cnncli.network.description import UnknownLayerError, read_text
from cnncli.shown import shortened, shown

MOST_PLUGINS = 64
_KEYS = ["file", "layers", "sha256"]


def plugins_of(network: Network) -> list[dict[str, Any]]:
    """For each file with layers of the network: its name, its digest and the types, as the record holds them."""
    found: dict[Origin, set[str]] = {}
    for layer in _inside(network):
        origin = None if is_built_in(layer) or layer.described_as() != type(layer).__name__ else origin_of(type(layer))
        if origin is not None:
            found.setdefault(origin, set()).add(type(layer).__name__)
    return [
        {"file": origin.file, "sha256": origin.digest, "layers": sorted(names)}
        for origin, names in sorted(found.items())
    ]


def _inside(module: Module) -> Iterator[Module]:
    for _, child in module.children():
        yield child
        yield from _inside(child)


def check_plugins(plugins: object, where: str) -> None:
    """Raises FormatError, with the file's name, for what is no list of plugins."""
    if not isinstance(plugins, list) or len(plugins) > MOST_PLUGINS:
        raise FormatError(f"{where}: plugins must be a list of at most {MOST_PLUGINS} objects")
    for plugin in plugins:
        if not isinstance(plugin, dict) or sorted(plugin) != _KEYS:
            raise FormatError(f"{where}: plugins has {shown(plugin)}; it must be an object of {', '.join(_KEYS)}")
        file, digest, layers = plugin["file"], plugin["sha256"], plugin["layers"]
        read_text(where, "file of a plugin", file)
        if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}|", digest):
            raise FormatError(f"{where}: sha256 of the plugin {shortened(file)} is {shown(digest)}; use 64 hex digits")
        if not isinstance(layers, list) or not all(isinstance(name, str) for name in layers):
            raise FormatError(f"{where}: layers of the plugin {shortened(file)} are no list of names")


def missing_layer(error: UnknownLayerError, plugins: list[dict[str, Any]]) -> FormatError:
    """The error for a layer whose plugin was not loaded: which one, and which file had it."""
    for plugin in plugins:
        if error.type_name in plugin["layers"]:
            file, name = shortened(plugin["file"]), shortened(error.type_name)
            return FormatError(
                f'{error.where}: is of the custom type "{name}", which {file} had when the model was saved; a model '
                f'file brings no code: pass --plugin {file}, in Python cnncli.load_plugin("{file}")'
            )
    return error


def changed_plugins(network: Network) -> list[str]:
    """A line for each plugin of a loaded network that is not the file with which the model was saved."""
    now = {name: origin_of(kind) for name, kind in LAYER_TYPES.items() if not is_built_in(kind)}
    lines = []
    for plugin in network.plugins:
        used = [now.get(type(layer).__name__) for layer in _inside(network) if not is_built_in(layer)]
        digests = {origin.digest for origin in used if origin is not None and origin.file == plugin.file}
        if plugin.digest and digests and plugin.digest not in digests:
            lines.append(f"{plugin.file} has changed since the model was saved; its answers may be other ones")
    return lines
