"""A figure with every part, and drawings of figures as tests read them: in pages, terminals and pictures."""

from typing import Any
from xml.etree import ElementTree

from cnncli.lessons.draw_svg import figure_svg
from cnncli.lessons.draw_text import figure_lines
from cnncli.lessons.figures import Bars, Cells, Dots, Figure, Label, Line, Segments

Call = tuple[tuple[int, int], str, int, int]  # what is written in a picture: place, text, size, room

PARTS = [
    Line([(0, 0), (10, 5), (2, 1e9), (-1e9, 2), (1e9, -1e9)], "first", "a line"),
    Dots([(5, 2.5), (10, 0)], "second", "dots"),
    Segments([((0, 5), (5, 0)), ((1, 1), (2, 2))], "mark", "short ones"),
    Bars([(4, 3), (6, -1)], "third", "bars", 2.0),
    Label((2, 4), "here", "first"),
    Cells((6, 4), [["1", ""], ["2.5", "-3"]], [[0.5, -0.25], [2.0, 0]], "first"),
]  # fmt: skip


def a_figure(**other: Any) -> Figure:
    return Figure("all parts", (0.0, 10.0), (0.0, 5.0), PARTS, **{"x_name": "across", "y_name": "up", **other})


def svg_of(figure: Figure) -> tuple[ElementTree.Element, str]:
    page = str(figure_svg(figure, "figure-1"))
    text = page[page.index("<svg") : page.index("</svg>") + 6].replace("></clipPath>", "/></clipPath>")  # as in XML
    return ElementTree.fromstring(text), page


def letters(figure: Figure, width: int = 31, rows: int = 6, braille: bool = False) -> list[str]:
    """In 21 columns and so many rows, where 9 characters are for the numbers."""
    return list(figure_lines(figure, width, rows, braille, lambda text, kind: text))
