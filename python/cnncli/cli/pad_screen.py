"""The screen of `cnn draw`: the pad with its frame at the left, answers and keys at the right, a line below."""

from collections.abc import Sequence
from dataclasses import dataclass

from cnncli.cli import plain
from cnncli.pad.canvas import Canvas
from cnncli.views.terminal import Ink, half_blocks, letters

LEAST_COLUMNS, LEAST_ROWS = 68, 18
_PANEL = 36  # characters of the right side, at least
_WIDEST_PAD = 36  # rows
_KEYS = ("mouse, or arrows and space: draw", "u undo   c clear   p pen ({pen})", "{keep}",
         "s: keep it under a name", "q: end")  # fmt: skip
_PAPER, _INK, _CURSOR = (244, 241, 232), (25, 28, 33), (214, 92, 40)


@dataclass(frozen=True)
class Layout:
    """Where things stand; columns and rows count from 0.

    rows : of the pad; it has as many characters across as pixels down, two in each row
    """

    columns: int
    rows: int
    width: int
    height: int

    @classmethod
    def of(cls, width: int, height: int) -> "Layout | None":
        """For a window of so many columns and rows; None for one that is too small."""
        if width < LEAST_COLUMNS or height < LEAST_ROWS:
            return None
        rows = min(height - 4, (width - 4 - _PANEL) // 2, _WIDEST_PAD)
        return cls(2 * rows, rows, width, height)

    @property
    def side(self) -> int:
        """Pixels of the pad, each way."""
        return 2 * self.rows

    def point(self, column: int, row: int) -> tuple[float, float] | None:
        """The middle of a cell as a point of the pad; None outside of it."""
        x, y = column - 1, row - 2
        if not (0 <= x < self.columns and 0 <= y < self.rows):
            return None
        return (x + 0.5) / self.columns, (y + 0.5) / self.rows

    def nearest(self, column: int, row: int) -> tuple[float, float]:
        """As `point`, of the nearest cell of the pad."""
        found = self.point(min(max(column, 1), self.columns), min(max(row, 2), self.rows + 1))
        assert found is not None
        return found


@dataclass(frozen=True)
class Answer:
    """names, probabilities : in the order in which they are shown; best : the place of the most probable one
    note : a line below them; where there is no answer, why
    """

    names: Sequence[str] = ()
    probabilities: Sequence[float] = ()
    best: int = -1
    note: str = ""


@dataclass(frozen=True)
class Look:
    """What the terminal can show."""

    ink: Ink
    colour: bool
    unicode: bool


@dataclass(frozen=True)
class Said:
    """What stands around the pad.

    pen : its width, in a word
    keep : which keys keep the drawing
    """

    title: str
    status: str
    pen: str
    keep: str


def screen(
    canvas: Canvas, layout: Layout, look: Look, answer: Answer, said: Said, cursor: tuple[float, float] | None
) -> str:
    """All lines, as the sequences that draw them from the top left.

    cursor : where the arrow keys are; None: they were not used
    """
    side, top, corner = ("│", "─", "┌┐└┘") if look.unicode else ("|", "-", "++++")
    panel = _panel(answer, layout, look, {"pen": said.pen, "keep": said.keep})
    lines = [_cut(said.title, layout.width, look, "1"), corner[0] + top * layout.columns + corner[1]]
    for number, row in enumerate(pad_lines(canvas, layout, look.ink, cursor)):
        beside = panel[number] if number < len(panel) else ""
        lines.append(f"{side}{row}{side}  {beside}".rstrip())
    lines += [corner[2] + top * layout.columns + corner[3], _cut(said.status, layout.width, look, "")]
    return "\x1b[H" + "\r\n".join(f"{line}\x1b[0m\x1b[K" for line in lines) + "\x1b[J"


def too_small(width: int, height: int) -> str:
    """What a window shows that the pad does not fit in."""
    lines = (f"{width} x {height} is too small", "for the pad: make the", f"window {LEAST_COLUMNS} x {LEAST_ROWS},",
             "or press q")  # fmt: skip
    return "\x1b[H" + "\r\n".join(f"{line[:width]}\x1b[K" for line in lines[:height]) + "\x1b[J"


def pad_lines(canvas: Canvas, layout: Layout, ink: Ink, cursor: tuple[float, float] | None) -> list[str]:
    """The drawing in as many lines as the pad has rows."""
    import numpy as np

    side = layout.side
    grey = np.asarray(canvas.picture(side), np.float64) / 255
    place = None if cursor is None else (min(int(cursor[1] * side), side - 1), min(int(cursor[0] * side), side - 1))
    if ink is Ink.LETTERS:
        lines = [list(line) for line in letters(1 - grey)]
        if place is not None:
            lines[place[0] // 2][place[1]] = "X"
        return ["".join(line) for line in lines]
    colours = np.asarray(_INK) + grey[..., np.newaxis] * (np.asarray(_PAPER) - np.asarray(_INK))
    pixels = colours.round().astype(int)
    if place is not None:
        pixels[place] = _CURSOR
    return half_blocks(pixels.tolist(), ink)


def _panel(answer: Answer, layout: Layout, look: Look, said: dict[str, str]) -> list[str]:
    """Answers, then the keys, in as many lines as there are."""
    width = layout.width - layout.columns - 5
    keys = [line.format(**said)[:width] for line in _KEYS]
    most = max(1, layout.rows - len(keys) - 3)
    wide = min(12, max((len(name) for name in answer.names), default=1))
    lines = []
    shown = list(enumerate(zip(answer.names, answer.probabilities, strict=True)))
    if len(shown) > most:  # those that count, still in their order
        best = sorted(shown, key=lambda one: -one[1][1])[:most]
        shown = sorted(best)
    for place, (name, share) in shown:
        bar = plain.bar(share, width - wide - 10, look.unicode)
        line = f"{name[:wide]:<{wide}} {100 * share:5.1f} %  {bar}"
        lines.append(plain.style(line, "1;36", look.colour) if place == answer.best else line)
    lines += ["", answer.note[:width], ""]
    room = layout.rows - len(keys) - len(lines)
    return lines + [""] * max(0, room) + [plain.style(line, "2", look.colour) for line in keys]


def _cut(text: str, width: int, look: Look, code: str) -> str:
    return plain.style(text if len(text) <= width else text[: width - 2] + "..", code or "0", look.colour)
