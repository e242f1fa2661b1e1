"""Every block of code in the pages runs, or says in a comment before it why not (tools/page_blocks.py)."""

import re
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tools.page_blocks import OTHERS, RUN, blocks_of, run_python

from cnncli.cli.main import cli, run
from page_world import ANSWERS, ONLY_PARSED, by_shell, in_small, is_simple, small_digits

ROOT = Path(__file__).parents[1]
OTHERS_THERE = ("README.md", "CONTRIBUTING.md", "models/README.md")
FILES = [*(ROOT / "docs").rglob("*.md"), *(ROOT / name for name in OTHERS_THERE)]
BLOCKS = {path.relative_to(ROOT).as_posix(): blocks_of(path) for path in sorted(FILES)}
TO_RUN = {name: [block for block in blocks if block.language in RUN] for name, blocks in BLOCKS.items()}
PAGES = [name for name, blocks in TO_RUN.items() if any(block.mark != "not run" for block in blocks)]
SLOW = [name for name, blocks in TO_RUN.items() if any(block.mark == "slow" for block in blocks)]


def run_page(name: str, world: Path, said: Callable[[], str], with_slow: bool) -> int:
    """Runs the blocks of a page in order, and says how many there were."""
    names: dict[str, Any] = {"__name__": Path(name).stem}
    count = 0
    for index, block in enumerate(BLOCKS[name]):
        if block.language == "toml" and (file := file_named(name, index)):
            (world / file).write_text(block.text, encoding="utf-8")
        if block.language not in RUN or block.mark == "not run" or (block.mark == "slow" and not with_slow):
            continue
        count += 1
        if block.language == "python":
            if block.is_whole:
                run_python(BLOCKS[name], index, names, ROOT / name)
            continue
        for command, comment in block.commands:
            run_command(f"{name}, line {block.line}", command, comment, world, said)
    return count


def run_command(where: str, command: str, comment: str, world: Path, said: Callable[[], str]) -> None:
    command = in_small(command)
    word = command.split()[1]
    expected = (0, *ANSWERS.get(word, ()), *([1] if "exit code 1" in comment else []))
    if word in ONLY_PARSED:
        parse(command)
        return
    if is_simple(command):
        with small_digits():
            code = run(shlex.split(command)[1:])
        told = said()
    else:
        done = by_shell(command, world)
        code, told = done.returncode, done.stderr
    assert code in expected, f"{where}: {command}\n{told[-2000:]}"


def file_named(name: str, index: int) -> str:
    """The file that a block of TOML is, as the text before it names it; "" where it names none."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    before = " ".join(lines[max(0, BLOCKS[name][index].line - 5) : BLOCKS[name][index].line - 2])
    found = [word.strip("`:,.") for word in before.split() if word.strip("`:,.").endswith(".toml")]
    return found[-1] if found else ""


@pytest.mark.parametrize("name", PAGES)
def test_the_quick_blocks_of_a_page_run(name: str, world: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run_page(name, world, lambda: "".join(capfd.readouterr()), with_slow=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_all_blocks_of_a_page_run(name: str, world: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_page(name, world, lambda: "".join(capfd.readouterr()), with_slow=True)


@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_is_of_a_kind_that_is_known(name: str) -> None:
    for block in BLOCKS[name]:
        assert block.language in (*RUN, *OTHERS), f"{name}, line {block.line}: {block.language}"
        if block.mark == "not run":
            assert len(block.reason.split()) > 2, f"{name}, line {block.line}: no reason"
        if block.language == "toml":
            tomllib.loads(block.text)


def test_no_command_stands_outside_of_a_block() -> None:
    """Indented code would not be run."""
    for path in FILES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            is_command = re.match(r"(    |\t)(cnn|python3?|pip) ", line)
            assert not is_command, f"{path.name}, line {number}: put it into a block"


def parsed_only() -> list[str]:
    return [
        command
        for blocks in TO_RUN.values()
        for block in blocks
        if block.mark == "not run" and block.language == "sh"
        for command, _ in block.commands
        if is_simple(command)
    ]


def parse(command: str) -> None:
    """Raises for what today's commands do not know."""
    root = cli.make_context("cnn", ["help"])
    _, word, *words = shlex.split(command)
    if not word.startswith("-"):
        found = cli.get_command(root, word)
        assert found is not None, f"no command {word}"
        found.make_context(word, words, parent=root)


@pytest.mark.parametrize("command", parsed_only())
def test_commands_that_are_not_run_are_commands_of_today(command: str) -> None:
    parse(command)


def test_a_block_is_found_with_its_mark(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    commands = "```sh\ncnn runs \\\n  a  # b\n# c\n```\n"
    page.write_text(f"# A\n<!-- not run: for a reason -->\n\n{commands}\n```python\n x\n```\n")
    first, second = blocks_of(page)
    assert (first.line, first.mark, first.reason) == (5, "not run", "for a reason")
    assert first.commands == [("cnn runs    a", "b")]
    assert (second.language, second.mark, second.is_whole) == ("python", "", False)
    page.write_text("```sh\ncnn runs\n")
    with pytest.raises(ValueError, match="line 1: the block does not end"):
        blocks_of(page)


def test_trainings_of_pages_are_made_small() -> None:
    assert in_small("cnn train --arch lenet5") == "cnn train --arch lenet5 --data digits --epochs 1 --threads 1"
    assert in_small("cnn train photos --lr 0.3") == "cnn train photos --lr 0.3 --arch lenet5 --epochs 1 --threads 1"
    assert in_small("cnn eval a.bin --data mnist") == "cnn eval a.bin --data digits"
