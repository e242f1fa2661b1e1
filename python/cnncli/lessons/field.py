"""The field of view: which pixels of the input a unit can depend on, and how it grows from layer to layer."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from cnncli.errors import UsageError
from cnncli.layers.arrays import Shape
from cnncli.lessons.blocks import Asked, Block, Choice, Lesson, Numbers, Question, Words
from cnncli.lessons.figures import Dots, Figure, Label, Line, Part, box
from cnncli.lessons.given import Seen, seen
from cnncli.lessons.layer_facts import Known, known_layers, seen_intervals
from cnncli.network.field_of_view import FieldOfView
from cnncli.network.seen import Region, find_unit, seen_parts
from cnncli.shown import format_shape
from cnncli.views.field import field_page, field_words
from cnncli.views.tiles import Page, Panel

_MOST_ROWS = 24


def lesson(asked: Asked) -> Lesson:
    given = seen(asked)
    layers = [one for one in known_layers(given.network) if len(one.row.output_shape) == 3 and one.row.field_of_view]
    if not layers:
        raise UsageError(
            f"{given.said}: has no layer of maps, so that each unit sees the whole picture; use a network with "
            "convolutions"
        )
    grown = _grown(given, layers)
    pairs = list(zip(layers, grown, strict=True))
    told = [(one, step) for one, step in pairs if step.grows] or pairs  # of windows of one value none grows
    growing = [one for one, _ in told]
    last = growing[-1]
    name = given.network.name or given.said
    blocks: list[Block] = [
        Words(
            "A unit of the first convolution sees a window as large as its mask. A unit behind it sees the windows "
            "of all units below its own mask: they overlap, so the field of view grows by (k - 1) times the distance "
            "of two neighbours, where k is the size of the mask. Pooling, and any stride, makes that distance "
            f"larger: from then on the field grows faster. So it goes in {name}."
        ),
        Numbers(f"how the field of view of {name} grows",
                ["layer", "maps", "distance", "field = before + (k - 1) x distance"],
                [_row(one, step) for one, step in told][:_MOST_ROWS]),
        _steps(layers, grown),
        _nested(given, growing),
        *_marked(given, last),
    ]  # fmt: skip
    return Lesson(
        name="field",
        title="Field of view: what a unit sees of the picture",
        blocks=blocks,
        question=_question(growing, [step for _, step in told]),
        go_on=[
            "cnn learn field --model cifar10            # a deeper network",
            "cnn field lenet5 --unit 3:7,4 digit.png    # any unit of a network",
            "cnn learn lenet5",
        ],
        values={
            "network": name,
            "picture": given.picture,
            "seen_mean": _seen_mean(given, last),
            "fields": {one.name: step.after for one, step in zip(layers, grown, strict=True)},
            "distances": {one.name: step.jump_after for one, step in zip(layers, grown, strict=True)},
        },
        script="field",
        tools=["maps"],
        data=_data(given, layers),
        frames=lambda: [page for one in growing for page in [_frame(given, one)] * 8],
    )


class _Step:
    """By how much one layer makes the field larger, along the height: exact numbers, as whole ones where they are."""

    def __init__(self, before: FieldOfView, after: FieldOfView) -> None:
        self.before, self.after = _plain(before.size[0]), _plain(after.size[0])
        self.jump, self.jump_after = _plain(before.jump[0]), _plain(after.jump[0])
        self.grows = after.size != before.size or after.jump != before.jump
        self.kernel = 1 + (self.after - self.before) / self.jump if self.jump else 1

    @property
    def text(self) -> str:
        kernel = f"{self.kernel:g}"
        return f"{self.before:g} + ({kernel} - 1) x {self.jump:g} = {self.after:g}"


def _plain(value: int | Fraction) -> int | float:
    return int(value) if value == int(value) else float(value)


def _grown(given: Seen, layers: Sequence[Known]) -> list[_Step]:
    """Before and after each of the layers; a join of branches has the union of theirs."""
    fields = [FieldOfView.of_input(given.network.input_shape)]
    found = {}
    for index, step in enumerate(given.network.trace()):
        inputs = [fields[source] for source in step.inputs]
        if step.is_layer:
            [before] = inputs
            after = before.after(step.layer, *step.input_shapes)
            found[index] = _Step(before, after)
        else:
            after = FieldOfView.union(inputs)
        fields.append(after)
    return [found[one.index] for one in layers]


def _row(one: Known, step: _Step) -> list[str]:
    return [one.name, format_shape(one.row.output_shape), f"{step.jump_after:g}", step.text]


def _steps(layers: Sequence[Known], grown: Sequence[_Step]) -> Figure:
    """The size behind each layer, as a line that rises."""
    points = [(0.0, 1.0), *((float(index), float(step.after)) for index, step in enumerate(grown, start=1))]
    side = float(max(layers[0].input_shape[1:]))
    stairs = [point for one, two in pairwise(points) for point in (one, (two[0], one[1]), two)]
    top = max(side, max(height for _, height in points))
    parts: list[Part] = [
        Line([(0.0, side), (float(len(grown)), side)], "soft", "side of the input"),
        Line(stairs, "first", "field of view"),
        Dots(points[1:], "first"),
    ]
    count = len(layers)
    for index, (one, step) in enumerate(zip(layers, grown, strict=True), start=1):
        if step.grows and count <= 12:
            parts.append(Label((index - 0.55, step.after + 0.04 * top), f"{one.name} {step.after:g}", "first"))
    return Figure("the field behind each layer", (0.0, count + 1.0), (0.0, top * 1.12), parts, "layer", "pixels")


def _nested(given: Seen, growing: Sequence[Known]) -> Figure:
    """The window of the unit in the middle of each layer's maps, one around the other on the input."""
    _, height, width = given.network.input_shape
    top = float(max(height, width))
    parts: list[Part] = [Line(box((0, height), width, height), "soft", "the input")]
    notes = []
    for place, one in enumerate(growing):
        is_last = place == len(growing) - 1
        region = _middle_region(given, one)
        (first, end), (left, right) = region[1:]
        kind = "mark" if is_last else "first"
        edge = box((left, height - first), right - left + 1, end - first + 1)
        parts.append(Line(edge, kind, f"seen from {one.name}" if is_last else "from layers before"))
        if is_last:
            rows, columns = end - first + 1, right - left + 1
            notes = [f"{one.name}: {rows} x {columns} of {height} x {width} pixels"]
    wide = top * 1.62  # so that squares look square in a page
    start = (width - wide) / 2
    ranges = (start, start + wide), (-0.04 * top, top * 1.04)
    return Figure("windows of the units in the middle, on the input", *ranges, parts, notes=notes, bare=True)


def _middle(shape: Shape) -> tuple[int, ...]:
    return shape[1] // 2, shape[2] // 2


def _middle_region(given: Seen, one: Known) -> Region:
    row, column = _middle(one.row.output_shape)
    every = (0, one.row.output_shape[0] - 1)
    return seen_parts(given.network, one.index, (every, (row, row), (column, column)))[0].region


def _marked(given: Seen, one: Known) -> list[Block]:
    """What the middle unit of a layer sees, on the picture and on the maps between."""
    row, column = _middle(one.row.output_shape)
    _, index, region = find_unit(given.network, f"{one.row.name}:{row},{column}")
    parts = seen_parts(given.network, index, region)
    page = field_page("", parts, given.image)
    first, *others = page.panels
    title = f"the unit {one.name}[{row},{column}] on {given.picture}"
    return [Panel(title, first.tiles, "", 224), *others, Words(f"It {field_words(parts[0])}.")]


def _frame(given: Seen, one: Known) -> Page:
    """The picture with the window of a layer's middle unit, beside that unit in its map."""
    row, column = _middle(one.row.output_shape)
    _, index, region = find_unit(given.network, f"{one.row.name}:{row},{column}")
    parts = seen_parts(given.network, index, region)
    picture, maps = field_page("", parts, given.image).panels
    tiles = [replace(picture.tiles[0], label="the picture"), replace(maps.tiles[-1], label=f"a map of {one.name}")]
    return Page(f"{one.name}: a unit {field_words(parts[0]).partition(': ')[0]}", [Panel("", tiles, side=448)])


def _seen_mean(given: Seen, one: Known) -> float:
    """The mean of the pixels that the middle unit sees, from 0 to 255."""
    (first, end), (left, right) = _middle_region(given, one)[1:]
    return float(given.image[:, first : end + 1, left : right + 1].mean(dtype=float))


def _question(growing: Sequence[Known], steps: Sequence[_Step]) -> Question:
    """The field behind the last layer that enlarges it and has a distance above 1 before it, if there is one."""
    candidates = [at for at, step in enumerate(steps) if step.jump > 1 and step.kernel > 1] or [len(steps) - 1]
    at = candidates[0]
    one, step = growing[at], steps[at]
    wrong = [
        (step.kernel, f"That is the size of its own mask; below it lie units that each see {step.before:g} pixels."),
        (step.before + step.kernel - 1, f"That grows by {step.kernel:g} - 1, as if neighbours were 1 pixel apart; they "
                                        f"are {step.jump:g}."),
        (step.before * step.kernel, "Fields of neighbours overlap, so that they do not add up whole."),
        (step.before, "That is the field of the layer before."),
        (step.after + 1, "The windows at both ends reach over half of their own size only."),
    ]  # fmt: skip
    right = f"{step.after:g}"
    choices = {right: Choice(right, True, f"{step.text}: windows that are {step.jump:g} apart.")}
    for value, why in wrong:
        if len(choices) < 4:
            choices.setdefault(f"{value:g}", Choice(f"{value:g}", False, why))
    ordered = sorted(choices.values(), key=lambda choice: float(choice.text))
    text = (
        f"Units of the layer before {one.name} see {step.before:g} pixels along a side, and neighbours are "
        f"{step.jump:g} apart. {one.name} has windows of {step.kernel:g}. How many pixels do its units see along a "
        "side?"
    )
    return Question(text, ordered)


def _data(given: Seen, layers: Sequence[Known]) -> dict[str, object]:
    found = []
    for one in layers:
        rows, columns = seen_intervals(given.network, one)
        field = one.row.field_of_view
        found.append({"name": one.name, "title": f"{one.row.type} {one.row.settings}".strip(), "rows": rows,
                      "columns": columns, "field": list(field) if field else None})  # fmt: skip
    return {"image": given.image.transpose(1, 2, 0).tolist(), "layers": found}
