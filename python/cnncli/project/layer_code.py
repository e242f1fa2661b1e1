"""Layers and other objects as the Python that makes them."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnncli.layers.arrays import format_shape
from cnncli.layers.registry import LAYER_TYPES
from cnncli.network import Network

_WIDEST = 100  # characters of a line
_BRANCHES = ("body", "shortcut", "branches", "layers")
_WORDS = {
    "Conv2d": "convolution: learned masks", "MaxPool2d": "pooling: the largest of each window",
    "AvgPool2d": "pooling: the mean of each window", "Flatten": "all maps behind each other, as one vector",
    "Linear": "a product with a matrix, and a bias", "BatchNorm2d": "batch normalization", "Dropout": "dropout",
    "Residual": "the body and the shortcut, added",
    "SubSampling2d": "pooling with two learned numbers a map",
}  # fmt: skip


def arguments_code(function: Callable[..., Any], settings: Mapping[str, Any]) -> str:
    """The arguments of a call: those without a default by their place, others by name and only if they differ.

    >>> from cnncli.layers import Conv2d
    >>> arguments_code(Conv2d, {"in_channels": 1, "out_channels": 6, "kernel_size": [5, 5], "padding": [2, 2]})
    '1, 6, 5, padding=2'
    """
    parts = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in settings:
            continue
        value = _short(settings[name])
        if parameter.default is inspect.Parameter.empty and parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            parts.append(quoted(value))
        elif value != parameter.default and not (
            parameter.default is None and name == "stride" and value == _short(settings.get("kernel_size"))
        ):
            parts.append(f"{name}={quoted(value)}")
    return ", ".join(parts)


def layer_lines(network: Network) -> list[str]:
    """A line or more for each layer of a network, with what it gives in a comment, as the inside of a list.

    The layers have to come with the program.
    """
    shapes = {row.name: format_shape(row.output_shape) for row in network.layer_table()}
    described = network.settings()["layers"]
    lines: list[str] = []
    for index, layer in enumerate(described):
        made = _layer(layer, "    ")
        words = _WORDS.get(layer["type"]) or ("activation" if _is_activation(layer["type"]) else "")
        said = f"  # {shapes.get(str(index), ''):<9} {words}".rstrip()
        if len(made) == 1:
            lines.append(f"{made[0]:<40}{said}")
        else:
            lines += [*made[:-1], f"{made[-1]:<40}{said}"]
    return lines


def layer_names(network: Network) -> list[str]:
    """The classes of all layers, in the order of the alphabet, for an import."""
    found: set[str] = set()

    def collect(layers: Sequence[Mapping[str, Any]]) -> None:
        for layer in layers:
            found.add(layer["type"])
            for branch in _branches(layer):
                collect(branch)

    collect(network.settings()["layers"])
    return sorted(found - {"Sequential"}) + (["Sequential"] if "Sequential" in found else [])


def _branches(layer: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    lists = []
    for key in _BRANCHES:
        value = layer.get(key)
        if key == "branches" and value:
            lists += list(value)
        elif isinstance(value, list):
            lists.append(value)
    return lists


def _layer(layer: Mapping[str, Any], indent: str) -> list[str]:
    kind = layer["type"]
    if kind == "Sequential":
        return [f"{indent}Sequential(", *_inside(layer["layers"], indent), f"{indent}),"]
    if kind == "Residual":
        lines = [f"{indent}Residual(", f"{indent}    [", *_inside(layer["body"], indent + "    "), f"{indent}    ],"]
        if layer.get("shortcut"):
            lines += [f"{indent}    [", *_inside(layer["shortcut"], indent + "    "), f"{indent}    ],"]
        return [*lines, f"{indent}),"]
    if "branches" in layer:
        lines = [f"{indent}{kind}("]
        for branch in layer["branches"]:
            lines += [f"{indent}    [", *_inside(branch, indent + "    "), f"{indent}    ],"]
        return [*lines, f"{indent}),"]
    settings = {key: value for key, value in layer.items() if key != "type"}
    call = f"{indent}{kind}({arguments_code(LAYER_TYPES[kind], settings)}),"
    if len(call) <= _WIDEST:
        return [call]
    inside = call.removeprefix(f"{indent}{kind}(").removesuffix("),")
    return [f"{indent}{kind}(", f"{indent}    {inside}", f"{indent}),"]


def _inside(layers: Sequence[Mapping[str, Any]], indent: str) -> list[str]:
    return [line for layer in layers for line in _layer(layer, indent + "    ")]


def _is_activation(kind: str) -> bool:
    from cnncli.layers.activation import Activation

    return issubclass(LAYER_TYPES[kind], Activation)


def quoted(value: Any) -> str:
    """As `repr`, with texts in double quotes.

    >>> print(quoted("it's"), quoted(0.5))
    "it's" 0.5
    """
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _short(value: Any) -> Any:
    """One number for a pair of equal ones."""
    if isinstance(value, list) and len(value) == 2 and value[0] == value[1]:
        return value[0]
    return tuple(value) if isinstance(value, list) and all(isinstance(one, int) for one in value) else value
