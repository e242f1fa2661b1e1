"""`cnn predict`."""

import json
import sys
from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cnncli.cli import plain
from cnncli.cli.options import Number, debug_option, json_option
from cnncli.cli.streams import echo
from cnncli.errors import CnnError, UsageError
from cnncli.shown import shown

if TYPE_CHECKING:
    from cnncli.model import Model
    from cnncli.recipe import InputRecipe, Prepared

Box = tuple[int, int, int, int]  # x, y, width, height

_FILES_AT_ONCE = 256
_CLASSES_OF_ONE_FILE = 10
_CLASSES_OF_EACH_FILE = 3


class _Answer(NamedTuple):
    """What the model says about one file; or the error, and then nothing else."""

    file: str
    error: str | None = None
    prepared: "Prepared | None" = None
    label: str = ""
    probabilities: Sequence[float] = ()
    sure: bool = True
    box: Box | None = None


NOT_SURE = "not sure"


@click.command(
    "predict",
    short_help="Say what is in pictures.",
    epilog="\b\nExample:\n  cnn predict digit.png",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--model",
    metavar="FILE",
    help="A trained model.  [default: ./model.bin, else the trained LeNet-5 that comes with cnn]",
)
@click.option(
    "--invert/--no-invert",
    default=None,
    help="Swap light and dark, or leave them.  [default: found out from each picture]",
)
@click.option(
    "--box",
    callback=lambda ctx, parameter, value: None if value is None else _box(value),
    metavar="X,Y,W,H",
    help="Look at this part of the picture only: its corner at the top left, width and height, in pixels.",
)
@click.option("--all", "read_all", is_flag=True, help="Read all digits of a line, from left to right.")
@click.option(
    "--reject",
    type=Number(least=0, most=1),
    metavar="P",
    help="Say \"not sure\" below this probability; 0 never.  [default: what the model's training found]",
)
@json_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    files: tuple[str, ...],
    model: str | None,
    invert: bool | None,
    box: Box | None,
    read_all: bool,
    reject: float | None,
    as_json: bool,
) -> None:
    """Say what is in each FILE: a picture of any size and colour, light on dark or dark on light.

    A file that cannot be read does not stop the others; the exit code is then 1.
    """
    from cnncli import load

    if box is not None and read_all:
        raise click.UsageError("--box reads one digit and --all every one; pass one of them", ctx)
    path, said = _find_model(model)
    loaded = load(path)
    least = loaded.confidence.threshold if reject is None else reject
    if not as_json:
        echo(plain.style(f"model: {said}", "2", plain.can_colour(sys.stderr)), err=True)
    facts, failed = [], False
    for answer in _answers(loaded, files, _Look(invert, box, read_all), least):
        if answer.error is not None:
            failed = True
            echo(f"cnn: {answer.error}", err=True)
        if as_json:
            facts.append(_facts(answer, loaded.class_names))
        elif answer.error is None:
            _show(answer, loaded.class_names, alone=len(files) == 1 and not read_all)
    if as_json:
        echo(json.dumps(facts, allow_nan=False))
    ctx.exit(1 if failed else 0)


def _find_model(model: str | None) -> tuple[Path, str]:
    """The model file, and the words that tell the user which."""
    if model is not None:
        return Path(model), model
    if Path("model.bin").exists():
        return Path("model.bin"), "model.bin in this folder"
    from cnncli.architectures import shipped_model

    return shipped_model("lenet5"), "the LeNet-5 that comes with cnn"


class _Look(NamedTuple):
    """How a picture is looked at: ink and paper swapped, a part of it, every digit of it."""

    invert: bool | None
    box: Box | None
    read_all: bool


def _box(text: str) -> Box:
    """`10,20,100,120` as four numbers."""
    words = text.split(",")
    if len(words) != 4 or not all(word.strip().isascii() and word.strip().isdigit() for word in words):
        raise click.BadParameter(f"{shown(text)}: use four whole numbers, X,Y,W,H, such as 10,20,100,120")
    x, y, width, height = (int(word) for word in words)
    return x, y, width, height


def _answers(model: "Model", files: Sequence[str], look: _Look, least: float) -> Iterator[_Answer]:
    """One answer a file, or with --all one a digit, in order; a few hundred files are in memory at a time."""
    import numpy as np

    recipe = model.recipe
    if recipe is None:
        raise UsageError(
            "the model was trained on plain numbers and records no way to make them from pictures; "
            "use cnncli.load(...).predict(...) from Python"
        )
    for start in range(0, len(files), _FILES_AT_ONCE):
        now = files[start : start + _FILES_AT_ONCE]
        read = [answer for file in now for answer in _read(recipe, file, look)]
        pixels = [answer.prepared.pixels for answer in read if answer.prepared is not None]
        if not pixels:
            yield from read
            continue
        prediction = model.predict(np.stack(pixels))
        predicted = iter(zip(prediction.names, prediction.probabilities.tolist(), strict=True))
        for answer in read:
            if answer.prepared is not None:
                label, probabilities = next(predicted)
                if not all(map(isfinite, probabilities)):
                    reason = "the model gives NaN or infinity for it; train it with a smaller learning rate"
                    answer = _Answer(answer.file, error=f"{shown(answer.file)}: {reason}")
                else:
                    sure = max(probabilities) >= least
                    answer = answer._replace(label=label, probabilities=probabilities, sure=sure)
            yield answer


def _read(recipe: "InputRecipe", file: str, look: _Look) -> list[_Answer]:
    try:
        if look.read_all:
            found = recipe.prepare_all(file, invert=look.invert)
            return [_Answer(file, prepared=prepared, box=box) for prepared, box in found]
        prepared = recipe.prepare(file, invert=look.invert, box=look.box)
        return [_Answer(file, prepared=prepared, box=look.box)]
    except CnnError as error:
        return [_Answer(file, error=str(error))]


def _facts(answer: _Answer, class_names: Sequence[str]) -> dict[str, Any]:
    if answer.error is not None:
        return {"file": answer.file, "error": answer.error}
    by_class = dict(zip(class_names, answer.probabilities, strict=True))
    facts: dict[str, Any] = {"file": answer.file, "label": answer.label if answer.sure else NOT_SURE}
    if not answer.sure:
        facts["best_guess"] = answer.label
    if answer.box is not None:
        facts["box"] = list(answer.box)
    return facts | {"probability": by_class[answer.label], "probabilities": by_class}


def _terminal_columns() -> int:
    from shutil import get_terminal_size

    return get_terminal_size().columns


def _show(answer: _Answer, class_names: Sequence[str], alone: bool) -> None:
    """The label and a bar for each of the likeliest classes; on a terminal also what the network sees."""
    colour, blocks = plain.can_colour(sys.stdout), plain.can_draw(sys.stdout)
    most = _CLASSES_OF_ONE_FILE if alone else _CLASSES_OF_EACH_FILE
    order = sorted(range(len(class_names)), key=lambda index: -answer.probabilities[index])[:most]
    best = order[0]
    if alone and len(class_names) <= most:
        order.sort()  # a full chart reads best in the order of the classes
    name_width = max(len(class_names[index]) for index in order)
    lines = []
    for index in order:
        share = answer.probabilities[index]
        line = f"  {class_names[index]:>{name_width}} {plain.percent(share)} {plain.bar(share, 24, blocks)}"
        lines.append(plain.style(line, "1;32" if index == best else "2", colour).rstrip())
    assert answer.prepared is not None
    where = f" at {','.join(map(str, answer.box))}" if answer.box is not None else ""
    percent = plain.percent(answer.probabilities[best]).strip()
    label = answer.label if answer.sure else NOT_SURE
    rest = f" ({percent})" if answer.sure else f" (best guess {answer.label}, {percent})"
    echo(f"{shown(answer.file)}: {plain.style(label, '1', colour)}{where}{rest}")
    for note in answer.prepared.notes:
        echo(plain.style(f"  {note}", "2", colour))
    pixels = answer.prepared.pixels
    drawn = alone and colour and blocks and pixels.shape[1] <= 64
    if drawn and _terminal_columns() >= pixels.shape[2] + name_width + 40:
        picture = plain.picture(pixels.mean(axis=0).astype(int).tolist())
        lines = [""] * ((len(picture) - len(lines)) // 2) + lines
        lines += [""] * (len(picture) - len(lines))
        picture += [""] * (len(lines) - len(picture))
        lines = [f"{left} {right}" for left, right in zip(picture, lines, strict=True)]
    for line in lines:
        echo(line)
