"""`cnn predict`."""

import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnncli.cli import plain
from cnncli.cli.drawn import png_option
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.models_named import find_model
from cnncli.cli.names import FilePath, NameOrPath
from cnncli.cli.options import (
    Number,
    box_option,
    debug_option,
    invert_option,
    is_quiet,
    json_option,
    quiet_option,
    tta_option,
)
from cnncli.cli.outputs import STANDARD_OUTPUT, check_outputs, check_table_name, text_output
from cnncli.cli.streams import echo
from cnncli.cli.training_options import table_option
from cnncli.shown import percent

if TYPE_CHECKING:
    from cnncli.cli.answers import Box, Right, Tally
    from cnncli.cli.pictures_named import NamedPicture
    from cnncli.cli.render_predict import CsvAnswers, JsonAnswers, TextAnswers
    from cnncli.model import Model

_MOST_READERS = 8  # threads; each may hold a picture of 33 megapixels, and one of them a larger one


@click.command(
    "predict",
    cls=HelpCommand,
    short_help="Say what is in pictures.",
    epilog="\b\nExample:\n  cnn predict digit.png",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=FilePath())
@click.option(
    "--model",
    type=NameOrPath("trained models"),
    metavar="FILE",
    help="A trained model.  [default: ./model.bin, else the trained LeNet-5 that comes with cnn]",
)
@table_option("plugins")
@invert_option
@box_option
@click.option("--all", "read_all", is_flag=True, help="Read all digits of a line, from left to right.")
@click.option(
    "--reject",
    type=Number(least=0, most=1),
    metavar="P",
    help="Say \"not sure\" below this probability; 0 never.  [default: what the model's training found on images "
    "held out, else 0]",
)
@tta_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: file, label, probability, and that of each class.")
@json_option
@click.option(
    "--out", "-o", type=FilePath(), metavar="FILE",
    help="Write to FILE instead: CSV, or JSON with --json or a name that ends in .json.",
)
@click.option("--show", is_flag=True, help="Draw how one picture was read, step by step, and what each step changed.")
@png_option("--save-view", what="Write the strip that --show draws to FILE.png.")
@quiet_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    files: tuple[str, ...],
    model: str | None,
    plugins: tuple[str, ...] | None,
    invert: bool | None,
    box: "Box | None",
    read_all: bool,
    reject: float | None,
    tta: bool,
    as_csv: bool,
    as_json: bool,
    out: str | None,
    show: bool,
    save_view: str | None,
) -> None:
    """Say what is in each FILE: a picture of any size and colour, light on dark or dark on light.

    FILE may also be a folder (all pictures in it and below), a list (a .txt or .csv that names pictures), a pattern in
    quotes ("scans/**/*.png"), or - for standard input: a picture, or names of pictures. Many pictures get a line each
    and a count; where folders or a list tell the classes, also how many are right.

    Of a model of numbers FILE is a table, or a row of numbers such as 1.5,2. cnn predict model.bin FILE works too.

    A file or a row that cannot be read does not stop the others; the exit code is then 1, and 2 where a file does not
    exist.
    """
    _check_together(ctx, box is not None, read_all, as_csv, as_json, show, save_view is not None)
    as_json = as_json or (out is not None and not as_csv and out.lower().endswith(".json"))
    as_csv = as_csv or (out is not None and not as_json)
    out = None if out == STANDARD_OUTPUT else out
    from cnncli import load
    from cnncli.cli.answers import Look, Tally, answers, recipe_of
    from cnncli.cli.pictures_named import Pictures
    from cnncli.model_file.custom import changed_plugins
    from cnncli.number_recipe import NumberRecipe

    if model is None and len(files) > 1 and files[0].endswith(".bin"):
        model, files = files[0], files[1:]
    path, said = find_model(model)
    _check_files(out, save_view, path, files)
    loaded = load(path)
    if isinstance(loaded.network.recipe, NumberRecipe):
        from cnncli.cli.numbers_named import predict_rows

        _refuse_tta(ctx, tta, path)
        with text_output(out) as write:
            code = predict_rows(loaded, files, "json" if as_json else "csv" if as_csv else "text", write)
        ctx.exit(code)
    for line in changed_plugins(loaded.network) if plugins else ():
        echo(f"note: {line}", err=True)
    recipe_of(loaded)
    names = loaded.class_names
    if not as_json and not as_csv and not is_quiet():
        _announce(loaded, said, tta)
    pictures, tally = Pictures(files), Tally(names)
    named = iter(pictures)
    first = _first_two(named)
    alone = _is_alone(ctx, first, show, save_view)
    least = loaded.confidence.threshold if reject is None else reject
    with text_output(out) as write:
        form = _form(write, names, as_json, as_csv, alone, read_all, box is not None)
        for answer in answers(
            loaded, chain(first, named), Look(invert, box, read_all), least, _reader_count(alone, box), tta
        ):
            tally.add(answer)
            if answer.error is not None:
                echo(f"cnn: {answer.error}", err=True)
            form.add(answer)
        form.end()
    if first[0] is not None and (show or save_view) and not tally.failed:
        from cnncli.cli.predict_strip import show_strip

        show_strip(loaded, first[0], Look(invert, box, False), save_view, show)
    if pictures.aside:
        from cnncli.data.tree import aside_line

        echo(aside_line(pictures.aside)[0], err=True)
    if not alone and not (as_json and out is None):
        _tell_counts(tally, err=as_csv and out is None)
    ctx.exit(tally.exit_code)


def _check_files(out: str | None, save_view: str | None, model: Path, files: tuple[str, ...]) -> None:
    """Raises UsageError for files that cannot be made or that would replace what is read."""
    check_table_name("--out", out)
    inputs: list[tuple[str, str | Path]] = [("the model", model), *(("what is to be read", file) for file in files)]
    check_outputs({"--out": out, "--save-view": save_view}, inputs)


def _refuse_tta(ctx: click.Context, tta: bool, path: object) -> None:
    if tta:
        raise click.UsageError(f"--tta is for models of images, and {path} takes rows of numbers", ctx)


def _announce(model: "Model", said: str, tta: bool) -> None:
    """Which model answers, and what it is asked."""
    lines = [f"model: {said}"]
    if tta:
        from cnncli.model.views_of_image import Views

        views = Views.of(model.network)
        lines.append(f"--tta: mean of each image {views.words}; {views.count} times the computing")
    for line in lines:
        echo(plain.style(line, "2", plain.can_colour(sys.stderr)), err=True)


def _check_together(
    ctx: click.Context, box: bool, read_all: bool, as_csv: bool, as_json: bool, show: bool, save_view: bool
) -> None:
    """Raises UsageError for options that do not go with each other."""
    for clash, words in (
        (box and read_all, "--box reads one digit and --all every one; pass one of them"),
        (as_csv and as_json, "--csv and --json are two forms; pass one of them"),
        (show and (as_csv or as_json), "--show draws what --csv and --json cannot hold; leave out one of them"),
        (read_all and (show or save_view), "--show and --save-view are about one digit; leave out --all"),
    ):
        if clash:
            raise click.UsageError(words, ctx)


def _form(
    write: Callable[[str], None],
    names: list[str],
    as_json: bool,
    as_csv: bool,
    alone: bool,
    read_all: bool,
    box: bool,
) -> "JsonAnswers | CsvAnswers | TextAnswers":
    """What writes the answers."""
    from cnncli.cli.render_predict import CsvAnswers, JsonAnswers, TextAnswers

    if as_json:
        return JsonAnswers(write, names)
    return CsvAnswers(write, names, read_all or box) if as_csv else TextAnswers(write, names, alone, read_all)


def _first_two(pictures: "Iterator[NamedPicture | None]") -> "list[NamedPicture | None]":
    """The first pictures, so many that there are two, if there are."""
    first: list[NamedPicture | None] = []
    for picture in pictures:
        first.append(picture)
        if picture is None or len(first) > 1:
            break
    return first


def _is_alone(
    ctx: click.Context, first: "list[NamedPicture | None]", show: bool, save_view: str | None
) -> bool:
    """Whether there is one picture only; UsageError where it has to be, and where its strip would replace it."""
    alone = first[0] if len(first) == 1 else None
    if (show or save_view) and alone is None:
        raise click.UsageError("--show and --save-view are about one picture; name one", ctx)
    if save_view and alone is not None and isinstance(alone.source, str):
        check_outputs({"--save-view": save_view}, [("the picture", alone.source)])
    return alone is not None


def _reader_count(alone: bool, box: "Box | None") -> int:
    """Threads that read; a picture of which a box is asked for is held whole, however large it is."""
    if alone or box is not None:
        return 1
    from cnncli import _core

    return min(_core.default_thread_count(), _MOST_READERS)


def _tell_counts(tally: "Tally", err: bool) -> None:
    echo(tally.line, err=err)
    if tally.right is not None:
        echo(_right_line(tally.right, tally.unread), err=err)


def _right_line(found: "Right", unread: int) -> str:
    """How many answers are right, and of the pictures without one how many best guesses."""
    parts = []
    if found.answered:
        what = "answers right" if found.unsure else "right"
        parts.append(f"{found.right:,} of {found.answered:,} {what} ({percent(found.right / found.answered)})")
    if found.unsure:
        share = percent(found.guessed / found.unsure)
        parts.append(f"best guess right for {found.guessed:,} of {found.unsure:,} not sure ({share})")
    if unread:
        parts.append(f"{unread:,} that cannot be read not counted")
    return f"by {found.teller}: {'; '.join(parts)}"
