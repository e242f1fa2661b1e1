"""Trainings of many epochs and of long settings: each epoch is saved as quickly as the first, and what the model file
has no room for is refused before the first step."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cnncli import data
from cnncli.cli.render_info import how_it_was_made
from cnncli.errors import UsageError
from cnncli.model_file.record import TrainingRecord
from cnncli.model_file.seal import sealed
from cnncli.model_file.serialize import load_model, save_model
from cnncli.storage import container
from cnncli.training import job as job_module
from cnncli.training.finishing import finish
from cnncli.training.job import MOST_EPOCHS_RECORDED, Job, recorded_epochs
from cnncli.training.records import EpochDone, Finished, Stopped
from cnncli.training.replay import Verdict, replay
from cnncli.training.train import begin, train
from cnncli.training_options import TrainSettings
from small_training import weights

# As long as an epoch can say it.
EPOCH = {
    "images": 60_000, "loss": 0.123456789012345678, "accuracy": 0.98765432109876543, "learning_rate": 0.0123456789012,
    "validation_loss": 0.23456789012345678, "validation_accuracy": 0.987654321, "seconds": 1.2345678901234567,
    "images_per_second": 12345.678901234567, "weights": "a" * 64, "marks": "b" * 128,
}  # fmt: skip


def of_a_table(folder: Path, **asked: Any) -> TrainSettings:
    """Twelve rows, of which nine make one step an epoch and three validate."""
    rows = "".join(f"{number},{number * 7 % 13},{3 * number + number * 7 % 13}\n" for number in range(12))
    (folder / "t.csv").write_text("a,b,y\n" + rows)
    settings = TrainSettings(
        architecture="linear-regression", data=str(folder / "t.csv"), label_column="y", epochs=11, batch_size=9,
        validation=0.25, runs=str(folder / "runs"), out=str(folder / "model.bin"), threads=1,
    )  # fmt: skip
    return replace(settings, **asked)


def stopped_after_five(folder: Path) -> Stopped:
    """The training of `of_a_table`, with five epochs done."""
    epochs = 0

    def stop() -> bool:
        return epochs == 5

    for record in train(of_a_table(folder, out=str(folder / "again.bin")), should_stop=stop):
        epochs += isinstance(record, EpochDone)
    assert isinstance(record, Stopped)
    return record


def with_history(folder: Path, epochs: int) -> Job:
    """A training that has just done so many epochs."""
    with begin(of_a_table(folder, epochs=epochs), data.ignore) as job:
        state = job.trainer.state
        state.history = [{"epoch": number, **EPOCH} for number in range(1, epochs + 1)]
        state.best_epoch, state.seconds = epochs, 1.0
    return job


def test_a_training_of_very_many_epochs_can_be_saved(tmp_path: Path) -> None:
    done = finish(with_history(tmp_path, 12_000), lambda: False)
    assert done.epochs == 12_000 == len(done.history)
    record = load_model(done.model).record
    told = TrainingRecord.of(record)
    assert told.epochs == 12_000 and told.best_epoch == 12_000 and told.best["loss"] == EPOCH["loss"]
    assert [facts["epoch"] for facts in told.history] == [1, *range(4, 12_001, 4)]
    assert ("trained", "12,000 epochs, seed 1") in how_it_was_made(told)


def test_what_is_recorded_of_the_longest_fits_into_a_header_twice() -> None:
    history = [{"epoch": 100_000, **EPOCH}] * 100_000
    for epochs in (MOST_EPOCHS_RECORDED, MOST_EPOCHS_RECORDED + 1, 100_000):
        kept = recorded_epochs(history[:epochs], 7, MOST_EPOCHS_RECORDED)
        assert len(kept) <= MOST_EPOCHS_RECORDED + 3
        assert len(container.pack({}, {"history": kept})) < 0.7 * container.MAX_HEADER_BYTES


@pytest.mark.parametrize(("epochs", "best", "numbers"), [
    (0, 0, []), (1, 0, [1]), (4, 2, [1, 2, 3, 4]), (5, 3, [1, 2, 3, 4, 5]), (8, 8, [1, 2, 4, 6, 8]),
    (9, 3, [1, 3, 4, 8, 9]), (17, 8, [1, 8, 16, 17]),
])  # fmt: skip
def test_every_second_or_fourth_epoch_is_recorded_with_those_that_count(
    epochs: int, best: int, numbers: list[int]
) -> None:
    history = [{"epoch": number} for number in range(1, epochs + 1)]
    assert [one["epoch"] for one in recorded_epochs(history, best, 4 if epochs != 5 else 5)] == numbers


def test_a_checkpoint_and_a_best_model_hold_no_more_of_later_epochs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_module, "_FEW_EPOCHS", 4)
    for done in train(of_a_table(tmp_path)):
        if isinstance(done, EpochDone) and done.epoch == 10:
            run = next((tmp_path / "runs").iterdir())
            state = container.read(run / "checkpoint.bin")[1]["checkpoint"]["state"]
            assert "history" not in state and state["epochs"] == 9
            assert len(TrainingRecord.of(load_model(run / "best.bin").record).history) <= 6


def test_a_long_training_goes_on_to_the_same_bits_and_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_module, "MOST_EPOCHS_RECORDED", 4)
    *_, whole = train(of_a_table(tmp_path))
    assert isinstance(whole, Finished) and [facts["epoch"] for facts in whole.history] == [*range(1, 12)]
    record = load_model(whole.model).record
    numbers = [facts["epoch"] for facts in record["training"]["history"]]
    assert numbers == sorted({1, 4, 8, whole.best_epoch, 11})
    stopped = stopped_after_five(tmp_path)
    *_, again = train(TrainSettings(resume=str(stopped.run), threads=1))
    assert isinstance(again, Finished) and weights(again.model) == weights(whole.model)
    *_, verdict = replay(str(again.model), TrainSettings(data=str(tmp_path / "t.csv"), threads=1))
    assert isinstance(verdict, Verdict) and verdict.kind == "reproduced"
    for rate, epoch, line in ((0.01, 1, "epochs 1 to 4: the training goes another way"), (None, 4, "history = ")):
        network = load_model(again.model)
        training = network.record["training"]
        training["settings"]["learning_rate"] = rate or training["settings"]["learning_rate"]
        training["history"] = [facts for facts in training["history"] if facts["epoch"] != epoch]
        save_model(tmp_path / "other.bin", network, sealed(network, network.record))
        *_, verdict = replay(str(tmp_path / "other.bin"), TrainSettings(data=str(tmp_path / "t.csv"), threads=1))
        assert isinstance(verdict, Verdict) and verdict.kind != "reproduced" and line in verdict.line


def test_a_checkpoint_of_an_older_version_that_holds_the_epochs_itself_goes_on(tmp_path: Path) -> None:
    *_, whole = train(of_a_table(tmp_path))
    assert isinstance(whole, Finished)
    stopped = stopped_after_five(tmp_path)
    tensors, content = container.read(stopped.run / "checkpoint.bin")
    state = content["checkpoint"]["state"]
    del state["epochs"], state["metrics"]
    state["history"] = whole.history[:5]
    container.write(stopped.run / "checkpoint.bin", tensors, content)
    (stopped.run / "metrics.jsonl").unlink()
    *_, again = train(TrainSettings(resume=str(stopped.run), threads=1))
    assert isinstance(again, Finished) and weights(again.model) == weights(whole.model)


def weights_of_classes(folder: Path, digits: int) -> TrainSettings:
    """Of 600 classes, each with a weight of so many digits."""
    names = [f"class-{number}" for number in range(600)]
    rows = "".join(f"{number % 7}.5,{number % 5}.25,{name}\n" for number, name in enumerate(names * 2))
    (folder / "t.csv").write_text("a,b,c\n" + rows)
    return TrainSettings(
        architecture="linear", data=str(folder / "t.csv"), label_column="c", epochs=1, validation=0.0, threads=1,
        class_weights=",".join(f"{name}=1.{'5' * digits}" for name in names), runs=str(folder / "runs"),
        out=str(folder / "model.bin"),
    )  # fmt: skip


def test_weights_of_many_classes_are_recorded(tmp_path: Path) -> None:
    settings = weights_of_classes(tmp_path, 9)
    assert settings.class_weights is not None and 12_000 < len(settings.class_weights) < 16_000
    *_, done = train(settings)
    assert isinstance(done, Finished)
    assert load_model(done.model).record["training"]["settings"]["class_weights"] == settings.class_weights


def test_settings_that_no_model_file_can_hold_are_refused_before_the_first_step(tmp_path: Path) -> None:
    settings = weights_of_classes(tmp_path, 120)
    records = []
    with pytest.raises(UsageError) as caught:
        records += train(settings)
    assert settings.class_weights is not None and str(caught.value) == (
        f"{tmp_path}/model.bin: record has a text of {len(settings.class_weights):,} characters; at most 65,536 may "
        "be, so that the model could not be saved; use shorter settings"
    )
    assert [type(record).__name__ for record in records] == ["Started"]
    assert not list(tmp_path.glob("runs/*/checkpoint.bin"))


def test_epochs_that_no_header_can_hold_are_refused_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "MAX_HEADER_BYTES", 100_000)
    list(train(of_a_table(tmp_path, epochs=50)))
    with pytest.raises(UsageError, match=r"header would have [\d,]+ bytes; at most 100,000 are allowed, so that the "):
        list(train(of_a_table(tmp_path, epochs=500)))
