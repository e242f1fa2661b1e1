"""Rows of numbers out of text, fast: whole numbers up to 999 by array arithmetic, others as NumPy reads them."""

import warnings

import numpy as np

from cnncli.array_types import Array

_NEWLINE = 10
_MOST_DIGITS = 3


def parse_rows(piece: bytes, delimiter: bytes, columns: int) -> Array | None:
    """Reads rows that end with a line feed.

    piece : whole rows of ASCII text, without quotes and carriage returns; no empty rows
    delimiter : one byte; b" " stands for any run of spaces and tabs
    columns : numbers in each row

    Returns
    -------
    uint16 or float64 (rows, columns); None if a row has another length or a cell is no number

    >>> parse_rows(b"1,20\\n3,255\\n", b",", 2).tolist()
    [[1, 20], [3, 255]]
    >>> parse_rows(b"1,.5\\n", b",", 2).tolist(), parse_rows(b"1,x\\n", b",", 2)
    ([[1.0, 0.5]], None)
    """
    values = _small_whole_numbers(piece, ord(delimiter), columns)
    return values if values is not None else _any_numbers(piece, delimiter, columns)


def _small_whole_numbers(piece: bytes, delimiter: int, columns: int) -> Array | None:
    """The fast way; None if there is anything else than digits and separators, or a row of another length."""
    text = np.frombuffer(piece, np.uint8)
    digits = text - 48  # below "0" it wraps around to above 9
    ends = np.flatnonzero(digits > 9)
    if len(ends) == 0 or len(ends) % columns:
        return None
    marks = text[ends].reshape(-1, columns)
    if (marks[:, :-1] != delimiter).any() or (marks[:, -1] != _NEWLINE).any():
        return None
    lengths = np.diff(ends, prepend=-1) - 1
    if lengths.min() < 1 or lengths.max() > _MOST_DIGITS:
        return None
    values = digits[ends - 1].astype(np.uint16)
    for place, weight in ((2, 10), (3, 100)):
        longer = np.flatnonzero(lengths >= place)
        values[longer] += digits[ends[longer] - place] * np.uint16(weight)
    return values.reshape(-1, columns)


def _any_numbers(piece: bytes, delimiter: bytes, columns: int) -> Array | None:
    rows = piece.split(b"\n")[:-1]
    if delimiter == b" ":
        if any(len(row.split()) != columns for row in rows):
            return None
    else:
        if any(row.count(delimiter) != columns - 1 for row in rows):
            return None
        if any(not cell.strip() for row in rows for cell in row.split(delimiter)):
            return None
        piece = piece.replace(delimiter, b" ")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a text that is no number ends the reading with a warning
            values = np.fromstring(piece.decode("ascii"), np.float64, sep=" ")
    except (ValueError, DeprecationWarning):  # UnicodeDecodeError is a ValueError
        return None
    return values.reshape(-1, columns) if len(values) == len(rows) * columns else None


def is_number(cell: str) -> bool:
    """Whether a cell of a table is a number, as `parse_rows` reads them.

    >>> [is_number(cell) for cell in ("5", " -1.5e3", "0.1.2", "", "nan", "1_0", "x")]
    [True, True, False, False, True, False, False]
    """
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell and cell.isascii()
