"""JSON from files that others wrote: read without what parsers disagree on, quoted without harm."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from cnncli.errors import CnnError, FormatError
from cnncli.shown import find_unprintable, printable, reason_of, shown

MAX_DEPTH = 32
MAX_CHARACTERS = 1 << 16  # of one string: weights of thousands of classes are one
MAX_INTEGER = (1 << 64) - 1  # seeds are 64-bit numbers
MAX_FILE_BYTES = 64 << 20  # of a file of JSON


def read_object(path: Path, remedy: str) -> dict[str, Any]:
    """The JSON object in a file of at most 64 MiB, as `parse_object` takes it.

    remedy : the end of the line that says what is wrong with it, "train again"

    Raises FormatError for other content, CnnError for a file that cannot be read, both with its name.
    """
    text = read_text(path, remedy)
    try:
        return parse_object(text)
    except FormatError as error:
        raise FormatError(f"{printable(path)}: {error}; {remedy}") from None


def read_text(path: Path, remedy: str) -> str:
    """The text of a file of JSON values; arguments and errors as those of `read_object`."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise FormatError(f"{printable(path)}: is larger than {MAX_FILE_BYTES >> 20} MiB; {remedy}")
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{printable(path)}: is not UTF-8 at byte {error.start}; {remedy}") from None
    except OSError as error:
        raise CnnError(f"{printable(path)}: cannot be read: {reason_of(error)}") from None


def parse_object(text: str | bytes) -> dict[str, Any]:
    """A JSON object: UTF-8, no key twice, no NaN, numbers of at most 64 bits, at most 32 levels deep.

    Raises FormatError that begins with the problem; the caller says where.
    """
    try:
        value = json.loads(
            text if isinstance(text, str) else text.decode("utf-8"),
            parse_int=_integer,
            parse_float=_real,
            parse_constant=_constant,
            object_pairs_hook=_unique,
        )
    except UnicodeDecodeError as error:
        raise FormatError(f"is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise FormatError(f"is not JSON at character {error.pos}: {error.msg.lower()}") from None
    except RecursionError:
        raise FormatError(f"is nested deeper than {MAX_DEPTH} levels") from None
    if not isinstance(value, dict):
        raise FormatError("is not a JSON object")
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _children(outer) if isinstance(inner, (dict, list))]
        if not level:
            return value
    raise FormatError(f"is nested deeper than {MAX_DEPTH} levels")


def check_strings(value: dict[str, Any] | list[Any] | str) -> None:
    """FormatError when a key or a text anywhere in a JSON value is very long or could steer a terminal."""
    rest: list[Any] = [value]
    while rest:
        outer = rest.pop()
        if isinstance(outer, dict):
            rest.extend(inner for inner in outer.values() if isinstance(inner, (dict, list, str)))
            rest.extend(outer)
        elif isinstance(outer, list):
            rest.extend(inner for inner in outer if isinstance(inner, (dict, list, str)))
        elif len(outer) > MAX_CHARACTERS:
            raise FormatError(f"has a text of {len(outer):,} characters; at most {MAX_CHARACTERS:,} may be")
        elif (character := find_unprintable(outer)) is not None:
            code = f"U+{ord(character):04X}"
            raise FormatError(f"has the control character {code} in {shown(outer)}; remove it")


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        return iter(value.values())
    return iter(value) if isinstance(value, list) else iter(())


def _integer(digits: str) -> int:
    # The length first: turning digits into a number takes time that grows with their square.
    if len(digits) > 20 or abs(number := int(digits)) > MAX_INTEGER:
        raise FormatError(f"has the number {digits[:40]}, which needs more than 64 bits")
    return number


def _real(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise FormatError(f"has the number {digits[:40]}, which no float64 can hold")
    return number


def _constant(name: str) -> NoReturn:
    raise FormatError(f"has {name}, which is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise FormatError(f"has the key {shown(name)} twice")
        result[name] = value
    return result
