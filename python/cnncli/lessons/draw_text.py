"""Figures in the characters of a terminal: braille dots where it has them, else plain ones."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from textwrap import wrap

from cnncli.lessons.figures import Bars, Cells, Dots, Figure, Label, Line, Point, Segments, box

_BRAILLE = 0x2800
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row and column of a cell's dots
_DOTS = {  # told apart without colours, too
    "first": "●", "second": "○", "third": "◆", "fourth": "■", "fifth": "▲", "sixth": "□", "soft": "·", "mark": "✕",
    "own": "★",
}  # fmt: skip
_LETTERS = {
    "first": "o", "second": "x", "third": "+", "fourth": "#", "fifth": "=", "sixth": "%", "soft": ".", "mark": "@",
    "own": "*",
}  # fmt: skip
_STRENGTH = {"soft": 0, "mark": 2, "own": 2}  # what is drawn over what; 1: all others
_LEFT = 9  # characters of the numbers at the side

Paint = Callable[[str, str], str]  # (text, kind) -> the text in the kind's colour


def figure_lines(figure: Figure, width: int, rows: int, braille: bool, paint: Paint) -> Iterator[str]:
    """The figure in so many columns and rows of its inside, with its numbers, names and notes.

    braille : two by four dots a character; else a letter for each kind
    """
    canvas = _Canvas(figure, max(20, width - _LEFT - 1), rows, braille)
    for part in sorted((one for one in figure.parts if not isinstance(one, Label)), key=_strength):
        canvas.draw(part)
    for one in figure.parts:
        if isinstance(one, Label):
            canvas.write(one)
        elif isinstance(one, Cells):
            canvas.write_cells(one)
    yield figure.title
    if figure.y_name:
        yield f"{figure.y_name:>{_LEFT}}"
    if figure.bare:
        yield from (f"    {line}".rstrip() for line in canvas.lines(paint))
    else:
        marks = {canvas.row(value): word for value, word in figure.marks_beside(max(2, rows // 4))}
        for number, line in enumerate(canvas.lines(paint)):
            yield f"{marks.get(number, ''):>{_LEFT - 2}} {'┤' if braille else '|'}{line}".rstrip()
        yield _bottom(figure, canvas)
    legend = [f"{paint((_DOTS if braille else _LETTERS)[kind], kind)} {name}" for kind, name in figure.legend]
    yield from _in_lines(legend, [len(name) + 5 for _, name in figure.legend], width - _LEFT + 3)
    for note in figure.notes:
        yield from wrap(note, width, initial_indent=" " * _LEFT, subsequent_indent=" " * _LEFT)


def _in_lines(words: list[str], widths: list[int], width: int) -> Iterator[str]:
    """Words beside each other, in as many lines as they need; a word takes up its width."""
    line, taken = "", 0
    for word, wide in zip(words, widths, strict=True):
        if line and taken + wide > width:
            yield " " * _LEFT + line
            line, taken = "", 0
        line, taken = f"{line}   {word}" if line else word, taken + wide
    if line:
        yield " " * _LEFT + line


def _strength(part: Line | Dots | Segments | Bars | Cells) -> int:
    return -1 if isinstance(part, Cells) else _STRENGTH.get(part.kind, 1)


def _bottom(figure: Figure, canvas: "_Canvas") -> str:
    """The numbers of the horizontal axis below their places, and its name at the end where there is room."""
    line = [" "] * (_LEFT + canvas.columns + 1)
    for value, text in figure.marks_below(6):
        start = _LEFT + canvas.column(value) - len(text) // 2
        room = line[max(0, start - 1) : start + len(text) + 1]
        if start >= 0 and start + len(text) <= len(line) and all(one == " " for one in room):
            line[start : start + len(text)] = text
    name = figure.x_name[: len(line) // 2]
    if name:  # at the end, over the last numbers if need be
        line[len(line) - len(name) - 1 :] = f" {name}"
    return "".join(line).rstrip()


class _Canvas:
    """Cells of characters, each with dots and the kind that was drawn last."""

    def __init__(self, figure: Figure, columns: int, rows: int, braille: bool) -> None:
        self.figure, self.columns, self.rows, self.braille = figure, columns, rows, braille
        self._across, self._down = (2, 4) if braille else (1, 1)
        self._dots: dict[tuple[int, int], int] = {}
        self._kinds: dict[tuple[int, int], str] = {}
        self._text: dict[tuple[int, int], tuple[str, str]] = {}

    def draw(self, part: Line | Dots | Segments | Bars | Cells) -> None:
        if isinstance(part, Cells):
            for corner, _, _, _ in part.squares():
                edge = box(corner, 1, 1)
                self.draw(Segments(list(pairwise(edge)), "soft"))
            return
        if isinstance(part, Dots):
            for point in part.points:
                x, y = self._place(point)
                if self.braille and 0 <= y < self.rows * self._down and 0 <= x < self.columns * self._across:
                    self._text[int(y // self._down), int(x // self._across)] = (_DOTS[part.kind], part.kind)
                else:
                    self._set(round(x), round(y), part.kind)
            return
        if isinstance(part, Bars):
            for x, height in part.points:
                self._fill(self._place((x - part.width / 2, 0.0)), self._place((x + part.width / 2, height)), part.kind)
            return
        pairs = part.pairs if isinstance(part, Segments) else list(zip(part.points, part.points[1:], strict=False))
        for one, other in pairs:
            self._stroke(self._place(one), self._place(other), part.kind)

    def write(self, label: Label) -> None:
        x, y = self._place(label.at)
        row, column = int(y // self._down), int(x // self._across)
        column = max(0, min(column, self.columns - len(label.text)))
        if 0 <= row < self.rows:
            for offset, letter in enumerate(label.text):
                self._text[(row, column + offset)] = (letter, label.kind)

    def write_cells(self, part: Cells) -> None:
        """What stands in the squares, in their middles, in the colour of the square where it has one."""
        for (left, top), text, shade, kind in part.squares():
            x, y = self._place((left + 0.5, top - 0.5))
            row, column = int(y // self._down), int(x // self._across) - len(text) // 2
            if 0 <= row < self.rows:
                for offset, letter in enumerate(text):
                    self._text[(row, column + offset)] = (letter, kind if shade > 0.1 else "soft")

    def row(self, value: float) -> int:
        return int(self._place((self.figure.x[0], value))[1] // self._down)

    def column(self, value: float) -> int:
        return int(self._place((value, self.figure.y[0]))[0] // self._across)

    def lines(self, paint: Paint) -> Iterator[str]:
        for row in range(self.rows):
            yield "".join(self._cell((row, column), paint) for column in range(self.columns)).rstrip()

    def _cell(self, at: tuple[int, int], paint: Paint) -> str:
        if at in self._text:
            return paint(*self._text[at])
        if at not in self._dots:
            return " "
        kind = self._kinds[at]
        return paint(chr(_BRAILLE + self._dots[at]) if self.braille else _LETTERS[kind], kind)

    def _place(self, point: Point) -> Point:
        """In dots from the upper left corner; far points stay within numbers that can be counted."""
        (left, right), (low, high) = self.figure.x, self.figure.y
        x = (point[0] - left) / (right - left) * (self.columns * self._across - 1)
        y = (high - point[1]) / (high - low) * (self.rows * self._down - 1)
        most = 1e4
        return max(-most, min(most, x)), max(-most, min(most, y))

    def _stroke(self, start: Point, end: Point, kind: str) -> None:
        count = int(max(abs(end[0] - start[0]), abs(end[1] - start[1]))) + 1
        for index in range(count + 1):
            share = index / count
            x, y = (one + share * (other - one) for one, other in zip(start, end, strict=True))
            self._set(round(x), round(y), kind)

    def _fill(self, corner: Point, other: Point, kind: str) -> None:
        (left, right), (top, bottom) = (sorted(map(round, pair)) for pair in zip(corner, other, strict=True))
        rows = [y for y in range(self.rows * self._down) if top <= y <= bottom]
        for x in range(self.columns * self._across):
            if left <= x <= right:
                for y in rows:
                    self._set(x, y, kind)

    def _set(self, x: int, y: int, kind: str) -> None:
        if not (0 <= x < self.columns * self._across and 0 <= y < self.rows * self._down):
            return
        at = y // self._down, x // self._across
        self._kinds[at] = kind
        self._dots[at] = self._dots.get(at, 0) | _BITS[y % 4][x % 2]
