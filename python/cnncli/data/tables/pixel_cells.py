"""Tables with all pixels of an image in one cell, separated by spaces, as FER2013: emotion,pixels,Usage."""

import csv
import io
import sys
from pathlib import Path

import numpy as np

from cnncli.array_types import Array
from cnncli.data.array_files.arrays import make_parts
from cnncli.data.dataset import MAX_BYTES, Note
from cnncli.data.part_names import part_column, part_of_value
from cnncli.data.raw import RawSet
from cnncli.data.tables.columns import LABEL_NAMES, named_columns, wanted_column
from cnncli.data.tables.list_columns import is_index
from cnncli.data.tables.numbers import parse_rows
from cnncli.data.tables.text import HEAD_BYTES, read_content
from cnncli.errors import DataError
from cnncli.shown import find_unprintable, printable

_LEAST_PIXELS = 16
_MOST_CELL = 4 << 20  # characters: a megapixel
_SAMPLE_ROWS = 300
_SHOWN = 5
_MOST_FILE_BYTES = 1 << 30


def has_pixel_cells(path: Path) -> bool:
    """Whether the second row of a file has a cell of numbers separated by spaces."""
    try:
        with path.open("rb") as file:
            lines = file.read(HEAD_BYTES).split(b"\n")[:2]
    except OSError:
        return False
    if len(lines) < 2 or lines[1].count(b",") > 20:
        return False
    return any(
        len(cell.split()) >= _LEAST_PIXELS and all(word.isdigit() for word in cell.split())
        for cell in lines[1].replace(b'"', b"").split(b",")
    )


def read_pixel_cells(path: Path, label_column: str | None = None) -> RawSet:
    """Reads such a table; a column `Usage` or `split` makes parts.

    Raises DataError, which names the line, for rows of different lengths, cells that are no numbers, and columns that
    are missing.
    """
    where = printable(path)
    text = read_content(path, where, _MOST_FILE_BYTES).decode("utf-8-sig", "replace")
    before = csv.field_size_limit(min(_MOST_CELL, sys.maxsize))
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise DataError(f"{where}: not CSV ({printable(str(error))}); check the quotes") from None
    finally:
        csv.field_size_limit(before)
    names, body = [cell.strip() for cell in rows[0]], rows[1:]
    pixel = next((at for at, cell in enumerate(body[0]) if len(cell.split()) >= _LEAST_PIXELS), 0)
    sample = [row for row in body if len(row) == len(names)][:_SAMPLE_ROWS]
    split = part_column(names, sample)
    others = [at for at in range(len(names)) if at not in (pixel, split) and not is_index(names, sample, at)]
    label = _label_column(where, names, pixel, others, label_column)
    width = len(body[0][pixel].split())
    grouped: dict[str, tuple[list[str], list[str]]] = {}
    for number, row in enumerate(body, 2):
        if len(row) != len(names) or len(row[pixel].split()) != width:
            raise DataError(
                f"{where}, row {number}: {len(row)} columns, or other than {width:,} pixels; give each row the same"
            )
        part = part_of_value(row[split], names[split]) if split is not None else "train"
        if part is None:
            raise DataError(
                f"{where}, row {number}: '{printable(row[split or 0])[:40]}' is no part; write train, val or test"
            )
        if not row[label].strip() or find_unprintable(row[label]) is not None:
            raise DataError(f"{where}, row {number}: the label is empty or holds control characters; fill it in")
        cells, labels = grouped.setdefault(part, ([], []))
        cells.append(" ".join(row[pixel].split()))
        labels.append(row[label].strip())
    pairs = {
        part: ("the table", _numbers(where, cells, width), "the labels", np.array(labels))
        for part, (cells, labels) in grouped.items()
    }
    class_names, parts, notes = make_parts(where, pairs)
    unused = [printable(names[at][:40]) for at in others if at != label]
    if unused:
        text = f"left aside: column{'s' if len(unused) > 1 else ''} {', '.join(unused[:_SHOWN])}"
        more = f" and {len(unused) - _SHOWN:,} more" if len(unused) > _SHOWN else ""
        notes.append(Note("left aside", text + more, {"columns": len(unused)}))
    if "validation" in parts:
        notes.append(Note("parts", f"{len(parts['validation']):,} rows for validation: used for validation"))
    return RawSet(path.stem, class_names, parts, source=where, notes=notes)


def _label_column(where: str, names: list[str], pixel: int, others: list[int], wanted: str | None) -> int:
    """The column of labels: the one that is wanted, the one with such a name, or the only other one."""
    if wanted is not None:
        label = wanted_column(names, len(names), wanted)
        if label is None or label == pixel:
            raise DataError(
                f"{where}, line 1: has no column of labels {printable(wanted[:40])}; name one of the header"
            )
        return label
    known = [at for at in named_columns(names, LABEL_NAMES) if at in others] or others[: len(others) == 1]
    if known:
        return known[0]
    if not others:
        raise DataError(f"{where}, line 1: the header has no column label; name the column of labels so")
    listed = ", ".join(printable(names[at][:40]) for at in others[:_SHOWN])
    raise DataError(
        f"{where}, line 1: which column is the label is not known: {listed}; pass --label-column "
        f"{printable(names[others[0]][:40])}, or another"
    )


def _numbers(where: str, cells: list[str], width: int) -> Array:
    if len(cells) * width * 2 > MAX_BYTES:
        raise DataError(f"{where}: the pixels take more than the limit, {MAX_BYTES:,} bytes; use fewer images")
    values = parse_rows(("\n".join(cells) + "\n").encode("ascii", "replace"), b" ", width)
    if values is None:
        raise DataError(f"{where}: a cell of pixels holds what is no number; write whole numbers from 0 to 255")
    return values
