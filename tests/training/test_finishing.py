"""The end of a training, without one: epochs that are told of are there in the history, and the best one's model in the
run's folder."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli import data
from cnncli.data import Split
from cnncli.errors import CnnError
from cnncli.model_file.serialize import load_model
from cnncli.network import Network
from cnncli.training.finishing import _sample_picture, finish
from cnncli.training.job import Job
from cnncli.training.run_list import prunable, read_run
from cnncli.training.train import begin
from cnncli.training_options import TrainSettings

TRAIN, TEST, SECONDS = 24, 7, 4.0
NETWORK = """
name = "tiny"
input = [1, 8, 8]
classes = 3
layers = [{ type = "Flatten" }, { type = "Linear", out_features = "classes" }]
"""


def epoch(number: int, **measures: Any) -> dict[str, Any]:
    """Facts of an epoch that learned something."""
    facts = {
        "epoch": number, "images": 18, "loss": 0.2 / number, "accuracy": 0.9, "validation_loss": 0.1 * number,
        "validation_accuracy": 1 - 0.1 * number, "learning_rate": 0.1, "seconds": 2.0, "images_per_second": 9.0,
        "weights": "", "marks": "",
    }  # fmt: skip
    return facts | measures


def inputs(network: Network, part: Split) -> np.ndarray:
    """What the first layer sees, flat and in float64."""
    assert network.recipe is not None
    pixels = part.images.reshape(len(part.images), -1) / 255
    return (pixels - network.recipe.mean[0]) / network.recipe.scale[0]


def learn_by_heart(job: Job) -> None:
    """Weights with which all images are right: there are more pixels than images."""
    assert job.dataset.train is not None
    weight, bias = job.trainer.network.parameters()[0]
    x = inputs(job.trainer.network, job.dataset.train)
    weight[...] = (np.linalg.pinv(x) @ np.eye(3)[job.dataset.train.labels] * 10).T
    bias[...] = 0


@contextmanager
def ended(
    folder: Path, history: list[dict[str, Any]], test: int = TEST, learned: bool = True, network: str = NETWORK,
    **asked: Any,
) -> Iterator[Job]:
    """A job after these epochs, of which the first was the best: its weights, which know all images if `learned`, are
    in best.bin, and the trainer's are all the same."""
    drawn = np.random.default_rng(5)
    images = drawn.integers(0, 256, (TRAIN + test, 8, 8), np.uint8)
    labels = np.arange(TRAIN + test, dtype=np.uint8) % 3
    parts = {"x_train": images[:TRAIN], "y_train": labels[:TRAIN]}
    if test:
        parts |= {"x_test": images[TRAIN:], "y_test": labels[TRAIN:]}
    np.savez(folder / "d.npz", **parts)
    (folder / "tiny.toml").write_text(network)
    settings = TrainSettings(
        architecture=str(folder / "tiny.toml"), data=str(folder / "d.npz"), prepare="plain", validation=0.25, epochs=3,
        batch_size=6, runs=str(folder / "runs"), out=str(folder / "model.bin"), threads=1,
    )  # fmt: skip
    with begin(replace(settings, **asked), data.ignore) as job:
        state, model = job.trainer.state, job.trainer.network
        state.history, state.best_epoch, state.seconds, state.step = history, 1, SECONDS, 3 * len(history)
        if learned:
            learn_by_heart(job)
            job.run.save_best(model, job.record())
        for weight in model.parameters()[0]:
            weight[...] = 0.25
        if not learned:
            job.run.save_best(model, job.record())
        yield job


def log_probabilities(network: Network, part: Split) -> np.ndarray:
    """Of a flat linear layer, in float64."""
    weight, bias = (array.astype(np.float64) for array in network.parameters()[0])
    scores = inputs(network, part) @ weight.T + bias
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def test_the_model_of_the_best_epoch_is_measured_and_written_and_that_of_the_last_one_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with ended(tmp_path, [epoch(1), epoch(2, images=9)]) as job:
        best = load_model(job.run.best_path)
        done = finish(job, lambda: False)
        assert job.dataset.test is not None
        rows, labels = log_probabilities(best, job.dataset.test), job.dataset.test.labels
        assert done.test_loss == pytest.approx(-rows[np.arange(TEST), labels].mean(), rel=1e-5)
        assert done.test_accuracy == np.mean(rows.argmax(axis=1) == labels) and done.test_images == TEST
        written, last = load_model(tmp_path / "model.bin"), load_model(job.run.last_path)
        for model in (written, load_model(job.run.best_path)):
            assert model.parameters()[0][0].tobytes() == best.parameters()[0][0].tobytes()
            assert model.record["training"]["epoch"] == 1
            assert model.record["test"] == {"images": TEST, "loss": done.test_loss, "accuracy": done.test_accuracy}
            assert "confidence" in model.record
        assert set(last.parameters()[0][0].ravel().tolist()) == {0.25}
        assert last.record["training"]["epoch"] == 2 and last.record["training"]["best_epoch"] == 1
        assert "test" not in last.record and "confidence" not in last.record
    assert (done.model, done.model_bytes) == (Path("model.bin"), (tmp_path / "model.bin").stat().st_size)
    assert (done.images, done.epochs, done.best_epoch, done.epoch_images) == (18, 2, 1, 18)
    assert (done.loss, done.accuracy, done.validation_loss, done.validation_accuracy) == (0.2, 0.9, 0.1, 0.9)
    assert (done.seconds, done.images_per_second) == (SECONDS, (18 + 9) / SECONDS)
    assert (done.validation_images, done.validation_is_own, done.samples, done.sample) == (6, False, "images", None)
    assert done.remark is None and done.warnings == [] and done.earlier_model is None
    assert (done.target, done.target_reached, done.seconds_to_target) == (None, None, None)
    assert (done.until, done.converged, done.patience, done.ended_early) == (None, None, None, None)
    assert done.time_limit is None and done.cuts_epochs is False and done.plugins == ()
    assert done.command == (
        f"cnn train --arch {tmp_path}/tiny.toml --data d.npz --prepare plain --epochs 3 --batch-size 6 --val 0.25 "
        "--seed 1"
    )


def test_a_run_that_was_stopped_at_its_end_is_not_done_until_all_is_written(tmp_path: Path) -> None:
    with ended(tmp_path, [epoch(1), epoch(2)]) as job:
        folder, out = job.run.path, tmp_path / "model.bin"
        job.run.close()
        out.mkdir()  # in the way
        with pytest.raises(CnnError, match="is a folder"):
            finish(job, lambda: False)
        assert read_run(folder).state == "stopped" and prunable([read_run(folder)], 0) == []
        out.rmdir()
        finish(job, lambda: False)
        assert read_run(folder).state == "done"


def test_a_model_that_was_there_before_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"other")
    with ended(tmp_path, [epoch(1)], test=0) as job:
        done = finish(job, lambda: False)
    assert done.earlier_model is not None and Path(done.earlier_model).read_bytes() == b"other"
    assert done.model == tmp_path / "model.bin"  # as long as it is elsewhere
    assert (done.test_images, done.test_loss, done.test_accuracy) == (0, None, None)
    # After one epoch the last model is the best one, as the trainer has it.
    assert set(load_model(done.model).parameters()[0][0].ravel().tolist()) == {0.25}


def test_without_validation_nothing_is_said_of_it(tmp_path: Path) -> None:
    with ended(tmp_path, [epoch(1, images=24, validation_loss=None, validation_accuracy=None)], validation=0.0) as job:
        done = finish(job, lambda: False)
    assert (done.images, done.validation_images, done.validation_loss, done.validation_accuracy) == (24, 0, None, None)
    record = load_model(done.model).record
    assert "confidence" not in record and record["test"]["images"] == TEST


def test_epochs_of_older_runs_that_do_not_say_took_all_images(tmp_path: Path) -> None:
    older = epoch(1)
    del older["images"]
    with ended(tmp_path, [older, epoch(2, images=9)]) as job:
        done = finish(job, lambda: False)
    assert done.epoch_images == 18 and done.images_per_second == (18 + 9) / SECONDS


@pytest.mark.parametrize(("asked", "facts"), [
    ({"patience": 1}, (1, True, None, None, None, None)), ({"patience": 2}, (2, False, None, None, None, None)),
    ({"until": "converged", "until_limit": 0.99, "until_window": 1}, (None, None, True, None, None, None)),
    ({"until": "converged", "until_limit": 0.0, "until_window": 1}, (None, None, False, None, None, None)),
    ({"target": 0.5}, (None, None, None, 0.5, True, SECONDS)),
    ({"target": 0.95}, (None, None, None, 0.95, False, None)),
])  # fmt: skip
def test_what_was_to_end_it_and_whether_it_did(tmp_path: Path, asked: dict[str, Any], facts: tuple[Any, ...]) -> None:
    """Two epochs with 0.9 (or 0.99) and 0.8 of the validation images right, and 0.2 and 0.1 as losses in training."""
    with ended(tmp_path, [epoch(1, validation_accuracy=0.99 if asked == {"target": 0.5} else 0.9), epoch(2)],
               **asked) as job:  # fmt: skip
        done = finish(job, lambda: False)
    found = done.patience, done.ended_early, done.converged, done.target, done.target_reached, done.seconds_to_target
    assert found == facts


def test_a_training_of_steps_may_cut_its_last_epoch(tmp_path: Path) -> None:
    with ended(tmp_path, [epoch(1)], epochs=None, steps="5") as job:
        done = finish(job, lambda: False)
    assert done.cuts_epochs is True and "--steps 5" in done.command


# Half of the images would be right by luck, or less; 18 of three classes make the entropy ln 3.
DEAD = epoch(1, loss=math.log(3), accuracy=1 / 3)


@pytest.mark.parametrize("loss", ["cross-entropy", "multi-margin"])
def test_a_network_that_gives_one_answer_for_all_is_told_whatever_its_loss(tmp_path: Path, loss: str) -> None:
    with ended(tmp_path, [DEAD], test=0, loss=loss, learning_rate=0.01) as job:
        done = finish(job, lambda: False)  # its weights are all the same, and so are its scores
    assert done.remark == (
        "nothing was learned: of the training images 33.33 % are right, and 33.33 % are with the most frequent class "
        "as the answer for all; 3 steps are few: pass more --epochs, or a smaller --batch-size"
    )
    assert done.warnings == [done.remark]


def test_only_what_looks_dead_in_training_or_on_other_images_is_looked_at_again(tmp_path: Path) -> None:
    """Of a network that gives one answer for all, whatever its epochs of many images said."""
    told, good = [], epoch(1, images=180)
    for number, (history, test, asked) in enumerate((
        ([good, epoch(2, accuracy=1 / 3)], 0, {}),  # the epoch that was kept is the first
        ([good], 0, {}), ([good], TEST, {}), ([good], 0, {"balance": "sample"}),
    )):  # fmt: skip
        (folder := tmp_path / str(number)).mkdir()
        with ended(folder, history, test, learned=False, **asked) as job:
            told.append(finish(job, lambda: False).remark is not None)
    assert told == [False, False, True, True]


def test_one_batch_normalization_may_be_why_a_network_is_wrong_outside_of_training(tmp_path: Path) -> None:
    norm = '{ type = "Linear", out_features = 4 }, { type = "BatchNorm1d" }, { type = "Linear", out_f'
    network = NETWORK.replace('{ type = "Linear", out_f', norm)
    with ended(tmp_path, [epoch(1)], test=0, learned=False, network=network, balance="sample") as job:
        remark = finish(job, lambda: False).remark
    assert remark is not None and remark.endswith(
        "in training, where batch normalization uses the batch itself, 90.00 % were, so its running averages do not "
        "fit yet after 3 steps: pass more --epochs"
    )


@pytest.mark.parametrize("loss", ["cross-entropy", "multi-margin"])
def test_a_network_that_is_right_after_all_is_not_told(tmp_path: Path, loss: str) -> None:
    """What it did during its epoch makes one look at the images again, and what it does now decides."""
    with ended(tmp_path, [DEAD], test=0, loss=loss) as job:
        learn_by_heart(job)
        assert finish(job, lambda: False).remark is None


def test_the_sample_is_a_picture_that_was_not_trained_on_if_there_is_one() -> None:
    def part(*files: str) -> Any:
        return SimpleNamespace(files=files)

    def sample(train: Any, validation: Any, test: Any) -> str | None:
        job: Any = SimpleNamespace(dataset=SimpleNamespace(train=train, test=test), validation=validation)
        return _sample_picture(job)

    assert sample(part("a", "b"), part("c", "d"), part("e", "f")) == "e"
    assert sample(part("a", "b"), part("c", "d"), part()) == sample(part("a"), part("c"), None) == "c"
    assert sample(part("a", "b"), None, None) == "a" and sample(part(), part(), part()) is None
