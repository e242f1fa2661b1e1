"""Where everything stands on a form, in millimetres from the top left corner of the paper.

Every form has the same lattice of dots, whatever its classes are, so that a photograph can be straightened before the
form's code is read: 11 x 11 dots around 10 rows of 10 cells, and one more row of 9 dots below the code. In each corner
stands a mark, whose bits tell which corner of which paper it is.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

COLUMNS = 10
ROWS = 10
CELL = 15.0  # mm a side
DOT_RADIUS = 0.75
FRAME_LINE = 0.25  # mm, the width of a cell's frame
MARK_MODULES = 7  # a dark border and 5 x 5 bits
MODULE = 2.0  # mm
MARK = MARK_MODULES * MODULE
MARGIN = 9.0  # between the edge of the paper and a mark
CODE_BLOCKS = 8
CODE_SIDE = 14.0  # mm a side of a block
CORNERS = ("top left", "top right", "bottom right", "bottom left")

_PITCH_X = 19.0
_GAP = 4.0  # between a mark and the lattice
_CODE_HEIGHT = 18.0  # of the lattice's row below the cells, in which the code stands
_BELOW = 0.36  # share of the space between two rows of cells that is below the upper one; names stand above cells

Points = npt.NDArray[np.float64]  # (..., 2): x, y


class Box(NamedTuple):
    """A rectangle in mm: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Paper:
    """A size of paper in mm, and what follows from it.

    >>> PAPERS["a4"].cell(0, 0)
    Box(x=12.0, y=32.952, width=15.0, height=15.0)
    """

    name: str
    width: float
    height: float

    @property
    def lattice(self) -> tuple[Points, Points]:
        """(x of the 11 columns of dots, y of the 12 rows of dots; the last row is the one below the code)."""
        left = (self.width - COLUMNS * _PITCH_X) / 2
        top = MARGIN + MARK + _GAP
        bottom = self.height - top
        rows = np.linspace(top, bottom, ROWS + 1)
        return left + _PITCH_X * np.arange(COLUMNS + 1.0), np.append(rows, bottom + _CODE_HEIGHT)

    def has_dot(self, row: int, column: int) -> bool:
        """Whether a dot stands at this node of the lattice: beside the code there are the marks instead."""
        return row <= ROWS or 1 <= column <= COLUMNS - 1

    def cell(self, row: int, column: int) -> Box:
        """The inside of a cell's frame."""
        x, y = self.lattice
        below = _BELOW * (y[1] - y[0] - CELL)
        return Box(float(x[column] + (_PITCH_X - CELL) / 2), round(float(y[row + 1] - below - CELL), 3), CELL, CELL)

    def code_block(self, index: int) -> Box:
        """The square of a part of the code."""
        x, y = self.lattice
        top = y[ROWS] + (_CODE_HEIGHT - CODE_SIDE) / 2
        return Box(float(x[1 + index] + (_PITCH_X - CODE_SIDE) / 2), float(top), CODE_SIDE, CODE_SIDE)

    def mark(self, corner: int) -> Box:
        """The square of a corner's mark, by its place in CORNERS."""
        right, bottom = self.width - MARGIN - MARK, self.height - MARGIN - MARK
        x, y = ((MARGIN, MARGIN), (right, MARGIN), (right, bottom), (MARGIN, bottom))[corner]
        return Box(x, y, MARK, MARK)


PAPERS = {"a4": Paper("a4", 210.0, 297.0), "letter": Paper("letter", 215.9, 279.4)}


def corners_of(box: Box) -> Points:
    """(4, 2): clockwise from the top left."""
    left, top, width, height = box
    return np.array([(left, top), (left + width, top), (left + width, top + height), (left, top + height)])
