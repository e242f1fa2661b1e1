"""Ctrl-C and SIGTERM in each phase of `cnn train`: it stops soon, says how to go on, and goes on to the same bits.

CNN_TEST_SIGNALS sets the number of signals in each phase of the slow test, for a campaign: 20 take 7 minutes.
"""

import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from cnn_process import run_cnn, start_cnn
from small_training import weights, write_digits

SIGNALS = int(os.environ.get("CNN_TEST_SIGNALS", "2"))
# The longest delay in seconds: how long the phase takes, more or less; a signal may come after its end.
PHASES = {"start": 0.3, "step": 0.1, "validation": 0.03, "save": 0.004, "test": 0.03}
LATE = 2.0  # seconds from the signal to the end of the process, on a machine that does other work too

SIGNALLED_CNN = Path(__file__).parents[1] / "support" / "signalled_cnn.py"
WORDS = ["--arch", "lenet5", "--data", "drawn.npz", "--epochs", 2, "--batch-size", 32, "--val", 0.3, "--threads", 2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set, and the model that an undisturbed training makes of it."""
    folder = tmp_path_factory.mktemp("signals")
    write_digits(folder / "drawn.npz", 12_000, 20_000)
    outcome = run_cnn("train", *WORDS, "--out", "whole.bin", "--runs", "undisturbed", folder=folder)
    assert outcome.code == 0, outcome.err
    return folder


def stop(folder: Path, phase: str, rng: random.Random, numbers: tuple[int, ...]) -> float:
    """Trains, with signals in that phase; the seconds until the process had ended, 0 if it had ended before."""
    (folder / "signalled.bin").unlink(missing_ok=True)
    (folder / "time").unlink(missing_ok=True)
    known = set((folder / "runs").iterdir()) if (folder / "runs").exists() else set()
    delay = rng.uniform(0, PHASES[phase])
    process = start_cnn(
        ("train", *WORDS, "--out", "signalled.bin", "--runs", "runs"),
        folder,
        program=(SIGNALLED_CNN, phase, repr(delay), ",".join(map(str, numbers)), "time"),
    )
    out, err = process.communicate(timeout=60)
    ended = time.time()
    new = set((folder / "runs").iterdir()) - known if (folder / "runs").exists() else set()
    if process.returncode == 0:  # the signal came too late, when nothing was left to stop, or not at all
        assert phase == "test" or not (folder / "time").exists()
        assert weights(folder / "signalled.bin") == weights(folder / "whole.bin")
        return 0.0
    assert process.returncode in {128 + number for number in numbers}, (out, err)
    assert out == "" and "Traceback" not in err, (out, err)
    assert len(numbers) > 1 or not any(list(run.glob("*.tmp")) for run in new)
    assert not (folder / "signalled.bin").exists() or phase == "test"
    last = (err.splitlines() or [""])[-1].split()
    go_on = last if last[:3] == ["cnn", "train", "--resume"] else None
    if go_on is None:  # it left at once: from a start, or for a second signal
        assert phase == "start" or len(numbers) > 1, err
        run = next(iter(new), None)
        if run is None or not (run / "checkpoint.bin").exists():
            return ended - float((folder / "time").read_text())
        go_on = ["cnn", "train", "--resume", str(run)]
    resumed = run_cnn(*go_on[1:], folder=folder)
    assert resumed.code == 0, resumed.err
    assert weights(folder / "signalled.bin") == weights(folder / "whole.bin")
    return ended - float((folder / "time").read_text())


@pytest.mark.parametrize("phase", ["save"])  # the slow test has all
def test_a_signal_stops_a_phase(folder: Path, phase: str) -> None:
    number = random.Random(phase).choice((signal.SIGINT, signal.SIGTERM))
    assert 0 < stop(folder, phase, random.Random(1), (number,)) < LATE


def test_two_signals_leave_at_once(folder: Path) -> None:
    assert 0 < stop(folder, "validation", random.Random(2), (signal.SIGINT, signal.SIGTERM)) < LATE


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2], ids=["one signal", "two signals"])
@pytest.mark.parametrize("phase", PHASES)
def test_no_signal_of_many_loses_a_state(folder: Path, phase: str, count: int) -> None:
    rng = random.Random(f"{phase} {count}")
    taken = [
        stop(folder, phase, rng, tuple(rng.choices((signal.SIGINT, signal.SIGTERM), k=count))) for _ in range(SIGNALS)
    ]
    stopped = [seconds for seconds in taken if seconds]
    if (phase, count) == ("test", 1):  # no step is left: it is finished
        assert not stopped
        return
    assert stopped
    print(
        f"{phase}, {count}: {np.median(stopped):.3f} s in the median, {max(stopped):.3f} s at most; "
        f"{SIGNALS - len(stopped)} too late"
    )
    assert max(stopped) < LATE
