"""A page of a form as shapes in millimetres, which the PDF and the picture draw alike."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from cnncli.forms.form_page import FormPage, page_bytes
from cnncli.forms.layout import (
    CODE_BLOCKS,
    COLUMNS,
    DOT_RADIUS,
    FRAME_LINE,
    MARGIN,
    MARK,
    ROWS,
    Box,
)
from cnncli.forms.mark_words import Bits, word
from cnncli.forms.page_code import code_blocks
from cnncli.shown import printable

FRAME_INK = 0.32  # of black: light enough to be taken away, dark enough to be found in a poor photograph
_NAME_INK = 0.5
_NAME_SIZE = 3.1  # mm, of the letters
_NAME_ABOVE = 2.0  # mm from the cell to the foot of the letters
LETTER_WIDTH = 0.9 * _NAME_SIZE  # mm, of the widest letters of a name
_TEXT_LEFT = MARGIN + MARK + 4
_SAID = (
    (4.6, 5.0, 0.0, "Write or draw into each cell what stands above it."),
    (9.4, 2.75, 0.25, "Use any pen or pencil. To drop a cell, cross it out from corner to corner or leave it empty."),
    (13.0, 2.75, 0.25, "Photograph the whole page, with its four marks. Then:  cnn collect photo.jpg --out my_class"),
)


class Rect(NamedTuple):
    """Filled; ink from 0, white, to 1, black."""

    box: Box
    ink: float


class Frame(NamedTuple):
    """Lines around a box, outside of it."""

    box: Box
    line: float
    ink: float


class Disc(NamedTuple):
    x: float
    y: float
    radius: float
    ink: float


class Text(NamedTuple):
    """x, y : of the foot of the first letter; most : mm that it may be wide; smaller letters then, and at last fewer"""

    x: float
    y: float
    size: float
    ink: float
    text: str
    most: float


Shape = Rect | Frame | Disc | Text


def shapes(page: FormPage) -> Iterator[Shape]:
    """All of a page, from the corner marks to the names above the cells."""
    paper = page.paper
    for corner in range(4):
        yield from _modules(paper.mark(corner), np.pad(word(paper.name, corner), 1, constant_values=True))
    xs, ys = paper.lattice
    for row in range(ROWS + 2):
        for column in range(COLUMNS + 1):
            if paper.has_dot(row, column):
                yield Disc(float(xs[column]), float(ys[row]), DOT_RADIUS, 1.0)
    for index, block in enumerate(code_blocks(page_bytes(page))[:CODE_BLOCKS]):
        yield from _modules(paper.code_block(index), block)
    width = paper.width - 2 * _TEXT_LEFT
    for down, size, grey, text in _SAID:
        yield Text(_TEXT_LEFT, MARGIN + down, size, 1 - grey, text, width)
    if page.pages > 1:
        number = f"page {page.page} of {page.pages}"
        yield Text(paper.width - _TEXT_LEFT - 22, MARGIN + 4.6, 3.0, 0.75, number, 22)
    for row, column in page.cells:
        cell = paper.cell(row, column)
        yield Frame(cell, FRAME_LINE, FRAME_INK)
        yield Text(cell.x, cell.y - _NAME_ABOVE, _NAME_SIZE, _NAME_INK, label(page.rows[row]), cell.width)


def label(name: str) -> str:
    """What stands above a cell: the name of its class, with what Helvetica lacks as its number in Unicode.

    >>> label("star"), label("α")
    ('star', 'U+03B1')
    """
    return "".join(
        char if " " <= char <= "~" or "\xa1" <= char <= "\xff" else f"U+{ord(char):04X}" for char in printable(name)
    )


def _modules(box: Box, dark: Bits) -> Iterator[Rect]:
    """Dark modules, in strips that reach over neighbours, so that no hair of white stands between them."""
    side = box.width / len(dark)
    for row, line in enumerate(dark):
        edges = np.flatnonzero(np.diff(np.pad(line.astype(np.int8), 1)))
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            yield Rect(Box(box.x + start * side, box.y + row * side, (end - start) * side, side), 1.0)
