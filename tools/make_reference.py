"""Writes what is made from tables of the program; with --check, only says what differs.

docs/cli.md comes from the help of the commands, the imports for editors in cnncli/optim/__init__.py from its folder.
"""

import inspect
import re
import sys
from pathlib import Path

import click

from cnncli.cli.main import cli
from cnncli.optim import BY_NAME

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "cli.md"
OPTIMIZERS = ROOT / "python" / "cnncli" / "optim" / "__init__.py"
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


def optimizers() -> str:
    """The table of optimizers with an import of each for editors, which do not run it."""
    found = {name: kind.__name__ for name, kind in BY_NAME.items()}
    imports = [f"    from cnncli.optim.{name} import {kind} as {kind}\n" for name, kind in sorted(found.items())]
    head = "if TYPE_CHECKING:.*\n"
    text = OPTIMIZERS.read_text(encoding="utf-8")
    return re.sub(rf"({head})(?:    from .*\n)*", lambda match: match[1] + "".join(imports), text, count=1)


if __name__ == "__main__":
    made = {PAGE: reference(), OPTIMIZERS: optimizers()}
    for path, text in made.items():
        if path.read_text(encoding="utf-8") == text:
            continue
        if sys.argv[1:] == ["--check"]:
            sys.exit(f"{path.relative_to(ROOT)} differs from what it is made of; run python tools/make_reference.py")
        path.write_text(text, encoding="utf-8")
