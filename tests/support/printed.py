"""What a function prints: on a terminal of so many columns, without its colours, or into a file."""

import io
import os
import re
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from typing import Any
from unittest.mock import patch


class _Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


def printed(show: Callable[..., object], *arguments: Any, columns: int | None = None) -> list[str]:
    """The lines that `show(*arguments)` prints; columns : None: into a file."""
    stream = _Terminal() if columns else io.StringIO()
    with patch.dict(os.environ, {"COLUMNS": str(columns), "TERM": "xterm-256color"}), redirect_stdout(stream):
        show(*arguments)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()).splitlines()


def squeezed(lines: Iterable[str]) -> list[str]:
    """Lines with single spaces between their words."""
    return [" ".join(line.split()) for line in lines]
