"""`cnn draw`."""

import sys
from typing import TYPE_CHECKING

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import NameOrPath
from cnncli.cli.options import Folder, debug_option
from cnncli.cli.streams import echo
from cnncli.cli.training_options import table_option

if TYPE_CHECKING:
    from cnncli.model import Model


@click.command(
    "draw",
    cls=HelpCommand,
    short_help="Draw in the terminal, and see what a model makes of it.",
    epilog="\b\nExample:\n  cnn draw model.bin --out my_digits",
)
@click.argument("model", required=False, metavar="[MODEL]", type=NameOrPath("trained models"))
@click.option(
    "--out", "-o", type=Folder(), metavar="FOLDER", default="my_digits", show_default=True,
    help="Where drawings are kept, a folder for each class, which cnn train takes.",
)  # fmt: skip
@table_option("plugins")
@debug_option
def command(model: str | None, out: str, plugins: tuple[str, ...] | None) -> None:
    """A pad in the terminal, for the mouse or the arrow keys, with the answer of a model after each stroke.

    MODEL is a model.bin, or the name of a network that comes trained: lenet5.  [default: ./model.bin, else lenet5]

    Space puts the pen down or lifts it, u takes a stroke back, c clears, p changes the pen. A digit keeps the drawing
    as a sample of it, s under any name; q ends.
    """

    from cnncli.cli import plain
    from cnncli.cli.models_named import open_model
    from cnncli.cli.pad_screen import LEAST_COLUMNS, LEAST_ROWS, Layout, Look
    from cnncli.cli.pad_session import Session
    from cnncli.cli.pad_terminal import DrawingTerminal
    from cnncli.errors import UsageError
    from cnncli.shown import printable, typed

    loaded, said = open_model(model, plugins)
    _check(loaded, said)
    if not DrawingTerminal.is_there():
        raise UsageError("the pad needs a terminal; cnn export --html pad.html makes a page to draw on")
    terminal = DrawingTerminal()
    width, height = terminal.size()
    if Layout.of(width, height) is None:
        raise UsageError(
            f"the pad needs a window of {LEAST_COLUMNS} columns and {LEAST_ROWS} rows, and this one has {width} and "
            f"{height}; make it larger"
        )
    look = Look(plain.ink_of(sys.stdout), plain.can_colour(sys.stdout), plain.can_draw(sys.stdout))
    session = Session(loaded, f"cnn draw: {printable(said)}", out, look)
    with terminal:
        session.run(terminal)
    if session.kept:
        counts = ", ".join(f"{count} of {printable(name)}" for name, count in sorted(session.kept.items()))
        echo(f"{printable(out)}: kept {counts}; to learn from them: cnn train {typed(out)}")


def _check(loaded: "Model", said: str) -> None:
    """Raises UsageError for models that take no drawing."""
    from cnncli.cli.models_named import recipe_of
    from cnncli.errors import UsageError
    from cnncli.shown import printable

    recipe = recipe_of(loaded, said)
    remedy = "use cnn predict, or cnn export --html, whose page takes pictures"
    if recipe.channels == 3:
        raise UsageError(f"{printable(said)}: takes pictures in colour, and the pad has ink and paper only; {remedy}")
    if recipe.kind != "glyph":
        raise UsageError(f"{printable(said)}: takes whole pictures, and the pad is for one letter or digit; {remedy}")
    if not loaded.class_names:
        raise UsageError(f"{printable(said)}: gives no classes; use cnn predict")
