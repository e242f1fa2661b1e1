"""`cnn replay`."""

from typing import Any

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import ModelPath
from cnncli.cli.options import debug_option, json_option, quiet_option
from cnncli.cli.streams import echo, echo_json
from cnncli.cli.training_options import table_option, table_options

EXIT_CODES = {"reproduced": 0, "diverged": 3, "tampered": 4, "undecided": 5}
_WORDS = {
    "reproduced": "reproduced",
    "diverged": "diverged",
    "tampered": "tampered with",
    "undecided": "not to be decided here",
}


@click.command(
    "replay",
    cls=HelpCommand,
    short_help="Train a model again, and say whether the same comes of it.",
    epilog="\b\nExample:\n  cnn replay model.bin",
)
@click.argument("model", type=ModelPath())
@table_option("data", otherwise="the data set the model was trained on", brief="What it was trained on")
@table_option("start_from", otherwise="none was", brief="The model that its training started from")
@table_options("data_dir", "use_cache", "plugins", "threads")
@json_option
@quiet_option
@debug_option
@click.pass_context
def command(ctx: click.Context, /, model: str, as_json: bool, **settings_by_field: Any) -> None:
    """Train MODEL again from what its file says, in a temporary folder, and compare every weight and every measure.

    Says reproduced (exit code 0); diverged, with the epoch and the steps (3); tampered with (4); or not to be decided
    here (5), such as with other data or an older file. What no training can make again is not looked at: times,
    threads, versions.
    """
    from cnncli.cli.render_fetch import FetchDisplay
    from cnncli.cli.signals import StopRequest, exit_code
    from cnncli.cli.training_display import TrainingDisplay
    from cnncli.shown import printable
    from cnncli.training.records import Started, Stopped
    from cnncli.training.replay import Verdict, replay
    from cnncli.training_options import TrainSettings

    settings = TrainSettings(**settings_by_field)
    stop = StopRequest()
    with FetchDisplay() as fetching, TrainingDisplay() as display:
        for record in replay(model, settings, should_stop=stop, report=fetching.show):
            if isinstance(record, Started):
                ctx.with_resource(stop)
            if not isinstance(record, Verdict):
                display.show(record)
    if isinstance(record, Stopped):
        assert stop.signal_number is not None
        ctx.exit(exit_code(stop.signal_number))
    assert isinstance(record, Verdict)
    if as_json:
        steps = None if record.steps is None else list(record.steps)
        facts = {"model": model, "verdict": record.kind, "why": record.line, "epoch": record.epoch, "steps": steps}
        echo_json(facts | {"weights_sha256": record.weights})
    else:
        echo(f"{printable(model)}: {_WORDS[record.kind]}: {record.line}")
    ctx.exit(EXIT_CODES[record.kind])
