"""What the commands that draw have in common: a page goes to the terminal, or as a PNG into a file."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cnncli.cli import plain
from cnncli.cli.names import FilePath, OfModel
from cnncli.cli.options import Number
from cnncli.cli.streams import echo

if TYPE_CHECKING:
    from cnncli.views.tiles import Page

F = TypeVar("F", bound=Callable[..., Any])

MAPS_OF_PAGE = 18  # of a layer, two rows; of a layer alone more
MAPS_OF_ONE_LAYER = 512
FILE_WIDTH = 120  # characters of a line where there is no terminal


def png_option(*names: str, what: str) -> Callable[[F], F]:
    """An option for the name of a PNG file."""
    return click.option(*names, type=FilePath(), metavar="FILE.png", callback=_check_png, help=what)


def _check_png(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    return check_ending(value, ".png", "the picture is a PNG")


def layer_option(function: F) -> F:
    """`--layer`, for commands that show all layers."""
    return click.option(
        "--layer", type=OfModel("layers"), metavar="NAME",
        help="Only this layer, as cnn summary names it or as conv1, pool2, fc1, with all its maps.",
    )(function)


def maps_option(function: F) -> F:
    """`--maps`: of each layer so many."""
    return click.option(
        "--maps",
        type=Number(whole=True, least=1, most=4096),
        metavar="N",
        help="Maps of a layer to show.  [default: a row in the terminal, two rows in --out]",
    )(function)


def most_maps(maps: int | None, layer: str | None, out: str | None) -> int:
    """How many maps of a layer are shown."""
    return maps or (MAPS_OF_PAGE if out is not None and layer is None else MAPS_OF_ONE_LAYER)


def show_layers(page: "Page", maps: int | None, layer: str | None) -> None:
    """Draws a page on stdout: of each layer a row, or all that was asked for."""
    print_page(page, 1 if maps is None and layer is None else MAPS_OF_ONE_LAYER)


def check_ending(value: str | None, ending: str, why: str) -> str | None:
    """The name of a file; BadParameter if it ends otherwise."""
    if value is not None and not value.lower().endswith(ending):
        from cnncli.shown import printable

        raise click.BadParameter(f"{printable(value)}: {why}; use a name that ends in {ending}")
    return value


def print_page(page: "Page", rows: int = 1) -> None:
    """Draws a page on stdout, in what it can show.

    rows : of tiles that a panel has at most
    """
    from cnncli.views.terminal import page_lines

    colour = plain.can_colour(sys.stdout)
    for line in page_lines(page, width(), plain.ink_of(sys.stdout), lambda text: plain.style(text, "2", colour), rows):
        echo(line)


def width() -> int:
    """Characters of a line of stdout."""
    return plain.terminal_columns() if sys.stdout.isatty() else FILE_WIDTH


def save_page(page: "Page", path: str) -> None:
    """Writes the page as a PNG that appears whole."""
    from cnncli.storage.files import write_atomically
    from cnncli.views.page import page_png

    write_atomically(path, page_png(page))


def say_saved(path: str, what: str) -> None:
    """The line that tells of a file."""
    from cnncli.shown import printable

    echo(f"{printable(path)}: {what}")
