"""Stdout and stderr that show what they can: no character of a name or a bar is an error on any terminal."""

import codecs
import os
import sys
from typing import Any

_HANDLER = "cnncli.plain"

# Of what the commands draw themselves; anything else, such as the letters of a name, becomes an escape like \xe9.
_PLAIN = str.maketrans(
    {"–": "-", "—": "-", "·": ".", "…": "...", "█": "#", "▀": "#", "━": "-", "╸": "-", "╺": "-", "•": "*", "ᵀ": "^T"}
    | dict.fromkeys("▏▎▍▌▋▊▉", "#")
)
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")  # what Python sets LC_CTYPE to where the locale is C


def prepare_streams() -> None:
    """Lets both streams replace what their encoding lacks; a closed one becomes a stream that goes nowhere.

    An encoding other than UTF-8 comes with the locale C, an old terminal, or PYTHONIOENCODING. Of a locale C that was
    chosen Python itself makes UTF-8.
    """
    encoding = "ascii" if _is_locale_c() else None
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # `>&-`: the next file that is opened would get its number
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8", errors=_HANDLER))  # noqa: PTH123, SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding=encoding, errors=_HANDLER)


def _is_locale_c() -> bool:
    """Whether the user has set the locale C, and Python has put UTF-8 in its place (PEP 538, PEP 540)."""
    said = os.environ.get("PYTHONIOENCODING", "").partition(":")[0] or os.environ.get("PYTHONUTF8")
    if said or not sys.flags.utf8_mode or "utf8" in sys._xoptions:
        return False
    kept = {name: os.environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG")}
    if kept["LC_CTYPE"] in _COERCED:  # Python's: of one that the user had set, UTF-8 would be no mode
        kept["LC_CTYPE"] = _at_start("LC_CTYPE")
    return next(filter(None, kept.values()), "") in ("C", "POSIX")


def _at_start(name: str) -> str:
    """A variable of the environment as this process got it; "" where the system does not tell."""
    try:
        with open("/proc/self/environ", "rb") as file:  # noqa: PTH123  # help does not need pathlib
            lines = file.read().split(b"\0")
    except OSError:
        return ""
    start = f"{name}=".encode()
    return next((line[len(start) :].decode("ascii", "replace") for line in lines if line.startswith(start)), "")


def fitted(text: str, encoding: str | None = None) -> str:
    r"""`text` as a stream of that encoding shows it, None: as stdout does. Columns are as wide as this.

    >>> print(fitted("chien é", "ascii"), fitted("chien é", "utf-8"))
    chien \xe9 chien é
    """
    encoding = encoding or getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, _HANDLER).decode(encoding)


def echo(line: str, *, err: bool = False) -> None:
    """Writes a line to stdout, or to stderr. Not `click.echo`, which sends UTF-8 to a terminal that has ASCII only."""
    stream = sys.stderr if err else sys.stdout
    try:
        stream.write(line + "\n")
        stream.flush()
    except OSError:
        if not err:  # nobody is left to be told that nobody can be told
            raise


def echo_json(value: Any) -> None:
    """Writes a value as one line of JSON, which has no NaN and no infinity: ValueError for these."""
    import json  # here: help does not need it

    echo(json.dumps(value, allow_nan=False))


def _replace(error: UnicodeError) -> tuple[str, int]:
    """An error handler as the codecs module calls it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


codecs.register_error(_HANDLER, _replace)
