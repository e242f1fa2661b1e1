"""What a lesson draws, before it is known where: in a terminal, in a page or in an animation."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Point = tuple[float, float]
KINDS = ("first", "second", "third", "fourth", "fifth", "sixth", "soft", "mark", "own")  # colours


@dataclass(frozen=True)
class Line:
    """Points joined by straight lines; `name` stands in the legend, `kind` is one of KINDS."""

    points: Sequence[Point]
    kind: str = "first"
    name: str = ""


@dataclass(frozen=True)
class Dots:
    """Points that are not joined."""

    points: Sequence[Point]
    kind: str = "first"
    name: str = ""


@dataclass(frozen=True)
class Segments:
    """Many short lines, such as contours."""

    pairs: Sequence[tuple[Point, Point]]
    kind: str = "soft"
    name: str = ""


@dataclass(frozen=True)
class Bars:
    """Upright bars from 0, each (x of its middle, height)."""

    points: Sequence[Point]
    kind: str = "first"
    name: str = ""
    width: float = 0.6


@dataclass(frozen=True)
class Label:
    """Text that begins at a point."""

    at: Point
    text: str
    kind: str = "soft"


@dataclass(frozen=True)
class Cells:
    """A matrix as squares of side 1, from its upper left corner.

    texts : rows of what stands in the squares, "" for nothing
    shades : rows of numbers from -1 to 1, how much colour a square has: of `kind` above 0, of another below; None: none
    """

    at: Point
    texts: Sequence[Sequence[str]]
    shades: Sequence[Sequence[float]] | None = None
    kind: str = "first"

    def squares(self) -> Iterator[tuple[Point, str, float, str]]:
        """(upper left corner, text, shade from 0 to 1, kind of the shade) of each."""
        below = "second" if self.kind != "second" else "first"
        for row, line in enumerate(self.texts):
            for column, text in enumerate(line):
                shade = 0.0 if self.shades is None else max(-1.0, min(1.0, self.shades[row][column]))
                yield (self.at[0] + column, self.at[1] - row), text, abs(shade), self.kind if shade >= 0 else below


def box(at: Point, width: float, height: float) -> list[Point]:
    """The closed line around a rectangle, from its upper left corner."""
    (left, top), right, low = at, at[0] + width, at[1] - height
    return [(left, top), (right, top), (right, low), (left, low), (left, top)]


Part = Line | Dots | Segments | Bars | Label | Cells


@dataclass(frozen=True)
class Figure:
    """Axes with what is drawn in them, in order.

    x, y : (least, most), finite and least < most
    bare : without numbers at the axes, which stand for nothing
    marks, side_marks : (x, word) of the horizontal axis, (y, word) of the other; none: round numbers
    rows : lines of its inside in a terminal; 0: as many as others
    high : units of its drawing in a page, of which it is 560 wide
    """

    title: str
    x: Point
    y: Point
    parts: Sequence[Part]
    x_name: str = ""
    y_name: str = ""
    notes: Sequence[str] = field(default=())
    bare: bool = False
    marks: Sequence[tuple[float, str]] = field(default=())
    rows: int = 0
    side_marks: Sequence[tuple[float, str]] = field(default=())
    high: int = 360

    def __post_init__(self) -> None:
        for low, high in (self.x, self.y):
            assert math.isfinite(low) and math.isfinite(high) and low < high, (self.title, low, high)

    def marks_below(self, count: int) -> list[tuple[float, str]]:
        """What stands at the horizontal axis: its words, or about so many round numbers."""
        return list(self.marks) or [(value, tick_text(value)) for value in ticks(*self.x, count)]

    def marks_beside(self, count: int) -> list[tuple[float, str]]:
        """What stands at the vertical axis, likewise."""
        return list(self.side_marks) or [(value, tick_text(value)) for value in ticks(*self.y, count)]

    @property
    def legend(self) -> list[tuple[str, str]]:
        """(kind, name) of the parts that have a name, each name once."""
        named = {part.name: part.kind for part in self.parts if not isinstance(part, Label | Cells) and part.name}
        return [(kind, name) for name, kind in named.items()]


@dataclass(frozen=True)
class Stack:
    """Figures below each other, each so many pixels high: a picture of an animation."""

    figures: Sequence[Figure]
    heights: Sequence[int] = (320, 320)


def held(frames: Sequence[Figure | Stack], times: int) -> list[Figure | Stack]:
    """Each of the frames so many times, so that it stays."""
    return [one for one in frames for _ in range(times)]


def spread(values: Sequence[float], margin: float = 0.06) -> Point:
    """A range that holds all values with some room; of equal values one around them.

    >>> spread([0.0, 1.0], 0.5)
    (-0.5, 1.5)
    """
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    room = (high - low) * margin or max(abs(high), 1.0) * 0.5
    return low - room, high + room


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers within a range, about `count` of them.

    >>> ticks(-0.2, 1.05)
    [0.0, 0.5, 1.0]
    """
    step = 10.0 ** math.floor(math.log10((high - low) / count))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= count)
    first = math.ceil(low / step - 1e-9)
    return [round(index * step, 12) for index in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_text(value: float) -> str:
    """A number of an axis.

    >>> tick_text(-0.0), tick_text(2500.0), tick_text(0.25)
    ('0', '2500', '0.25')
    """
    return f"{value + 0.0:g}"


def contours(
    function: Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], npt.NDArray[np.float64]],
    x: Point,
    y: Point,
    levels: Sequence[float],
    cells: int = 40,
) -> list[tuple[Point, Point]]:
    """Short lines along which a function of x and y has one of these values, by marching squares (Lorensen & Cline
    1987).

    >>> ring = contours(lambda x, y: x * x + y * y, (-2, 2), (-2, 2), [1.0])
    >>> bool(np.allclose([math.hypot(*point) for pair in ring for point in pair], 1, atol=0.01))
    True
    """
    columns, rows = np.linspace(*x, cells + 1), np.linspace(*y, cells + 1)
    values = function(*np.meshgrid(columns, rows))
    found: list[tuple[Point, Point]] = []
    for level in levels:
        above = values > level
        mixed = above[:-1, :-1].astype(int) + above[1:, :-1] + above[:-1, 1:] + above[1:, 1:]
        for row, column in np.argwhere((mixed > 0) & (mixed < 4)).tolist():
            corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
            crossed = [
                _crossing(values, level, one, other, columns, rows)
                for one, other in zip(corners, corners[1:] + corners[:1], strict=True)
                if above[one] != above[other]
            ]
            found += [(crossed[index], crossed[index + 1]) for index in range(0, len(crossed) - 1, 2)]
    return found


def _crossing(
    values: npt.NDArray[np.float64], level: float, one: tuple[int, int], other: tuple[int, int],
    columns: npt.NDArray[np.float64], rows: npt.NDArray[np.float64],
) -> Point:  # fmt: skip
    """Where the level lies on a side of a cell, linear in between."""
    share = float((level - values[one]) / (values[other] - values[one]))
    return (
        float(columns[one[1]] + share * (columns[other[1]] - columns[one[1]])),
        float(rows[one[0]] + share * (rows[other[0]] - rows[one[0]])),
    )
