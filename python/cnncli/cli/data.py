"""`cnn data`."""

from typing import TYPE_CHECKING

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import NameOrPath
from cnncli.cli.options import (
    NearestChoice,
    Number,
    debug_option,
    json_option,
    quiet_option,
)
from cnncli.cli.streams import echo
from cnncli.cli.training_options import table_options

if TYPE_CHECKING:
    from cnncli.data import DataSet, Split

_PNG_COLUMNS = 20
_PARTS = ("train", "validation", "test")


@click.command(
    "data",
    cls=HelpCommand,
    short_help="Say what a data set is, and show its images.",
    epilog="\b\nExample:\n  cnn data digits --show",
)
@click.argument("name_or_path", metavar="[NAME|PATH]", required=False, type=NameOrPath("data sets"))
@click.option("--show", is_flag=True, help="Draw a sheet of images on the terminal, one row a class.")
@click.option(
    "--out", "-o", type=click.Path(), metavar="FILE.png", help="Write the sheet to a PNG file."
)
@click.option(
    "--columns",
    type=Number(least=1, most=1000, whole=True),
    metavar="N",
    help=f"Images of each class on the sheet.  [default: what fits, up to 10; in a PNG {_PNG_COLUMNS}]",
)
@click.option(
    "--part",
    type=NearestChoice(_PARTS),
    metavar="NAME",
    help="Part to show: train, validation or test.  [default: train]",
)
@click.option(
    "--seed",
    type=Number(least=0, most=2**63 - 1, whole=True),
    metavar="N",
    help="Draw digits from this seed; of other data sets, show images picked by it and not the first ones.",
)
@table_options("label_column", "data_dir", "prepare", "size", "colour", "skip_bad", "use_cache")
@click.option("--cache", "about_cache", is_flag=True, help="Say what the cache of prepared pictures holds.")
@click.option("--clear-cache", is_flag=True, help="Empty the cache of prepared pictures.")
@json_option
@quiet_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    name_or_path: str | None,
    show: bool,
    out: str | None,
    columns: int | None,
    part: str | None,
    seed: int | None,
    label_column: str | None,
    data_dir: str | None,
    prepare: str | None,
    size: tuple[int, int] | None,
    colour: str | None,
    skip_bad: bool,
    use_cache: bool,
    about_cache: bool,
    clear_cache: bool,
    as_json: bool,
) -> None:
    """Say what a data set is: images, shape, classes, mean and deviation, source, licence and files.

    NAME|PATH is what `cnn train --data` takes: mnist, fashion-mnist, kmnist, emnist-digits, emnist-letters (fetched if
    they are not there), digits, or a path: a folder of pictures or of IDX files, a list of pictures, a table of pixels,
    an .npz, .npy files, CIFAR's batches. What was left aside or converted is listed as notes. Without it: a list of the
    data sets that have names.
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
        _tell_names(data_dir, as_json)
        return
    import json

    _check_sheet(ctx, show, as_json, out, {"--columns": columns, "--part": part})

    from cnncli import data
    from cnncli.cli.numbers_named import told_as_table
    from cnncli.cli.render_data import facts_json, show_facts, show_sheet
    from cnncli.cli.render_fetch import FetchDisplay
    from cnncli.cli.sheet import make_sheet, sheet_png
    from cnncli.data.facts import data_facts
    from cnncli.shown import printable
    from cnncli.storage.files import write_atomically

    if not show and out is None and told_as_table(name_or_path, label_column, skip_bad, as_json):
        return
    with FetchDisplay() as fetching:
        dataset = data.load(
            name_or_path,
            data_dir=data_dir,
            seed=seed or 0,
            label_column=label_column,
            wish=data.PictureWish(prepare=prepare or "auto", colour=colour, size=size),
            skip_bad=skip_bad,
            use_cache=use_cache,
            report=fetching.show,
        )
    picked = None if dataset.name == name_or_path == "digits" else seed
    if out is not None:
        sheet = make_sheet(_part(dataset, part), dataset.class_names, columns or _PNG_COLUMNS, picked)
        write_atomically(out, sheet_png(sheet))
    if show:
        show_sheet(_part(dataset, part), dataset.class_names, columns, picked, dataset.polarity)
    elif as_json:
        facts = facts_json(data_facts(dataset, name_or_path, data_dir))
        echo(json.dumps(facts | ({"sheet": out} if out else {}), allow_nan=False))
    elif out is None:
        show_facts(data_facts(dataset, name_or_path, data_dir))
    if out is not None and not as_json:
        echo(f"{printable(out)}: {dataset.name}, one row a class")


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
    import json

    from cnncli.cli.data_list import data_set_facts, list_data_sets

    known = data_set_facts(data_dir)
    echo(json.dumps({"data_sets": known}, allow_nan=False)) if as_json else list_data_sets(known)


def _tell_cache(clears: bool, as_json: bool) -> None:
    """What the cache of prepared pictures holds, or held until it was emptied."""
    import json

    from cnncli.cli.render_data import cache_json, cache_line
    from cnncli.data.preparation.picture_cache import cache_facts, clear_cache

    facts = clear_cache() if clears else cache_facts()
    echo(json.dumps(cache_json(facts, clears)) if as_json else cache_line(facts, clears))


def _part(dataset: "DataSet", name: str | None) -> "Split":
    """The part to show; without a name the training images, or the test images if there are no others."""
    from cnncli.errors import DataError

    parts = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    there = {key: split for key, split in parts.items() if split is not None and len(split)}
    if name is None:
        name = next(key for key in ("train", "test", "validation") if key in there)
    if name not in there:
        raise DataError(f"{dataset.name}: holds no {name} images; leave out --part")
    return there[name]
