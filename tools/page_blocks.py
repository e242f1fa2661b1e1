"""The blocks of code of a page, and what is said of their running.

A block is run by tests/test_page_blocks.py if it is `python`, `sh` or `console`, in the order of the page; one without
a language is what the block before it prints, or a drawing. A comment in the line before it says what is different:

    <!-- not run: the reason -->     it is only looked at: its commands are parsed
    <!-- slow -->                    it runs with the slow tests, and so do those after it that need it
"""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FENCE = re.compile(r"^(?P<fence>```+|~~~+)(?P<language>[\w-]*)[ ]*$")
_MARK = re.compile(r"^<!-- (?P<word>not run|slow)(?:: (?P<reason>.*?))? -->$")
RUN = ("python", "sh", "console")
# Blocks of these languages are no programs: files that a block names, quotations of the source, what is printed.
OTHERS = ("toml", "cpp", "json", "html", "text", "")


@dataclass(frozen=True)
class Block:
    """line : of its first line of code, from 1; mark : "", "slow" or "not run"; reason : why it is not run"""

    line: int
    language: str
    text: str
    mark: str = ""
    reason: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it is lines to run, and not a part of a class that the page quotes."""
        return self.language != "python" or not self.text.startswith(" ")

    @property
    def commands(self) -> list[tuple[str, str]]:
        """The command lines, each with the comment behind it; a line that ends in \\ goes on in the next."""
        parts = [re.split(r"(?:^|\s+)#\s*", line, maxsplit=1) for line in self.text.replace("\\\n", " ").splitlines()]
        return [(command.strip(), "".join(rest)) for command, *rest in parts if command.strip()]


def blocks_of(page: Path) -> list[Block]:
    """All blocks of a page of Markdown, in order. Raises ValueError for a fence that does not end."""
    return list(_blocks(page.read_text(encoding="utf-8").splitlines(), page.name))


def _blocks(lines: list[str], name: str) -> Iterator[Block]:
    index, before = 0, ""
    while index < len(lines):
        found = _FENCE.match(lines[index])
        if not found:
            if lines[index].strip():
                before = lines[index]
            index += 1
            continue
        if found["fence"] not in lines[index + 1 :]:
            raise ValueError(f"{name}, line {index + 1}: the block does not end")
        end = lines.index(found["fence"], index + 1)
        mark = _MARK.match(before)
        text = "".join(f"{line}\n" for line in lines[index + 1 : end])
        said = (mark["word"], mark["reason"] or "") if mark else ("", "")
        yield Block(index + 2, found["language"], text, *said)
        index, before = end + 1, ""


def run_lines(page: Path) -> dict[str, Any]:
    """Runs all lines of Python of a page, and gives the names that they leave. Raises as `run_python`."""
    names: dict[str, Any] = {"__name__": page.stem}
    blocks = blocks_of(page)
    for index, block in enumerate(blocks):
        if block.language == "python" and block.is_whole and block.mark != "not run":
            run_python(blocks, index, names, page)
    return names


def run_python(blocks: Sequence[Block], index: int, names: dict[str, Any], page: Path) -> None:
    """Runs a block with the names of those before it. Raises AssertionError where it prints something else."""
    block, printed = blocks[index], io.StringIO()
    with redirect_stdout(printed):
        exec(compile("\n" * (block.line - 1) + block.text, page, "exec"), names)
    following = blocks[index + 1 : index + 2]
    if following and following[0].language == "" and "print(" in block.text:
        shown = following[0].text
        assert printed.getvalue() == shown, f"{page.name}, line {block.line} prints\n{printed.getvalue()}"
