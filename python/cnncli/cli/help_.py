"""`cnn help`."""

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import Name
from cnncli.cli.options import debug_option
from cnncli.cli.streams import echo


@click.command(
    "help",
    cls=HelpCommand,
    short_help="Say all that there is to say of a command.",
    epilog="\b\nExample:\n  cnn help train",
)
@click.argument("name", metavar="[COMMAND]", required=False, type=Name("commands"))
@debug_option
@click.pass_context
def command(ctx: click.Context, name: str | None) -> None:
    """Show the whole help of a command, with every option; `cnn COMMAND --help` shows what fits a screen."""
    root = ctx.find_root()
    group = root.command
    assert isinstance(group, click.Group)
    if name is None:
        echo(root.get_help())
        return
    path, found, _ = group.resolve_command(root, [name])
    assert found is not None
    with type(ctx)(found, info_name=path, parent=root) as asked:
        echo(found.full_help(asked) if isinstance(found, HelpCommand) else asked.get_help())
