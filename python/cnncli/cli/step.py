"""`cnn step`."""

from typing import Any

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import NameOrPath
from cnncli.cli.options import debug_option, json_option
from cnncli.cli.streams import echo, echo_json
from cnncli.cli.training_options import table_option, table_options


@click.command(
    "step",
    cls=HelpCommand,
    short_help="Take one training step, and show what it does.",
    epilog="\b\nExample:\n  cnn step lenet5 --data digits --explain",
)
@click.argument("network", metavar="[NAME|FILE]", required=False, type=NameOrPath("networks"))
@click.option(
    "--explain", is_flag=True, help="The gradient of one weight as a chain of factors, beside its finite difference."
)
@click.option(
    "--weight", metavar="NAME[INDEX,...]",
    help="The weight of --explain, such as 0.weight[3,0,2,2] or conv1.weight[3,0,2,2].  "
    "[default: that of the first layer whose gradient is largest]",
)  # fmt: skip
@table_option("data")
@table_option("batch_size", otherwise="8", brief="Images of the step")
@table_options("loss", "optimizer", "learning_rate", "seed", "label_column", "plugins", "data_dir")
@json_option
@debug_option
def command(network: str | None, explain: bool, weight: str | None, as_json: bool, **settings: Any) -> None:
    """Take one training step on a few images, in the open: the loss before and after, and the norm of every gradient.

    NAME is a network that comes with the program or a .toml, with new weights; FILE a model.bin, which stays as it is.
    [default: lenet5]
    """
    from cnncli.cli.render_step import chain_facts, chain_lines, step_facts, step_lines
    from cnncli.microscope.batches import batch_of_training
    from cnncli.microscope.chain import find_weight, gradient_chain, largest_gradient
    from cnncli.microscope.one_step import one_step
    from cnncli.training_options import TrainSettings

    if weight is not None and not explain:
        raise click.UsageError("--weight: says which weight --explain follows; give both")
    given = {name: value for name, value in settings.items() if value is not None} | {
        "architecture": network or "lenet5"
    }
    given.setdefault("batch_size", 8)
    if network is not None and network.endswith(".bin"):
        given["start_from"] = given.pop("architecture")
    batch, optimizer, name, rows = batch_of_training(TrainSettings(**given))
    chain = None
    if explain:
        batch.gradients()
        parameters = list(batch.network.named_parameters())
        steps = batch.network.trace()
        chain = gradient_chain(
            batch, *(largest_gradient(parameters) if weight is None else find_weight(parameters, weight, steps))
        )
    step = one_step(batch, optimizer)
    if as_json:
        facts = {"network": batch.network.name, "data": name, "samples": rows.tolist(), **step_facts(step)}
        echo_json(facts | ({} if chain is None else {"chain": chain_facts(chain)}))
        return
    for line in step_lines(step, batch, optimizer, name, len(rows)):
        echo(line)
    if chain is not None:
        echo("")
        for line in chain_lines(chain):
            echo(line)
