"""Tables and figures of a lesson, as tests ask for their numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnncli.lessons.blocks import Lesson, Numbers
from cnncli.lessons.figures import Bars, Dots, Figure, Label, Line, Segments, Stack


def rows_of(given: Lesson, title: str) -> list[list[str]]:
    """The rows of the table of this title, or of the one whose title begins so."""
    tables = [block for block in given.blocks if isinstance(block, Numbers) and block.title.startswith(title)]
    [table] = [one for one in tables if one.title == title] or tables
    return [list(row) for row in table.rows]


def column(rows: Sequence[Sequence[str]], at: int) -> list[float]:
    """The numbers of a column."""
    return [float(row[at].rstrip(" %").replace(",", "")) for row in rows]


def figures_of(given: Lesson) -> list[Figure]:
    """Those of its text, in order."""
    return [block for block in given.blocks if isinstance(block, Figure)]


def frames_of(given: Lesson) -> list[list[Figure]]:
    """The figures of each picture of its animation; one that stays is there as often."""
    assert given.frames is not None
    return [list(one.figures) if isinstance(one, Stack) else [one] for one in given.frames()]  # type: ignore[list-item]


def points(figure: Figure, kind: type, name: str | None = None, colour: str | None = None) -> list[np.ndarray]:
    """The points of each part of this kind, in order; name, colour : of those alone."""
    found = []
    for part in figure.parts:
        if isinstance(part, kind) and name in (None, getattr(part, "name", "")) and colour in (None, part.kind):
            assert isinstance(part, Line | Dots | Bars | Segments)
            found.append(np.array(part.pairs if isinstance(part, Segments) else part.points, np.float64))
    return found


def line(figure: Figure, name: str) -> np.ndarray:
    """The points of the one line of this name."""
    [found] = points(figure, Line, name)
    return found


def dots(figure: Figure, colour: str, name: str | None = None) -> np.ndarray:
    """All dots of a colour."""
    found = points(figure, Dots, name, colour)
    return np.concatenate([one.reshape(-1, 2) for one in found])


def labels(figure: Figure) -> dict[str, Any]:
    """Where each text stands."""
    return {part.text: part.at for part in figure.parts if isinstance(part, Label)}


_LETTER, _HIGH = 7.2, 14.0  # pixels of a letter of the page, on average, and of a line of text


def on_page(figure: Figure, at: Sequence[float]) -> np.ndarray:
    """A place of a drawing without axes in pixels of a page, which is 560 wide, from its lower left corner."""
    across = 20 + (at[0] - figure.x[0]) / (figure.x[1] - figure.x[0]) * 520
    return np.array([across, 14 + (at[1] - figure.y[0]) / (figure.y[1] - figure.y[0]) * (figure.high - 28)])


def text_box(figure: Figure, part: Label) -> tuple[float, float, float, float]:
    """(left, low, right, top) of a text on a page, in pixels."""
    x, y = on_page(figure, part.at)
    return x + 4, y + 4, x + 4 + _LETTER * len(part.text), y + 4 + 0.7 * _HIGH


def distance(at: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """From a point to the line between two."""
    along = other - one
    share = np.clip((at - one) @ along / (along @ along), 0, 1)
    return float(np.linalg.norm(at - one - share * along))
