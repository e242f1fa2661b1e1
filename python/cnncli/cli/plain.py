"""Bars and small pictures in plain text. `cnn predict` uses these and not rich, whose import takes 0.1 s."""

import os
from collections.abc import Sequence
from typing import TextIO

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

    Each character is an upper half block: its colour is the upper pixel, its background the lower one, both
    out of the 24 greys 232 to 255 of the 256 colours.
    """
    if len(rows) % 2:
        rows = [*rows, [0] * len(rows[0])]
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        line, last = "", None
        for above, below in zip(upper, lower, strict=True):
            colours = (232 + above * 23 // 255, 232 + below * 23 // 255)
            if colours != last:
                line += f"\x1b[38;5;{colours[0]};48;5;{colours[1]}m"
                last = colours
            line += _UPPER_HALF
        lines.append(line + "\x1b[0m")
    return lines
