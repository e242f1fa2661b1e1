"""`cnn new-layer`."""

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath
from cnncli.cli.options import debug_option
from cnncli.cli.streams import echo


@click.command(
    "new-layer",
    cls=HelpCommand,
    short_help="Write a file to start a layer of your own from.",
    epilog="\b\nExample:\n  cnn new-layer Swish",
)
@click.argument("name")
@click.option("--out", "-o", type=FilePath(), metavar="FILE",
              help="Where to write it.  [default: the name in lower case, swish.py]")
@debug_option
def command(name: str, out: str | None) -> None:
    """Write a commented file with a working layer NAME, y = x sigmoid(beta x) with a learned beta, to be changed.

    A file that is there is never overwritten.
    """
    from cnncli.cli.outputs import check_outputs
    from cnncli.plugins.new_layer import write_new_layer

    check_outputs({"--out": out})
    path = write_new_layer(name, out)
    echo(f"{path}: a layer {name} to be changed; then")
    echo(f"  cnn check-layer {path}:{name}")
    echo(f'  cnn train --plugin {path} --arch my_net.toml   (with type = "{name}" in my_net.toml)')
