"""Help, version, exit codes and errors: what all commands share."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

import cnncli
from cnn_process import Cnn, environment
from cnncli.cli import main as main_module
from cnncli.cli.command_table import COMMANDS
from cnncli.cli.main import cli, run
from scripts import command_of

EXAMPLE = re.compile(r"\n(?:  Example:\n   |Example:) (cnn \S.*)\n$")
HEAVY = {"numpy", "rich", "PIL", "requests", "safetensors", "platformdirs", "tomllib", "importlib.metadata"}
each_command = pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=" ".join)


def help_of(command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run([*command, "--help"]) == 0
    return capsys.readouterr().out


@each_command
def test_help_ends_in_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    found = EXAMPLE.search(help_of(command, capsys))
    assert found is not None
    assert shlex.split(found[1])[1 : len(command) + 1] == command or not command


@each_command
def test_every_option_has_help(command: list[str]) -> None:
    context = click.Context(cli)
    chosen = cli.get_command(context, command[0]) if command else cli
    assert chosen is not None
    for parameter in chosen.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.opts[0]} has no help"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of([], capsys)
    for name, listed in COMMANDS.items():
        assert re.search(rf"(?<!\S){name} +{re.escape(listed.brief or listed.summary)}(  |$)", text, re.MULTILINE)


def test_help_lists_every_command_in_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    text = help_of([], capsys)
    for name in COMMANDS:
        assert re.search(rf"^  {name} +[A-Z]", text, re.MULTILINE)


def test_help_says_of_a_command_what_its_own_help_says_first() -> None:
    for name, listed in COMMANDS.items():
        own = cli.get_command(click.Context(cli), name)
        assert own is not None
        assert listed.summary == own.get_short_help_str(80)


def test_help_imports_no_command() -> None:
    result = subprocess.run(command_of("loaded_modules", "--help"), capture_output=True, text=True, check=True)
    loaded = set(result.stderr.split())
    assert "cnncli.cli.command_table" in loaded
    assert loaded.isdisjoint(f"cnncli.cli.{listed.module}" for listed in COMMANDS.values())
    assert loaded.isdisjoint({"cnncli.training_options", "dataclasses"})


@each_command
def test_help_imports_nothing_heavy(command: list[str]) -> None:
    words = command_of("loaded_modules", *command, "--help")
    result = subprocess.run(words, capture_output=True, text=True, check=True)
    assert HEAVY & set(result.stderr.split()) == set()


def test_version(cnn: Cnn) -> None:
    outcome = cnn("--version")
    assert (outcome.code, outcome.out, outcome.err) == (0, f"cnn {cnncli.__version__}\n", "")


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert version("cnncli") == cnncli.__version__


BEHIND = "what begins with a negative number comes last, behind --: -- -1,2"


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("trian", "cnn: no command 'trian'; did you mean train?"),
        (
            "zzz",
            f"cnn: no command 'zzz'; use one of {', '.join(COMMANDS)}",
        ),
        ("--versio", "cnn: no option --versio; did you mean --version?"),
        ("train --epoch 3", "cnn train: no option --epoch; did you mean --epochs?"),
        ("train --schedule cosin", "cnn train: --schedule cosin: unknown; did you mean cosine?"),
        ("train --colour blue", "cnn train: --colour blue: unknown; use one of grey, rgb"),
        ("train --optim sdg", "cnn train: --optim sdg: unknown; did you mean sgd?"),
        ("train --lr nan", "cnn train: --lr nan: use a number, more than 0"),
        ("train --lr 0", "cnn train: --lr 0: use a number, more than 0"),
        ("train --val 1", "cnn train: --val 1: use a number, at least 0 and less than 1"),
        (
            "train --epochs 1.5",
            "cnn train: --epochs 1.5: use a whole number, at least 1 and at most 100,000",
        ),
        (
            "train --resume x --seed 3",
            "cnn train: --resume takes the settings of the run; leave out --seed",
        ),
        ("eval", "cnn eval: MODEL is missing; use it as in: cnn eval model.bin"),
        ("download", "cnn download: NAME... is missing; use it as in: cnn download mnist"),
        ("download mnits", "cnn download: mnits: unknown; did you mean mnist?"),
        ("download mnist --dri x", "cnn download: no option --dri; did you mean --dir?"),
        ("predict", "cnn predict: FILE... is missing; use it as in: cnn predict digit.png"),
        ("eval a b", "cnn eval: b: more than this command takes; use it as in: cnn eval model.bin"),
        ("train --accuracy 2", "cnn train: --target 2: use a number, more than 0 and at most 1"),
        ("classify a.png", "cnn: no command 'classify'; did you mean predict?"),
        ("train a --data b", "cnn train: a and --data: both say what to learn from; give one of them"),
        ("completion tcsh", "cnn completion: tcsh: unknown; use one of bash, zsh, fish"),
        ("help trian", "cnn: no command 'trian'; did you mean train?"),
        ("train --qqq", "cnn train: no option --qqq"),
        ("predict m.bin -1,2,3", f"cnn predict: no option -1; {BEHIND}"),
        ("predict m.bin -.5", f"cnn predict: no option -.; {BEHIND}"),
        ("train --epochs", "cnn train: --epochs needs a value: --epochs N"),
        ("train --epochs --lr 0.1", "cnn train: --epochs needs a value: --epochs N"),
        ("train --out --json", "cnn train: --out needs a value: --out FILE"),
        ("train --lr=0.1 --arch", "cnn train: --arch needs a value: --arch NAME|FILE"),
        ("predict a.png --model", "cnn predict: --model needs a value: --model FILE"),
        ("train --json=yes", "cnn train: --json is on or off; write --json alone"),
        ("train --threads 0", "cnn train: --threads 0: use a whole number, at least 1 and at most 1,024"),
        ("train --epochs=", "cnn train: --epochs '': use a whole number, at least 1 and at most 100,000"),
        ("train --epochs 1e-3", "cnn train: --epochs 1e-3: use a whole number, at least 1 and at most 100,000"),
        ("train --epochs 1e6", "cnn train: --epochs 1e6: use a whole number, at least 1 and at most 100,000"),
        ("train --epochs nan", "cnn train: --epochs nan: use a whole number, at least 1 and at most 100,000"),
        ("train --lr -1", "cnn train: --lr -1: use a number, more than 0"),
        (
            "train --seed -1",
            "cnn train: --seed -1: use a whole number, at least 0 and at most 9,223,372,036,854,775,807",
        ),
        (
            "data digits --seed 9223372036854775808",
            "cnn data: --seed 9223372036854775808: use a whole number, at least 0 and at most "
            "9,223,372,036,854,775,807",
        ),
        (f"train --runs {__file__}", f"cnn train: --runs {__file__}: is a file; name a folder"),
        (f"download mnist --dir {__file__}", f"cnn download: --dir {__file__}: is a file; name a folder"),
        (
            "summary lenet6",
            'cnn: no network is named "lenet6"; did you mean "lenet5"? (a path has to end in .toml)',
        ),
    ],
)
def test_usage_errors_are_one_line_and_exit_2(
    typed: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(typed.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    command = line.split(":")[0]
    hint = "" if "named" in line else f" (see {command} --help)"
    assert captured.err == f"{line}{hint}\n"


def test_a_variable_with_a_wrong_value_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CNN_NUM_THREADS", "two")
    assert run(["train"]) == 2
    line = "cnn train: CNN_NUM_THREADS=two: use a whole number, at least 1 and at most 1,024"
    assert capsys.readouterr().err == f"{line} (see cnn train --help)\n"


@pytest.mark.parametrize(("typed", "number"), [("1e3", 1000), ("20.0", 20), ("1_000", 1000), ("007", 7), ("5", 5)])
def test_a_whole_number_may_be_written_in_several_ways(typed: str, number: int) -> None:
    from cnncli.cli.options import Number

    found = Number(least=1, most=100_000, whole=True).convert(typed, None, None)
    assert (found, type(found)) == (number, int)


def test_a_value_that_looks_like_an_option_can_be_given_with_an_equals_sign(cnn: Cnn) -> None:
    outcome = cnn("data", "digits", "--out=--json")
    assert outcome.err.startswith("cnn data: --out --json: the sheet is a PNG")


def broken_command(error: Exception) -> click.Command:
    from cnncli.cli.options import debug_option

    @click.command("broken")
    @debug_option
    def command() -> None:
        raise error

    return command


@pytest.fixture
def break_summary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Makes `cnn summary` raise an error; the log folder is below the test's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def replace(error: Exception) -> None:
        monkeypatch.setattr(
            main_module.Commands, "get_command", lambda *arguments: broken_command(error), raising=True
        )

    return replace


def test_internal_error_is_one_line_and_a_saved_traceback(
    break_summary: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    break_summary(KeyError("two\nlines"))
    assert run(["summary"]) == 1
    captured = capsys.readouterr()
    found = re.fullmatch(r"cnn: internal error: KeyError: 'two\\nlines'; details: (\S+\.txt)\n", captured.err)
    assert found is not None, captured.err
    saved = Path(found[1]).read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in saved and "raise error" in saved
    assert f"cnncli {cnncli.__version__}" in saved


def test_debug_prints_the_traceback_instead_of_saving_it(
    break_summary: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    break_summary(KeyError("name"))
    assert run(["summary", "--debug"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "cnn: internal error: KeyError: 'name'"
    assert not list(tmp_path.rglob("*.txt"))


def test_internal_error_is_saved_where_the_log_folder_cannot_be_made(
    break_summary: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    break_summary(ValueError("x"))
    assert run(["summary"]) == 1
    saved = Path(capsys.readouterr().err.rsplit("details: ", 1)[1].strip())
    assert "ValueError: x" in saved.read_text(encoding="utf-8")
    saved.unlink()


def test_error_of_the_system_names_the_file(break_summary: Any, capsys: pytest.CaptureFixture[str]) -> None:
    break_summary(PermissionError(13, "Permission denied", "secret.bin"))
    assert run(["summary"]) == 1
    assert capsys.readouterr().err == "cnn: secret.bin: permission denied\n"


def test_lack_of_memory_is_one_line(break_summary: Any, capsys: pytest.CaptureFixture[str]) -> None:
    break_summary(MemoryError())
    assert run(["summary"]) == 1
    assert capsys.readouterr().err == "cnn: not enough memory; use a smaller --batch-size or data set\n"


def test_full_disk_behind_stdout_is_an_error(cnn: Cnn) -> None:
    with Path("/dev/full").open("w") as full:
        outcome = cnn("summary", "lenet5", stdout=full)
    assert outcome.code == 1
    assert outcome.err == "cnn: no space left on device\n"


def test_reader_that_leaves_early_causes_no_message(tmp_path: Path) -> None:
    process = subprocess.run(
        ["bash", "-c", '"$0" -m cnncli summary lenet5 --json | true', sys.executable],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stderr == ""


def test_command_and_module_are_the_same(cnn: Cnn) -> None:
    """`cnn`, the script that pip makes, and `python -m cnncli` both call `cnncli.cli.main:main`."""
    from importlib.metadata import entry_points

    (script,) = entry_points(group="console_scripts", name="cnn")
    assert script.load() is main_module.main
    assert cnn("--help").out.startswith("Usage: cnn [OPTIONS] COMMAND")
