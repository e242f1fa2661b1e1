"""Sequential, Residual, Concat and Parallel around layers of known formulas, drawn by hypothesis."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from cnncli.layers import Add, Concat, Flatten, Module, Mul, Parallel, Residual, Sequential, Tanh

Array = np.ndarray
Shape = tuple[int, ...]
Drawn = tuple[Module, Shape]
Branch = list[str]  # of the kinds of `LAYERS`


LAYERS: dict[str, Any] = {"tanh": Tanh, "times": Mul, "plus": lambda: Add(1)}
kinds = st.sampled_from(sorted(LAYERS))
# One that passes its input on too, but not as the only one: that would be the input itself.
branches = st.lists(kinds, max_size=3)
shapes = st.one_of(
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), st.tuples(st.integers(1, 12)),
)  # fmt: skip


def made(branch: Branch) -> list[Module]:
    return [LAYERS[kind]() for kind in branch]


def along(layers: Any, x: Array, values: dict[str, Array], place: str) -> Array:
    """What the layers of a branch make of x; `place` is the beginning of the names of their parameters."""
    x = x.copy()  # also where nothing is done to it: finite differences change theirs in place
    for index, layer in enumerate(layers):
        if isinstance(layer, Tanh):
            x = np.tanh(x)
        elif isinstance(layer, Mul):
            x = x * values[f"{place}{index}.weight"]
        elif isinstance(layer, Add):
            x = x + values[f"{place}{index}.bias"]
        else:
            assert isinstance(layer, Flatten)
            x = x.reshape(len(x), -1)
    return x


def in_order(layer: Sequential, x: Array, **values: Array) -> Array:
    return along(layer, x, values, "")


def summed(layer: Residual, x: Array, **values: Array) -> Array:
    (_, body), (_, shortcut) = layer.branches
    return along(body, x, values, "body.") + along(shortcut, x, values, "shortcut.")


def beside_each_other(layer: Concat, x: Array, **values: Array) -> Array:
    parts = [along(branch, x, values, f"{name}.") for name, branch in layer.branches]
    channels = sum(part.shape[1] for part in parts)
    y, channel = np.empty((len(x), channels, *parts[0].shape[2:])), 0
    for part in parts:
        for c in range(part.shape[1]):
            y[:, channel] = part[:, c]
            channel += 1
    return y


def shared_out(layer: Parallel, x: Array, **values: Array) -> Array:
    each = x.shape[1] // len(layer.branches)
    y = np.empty(x.shape)
    for number, (name, branch) in enumerate(layer.branches):
        for c in range(number * each, (number + 1) * each):
            y[:, c] = along(branch, x[:, c : c + 1], values, f"{name}.")[:, 0]
    return y


@st.composite
def sequentials(draw: st.DrawFn) -> Drawn:
    layers, flat = made(draw(branches)), draw(st.booleans())
    return Sequential(*layers, *([Flatten()] if flat else [Tanh()])), draw(shapes)


@st.composite
def residuals(draw: st.DrawFn) -> Drawn:
    return Residual(made(draw(branches)), draw(st.none() | st.builds(made, branches))), draw(shapes)


@st.composite
def concats(draw: st.DrawFn) -> Drawn:
    return Concat(*map(made, draw(st.lists(branches, min_size=1, max_size=3)))), draw(shapes)


@st.composite
def parallels(draw: st.DrawFn) -> Drawn:
    layer, shape = Parallel(*map(made, draw(st.lists(branches, min_size=1, max_size=3)))), draw(shapes)
    return layer, (shape[0] * len(layer.branches), *shape[1:])
