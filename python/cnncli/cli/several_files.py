"""Names of the files of a command that writes one or several."""

from pathlib import PurePath


def numbered(path: str, place: int, count: int) -> str:
    """The name of the file at a place, from 1: of several each has its number before the ending.

    >>> numbered("form.png", 2, 3), numbered("form.png", 1, 1)
    ('form-2.png', 'form.png')
    """
    if count == 1:
        return path
    ending = PurePath(path).suffix
    return f"{path[: len(path) - len(ending)]}-{place}{ending}"
