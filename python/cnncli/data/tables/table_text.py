"""Tables of numbers as text files: separator, header and columns found from the first rows, then read in pieces."""

import codecs
import math
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnncli.array_types import Array
from cnncli.data.dataset import MAX_BYTES
from cnncli.data.part_names import part_column
from cnncli.data.tables.numbers import is_number, parse_rows
from cnncli.errors import DataError
from cnncli.shown import plural, printable, reason_of
from cnncli.storage.files import PIECE_BYTES

LEAST_COLUMNS = 17  # a label and 4x4 pixels
_MOST_FILE_BYTES = 4 * MAX_BYTES  # a byte takes up to four characters: "255,"
_MOST_ROW_BYTES = 64 << 20
_DECIMAL_COMMA = re.compile(rb"(?<![\d.,])-?\d+,\d+(?:[eE][-+]?\d+)?(?![\d.,])")
_QUOTES = b"\"'"
_MANGLED = re.compile(r"(-?\d+(?:\.\d+)?)\.(\d+)")


@dataclass(frozen=True)
class TableForm:
    """How a table is written.

    delimiter : one byte; b" " for runs of spaces and tabs
    columns : in each row, without the one that says for what the row is
    names : of these columns, or None without a header
    text_column : the one of them that holds text, 0 or columns - 1, or None
    body : where the first row after the header begins, in bytes
    first_line : its number
    trailing : whether each row ends with a separator
    decimal_comma : whether numbers have a comma for a point
    part_column : the one that says for what the row is (train, test), counted among all columns, or None
    part_name : its name
    """

    delimiter: bytes
    columns: int
    names: list[str] | None
    text_column: int | None
    body: int
    first_line: int
    trailing: bool
    decimal_comma: bool
    part_column: int | None
    part_name: str


def find_form(head: bytes) -> TableForm | None:
    """The form of a table of pixels, from the first bytes of a file; None if it is none."""
    start = 3 if head.startswith(codecs.BOM_UTF8) else 0
    lines: list[tuple[int, int, bytes]] = []  # number, begin, text of the first rows
    at, number = start, 1
    while len(lines) < 3 and at < len(head):
        end = head.find(b"\n", at)
        end = len(head) if end < 0 else end
        if head[at:end].strip() and (lines or not head[at:end].lstrip().startswith(b"#")):
            lines.append((number, at, head[at:end].strip(b"\r\n")))
        at, number = end + 1, number + 1
    if not lines or b"\0" in lines[0][2]:
        return None
    data = lines[1][2] if len(lines) > 1 else lines[0][2]
    delimiter = max((b";", b"\t", b"|", b","), key=data.count)
    if data.count(delimiter) < LEAST_COLUMNS - 1:
        delimiter = b" "
    trailing = delimiter != b" " and data.rstrip(b" ").endswith(delimiter)
    decimal_comma = delimiter != b"," and _DECIMAL_COMMA.search(head, lines[-1][1]) is not None
    if decimal_comma:
        lines = [(number, at, text.replace(b",", b".")) for number, at, text in lines]
    rows = [_split(text, delimiter, trailing) for _, _, text in lines]
    part, part_name = _find_part(rows)
    if part is not None:
        rows = [cells[:part] + cells[part + 1 :] for cells in rows]
    row = rows[min(1, len(rows) - 1)]
    if len(row) < LEAST_COLUMNS:
        return None
    texts = [index for index, cell in enumerate(row) if not is_number(cell)]
    if len(texts) > 1 + len(row) // 10 or any(_is_file(row[index]) for index in texts):
        return None
    # A label in words comes first or last; other texts are faults, which are told by their place when they are read.
    text_column = next((column for column in (0, len(row) - 1) if column in texts and row[column]), None)
    if len(texts) > (text_column is not None) and not _is_square(len(row) - 1):
        return None
    is_header = len(rows[0]) == len(row) and (_is_named(rows[0]) or (len(rows) > 1 and _is_counted(rows[0])))
    if is_header and len(lines) == 1:
        return None
    names = rows[0] if is_header else None
    first_line, body, _ = lines[1] if is_header else lines[0]
    return TableForm(
        delimiter, len(row), names, text_column, body, first_line, trailing, decimal_comma, part, part_name
    )


def _find_part(rows: list[list[str]]) -> tuple[int | None, str]:
    """The column that says for what each row is, and its name, in a table with a header."""
    if len(rows) < 2 or len({len(cells) for cells in rows}) > 1:
        return None, ""
    column = part_column(rows[0], rows[1:])
    return column, rows[0][column] if column is not None else ""


def _is_square(count: int) -> bool:
    return math.isqrt(count) ** 2 == count


def _split(line: bytes, delimiter: bytes, trailing: bool) -> list[str]:
    text = line.decode("latin-1")
    cells = text.split() if delimiter == b" " else text.split(delimiter.decode())
    if trailing and cells and not cells[-1].strip():
        cells = cells[:-1]
    return [cell.strip().strip("\"'") for cell in cells]


def _is_file(cell: str) -> bool:
    return "/" in cell or "\\" in cell or re.search(r"\.[A-Za-z][A-Za-z0-9]{1,4}$", cell) is not None


def _is_named(cells: list[str]) -> bool:
    """Whether a row is a header of words, or of one word and numbers that count the pixels (label, 0, 1, ...)."""
    words = [index for index, cell in enumerate(cells) if not is_number(cell)]
    if words in ([0], [len(cells) - 1]) and cells[words[0]]:
        return _is_counted(cells[1:] if words == [0] else cells[:-1])
    return len(words) > len(cells) // 2


def _is_counted(cells: list[str]) -> bool:
    """Whether a row of numbers is a header: 0, 1, 2, ..., or a row of data that pandas took for one (0, 0.1, 0.2)."""
    if all(cell.isdecimal() and len(cell) < 9 for cell in cells):
        first = int(cells[0])
        if first in (0, 1) and [int(cell) for cell in cells] == list(range(first, first + len(cells))):
            return True
    seen: dict[str, int] = {}
    for cell in cells:
        if cell in seen:
            return False  # a name that is there twice: pandas gives it a number
        mangled = _MANGLED.fullmatch(cell)
        if mangled and seen.get(mangled[1]) == int(mangled[2]):
            seen[mangled[1]] += 1
        else:
            seen[cell] = 1
    return any(count > 1 for count in seen.values())


def read_table(path: Path, form: TableForm) -> tuple[Array, list[str] | None, list[str] | None]:
    """All numbers of a table, the texts of its text column, and what says for what each row is.

    Returns
    -------
    (numbers (rows, columns without those two) as uint8, uint16 or float32, texts or None, parts or None)

    Raises
    ------
    DataError : not a regular file, above the limits, a row of another length or a cell that is no number
    """
    where = printable(path)
    numbers: list[Array] = []
    texts: list[str] = []
    parts: list[str] = []
    size = 0
    columns = form.columns - (form.text_column is not None)
    try:
        for line, whole in _pieces(path, where, form):
            piece = _without_gaps(whole, form)
            named, piece = _take_parts(piece, form)
            labels, plain = _take_texts(piece, form)
            values = parse_rows(plain, form.delimiter, columns)
            if values is None:
                raise _bad_row(where, line, whole, form)
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                row, column = np.argwhere(~np.isfinite(values))[0]
                line += _lines_before(whole, form, int(row))
                column += form.text_column == 0
                column += form.part_column is not None and form.part_column <= column
                place = f"{where}, line {line}, column {column + 1}"
                raise DataError(f"{place}: NaN or infinite; fill in a number")
            values = _compact(values)
            size += values.nbytes
            if size > MAX_BYTES:
                raise DataError(
                    f"{where}: the pixels take more than the limit, {MAX_BYTES:,} bytes; use fewer or smaller images, "
                    "or whole numbers from 0 to 255"
                )
            numbers.append(values)
            texts += labels
            parts += named
    except OSError as error:
        reason = reason_of(error)
        raise DataError(f"{where}: cannot be read ({reason}); check the file and its permissions") from None
    if not numbers:
        raise DataError(f"{where}: holds no rows; write a row of a label and pixels for each image")
    found = np.concatenate(numbers)
    return found, texts if form.text_column is not None else None, parts if form.part_column is not None else None


def _pieces(path: Path, where: str, form: TableForm) -> Iterator[tuple[int, bytes]]:
    """(number of its first line, whole rows) without quotes and carriage returns."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{where}: not a regular file; save the table to a file first")
    if status.st_size > _MOST_FILE_BYTES:
        raise DataError(f"{where}: {status.st_size:,} bytes; the limit is {_MOST_FILE_BYTES:,}, use fewer images")
    line = form.first_line
    with path.open("rb") as file:
        file.seek(form.body)
        rest = b""
        while True:
            block = file.read(PIECE_BYTES)
            whole, mark, after = (rest + block).rpartition(b"\n")
            if not block:
                whole, mark, after = rest, b"\n" if rest else b"", b""
            elif len(after) > _MOST_ROW_BYTES:
                raise DataError(f"{where}, line {line}: a row of more than {_MOST_ROW_BYTES:,} bytes; use CSV")
            piece = (whole + mark).translate(None, _QUOTES + b"\r")
            if form.decimal_comma:
                piece = piece.replace(b",", b".")
            if piece.strip():
                yield line, piece
            line += piece.count(b"\n")
            rest = after
            if not block:
                return


def _without_gaps(piece: bytes, form: TableForm) -> bytes:
    """Rows without empty lines and trailing separators."""
    piece = piece.lstrip(b"\n")
    while b"\n\n" in piece:
        piece = piece.replace(b"\n\n", b"\n")
    if form.delimiter == b" ":
        rows = [row for row in piece.split(b"\n") if row.strip()]
        return b"\n".join([*rows, b""])
    if form.trailing:
        while b" \n" in piece:
            piece = piece.replace(b" \n", b"\n")
        piece = piece.replace(form.delimiter + b"\n", b"\n")
    empty = form.delimiter * (form.columns - (form.part_column is None))
    if empty + b"\n" in piece:  # empty rows as spreadsheets save them
        piece = b"\n".join(row for row in piece.split(b"\n") if row != empty)
    return piece


def _lines_before(whole: bytes, form: TableForm, row: int) -> int:
    """How many lines stand before a row, which is counted without the empty ones."""
    filled = [index for index, line in enumerate(whole.split(b"\n")) if _without_gaps(line + b"\n", form).strip()]
    return filled[row]


def _take_parts(piece: bytes, form: TableForm) -> tuple[list[str], bytes]:
    """The cells that say for what each row is, and the rows without them."""
    column = form.part_column
    if column is None:
        return [], piece
    separator = None if form.delimiter == b" " else form.delimiter
    after = form.columns - column  # cells behind it
    cells, rows = [], []
    for row in piece.split(b"\n")[:-1]:
        if column <= after:  # cut from the nearer end: a row may have thousands of cells
            found = row.split(separator, column + 1)
            before, cell, rest = found[:column], found[column : column + 1], found[column + 1 :]
        else:
            found = row.rsplit(separator, after + 1)
            before, cell, rest = found[: -after - 1], found[-after - 1 :][:1], found[len(found) - after :]
        cells.append(b"".join(cell).strip().decode("utf-8", "replace"))
        rows.append(form.delimiter.join([*before, *rest]))
    return cells, b"\n".join([*rows, b""])


def _take_texts(piece: bytes, form: TableForm) -> tuple[list[str], bytes]:
    """The cells of the text column, and the rows without them."""
    if form.text_column is None:
        return [], piece
    separator = None if form.delimiter == b" " else form.delimiter
    cells, rows = [], []
    for row in piece.split(b"\n")[:-1]:
        parts = row.split(separator, 1) if form.text_column == 0 else row.rsplit(separator, 1)[::-1]
        cells.append(parts[0].strip().decode("utf-8", "replace"))
        rows.append(parts[1] if len(parts) > 1 else b"")
    return cells, b"\n".join([*rows, b""])


def _compact(values: Array) -> Array:
    """In the smallest type that keeps them: float32 has 24 bits, more than any pixel or label needs."""
    if values.dtype == np.uint16:
        return values.astype(np.uint8) if values.max() <= 255 else values
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def _bad_row(where: str, line: int, whole: bytes, form: TableForm) -> DataError:
    """What is wrong, with the first row that is."""
    for index, row in enumerate(_without_gaps(whole, form).split(b"\n")[:-1]):
        cells = _split(row, form.delimiter, False)
        place = f"{where}, line {line + _lines_before(whole, form, index)}"
        part = form.part_column
        wanted = form.columns + (part is not None)
        if len(cells) != wanted:
            counted = plural(len(cells), "column")
            return DataError(f"{place}: {counted}, {wanted:,} in the first row; give each row the same")
        for column, cell in enumerate(cells):
            inner = column - (part is not None and column > part)
            if column != part and inner != form.text_column and not is_number(cell):
                shown_cell = printable(cell[:20])
                return DataError(f"{place}, column {column + 1}: '{shown_cell}' is no number; fill in a number")
    return DataError(f"{where}, line {line}: rows that cannot be read as numbers; save the table as CSV")
