"""File names in messages: as the user typed them, on one line."""

import os


def shown(path: str | os.PathLike[str]) -> str:
    r"""The path with line ends, escape sequences and undecodable bytes escaped: a message stays one line.

    >>> shown("digit.png")
    'digit.png'
    >>> print(shown("two\nlines.png"))
    two\nlines.png
    """
    text = os.fspath(path)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
