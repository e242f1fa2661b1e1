"""A CSV list of pictures: the path of a file and its label in each row."""

import codecs
import csv
import io
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnncli.data.dataset import MAX_CLASSES, DataSet, Split, find_polarity
from cnncli.data.pictures import read_pictures
from cnncli.errors import DataError
from cnncli.files import find_unprintable, printable
from cnncli.shown import shown

_COLUMNS = ("path", "label")
_MAX_LIST_BYTES = 64 << 20  # a million rows; what is larger is no list
_MOST_DIGITS = 18  # longer numbers are sorted as text


@dataclass(frozen=True)
class _Row:
    line: int
    path: str
    label: str


def load_csv_list(path: Path, size: tuple[int, int, int]) -> DataSet:
    """Reads the pictures that a list names; its labels are the classes, in order (numbers by their value).

    The list is UTF-8 text, with or without a byte order mark, commas between the columns, quotes as in RFC 4180. A
    first row with a cell "path" or "label" is a header: the columns of these names count, in any order, others are
    left aside. Without a header each row is a path and a label. Paths are relative to the list's folder. Spaces
    around a cell and empty lines do not matter.

    path : the list
    size : (channels, height, width) that every picture is fitted to

    Raises DataError, which names the line, for a list that cannot be read, a column that is missing, rows of
    different lengths, empty cells, labels with control characters, and pictures that cannot be read.
    """
    where = shown(path)
    rows = list(_rows(where, _text(path, where)))
    if not rows:
        raise DataError(f"{where}: lists no pictures; write a row path,label for each")
    names = sorted({row.label for row in rows}, key=_order)
    if len(names) > MAX_CLASSES:
        raise DataError(f"{where}: {len(names):,} different labels; at most {MAX_CLASSES:,} classes are possible")
    number = {name: index for index, name in enumerate(names)}
    images = read_pictures(
        where,
        [path.parent / row.path for row in rows],
        size,
        places=[f"{where}, line {row.line}" for row in rows],
    )
    return DataSet(
        name=path.stem,
        train=Split(images, np.array([number[row.label] for row in rows], np.int64)),
        test=None,
        class_names=names,
        polarity=find_polarity(images),
        source=where,
    )


def _text(path: Path, where: str) -> str:
    """The content of a regular file within the size limit; a pipe or device would block or never end."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{where}: not a regular file; save the list to a file first")
        if status.st_size > _MAX_LIST_BYTES:
            raise DataError(f"{where}: {status.st_size:,} bytes; the limit is {_MAX_LIST_BYTES:,}, use a smaller list")
        with path.open("rb") as file:
            content = file.read(_MAX_LIST_BYTES + 1).removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(f"{where}: cannot be read ({reason}); check the file and its permissions") from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f'{where}, line {line}: not UTF-8 text; save the list as UTF-8 ("CSV UTF-8" in spreadsheets)'
        ) from None


def _rows(where: str, text: str) -> Iterator[_Row]:
    """The rows of a list without its header, every cell checked."""
    cells = _cells(where, text)
    first = next(cells, None)
    if first is None:
        return
    line, names = first
    columns = _header(f"{where}, line {line}", names)
    if columns is None:
        columns = (0, 1)
        if len(names) != 2:
            raise DataError(
                f"{where}, line {line}: {_count(len(names))} where path,label are needed; separate two columns with "
                "a comma, or name the columns path and label in a header"
            )
        yield _row(where, line, names, columns)
    for line, row in cells:
        if len(row) != len(names):
            raise DataError(
                f"{where}, line {line}: {_count(len(row))}, {len(names)} in the first row; give each row the same, "
                "cells with a comma in double quotes"
            )
        yield _row(where, line, row, columns)


def _cells(where: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """(number of its first line, cells) of each row that is not empty."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"{where}, line {line}: not CSV ({printable(str(error))}); check the quotes") from None
        if row:
            yield line, [cell.strip() for cell in row]


def _header(place: str, cells: list[str]) -> tuple[int, int] | None:
    """Where the two columns are, if this row is a header."""
    names = [cell.lower() for cell in cells]
    if not set(names) & set(_COLUMNS):
        return None
    for column in _COLUMNS:
        if names.count(column) != 1:
            found = "no column" if column not in names else "more than one column"
            raise DataError(f"{place}: the header has {found} {column}; name one column path and one label")
    return names.index("path"), names.index("label")


def _row(where: str, line: int, cells: list[str], columns: tuple[int, int]) -> _Row:
    path, label = (cells[column] for column in columns)
    for column, cell in zip(_COLUMNS, (path, label), strict=True):
        if not cell:
            raise DataError(f"{where}, line {line}: the {column} is empty; fill it in or remove the row")
    if find_unprintable(label) is not None:
        raise DataError(
            f"{where}, line {line}: label '{printable(label)[:80]}' holds control characters; use printable ones"
        )
    return _Row(line, path, label)


def _order(label: str) -> tuple[bool, int, str]:
    """Numbers first, by their value: 9 comes before 10."""
    is_number = label.isascii() and label.isdigit() and len(label) <= _MOST_DIGITS
    return not is_number, int(label) if is_number else 0, label


def _count(columns: int) -> str:
    return f"{columns} column{'s' if columns != 1 else ''}"
