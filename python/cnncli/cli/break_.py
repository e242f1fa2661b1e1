"""`cnn break`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnncli.cli.drawn import check_ending
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath, Name
from cnncli.cli.options import Folder, Number, debug_option, json_option
from cnncli.cli.streams import echo, echo_json
from cnncli.cli.training_options import table_option

if TYPE_CHECKING:
    from cnncli.broken.cases import Case
    from cnncli.broken.pair import Source
    from cnncli.training.records import Record

_IMAGES = 4000


def _check_html(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    return check_ending(value, ".html", "the case is a page")


@click.command(
    "break",
    cls=HelpCommand,
    short_help="Train a network with a mistake beside a healthy one.",
    epilog="\b\nExample:\n  cnn break zero-init",
)
@click.argument("case", metavar="[CASE]", required=False, type=Name("mistakes"))
@table_option("architecture", otherwise="mlp")
@table_option("data", otherwise="digits")
@table_option("data_dir")
@click.option(
    "--images",
    type=Number(whole=True, least=200, most=1_000_000),
    metavar="N",
    default=_IMAGES,
    show_default=True,
    help="Training images that are taken, and a quarter as many test images.",
)
@table_option("epochs", otherwise="the description's")
@table_option("seed")
@table_option("threads")
@click.option("--out", "-o", type=FilePath(), metavar="FILE.html", callback=_check_html,
              help="Curves and words as one page.")
@click.option("--keep", type=Folder(), metavar="FOLDER", help="Keep both runs, as FOLDER/broken and FOLDER/healthy.")
@json_option
@debug_option
def command(
    case: str | None, images: int, out: str | None, keep: str | None, as_json: bool, **settings_by_field: Any
) -> None:
    """Train a network with a mistake, and beside it a healthy twin: the same data, seed and settings. Shows both
    curves, what to look for, why it is so and how to mend it; without CASE lists those there are.

    The mistake is truly made, and cnn doctor is asked what it is.
    """
    import json

    from cnncli.broken.cases import CASES, find_case
    from cnncli.cli.outputs import check_folder_of, check_outputs
    from cnncli.cli.render_break import case_facts, case_lines, list_lines, write_page

    if case is None:
        listed = [{"name": one.name, "shows": one.shows} for one in CASES]
        for line in [json.dumps({"cases": listed})] if as_json else list_lines():
            echo(line)
        return
    check_outputs({"--out": out}, data=settings_by_field["data"])
    check_folder_of("--keep", keep)
    chosen = find_case(case)
    with _pair(chosen, images, keep, settings_by_field) as (broken, healthy, source):
        from cnncli.doctor.facts import read_facts

        twins = read_facts(broken), read_facts(healthy)
        if out is not None:
            write_page(out, chosen, *twins, source)
        if as_json:
            kept = {} if keep is None else {"broken": str(broken), "healthy": str(healthy)}
            echo_json({**case_facts(chosen, *twins), **kept, **({"out": out} if out else {})})
            return
        for line in case_lines(chosen, *twins, source):
            echo(line)
    from cnncli.shown import printable

    if keep is not None:
        echo(f"\nBoth runs: cnn doctor {printable(str(broken))} {printable(str(healthy))}")
    if out is not None:
        echo(f"\n{printable(out)}: {chosen.title}")


@contextmanager
def _pair(
    case: "Case", images: int, keep: str | None, settings_by_field: dict[str, Any]
) -> "Iterator[tuple[Path, Path, Source]]":
    """The folders of both runs; they are gone afterwards unless they are to be kept."""
    from dataclasses import replace
    from tempfile import TemporaryDirectory

    from cnncli.broken.pair import begun, read_source, trained
    from cnncli.cli.render_fetch import FetchDisplay
    from cnncli.errors import UsageError
    from cnncli.shown import printable
    from cnncli.training_options import TrainSettings

    given = {name: value for name, value in settings_by_field.items() if value is not None}
    usual = {"architecture": "mlp", "data": "digits"}
    with TemporaryDirectory(prefix="cnn-break-") as passing:
        place = Path(passing if keep is None else keep)
        for name in ("broken", "healthy"):
            if (place / name).exists():
                raise UsageError(f"--keep {printable(str(place))}: has a {name} already; name another folder")
        settings = replace(TrainSettings(), **{**usual, **given}, runs=str(place), out=str(Path(passing) / "model.bin"))
        with FetchDisplay() as fetching:
            source = read_source(settings, (images, max(50, images // 4)), fetching.show)
        paths = []
        for name, is_broken in (("broken", True), ("healthy", False)):
            with begun(case, source, is_broken) as job, _progress(name) as report:
                trained(job, report)
            path = place / name
            job.run.path.rename(path)
            paths.append(path)
        yield paths[0], paths[1], source


@contextmanager
def _progress(name: str) -> "Iterator[Callable[[Record], object]]":
    """A line on a terminal that says which epoch it is, and is gone at the end."""
    from cnncli.training.records import EpochDone

    is_shown = sys.stderr.isatty()

    def report(record: "Record") -> None:
        if is_shown and isinstance(record, EpochDone):
            sys.stderr.write(f"\r{'the ' + name + ' one':16} epoch {record.epoch} of {record.epochs}\x1b[K")
            sys.stderr.flush()

    try:
        yield report
    finally:
        if is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
