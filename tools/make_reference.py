"""Writes docs/cli.md from the help of the commands; with --check, only says whether it differs."""

import inspect
import sys
from pathlib import Path

import click

from cnncli.cli.main import cli

TARGET = Path(__file__).parents[1] / "docs" / "cli.md"
HEAD = """# Commands

Made by `python tools/make_reference.py` from the help of the commands; change it there.

Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 failure, 2 wrong usage, 130 stopped
by Ctrl-C, 143 stopped by SIGTERM.
"""


def reference() -> str:
    """The whole page."""
    root = click.Context(cli, info_name="cnn")
    sections = [HEAD, _section(cli, root)]
    for name in cli.list_commands(root):
        command = cli.get_command(root, name)
        assert command is not None
        sections.append(_section(command, click.Context(command, info_name=name, parent=root)))
    return "\n".join(sections)


def _section(command: click.Command, context: click.Context) -> str:
    lines = [f"## {context.command_path}", ""]
    lines += ["```", " ".join([context.command_path, *command.collect_usage_pieces(context)]), "```", ""]
    lines += [inspect.cleandoc(command.help or ""), "", "| option | |", "|---|---|"]
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and record is not None:
            names, text = (cell.replace("|", "\\|") for cell in record)
            lines.append(f"| `{names}` | {text} |")
    example = (command.epilog or "").splitlines()[-1].strip()
    return "\n".join([*lines, "", "Example:", "", "```", example, "```", ""])


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        if TARGET.read_text(encoding="utf-8") != reference():
            sys.exit("docs/cli.md differs from the help of the commands; run python tools/make_reference.py")
    else:
        TARGET.write_text(reference(), encoding="utf-8")
