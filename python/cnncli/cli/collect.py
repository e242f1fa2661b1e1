"""`cnn collect`."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnncli.cli.drawn import png_option
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.options import Folder, debug_option, json_option
from cnncli.cli.streams import echo

if TYPE_CHECKING:
    from cnncli.forms.photograph import Photograph


@click.command(
    "collect",
    cls=HelpCommand,
    short_help="Cut photographs of filled-in forms into pictures.",
    epilog="\b\nExample:\n  cnn collect photo.jpg --out my_class --show page.png",
)
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO...")
@click.option(
    "--out", "-o", type=Folder(), metavar="FOLDER",
    help="Where the pictures go, as FOLDER/CLASS/PHOTO-rXcY.png.  [default: they are not written]",
)  # fmt: skip
@png_option("--show", what="The straightened page with what was taken and what was not, and why.")
@click.option("--overwrite", is_flag=True, help="Write the pictures of a photo again that was collected before.")
@json_option
@debug_option
def command(
    photos: tuple[str, ...], out: str | None, show: str | None, overwrite: bool, as_json: bool
) -> None:
    """Cut photographs of the forms of cnn sheet into pictures for cnn train.

    Each page is straightened by its corner marks and dots, the light levelled, the cells cut out and their frames taken
    away. Cells that are empty, crossed out, blurred or covered are left aside. A photo that shows no whole form is
    refused with the reason, and the command ends with 1.
    """
    import json

    from cnncli.cli.render_collect import facts, photograph_lines
    from cnncli.cli.several_files import numbered
    from cnncli.errors import DataError
    from cnncli.forms.photograph import read_photograph
    from cnncli.forms.shown_page import shown_page
    from cnncli.shown import printable
    from cnncli.storage.files import write_atomically

    results: list[dict[str, Any]] = []
    failed = 0
    for place, photo in enumerate(photos, start=1):
        try:
            photograph = read_photograph(photo)
        except DataError as error:
            failed += 1
            results.append({"photo": photo, "error": str(error)})
            if len(photos) == 1:
                raise
            echo(f"cnn: {error}", err=True)
            continue
        picture = None
        if show is not None:
            picture = numbered(show, place, len(photos))
            write_atomically(picture, shown_page(photograph))
        written, before = (None, 0) if out is None else _save(photograph, photo, Path(out), overwrite)
        results.append(facts(photograph, photo, written, before, picture))
        if not as_json:
            for line in photograph_lines(photograph, out, written, before):
                echo(line)
            if picture is not None:
                echo(f"{printable(picture)}: the page, straightened")
            if place < len(photos):
                echo("")
    if as_json:
        echo(json.dumps({"photos": results}, allow_nan=False))
    if failed:
        raise click.exceptions.Exit(1)


def _save(photograph: "Photograph", photo: str, out: Path, overwrite: bool) -> tuple[list[str], int]:
    """(the files that were written, how many were there of the same photograph before)."""
    from cnncli.forms.saving import collected_before, save_cells

    digest = hashlib.sha256(Path(photo).read_bytes()).hexdigest()
    before = collected_before(out, digest)
    if before and not overwrite:
        return [], len(before)
    paths = save_cells(out, Path(photo).stem, digest, photograph.accepted, before)
    return [str(path) for path in paths], len(before)
