"""A function that is told of each epoch and may end the training, and logs for TensorBoard and trackio."""

import dataclasses
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.layers import Flatten, Linear
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.training.records import EpochDone, Finished, Stopped
from cnncli.training.replay import Verdict, replay
from cnncli.training.train import train
from cnncli.training.trainer import Trainer
from cnncli.training_options import TrainSettings
from small_training import small_settings, weights


def test_a_trainer_tells_each_epoch_and_ends_where_it_is_told_to(rng: np.random.Generator) -> None:
    images, labels = rng.normal(size=(40, 1, 2, 3)).astype(np.float32), rng.integers(0, 3, 40)
    told: list[EpochDone] = []

    def on_epoch(record: EpochDone) -> bool:
        told.append(record)
        return record.epoch == 3

    network = Network([Flatten(), Linear(6, 3)], (1, 2, 3))
    trainer = Trainer(network, (images, labels), optimizer=SGD(0.1), epochs=9, schedule="cosine", on_epoch=on_epoch)
    records = [record for record in trainer if isinstance(record, EpochDone)]
    assert [record.epoch for record in told] == [1, 2, 3] and told == records
    assert list(trainer.steps()) == []
    whole = Trainer(Network([Flatten(), Linear(6, 3)], (1, 2, 3)), (images, labels), optimizer=SGD(0.1), epochs=9,
                    schedule="cosine")  # fmt: skip
    for record in whole:
        if isinstance(record, EpochDone) and record.epoch == 3:
            break
    assert whole.state.history[:3][-1]["weights"] == trainer.state.history[-1]["weights"]


@pytest.mark.parametrize("answer", [None, False, 0, 1, "yes"])
def test_only_true_ends_a_training(rng: np.random.Generator, answer: Any) -> None:
    images, labels = rng.normal(size=(40, 1, 2, 3)).astype(np.float32), rng.integers(0, 3, 40)
    network = Network([Flatten(), Linear(6, 3)], (1, 2, 3))
    trainer = Trainer(network, (images, labels), epochs=3, on_epoch=lambda record: answer)
    assert sum(isinstance(record, EpochDone) for record in trainer) == 3


def test_true_of_numpy_ends_a_training_too(rng: np.random.Generator) -> None:
    images, labels = rng.normal(size=(40, 1, 2, 3)).astype(np.float32), rng.integers(0, 3, 40)
    network = Network([Flatten(), Linear(6, 3)], (1, 2, 3))
    trainer = Trainer(network, (images, labels), epochs=3, on_epoch=lambda record: np.float32(record.loss) < 99)
    assert sum(isinstance(record, EpochDone) for record in trainer) == 1


def test_what_a_callback_raises_reaches_the_caller(rng: np.random.Generator) -> None:
    images, labels = rng.normal(size=(40, 1, 2, 3)).astype(np.float32), rng.integers(0, 3, 40)

    def fails(record: EpochDone) -> None:
        raise ZeroDivisionError("mine")

    trainer = Trainer(Network([Flatten(), Linear(6, 3)], (1, 2, 3)), (images, labels), on_epoch=fails)
    with pytest.raises(ZeroDivisionError, match="mine"):
        list(trainer)


def test_a_run_that_a_callback_ended_is_repeated_replayed_and_not_gone_on_with(tmp_path: Path) -> None:
    settings = small_settings(tmp_path)
    *_, done = train(settings, on_epoch=lambda record: record.epoch == 2)
    assert isinstance(done, Finished) and done.epochs == 2
    kept = weights(done.model)
    assert "--steps 21,14:14" in done.command and "--steps 21,14:14" in (done.run / "command.txt").read_text()
    *_, again = train(dataclasses.replace(settings, epochs=None, steps="21,14:14"))
    assert isinstance(again, Finished) and weights(again.model) == kept
    *_, verdict = replay(str(done.model), TrainSettings(data=settings.data))
    assert isinstance(verdict, Verdict) and verdict.kind == "reproduced", verdict
    *_, resumed = train(TrainSettings(resume=str(done.run)))
    assert isinstance(resumed, Finished) and resumed.epochs == 2 and weights(resumed.model) == kept


class Writer:
    """What a log was given."""

    written: ClassVar[list[Any]] = []

    def __init__(self, *given: Any, **named: Any) -> None:
        self.written.append(("made", given, named))

    def add_scalar(self, name: str, value: float, step: int) -> None:
        self.written.append((name, value, step))

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.written.append("closed")


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> type[Writer]:
    Writer.written = []
    board = ModuleType("tensorboardX")
    board.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tensorboardX", board)
    io = SimpleNamespace(
        init=lambda **named: Writer(**named), finish=lambda: Writer.written.append("closed"),
        log=lambda values, step: Writer.written.extend((name, value, step) for name, value in values.items()),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "trackio", io)
    return Writer


@pytest.mark.parametrize("name", ["tensorboard", "trackio"])
def test_a_log_has_the_measures_of_every_epoch(tmp_path: Path, writer: type[Writer], name: str) -> None:
    *_, done = train(dataclasses.replace(small_settings(tmp_path, validation=0.2), log=name))
    assert isinstance(done, Finished)
    made, *values, last = writer.written
    assert last == "closed" and made[0] == "made"
    place = made[1] or made[2]["name"]
    assert place == ((str(done.run / "tensorboard"),) if name == "tensorboard" else done.run.name)
    for epoch in done.history:
        assert ("loss/train", epoch["loss"], epoch["epoch"]) in values
        assert ("accuracy/validation", epoch["validation_accuracy"], epoch["epoch"]) in values
    assert len(values) == 3 * 6


def test_a_run_that_goes_on_adds_to_its_log_and_one_that_stops_closes_it(tmp_path: Path, writer: type[Writer]) -> None:
    count = iter(range(10**9))
    settings = dataclasses.replace(small_settings(tmp_path), log="tensorboard")
    *_, stopped = train(settings, should_stop=lambda: next(count) > 9)
    assert isinstance(stopped, Stopped) and writer.written[-1] == "closed"
    *_, done = train(TrainSettings(resume=str(stopped.run), log="tensorboard"))
    steps = [entry[2] for entry in writer.written if entry[0] == "loss/train"]
    assert isinstance(done, Finished) and steps == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "words"), [("tensorboard", "tensorboardX or tensorboard, and none"), ("trackio", "trackio, and none")]
)
def test_a_log_whose_program_is_missing_is_told_before_anything_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    for package in ("tensorboardX", "tensorboard", "tensorboard.summary", "trackio"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=f"^--log {name}: needs {words} is installed; pip install "):
        list(train(dataclasses.replace(small_settings(tmp_path), log=name)))
    assert not (tmp_path / "runs").exists()
