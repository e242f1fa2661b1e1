"""Which pixels an answer depends on: gradients, Grad-CAM, and what is lost when a patch is covered."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnncli.array_types import Array
from cnncli.errors import UsageError
from cnncli.layers import Conv2d
from cnncli.layers.trace import Step
from cnncli.model.model import Model
from cnncli.nearest import same_but_for_case
from cnncli.network import Network
from cnncli.network.gradients import activation_gradients
from cnncli.network.layer_names import summary_name
from cnncli.shown import percent, shown
from cnncli.views.layer_names import of_layer
from cnncli.views.scales import Scale
from cnncli.views.tiles import Page, Panel, Tile, as_rgb, number_tile, picture_tile

Map = npt.NDArray[np.float64]  # (H, W), of the network's input

METHODS = ("gradient", "grad-cam", "occlusion")
_PATCHES = 7  # patches beside each other, about, along the longer side
_AT_ONCE = 256
_SIDE = 228  # pixels of a map: four stand beside each other


@dataclass(frozen=True)
class Saliency:
    """method : of METHODS; values : float64 (H, W); layer : of Grad-CAM, else ""."""

    method: str
    values: Map
    layer: str = ""


def class_index(model: Model, image: Array, name: str | None) -> int:
    """The number of a class by its name, or of the one that the model answers with. Raises UsageError."""
    if not model.class_names:
        raise UsageError("the network gives values and not classes, for which no pixels can be held responsible")
    if name is None:
        return int(model.predict(image, channels="first").labels[0])
    name = same_but_for_case(name, model.class_names)
    if name not in model.class_names:
        known = model.class_names[:12]
        raise UsageError(f"no class is named {shown(name)}; use one of {', '.join(known)}")
    return model.class_names.index(name)


def gradient_map(network: Network, image: Array, label: int) -> Map:
    """|d score / d pixel|, of several channels the largest (Simonyan, Vedaldi & Zisserman 2014, section 3).

    image : uint8 (C, H, W), or floats as the first layer gets them; the score is the network's own output for the
        class, before any softmax that is not a layer of it, and the pixel as the first layer gets it
    """
    _, gradients = _of_class(network, image, label)
    values: Map = np.abs(gradients[0][0].astype(np.float64)).max(axis=0)
    return values


def grad_cam(network: Network, image: Array, label: int, layer: str | None = None) -> tuple[Map, str]:
    """(map, name of the layer): relu(sum over k of a_k A_k) with a_k the mean of d score / d A_k over the map.

    A are the maps of a layer, by default the last ones that have the size of the last convolution's, activation and
    normalization included; the result is enlarged to the input by bilinear interpolation. Raises UsageError for a
    network without convolutions or a layer without maps.

    Source: Selvaraju et al. 2017, "Grad-CAM: visual explanations from deep networks", equations 1 and 2
    """
    step, place = _layer_with_maps(network, layer)
    tensors, gradients = _of_class(network, image, label)
    maps, slopes = (arrays[place + 1][0].astype(np.float64) for arrays in (tensors, gradients))
    weights = slopes.mean(axis=(1, 2))
    cam = np.maximum((weights[:, None, None] * maps).sum(axis=0), 0)
    height, width = network.input_shape[1:]
    enlarged = Image.fromarray(cam.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(enlarged, np.float64), step.name


def _layer_with_maps(network: Network, layer: str | None) -> tuple[Step, int]:
    steps = network.trace()
    places = [
        place for place, step in enumerate(steps)
        if step.part is None and len(step.output_shape) == 3 and math.prod(step.output_shape[1:]) > 1
    ]  # fmt: skip
    if layer is not None:
        of_layer([step for step in steps if step.part is None], layer, steps)
        meant = summary_name(steps, layer)
        place = next((place for place in places if steps[place].name == meant), None)
        if place is None:
            raise UsageError(f"layer {layer} has no maps, which grad-cam needs; use a layer before the vectors")
        return steps[place], place
    last = next((place for place in reversed(places) if isinstance(steps[place].layer, Conv2d)), None)
    if last is None:
        raise UsageError("grad-cam needs a convolution, and this network has none; use gradient or occlusion")
    size = steps[last].output_shape[1:]
    last = max(place for place in places if place >= last and steps[place].output_shape[1:] == size)
    return steps[last], last


def _of_class(network: Network, image: Array, label: int) -> tuple[list[Array], list[Array]]:
    outputs = network.output_shape(network.input_shape)
    grad = np.zeros((1, *outputs), np.float32)
    if outputs == (1,):  # one output for two classes: yes is the second
        grad[0, 0] = 1 if label == 1 else -1
    else:
        grad[0, label] = 1
    with network._in_mode(training=False):
        return activation_gradients(network, image, grad)


def occlusion_map(model: Model, image: Array, label: int, patch: int | None = None) -> Map:
    """How much of the class's probability is lost where a square is covered: the mean over all squares on a pixel.

    image : uint8 (C, H, W); patch : pixels of the square's side, which moves by half of it; default a seventh of the
        longer side. It is covered with the median of the picture's border.

    Source: Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2
    """
    _, height, width = image.shape
    side = patch or max(2, math.ceil(max(height, width) / _PATCHES))
    tops, lefts = _starts(height, side), _starts(width, side)
    rim = np.concatenate([image[:, 0], image[:, -1], image[:, :, 0], image[:, :, -1]], axis=1)
    cover = np.median(rim, axis=1).round().astype(np.uint8)[:, None, None]
    whole = float(model.predict(image, channels="first").probabilities[0, label])
    places = [(top, left) for top in tops for left in lefts]
    lost, counts = np.zeros((height, width)), np.zeros((height, width))
    for start in range(0, len(places), _AT_ONCE):
        part = places[start : start + _AT_ONCE]
        covered = np.repeat(image[None], len(part), axis=0)
        for one, (top, left) in zip(covered, part, strict=True):
            one[:, top : top + side, left : left + side] = cover
        left_over = model.predict(covered, channels="first").probabilities[:, label]
        for (top, left), share in zip(part, left_over.tolist(), strict=True):
            lost[top : top + side, left : left + side] += whole - share
            counts[top : top + side, left : left + side] += 1
    values: Map = lost / counts
    return values


def _starts(size: int, side: int) -> list[int]:
    """Where squares begin: half of one apart, the last one at the end."""
    last = max(0, size - side)
    return sorted({*range(0, last, max(1, side // 2)), last})


def saliencies(
    model: Model, image: Array, label: int, method: str | None, layer: str | None = None
) -> tuple[list[Saliency], str]:
    """(maps, note): those of a method, or of all that the network allows; the note says what is left out."""
    network = model.network
    ways: dict[str, Callable[[], Saliency]] = {
        "gradient": lambda: Saliency("gradient", gradient_map(network, image, label)),
        "grad-cam": lambda: Saliency("grad-cam", *grad_cam(network, image, label, layer)),
        "occlusion": lambda: Saliency("occlusion", occlusion_map(model, image, label)),
    }
    found, note = [], ""
    for name in METHODS if method is None else (method,):
        try:
            found.append(ways[name]())
        except UsageError as error:
            if method is not None or layer is not None:
                raise
            note = str(error)
    return found, note


_WORDS = {
    "gradient": "gradient: what a small change of a pixel does",
    "grad-cam": "Grad-CAM: where the maps of layer {} speak for it",
    "occlusion": "occlusion: what of the probability covering takes away",
}


def saliency_page(model: Model, image: Array, name: str, label: int, found: list[Saliency], note: str) -> Page:
    """The input and the maps, and below them the maps laid over the input."""
    answer = model.predict(image, channels="first")
    share = percent(float(answer.probabilities[0, label]))
    rgb = as_rgb(image)
    nothing = np.zeros(image.shape[1:])
    tiles = [picture_tile(rgb, "the input")]
    over = [_laid_over(rgb, tiles[0], Scale(0, 1), nothing)]  # so that each stands below its map
    for one in found:
        scale = Scale.of(one.values)
        label_text = {"gradient": "gradient", "grad-cam": f"Grad-CAM, layer {one.layer}", "occlusion": "occlusion"}
        tiles.append(number_tile(one.values, scale, f"{label_text[one.method]}, to {scale.high:.2g}"))
        over.append(_laid_over(rgb, tiles[-1], scale, one.values))
    lines = [_WORDS[one.method].format(one.layer) for one in found]
    if note:
        lines.append(note)
    title = f"why {name} is {model.class_names[label]} ({share})"
    if int(answer.labels[0]) != label:
        title += f" and not {answer.names[0]}"
    return Page(title, [Panel("", tiles, side=_SIDE), Panel("over the input", over, side=_SIDE)], lines)


def _laid_over(rgb: Array, tile: Tile, scale: Scale, values: Map) -> Tile:
    """The picture, dim, with the colours of a map where that is far from 0."""
    most = max(abs(scale.low), abs(scale.high)) or 1.0
    alpha = (np.abs(values) / most).clip(0, 1)[:, :, None] ** 0.7
    grey = np.repeat(rgb.mean(axis=2, keepdims=True), 3, axis=2) * 0.55
    mixed = np.rint(grey * (1 - 0.85 * alpha) + tile.pixels * 0.85 * alpha).astype(np.uint8)
    return picture_tile(mixed)
