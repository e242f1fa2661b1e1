"""Bars and small pictures in plain text. `cnn predict` uses these and not rich, whose import takes 0.1 s."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from cnncli.views.terminal import Ink

_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL = "█"
_UPPER_HALF = "▀"


def can_colour(stream: TextIO) -> bool:
    """Whether colours show: a terminal that is not dumb, and no NO_COLOR (no-color.org)."""
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def can_draw(stream: TextIO) -> bool:
    """Whether the stream's encoding has block characters."""
    try:
        (_EIGHTHS + _FULL + _UPPER_HALF).encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def bar(share: float, width: int, blocks: bool = True) -> str:
    """A bar of at most `width` characters, in eighths of a character.

    >>> bar(0.5, 8), bar(1 / 64, 8), bar(0.5, 8, blocks=False)
    ('████', '▏', '####')
    """
    if not blocks:
        return "#" * round(share * width)
    eighths = round(share * width * 8)
    return _FULL * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def style(text: str, code: str, colour: bool) -> str:
    """The text in an ANSI style (`1` bold, `2` faint, `32` green), or as it is."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour and text else text


def picture(rows: Sequence[Sequence[int]]) -> list[str]:
    """Lines that show a grey picture (0 black to 255 white) on a terminal, two rows of pixels a line.

    Colours are of the 24 greys 232 to 255 of the 256 colours.
    """
    from cnncli.views.terminal import Ink, half_blocks

    if len(rows) % 2:
        rows = [*rows, [0] * len(rows[0])]
    return half_blocks([[(grey, grey, grey) for grey in row] for row in rows], Ink.OF_256)


def ink_of(stream: TextIO) -> "Ink":
    """What the stream can show of a picture."""
    from cnncli.views.terminal import Ink

    if not (can_colour(stream) and can_draw(stream)):
        return Ink.LETTERS
    return Ink.TRUE if os.environ.get("COLORTERM") in ("truecolor", "24bit") else Ink.OF_256


def terminal_columns() -> int:
    """Characters of a line of the terminal; 80 if it does not say."""
    from shutil import get_terminal_size

    return get_terminal_size().columns
