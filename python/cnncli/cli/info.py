"""`cnn info`."""

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import ModelPath
from cnncli.cli.options import debug_option, json_option, quiet_option
from cnncli.cli.streams import echo_json
from cnncli.cli.training_options import table_option


@click.command(
    "info",
    cls=HelpCommand,
    short_help="Say what a model is and how it was made.",
    epilog="\b\nExample:\n  cnn info model.bin",
)
@click.argument("model", type=ModelPath())
@table_option("plugins")
@json_option
@quiet_option
@debug_option
def command(model: str, plugins: tuple[str, ...] | None, as_json: bool) -> None:
    """Say what MODEL is: its network and classes, how it was trained and measured, how a picture becomes its input, its
    weights in a few numbers each, and the command that repeats its training.

    All but the weights is what the file says; cnn replay looks whether it is true.
    """
    from cnncli.cli.render_info import info_facts, show_info
    from cnncli.model_file.serialize import load_model

    network = load_model(model)
    if as_json:
        echo_json(info_facts(model, network))
    else:
        show_info(model, network)
