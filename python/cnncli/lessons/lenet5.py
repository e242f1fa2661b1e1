"""LeNet-5, or another network, layer by layer: shapes, what is learned, what is computed, what becomes of a picture."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cnncli.layers import Conv2d, Linear
from cnncli.lessons.bars import row_figure
from cnncli.lessons.blocks import Asked, Block, Choice, Lesson, Numbers, Question, Words
from cnncli.lessons.figures import Figure
from cnncli.lessons.given import Seen, seen
from cnncli.lessons.layer_facts import Known, known_layers, seen_intervals, weights_formula, work_formula
from cnncli.model.model import Model
from cnncli.shown import format_shape, percent
from cnncli.views.features import LayerMaps, feature_maps, feature_page
from cnncli.views.tiles import Page, Panel

_MOST_MAPS = 16  # of a layer in a page
_MOST_VALUES = 120_000  # of all layers in a page
_MOST_PANELS = 10
_MOST_CLASSES = 10


def lesson(asked: Asked) -> Lesson:
    given = seen(asked)
    network, name = given.network, given.network.name or given.said
    layers = known_layers(network)
    maps = {one.name: one for one in feature_maps(network, given.image)}
    answers = _answers(given)
    blocks: list[Block] = [
        Words(_about(given, name)),
        _table(name, layers),
        Words(
            "A convolution has one mask for each of its maps, with a part for each map below, and a bias: it is used "
            "at every place, so that it has few weights and much work. A fully connected layer (fc) uses each weight "
            "once. Pooling and activations learn nothing."
        ),
        *_formulas(layers),
        *([_shares(layers)] if any(one.row.parameters or one.row.multiply_adds for one in layers) else []),
        *_panels(given, maps, layers),
        *([_answer_figure(given, answers)] if answers else []),
    ]
    values = {
        "network": name, "trained": given.trained, "picture": given.picture,
        "layers": [
            {"name": one.name, "output": list(one.row.output_shape), "weights": one.row.parameters,
             "multiply_adds": one.row.multiply_adds, "mean": _mean(maps[one.row.name])}
            for one in layers
        ],
        "parameters": network.parameter_count(),
        "probabilities": dict(answers),
    }  # fmt: skip
    return Lesson(
        name="lenet5",
        title=f"{network.title or name}, layer by layer",
        blocks=blocks,
        question=_question(layers),
        go_on=[
            "cnn learn lenet5 --model model.bin --picture photo.png",
            "cnn explain digit.png --at conv2[3,4,4]    # one number of a map, term by term",
            "cnn train --arch lenet5                    # train it, on MNIST",
        ],
        values=values,
        script="lenet5",
        tools=["maps"],
        data=_data(given, layers, maps),
        frames=lambda: _moving(name, given, maps, layers),
    )


def _about(given: Seen, name: str) -> str:
    first = (
        "LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998) reads digits: convolutions find strokes and where they meet, "
        "pooling makes the maps smaller, and fully connected layers decide. "
        if name.startswith("lenet5") else ""
    )  # fmt: skip
    weights = "" if given.trained else ", whose weights are random as before any training"
    return f"{first}Here is {name}{weights}, with what it makes of {given.picture}."


def _table(name: str, layers: Sequence[Known]) -> Numbers:
    rows = [
        [one.name, format_shape(one.row.output_shape), f"{one.row.parameters:,}" if one.row.parameters else "",
         f"{one.row.multiply_adds:,}" if one.row.multiply_adds else "",
         format_shape(one.row.field_of_view) if one.row.field_of_view else ""]
        for one in layers
    ]  # fmt: skip
    weights, work = sum(one.row.parameters for one in layers), sum(one.row.multiply_adds for one in layers)
    rows.append(["in all", "", f"{weights:,}", f"{work:,}", ""])
    return Numbers(f"the layers of {name}", ["layer", "gives", "learns", "multiply-adds", "sees pixels"], rows)


def _formulas(layers: Sequence[Known]) -> list[Block]:
    rows: list[list[str]] = []
    for one in layers:
        weights, work = weights_formula(one), work_formula(one)
        if weights is not None and work is not None and len(rows) < 8:
            rows.append([one.name, f"learns {weights} = {one.row.parameters:,}, "
                                   f"computes {work} = {one.row.multiply_adds:,}"])  # fmt: skip
    return [Numbers("where these numbers come from", ["layer", "how"], rows)] if rows else []


def _shares(layers: Sequence[Known]) -> Figure:
    learning = [one for one in layers if one.row.parameters or one.row.multiply_adds]
    chosen = sorted(learning, key=lambda one: one.row.parameters + one.row.multiply_adds)[-_MOST_CLASSES:]
    chosen = [one for one in layers if one in chosen]
    weights = sum(one.row.parameters for one in layers) or 1
    work = sum(one.row.multiply_adds for one in layers) or 1
    series = [
        ("first", "share of what is learned", [one.row.parameters / weights for one in chosen]),
        ("second", "share of the work", [one.row.multiply_adds / work for one in chosen]),
    ]
    top = max(chosen, key=lambda one: one.row.parameters)
    busy = max(chosen, key=lambda one: one.row.multiply_adds)
    note = (
        f"{top.name} holds {percent(top.row.parameters / weights, 0)} of what is learned, {busy.name} does "
        f"{percent(busy.row.multiply_adds / work, 0)} of the work"
    )
    return row_figure("who learns, and who works", [one.name for one in chosen], series, _percent, [note])


def _panels(given: Seen, maps: dict[str, LayerMaps], layers: Sequence[Known]) -> list[Block]:
    """The input, and the maps of each layer that changes more than single numbers."""
    kept = [maps[one.row.name] for one in layers if one.row.output_shape != one.input_shape and one is not layers[-1]]
    kept = [one for one in kept if one.values.ndim == 3][: _MOST_PANELS - 1]
    names = {one.row.name: one.name for one in layers}
    page = feature_page(Model(given.network), given.image, kept, given.picture, _MOST_MAPS)
    first, *others = page.panels
    named = [
        Panel(f"{names[one.name]}: {one.type} {one.settings}", panel.tiles, panel.note, 60, panel.scale)
        for one, panel in zip(kept, others, strict=True)
    ]
    return [Panel("what the network gets", first.tiles, first.note, 112), *named]


def _moving(name: str, given: Seen, maps: dict[str, LayerMaps], layers: Sequence[Known]) -> list[Page]:
    """The picture, and what layer after layer makes of it."""
    panels = [one for one in _panels(given, maps, layers) if isinstance(one, Panel)]
    titles = [given.picture, *(panel.title for panel in panels[1:])]
    sides = [200, *(112 for _ in panels[1:])]
    tiled = [replace(panel, title="", side=side) for panel, side in zip(panels, sides, strict=True)]
    pages = [Page(f"{name}, {title}", [panel]) for title, panel in zip(titles, tiled, strict=True)]
    best = max(_answers(given), key=lambda pair: pair[1], default=None)
    if best is not None:
        pages.append(Page(f"{name} says {best[0]}, with {percent(best[1], 1)}", [tiled[0]]))
    return [page for page in pages for _ in range(10)]


def _answers(given: Seen) -> list[tuple[str, float]]:
    """(class, probability) of at most ten classes: the first, or of more the most probable."""
    names = given.network.class_names
    if given.network.outputs == "values" or not names:
        return []
    found = Model(given.network).predict(given.image[None], channels="first").probabilities[0]
    places = np.arange(len(found)) if len(found) <= _MOST_CLASSES else np.argsort(-found, kind="stable")[:_MOST_CLASSES]
    return [(names[place], float(found[place])) for place in places]


def _answer_figure(given: Seen, answers: Sequence[tuple[str, float]]) -> Figure:
    best, chance = max(answers, key=lambda pair: pair[1])
    names, values = [name for name, _ in answers], [value for _, value in answers]
    title = f"what the network says of {given.picture}: {best}, with {percent(chance, 1)}"
    return row_figure(title, names, [("first", "probability", values)], _percent)


def _percent(share: float) -> str:
    return percent(share, 1)


def _mean(maps: LayerMaps) -> float:
    finite = maps.values[np.isfinite(maps.values)]
    return float(finite.mean(dtype=np.float64)) if finite.size else 0.0


def _question(layers: Sequence[Known]) -> Question:
    """How many numbers a convolution, or a fully connected layer, learns."""
    convolutions = [one for one in layers if isinstance(one.layer, Conv2d)]
    deep = [one for one in convolutions if one.input_shape[0] > 1]
    if convolutions:
        return _of_convolution((deep or convolutions)[0])
    [*_, last] = [one for one in layers if isinstance(one.layer, Linear)] or [layers[-1]]
    right = last.row.parameters
    inputs, outputs = int(np.prod(last.input_shape)), int(np.prod(last.row.output_shape))
    wrong = [
        (inputs * outputs, f"That leaves out a bias for each of its {outputs} values."),
        (inputs + outputs, "That counts the values on both sides; every value has a weight for every input."),
        (outputs, "Those are its biases, or its outputs; each also has a weight for every input."),
        (right + 1, "There is no such number in it: it has one weight for each pair, and one bias for each output."),
    ]
    return _which(last.name, right, f"{weights_formula(last) or 'its own count'} = {right:,}.", wrong)


def _of_convolution(known: Known) -> Question:
    layer = known.layer
    assert isinstance(layer, Conv2d)
    high, wide = layer.kernel_size
    inputs, outputs = layer.in_channels // layer.groups, layer.out_channels
    _, rows, columns = known.row.output_shape
    right, biased = known.row.parameters, layer.bias is not None
    masks = outputs * inputs * high * wide
    wrong = [
        (masks if biased else masks + outputs,
         f"That leaves out the biases, one for each of the {outputs} maps." if biased
         else f"That counts a bias for each of the {outputs} maps, and this layer has none."),
        (outputs * (high * wide + biased),
         f"A mask has {high} x {wide} weights for each of the {inputs} maps below, not for one of them."),
        (right * rows * columns,
         f"That gives each of the {rows} x {columns} places a mask of its own; all places share one."),
        (high * wide + biased, f"That is one mask over one map; there are {outputs}."),
        (outputs, f"That is the number of its maps; each has a mask of {high} x {wide} weights."),
    ]  # fmt: skip
    return _which(known.name, right, f"{weights_formula(known)} = {right:,}: the masks, and the biases if any.", wrong)


def _which(name: str, right: int, why: str, wrong: Sequence[tuple[int, str]]) -> Question:
    choices = {right: Choice(f"{right:,}", True, why)}
    for value, reason in wrong:
        if len(choices) < 4:
            choices.setdefault(value, Choice(f"{value:,}", False, reason))
    return Question(f"How many numbers does {name} learn?", [choices[value] for value in sorted(choices)])


def _data(given: Seen, layers: Sequence[Known], maps: dict[str, LayerMaps]) -> dict[str, object]:
    """The maps of each layer as numbers, and which pixels their units see."""
    total = sum(min(len(one.values), _MOST_MAPS) * int(np.prod(one.values.shape[1:])) for one in maps.values())
    most = _MOST_MAPS if total <= _MOST_VALUES else max(1, _MOST_MAPS * _MOST_VALUES // total)
    found = []
    for one in layers:
        values = maps[one.row.name].values
        rows, columns = seen_intervals(given.network, one)
        planes = values[:most] if values.ndim == 3 else values.reshape(1, 1, -1)
        found.append({
            "name": one.name, "title": f"{one.row.type} {one.row.settings}".strip(), "shape": list(values.shape),
            "maps": [[[float(f"{value:.4g}") for value in row] for row in plane]
                     for plane in np.nan_to_num(planes).tolist()],
            "rows": rows, "columns": columns, "learns": one.row.parameters, "work": one.row.multiply_adds,
        })  # fmt: skip
    return {"image": given.image.transpose(1, 2, 0).tolist(), "layers": found}
