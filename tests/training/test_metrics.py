"""The measures of the epochs in a run's folder: added to, read back by a checkpoint, and never taken for others."""

import csv
import errno
import hashlib
from pathlib import Path
from typing import Any

import pytest

from cnncli.errors import CnnError, FormatError, WriteError
from cnncli.training.metrics import Metrics, read_metrics
from faults import failing_calls

HISTORY: list[dict[str, Any]] = [
    {"epoch": number, "images": 9, "loss": 1 / number, "accuracy": None, "marks": "ab"} for number in range(1, 8)
]


def files(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in ("metrics.jsonl", "metrics.csv")]


def test_epochs_are_added_as_they_would_be_written_together(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole = Metrics(tmp_path / "whole").write(HISTORY)
    metrics, inodes = Metrics(tmp_path), set()
    assert metrics.write([]) == hashlib.sha256().hexdigest()
    for epochs in (1, 2, 2, 5, 7):
        digest = metrics.write(HISTORY[:epochs])
        assert read_metrics(metrics.path) == HISTORY[:epochs]
        assert digest == hashlib.sha256(metrics.path.read_bytes()).hexdigest()
        inodes.add(metrics.path.stat().st_ino)
    assert digest == whole and files(tmp_path) == files(tmp_path / "whole") and len(inodes) == 1
    with (tmp_path / "metrics.csv").open() as file:
        assert [row["loss"] for row in csv.DictReader(file)] == [str(1 / number) for number in range(1, 8)]


def test_what_a_kill_left_behind_them_or_others_changed_is_written_anew(tmp_path: Path) -> None:
    expected = Metrics(tmp_path).write(HISTORY[:3])
    content = files(tmp_path)
    with Metrics(tmp_path).path.open("ab") as file:
        file.write(b'{"epoch": 4, "lo')
    assert read_metrics(tmp_path / "metrics.jsonl") == HISTORY[:3]  # what was added in part is no line
    metrics = Metrics(tmp_path)  # of the next process
    assert metrics.write(HISTORY[:3]) == expected and files(tmp_path) == content
    (tmp_path / "metrics.csv").unlink()
    assert metrics.write(HISTORY[:3]) == expected and files(tmp_path) == content
    metrics.write(HISTORY)
    assert metrics.write(HISTORY[:3]) == expected and files(tmp_path) == content


def test_a_disk_that_is_full_for_a_while_costs_no_line(tmp_path: Path) -> None:
    for failing in range(12):
        metrics = Metrics(tmp_path)
        metrics.write(HISTORY[:2])
        with failing_calls(errno.ENOSPC) as calls:
            calls.failing = lambda call, failing=failing: call == failing
            try:
                metrics.write(HISTORY[:3])
                assert failing >= 6  # two files: each opened, written and flushed
            except WriteError as error:
                assert "metrics." in str(error) and "the disk is full" in str(error)
        digest = metrics.write(HISTORY[:4])
        assert read_metrics(metrics.path) == HISTORY[:4]
        assert digest == hashlib.sha256(metrics.path.read_bytes()).hexdigest()


def test_a_checkpoint_gets_its_own_lines_back_or_says_so(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    assert metrics.read_back(0, metrics.write([]), "c.bin") == []
    digest = metrics.write(HISTORY[:3])
    metrics.write(HISTORY)
    assert Metrics(tmp_path).read_back(3, digest, "c.bin") == HISTORY[:3]
    for epochs, other in ((2, digest), (4, digest), (9, digest), (3, None), (0, digest)):
        with pytest.raises(FormatError) as caught:
            metrics.read_back(epochs, other, "c.bin")
        assert str(caught.value) == (
            f"{metrics.path}: its first {epochs} lines are not those that c.bin goes on from; bring them back, or "
            "start a new run"
        )
    for wrong in (-1, 1.0, None, True):
        with pytest.raises(FormatError, match=r"^c\.bin: state has epochs = .*; start a new run$"):
            metrics.read_back(wrong, digest, "c.bin")
    metrics.path.unlink()
    with pytest.raises(CnnError, match=r"but c\.bin goes on from its lines; bring it back, or start a new run$"):
        metrics.read_back(3, digest, "c.bin")


def test_lines_of_a_process_that_was_killed_before_its_first_checkpoint_go(tmp_path: Path) -> None:
    """The next process begins anew, and says so by no epochs at first."""
    Metrics(tmp_path).write(HISTORY[:1])
    metrics = Metrics(tmp_path)
    metrics.write([])
    metrics.write(HISTORY[:1])
    metrics.write(HISTORY[:2])
    assert [line["epoch"] for line in read_metrics(metrics.path)] == [1, 2]
    assert (tmp_path / "metrics.csv").read_text().count("\n") == 3
