"""`cnn collect`."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnncli.cli.drawn import png_option
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath
from cnncli.cli.options import Folder, debug_option, json_option
from cnncli.cli.streams import echo, echo_json

if TYPE_CHECKING:
    from cnncli.cli.pictures_named import NamedPicture
    from cnncli.forms.photograph import Photograph
    from cnncli.forms.saving import Saved


@click.command(
    "collect",
    cls=HelpCommand,
    short_help="Cut photographs of filled-in forms into pictures.",
    epilog="\b\nExample:\n  cnn collect photo.jpg --out my_class --show page.png",
)
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO...", type=FilePath())
@click.option(
    "--out", "-o", type=Folder(), metavar="FOLDER",
    help="Where the pictures go, as FOLDER/CLASS/PHOTO-rXcY.png.  [default: they are not written]",
)  # fmt: skip
@png_option("--show", what="The straightened page with what was taken and what was not, and why.")
@click.option("--overwrite", is_flag=True, help="Write the pictures of a page again that was collected before.")
@json_option
@debug_option
def command(photos: tuple[str, ...], out: str | None, show: str | None, overwrite: bool, as_json: bool) -> None:
    """Cut photographs of the forms of cnn sheet into pictures for cnn train. A PHOTO may be a folder of them.

    Each page is straightened by its corner marks and dots, the light levelled, the cells cut out and their frames taken
    away. Cells that are empty, crossed out, blurred or covered are left aside. A photo that shows no whole form is
    refused with the reason, and the command ends with 1.
    """
    from cnncli.cli.outputs import check_outputs
    from cnncli.cli.render_collect import end_lines, facts, photograph_lines
    from cnncli.cli.several_files import numbered
    from cnncli.errors import DataError, MissingDataError
    from cnncli.forms.photograph import read_photograph
    from cnncli.forms.shown_page import shown_page
    from cnncli.shown import printable
    from cnncli.storage.files import write_atomically

    named = _named(photos)
    sources = [("a photo", one.source) for one in named if isinstance(one.source, str) and one.source]
    for place in range(1, 1 + (len(named) if show is not None else 0)):
        check_outputs({"--show": show and numbered(show, place, len(named))}, sources)
    results: list[dict[str, Any]] = []
    code = 0
    for place, one in enumerate(named, start=1):
        try:
            if one.error is not None:
                raise (MissingDataError if one.is_word else DataError)(one.error)
            photograph = read_photograph(one.source, one.name)
        except DataError as error:
            results.append({"photo": one.name, "error": str(error)})
            code = max(code, error.exit_code if one.is_word else 1)
            if len(named) == 1:
                raise
            echo(f"cnn: {error}", err=True)
            continue
        picture = None
        if show is not None:
            picture = numbered(show, place, len(named))
            write_atomically(picture, shown_page(photograph))
        saved = None if out is None else _save(photograph, one, Path(out), overwrite)
        results.append(facts(photograph, one.name, saved, picture))
        if not as_json:
            for line in photograph_lines(photograph, out, saved):
                echo(line)
            if picture is not None:
                echo(f"{printable(picture)}: the page, straightened")
            echo("")
    if as_json:
        echo_json({"photos": results})
    else:
        for line in end_lines(results, out):
            echo(line)
    if code:
        raise click.exceptions.Exit(code)


def _named(photos: tuple[str, ...]) -> "list[NamedPicture]":
    """The photographs, those of folders among them; there without the pictures that this command cut."""
    from cnncli.cli.pictures_named import Pictures
    from cnncli.errors import DataError
    from cnncli.forms.saving import is_cut_cell
    from cnncli.shown import printable

    found = [one for one in Pictures(photos) if one is not None]
    named = [one for one in found if not one.teller or not is_cut_cell(Path(str(one.source)))]
    if not named:
        raise DataError(
            f"{printable(photos[0])}: all pictures in it were cut by cnn collect; name photographs, or a folder of them"
        )
    return named


def _save(photograph: "Photograph", one: "NamedPicture", out: Path, overwrite: bool) -> "Saved":
    from cnncli.forms.same_page import page_before
    from cnncli.forms.saving import Saved, collected_before, digest_of, save_cells

    content = one.source if isinstance(one.source, bytes) else Path(one.source).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    before, is_same = collected_before(out, digest), True
    if not before and (alike := page_before(out, photograph.accepted)):
        before, is_same = collected_before(out, digest_of(alike[0]) or "") or alike, False
    if before and not overwrite:
        return Saved([], before, is_same)
    stem = "photo" if isinstance(one.source, bytes) else Path(one.source).stem
    return Saved(save_cells(out, stem, digest, photograph.accepted, before), before, is_same)
