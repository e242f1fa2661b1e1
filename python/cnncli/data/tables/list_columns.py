"""Which columns of a list are the pictures, their labels and their parts: found from the header and from the files."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cnncli.data.part_names import part_column
from cnncli.data.tables.columns import (
    INDEX_NAMES,
    LABEL_NAMES,
    PATH_NAMES,
    named_columns,
    plain_name,
    wanted_column,
)
from cnncli.errors import DataError
from cnncli.pictures.formats import SUFFIXES
from cnncli.shown import plural, printable

_NUMBER = re.compile(r"[01](\.0*)?")
_SHOWN = 6


@dataclass(frozen=True)
class Columns:
    """Columns by their numbers from 0.

    header : the names, or None if the first row is a picture
    label : the column of labels, or None if `one_hot` holds a column for each class
    part : the column that says train, val or test, or None
    """

    header: list[str] | None
    path: int
    label: int | None
    one_hot: tuple[int, ...]
    part: int | None


Rows = Sequence[Sequence[str]]


def find_columns(
    place: str,
    rows: Rows,
    exists: Callable[[str], bool],
    label_column: str | None,
    lies_beside: Callable[[str], bool] | None = None,
) -> Columns:
    """The columns of a list.

    place : "list.csv, line 1", for messages
    rows : its first rows, all of the same length
    exists : whether a path leads to a file
    label_column : what the user says of the column of labels
    lies_beside : whether a path leads to a file in another folder near the list; asked where nothing else tells

    Raises DataError if a column is missing, or if more than one may be meant.
    """
    first = [cell.strip() for cell in rows[0]]
    header = first if _is_header(rows, exists) else None
    body = rows[1:] if header is not None else rows
    for known in (PATH_NAMES, LABEL_NAMES) if header else ():
        for column in named_columns(first, known):
            if first.count(first[column]) > 1:
                raise DataError(
                    f"{place}: the header has more than one column {printable(first[column][:40])}; "
                    "name one column path and one label"
                )
    path = _path_column(place, header, body, exists, lies_beside)
    part = part_column(first, body) if header else None
    part = None if part == path else part
    if label_column is not None:
        label = wanted_column(header, len(first), label_column)
        if label is None or label == path:
            raise DataError(f"{place}: has no column of labels {printable(label_column[:40])}; name one of the header")
        return Columns(header, path, label, (), part)
    label, one_hot = _label_column(place, header, body, {path, *([part] if part is not None else [])})
    return Columns(header, path, label, one_hot, part)


def find_path_column(
    place: str, rows: Rows, exists: Callable[[str], bool], lies_beside: Callable[[str], bool] | None = None
) -> tuple[list[str] | None, int]:
    """(header or None, the column of the pictures) of a list whose labels do not matter; as `find_columns`."""
    header = [cell.strip() for cell in rows[0]] if _is_header(rows, exists) else None
    return header, _path_column(place, header, rows[1:] if header is not None else rows, exists, lies_beside)


def looks_like_file(cell: str) -> bool:
    """Whether a cell ends as the names of pictures do.

    >>> looks_like_file("a/7.PNG"), looks_like_file("path")
    (True, False)
    """
    return any(cell.lower().endswith(suffix) for suffix in SUFFIXES)


def _is_header(rows: Rows, exists: Callable[[str], bool]) -> bool:
    first = [cell.strip() for cell in rows[0]]
    if any(looks_like_file(cell) or exists(cell) for cell in first if cell):
        return False
    if named_columns(first, PATH_NAMES) or named_columns(first, LABEL_NAMES):
        return True
    return len(rows) > 1 and any(looks_like_file(cell) or exists(cell) for cell in rows[1] if cell.strip())


def _hits(body: Rows, column: int, exists: Callable[[str], bool]) -> tuple[int, int]:
    cells = [row[column].strip() for row in body]
    return sum(exists(cell) for cell in cells if cell), sum(looks_like_file(cell) for cell in cells)


def _path_column(
    place: str,
    header: list[str] | None,
    body: Rows,
    exists: Callable[[str], bool],
    lies_beside: Callable[[str], bool] | None,
) -> int:
    count = len(header) if header is not None else len(body[0])
    known = named_columns(header, PATH_NAMES) if header is not None else []
    if len(known) == 1 and plain_name(header[known[0]]) not in INDEX_NAMES:  # type: ignore[index]
        return known[0]
    hits = {column: _hits(body, column, exists) for column in range(count)}
    candidates = known if any(hits[column] > (0, 0) for column in known) else list(range(count))
    best = max(candidates, key=lambda column: hits[column])
    if hits[best] > (0, 0):
        return best
    if known:
        return known[0]
    if header is None and count == 2:
        return 0
    if header is not None:
        near = _column_of_files(body, lies_beside)
        if near is not None:
            return near
        raise DataError(f"{place}: the header has no column path; name one column path and one label")
    raise DataError(
        f"{place}: {plural(count, 'column')} and no picture in them; write a row path,label for each, "
        "or name the columns path and label in a header"
    )


def _column_of_files(body: Rows, lies_beside: Callable[[str], bool] | None) -> int | None:
    """The column whose cells lead to a file each in the folders beside the list, such as `id_code` of 000c1434d8d7."""
    if not body or lies_beside is None:
        return None
    for column in range(len(body[0])):
        cells = {row[column].strip() for row in body} - {""}
        if 2 * len(cells) > len(body) and 2 * sum(map(lies_beside, cells)) > len(cells):
            return column
    return None


def _label_column(
    place: str, header: list[str] | None, body: Rows, taken: set[int]
) -> tuple[int | None, tuple[int, ...]]:
    """(the column of labels, ()) or (None, a column for each class)."""
    count = len(header) if header is not None else len(body[0])
    known = [column for column in named_columns(header, LABEL_NAMES) if column not in taken] if header else []
    if known and body:
        known = _different(body, known)
    if len(known) == 1:
        return known[0], ()
    others = known or [column for column in range(count) if column not in taken and not is_index(header, body, column)]
    if len(others) == 1:
        return others[0], ()
    if not others:
        if header is not None:
            raise DataError(f"{place}: the header has no column label; name one column path and one label")
        raise DataError(f"{place}: 1 column where path,label are needed; add the label of each picture")
    if not known and header is not None and body and _is_one_hot(body, others):
        return None, tuple(others)
    listed = ", ".join(printable(header[column][:40]) if header else str(column + 1) for column in others[:_SHOWN])
    more = f" and {len(others) - _SHOWN:,} more" if len(others) > _SHOWN else ""
    first = printable(header[others[0]][:40]) if header else others[0] + 1
    raise DataError(
        f"{place}: which column is the label is not known: {listed}{more}; pass --label-column {first}, or another"
    )


def _different(body: Rows, columns: list[int]) -> list[int]:
    """Of columns that tell the classes alike, such as class_id and class_name, the one in words."""
    pairs = {tuple(row[column] for column in columns) for row in body}
    if all(len({pair[index] for pair in pairs}) == len(pairs) for index in range(len(columns))):
        words = [column for column in columns if not all(row[column].strip("-+.").isdigit() for row in body)]
        return [words[0] if words else columns[0]]
    return columns


def is_index(header: list[str] | None, body: Rows, column: int) -> bool:
    """Whether a column counts the rows."""
    if header is not None and plain_name(header[column]) in INDEX_NAMES:
        return True
    cells = [row[column].strip() for row in body]
    if len(cells) < 3 or not all(cell.isdecimal() and len(cell) < 12 for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    return numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _is_one_hot(body: Rows, columns: list[int]) -> bool:
    for row in body:
        cells = [row[column].strip() for column in columns]
        if not all(_NUMBER.fullmatch(cell) for cell in cells) or sum(float(cell) for cell in cells) != 1:
            return False
    return True
