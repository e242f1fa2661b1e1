"""Power lost at any moment of a save: the old content or the new, of each file and of a run as a whole."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import cnncli
from cnncli.errors import CnnError
from cnncli.storage.files import publish, write_atomically
from cnncli.training.metrics import read_metrics
from cnncli.training.records import EpochDone, Finished
from cnncli.training.runs import RunFolder
from cnncli.training.train import train
from cnncli.training_options import TrainSettings
from power_loss import Flush, Folder, recorded, states_after_power_loss
from small_training import small_settings, weights


def contents(folder: Folder) -> Folder:
    """Without temporary files, which the next writer sweeps."""
    return {name: content for name, content in folder.items() if not name.endswith(".tmp")}


def test_a_file_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"old" * 100)
    new = b"new" * 200
    found = {
        contents(state).get("model.bin")
        for _, state in states_after_power_loss(tmp_path, lambda: write_atomically(tmp_path / "model.bin", new))
    }
    assert found == {b"old" * 100, new}


def test_a_new_file_is_whole_or_not_there(tmp_path: Path) -> None:
    states = states_after_power_loss(tmp_path, lambda: write_atomically(tmp_path / "model.bin", b"new" * 200))
    assert {contents(state).get("model.bin") for _, state in states} == {None, b"new" * 200}


def test_the_write_is_certain_when_it_returns(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"old")
    states = list(states_after_power_loss(tmp_path, lambda: write_atomically(tmp_path / "model.bin", b"new")))
    (tmp_path / "other").mkdir()
    last = max(count for count, _ in states)
    # Nothing new may be found after the last call: what is there is what was written.
    assert [contents(state) for count, state in states if count == last][-1] == {"model.bin": b"new"}


@pytest.mark.parametrize("careless", ["no flush of the file", "written in place"])
def test_the_model_of_a_disk_finds_careless_writers(tmp_path: Path, careless: str) -> None:
    (tmp_path / "model.bin").write_bytes(b"old")

    def write() -> None:
        name = tmp_path / ("model.bin" if careless == "written in place" else "model.tmp")
        flags = os.O_WRONLY | os.O_TRUNC | (0 if careless == "written in place" else os.O_CREAT)
        descriptor = os.open(name, flags, 0o666)
        os.write(descriptor, b"new content")
        os.close(descriptor)
        if name.suffix == ".tmp":
            name.replace(tmp_path / "model.bin")

    found = {state.get("model.bin") for _, state in states_after_power_loss(tmp_path, write)}
    assert not found <= {b"old", b"new content"}


def test_a_downloaded_file_is_whole_or_not_there(tmp_path: Path) -> None:
    part = tmp_path / "images.part"

    def download() -> None:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT, 0o666)
        for _ in range(3):
            os.write(descriptor, b"images" * 50)
        os.close(descriptor)
        publish(part, tmp_path / "images")

    states = states_after_power_loss(tmp_path, download)
    assert {state.get("images") for _, state in states} == {None, b"images" * 150}


@pytest.fixture
def settings(tmp_path: Path) -> TrainSettings:
    return small_settings(tmp_path, 60, 20, batch_size=16, validation=0.25)


def lay_out(state: Folder, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in state.items():
        (folder / name).write_bytes(content)


def test_a_run_goes_on_to_the_same_bits_from_whatever_a_power_loss_left(
    settings: TrainSettings, tmp_path: Path
) -> None:
    """All files of the save after the second epoch: best model, metrics, checkpoint."""
    *_, finished = train(settings)
    expected = weights(settings.out)
    assert isinstance(finished, Finished)
    records = train(replace(settings, out=str(tmp_path / "again.bin")))
    for record in records:
        if isinstance(record, EpochDone) and record.epoch == 2:
            break
    run = max(Path(settings.runs).iterdir(), key=lambda path: path.name)
    states = [state for _, state in states_after_power_loss(run, lambda: next(records))]
    records.close()
    assert len(states) >= 12
    steps = set()
    for state in states:
        lay_out(state, tmp_path / "runs" / "left")
        with RunFolder.open(tmp_path / "runs" / "left") as left:
            steps.add(left.load_checkpoint().state["step"])
            assert [line["epoch"] for line in read_metrics(left.metrics_path)] in ([1], [1, 2])
            if left.best_path.exists():
                cnncli.load(left.best_path)
        *_, last = train(TrainSettings(resume=str(tmp_path / "runs" / "left"), out=str(tmp_path / "left.bin")))
        assert isinstance(last, Finished)
        assert weights(tmp_path / "left.bin") == expected
        assert [epoch["epoch"] for epoch in last.history] == [1, 2, 3]
    assert steps == {3, 6}


def test_a_run_that_begins_is_one_or_is_refused_in_one_line(settings: TrainSettings, tmp_path: Path) -> None:
    """The first save of a run, to its first checkpoint."""
    records = train(settings)
    next(records)
    (run,) = Path(settings.runs).iterdir()
    refused = resumed = 0
    states = [state for _, state in states_after_power_loss(run, lambda: next(records))]
    records.close()
    for state in states:
        lay_out(state, tmp_path / "runs" / "left")
        try:
            with RunFolder.open(tmp_path / "runs" / "left") as left:
                left.load_checkpoint()
            resumed += 1
        except CnnError as error:
            assert str(error).endswith("has no checkpoint to go on from; start a new run")
            refused += 1
    assert resumed and refused


def test_the_folder_of_a_run_is_certain_before_anything_is_in_it(tmp_path: Path) -> None:
    with recorded(tmp_path) as events, RunFolder.create(tmp_path / "new" / "runs", "a", {}):
        pass
    flushed = [event.inode for event in events if isinstance(event, Flush)]
    # Each folder is flushed once there is a new name in it: "new", then "runs", then that of the run.
    wanted = [(tmp_path / name).stat().st_ino for name in (".", "new", "new/runs")]
    assert [inode for inode in flushed if inode in wanted] == wanted
