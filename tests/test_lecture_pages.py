"""docs/lecture.md and docs/torch7-names.md are true of the program: commands that parse and run, names that exist."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import cnncli
from cnncli.cli.main import cli as cnn
from cnncli.cli.main import run
from page_world import in_small, small_digits

ROOT = Path(__file__).parents[1]
LECTURE = (ROOT / "docs" / "lecture.md").read_text(encoding="utf-8")
NAMES = (ROOT / "docs" / "torch7-names.md").read_text(encoding="utf-8")


def rows(page: str) -> Iterator[list[str]]:
    """The cells of all rows of a page's tables but their headings."""
    for line in page.splitlines():
        if line.startswith("| ") and not line.startswith(("| |", "| Torch7")):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def here(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


POINTS = {int(number): command.strip("`") for number, _, command, _ in rows(LECTURE)}


def test_there_are_57_points() -> None:
    assert list(POINTS) == list(range(1, 58))


@pytest.mark.parametrize("number", POINTS)
def test_the_command_of_a_point_is_one(number: int) -> None:
    program, name, *words = shlex.split(POINTS[number])
    if program == "python":
        assert (ROOT / name).is_file() and not words
        return
    assert program == "cnn"
    command = cnn.get_command(click.Context(cnn), name)
    assert command is not None, f"no command {name}"
    command.make_context(name, words, parent=cnn.make_context("cnn", ["help"]))  # raises for what it does not know


def is_run_elsewhere(command: str) -> bool:
    """Whether tests/lessons or tests/examples run it: all lessons, and all scripts."""
    return command.startswith(("cnn learn ", "python examples/"))


@pytest.mark.parametrize("number", [number for number, command in POINTS.items() if not is_run_elsewhere(command)])
def test_the_command_of_a_point_runs_in_small(number: int, world: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with small_digits():
        assert run(shlex.split(in_small(POINTS[number]))[1:]) == 0
    assert capfd.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("number", POINTS)
def test_the_command_of_a_point_runs(number: int, tmp_path: Path, mnist_or_digits: list[str]) -> None:
    program, *words = shlex.split(POINTS[number])
    if program == "python":
        words[0] = str(ROOT / words[0])
    else:
        words = ["-m", "cnncli", *(str(ROOT / word) if (ROOT / word).is_file() else word for word in words)]
    if number in (54, 57):
        words += [*mnist_or_digits, "--epochs", "1"]
    done = subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    # A rate that is too large may end in numbers that are none: told in one line.
    expected = (0, 1) if "2" in words and "--lr" in words else (0,)
    assert done.returncode in expected, done.stderr[-2000:]
    assert done.stdout or done.returncode == 1


@pytest.fixture
def mnist_or_digits() -> list[str]:
    folder = os.environ.get("CNN_TEST_MNIST")
    return ["--data-dir", folder] if folder else ["--data", "digits"]


def test_every_name_of_the_page_exists_and_its_test_knows_it() -> None:
    known = 0
    for theirs, ours, test in rows(NAMES):
        assert theirs
        if ours.startswith("left out"):
            assert len(ours) > len("left out: "), f"{theirs}: left out without a reason"
            continue
        path = ROOT / test.strip("`")
        assert path.is_file(), f"{theirs}: {test} is not there"
        text = path.read_text(encoding="utf-8")
        for name in here(ours):
            if name.startswith("cnn "):
                assert name.split()[-1].lstrip("-") in text, f"{test} does not know {name}"
                continue
            dotted, _, setting = name.partition("(")
            value: object = cnncli
            for part in dotted.split("."):
                value = getattr(value, part)
            assert re.search(rf"\b{dotted.split('.')[-1]}\b", text), f"{test} does not know {dotted}"
            if setting:
                assert setting.rstrip("=)") in text, f"{test} does not know {name}"
            known += 1
    assert known > 90


def test_every_layer_and_criterion_that_torch7_has_is_on_the_page() -> None:
    """Docstrings name Torch7's; none is missing from the page."""
    from cnncli.layers import LAYER_TYPES
    from cnncli.layers.registry import is_built_in

    kinds = [kind for kind in LAYER_TYPES.values() if is_built_in(kind)]
    for kind in kinds:
        if re.search(r"Torch7: ", kind.__doc__ or ""):
            assert f"`layers.{kind.__name__}" in NAMES, f"{kind.__name__} is not on docs/torch7-names.md"
