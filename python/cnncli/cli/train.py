"""`cnn train`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnncli.cli.help_pages import GroupedCommand
from cnncli.cli.names import NameOrPath
from cnncli.cli.options import Number, debug_option, json_option, quiet_option
from cnncli.cli.streams import echo_json
from cnncli.cli.training_options import free_on_resume, training_options

if TYPE_CHECKING:
    from cnncli.cli.signals import StopRequest
    from cnncli.training_options import TrainSettings


@click.command(
    "train",
    cls=GroupedCommand,
    short_help="Train a network and write it to a model file.",
    epilog="\b\nExample:\n  cnn train --arch lenet5 --data digits --epochs 1",
)
@click.argument("positional_data", metavar="[DATA]", required=False, type=NameOrPath("data sets"))
@training_options
@click.option(
    "--seeds", type=Number(whole=True, least=1, most=1000), metavar="N",
    help="Train N times, with --seed and the seeds after it, each a run of its own; prints their mean and deviation.",
)
@click.option(
    "--find-lr", is_flag=True,
    help="Look for a learning rate and train nothing: try ever larger ones, and say which one suits.",
)
@json_option
@quiet_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context, /, positional_data: str | None, as_json: bool, seeds: int | None, find_lr: bool,
    **settings_by_field: Any,
) -> None:
    """Train a network and write it to a model file.

    DATA is what to learn from, as --data DATA. What is left out is chosen from the data or, beside --arch, comes from
    the network's description. The test images are read once, at the end. Ctrl-C stops; a checkpoint stays.
    """
    if positional_data is not None:
        if settings_by_field["data"] is not None:
            raise click.UsageError(f"{positional_data} and --data: both say what to learn from; give one of them", ctx)
        settings_by_field["data"] = positional_data
    _check_resume(ctx, settings_by_field["resume"])
    _check_out(settings_by_field)
    from cnncli.cli.keys import Keyboard
    from cnncli.cli.render import (
        finished_facts,
        show_finished,
        show_missed_target,
        show_remark,
        show_stopped,
    )
    from cnncli.cli.render_fetch import FetchDisplay
    from cnncli.cli.run_page import draw_curves, write_run_page
    from cnncli.cli.signals import StopRequest, exit_code
    from cnncli.cli.training_display import TrainingDisplay
    from cnncli.training.presets import preset_settings
    from cnncli.training.records import Finished, Started, Stopped
    from cnncli.training.train import train
    from cnncli.training_options import TrainSettings

    if settings_by_field["preset"] is not None:
        typed = {
            field: value
            for field, value in settings_by_field.items()
            if ctx.get_parameter_source(field) is not _LEFT_OUT or (field == "data" and value is not None)
        }
        settings_by_field |= preset_settings(settings_by_field.pop("preset"), typed)
    settings = TrainSettings(**settings_by_field)
    stop = StopRequest()
    if find_lr or seeds is not None or _is_group(settings):
        _run_other(ctx, settings, seeds, find_lr, as_json, stop)
        return
    keys = "q saves and stops, p pauses" if Keyboard.is_there() else ""
    with FetchDisplay() as fetching, TrainingDisplay(keys) as display:

        def press(key: str) -> None:
            stop.press(key)
            if stop.is_paused:
                display.pause()

        for record in train(settings, should_stop=stop, report=fetching.show):
            if isinstance(record, Started):
                ctx.with_resource(stop)  # before this point nothing is lost by leaving at once
                ctx.with_resource(Keyboard(press))
            display.show(record)
    if isinstance(record, Stopped):
        show_stopped(record, settings.threads)
        assert stop.signal_number is not None
        ctx.exit(exit_code(stop.signal_number))
    assert isinstance(record, Finished)
    curves = draw_curves(record) if settings.plot else None
    page = write_run_page(record)
    if as_json:
        echo_json(finished_facts(record, curves))
    else:
        show_finished(record, curves, page)
    show_remark(record)
    if record.target_reached is False:
        show_missed_target(record)
        ctx.exit(1)


def _is_group(settings: "TrainSettings") -> bool:
    """Whether --resume names the folder of several seeds."""
    from cnncli.training.runs import is_group

    resume = settings.resume
    return resume is not None and any(is_group(place) for place in (Path(resume), Path(settings.runs) / resume))


def _run_other(
    ctx: click.Context, settings: "TrainSettings", count: int | None, find_lr: bool, as_json: bool, stop: "StopRequest"
) -> None:
    """What is no single training: --find-lr, --seeds."""
    from cnncli.cli import find_lr as rates
    from cnncli.cli import seeds
    from cnncli.cli.signals import exit_code

    if find_lr:
        if count is not None:
            raise click.UsageError("--find-lr trains nothing; leave out --seeds", ctx)
        rates.run(settings, as_json)
        return
    with stop:
        is_done = seeds.run(settings, count or 1, as_json, stop)
    if not is_done:
        assert stop.signal_number is not None
        ctx.exit(exit_code(stop.signal_number))


def _check_out(settings_by_field: dict[str, Any]) -> None:
    """Raises UsageError for a model in the place of a file that is read; the one of --from is kept by another name."""
    from cnncli.cli.outputs import check_no_input

    fields = {"data": "the data", "architecture": "the network's description", "preset": "the preset"}
    inputs = [(what, settings_by_field[field]) for field, what in fields.items()]
    inputs += [("a plugin", file) for file in settings_by_field["plugins"] or ()]
    check_no_input("--out", settings_by_field["out"] or "model.bin", inputs)


_LEFT_OUT = click.core.ParameterSource.DEFAULT


def _check_resume(ctx: click.Context, resume: str | None) -> None:
    """A resumed run keeps its settings, so that it ends with the same weights."""
    if resume is None:
        return
    free = free_on_resume() | {"as_json", "quiet", "debug"}
    typed = click.core.ParameterSource.COMMANDLINE
    for parameter in ctx.command.params:
        if parameter.name not in free and ctx.get_parameter_source(parameter.name or "") is typed:
            typed_as = " or ".join((parameter.opts[0], *parameter.secondary_opts))
            raise click.UsageError(f"--resume takes the settings of the run; leave out {typed_as}", ctx)
