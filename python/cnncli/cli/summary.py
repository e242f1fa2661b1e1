"""`cnn summary`."""

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import NameOrPath
from cnncli.cli.options import debug_option, json_option
from cnncli.cli.streams import echo_json
from cnncli.cli.training_options import table_option


@click.command(
    "summary",
    cls=HelpCommand,
    short_help="Show the layers of a network and what they cost.",
    epilog="\b\nExample:\n  cnn summary lenet5",
)
@click.argument("network", metavar="[NAME|FILE]", required=False, type=NameOrPath("networks"))
@table_option("plugins")
@json_option
@debug_option
def command(network: str | None, plugins: tuple[str, ...] | None, as_json: bool) -> None:
    """Show the layers of a network, and what they cost for one image.

    NAME is a network that comes with the program, FILE a model.bin or a .toml. Without either: a list of the networks
    that come with the program.

    For each layer: the shape of its output, its parameters, its multiply-adds, its field of view (how many
    pixels of the image, height x width, one value of its output depends on) and the memory of its output.
    """
    from cnncli.cli.models_named import open_network
    from cnncli.cli.render_summary import list_networks, network_facts, show_summary, summary_facts

    if network is None:
        facts = network_facts()
        echo_json({"networks": facts}) if as_json else list_networks(facts)
        return
    described = open_network(network)
    if as_json:
        echo_json(summary_facts(described))
    else:
        show_summary(described)
