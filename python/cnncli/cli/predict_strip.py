"""The strip of `cnn predict --show` and `--save-view`."""

from pathlib import Path
from typing import TYPE_CHECKING

from cnncli.cli.answers import Look, recipe_of
from cnncli.cli.drawn import print_page, save_page
from cnncli.cli.streams import echo
from cnncli.pictures.stages import preparation_stages
from cnncli.shown import printable
from cnncli.views.strip import answers_of, strip_page

if TYPE_CHECKING:
    from cnncli.cli.pictures_named import NamedPicture
    from cnncli.model import Model


def show_strip(model: "Model", picture: "NamedPicture", look: Look, save_view: str | None, show: bool) -> None:
    """Draws the steps from the picture to the answer on stdout, writes them to a PNG, or both."""
    is_stdin = isinstance(picture.source, bytes)
    name = "standard input" if is_stdin else None
    stages, notes = preparation_stages(recipe_of(model), picture.source, look.invert, box=look.box, name=name)
    page = strip_page(
        name or printable(Path(picture.name).name), stages, notes, answers_of(model, stages)
    )
    if save_view is not None:
        save_page(page, save_view)
        echo(f"{printable(save_view)}: how the picture was read", err=True)
    if show:
        echo("")
        print_page(page)
