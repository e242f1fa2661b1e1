"""docs/cli.md is made from the help of the commands."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from cnncli.cli.command_table import COMMANDS
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.main import cli

TOOL = Path(__file__).parents[2] / "tools" / "make_reference.py"


def test_reference_page_is_that_of_the_commands() -> None:
    result = subprocess.run([sys.executable, TOOL, "--check"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_fits_a_screen(name: str) -> None:
    assert isinstance(cli.get_command(click.Context(cli), name), HelpCommand), "give it cls=HelpCommand"
