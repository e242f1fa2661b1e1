"""Ctrl-C while the program is being imported: exit code 130, and not a word."""

import os
import signal
import subprocess
import sys

import pytest

from cnncli.cli import main as main_module
from cnncli.cli.signals import Terminated, raise_terminated
from scripts import command_of


@pytest.mark.parametrize("name", ["click", "cnncli.cli.streams", "cnncli.cli.train", "cnncli.training.train"])
def test_an_interrupt_of_an_import_has_no_traceback(name: str) -> None:
    words = command_of("interrupted_import", name, "train", "--arch", "linear", "--data", "digits", "--images", 64)
    result = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (130, "", "")


def test_who_imports_the_program_keeps_the_interrupt_of_python() -> None:
    code = "import signal, cnncli.cli.main; print(signal.getsignal(2) is signal.default_int_handler)"
    code = f"import signal; signal.signal(2, signal.default_int_handler); {code}"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "True\n"


def test_ctrl_c_stays_ignored_in_the_background_of_a_script() -> None:
    code = "import signal; signal.signal(2, signal.SIG_IGN); from cnncli.cli.main import main; signal.raise_signal(2)"
    code += "; main()"
    result = subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "") and result.stdout.startswith("cnn ")


def test_an_interrupt_that_python_makes_another_error_of_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Python 3.11 does in the body of a class."""

    def interrupted(**options: object) -> None:
        raise RuntimeError("Error calling __set_name__") from Terminated(signal.SIGINT)

    monkeypatch.setattr(main_module.cli, "main", interrupted)
    assert main_module.run(["--version"]) == 130
    assert capsys.readouterr() == ("", "")


def test_an_interrupt_out_of_which_no_error_comes_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python drops a lock of an import by a function that the garbage collector calls: it prints errors and goes on."""
    text = "def cb(handler):\n    import sys\n    handler(2, sys._getframe())"
    names: dict[str, object] = {}
    exec(compile(text, "<frozen importlib._bootstrap>", "exec"), names)
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(Terminated):
            names["cb"](raise_terminated)  # type: ignore[operator]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert left == [130]


@pytest.mark.parametrize("first, second", [("SIGTERM", "SIGINT"), ("SIGINT", "SIGTERM")])
def test_a_second_signal_while_the_first_is_handled_leaves_without_a_traceback(first: str, second: str) -> None:
    code = f"""
import signal
from cnncli.cli import main as module
module.cli.main = lambda **options: signal.raise_signal(signal.{first})
exit_code = module.exit_code
module.exit_code = lambda number: signal.raise_signal(signal.{second}) or exit_code(number)
module.main()
"""
    code = f"import signal; signal.signal(2, signal.default_int_handler)\n{code}"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (128 + signal.Signals[second], "", "")
