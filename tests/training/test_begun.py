"""What a training begins with: each setting where it belongs, and what is said before the first step."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli import data
from cnncli.errors import CnnError, DataError
from cnncli.training.convergence import Convergence
from cnncli.training.job import Job
from cnncli.training.pace import Pace
from cnncli.training.plateau import Plateau
from cnncli.training.records import Stopped
from cnncli.training.train import begin, train
from cnncli.training_options import TrainSettings

NETWORK = """
name = "tiny"
input = [1, 8, 8]
classes = 3
layers = [
    { type = "Flatten" }, { type = "Linear", out_features = 4 }, { type = "Linear", out_features = "classes" },
]
"""
TRAIN, BATCH = 24, 5


def settings(folder: Path, network: str = NETWORK, tests: bool = True, **asked: Any) -> TrainSettings:
    """Of a network and images that are written for it, with three to test or none."""
    drawn = np.random.default_rng(1)
    images = drawn.integers(0, 256, (TRAIN + 3, 8, 8), np.uint8)
    labels = np.arange(TRAIN + 3) % 3
    parts = {"x_train": images[:-3], "y_train": labels[:-3]}
    np.savez(folder / "d.npz", **parts, **({"x_test": images[-3:], "y_test": labels[-3:]} if tests else {}))
    (folder / "tiny.toml").write_text(network)
    given = {
        "architecture": str(folder / "tiny.toml"), "data": str(folder / "d.npz"), "prepare": "plain", "epochs": 4,
        "batch_size": BATCH, "runs": str(folder / "runs"), "out": str(folder / "m.bin"), "threads": 1,
    }  # fmt: skip
    return TrainSettings(**(given | asked))


@contextmanager
def begun(folder: Path, network: str = NETWORK, tests: bool = True, **asked: Any) -> Iterator[Job]:
    with begin(settings(folder, network, tests, **asked), data.ignore) as job:
        yield job


def test_where_nothing_is_said_nothing_ends_bounds_or_changes_the_training(tmp_path: Path) -> None:
    with begun(tmp_path) as job:
        trainer = job.trainer
        assert trainer.plateau is trainer.until is trainer.early is trainer.average is trainer.hard_images is None
        assert trainer.validation is None and job.kept is None and job.images == TRAIN
        assert trainer.augmentation.is_none and trainer.timetable.warm_up_steps == 0
        assert (trainer.timetable.steps, trainer.state.pace) == (4 * 5, "")
        assert job.notice is job.started_from is None and job.warnings == [] and job.reasons == []
        assert (job.run.path / "command.txt").read_text().startswith(f"cnn train --arch {tmp_path}/tiny.toml --data ")


def test_each_setting_comes_to_what_it_is_for(tmp_path: Path) -> None:
    with begun(tmp_path, schedule="plateau", plateau_factor=0.5, plateau_patience=0, validation=0.25, seed=9) as job:
        assert job.trainer.plateau == Plateau(0.5, 0) and job.trainer.seed == 9
        assert job.validation is not None and (job.images, len(job.validation.images)) == (18, 6)
        assert job.kept is not None and len(job.kept) == 18
    with begun(tmp_path, until="converged", until_limit=0.0, until_window=3, warmup=0.5, ema=0.9) as job:
        assert job.trainer.until == Convergence(0.0, 3) and job.trainer.average is not None
        assert job.trainer.timetable.warm_up_steps == round(0.5 * 5) and job.plan.warmup == 0.5
    with begun(tmp_path, until="converged", until_limit=0.25, until_window=1, patience=7, validation=0.25) as job:
        assert job.trainer.until == Convergence(0.25, 1)
        assert job.trainer.early is not None and job.trainer.early.patience == 7
    with begun(tmp_path, schedule="plateau", plateau_patience=3) as job:
        assert job.trainer.plateau is not None and job.trainer.plateau.patience == 3


def test_a_length_in_steps_or_seconds_is_a_pace(tmp_path: Path) -> None:
    with begun(tmp_path, epochs=None, steps="12") as job:
        assert (job.trainer.state.pace, job.trainer.timetable.steps, job.plan.epochs) == ("12", 12, 3)
    with begun(tmp_path, epochs=None, time_limit=60.0) as job:
        assert job.trainer.timetable.pace == Pace(((0, 100_000 * 5),)) and job.plan.epochs == 100_000
    with begun(tmp_path, epochs=7, time_limit=60.0, batch_size="full") as job:
        assert (job.trainer.state.pace, job.trainer.timetable.batch_size) == ("7", TRAIN)


def test_a_target_has_its_table_and_its_share_that_validates(tmp_path: Path) -> None:
    table = "[target]\nepochs = 5\ncycle = 2\nshares = [1.0, 0.5]\n"
    with begun(tmp_path, NETWORK + table, epochs=None, target=0.9, validation=0.25) as job:
        assert job.trainer.hard_images is not None and job.plan.validation == 0.25
        assert [job.trainer.timetable.images(epoch) for epoch in range(5)] == [18, 9, 9, 9, 9]
        assert job.target.accuracy == 0.9 and job.target.early is not None
    with begun(tmp_path, NETWORK + table) as job:
        assert job.trainer.hard_images is None and job.target.early is None


def test_without_images_to_test_some_are_held_out_unless_the_network_says_how_many(tmp_path: Path) -> None:
    def validating(network: str = NETWORK, **asked: Any) -> float:
        with begun(tmp_path, network, tests=False, **asked) as job:
            assert job.validation is None or len(job.validation.images) == round(job.plan.validation * TRAIN)
            return job.plan.validation

    by_itself = validating()
    assert 0 < by_itself < 0.25
    assert validating(NETWORK + "[training]\nvalidation = 0.0\n") == 0
    assert validating(NETWORK + "[training]\nvalidation = 0.5\n") == 0.5
    assert validating(NETWORK + "[target]\nvalidation = 0.25\n", target=0.9) == 0.25
    assert validating(NETWORK + "[target]\nvalidation = 0.25\n") == by_itself


def test_all_that_hardly_learns_is_told_together(tmp_path: Path) -> None:
    ending = NETWORK.replace('"classes" },\n]', '"classes" }, { type = "Softmax" },\n]')
    asked = {"batch_size": 100, "schedule": "plateau", "patience": 3, "validation": 0.25}
    with begun(tmp_path, ending, **asked) as job:
        starts = [line.split(",")[0] for line in job.warnings]
    assert starts == [
        "batches of 100 are larger than the 18 training images", "layer 3", "--patience 3 ends the training; after how "
        "many epochs the schedule plateau lets the rate fall is --plateau-patience",
    ]  # fmt: skip


def test_data_that_were_moved_are_asked_for_once(tmp_path: Path) -> None:
    *_, first = train(settings(tmp_path), should_stop=lambda: True)
    assert isinstance(first, Stopped)
    run = first.run
    (tmp_path / "d.npz").rename(tmp_path / "there.npz")
    with pytest.raises(DataError, match=r"; if the data were moved, pass --data with the new place$"):
        list(train(TrainSettings(resume=str(run))))
    with pytest.raises(CnnError) as caught:
        list(train(TrainSettings(resume=str(run), data=str(tmp_path / "gone.npz"))))
    assert "if the data were moved" not in str(caught.value)
    *_, last = train(TrainSettings(resume=str(run), data=str(tmp_path / "there.npz")), should_stop=lambda: True)
    assert isinstance(last, Stopped)
    *_, last = train(TrainSettings(resume=str(run)), should_stop=lambda: True)  # the new place is kept
    assert isinstance(last, Stopped) and last.run == run
