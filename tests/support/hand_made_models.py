"""Model files made by hand: a small right one, and the same with one thing changed."""

import json
import struct
from collections.abc import Callable
from typing import Any

from fuzz.models import Base, dumped, header_of, packed, sealed

RECIPE = {
    "kind": "plain", "channels": 1, "height": 2, "width": 2, "polarity": "any", "mean": [0.25], "scale": [0.5],
}  # fmt: skip


def floats(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


def right() -> Base:
    """A small model: Flatten, Linear(4 -> 2), BatchNorm1d."""
    tensors = [
        ("1.bias", "F32", [2], floats(0, 1)),
        ("1.weight", "F32", [2, 4], floats(*range(8))),
        ("2.bias", "F32", [2], floats(0, 0)),
        ("2.running_mean", "F32", [2], floats(0, 0)),
        ("2.running_var", "F32", [2], floats(1, 1)),
        ("2.weight", "F32", [2], floats(1, 1)),
    ]
    layers = [
        {"type": "Flatten"},
        {"type": "Linear", "in_features": 4, "out_features": 2, "bias": True},
        {"type": "BatchNorm1d", "num_features": 2, "momentum": 0.1, "eps": 1e-5, "affine": True},
    ]
    network = {
        "name": "n", "title": "t", "input": [1, 2, 2], "classes": ["no", "yes"], "recipe": dict(RECIPE),
        "layers": layers,
    }  # fmt: skip
    return tensors, {"version": 1, "network": network, "record": {}}


def header(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The right file with a changed header."""
    tensors, record = right()
    entries, data = header_of(tensors, json.dumps(record))
    change(entries)
    return sealed(dumped(entries), data)


def record(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The right file with a changed record."""
    tensors, content = right()
    change(content)
    return packed(tensors, content)


def network(**values: Any) -> bytes:
    return record(lambda content: content["network"].update(values))


def recipe(**values: Any) -> bytes:
    return record(lambda content: content["network"]["recipe"].update(values))


def layer(index: int, **values: Any) -> bytes:
    return record(lambda content: content["network"]["layers"][index].update(values))


def tiny(input_shape: list[int], *layers: dict[str, Any], **more: Any) -> bytes:
    """A network without a tensor, however large it claims to be."""
    described = {"input": input_shape, "layers": list(layers), **more}
    return packed([], {"version": 1, "network": described, "record": {}})


def tensor(name: str, *, shape: list[int] | None = None, data: bytes | None = None, to: str | None = None) -> bytes:
    tensors, content = right()
    changed = [
        (to or found, dtype, size if shape is None else shape, values if data is None else data)
        if found == name
        else (found, dtype, size, values)
        for found, dtype, size, values in tensors
    ]
    return packed(changed, content)


def without(name: str) -> bytes:
    tensors, content = right()
    return packed([entry for entry in tensors if entry[0] != name], content)


def integers(name: str) -> bytes:
    tensors, content = right()
    return packed([(n, "I64", [1], d) if n == name else (n, t, s, d) for n, t, s, d in tensors], content)


def twice() -> bytes:
    tensors, content = right()
    entries, data = header_of(tensors, json.dumps(content))
    return sealed(dumped(entries).replace(b'"2.bias"', b'"1.bias"'), data)


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


GOOD = packed(*right())
START = 8 + int.from_bytes(GOOD[:8], "little")  # of the data
