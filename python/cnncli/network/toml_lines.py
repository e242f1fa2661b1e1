"""On which line of a TOML text a value stands, which `tomllib` does not tell."""

import tomllib
from collections.abc import Sequence
from typing import Any

# A statement that begins on a line that names the key is followed over so many lines, and so many such lines are
# looked at: each look parses the text up to there.
_MOST_LINES = 100
_MOST_PLACES = 100
_MOST_TEXT_LINES = 2000  # of a file in which a layer is looked for: each is parsed with all above it


def line_of(text: str, keys: Sequence[str]) -> int | None:
    """The line, counted from 1, where the statement begins that gives the value with these nested keys.

    A line is the one sought if the text before it is TOML without the value, and the text up to the statement's end
    is TOML with it: so comments, strings of many lines, dotted keys and other tables need no rules of their own.
    Keys written with escapes are not found, nor what begins in the midst of a statement, such as a key of an inline
    table of two lines: then the line of the table around it is given; None where not even that is found.

    >>> line_of('name = "epochs"\\n[training]\\n# epochs\\nepochs = 3\\n', ["training", "epochs"])
    4
    """
    lines = text.replace("\r\n", "\n").split("\n")
    for depth in range(len(keys), 0, -1):
        line = _line_of(lines, keys[:depth])
        if line is not None:
            return line
    return None


def _line_of(lines: list[str], keys: Sequence[str]) -> int | None:
    places = [index for index, line in enumerate(lines) if keys[-1] in line]
    for start in places[:_MOST_PLACES]:
        if _holds(lines[:start], keys) is not False:
            continue  # within a statement
        for end in range(start + 1, min(start + _MOST_LINES, len(lines)) + 1):
            found = _holds(lines[:end], keys)
            if found:
                return start + 1
            if found is False:
                break  # another statement
    return None


def _holds(lines: list[str], keys: Sequence[str]) -> bool | None:
    """Whether the lines are TOML in which the keys lead to a value; None if they are no TOML."""
    try:
        value: Any = tomllib.loads("\n".join(lines))
    except (ValueError, RecursionError):
        return None
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


def line_of_layer(text: str, path: Sequence[int]) -> int | None:
    """The line, counted from 1, where the statement begins that holds a layer; [2, 0]: the first within the third.

    >>> line_of_layer('# two\\n[[layers]]\\ntype = "ReLU"\\n\\n[[layers]]\\ntype = "Flatten"\\n', [1])
    5
    """
    lines = text.replace("\r\n", "\n").split("\n")
    begin = 0
    for end in range(1, min(len(lines), _MOST_TEXT_LINES) + 1):
        try:
            value: Any = tomllib.loads("\n".join(lines[:end]))
        except (ValueError, RecursionError):
            continue  # within a statement
        for index in path:
            layers = value.get("layers") if isinstance(value, dict) else None
            value = layers[index] if isinstance(layers, list) and index < len(layers) else None
        if value is not None:
            return begin + 1
        begin = end
    return None
