"""What watching a training costs: its CPU time in a terminal with table, curves and bars, beside the same with -q.

    python tools/watching_cost.py --rounds 5

Both are taken in turns, each in a process of its own, with one thread. The median of the ratios is told, which a busy
machine moves by some percent, and the share of its CPU time that the watched process spends in showing, which it does
not. Screens are refreshed by the clock: a machine that gives a training half of its time shows it twice as often.
"""

import argparse
import fcntl
import os
import pty
import statistics
import struct
import sys
import tempfile
import termios
from collections.abc import Sequence
from pathlib import Path

# `cnn`, which leaves in a file the seconds of CPU time that its thread spent in showing.
_TIMED = """
import sys, time
from cnncli.cli import main, training_display
show, spent = training_display.TrainingDisplay.show, [0.0]
def timed(self, record):
    began = time.thread_time()
    try:
        return show(self, record)
    finally:
        spent[0] += time.thread_time() - began
        if type(record).__name__ == "Finished":
            open(place, "w").write(str(spent[0]))
training_display.TrainingDisplay.show = timed
place = sys.argv.pop(1)
main.main()
"""


def cpu_seconds(words: Sequence[str], size: tuple[int, int] | None, kept: Path) -> tuple[float, float]:
    """(user and system time of `cnn train` with these words, that of it in showing).

    size : (rows, columns) of its terminal; None: there is none

    Raises RuntimeError if it fails.
    """
    command = [sys.executable, "-c", _TIMED, str(kept), "train", *words]
    child, screen = pty.fork() if size is not None else (os.fork(), None)
    if child == 0:
        if size is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
        else:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            os.environ["TERM"] = "xterm-256color"
        os.execv(sys.executable, command)
    if screen is not None:
        _drain(screen)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)}: exit code {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, float(kept.read_text())


def _drain(screen: int) -> None:
    """Reads all that a terminal is told."""
    try:
        while os.read(screen, 1 << 16):
            pass
    except OSError:  # how Linux ends a terminal that nobody writes to any more
        pass
    os.close(screen)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=5, help="[%(default)s]")
    parser.add_argument("--size", default="45x160", help="rows and columns of the terminal [%(default)s]")
    parser.add_argument(
        "words", nargs="*", default=["--arch", "lenet5", "--data", "digits", "--epochs", "4", "--images", "20000",
                                     "--val", "0.02"],
        help="behind `cnn train`, after -- [lenet5 on 20,000 digits, 4 epochs]",
    )  # fmt: skip
    asked = parser.parse_args()
    rows, columns = map(int, asked.size.split("x"))
    ratios, shares = [], []
    with tempfile.TemporaryDirectory() as work:
        kept = Path(work) / "shown"
        words = [*asked.words, "--threads", "1", "--runs", str(Path(work) / "runs"), "-o", str(Path(work) / "m.bin")]
        for turn in range(asked.rounds):
            seconds = {}
            for watched in (turn % 2 == 0, turn % 2 == 1):
                more, size = ([], (rows, columns)) if watched else (["-q"], None)
                seconds[watched], shown = cpu_seconds([*words, *more], size, kept)
                if watched:
                    shares.append(100 * shown / seconds[True])
            ratios.append(seconds[True] / seconds[False])
            print(
                f"watched {seconds[True]:.2f} s of CPU time, {shares[-1]:.2f} % of it in showing; with -q "
                f"{seconds[False]:.2f} s", flush=True,
            )  # fmt: skip
    print(
        f"watching costs {100 * (statistics.median(ratios) - 1):+.1f} % of CPU time by the whole processes, "
        f"{statistics.median(shares):.2f} % by the time in showing; medians of {len(ratios)}"
    )


if __name__ == "__main__":
    main()
