"""What each layer of a network makes of an image: its feature maps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnncli.array_types import Array
from cnncli.layers.arrays import FloatArray
from cnncli.layers.trace import Step
from cnncli.model.model import Model
from cnncli.network import Network
from cnncli.shown import format_shape, percent
from cnncli.views.scales import Scale
from cnncli.views.tiles import Page, Panel, as_rgb, number_tile, picture_tile, vector_tile

_NAMED = 20  # classes that get a tile each
_COLUMNS = 128  # values of a vector beside each other, at most
_CELL = 24  # pixels of a value of a short vector, and a vector's height
_WIDTH = 944  # pixels of a page within its margins


@dataclass(frozen=True)
class LayerMaps:
    """What a layer gives for one image.

    name, type, settings : as in the summary of the network
    values : float32, of the layer's output shape: (channels, height, width), (channels, length) or (values,)
    repeats : the values are those of the layer before in another shape
    """

    name: str
    type: str
    settings: str
    values: FloatArray
    repeats: bool


def feature_maps(network: Network, image: Array) -> list[LayerMaps]:
    """The outputs of all layers, in evaluation, for one image as `network.samples` takes it; branches in their order.

    >>> network = Network.from_model_name("lenet5")
    >>> [maps.values.shape for maps in feature_maps(network, np.zeros((28, 28), np.uint8))][:3]
    [(6, 28, 28), (6, 28, 28), (6, 14, 14)]
    """
    with network._in_mode(training=False):
        outputs = network.activations(image)
    steps = network.trace()
    rows = iter(network.layer_table())
    found = []
    for step, output in zip(steps, outputs, strict=True):
        if step.part is not None:
            continue
        row = next(rows)
        found.append(LayerMaps(row.name, row.type, row.settings, output[0], _repeats(step, output, outputs)))
    return found


def _repeats(step: Step, output: FloatArray, outputs: Sequence[FloatArray]) -> bool:
    """Whether the layer gives the numbers that it gets."""
    if len(step.inputs) != 1 or step.inputs[0] == 0:
        return False
    before = outputs[step.inputs[0] - 1]
    return before.size == output.size and np.array_equal(before.ravel(), output.ravel(), equal_nan=True)


def feature_page(
    model: Model, image: Array, maps: Sequence[LayerMaps], name: str, most: int, with_image: bool = True
) -> Page:
    """Feature maps as a page: a panel for each layer, with at most `most` maps.

    image : uint8 (C, H, W), what the network sees; name : of the picture
    """
    answer = model.predict(image, channels="first") if model.class_names else None
    said = "" if answer is None else f": {answer.names[0]} ({percent(float(answer.probabilities.max()))})"
    title = f"{model.network.name or 'the network'} sees {name}{said}"
    panels = [Panel("input", [picture_tile(as_rgb(image))], format_shape(image.shape))] if with_image else []
    last = model.network.trace()[-1].name
    panels += [_panel(one, most, model.class_names if one.name == last else []) for one in maps]
    return Page(title, panels)


def _panel(maps: LayerMaps, most: int, class_names: Sequence[str]) -> Panel:
    title = f"{maps.name}  {maps.type}" + (f" {maps.settings}" if maps.settings else "")
    shape = format_shape(maps.values.shape)
    if maps.repeats:
        return Panel(title, [], f"{shape}, the same numbers")
    values = maps.values
    scale = Scale.of(values)
    if values.ndim == 1 and 1 < len(values) == len(class_names) <= _NAMED:
        named = zip(values, class_names, strict=True)
        tiles = [number_tile(np.full((1, 1), value), scale, label) for value, label in named]
        return Panel(title, tiles, shape, side=38 if len(tiles) > 10 else 60, scale=scale)
    if values.ndim < 3:
        cell = max(1, min(_CELL, _WIDTH // min(_COLUMNS, values.shape[-1])))
        is_vector = values.ndim == 1
        tile = vector_tile(values, scale, _COLUMNS, -(-_CELL // cell)) if is_vector else number_tile(values, scale)
        side = min(cell * max(tile.pixels.shape[:2]), _WIDTH)
        return Panel(title, [tile], shape, side=side, scale=scale)
    note = f"{shape}, the first {most} maps" if most < len(values) else shape
    tiles = [number_tile(channel, scale, str(index)) for index, channel in enumerate(values[:most])]
    return Panel(title, tiles, note, scale=scale)


def facts(maps: Sequence[LayerMaps]) -> Iterator[dict[str, Any]]:
    """What each layer gives, in numbers, for `--json`."""
    for one in maps:
        finite = one.values[np.isfinite(one.values)].astype(np.float64)
        some = finite if finite.size else np.zeros(1)
        yield {
            "name": one.name,
            "type": one.type,
            "output": list(one.values.shape),
            "mean": float(some.mean()),
            "deviation": float(some.std()),
            "least": float(some.min()),
            "most": float(some.max()),
            "zeros": float((one.values == 0).mean()),
        }
