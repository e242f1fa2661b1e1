r"""How values stand in messages and tables: one style for numbers, texts, shapes and shares, wherever they come from.

What a file, a description or a caller gave may be long, or steer the terminal on which it is shown; it does neither.
"""

import math
import os
import re
import shlex
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MOST_SHOWN = 60  # characters of a value

# Control characters, what reverses or breaks a line, and halves of surrogate pairs: never sent to a terminal.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


def find_unprintable(text: str) -> str | None:
    """The first character of `text` that could steer a terminal or disturb a line of output, or None."""
    match = _UNPRINTABLE.search(text)
    return match.group() if match else None


def loosely(name: str) -> str:
    r"""A name without what file systems and archives change: case, spaces at its ends, how accents are written.

    >>> loosely("Cafe\u0301 ") == loosely("café")
    True
    """
    return unicodedata.normalize("NFC", name).casefold().strip()


def printable(text: str | os.PathLike[str]) -> str:
    r"""`text`, or a path as the user typed it, in one line: what could steer a terminal becomes an escape.

    >>> printable("a\x1b[31m.png")
    'a\\x1b[31m.png'
    """
    return _UNPRINTABLE.sub(lambda match: match.group().encode("unicode_escape").decode(), os.fspath(text))


def typed(*words: str | os.PathLike[str]) -> str:
    r"""Words of a command in one line, as they are typed at a shell; the quotes for control characters are of bash and
    zsh.

    >>> print(typed("cnn", "my model.bin"), typed("new\nline's.bin"))
    cnn 'my model.bin' $'new\x0aline\'s.bin'
    """
    return " ".join(_quoted(os.fspath(word)) for word in words)


def _quoted(word: str) -> str:
    if find_unprintable(word) is None:
        return shlex.quote(word)

    def escape(match: re.Match[str]) -> str:
        return "".join(f"\\x{byte:02x}" for byte in match.group().encode("utf-8", "surrogateescape"))

    escaped = _UNPRINTABLE.sub(escape, word.replace("\\", "\\\\").replace("'", "\\'"))
    return f"$'{escaped}'"


def from_here(file: str | os.PathLike[str]) -> str:
    """A path as short as the user would type it: from the working folder on, if it lies below."""
    path = Path(file)
    try:
        return str(path.relative_to(Path.cwd())) if path.is_absolute() else str(file)
    except (ValueError, OSError):
        return str(file)


def reason_of(error: Exception) -> str:
    """What the system says of its error, begun with a small letter; where it says nothing, what the error itself does.

    >>> reason_of(PermissionError(13, "Permission denied")), reason_of(OSError("no locks; use WSL"))
    ('permission denied', 'no locks; use WSL')
    """
    text = printable(getattr(error, "strerror", None) or str(error))
    return text[:1].lower() + text[1:]


def shortened(text: str, most: int = MOST_SHOWN) -> str:
    """`text` for a message: at most `most` characters, none that a terminal would obey."""
    text = printable(text[: most + 1])
    return text if len(text) <= most else text[: most - 3] + "..."


def shown(value: object) -> str:
    """A value for a message, as TOML and JSON write it or nearly, in at most 60 characters and its quotes.

    >>> print(shown("abc"), shown(True), shown(None), shown([1, 2.5, "x"]), shown((3, 3)), shown("a" * 99)[-9:])
    "abc" true None [1, 2.5, "x"] (3, 3) aaaaa..."
    """
    if isinstance(value, str):
        return f'"{shortened(value)}"'
    return shortened(_text(value))


def _text(value: object, depth: int = 0) -> str:
    if isinstance(value, str):
        return f'"{value}"' if depth else value
    if isinstance(value, bool):
        return str(value).lower()
    if type(value) in (list, tuple) and depth < 2:  # deeper as Python writes it, which knows what holds itself
        parts = [_text(part, depth + 1) for part in value[:MOST_SHOWN]]  # type: ignore[index]
        text = ", ".join(parts)
        return f"[{text}]" if isinstance(value, list) else f"({text}{',' if len(parts) == 1 else ''})"
    try:
        # NumPy's numbers and arrays as Python's: no "np.float32(0.5)".
        return repr(value.tolist() if hasattr(value, "dtype") and hasattr(value, "tolist") else value)
    except ValueError:  # Python does not print whole numbers of more than 4,300 digits
        return "a number of thousands of digits"


def setting_text(value: Any) -> str:
    """A setting in the text of a layer, a criterion or an optimizer: floats without zeros that say nothing.

    >>> setting_text(1.0), setting_text((0.9, 0.999)), setting_text("tanh")
    ('1', '(0.9, 0.999)', "'tanh'")
    """
    if isinstance(value, list | tuple):
        return ", ".join(map(setting_text, value)).join("()")
    return f"{value:g}" if isinstance(value, float) else repr(value)


def plural(count: int, noun: str) -> str:
    """
    >>> plural(1, "epoch"), plural(12, "epoch")
    ('1 epoch', '12 epochs')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def format_shape(shape: Iterable[int], empty: str = "no axes") -> str:
    """A shape as people write it; `empty` for one without axes.

    >>> format_shape((1, 28, 28)), format_shape(())
    ('1x28x28', 'no axes')
    """
    return "x".join(map(str, shape)) or empty


def percent(share: float | None, digits: int = 2) -> str:
    """A share as text, of 8 characters at most; a dash for one that does not exist.

    >>> percent(0.9924), percent(1.0), percent(float("nan"))
    ('99.24 %', '100.00 %', '–')
    """
    return "–" if share is None or math.isnan(share) else f"{100 * share:.{digits}f} %"
