"""Writes what is made from tables of the program; with --check, only says what differs.

docs/cli.md comes from the help of the commands, docs/errors.md from the source, docs/json.md from tools/json_keys.toml,
the imports for editors in cnncli/optim/__init__.py from its folder.
"""

import inspect
import re
import sys
import tomllib
from pathlib import Path

import click
import error_lines

from cnncli.cli.main import cli
from cnncli.optim import BY_NAME

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "cli.md"
ERROR_PAGE = ROOT / "docs" / "errors.md"
JSON_PAGE = ROOT / "docs" / "json.md"
JSON_KEYS = ROOT / "tools" / "json_keys.toml"
OPTIMIZERS = ROOT / "python" / "cnncli" / "optim" / "__init__.py"
HEAD = """# Commands

Made by `python tools/make_reference.py` from the help of the commands; change it there.

Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 failure, 2 wrong usage, a name or a path
that does not exist among it, 130 stopped by Ctrl-C, 143 stopped by SIGTERM.
"""

# Why the example of a command is not run by the test of the pages.
NOT_RUN = {"download": "fetches 11 MB from another machine"}

JSON_HEAD = """# What `--json` prints

Made by `python tools/make_reference.py` from `tools/json_keys.toml`; change it there. A test runs every command and
holds what it prints to this page.

With `--json` a command prints one JSON value (RFC 8259) on one line of stdout, and the same facts as without it. There
is no NaN and no infinity: what is not known is `null`. Below, `a.b` is the key `b` in the object `a`, `[]` each item of
a list, and `<name>` any key. Keys may be added; none changes its meaning within one version.
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
    lines += ["```text", " ".join([context.command_path, *command.collect_usage_pieces(context)]), "```", ""]
    lines += [inspect.cleandoc(command.help or ""), "", "| option | what it does |", "|---|---|"]
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and record is not None:
            names, text = (cell.replace("|", "\\|") for cell in record)
            lines.append(f"| `{names}` | {text} |")
    example = (command.epilog or "").splitlines()[-1].strip()
    mark = [f"<!-- not run: {NOT_RUN[command.name]} -->"] if command.name in NOT_RUN else []
    return "\n".join([*lines, "", "Example:", "", *mark, "```sh", example, "```", ""])


def json_page() -> str:
    """docs/json.md: for each command its keys, with type and meaning."""
    parts = [JSON_HEAD]
    for command, rows in tomllib.loads(JSON_KEYS.read_text(encoding="utf-8")).items():
        parts.append(f"## cnn {command}\n\n| key | type | |\n|---|---|---|")
        for path, text in rows.items():
            value_type, _, meaning = text.partition(": ")
            parts.append(f"| {path if path == '(list)' else f'`{path}`'} | {value_type} | {meaning} |")
        parts[-1] += "\n"
    return "\n".join(parts)


def optimizers() -> str:
    """The table of optimizers with an import of each for editors, which do not run it."""
    found = {name: kind.__name__ for name, kind in BY_NAME.items()}
    imports = [f"    from cnncli.optim.{name} import {kind} as {kind}\n" for name, kind in sorted(found.items())]
    head = "if TYPE_CHECKING:.*\n"
    text = OPTIMIZERS.read_text(encoding="utf-8")
    return re.sub(rf"({head})(?:    from .*\n)*", lambda match: match[1] + "".join(imports), text, count=1)


if __name__ == "__main__":
    made = {
        PAGE: reference(), ERROR_PAGE: error_lines.page(), JSON_PAGE: json_page(), OPTIMIZERS: optimizers(),
    }  # fmt: skip
    for path, text in made.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if sys.argv[1:] == ["--check"]:
            sys.exit(f"{path.relative_to(ROOT)} differs from what it is made of; run python tools/make_reference.py")
        path.write_text(text, encoding="utf-8")
