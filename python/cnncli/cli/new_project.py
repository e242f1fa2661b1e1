"""`cnn new-project`."""

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath, NameOrPath
from cnncli.cli.options import Number, debug_option
from cnncli.cli.streams import echo


@click.command(
    "new-project",
    cls=HelpCommand,
    short_help="Write a training as five commented Python files, to be changed.",
    epilog="\b\nExample:\n  cnn new-project digits && cd digits && python train.py",
)
@click.argument("folder", metavar="DIR", type=FilePath())
@click.option(
    "--arch", metavar="NAME|FILE", default="lenet5", show_default=True, type=NameOrPath("networks"),
    help="The network; cnn summary lists those there are.",
)
@click.option(
    "--data", metavar="NAME|PATH", default="digits", show_default=True, type=NameOrPath("data sets"),
    help="What to learn from, as in cnn train.",
)
@click.option(
    "--epochs", type=Number(whole=True, least=1, most=100_000), metavar="N",
    help="How often every image is seen.  [default: 2]",
)  # fmt: skip
@click.option("--seed", type=Number(whole=True, least=0), metavar="N", help="Of weights and order.  [default: 1]")
@debug_option
def command(folder: str, arch: str, data: str, epochs: int | None, seed: int | None) -> None:
    """Write a training in five stages, a commented file each: data, model, loss, train, test.

    DIR is made; one that is there and not empty is left alone. The files use cnncli from Python, run in seconds, and
    come to the weights of cnn train with the same network, data and seed, bit for bit.
    """
    from cnncli.cli.render_fetch import FetchDisplay
    from cnncli.project.make import make_project
    from cnncli.shown import printable

    with FetchDisplay() as fetching:
        files = make_project(folder, arch, data, epochs, 1 if seed is None else seed, fetching.show)
    echo(f"{printable(folder)}: {', '.join(files)}; then")
    echo(f"  cd {printable(folder)}")
    echo("  python train.py && python test.py")
