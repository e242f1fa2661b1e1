"""Tables of numbers: a sample in each row, its numbers in columns, and the column or columns to be predicted."""

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cnncli.data.dataset import Note
from cnncli.data.resolve import Finder, find_files
from cnncli.data.tables.columns import INDEX_NAMES, PATH_NAMES, named_columns, plain_name, wanted_column
from cnncli.data.tables.list_columns import looks_like_file
from cnncli.data.tables.numbers import is_number
from cnncli.data.tables.pixel_table import is_pixel_table
from cnncli.data.tables.text import DELIMITERS, cells_of, decode, read_content, without_preamble
from cnncli.errors import CnnError, DataError
from cnncli.shown import printable

_MISSING = {"", "na", "nan", "n/a", "null", "none", "?", "-"}
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")
# A number that a person reads and a program does not: with thousands, a sign, a unit; a day; in base 16.
_DRESSED = re.compile(
    r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?|[-+]?[$€£¥] ?\d[\d.,]*|[-+]?\d[\d.,]* ?([%$€£¥°]|[A-Za-zµ]{1,3}[²³]?)|"
    r"\d{4}-\d\d-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}|0x[0-9A-Fa-f]+"
)
_SUFFIXES = {".csv", ".tsv", ".txt", ".dat", ".data"}
_UNNAMED = "column "  # and its number: a column whose name in the header is empty, as that of pandas' index
_SAMPLE_LINES = 40
_UTF_16_ENDS = {codecs.BOM_UTF16_LE: b"\n\0", codecs.BOM_UTF16_BE: b"\0\n"}
_SAMPLE_BYTES = 1 << 16


@dataclass(frozen=True, eq=False)
class NumberTable:
    """names : of the input columns
    rows : float64 (N, F), their numbers
    targets : names of the target columns; none where the table has none
    cells : N rows of the texts in them
    notes : what was left aside or assumed
    """

    name: str
    source: str
    names: list[str]
    rows: npt.NDArray[np.float64]
    targets: list[str]
    cells: list[list[str]]
    notes: list[Note] = field(default_factory=list)


def holds_numbers(path: Path) -> bool:
    """Whether a file is plainly a table of numbers and none of pixels: its last column may be words.

    A table of two columns that has whole numbers alone may as well be a list of names and labels.
    """
    if path.suffix.lower() not in _SUFFIXES or not path.is_file() or is_pixel_table(path):
        return False
    try:
        rows = _first_rows(path)
    except (CnnError, OSError):
        return False
    body = [cells for _, cells in rows[1 : _SAMPLE_LINES + 1]]
    inputs = [cell for cells in body for cell in cells[:-1] if cell.lower() not in _MISSING]
    if len(body) < 2 or len(body[0]) < 2 or not inputs or not all(map(is_number, inputs)):
        return False
    if _are_files(path, [cells[-1] for cells in body]):
        return False
    return len(body[0]) > 2 or any("." in cell or "e" in cell.lower() or "-" in cell for cell in inputs)


def _first_rows(path: Path) -> list[tuple[int, list[str]]]:
    with path.open("rb") as file:
        head = file.read(_SAMPLE_BYTES)
    end = _UTF_16_ENDS.get(head[:2], b"\n")  # of a line; what follows the last one may be cut
    return _rows("", decode(head.rpartition(end)[0] + end if end in head else head, "")[0])


def dressed_number(path: Path) -> str | None:
    """A line on a table that would be one of numbers, were some of them not written for people; None for others.

    Such a table must not be taken for a list of pictures, since files may happen to have its numbers as their names.
    """
    try:
        names, body = _header(_first_rows(path)[: _SAMPLE_LINES + 1])
    except (CnnError, OSError, IndexError):
        return None
    if names is None or len(names) < 2 or named_columns(names, PATH_NAMES):
        return None
    found = None
    for line, cells in body:
        for name, cell in zip(names[: len(cells)], cells, strict=False):
            if is_number(cell) or cell.lower() in _MISSING:
                continue
            if not _DRESSED.fullmatch(cell) or looks_like_file(cell):
                if name != names[-1] or looks_like_file(cell):
                    return None
                continue  # a word in the last column is a class
            found = found or (line, name, cell)
    if found is None:
        return None
    line, name, cell = found
    return (
        f"{printable(path)}, line {line}, column {printable(name)}: '{printable(cell[:20])}' is no plain number; write "
        "it without unit, sign or separators, or remove the column"
    )


def _are_files(path: Path, cells: list[str]) -> bool:
    """Whether the last cells of rows name pictures: a list may have them behind sizes, boxes and labels."""
    cells = [cell for cell in cells if not is_number(cell)]
    if len(set(cells)) <= len(cells) / 2:
        return False
    return (
        sum(map(looks_like_file, cells)) > len(cells) / 2
        or sum(file is not None for file in find_files(path, cells, Finder())[0]) > len(cells) / 2
    )


def read_number_table(
    path: Path,
    target: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    skip_bad: bool = False,
    unanswered: dict[int, str] | None = None,
) -> NumberTable:
    """Reads a table as text: with any usual separator, with or without a header, with decimal points or commas.

    target : names or numbers of the target columns with commas between; None: the last one
    columns : of a model: these are the inputs, and of the others those named by `target` are read if they are there
    skip_bad : rows with missing numbers are left aside
    unanswered : of a table to be predicted, whose targets may be missing: rows whose inputs cannot be read are NaN, and
        why stands here by the number of the row, from 0

    Raises DataError with line and column for what is no number, is missing, or is a row of another length.
    """
    where = printable(path)
    text, notes = decode(read_content(path, where), where)
    rows = _rows(where, text, notes)
    if not rows:
        raise DataError(f"{where}: holds no rows; write a row of numbers for each sample")
    names, rows = _header(rows)
    twice = next((name for name in names or () if names and names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{where}: more than one column {printable(twice[:40])}; give each a name of its own")
    width = len(names) if names is not None else len(rows[0][1]) if rows else 0
    for line, cells in rows:
        if len(cells) != width:
            raise DataError(f"{where}, line {line}: {len(cells)} columns, {width} in the first row; give each the same")
    if names is None:
        names = _plain_names(columns, target, width)
    at = _target_columns(where, names, target, is_optional=columns is not None)
    inputs = _input_columns(where, names, at, columns, rows, notes)
    kept, numbers = [], []
    bad = 0
    for line, cells in rows:
        missing = next((i for i in (*inputs, *at) if cells[i].lower() in _MISSING), None)
        if unanswered is not None:
            try:
                numbers.append([_input_of(where, line, names[i], cells[i]) for i in inputs])
            except DataError as error:
                unanswered[len(numbers)] = str(error)
                numbers.append([np.nan] * len(inputs))
        elif missing is not None and not skip_bad:
            raise DataError(
                f"{where}, line {line}, column {printable(names[missing])}: is missing; fill it in, or pass --skip-bad "
                "to leave out such rows"
            )
        elif missing is not None:
            bad += 1
            continue
        else:
            numbers.append([number_of(where, line, names[i], cells[i]) for i in inputs])
        kept.append([cells[i] for i in at])
    if bad:
        notes.append(Note("left aside", f"left aside: {bad:,} rows with missing numbers", {"missing numbers": bad}))
    if not kept:
        raise DataError(f"{where}: holds no rows of numbers; write one for each sample")
    return NumberTable(
        path.stem, where, [names[i] for i in inputs], np.array(numbers, np.float64), [names[i] for i in at], kept, notes
    )


def _input_of(where: str, line: int, column: str, cell: str) -> float:
    """`number_of` of what is to be predicted, which may be missing."""
    if cell.lower() in _MISSING:
        raise DataError(
            f"{where}, line {line}, column {printable(column)}: is missing; fill it in, the model takes it"
        )
    return number_of(where, line, column, cell)


def number_of(where: str, line: int, column: str, cell: str) -> float:
    """The number in a cell; DataError, with its place, if it is none."""
    if not is_number(cell) or not np.isfinite(float(cell)):
        raise DataError(
            f"{where}, line {line}, column {printable(column)}: '{printable(cell[:20])}' is no number; fill in a "
            "number, or remove the column"
        )
    return float(cell)


def target_values(table: NumberTable) -> npt.NDArray[np.float64]:
    """float64 (N, T), the numbers in the target columns; DataError if one is no number."""
    return np.array(
        [
            [number_of(table.source, n + 1, name, cell) for name, cell in zip(table.targets, cells, strict=True)]
            for n, cells in enumerate(table.cells)
        ],
        np.float64,
    ).reshape(len(table.cells), len(table.targets))


def _rows(where: str, text: str, notes: list[Note] | None = None) -> list[tuple[int, list[str]]]:
    """(line, cells) of each row that is not empty, with decimal points; a note where dots part thousands."""
    text, delimiter = without_preamble(text)
    delimiter = delimiter or _delimiter(text)
    if delimiter == " ":
        rows = [(n, line.split()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    else:
        rows = [row for row in cells_of(where, text, delimiter) if any(row[1])]
    if delimiter == "," or not any(_DECIMAL_COMMA.fullmatch(cell) for _, cells in rows for cell in cells):
        return rows
    parted = [cell for _, cells in rows for cell in cells if _THOUSANDS.fullmatch(cell)]
    dotted = sum("." in cell and is_number(cell) for _, cells in rows for cell in cells)
    if parted and dotted <= len(parted):  # beside decimal commas
        if notes is not None:
            text = f"converted: {parted[0]} to {parted[0].replace('.', '')}, since decimals have a comma"
            notes.append(Note("converted", text))
        rows = [(n, [c.replace(".", "") if _THOUSANDS.fullmatch(c) else c for c in cells]) for n, cells in rows]
    return [(n, [c.replace(",", ".") if _DECIMAL_COMMA.fullmatch(c) else c for c in cells]) for n, cells in rows]


def _delimiter(text: str) -> str:
    """The separator that gives all first rows the same number of columns; a comma last, which numbers may have."""
    lines = [line for line in text.splitlines() if line.strip()][:_SAMPLE_LINES]
    for delimiter in (*(mark for mark in DELIMITERS if mark != ","), ","):
        try:
            counts = {len(row) for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)}
        except csv.Error:
            continue
        if len(counts) == 1 and counts != {1}:
            return delimiter
    return "," if any("," in line for line in lines) else " "


def _header(rows: list[tuple[int, list[str]]]) -> tuple[list[str] | None, list[tuple[int, list[str]]]]:
    """(names, rows after them): the first row is a header where no cell is a number, or one is none above numbers."""
    first = rows[0][1]
    words = [index for index, cell in enumerate(first) if not is_number(cell) and cell.lower() not in _MISSING]
    below = rows[1][1] if len(rows) > 1 else []
    is_header = any(index < len(below) and is_number(below[index]) for index in words)
    if not is_header:
        return None, rows
    return [name or f"{_UNNAMED}{index + 1}" for index, name in enumerate(first)], rows[1:]


def _plain_names(columns: Sequence[str] | None, target: str | None, width: int) -> list[str]:
    """Names of columns without a header: those of a model in their order, else x1, x2, ... and y."""
    if columns is not None and width in (len(columns), len(columns) + len((target or "").split(","))):
        return [*columns, *(target or "").split(",")][:width]
    return [*(f"x{index + 1}" for index in range(width - 1)), "y"]


def _target_columns(where: str, names: list[str], target: str | None, is_optional: bool) -> list[int]:
    if target is None:
        return [len(names) - 1]
    found = []
    for wanted in target.split(","):
        column = wanted_column(names, len(names), wanted.strip())
        if column is None and not is_optional:
            raise DataError(
                f"{where}: no column {printable(wanted.strip())}; pass --label-column with one or more of "
                f"{printable(', '.join(names[:16]))}"
            )
        if column is not None:
            found.append(column)
    return found if len(found) == len(target.split(",")) else []


def _input_columns(
    where: str,
    names: list[str],
    targets: list[int],
    columns: Sequence[str] | None,
    rows: list[tuple[int, list[str]]],
    notes: list[Note],
) -> list[int]:
    if columns is not None:
        for name in columns:
            if name not in names:
                raise DataError(f"{where}: no column {printable(name)}, which the model takes; add it")
        return [names.index(name) for name in columns]
    inputs = [index for index in range(len(names)) if index not in targets]
    first = inputs[0] if inputs else None
    if first is not None and len(inputs) > 1 and _is_index_name(names[first]):
        cells = [cells[first] for _, cells in rows]
        if all(cell.isdecimal() for cell in cells) and len({int(cell) - n for n, cell in enumerate(cells)}) == 1:
            name = printable(names[first][:40]).removeprefix(_UNNAMED)
            text = f"left aside: column {name}, which numbers the rows"
            notes.append(Note("left aside", text, {"columns": 1}))
            inputs = inputs[1:]
    if not inputs:
        raise DataError(f"{where}: has the target column alone; add a column of numbers to predict it from")
    return inputs


def _is_index_name(name: str) -> bool:
    return plain_name(name) in INDEX_NAMES or name == f"{_UNNAMED}1"
