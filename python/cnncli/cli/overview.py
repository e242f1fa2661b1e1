"""`cnn --help` on one screen of 80 by 24: the commands in two columns, each group beside its name."""

import sys
from collections.abc import Iterator

from cnncli.cli.command_table import GROUPS, Listed
from cnncli.cli.plain import can_colour, style

NARROWEST = 78  # columns; with fewer each command has a line of its own
_TITLE, _NAME, _BRIEF = 7, 12, 24


def overview() -> str:
    """All commands, with what most need first."""
    lines = [
        f"{_paint('Usage:', '1;32')} {_paint('cnn', '1')} [OPTIONS] COMMAND [ARGS]...",
        "  Convolutional networks on any CPU. To begin, the first three are enough.",
        "",
    ]
    for title, commands in GROUPS.items():
        beside = _paint(f"{title:<{_TITLE}}", "1;32")
        for row in _rows(commands):
            cells = (_paint(f"{name:<{_NAME}}", "36") + f"{words:<{_BRIEF}}" for name, words in row)
            lines.append(f"{beside}{''.join(cells)}".rstrip())
            beside = " " * _TITLE
    options = ", ".join(_paint(name, "36") for name in ("-V", "--version", "-h", "--help"))
    return "\n".join([*lines, f"Options: {options}", f"{_paint('Example:', '1;32')} cnn train --arch lenet5"])


def _paint(text: str, code: str) -> str:
    return style(text, code, can_colour(sys.stdout))


def _rows(commands: dict[str, Listed]) -> Iterator[list[tuple[str, str]]]:
    """A row a command with a sentence, or a row for two with a few words each, down one column and then the other."""
    if not all(listed.brief for listed in commands.values()):
        yield from ([(name, listed.summary)] for name, listed in commands.items())
        return
    words = [(name, listed.brief) for name, listed in commands.items()]
    tall = -(-len(words) // 2)
    for row in range(tall):
        yield words[row::tall]
