"""What lessons say of the layers of a network: names, formulas of their sizes, and which pixels their units see."""

import re
from dataclasses import dataclass

from cnncli.errors import UsageError
from cnncli.layers import Conv2d, Linear, Module
from cnncli.layers.arrays import Shape
from cnncli.network import Network
from cnncli.network.network import LayerRow
from cnncli.network.seen import Region, Span, seen_parts

_KINDS = {"Conv": "conv", "Linear": "fc", "BatchNorm": "bn"}  # what people call them, by the beginning of their type


@dataclass(frozen=True)
class Known:
    """A layer with its row of the summary.

    index : of its step in `network.trace()`; name : "conv1", as `cnn explain --at` takes it
    """

    index: int
    name: str
    layer: Module
    input_shape: Shape
    row: LayerRow


def known_layers(network: Network) -> list[Known]:
    """All layers in their order; what only joins or parts branches is left out.

    >>> [one.name for one in known_layers(Network.from_model_name("lenet5"))][:4]
    ['conv1', 'relu1', 'pool1', 'conv2']
    """
    counts: dict[str, int] = {}
    found = []
    rows = iter(network.layer_table())
    for index, step in enumerate(network.trace()):
        if step.part is not None:
            continue
        row = next(rows)
        if not step.is_layer:
            continue
        kind = _kind(type(step.layer).__name__)
        counts[kind] = counts.get(kind, 0) + 1
        found.append(Known(index, f"{kind}{counts[kind]}", step.layer, step.input_shapes[0], row))
    return found


def _kind(type_name: str) -> str:
    plain = re.sub(r"[123]d$", "", type_name)
    if "Pool" in plain or "SubSampling" in plain:
        return "pool"
    return next((name for start, name in _KINDS.items() if plain.startswith(start)), plain.lower())


def weights_formula(known: Known) -> str | None:
    """How many numbers a convolution or a `Linear` learns, as a product; None for other layers."""
    layer = known.layer
    if isinstance(layer, Conv2d):
        high, wide = layer.kernel_size
        bias = "" if layer.bias is None else " + 1"
        return f"{layer.out_channels} x ({layer.in_channels // layer.groups} x {high} x {wide}{bias})"
    if isinstance(layer, Linear):
        bias = "" if layer.bias is None else " + 1"
        return f"{layer.out_features} x ({layer.in_features}{bias})"
    return None


def work_formula(known: Known) -> str | None:
    """How many multiplications with an addition it makes for one picture; None for other layers."""
    layer = known.layer
    if isinstance(layer, Conv2d):
        _, rows, columns = known.row.output_shape
        high, wide = layer.kernel_size
        inputs = layer.in_channels // layer.groups
        return f"{layer.out_channels} x {rows} x {columns} x {inputs} x {high} x {wide}"
    if isinstance(layer, Linear):
        return f"{layer.out_features} x {layer.in_features}"
    return None


def seen_intervals(network: Network, known: Known) -> tuple[list[Span | None], list[Span | None]]:
    """(of each row, of each column) of a layer's maps, the first and the last row or column of the input that it sees.

    None for one that lies on padding alone. Of a vector there is one row and one column, of its first value.
    """
    shape = known.row.output_shape
    if len(shape) != 3:
        rows, columns = _seen(network, known.index, tuple((0, 0) for _ in shape))
        return [rows], [columns]
    _, height, width = shape
    every = (0, shape[0] - 1)
    found = []  # rows and columns do not know of each other, so that one unit tells of both
    for place in range(max(height, width)):
        row, column = min(place, height - 1), min(place, width - 1)
        rows, columns = _seen(network, known.index, (every, (row, row), (column, column)))
        if rows is None:  # on padding alone, along one of the two at least
            rows, _ = _seen(network, known.index, (every, (row, row), (width // 2,) * 2))
            _, columns = _seen(network, known.index, (every, (height // 2,) * 2, (column, column)))
        found.append((rows, columns))
    return [rows for rows, _ in found[:height]], [columns for _, columns in found[:width]]


def _seen(network: Network, index: int, region: Region) -> tuple[Span | None, Span | None]:
    try:
        source = seen_parts(network, index, region)[0].region
    except UsageError:  # padding alone
        return None, None
    return (source[1], source[2]) if len(source) == 3 else (None, None)
