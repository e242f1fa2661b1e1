"""Help in colours. A file of its own: `cnn --help` waits for nothing that only the commands need."""

import sys
from typing import Any

import click

from cnncli.cli.plain import can_colour, style


class ColouredFormatter(click.HelpFormatter):
    """Headings in bold green and options in cyan, where stdout shows colours."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(self._style(prog, "1"), args, self._style(prefix or "Usage:", "1;32") + " ")

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{self._style(f'{heading}:', '1;32')}\n")

    def write_dl(self, rows: Any, col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(self._style(first, "36"), second) for first, second in rows], col_max, col_spacing)

    @staticmethod
    def _style(text: str, code: str) -> str:
        return style(text, code, can_colour(sys.stdout))


class HelpContext(click.Context):
    """A context whose help is coloured."""

    formatter_class = ColouredFormatter
