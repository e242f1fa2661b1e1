"""`cnn data`."""

from typing import Any

import click

from cnncli.augmentation import LEVELS
from cnncli.cli.data_asked import PNG_COLUMNS, SHEETS, Asked
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath, ModelPath, NameOrPath
from cnncli.cli.options import (
    NearestChoice,
    Number,
    debug_option,
    json_option,
    quiet_option,
)
from cnncli.cli.streams import echo, echo_json
from cnncli.cli.training_options import table_options

_OF_CLASSES = ("classes", "names")
_WITHOUT_CHECKS = (*_OF_CLASSES, "suspects")
_PARTS = ("train", "validation", "test")


@click.command(
    "data",
    cls=HelpCommand,
    short_help="Say what a data set is and what is wrong in it; show its images.",
    epilog="\b\nExample:\n  cnn data digits --show",
)
@click.argument("name_or_path", metavar="[NAME|PATH]", required=False, type=NameOrPath("data sets"))
@click.option("--show", is_flag=True, help="Draw a sheet of images on the terminal, one row a class.")
@click.option(
    "--out", "-o", type=FilePath(), metavar="FILE.png", help="Write the sheet to a PNG file."
)
@click.option(
    "--columns",
    type=Number(least=1, most=1000, whole=True),
    metavar="N",
    help=f"Images of each class on the sheet.  [default: what fits, up to 10; in a PNG {PNG_COLUMNS}]",
)
@click.option(
    "--part",
    type=NearestChoice(_PARTS),
    metavar="NAME",
    help="Part to show: train, validation or test.  [default: train]",
)
@click.option(
    "--of", type=NearestChoice(SHEETS), metavar="NAME",
    help="What the sheet shows: classes, one row each; names, the same with each picture's name below it; or those "
    f"that were found fault with: {', '.join(SHEETS[2:])}.  [default: classes; suspects with --model]",
)
@click.option(
    "--augment", is_flag=False, flag_value="auto", type=NearestChoice(LEVELS), metavar="[LEVEL]",
    help="The sheet shows an image of each class beside what the first epochs of a training with --augment LEVEL make "
    f"of it: {', '.join(LEVELS)}.  [default: auto]",
)
@click.option(
    "--seed",
    type=Number(least=0, most=2**63 - 1, whole=True),
    metavar="N",
    help="Seed of drawn digits, and of the images to show; without it other data sets show their first ones.",
)
@table_options("label_column", "data_dir", "prepare", "pixels", "colour", "skip_bad", "use_cache")
@click.option("--no-checks", is_flag=True, help="Count only: look for no doubles, leaks and other faults.")
@click.option("--strict", is_flag=True, help="Exit with 1 where a fault is found.")
@click.option(
    "--model", type=ModelPath(), metavar="MODEL",
    help="Ask a trained model which labels are suspicious: those of pictures that it is sure to be another class.",
)
@click.option(
    "--folds", type=Number(least=2, most=100, whole=True), metavar="N",
    help="Train the model of --model N times anew, each time without a part of the training pictures, which it then "
    "answers: so none is judged by a model that has seen it.",
)
@click.option("--cache", "about_cache", is_flag=True, help="Say what the cache of prepared pictures holds.")
@click.option("--clear-cache", is_flag=True, help="Empty the cache of prepared pictures.")
@json_option
@quiet_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context, /, name_or_path: str | None, show: bool, out: str | None, augment: str | None,
    about_cache: bool, clear_cache: bool, as_json: bool, **asked: Any,
) -> None:
    """Say what a data set is, and what is wrong with it: doubles, pictures that are in two parts or under two labels,
    empty ones, classes of very different sizes (docs/data.md).

    NAME|PATH is what `cnn train --data` takes: mnist, fashion-mnist, kmnist, emnist-digits, emnist-letters (fetched if
    they are not there), digits, or a path: a folder of pictures or of IDX files, a list of pictures, a table of pixels
    or of numbers, an .npz, .npy files, CIFAR's batches. What was left aside or converted is listed as notes. Without
    it: a list of the data sets that have names.
    """
    if about_cache or clear_cache:
        if name_or_path is not None:
            option = "--clear-cache" if clear_cache else "--cache"
            raise click.UsageError(f"{option} is about all pictures; leave out {name_or_path}", ctx)
        _tell_cache(clear_cache, as_json)
        return
    if name_or_path is None:
        if show or out is not None:
            option = "--show" if show else "--out"
            raise click.UsageError(f"{option}: of which data set? name it, as in cnn data digits {option}", ctx)
        _tell_names(asked["data_dir"], as_json)
        return
    of_sheet = {"--columns": asked["columns"], "--part": asked["part"], "--of": asked["of"], "--augment": augment}
    _check_sheet(ctx, show, as_json, out, of_sheet)
    _check_checks(ctx, asked)
    from cnncli.cli.outputs import check_outputs

    check_outputs({"--out": out}, [("the model", asked["model"])], name_or_path)
    if augment is not None:
        for name in ("of", "part", "strict", "model"):
            if asked[name]:
                raise click.UsageError(f"--{name}: --augment shows training images; leave out one of them", ctx)
        from cnncli.cli.augmented_sheet import tell_augmented

        tell_augmented(Asked(name_or_path, show, out, as_json, **asked), augment)
        return

    from cnncli.cli.data_report import tell

    found = tell(Asked(name_or_path, show, out, as_json, **asked))
    ctx.exit(1 if found and asked["strict"] else 0)


def _check_checks(ctx: click.Context, asked: dict[str, Any]) -> None:
    """Raises UsageError for options of the checks that do not go together."""
    of = asked["of"] or "classes"
    for clash, words in (
        (asked["no_checks"] and asked["strict"], "--strict: there is nothing to find with --no-checks; leave out one"),
        (asked["no_checks"] and of not in _WITHOUT_CHECKS, f"--of {of}: is what --no-checks leaves out"),
        (asked["folds"] and not asked["model"], "--folds: of which model? add --model model.bin"),
        (of == "suspects" and not asked["model"], "--of suspects: asks a trained model; add --model model.bin"),
        (of not in _OF_CLASSES and asked["columns"] is not None, "--columns: is of the sheet of classes; leave it out"),
        (of not in _OF_CLASSES and asked["part"] is not None, f"--part: --of {of} shows all parts; leave it out"),
    ):
        if clash:
            raise click.UsageError(words, ctx)


def _check_sheet(ctx: click.Context, show: bool, as_json: bool, out: str | None, of_sheet: dict[str, object]) -> None:
    """Raises UsageError for options of a sheet that go with no sheet."""
    if show and as_json:
        raise click.UsageError("--show draws what --json cannot hold; leave out one of them", ctx)
    for option, given in of_sheet.items():
        if given is not None and not show and out is None:
            raise click.UsageError(f"{option} is about the sheet; add --show or --out sheet.png", ctx)
    if out is not None and not out.lower().endswith(".png"):
        raise click.UsageError(f"--out {out}: the sheet is a PNG; use a name that ends in .png", ctx)


def _tell_names(data_dir: str | None, as_json: bool) -> None:
    """The data sets that have names."""
    from cnncli.cli.data_list import data_set_facts, list_data_sets

    known = data_set_facts(data_dir)
    echo_json({"data_sets": known}) if as_json else list_data_sets(known)


def _tell_cache(clears: bool, as_json: bool) -> None:
    """What the cache of prepared pictures holds, or held until it was emptied."""
    import json

    from cnncli.cli.render_data import cache_json, cache_line
    from cnncli.data.preparation.picture_cache import cache_facts, clear_cache

    facts = clear_cache() if clears else cache_facts()
    echo(json.dumps(cache_json(facts, clears)) if as_json else cache_line(facts, clears))
