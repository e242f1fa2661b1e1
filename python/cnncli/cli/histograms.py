"""`cnn histograms`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnncli.cli import plain
from cnncli.cli.drawn import png_option
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import RunFolder
from cnncli.cli.options import Folder, debug_option, json_option
from cnncli.cli.streams import echo, echo_json

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command(
    "histograms",
    cls=HelpCommand,
    short_help="Show how the weights, outputs and gradients of a run are spread.",
    epilog="\b\nExample:\n  cnn histograms",
)
@click.argument("run", required=False, metavar="[RUN]", type=RunFolder())
@click.option(
    "--runs", "root", type=Folder(), default="runs", show_default=True, metavar="FOLDER", help="Where the runs are."
)
@png_option("--out", "-o", what="Write the histograms as one picture to FILE.png.")
@json_option
@debug_option
def command(run: str | None, root: str, out: str | None, as_json: bool) -> None:
    """Show histograms of the weights, outputs and gradients of each layer at the end of a training, and dead units.

    RUN is a folder such as runs/lenet5-mnist-1, or its name.  [default: the run that ended last]

    They are taken from the model that was kept, on some of its training images. A unit is dead if it gives one and the
    same value for all of them.
    """
    from cnncli.cli.drawn import save_page, say_saved, width
    from cnncli.cli.outputs import check_outputs
    from cnncli.shown import printable
    from cnncli.training.run_histograms import read_histograms
    from cnncli.views.histograms import histogram_lines, histogram_page

    check_outputs({"--out": out})
    folder = _newest(Path(root)) if run is None else _named(run, Path(root))
    facts = read_histograms(folder)
    title = f"{printable(folder.name)}: {facts['images']} training images"
    if out is not None:
        save_page(histogram_page(title, facts["layers"]), out)
    if as_json:
        echo_json({"run": str(folder), **facts, **({"out": out} if out else {})})
    elif out is not None:
        say_saved(out, title)
    else:
        echo(title)
        for line in histogram_lines(facts["layers"], width(), plain.can_draw(sys.stdout)):
            echo(line)


def _named(run: str, root: Path) -> Path:
    from cnncli.errors import UsageError
    from cnncli.shown import printable
    from cnncli.training.runs import known_runs

    for path in (Path(run), root / run):
        if path.is_dir():
            return path
    raise UsageError(f"{printable(run)}: no such run; {known_runs(root)}")


def _newest(root: Path) -> Path:
    """The run whose histograms were written last."""
    from cnncli.errors import UsageError
    from cnncli.shown import printable
    from cnncli.training.run_histograms import FILE

    def times() -> "Iterator[tuple[float, Path]]":
        for path in root.glob(f"*/{FILE}"):
            yield path.stat().st_mtime, path.parent

    found = max(times(), default=None)
    if found is None:
        raise UsageError(f"{printable(root)}: no run with histograms; name one, or train with cnn train")
    return found[1]
