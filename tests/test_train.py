"""The training loop: exact for any number of threads, any place to stop, and any way to go on."""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnncli import container
from cnncli.errors import CnnError, DataError, UsageError
from cnncli.records import EpochDone, Finished, Progress, Record, Started, Stopped
from cnncli.train import TrainSettings, train

IMAGES = 200
# Small, with all that makes resuming hard: state beside the weights and random numbers in every step.
NETWORK = """
name = "small"
input = [1, 28, 28]
classes = 10
layers = [
    { type = "Convolution", output_channels = 4, kernel = 5, stride = 2 },
    { type = "BatchNormalization" },
    { type = "ReLU" },
    { type = "MaxPooling", kernel = 2 },
    { type = "Flatten" },
    { type = "Dropout", rate = 0.25 },
    { type = "Linear", outputs = "classes" },
]
"""


@pytest.fixture(scope="module")
def digits_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 drawn digits to train on and 50 to test, as an .npz file."""
    from cnncli import _core

    images, labels = np.empty((IMAGES + 50, 28, 28), np.uint8), np.empty(IMAGES + 50, np.uint8)
    _core.digits_generate(images, labels, seed=3, first=0)
    path = tmp_path_factory.mktemp("data") / "drawn.npz"
    np.savez(
        path,
        x_train=images[:IMAGES],
        y_train=labels[:IMAGES],
        x_test=images[IMAGES:],
        y_test=labels[IMAGES:],
    )
    return path


@pytest.fixture
def settings(digits_file: Path, tmp_path: Path) -> TrainSettings:
    """Three epochs of 7 steps, the last step of each with 8 images of 32."""
    (tmp_path / "small.toml").write_text(NETWORK)
    return TrainSettings(
        architecture=str(tmp_path / "small.toml"),
        data=str(digits_file),
        epochs=3,
        batch_size=32,
        runs=str(tmp_path / "runs"),
        out=str(tmp_path / "model.bin"),
    )


def finish(settings: TrainSettings) -> Finished:
    *_, last = train(settings)
    assert isinstance(last, Finished)
    return last


def stop_after(settings: TrainSettings, steps: int) -> Stopped:
    asked = itertools.count()
    *_, last = train(settings, should_stop=lambda: next(asked) >= steps)
    assert isinstance(last, Stopped)
    return last


def weights(path: str | Path | None) -> dict[str, bytes]:
    assert path is not None
    tensors, _ = container.read(path)
    return {name: tensor.tobytes() for name, tensor in tensors.items() if name != "sha256"}


def kinds(records: list[Record]) -> list[str]:
    return [type(record).__name__ for record in records if not isinstance(record, Progress)]


def test_records_come_in_order(settings: TrainSettings) -> None:
    records = list(train(settings))
    assert kinds(records) == ["Started", "EpochDone", "EpochDone", "EpochDone", "Finished"]
    started = records[0]
    assert isinstance(started, Started)
    assert (started.images, started.steps, started.first_step, started.epochs) == (200, 21, 0, 3)
    assert [record.epoch for record in records if isinstance(record, EpochDone)] == [1, 2, 3]


def test_training_learns(settings: TrainSettings) -> None:
    finished = finish(replace(settings, architecture="mlp", epochs=12))
    losses = [epoch["loss"] for epoch in finished.history]
    assert losses[-1] < 0.5 * losses[0]
    assert finished.accuracy > 0.8


def test_nothing_is_printed(settings: TrainSettings, capfd: pytest.CaptureFixture[str]) -> None:
    finish(replace(settings, epochs=1))
    assert capfd.readouterr() == ("", "")


def test_same_seed_gives_the_same_bits_for_any_number_of_threads(
    settings: TrainSettings, restored_threads: None, tmp_path: Path
) -> None:
    results = []
    for threads in (1, 2, 3):
        finish(replace(settings, threads=threads, out=str(tmp_path / f"{threads}.bin")))
        results.append(weights(tmp_path / f"{threads}.bin"))
    assert results[0] == results[1] == results[2]


def test_other_seed_gives_other_bits(settings: TrainSettings, tmp_path: Path) -> None:
    finish(settings)
    finish(replace(settings, seed=2, out=str(tmp_path / "other.bin")))
    assert weights(settings.out) != weights(tmp_path / "other.bin")


@pytest.mark.parametrize("steps", [0, 1, 6, 7, 10, 20])
def test_resumed_run_has_the_bits_of_one_that_did_not_stop(settings: TrainSettings, steps: int) -> None:
    whole = finish(settings)
    expected = weights(settings.out)
    stopped = stop_after(settings, steps)
    assert (stopped.step, stopped.epoch) == (steps, steps // 7 + 1)
    resumed = finish(TrainSettings(resume=str(stopped.run)))
    assert weights(settings.out) == expected
    for before, after in zip(whole.history, resumed.history, strict=True):
        assert (before["loss"], before["accuracy"]) == (after["loss"], after["accuracy"])


def test_run_that_stops_after_every_step_has_the_same_bits(settings: TrainSettings) -> None:
    finish(settings)
    expected = weights(settings.out)
    stopped = stop_after(settings, 1)
    for _ in range(20):
        records = list(_stop_at_second_question(TrainSettings(resume=str(stopped.run))))
        if isinstance(records[-1], Finished):
            break
    assert isinstance(records[-1], Finished)
    assert weights(settings.out) == expected


def _stop_at_second_question(settings: TrainSettings) -> "itertools.chain[Record]":
    asked = itertools.count()
    return itertools.chain(train(settings, should_stop=lambda: next(asked) >= 1))


def test_killed_run_resumes_from_its_last_checkpoint(settings: TrainSettings) -> None:
    """A process that is killed runs no more code: the generator is dropped in the middle of an epoch."""
    finish(settings)
    expected = weights(settings.out)
    asked = itertools.count()
    records = train(settings, should_stop=lambda: next(asked) == 11 and _die())
    with pytest.raises(_Died):
        list(records)
    run = sorted(Path(settings.runs).iterdir())[-1]
    finish(TrainSettings(resume=str(run)))
    assert weights(settings.out) == expected


class _Died(BaseException):
    pass


def _die() -> bool:
    raise _Died


def test_finished_run_can_be_resumed_without_harm(settings: TrainSettings) -> None:
    first = finish(settings)
    expected = weights(settings.out)
    again = finish(TrainSettings(resume=str(first.run)))
    assert weights(settings.out) == expected
    assert again.test_accuracy == first.test_accuracy


def test_resume_can_write_its_model_elsewhere(settings: TrainSettings, tmp_path: Path) -> None:
    stopped = stop_after(settings, 5)
    finish(TrainSettings(resume=str(stopped.run), out=str(tmp_path / "elsewhere.bin")))
    assert (tmp_path / "elsewhere.bin").exists() and not Path(settings.out or "").exists()


def test_second_run_gets_a_folder_of_its_own(settings: TrainSettings) -> None:
    first, second = finish(settings), finish(settings)
    assert first.run != second.run
    assert weights(first.run / "best.bin") == weights(second.run / "best.bin")


def test_validation_keeps_the_best_epoch(settings: TrainSettings) -> None:
    finished = finish(replace(settings, validation=0.25, epochs=6))
    ranks = [(epoch["validation_accuracy"], -epoch["validation_loss"]) for epoch in finished.history]
    assert finished.best_epoch == ranks.index(max(ranks)) + 1
    assert finished.images == 150
    assert finished.validation_accuracy == ranks[finished.best_epoch - 1][0]


def test_validated_run_resumes_exactly(settings: TrainSettings) -> None:
    validated = replace(settings, validation=0.25)
    finish(validated)
    expected = weights(settings.out)
    stopped = stop_after(validated, 8)
    finish(TrainSettings(resume=str(stopped.run)))
    assert weights(settings.out) == expected


def test_model_records_how_it_was_made(settings: TrainSettings, digits_file: Path) -> None:
    finished = finish(settings)
    _, content = container.read(finished.model)
    record = content["record"]
    assert record["data"]["name"] == finished.data
    assert record["training"]["settings"]["seed"] == 1
    assert record["test"]["accuracy"] == finished.test_accuracy
    assert [epoch["epoch"] for epoch in record["training"]["history"]] == [1, 2, 3]
    assert "--arch small.toml --data drawn.npz --epochs 3 --batch-size 32" in record["training"]["command"]
    assert str(digits_file.parent) not in json.dumps(content)  # paths keep their last part only


def test_metrics_file_has_a_line_an_epoch(settings: TrainSettings) -> None:
    finished = finish(settings)
    lines = (finished.run / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]


def test_loss_that_is_no_number_stops_the_training(settings: TrainSettings) -> None:
    diverging = replace(settings, architecture="mlp", learning_rate=1e30)
    with pytest.raises(CnnError) as caught:
        finish(diverging)
    run = next(Path(settings.runs).iterdir())
    line = str(caught.value)
    assert line.startswith("epoch 1, step ")
    assert line.endswith(f"start again with --lr below 1e+30; the last good checkpoint stays in {run}")
    assert all(np.isfinite(tensor).all() for tensor in container.read(run / "checkpoint.bin")[0].values())


def test_changed_data_is_refused_at_resume(
    settings: TrainSettings, digits_file: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "changed.npz"
    changed.write_bytes(digits_file.read_bytes())
    stopped = stop_after(replace(settings, data=str(changed)), 3)
    with np.load(digits_file) as arrays:
        np.savez(changed, **{**arrays, "x_train": arrays["x_train"][::-1]})
    with pytest.raises(DataError, match=r"is not the data that .* was trained on"):
        finish(TrainSettings(resume=str(stopped.run)))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"out": "no/such/folder/model.bin"}, "the folder .* does not exist; make it first"),
        ({"out": "."}, "is a folder; pass the name of a file as --out"),
        ({"schedule": "linear"}, "schedule linear: unknown; use one of constant, step, cosine, one-cycle"),
        ({"optimizer": "adam"}, "optimizer adam: unknown; use sgd"),
        ({"architecture": "lenet6"}, 'no network is named "lenet6"; did you mean "lenet5"'),
        ({"validation": 0.001}, "--val 0.001: "),
        ({"resume": "nowhere"}, "nowhere: no such run"),
    ],
)
def test_wrong_settings_are_told_before_anything_is_written(
    settings: TrainSettings, change: dict[str, object], line: str
) -> None:
    with pytest.raises(UsageError, match=line):
        finish(replace(settings, **change))  # type: ignore[arg-type]
    assert not Path(settings.runs).exists()
