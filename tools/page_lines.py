"""Runs the lines of a page: each block of Python prints what the block behind it shows."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_lines(page: Path) -> dict[str, Any]:
    """The names that the blocks leave; AssertionError where one prints something else, or its output is not shown."""
    names: dict[str, Any] = {"__name__": page.stem}
    blocks = _BLOCK.findall(page.read_text(encoding="utf-8"))
    for index, (language, code) in enumerate(blocks):
        if language != "python" or not is_whole(code):
            continue
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(code, f"{page.name}, block {index}", "exec"), names)
        shown = blocks[index + 1][1] if index + 1 < len(blocks) and blocks[index + 1][0] == "" else ""
        if printed.getvalue() or "print(" in code:
            assert printed.getvalue() == shown, f"{page.name}, block {index}:\n{printed.getvalue()}"
    return names


def is_whole(code: str) -> bool:
    """Whether a block is lines to run and not a part of a class."""
    return not code.startswith(" ")
