"""docs/seeing.md: its lines of Python print what it shows, and its commands have the options that they name."""

import re
from pathlib import Path

import click
import pytest
from tools.page_lines import run_lines

from cnncli.cli.command_table import COMMANDS
from cnncli.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "seeing.md"


def test_lines_of_the_page_print_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("models", "digit.png"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    assert "model" in run_lines(PAGE)


def test_commands_of_the_page_have_the_options_that_they_name() -> None:
    lines = re.findall(r"^cnn (\S+) (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {"features", "mask"} <= {name for name, _ in lines}
    context = click.Context(cli)
    for name, rest in lines:
        assert name in COMMANDS
        command = cli.get_command(context, name)
        assert command is not None
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert set(re.findall(r"(?<= )--?[a-z][a-z-]*", f" {rest}")) <= known, (name, rest)
