"""`cnn runs`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import RunFolder
from cnncli.cli.options import Folder, Number, debug_option, json_option
from cnncli.cli.streams import echo, echo_json

if TYPE_CHECKING:
    from cnncli.training.run_list import Run

_MOST_NAMED = 12  # of the runs that stay


@click.command(
    "runs",
    cls=HelpCommand,
    short_help="List the trainings of a folder, compare them, remove old ones.",
    epilog="\b\nExample:\n  cnn runs",
)
@click.argument("names", nargs=-1, metavar="[RUN...]", type=RunFolder(groups=True))
@click.option("--runs", "root", type=Folder(), default="runs", show_default=True, metavar="FOLDER",
              help="Where the runs are.")
@click.option("--prune", type=Number(whole=True, least=0, most=1_000_000), metavar="KEEP",
              help="Remove the runs that are done but for the KEEP newest; those that can go on stay.")
@click.option("--yes", is_flag=True, help="Remove them; without it --prune says which they are.")
@json_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context, names: tuple[str, ...], root: str, prune: int | None, yes: bool, as_json: bool
) -> None:
    """List the trainings in a folder, the last one first; of named ones show where they differ.

    A RUN is a folder such as runs/lenet5-mnist-1, or its name; that of --seeds stands for all its runs. Removing a run
    does not touch the model that its training wrote elsewhere.
    """
    if names and prune is not None:
        raise click.UsageError(f"--prune is about all runs; leave out {names[0]}", ctx)
    if yes and prune is None:
        raise click.UsageError("--yes goes with --prune; add --prune KEEP", ctx)
    from cnncli.cli.render_runs import comparison_facts, list_runs, run_facts, show_comparison
    from cnncli.training.run_list import find_runs, prunable, read_run
    from cnncli.training.runs import named_runs

    if prune is not None:
        found = find_runs(Path(root))
        going = prunable(found, prune)
        _prune(going, [run for run in found if run not in going], yes, as_json)
        return
    if names:
        runs = [read_run(path) for name in names for path in named_runs(name, Path(root))]
        if as_json:
            echo_json(comparison_facts(runs))
        else:
            show_comparison(runs)
        return
    found = find_runs(Path(root))
    if as_json:
        echo_json({"runs": [run_facts(run) for run in found]})
    else:
        list_runs(found, Path(root))


def _prune(runs: "list[Run]", staying: "list[Run]", yes: bool, as_json: bool) -> None:
    from cnncli.cli.render import size
    from cnncli.shown import plural, printable
    from cnncli.training.run_list import remove_run

    if yes:
        for run in runs:
            remove_run(run)
    if as_json:
        echo_json({"removed" if yes else "would_remove": [str(run.path) for run in runs]})
        return
    for run in runs:
        echo(f"{'removed' if yes else 'would remove'} {printable(run.path)}")
    total = size(sum(run.size_bytes for run in runs))
    if not runs:
        echo("nothing to remove")
    elif yes:
        echo(f"{plural(len(runs), 'run')} removed, {total}")
    else:
        echo(f"{plural(len(runs), 'run')}, {total}; add --yes to remove them")
    if staying:  # at the end, where a long list is cut at its beginning
        more = f" and {len(staying) - _MOST_NAMED} more" if len(staying) > _MOST_NAMED else ""
        echo(f"what stays: {', '.join(printable(run.path) for run in staying[:_MOST_NAMED])}{more}")
