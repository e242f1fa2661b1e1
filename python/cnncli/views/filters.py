"""The weights of a network as pictures: a filter for each map, a template for each unit."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.layers import Conv2d, ConvTranspose2d, Linear
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.module import Module
from cnncli.network import Network
from cnncli.shown import format_shape
from cnncli.views.scales import Scale
from cnncli.views.tiles import Page, Panel, Tile, number_tile

_GAP = 1  # pixels between the kernels of a filter
_LARGEST, _CELL = (420, 944), 24  # pixels of a matrix (height, width), and of a number in it, at most


@dataclass(frozen=True)
class LayerFilters:
    """The weights of a layer.

    name, type, settings : as in the summary of the network
    weights : float32 (maps, inputs, height, width), NaN where a map does not see an input; of a layer of vectors behind
        an image the same; else, and of kernels of 1x1, (units, inputs)
    is_colour : the inputs are red, green and blue
    """

    name: str
    type: str
    settings: str
    weights: FloatArray
    is_colour: bool


def filters(network: Network) -> list[LayerFilters]:
    """The weights of all layers that have kernels or a matrix, in order, those within branches included.

    >>> [(one.name, one.weights.shape) for one in filters(Network.from_model_name("lenet5"))][:3]
    [('0', (6, 1, 5, 5)), ('3', (16, 6, 5, 5)), ('7', (120, 16, 5, 5))]
    """
    rows = {row.name: row for row in network.layer_table()}
    images: dict[int, Shape | None] = {0: network.input_shape if len(network.input_shape) == 3 else None}
    found = []
    for place, step in enumerate(network.trace(), start=1):
        shape = step.output_shape
        before = images[step.inputs[0]]
        is_matrix = isinstance(step.layer, Linear)
        same = step.is_layer and math.prod(shape) == math.prod(step.input_shapes[0]) and not is_matrix
        images[place] = shape if len(shape) == 3 else before if same else None
        weights = _weights(step.layer, before) if step.is_layer else None
        if weights is not None:
            row = rows[step.name]
            is_colour = step.inputs[0] == 0 and weights.ndim == 4 and weights.shape[1] == 3
            found.append(LayerFilters(row.name, row.type, row.settings, weights, is_colour))
    return found


def _weights(layer: Module, image: Shape | None) -> FloatArray | None:
    """Of one form, whatever the layer's is; None of a layer without."""
    if isinstance(layer, Conv2d) and layer.connections is not None:
        dense = np.full((layer.out_channels, layer.in_channels, *layer.kernel_size), np.nan, np.float32)
        pairs = [(output, map) for output, row in enumerate(layer.connections) for map in row]
        for pair, kernel in zip(pairs, layer.weight, strict=True):
            dense[pair] = kernel
        return dense
    if isinstance(layer, Linear) and image is not None and image[1:] != (1, 1):
        return layer.weight.reshape(-1, *image)
    weight: FloatArray | None = getattr(layer, "weight", None) if "weight" in layer.parameter_names else None
    if weight is None or weight.ndim < 2:
        return None
    if isinstance(layer, ConvTranspose2d):
        return _by_output(weight, layer.groups)
    if weight.ndim == 4 and weight.shape[2:] == (1, 1):
        return weight[:, :, 0, 0]
    return weight[:, :, None] if weight.ndim == 3 else weight


def _by_output(weight: FloatArray, groups: int) -> FloatArray:
    """(inputs, outputs / groups, ...) as (outputs, inputs / groups, ...)."""
    parts = [part.swapaxes(0, 1) for part in np.split(weight, groups)]
    return np.concatenate(parts)


def filter_page(network: Network, found: Sequence[LayerFilters], most: int) -> Page:
    """Filters as a page: a panel for each layer with at most `most` tiles."""
    panels = [_panel(one, most) for one in found]
    lines = ["red adds, blue takes away, white is 0; in a tile the kernels over all inputs"]
    return Page(f"the weights of {network.name or 'the network'}", panels, lines)


def _panel(one: LayerFilters, most: int) -> Panel:
    title, shape = f"{one.name}  {one.type} {one.settings}".rstrip(), format_shape(one.weights.shape)
    scale = Scale.of(one.weights, signed=True)
    if one.weights.ndim == 2:
        tile = number_tile(one.weights, scale)
        height, width = one.weights.shape
        factor = min(_CELL, _LARGEST[0] / height, _LARGEST[1] / width)
        side = max(height, width) * (int(factor) if factor >= 1 else factor)
        return Panel(title, [tile], shape, side=int(side), scale=scale)
    if most < len(one.weights):
        shape = f"first {most} of {shape}"
    shown = enumerate(one.weights[:most])
    if one.is_colour:
        tiles = [_colour_tile(kernels, scale.high, str(index)) for index, kernels in shown]
        return Panel(title, tiles, f"{shape}, in colour: grey is 0")
    tiles = [number_tile(mosaic(kernels), scale, str(index)) for index, kernels in shown]
    wide = max(tiles[0].pixels.shape[:2])
    return Panel(title, tiles, shape, side=max(88, wide if wide <= 180 else 180), scale=scale)


def mosaic(kernels: FloatArray) -> npt.NDArray[np.float64]:
    """Kernels (count, H, W) in rows, nearly a square of them, with gaps of NaN between."""
    count, height, width = kernels.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    gap = _GAP if count > 1 else 0
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for index, kernel in enumerate(kernels):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = kernel
    return sheet


def _colour_tile(kernels: FloatArray, most: float, label: str) -> Tile:
    """Kernels (3, H, W) over red, green and blue as a picture in which grey is 0."""
    shares = kernels.transpose(1, 2, 0).astype(np.float64) / (most or 1)
    pixels = np.rint(127.5 + 127.5 * shares).astype(np.uint8)
    return Tile(pixels, shares.mean(axis=2), label, signed=True)


def facts(found: Sequence[LayerFilters]) -> Iterator[dict[str, Any]]:
    """The weights of each layer in numbers, for `--json`; lengths are those of the filters as vectors."""
    for one in found:
        known = one.weights[~np.isnan(one.weights)].astype(np.float64)
        squares = np.nan_to_num(one.weights.astype(np.float64)) ** 2
        yield {
            "name": one.name,
            "type": one.type,
            "shape": list(one.weights.shape),
            "mean": float(known.mean()),
            "deviation": float(known.std()),
            "least": float(known.min()),
            "most": float(known.max()),
            "lengths": np.sqrt(squares.reshape(len(squares), -1).sum(axis=1)).round(6).tolist(),
        }
