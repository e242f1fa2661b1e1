"""`cnn sheet`."""

from collections.abc import Iterator
from typing import Any

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath
from cnncli.cli.options import NearestChoice, Number, debug_option, json_option
from cnncli.cli.streams import echo


def _check_out(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    if not value.lower().endswith((".pdf", ".png")):
        from cnncli.shown import printable

        raise click.BadParameter(f"{printable(value)}: a form is a PDF or a PNG; use a name that ends in .pdf or .png")
    return value


@click.command(
    "sheet",
    cls=HelpCommand,
    short_help="Print a form to write samples of your own classes on.",
    epilog="\b\nExample:\n  cnn sheet --classes 0-9 --out form.pdf",
)
@click.option(
    "--classes", required=True, metavar="NAMES",
    help="The classes: 0-9, a-z, A-Z, or names such as A,B,star; also mixed.",
)  # fmt: skip
@click.option("--out", "-o", required=True, type=FilePath(), metavar="FILE", callback=_check_out,
              help="The form, a .pdf or a .png.")
@click.option(
    "--rows", type=Number(whole=True, least=1, most=250), metavar="N",
    help="Rows of 10 cells for each class; many go on several pages.  [default: as many as fill one page]",
)  # fmt: skip
@click.option("--paper", type=NearestChoice(["a4", "letter"]), default="a4", help="Size of the paper.  [default: a4]")
@json_option
@debug_option
def command(classes: str, out: str, rows: int | None, paper: str, as_json: bool) -> None:
    """Print a form with a cell for every sample: one writes into the cells, takes a photograph, and cnn collect cuts it
    into pictures for cnn train.

    The marks in its corners and the code at its foot tell cnn collect what is where; scaling when it is printed does no
    harm.
    """
    import json

    from cnncli.cli.outputs import check_outputs
    from cnncli.cli.several_files import numbered
    from cnncli.forms.form_page import make_pages, parse_classes
    from cnncli.shown import printable
    from cnncli.storage.files import write_atomically

    class_names = parse_classes(classes)
    _check_no_parts(class_names)
    check_outputs({"--out": out})
    pages = make_pages(class_names, rows, paper)
    if out.lower().endswith(".pdf"):
        from cnncli.forms.pdf import pages_pdf

        files = [out]
        write_atomically(out, pages_pdf(pages))
    else:
        from cnncli.forms.raster import page_png

        files = [numbered(out, page.page, len(pages)) for page in pages]
        for path, page in zip(files, pages, strict=True):
            write_atomically(path, page_png(page))
    if as_json:
        facts = {"classes": class_names, "paper": paper, "files": files, "pages": [_facts(one) for one in pages]}
        echo(json.dumps(facts))
        return
    for line in _notes(class_names):
        echo(f"note: {line}", err=True)
    each = sum(10 * page.rows.count(class_names[0]) for page in pages)
    sheets = "1 page" if len(pages) == 1 else f"{len(pages)} pages"
    name = printable(out if len(files) == 1 else f"{files[0]} to {files[-1]}")
    echo(f"{name}: {sheets}, {each} cells for each of {_classes(class_names)}")
    echo("Print it, fill it in with any pen, photograph each page whole, then:")
    photos = "photo.jpg" if len(pages) == 1 else "photos/"
    echo(f"  cnn collect {photos} --out my_class" + ("     (a folder of the photographs)" if len(pages) > 1 else ""))
    echo("  cnn train my_class")


def _check_no_parts(names: list[str]) -> None:
    """Raises UsageError for names which a training takes for the parts of a data set, where there are no others."""
    from cnncli.data.part_names import part_of_word
    from cnncli.errors import UsageError

    if all(part_of_word(name) for name in names):
        raise UsageError("--classes: a folder with these names alone is taken for the parts of a data set; use others")


def _notes(names: list[str]) -> Iterator[str]:
    """What will matter once the form is filled in."""
    from cnncli.forms.drawing import label
    from cnncli.shown import printable

    foreign = next((name for name in names if label(name) != name), None)
    if foreign is not None:
        yield (
            f"{printable(foreign)} is printed as {label(foreign)}, for the form has Western letters alone; a name such "
            "as alpha is easier to read"
        )
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(name.casefold(), name)
        if other != name:
            yield (
                f"{printable(other)} and {printable(name)} differ by their case alone: collect them on Linux, as "
                "Windows and macOS take both for one folder"
            )
            return
    if len(names) == 1:
        yield "a training needs two classes; another form may have the other ones"


def _classes(names: list[str]) -> str:
    from cnncli.shown import printable

    shown = ", ".join(names) if len(names) <= 12 else f"{', '.join(names[:6])} ... {names[-1]}"
    return f"{len(names)} {'class' if len(names) == 1 else 'classes'} ({printable(shown)})"


def _facts(page: Any) -> dict[str, Any]:
    """Where the cells of a page are, in mm from its top left corner."""
    cells = []
    for row, column in page.cells:
        box = page.paper.cell(row, column)
        cells.append(
            {"row": row + 1, "column": column + 1, "class": page.rows[row], "x": round(box.x, 3), "y": round(box.y, 3),
             "side": box.width}
        )  # fmt: skip
    return {"page": page.page, "width": page.paper.width, "height": page.paper.height, "cells": cells}
