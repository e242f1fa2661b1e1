"""`cnn export`."""

from pathlib import Path

import click

from cnncli.cli.drawn import check_ending, say_saved
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath, NameOrPath
from cnncli.cli.options import debug_option, json_option
from cnncli.cli.streams import echo
from cnncli.cli.training_options import table_option


@click.command(
    "export",
    cls=HelpCommand,
    short_help="Write a trained network as a page to draw on.",
    epilog="\b\nExample:\n  cnn export --html digit.html",
)
@click.argument("model", required=False, metavar="[MODEL]", type=NameOrPath("trained models"))
@click.option(
    "--html",
    required=True,
    type=FilePath(),
    metavar="FILE.html",
    callback=lambda ctx, parameter, value: check_ending(value, ".html", "the page is HTML"),
    help="Write the page to FILE.html.",
)
@table_option("plugins")
@json_option
@debug_option
def command(model: str | None, html: str, plugins: tuple[str, ...] | None, as_json: bool) -> None:
    """Write a trained network as one page for a browser, which reads drawings and pictures by itself.

    MODEL is a model.bin, or the name of a network that comes trained: lenet5.  [default: ./model.bin, else lenet5]

    The page holds the weights, the preparation and all programs. It needs no server, loads nothing, opens from a disk
    or on a phone, and its answers are those of cnn predict. It shows what every layer makes of the drawing, and for
    each unit the sum that it is.
    """
    import json

    from cnncli.cli.models_named import open_model, recipe_of
    from cnncli.cli.outputs import check_outputs
    from cnncli.exports.page import page_of
    from cnncli.storage.files import write_atomically

    check_outputs({"--html": html}, [("the model", model)])
    loaded, said = open_model(model, plugins)
    recipe_of(loaded, said)
    content = page_of(loaded, Path(said).name if model is not None else said)
    write_atomically(html, content)
    if as_json:
        echo(json.dumps({"html": html, "bytes": len(content), "parameters": loaded.network.parameter_count()}))
    else:
        named = loaded.network.name or "the network"
        say_saved(html, f"{named} as a page of {len(content) / 1000:,.0f} kB; open it in a browser")
