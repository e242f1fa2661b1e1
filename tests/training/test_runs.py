"""Run folders: never two runs in one, never two processes in one, and resumed where they were."""

import errno
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.errors import CnnError, FormatError, UsageError
from cnncli.layers import Flatten, Linear
from cnncli.model_file.serialize import load_model
from cnncli.network import Network
from cnncli.training.metrics import read_metrics
from cnncli.training.runs import RunFolder, is_held
from scripts import command_of


class Momentum:
    """An optimizer as far as a checkpoint knows it."""

    def state_dict(self) -> dict[str, Any]:
        return {"1.weight.velocity": np.full((2, 4), 0.1, np.float32)}


def small_network() -> Network:
    return Network([Flatten(), Linear(4, 2)], (1, 2, 2))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("runs")


def hold(root: Path, name: str = "") -> "subprocess.Popen[str]":
    """A process that holds a run folder: a new one, or the one of this name."""
    process = subprocess.Popen(command_of("run_folders", "hold", root, name), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == f"{name or 'a-1'}\n"
    return process


def test_each_run_gets_a_folder_of_its_own(root: Path) -> None:
    for number in (1, 2, 3):
        with RunFolder.create(root, "lenet5-mnist", {"seed": number}) as run:
            assert run.path == root / f"lenet5-mnist-{number}"
    assert json.loads((root / "lenet5-mnist-2/settings.json").read_text()) == {"seed": 2}
    assert sorted(path.name for path in root.iterdir()) == [
        "lenet5-mnist-1",
        "lenet5-mnist-2",
        "lenet5-mnist-3",
    ]


@pytest.mark.parametrize(
    ("hint", "name"),
    [("../up", "up-1"), ("my net.toml", "my-net.toml-1"), ("...", "run-1"), ("größe/数", "größe-数-1")],
)
def test_a_name_stays_inside_the_folder(root: Path, hint: str, name: str) -> None:
    with RunFolder.create(root, hint, {}) as run:
        assert run.path == root / name


def test_processes_at_once_get_different_folders(root: Path) -> None:
    words = command_of("run_folders", "create", root, 20)
    processes = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    names = [name for process in processes for name in process.communicate()[0].split()]
    assert sorted(names) == sorted(f"a-{number}" for number in range(1, 41))


def test_a_resumed_run_has_its_settings(root: Path) -> None:
    RunFolder.create(root, "a", {"seed": 3, "rate": 0.1}).close()
    for name in ("a-1", "runs/a-1"):
        with RunFolder.open(name) as run:
            assert run.path == Path("runs/a-1")
            assert run.settings == {"seed": 3, "rate": 0.1}


def test_two_processes_never_train_in_one_folder(root: Path) -> None:
    holder = hold(root)
    with pytest.raises(CnnError) as caught:
        RunFolder.open("a-1")
    assert str(caught.value) == f"runs/a-1: process {holder.pid} is training in it; wait for it or stop it"
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    RunFolder.open("a-1").close()


def test_a_resumed_run_is_held_too(root: Path) -> None:
    RunFolder.create(root, "a", {}).close()
    holder = hold(root, "a-1")
    with pytest.raises(CnnError, match=f"process {holder.pid} is training in it"):
        RunFolder.open("a-1")
    holder.kill()
    holder.communicate()


def test_one_process_does_not_open_a_run_twice(root: Path) -> None:
    with (
        RunFolder.create(root, "a", {}),
        pytest.raises(CnnError, match=f"process {os.getpid()} is training in it"),
    ):
        RunFolder.open("a-1")


def test_a_lock_whose_file_cannot_be_written_is_free_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    RunFolder.create(root, "a", {}).close()

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(CnnError, match="the disk is full"):
            RunFolder.open("a-1")
    assert not is_held(root / "a-1")
    RunFolder.open("a-1").close()


def test_opening_sweeps_what_a_killed_process_left(root: Path) -> None:
    RunFolder.create(root, "a", {}).close()
    left = root / "a-1/.cnncli-0123456789abcdef.tmp"
    left.touch()
    RunFolder.open("a-1").close()
    assert not left.exists()


def test_a_checkpoint_comes_back(root: Path) -> None:
    network = small_network()
    with RunFolder.create(root, "a", {}) as run:
        run.save_checkpoint(network, Momentum(), {"step": 1}, {"seed": 1})
        run.save_checkpoint(network, Momentum(), {"step": 2}, {"seed": 1})
    with RunFolder.open("a-1") as run:
        checkpoint = run.load_checkpoint()
    assert checkpoint.state == {"step": 2}
    np.testing.assert_array_equal(
        checkpoint.optimizer_state["1.weight.velocity"], np.full((2, 4), 0.1, np.float32)
    )
    for parameter, loaded in zip(
        network.named_parameters(), checkpoint.network.named_parameters(), strict=True
    ):
        assert parameter.value.tobytes() == loaded.value.tobytes()
    assert sorted(path.name for path in (root / "a-1").iterdir()) == [
        "checkpoint.bin",
        "lock",
        "settings.json",
    ]


def test_best_and_last_model_stand_beside_the_checkpoint(root: Path) -> None:
    with RunFolder.create(root, "a", {}) as run:
        run.save_best(small_network(), {"epoch": 1})
        run.save_last(small_network(), {"epoch": 2})
        assert load_model(run.best_path).record == {"epoch": 1}
        assert load_model(run.last_path).record == {"epoch": 2}
        assert (run.best_path.name, run.last_path.name) == ("best.bin", "last.bin")


def test_metrics_are_one_line_an_epoch(root: Path) -> None:
    with RunFolder.create(root, "a", {}) as run:
        assert read_metrics(run.metrics_path) == []
        run.write_metrics([{"epoch": epoch, "loss": 1 / epoch} for epoch in (1, 2, 3)])
        run.write_metrics([{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 0.25}])
        assert read_metrics(run.metrics_path) == [{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 0.25}]
        assert run.metrics_path.read_text().count("\n") == 2


def test_metrics_that_are_damaged_name_the_line(root: Path) -> None:
    with RunFolder.create(root, "a", {}) as run:
        run.metrics_path.write_text('{"epoch":1}\n{"epoch":\n')
        with pytest.raises(FormatError) as caught:
            read_metrics(run.metrics_path)
        assert str(caught.value) == (
            "runs/a-1/metrics.jsonl, line 2: is not JSON at character 9: expecting value; remove the line"
        )
        run.metrics_path.write_text('{"loss":1}\n')
        with pytest.raises(FormatError) as caught:
            read_metrics(run.metrics_path)
        assert str(caught.value) == (
            "runs/a-1/metrics.jsonl, line 1: has no whole number epoch; remove the line"
        )


def error_of(name: str) -> str:
    with pytest.raises(CnnError) as caught:
        RunFolder.open(name)
    return str(caught.value)


def test_a_run_that_does_not_exist_names_those_that_do(root: Path) -> None:
    with pytest.raises(UsageError) as caught:
        RunFolder.open("b")
    assert str(caught.value) == "b: no such run; start one with cnn train"
    for index in range(5):
        RunFolder.create(root, "a", {}).close()
        os.utime(root / f"a-{index + 1}/settings.json", (index, index))
    assert error_of("b") == "b: no such run; the newest are runs/a-5, runs/a-4, runs/a-3"


def test_a_folder_that_is_no_run_is_left_alone(root: Path) -> None:
    Path("photos").mkdir()
    assert error_of("photos") == "photos: is no run, it has no settings.json; start one with cnn train"
    assert list(Path("photos").iterdir()) == []


def test_a_run_without_a_checkpoint_says_so(root: Path) -> None:
    with RunFolder.create(root, "a", {}) as run, pytest.raises(CnnError) as caught:
        run.load_checkpoint()
    assert str(caught.value) == "runs/a-1: has no checkpoint to go on from; start a new run"


def test_damaged_settings_are_named(root: Path) -> None:
    RunFolder.create(root, "a", {}).close()
    (root / "a-1/settings.json").write_bytes(b"{")
    assert error_of("a-1") == (
        "runs/a-1/settings.json: is not JSON at character 1: "
        "expecting property name enclosed in double quotes; start a new run"
    )
    (root / "a-1/settings.json").write_bytes(b"\xff")
    assert error_of("a-1") == "runs/a-1/settings.json: is not UTF-8 at byte 0; start a new run"
    (root / "a-1/settings.json").write_bytes(b"{}")
    RunFolder.open("a-1").close()  # the errors before have freed it


def test_the_folder_for_runs_may_not_be_a_file(root: Path) -> None:
    Path("file").touch()
    for place in ("file", "file/deeper"):
        with pytest.raises(CnnError) as caught:
            RunFolder.create(place, "a", {})
        assert str(caught.value) == f"{place}: is a file or lies in one; name a folder for the runs"
