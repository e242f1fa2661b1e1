"""`cnn train` killed with SIGKILL, again and again, and resumed: what is on the disk can always be gone on from.

CNN_TEST_KILLS sets the number of kills of the slow tests, for a campaign: 1000 take 18 minutes.
"""

import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

import cnncli
from cnn_process import run_cnn, start_cnn
from cnncli.training.metrics import read_metrics
from cnncli.training.runs import RunFolder
from small_training import NETWORK, weights, write_digits

KILLS = int(os.environ.get("CNN_TEST_KILLS", "24"))
SAVE_EVERY = 0.03  # seconds
# From the end of one save to the end of the next: a step, the save itself, and a core that others use too.
SLACK = 2.0

STEPS = 8 * 225
WORDS = ["--arch", "small.toml", "--data", "drawn.npz", "--epochs", 8, "--batch-size", 8, "--val", 0.1]
WORDS += ["--schedule", "one-cycle", "--momentum", 0.9, "--threads", 1]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data set, a network, and the model that an undisturbed training makes of them.

    On a disk: in memory a save is over before a kill could meet it.
    """
    with tempfile.TemporaryDirectory(prefix="kills-", dir="/var/tmp") as name:
        yield _prepared(Path(name))


def _prepared(folder: Path) -> Path:
    write_digits(folder / "drawn.npz", 2000, 100)
    (folder / "small.toml").write_text(NETWORK)
    outcome = run_cnn("train", *WORDS, "--out", "whole.bin", "--runs", "undisturbed", folder=folder)
    assert outcome.code == 0, outcome.err
    return folder


@dataclass
class Campaign:
    """Kills trainings in `folder` until there were enough, and looks at what each leaves."""

    folder: Path
    rng: random.Random
    share_in_saves: float
    kills: int = 0
    in_saves: int = 0
    finished: int = 0
    run: Path | None = None
    lost: list[float] = field(default_factory=list)  # seconds of training, for each kill

    def __post_init__(self) -> None:
        np.zeros(STEPS + 1).tofile(self.folder / "times")
        self.times = np.memmap(self.folder / "times", np.float64, "r+")

    def go_on(self, kills: int) -> None:
        expected = weights(self.folder / "whole.bin")
        while self.kills < kills:
            if not self._one_process():
                assert weights(self.folder / "killed.bin") == expected
                self.finished += 1
                self.run = None
        while self.run is not None and self._one_process(kill=False):
            pass
        assert weights(self.folder / "killed.bin") == expected

    def _runs(self) -> set[Path]:
        """Folders alone: a file shows for a moment whether a run can be made there."""
        return {path for path in (self.folder / "runs").glob("*") if path.is_dir()}

    def _one_process(self, *, kill: bool = True) -> bool:
        """Starts or resumes a training and kills it; False if it came to its end before."""
        known = self._runs()
        start = ["--resume", self.run] if self.run else [*WORDS, "--runs", "runs"]
        self.times[:] = 0
        process = start_cnn(
            ("train", *start, "--out", "killed.bin", "--save-every", SAVE_EVERY),
            self.folder,
            program=(Path(__file__).parents[1] / "support" / "witnessed_cnn.py", "times"),
        )
        try:
            if kill:
                self._kill(process, known)
            _, err = process.communicate(timeout=120)
        finally:
            process.kill()
        if self.run is None:
            new = self._runs() - known
            self.run = next(iter(new), None)
        if process.returncode == 0:
            return False
        assert process.returncode == -signal.SIGKILL, err
        self.kills += 1
        self._look()
        return True

    def _kill(self, process: "subprocess.Popen[str]", known: set[Path]) -> None:
        if self.rng.random() < self.share_in_saves:
            self._wait_for_a_save(process, known, skip=self.rng.randrange(12))
        else:
            self._wait(process, self.rng.uniform(0.0, 1.6))
        process.kill()

    def _wait(self, process: "subprocess.Popen[str]", seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and process.poll() is None:
            time.sleep(0.002)

    def _wait_for_a_save(self, process: "subprocess.Popen[str]", known: set[Path], skip: int) -> None:
        """Until a temporary file is there, after `skip` others; then a moment more, to meet each part of a save."""
        run, last, count = self.run, "", 0
        old = {path.name for path in run.glob(".cnncli-*.tmp")} if run else set()
        while process.poll() is None:
            if run is None:
                new = self._runs() - known
                run = next(iter(new), None)
                continue
            for name in os.listdir(run):  # noqa: PTH208 (the fastest: a save takes a few milliseconds)
                if name.endswith(".tmp") and name != last and name not in old:
                    last, count = name, count + 1
                    if count > skip:
                        time.sleep(self.rng.uniform(0, 0.0015))
                        process.send_signal(signal.SIGSTOP)
                        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
                        if (run / name).exists():
                            return
                        process.send_signal(signal.SIGCONT)  # that save was done before the moment was over

    def _look(self) -> None:
        """What the last kill left: all of it readable, one temporary file at most, little lost."""
        if self.run is None:
            return
        left = list(self.run.glob(".cnncli-*.tmp"))
        assert len(left) <= 1, left
        self.in_saves += len(left)
        if not (self.run / "settings.json").exists():  # killed before the run was one; nothing was trained
            assert {path.name for path in self.run.iterdir()} - {path.name for path in left} <= {"lock"}
            self.run = None
            return
        with RunFolder.open(self.run) as run:  # the lock is free again; opening sweeps
            assert not list(self.run.glob("*.tmp"))
            epochs = [line["epoch"] for line in read_metrics(run.metrics_path)]
            assert epochs == list(range(1, len(epochs) + 1))
            if not run.checkpoint_path.exists():
                assert not epochs and not run.best_path.exists() and not self.times.any()
                self.run = None
                return
            state = run.load_checkpoint().state
            assert len(epochs) >= len(state["history"])  # metrics are written first
            for path in (run.best_path, run.last_path, self.folder / "killed.bin"):
                if path.exists():
                    cnncli.load(path)
        self.lost.append(self._seconds_lost(state["step"]))
        assert self.lost[-1] <= SAVE_EVERY + SLACK

    def _seconds_lost(self, saved_step: int) -> float:
        """What this process trained after its last checkpoint."""
        done = np.flatnonzero(self.times)
        if len(done) == 0 or done[-1] <= saved_step:
            return 0.0
        return float(self.times[done[-1]] - self.times[max(saved_step, done[0])])


def kill(folder: Path, kills: int, share_in_saves: float) -> Campaign:
    campaign = Campaign(folder, random.Random(kills), share_in_saves)
    campaign.go_on(kills)
    return campaign


@pytest.mark.slow
def test_a_killed_training_can_always_be_gone_on_with(folder: Path) -> None:
    assert kill(folder, 3, 0.5).kills == 3


@pytest.mark.slow
def test_no_kill_of_many_loses_a_state(folder: Path) -> None:
    began = time.monotonic()
    campaign = kill(folder, KILLS, 0.5)
    print(
        f"{campaign.kills} kills, {campaign.in_saves} of them in a save, {campaign.finished} trainings finished, "
        f"all with the bits of the undisturbed one; training lost: median {np.median(campaign.lost):.3f} s, "
        f"at most {max(campaign.lost):.3f} s; took {time.monotonic() - began:.0f} s"
    )
    assert campaign.in_saves >= 0.3 * KILLS
