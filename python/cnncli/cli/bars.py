"""Bars of counts in the characters of a terminal."""

import sys

_EIGHTHS = " ▏▎▍▌▋▊▉"
WIDTH = 24


def bar(value: float, most: float, width: int = WIDTH, encoding: str | None = None) -> str:
    """A bar of at most `width` characters, to an eighth of one; what is not nothing has at least a trace.

    encoding : of where it is shown; None: of stdout. Without Unicode it is made of `#`

    >>> bar(5, 10, 4, "utf-8"), bar(1, 10, 4, "ascii"), bar(0, 10, 4, "utf-8")
    ('██', '#', '')
    """
    if most <= 0 or value <= 0:
        return ""
    share = min(1.0, value / most) * width
    if "utf" not in (encoding or sys.stdout.encoding or "").lower():
        return "#" * max(1, round(share))
    eighths = max(1, round(share * 8))
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
