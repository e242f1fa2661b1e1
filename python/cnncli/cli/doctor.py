"""`cnn doctor`."""

from pathlib import Path

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import RunFolder
from cnncli.cli.options import Folder, debug_option, json_option
from cnncli.cli.streams import echo, echo_json

FOUND = 3  # the exit code where something was found


@click.command(
    "doctor",
    cls=HelpCommand,
    short_help="Say what went wrong in a training, and which numbers say so.",
    epilog="\b\nExample:\n  cnn doctor runs/lenet5-mnist-1",
)
@click.argument("names", nargs=-1, metavar="[RUN...]", type=RunFolder(groups=True))
@click.option(
    "--runs", "root", type=Folder(), default="runs", show_default=True, metavar="FOLDER", help="Where the runs are."
)
@json_option
@debug_option
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...], root: str, as_json: bool) -> None:
    """Say what went wrong in a training, how likely that is, and which of its numbers say so.

    RUN is a folder such as runs/lenet5-mnist-1, or its name; that of --seeds stands for all its runs.  [default: the
    run that changed last]

    Read is what the training has recorded: its curves, lengths of gradients and weights, the spread of losses, equal
    images, its warnings. Exit code 0: nothing found; 3: something. cnn break shows what nine of the faults look like.
    """
    from cnncli.cli.render_doctor import finding_facts, report_lines
    from cnncli.doctor.examine import findings
    from cnncli.doctor.facts import read_facts
    from cnncli.training.runs import named_runs

    folders = [path for name in names for path in named_runs(name, Path(root))] or [_newest(Path(root))]
    runs = [read_facts(folder) for folder in folders]
    found = [findings(run) for run in runs]
    is_found = [bool(own or run.warnings) for run, own in zip(runs, found, strict=True)]
    if as_json:
        facts = [
            {"run": str(run.folder), "epochs": len(run.history), "has_signs": bool(run.epochs),
             "findings": [finding_facts(one) for one in own], "warnings": run.warnings}
            for run, own in zip(runs, found, strict=True)
        ]  # fmt: skip
        echo_json({"runs": facts})
    else:
        for number, (run, own) in enumerate(zip(runs, found, strict=True)):
            if number and (is_found[number] or is_found[number - 1]):
                echo("")
            for line in report_lines(run, own):
                echo(line)
    if any(is_found):
        ctx.exit(FOUND)


def _newest(root: Path) -> Path:
    """The run that changed last."""
    from cnncli.errors import UsageError
    from cnncli.shown import printable
    from cnncli.training.runs import changed, run_places

    found = run_places(root)
    if not found:
        raise UsageError(f"{printable(root)}: no run; name one, or train with cnn train")
    return max(found, key=lambda run: (changed(run), run))
