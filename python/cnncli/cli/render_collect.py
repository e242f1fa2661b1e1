"""What `cnn collect` prints of a photograph."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cnncli.forms.photograph import Photograph
from cnncli.forms.saving import Saved
from cnncli.forms.shown_page import reasons_of, short_reason
from cnncli.shown import printable, typed

_MOST_NAME = 24  # characters
_MOST_LISTED = 8  # cells that are listed with one reason


def photograph_lines(photograph: Photograph, out: str | None, saved: Saved | None) -> Iterator[str]:
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
    first = next((cell for cell in photograph.cells if cell.reason is not None), None)
    if first is not None:
        yield f"left aside; r{first.row + 1}c{first.column + 1} is row {first.row + 1}, column {first.column + 1}:"
    for reason in reasons_of(photograph.cells):
        places = [
            f"r{cell.row + 1}c{cell.column + 1}"
            for cell in photograph.cells
            if cell.reason is not None and short_reason(cell.reason) == reason
        ]
        more = f" and {len(places) - _MOST_LISTED} more" if len(places) > _MOST_LISTED else ""
        yield f"  {reason}: {' '.join(places[:_MOST_LISTED])}{more}"
    taken, whole = len(photograph.accepted), len(photograph.cells)
    if saved is None:
        yield f"{taken} of {whole} cells are good; --out FOLDER writes them"
        return
    folder, before = _folder(out), len(saved.before)
    if saved.written:
        again = f", in place of the {before} that were there" if before else ""
        yield f"{folder}/: {len(saved.written)} pictures of {whole} cells{again}"
    elif saved.is_same:
        yield f"{folder}/: has {before} pictures of this photograph; nothing is written, --overwrite writes them again"
    else:
        yield (
            f"{folder}/: has {before} pictures of this page by another photograph, such as {saved.before[0].name}; "
            "nothing is written, --overwrite puts these in their place"
        )


def end_lines(results: list[dict[str, Any]], out: str | None) -> Iterator[str]:
    """Of several photographs the sum; and what the folder holds now.

    results : of each photograph its `facts`, or its error
    """
    good = [one for one in results if "error" not in one]
    if len(results) > 1:
        taken, whole = (sum(row[key] for one in good for row in one["classes"]) for key in ("taken", "cells"))
        refused = f"; {len(results) - len(good)} refused" if len(good) < len(results) else ""
        yield f"{len(results)} photographs: {taken} of {whole} cells are good{refused}"
    if out is None or not good:
        return
    counts = _held(Path(out))
    holds = f"{_folder(out)}/ holds {sum(counts.values())} pictures of "
    if len(counts) == 1:
        yield holds + f"one class, {printable(next(iter(counts)))}; a training needs two: collect a form of another one"
    else:
        yield holds + f"{len(counts)} classes; next: cnn train {typed(out.rstrip('/') or out)}"


def _held(folder: Path) -> dict[str, int]:
    """The pictures of each class in a folder."""
    counts = {
        path.name: sum(not file.name.startswith(".") for file in path.iterdir())
        for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")
    }  # fmt: skip
    return {name: count for name, count in counts.items() if count}


def _folder(out: str | None) -> str:
    assert out is not None
    return printable(out.rstrip("/") or out)


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


def facts(photograph: Photograph, photo: str, saved: Saved | None, show: str | None) -> dict[str, Any]:
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
        "dots": photograph.dots[0], "classes": classes, "refused": refused, "before": len(saved.before) if saved else 0,
        "written": [str(path) for path in saved.written] if saved else None, "show": show,
    }  # fmt: skip
