"""`cnn explain`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnncli.cli.drawn import png_option
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import ModelOrPicture
from cnncli.cli.options import box_option, debug_option, invert_option, json_option
from cnncli.cli.streams import echo
from cnncli.cli.training_options import table_option

if TYPE_CHECKING:
    from cnncli.microscope.unit import Microscope
    from cnncli.microscope.unit_sum import Place, UnitSum
    from cnncli.model import Model


@click.command(
    "explain",
    cls=HelpCommand,
    short_help="Show how one number of a network comes about, term by term.",
    epilog="\b\nExample:\n  cnn explain digit.png --at conv1[3,10,12]",
)
@click.argument("words", nargs=-1, required=True, metavar="[MODEL] FILE", type=ModelOrPicture())
@click.option(
    "--at",
    metavar="LAYER[INDEX,...]",
    help="The unit to explain: its layer, as cnn summary names it or as conv1, pool2, fc1, and its channel, row and "
    "column, or its place in a vector, counted from 0.  [default: the output for the answer]",
)
@click.option("--all", "whole", is_flag=True, help="Every channel and term, not only those that count most.")
@invert_option
@box_option
@png_option("--out", "-o", what="Write all this as one picture to FILE.png: the window, the weights and the products.")
@table_option("plugins")
@json_option
@debug_option
def command(
    words: tuple[str, ...],
    at: str | None,
    whole: bool,
    invert: bool | None,
    box: tuple[int, int, int, int] | None,
    out: str | None,
    plugins: tuple[str, ...] | None,
    as_json: bool,
) -> None:
    """Show how one unit of a trained network comes about for the picture FILE: its window, each value times its weight,
    the bias, the activation, where it goes next, and what the answer would be without it.

    MODEL is a model.bin, or the name of a network that comes trained: lenet5.  [default: ./model.bin, else lenet5]
    """
    import json

    import numpy as np

    from cnncli.cli.drawn import save_page, say_saved
    from cnncli.cli.models_named import look_at
    from cnncli.cli.render_explain import title
    from cnncli.microscope.places import find_place
    from cnncli.microscope.unit import Microscope
    from cnncli.pictures.picture_file import name_of
    from cnncli.shown import printable
    from cnncli.views.unit import unit_page

    model, picture, image = look_at(words, plugins, invert, box, out)
    scope = Microscope(model.network, image)
    if at is not None:
        index, place = find_place(scope.steps, at)
    else:
        index, place = (
            len(scope.steps) - 1,
            tuple(
                int(side) for side in np.unravel_index(int(scope.values[-1][0].argmax()), scope.values[-1].shape[1:])
            ),
        )
    unit = scope.unit(index, place)
    name = title(unit, Path(name_of(picture)).name, printable(model.network.name or "the network"))
    if out is not None:
        save_page(unit_page(scope, index, unit, image, name), out)
    if as_json:
        echo(json.dumps({"picture": picture, **_facts(model, scope, index, unit), **({"out": out} if out else {})}))
    elif out is not None:
        say_saved(out, name)
    else:
        _show(model, scope, index, unit, name, whole)


def _show(model: "Model", scope: "Microscope", index: int, unit: "UnitSum", name: str, whole: bool) -> None:
    from cnncli.cli.render_explain import answer_line, reader_lines, unit_lines
    from cnncli.errors import UsageError
    from cnncli.network.seen import seen_parts
    from cnncli.views.field import field_words

    echo(name)
    try:
        region = tuple((one, one) for one in unit.place)
        echo(f"It {field_words(seen_parts(scope.network, index, region)[0])}.")
    except UsageError:
        echo("It lies on padding alone, and sees nothing of the input.")
    for line in unit_lines(unit, whole):
        echo(line)
    echo("")
    for line in reader_lines(scope.readers(index, unit.place), unit):
        echo(line)
    answers = _answers(model, scope, index, unit.place)
    if answers is not None:
        echo(answer_line(model.class_names, *answers))


def _answers(model: "Model", scope: "Microscope", index: int, place: "Place") -> tuple[list[float], list[float]] | None:
    """The probabilities of the classes, and those if the unit were 0; None of a network without classes."""
    import numpy as np

    from cnncli.layers import Softmax
    from cnncli.network.answers import log_probabilities

    if not model.class_names or scope.values[-1].ndim != 2:
        return None
    rows = np.stack([scope.values[-1][0], scope.without(index, place)])
    with np.errstate(all="ignore"):
        if model.network.outputs == "scores":
            last = scope.steps[-1].layer
            rows = (
                np.log(rows) if isinstance(last, Softmax) else rows - np.logaddexp.reduce(rows, axis=1, keepdims=True)
            )
        shares = model.confidence.calibrated(log_probabilities(rows, model.network.outputs))
    return shares[0].tolist(), shares[1].tolist()


def _facts(model: "Model", scope: "Microscope", index: int, unit: "UnitSum") -> dict[str, Any]:
    readers = [
        {"layer": one.name, "type": one.type, "units": one.units, "most": list(one.place), "value": one.before,
         "without": one.after}
        for one in scope.readers(index, unit.place)
    ]  # fmt: skip
    answers = _answers(model, scope, index, unit.place)
    facts = {**unit.to_dict(), "next": readers}
    if answers is not None:
        names = model.class_names
        facts["probabilities"], facts["without"] = (dict(zip(names, one, strict=True)) for one in answers)
    return facts
