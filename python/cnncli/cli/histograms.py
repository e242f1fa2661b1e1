"""`cnn histograms`."""

import sys
from pathlib import Path

import click

from cnncli.cli import plain
from cnncli.cli.drawn import png_option
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import RunFolder
from cnncli.cli.options import Folder, debug_option, json_option
from cnncli.cli.streams import echo, echo_json


@click.command(
    "histograms",
    cls=HelpCommand,
    short_help="Show how the weights, outputs and gradients of a run are spread.",
    epilog="\b\nExample:\n  cnn histograms",
)
@click.argument("run", required=False, metavar="[RUN]", type=RunFolder(groups=True))
@click.option(
    "--runs", "root", type=Folder(), default="runs", show_default=True, metavar="FOLDER", help="Where the runs are."
)
@png_option("--out", "-o", what="Write the histograms as one picture to FILE.png.")
@json_option
@debug_option
def command(run: str | None, root: str, out: str | None, as_json: bool) -> None:
    """Show histograms of the weights, outputs and gradients of each layer at the end of a training, and dead units.

    RUN is a folder such as runs/lenet5-mnist-1, or its name; that of --seeds stands for all its runs.  [default: the
    run that ended last]

    They are taken from the model that was kept, on some of its training images. A unit is dead if it gives one and the
    same value for all of them.
    """
    from cnncli.cli.drawn import save_page, say_saved, width
    from cnncli.cli.outputs import check_outputs
    from cnncli.shown import plural, printable
    from cnncli.training.run_histograms import read_histograms
    from cnncli.views.histograms import histogram_lines, histogram_page, one_page

    check_outputs({"--out": out})
    folders = [_newest(Path(root))] if run is None else _named(run, Path(root))
    found = [(folder, read_histograms(folder)) for folder in folders]
    titles = [f"{printable(folder.name)}: {facts['images']} training images" for folder, facts in found]
    title = titles[0] if len(titles) == 1 else f"{printable(folders[0].parent.name)}: {plural(len(titles), 'run')}"
    if out is not None:
        pages = [histogram_page(one, facts["layers"]) for one, (_, facts) in zip(titles, found, strict=True)]
        save_page(pages[0] if len(pages) == 1 else one_page(title, pages), out)
    if as_json:
        shown = [{"run": str(folder), **facts} for folder, facts in found]
        echo_json({**(shown[0] if len(shown) == 1 else {"runs": shown}), **({"out": out} if out else {})})
    elif out is not None:
        say_saved(out, title)
    else:
        for number, (one, (_, facts)) in enumerate(zip(titles, found, strict=True)):
            echo(f"\n{one}" if number else one)
            for line in histogram_lines(facts["layers"], width(), plain.can_draw(sys.stdout)):
                echo(line)


def _named(run: str, root: Path) -> list[Path]:
    """The folder of a run, or of several seeds those that have histograms; all of them where none has."""
    from cnncli.training.run_histograms import FILE
    from cnncli.training.runs import is_group, named_runs

    for path in (Path(run), root / run):
        if path.is_dir() and not is_group(path):
            return [path]
    found = named_runs(run, root)
    return [path for path in found if (path / FILE).is_file()] or found


def _newest(root: Path) -> Path:
    """The run whose histograms were written last."""
    from cnncli.errors import UsageError
    from cnncli.shown import printable
    from cnncli.training.run_histograms import FILE
    from cnncli.training.runs import run_places

    found = [path for path in run_places(root) if (path / FILE).is_file()]
    if not found:
        raise UsageError(f"{printable(root)}: no run with histograms; name one, or train with cnn train")
    return max(found, key=lambda run: ((run / FILE).stat().st_mtime, run))
