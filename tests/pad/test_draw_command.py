"""`cnn draw` in a real terminal: the mouse, all ways out, and the terminal as it was behind each."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cnncli
from cnncli.cli.main import run
from cnncli.layers import Flatten, Linear
from cnncli.network import Network
from cnncli.pictures.recipe import InputRecipe
from cnncli.shipped import shipped_model

ENDED = ("\x1b[?1006l", "\x1b[?1002l", "\x1b[?1000l", "\x1b[?25h", "\x1b[?1049l")
SEVEN = [(13, 6), (19, 6), (25, 6), (31, 6), (28, 11), (25, 15), (22, 19)]


class Terminal:
    """A command in a terminal of its own, as the program at the other end of it sees it."""

    def __init__(self, arguments: list[str], folder: Path, size: tuple[int, int] = (80, 24), **more: str) -> None:
        self.shown = ""
        self._master, self._slave = pty.openpty()
        self.resize(*size)
        self.modes = termios.tcgetattr(self._slave)
        usual = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "PYTHONIOENCODING")}
        environment = {**usual, "TERM": "xterm-256color", "CNN_NUM_THREADS": "1", **more}
        self.process = subprocess.Popen(
            arguments, stdin=self._slave, stdout=self._slave, stderr=self._slave, cwd=folder, env=environment,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)
        os.close(self._master)
        os.close(self._slave)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def draw(self, cells: list[tuple[int, int]]) -> None:
        (column, row), (last, below) = cells[0], cells[-1]
        moves = "".join(f"\x1b[<32;{x};{y}M" for x, y in cells[1:])
        self.type(f"\x1b[<0;{column};{row}M{moves}\x1b[<0;{last};{below}m")

    def until(self, text: str, seconds: float = 60) -> str:
        """Reads until the text is shown; what came since the last call."""
        start, end = len(self.shown), time.monotonic() + seconds
        while not re.search(text, self.shown[start:]):
            assert time.monotonic() < end, repr(self.shown[-2000:])
            if select.select([self._master], [], [], 0.2)[0]:
                self.shown += os.read(self._master, 65536).decode(errors="replace")
        return self.shown[start:]

    def end(self) -> int:
        """Waits for the end; what was shown by then is in `shown`."""
        end = time.monotonic() + 60
        while self.process.poll() is None:
            assert time.monotonic() < end
            self._read()
        self._read()
        return self.process.returncode

    def _read(self) -> None:
        while select.select([self._master], [], [], 0.1)[0]:
            self.shown += os.read(self._master, 65536).decode(errors="replace")

    @property
    def is_as_before(self) -> bool:
        return termios.tcgetattr(self._slave) == self.modes and all(code in self.shown for code in ENDED)


def drawing(*words: str) -> list[str]:
    return [sys.executable, "-m", "cnncli", "draw", "lenet5", *words]


@pytest.fixture
def pad(tmp_path: Path) -> Iterator[Terminal]:
    with Terminal(drawing("--out", "mine"), tmp_path) as opened:
        opened.until("draw something")
        yield opened


def test_a_digit_drawn_with_the_mouse_is_read_and_kept(pad: Terminal, tmp_path: Path) -> None:
    assert "\x1b[?1006h" in pad.shown and termios.tcgetattr(pad._slave) != pad.modes
    pad.draw(SEVEN)
    told = pad.until(r"a 7\x1b|a 7, but")
    pad.type("7")
    pad.until("kept as mine/7/0001.png")
    [share] = [float(one) for one in re.findall(r"7 +([0-9.]+) %", told)[-1:]]
    answer = cnncli.load(shipped_model("lenet5")).predict(str(tmp_path / "mine" / "7" / "0001.png"))
    assert answer.names == ["7"] and 100 * float(answer.probabilities[0, 7]) == pytest.approx(share, abs=0.06)
    pad.type("q")
    assert pad.end() == 0 and pad.is_as_before
    assert pad.shown.rstrip().endswith("mine: kept 1 of 7; to learn from them: cnn train mine")


@pytest.mark.parametrize(("way", "code"), [("q", 0), ("\x03", 130), ("SIGTERM", 143)])
def test_the_terminal_is_as_it_was_after_each_way_out(way: str, code: int, pad: Terminal) -> None:
    pad.type("\x1b[<0;20;10M")  # in the middle of a stroke
    pad.until("%|no glyph|nothing")
    if way == "SIGTERM":
        pad.process.send_signal(signal.SIGTERM)
    else:
        pad.type(way)
    assert pad.end() == code and pad.is_as_before
    assert "Traceback" not in pad.shown


def test_the_terminal_is_as_it_was_after_an_error(tmp_path: Path) -> None:
    program = (
        "import cnncli.cli.pad_session as pad, sys\n"
        "from cnncli.cli.main import run\n"
        "pad.Session.look_at_drawing = lambda self: 1 / 0\n"
        "sys.exit(run(['draw', 'lenet5']))\n"
    )
    with Terminal([sys.executable, "-c", program], tmp_path, XDG_STATE_HOME=str(tmp_path)) as pad:
        pad.until("draw something")
        pad.draw(SEVEN)
        assert pad.end() == 1 and pad.is_as_before
        after = pad.shown.rpartition("\x1b[?1049l")[2]
        assert "internal error: ZeroDivisionError" in after


def test_a_window_that_becomes_too_small_says_so_and_the_drawing_stays(pad: Terminal) -> None:
    pad.draw(SEVEN)
    pad.until("a 7")
    pad.resize(40, 10)
    pad.until("40 x 10 is too small")
    pad.type("x\x1b[<0;5;5M\x1b[<0;5;5m")  # nothing happens
    pad.resize(100, 45)
    assert "a 7" in pad.until("q: end")
    pad.resize(30, 5)
    pad.until("too small")
    pad.type("q")
    assert pad.end() == 0 and pad.is_as_before


def test_a_shell_has_its_terminal_while_the_pad_is_stopped(tmp_path: Path) -> None:
    with Terminal(["bash", "--norc", "-i"], tmp_path, PS1="$ ") as shell:
        shell.until(r"\$ ")
        shell.type(" ".join(drawing()) + "\n")
        shell.until("draw something")
        shell.type("\x1a")
        stopped = shell.until("Stopped")
        assert all(code in stopped for code in ENDED)
        shell.type("stty -a; fg\n")
        assert re.search(r"[^-]icanon", shell.until("1049h"))
        shell.until("draw something")
        shell.type("q")
        shell.until(r"\$ ")
        shell.type("stty -a; exit\n")
        assert shell.end() == 0
        assert re.search(r"[^-]icanon", shell.shown.rpartition("1049l")[2])


def test_without_unicode_and_colours_it_is_ascii(tmp_path: Path) -> None:
    with Terminal(drawing(), tmp_path, NO_COLOR="1", PYTHONIOENCODING="ascii") as pad:
        pad.until("draw something")
        pad.draw(SEVEN)
        frame = pad.until("a 7")
        assert frame.isascii() and "@@@" in frame and "+----" in pad.shown
        assert not re.search(r"\x1b\[[0-9;]*[1-9][0-9;]*m", pad.shown)
        pad.type("q")
        assert pad.end() == 0 and pad.is_as_before


def test_a_small_window_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    with Terminal(drawing(), tmp_path, size=(67, 24)) as pad:
        assert pad.end() == 2
        assert "needs a window of 68 columns and 18 rows, and this one has 67 and 24" in pad.shown
        assert "\x1b[?1049h" not in pad.shown


def test_a_dumb_terminal_is_refused(tmp_path: Path) -> None:
    with Terminal(drawing(), tmp_path, TERM="dumb") as pad:
        assert pad.end() == 2 and "the pad needs a terminal" in pad.shown


def saved(path: str, network: Network) -> str:
    network.initialize(1)
    cnncli.save(network, path)
    return path


def of_kind(**recipe: Any) -> Network:
    made = InputRecipe(**recipe)
    values = made.channels * made.height * made.width
    return Network([Flatten(), Linear(values, 2)], made.shape, ["a", "b"], recipe=made)


@pytest.mark.parametrize(
    ("network", "said"),
    [(None, "the pad needs a terminal; cnn export --html pad.html makes a page to draw on"),
     (of_kind(channels=3, mean=(0.0,) * 3, scale=(1.0,) * 3), "takes pictures in colour"),
     (of_kind(kind="plain"), "takes whole pictures"),
     (Network([Linear(3, 2)], (3,)), "m.bin")],
    ids=["no terminal", "colour", "whole pictures", "numbers"],
)  # fmt: skip
def test_what_cannot_be_drawn_for_is_one_line(
    network: Network | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    name = "lenet5" if network is None else saved("m.bin", network)
    assert run(["draw", name]) in (1, 2)
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
