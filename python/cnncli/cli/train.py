"""`cnn train`."""

import click

from cnncli.cli.options import (
    Folder,
    NearestChoice,
    Number,
    data_options,
    debug_option,
    json_option,
    picture_options,
    reading_options,
    threads_option,
)
from cnncli.cli.streams import echo

# Spelled out here since help must not import the modules that own them; tests hold the lists together.
OPTIMIZERS = ("sgd",)
SCHEDULES = ("constant", "step", "cosine", "one-cycle", "triangle")


@click.command(
    "train",
    short_help="Train a network and write it to a model file.",
    epilog="\b\nExample:\n  cnn train --arch lenet5 --data digits --epochs 1",
)
@click.option(
    "--arch",
    metavar="NAME|FILE",
    default="lenet5",
    show_default=True,
    help="linear, mlp, lenet5, convnet, vgg, or a .toml that describes a network.",
)
@data_options("mnist if it is there or can be fetched, else the embedded digits")
@picture_options
@reading_options
@click.option(
    "--epochs",
    type=Number(least=1, most=100_000, whole=True),
    metavar="N",
    help="Passes over the training images.",
)
@click.option(
    "--batch-size", type=Number(least=1, most=65_536, whole=True), metavar="N", help="Images a step."
)
@click.option(
    "--optim", type=NearestChoice(OPTIMIZERS), metavar="NAME", help="What makes steps of gradients: sgd."
)
@click.option(
    "--lr",
    type=Number(above=0),
    metavar="RATE",
    help="Largest learning rate.  "
    "[default: the description's, scaled from its batch size to --batch-size]",
)
@click.option(
    "--momentum", type=Number(least=0, below=1), metavar="SHARE", help="Share of the last step kept."
)
@click.option(
    "--weight-decay", type=Number(least=0), metavar="RATE", help="L2 penalty on weights, not on biases."
)
@click.option(
    "--schedule",
    type=NearestChoice(SCHEDULES),
    metavar="NAME",
    help="How the learning rate changes: constant, step, cosine, one-cycle or triangle.",
)
@click.option(
    "--val",
    type=Number(least=0, below=1),
    metavar="FRACTION",
    help="Share of the training images to validate on; the best epoch by it is kept.  "
    "[default: the part that the data keep for it; else with --target 0.05, 0.1 where there are no test images, and 0]",
)
@click.option(
    "--target",
    type=Number(above=0, most=1),
    metavar="ACCURACY",
    help="Stop as soon as the validation accuracy is this, such as 0.99; exit code 1 if it never is. Takes "
    "the description's fast settings. Before the schedule's end two standard errors more are asked for.",
)
@click.option(
    "--seed",
    type=Number(least=0, most=2**63 - 1, whole=True),
    metavar="N",
    help="Decides every random choice; the same seed gives the same weights.  [default: 1]",
)
@threads_option
@click.option(
    "--out",
    type=click.Path(),
    metavar="FILE",
    help="Where the trained model goes; a model that is there is kept, as model.1.bin.  [default: model.bin]",
)
@click.option(
    "--runs",
    type=Folder(),
    default="runs",
    show_default=True,
    metavar="FOLDER",
    help="Where each run gets a folder for its settings, metrics and checkpoints.",
)
@click.option(
    "--save-every",
    type=Number(least=0),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="Time between checkpoints within an epoch; there is one after each epoch too.",
)
@click.option(
    "--resume",
    type=Folder(),
    metavar="RUN",
    help="Go on with a stopped run's folder; --data says where its data are now, if they were moved.",
)
@json_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    arch: str,
    data: str | None,
    data_dir: str | None,
    prepare: str | None,
    size: tuple[int, int] | None,
    colour: str | None,
    skip_bad: bool,
    no_cache: bool,
    epochs: int | None,
    batch_size: int | None,
    optim: str | None,
    lr: float | None,
    momentum: float | None,
    weight_decay: float | None,
    schedule: str | None,
    val: float | None,
    target: float | None,
    seed: int | None,
    threads: int | None,
    out: str | None,
    runs: str,
    save_every: float,
    resume: str | None,
    as_json: bool,
) -> None:
    """Train a network and write it to a model file.

    Options left out come from the network's own description. The test images are read once, at the end.
    Ctrl-C stops at once and leaves a checkpoint to go on from.
    """
    _check_resume(ctx, resume)
    import json

    from cnncli.cli.render import (
        TrainingDisplay,
        finished_facts,
        show_finished,
        show_missed_target,
        show_remark,
        show_stopped,
    )
    from cnncli.cli.render_fetch import FetchDisplay
    from cnncli.cli.signals import StopRequest, exit_code
    from cnncli.plan import TrainSettings
    from cnncli.records import Finished, Started, Stopped
    from cnncli.train import train

    settings = TrainSettings(
        architecture=arch,
        data=data,
        data_dir=data_dir,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optim,
        learning_rate=lr,
        momentum=momentum,
        weight_decay=weight_decay,
        schedule=schedule,
        validation=val,
        target=target,
        seed=1 if seed is None else seed,
        threads=threads,
        out=out,
        runs=runs,
        save_every=save_every,
        resume=resume,
        prepare=prepare,
        colour=colour,
        size=size,
        skip_bad=skip_bad,
        use_cache=not no_cache,
    )
    stop = StopRequest()
    with FetchDisplay() as fetching, TrainingDisplay() as display:
        for record in train(settings, should_stop=stop, report=fetching.show):
            if isinstance(record, Started):
                ctx.with_resource(stop)  # before this point nothing is lost by leaving at once
            display.show(record)
    if isinstance(record, Stopped):
        show_stopped(record, threads)
        assert stop.signal_number is not None
        ctx.exit(exit_code(stop.signal_number))
    assert isinstance(record, Finished)
    if as_json:
        echo(json.dumps(finished_facts(record), allow_nan=False))
    else:
        show_finished(record)
    show_remark(record)
    if record.target_reached is False:
        show_missed_target(record)
        ctx.exit(1)


def _check_resume(ctx: click.Context, resume: str | None) -> None:
    """A resumed run keeps its settings, so that it ends with the same weights."""
    if resume is None:
        return
    free = {"resume", "threads", "out", "as_json", "data", "data_dir", "save_every", "no_cache"}
    typed = click.core.ParameterSource.COMMANDLINE
    for parameter in ctx.command.params:
        if parameter.name not in free and ctx.get_parameter_source(parameter.name or "") is typed:
            raise click.UsageError(
                f"--resume takes the settings of the run; leave out {parameter.opts[0]}", ctx
            )
