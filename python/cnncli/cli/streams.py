"""Stdout and stderr that show what they can: no character of a name or a bar is an error on any terminal."""

import codecs
import os
import sys
from typing import Any

_HANDLER = "cnncli.plain"

# Of what the commands draw themselves; anything else, such as the letters of a name, becomes an escape like \xe9.
_PLAIN = str.maketrans(
    {"–": "-", "—": "-", "·": ".", "…": "...", "█": "#", "▀": "#", "━": "-", "╸": "-", "╺": "-", "•": "*"}
    | dict.fromkeys("▏▎▍▌▋▊▉", "#")
)


def prepare_streams() -> None:
    """Lets both streams replace what their encoding lacks; a closed one becomes a stream that goes nowhere.

    An encoding other than UTF-8 comes with LC_ALL=C, an old terminal, or PYTHONIOENCODING.
    """
    codecs.register_error(_HANDLER, _replace)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # `>&-`: the next file that is opened would get its number
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8", errors=_HANDLER))  # noqa: PTH123, SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_HANDLER)


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
