"""What `cnn collect` prints of a photograph."""

from collections.abc import Iterator
from typing import Any

from cnncli.forms.photograph import Photograph
from cnncli.forms.shown_page import reasons_of, short_reason
from cnncli.shown import printable

_MOST_NAME = 24  # characters
_MOST_LISTED = 8  # cells that are listed with one reason


def photograph_lines(photograph: Photograph, out: str | None, written: list[str] | None, before: int) -> Iterator[str]:
    """The page, a table of its classes, the cells that were left aside and why, and what was written."""
    page = photograph.page
    found, dots = photograph.dots
    turned = f", turned by {photograph.turned} degrees" if photograph.turned else ""
    yield (
        f"{photograph.name}: page {page.page} of {page.pages}, {page.paper.name.capitalize()}{turned}, straightened by "
        f"{found} of {dots} dots"
    )
    yield ""
    yield from _table(photograph)
    yield ""
    for reason in reasons_of(photograph.cells):
        places = [
            f"r{cell.row + 1}c{cell.column + 1}"
            for cell in photograph.cells
            if cell.reason is not None and short_reason(cell.reason) == reason
        ]
        more = f" and {len(places) - _MOST_LISTED} more" if len(places) > _MOST_LISTED else ""
        yield f"{reason}: {' '.join(places[:_MOST_LISTED])}{more}"
    taken, whole = len(photograph.accepted), len(photograph.cells)
    if written is None:
        yield f"{taken} of {whole} cells are good; --out FOLDER writes them"
        return
    assert out is not None
    folder = printable(out.rstrip("/") or out)
    if written:
        again = f", in place of the {before} that were there" if before else ""
        yield f"{folder}/: {len(written)} pictures of {whole} cells{again}; next: cnn train {folder}"
    else:
        yield f"{folder}/: has {before} pictures of this photograph; nothing is written, --overwrite writes them again"


def _table(photograph: Photograph) -> Iterator[str]:
    """A line a class: cells, taken, and a column for each reason."""
    reasons = list(reasons_of(photograph.cells))
    names = photograph.page.class_names
    wide = max(5, *(len(_short(name)) for name in names))
    heads = ["cells", "taken", *reasons]
    yield f"{'class':{wide}}" + "".join(f"  {head:>{max(5, len(head))}}" for head in heads)
    for name in names:
        own = [cell for cell in photograph.cells if cell.name == name]
        counts = reasons_of(own)
        numbers = [len(own), len(own) - sum(counts.values()), *(counts[reason] for reason in reasons)]
        columns = (f"  {number or '-':>{max(5, len(head))}}" for head, number in zip(heads, numbers, strict=True))
        yield f"{_short(name):{wide}}" + "".join(columns)


def _short(name: str) -> str:
    name = printable(name)
    return name if len(name) <= _MOST_NAME else name[: _MOST_NAME - 2] + ".."


def facts(
    photograph: Photograph, photo: str, written: list[str] | None, before: int, show: str | None
) -> dict[str, Any]:
    """The same as JSON values."""
    page = photograph.page
    classes = []
    for name in page.class_names:
        own = [cell for cell in photograph.cells if cell.name == name]
        classes.append({"class": name, "cells": len(own), "taken": sum(cell.reason is None for cell in own)})
    refused = [
        {"row": cell.row + 1, "column": cell.column + 1, "class": cell.name, "reason": cell.reason}
        for cell in photograph.cells
        if cell.reason is not None
    ]
    return {
        "photo": photo, "paper": page.paper.name, "page": page.page, "pages": page.pages, "turned": photograph.turned,
        "dots": photograph.dots[0], "classes": classes, "refused": refused, "written": written, "before": before,
        "show": show,
    }  # fmt: skip
