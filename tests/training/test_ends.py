"""What ends a training before its epochs do, `--patience`, `--steps`, `--time-limit`; and that it can be made again."""

import dataclasses
import json
import shlex
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.layers import Flatten, Linear
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.training import trainer as trainer_module
from cnncli.training.early_stopping import EarlyStopping
from cnncli.training.pace import Pace
from cnncli.training.plan import Plan, make_plan
from cnncli.training.records import EpochDone, Finished, Started, Stopped
from cnncli.training.replay import Verdict, replay
from cnncli.training.schedule import SCHEDULES
from cnncli.training.time_limit import TimeLimit
from cnncli.training.timetable import Timetable
from cnncli.training.train import train
from cnncli.training.trainer import Trainer
from cnncli.training_options import TrainSettings
from small_training import small_settings, weights


def plan_of(training: dict[str, Any] | None = None, **asked: Any) -> Plan:
    return make_plan(TrainSettings(**asked), {"training": training or {}}, "own.toml")


def ended(settings: TrainSettings) -> Finished:
    *_, last = train(settings)
    assert isinstance(last, Finished)
    return last


# --- patience


@pytest.mark.parametrize(
    ("accuracies", "patience", "reached"),
    [
        ([], 1, False), ([0.5], 1, False), ([0.5, 0.6], 1, False), ([0.5, 0.5], 1, True), ([0.6, 0.5], 2, False),
        ([0.6, 0.5, 0.6], 2, True), ([0.6, 0.5, 0.7, 0.6], 2, False), ([0.6, 0.5, 0.7, 0.6, 0.7], 2, True),
    ],
)  # fmt: skip
def test_patience_counts_epochs_since_the_best_one(accuracies: list[float], patience: int, reached: bool) -> None:
    history = [{"loss": 1.0, "validation_loss": 1.0, "validation_accuracy": accuracy} for accuracy in accuracies]
    assert EarlyStopping(patience).is_reached(history) is reached


def test_of_equal_accuracies_the_lower_loss_is_better_and_without_any_the_loss_decides() -> None:
    def of(validation_loss: float | None, accuracy: float | None, loss: float = 1.0) -> dict[str, Any]:
        return {"loss": loss, "validation_loss": validation_loss, "validation_accuracy": accuracy}

    assert not EarlyStopping(1).is_reached([of(1.0, 0.5), of(0.9, 0.5)])
    assert EarlyStopping(1).is_reached([of(1.0, 0.5), of(0.1, 0.4)])
    assert not EarlyStopping(1).is_reached([of(1.0, None), of(0.9, None)])  # values have no accuracy
    assert not EarlyStopping(1).is_reached([of(None, None, 1.0), of(None, None, 0.9)])
    assert EarlyStopping(1).is_reached([of(None, None, 1.0), of(None, None, 1.0)])


def test_a_training_ends_by_its_patience_and_keeps_the_best_epoch(tmp_path: Path) -> None:
    settings = dataclasses.replace(small_settings(tmp_path), epochs=40, patience=3, learning_rate=0.05)
    done = ended(settings)
    assert done.ended_early and 4 <= done.epochs < 40 and done.epochs == done.best_epoch + 3
    assert done.validation_images == 20  # a tenth, since .npz files have no part for it
    accuracies = [epoch["validation_accuracy"] for epoch in done.history]
    assert max(accuracies) == done.validation_accuracy
    *_, verdict = replay(str(done.model), TrainSettings(data=settings.data))
    assert isinstance(verdict, Verdict) and verdict.kind == "reproduced", verdict


def test_a_run_stopped_on_its_way_ends_by_the_patience_of_the_whole_one(tmp_path: Path) -> None:
    settings = dataclasses.replace(small_settings(tmp_path), epochs=40, patience=3, learning_rate=0.05)
    whole = ended(settings)
    kept = weights(settings.out)
    count = iter(range(10**9))
    *_, stopped = train(settings, should_stop=lambda: next(count) > 12)
    assert isinstance(stopped, Stopped)
    resumed = ended(TrainSettings(resume=str(stopped.run)))
    assert (resumed.epochs, resumed.best_epoch) == (whole.epochs, whole.best_epoch)
    assert weights(settings.out) == kept


def test_a_trainer_of_the_library_has_patience_too(rng: np.random.Generator) -> None:
    images, labels = rng.normal(size=(40, 1, 2, 3)).astype(np.float32), rng.integers(0, 3, 40)
    network = Network([Flatten(), Linear(6, 3)], (1, 2, 3))
    trainer = Trainer(network, (images, labels), optimizer=SGD(5.0), epochs=300, patience=2)
    for _ in trainer:
        pass
    losses = [epoch["loss"] for epoch in trainer.state.history]
    assert len(losses) < 300 and len(losses) - 1 - int(np.argmin(losses)) == 2
    assert list(trainer.steps()) == []
    with pytest.raises(UsageError, match=r"^patience is 0; use a whole number, at least 1"):
        Trainer(network, (images, labels), patience=0)


def test_the_other_patience_is_told(tmp_path: Path) -> None:
    settings = dataclasses.replace(small_settings(tmp_path), epochs=1, patience=3, schedule="plateau")
    started = next(iter(train(settings)))
    assert isinstance(started, Started)
    assert started.warnings == [
        "--patience 3 ends the training; after how many epochs the schedule plateau lets the rate fall is "
        "--plateau-patience, here 2"
    ]
    assert plan_of(schedule="plateau", plateau_patience=5).plateau_patience == 5


# --- steps


def test_a_pace_is_a_line_over_the_steps_of_each_part() -> None:
    pace = Pace.of("100,50:150,100:120")
    assert (pace.text, pace.steps) == ("100,50:150,100:120", 120)
    positions = np.array([pace.progress(step) for step in range(121)])
    assert positions[0] == 0 and positions[50] == 0.5 and positions[100] == 0.75 and positions[120] == 1
    steps = np.diff(positions)
    assert np.allclose(steps[:50], 0.01) and np.allclose(steps[50:100], 0.005) and np.allclose(steps[100:], 0.0125)
    assert Pace.of("8").progress(2) == 0.25 and Pace.of("100").changed(0, 70) == Pace.of("70")
    assert Pace.of("100").changed(40, 70).changed(40, 60) == Pace.of("100,40:60")


@pytest.mark.parametrize(
    "text", ["", "0", "-5", "1.5", "5:9", "9,9:12", "9,4:3", "9,4:20,4:30", "9,4:20,3:30", "a", "9,"]
)
def test_no_other_text_is_a_pace(text: str) -> None:
    with pytest.raises(UsageError, match=r"^use a number of steps such as 5000, or 5000,1200:4300"):
        Pace.of(text)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("warm_up", [0.0, 1.5])
def test_as_many_steps_as_some_epochs_have_their_rates(schedule: str, warm_up: float) -> None:
    epochs = Timetable(95, 10, 3, schedule=schedule, warm_up=warm_up)
    steps = Timetable(95, 10, 1, schedule=schedule, warm_up=warm_up, pace=Pace.of("30"))
    assert (steps.epochs, steps.steps, steps.images(2), steps.pool(2)) == (3, 30, 95, 95)
    assert [steps.learning_rate(k, 0.3) for k in range(30)] == [epochs.learning_rate(k, 0.3) for k in range(30)]


def test_the_last_epoch_may_be_cut_short() -> None:
    table = Timetable(95, 10, 1, pace=Pace.of("23"))
    assert (table.epochs, table.first_step(3), table.steps_in(2), table.full_steps(2)) == (3, 23, 3, 10)
    assert [table.images(epoch) for epoch in range(3)] == [95, 95, 30] and table.pool(2) == 95
    assert table.epoch_of(22) == 2
    assert Timetable(5, 10, 1, pace=Pace.of("2")).images(1) == 5


def test_rates_do_not_jump_where_the_steps_are_planned_again() -> None:
    table = Timetable(100, 10, 1, schedule="cosine", pace=Pace.of("1000,100:300,200:800"))
    rates = [table.learning_rate(step, 1.0) for step in range(800)]
    assert rates[0] == 1 and rates[-1] < 1e-4
    assert all(later <= earlier for earlier, later in pairwise(rates))
    assert max(-np.diff(rates)) < np.pi / 2 / 200 * 1.01  # of the steepest part, 200 steps for what was left


def test_a_pace_does_not_change_the_steps_that_are_done() -> None:
    for first, later in (("1000", "1000,100:300"), ("1000,100:300", "1000,100:300,250:260")):
        for warm_up in (0.0, 2.5, 15.0):
            one, two = (
                Timetable(100, 10, 1, schedule="one-cycle", warm_up=warm_up, pace=Pace.of(text))
                for text in (first, later)
            )
            start = int(later.rpartition(",")[2].partition(":")[0])
            before, after = ([table.learning_rate(k, 1.0) for k in range(start)] for table in (one, two))
            assert before == after


def test_a_training_of_steps_is_that_of_its_epochs(tmp_path: Path) -> None:
    settings = small_settings(tmp_path)
    whole, kept = ended(settings), weights(settings.out)
    counted = ended(dataclasses.replace(settings, epochs=None, steps=str(3 * 7)))
    assert weights(settings.out) == kept and counted.epochs == whole.epochs == 3
    cut = ended(dataclasses.replace(settings, epochs=None, steps="16"))
    assert [epoch["images"] for epoch in cut.history] == [200, 200, 64]
    assert cut.cuts_epochs and "--steps 16" in cut.command and "--epochs" not in cut.command
    *_, verdict = replay(str(cut.model), TrainSettings(data=settings.data))
    assert isinstance(verdict, Verdict) and verdict.kind == "reproduced", verdict


# --- time


class Clock:
    """Seconds that pass by what is done: each step and each evaluation costs its time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(trainer_module, "time", SimpleNamespace(perf_counter=lambda: self.now))

    def charge(self, trainer: Trainer, step: Callable[[], float], evaluation: float) -> None:
        program: Any = trainer.program
        run, measure = program.step, program.evaluate

        def stepped(*given: Any, **named: Any) -> Any:
            self.now += step()
            return run(*given, **named)

        def measured(*given: Any, **named: Any) -> Any:
            self.now += evaluation
            return measure(*given, **named)

        program.step, program.evaluate = stepped, measured


def timed_trainer(rng: np.random.Generator, most: int) -> Trainer:
    images, labels = rng.normal(size=(100, 1, 2, 3)).astype(np.float32), rng.integers(0, 3, 100)
    network = Network([Flatten(), Linear(6, 3)], (1, 2, 3))
    table = Timetable(100, 10, 1, schedule="cosine", pace=Pace(((0, 10 * most),)))
    trainer = Trainer(network, (images, labels), None, SGD(0.1), table, validation=(images, labels), threads=1)
    trainer.state.pace = f"{10 * most}"
    return trainer


@pytest.mark.parametrize(
    ("name", "cost"),
    [
        ("steady", lambda share: 0.01), ("slower by half way", lambda share: 0.01 if share < 0.5 else 0.04),
        ("faster", lambda share: 0.04 if share < 0.3 else 0.01),
        ("ten times as fast after a slow beginning", lambda share: 0.05 if share < 0.1 else 0.005),
        ("ever slower", lambda share: 0.005 + 0.03 * share),
        ("a jolt near the end", lambda share: 0.02 if 0.9 < share < 0.95 else 0.01),
    ],
)  # fmt: skip
@pytest.mark.parametrize("limit", [3.0, 12.0])
def test_the_time_is_used_and_kept_and_the_rate_ends_with_it(
    name: str, cost: Callable[[float], float], limit: float, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    trainer = timed_trainer(rng, 100_000)
    clock.charge(trainer, lambda: cost(clock.now / limit), 0.05)
    time = TimeLimit(limit, trainer, 100_000)
    rates, changes = [], 0
    for record in trainer.steps():
        changes += time.note(record)
        if not isinstance(record, EpochDone):
            rates.append(trainer.learning_rate(trainer.state.step - 1))
    assert 0.93 * limit <= trainer.state.seconds <= 1.03 * limit + 0.1, (name, trainer.state.seconds)
    assert rates[0] > 0.099 and rates[-1] < 0.002, (rates[0], rates[-1])
    assert changes <= 30 and trainer.timetable.steps == trainer.state.step == len(rates)
    # The same steps without a clock.
    again = timed_trainer(np.random.default_rng(0), 1).timetable.with_pace(Pace.of(trainer.state.pace))
    assert np.allclose([again.learning_rate(k, 0.1) for k in range(len(rates))], rates, rtol=1e-9, atol=1e-12)


def test_a_step_longer_than_the_time_is_the_only_one(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    trainer = timed_trainer(rng, 100_000)
    clock.charge(trainer, lambda: 5.0, 0.0)
    time = TimeLimit(1.0, trainer, 100_000)
    for record in trainer.steps():
        time.note(record)
    assert trainer.state.step == 1 and len(trainer.state.history) == 1


def test_epochs_may_end_a_training_before_its_time_does(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    trainer = timed_trainer(rng, 4)
    clock.charge(trainer, lambda: 0.01, 0.0)
    time = TimeLimit(1000.0, trainer, 4)
    for record in trainer.steps():
        time.note(record)
    assert trainer.state.step == 40


@pytest.mark.slow
def test_a_timed_training_is_made_again_by_its_command_and_by_replay(tmp_path: Path) -> None:
    settings = dataclasses.replace(small_settings(tmp_path), epochs=None, time_limit=0.4, validation=0.2)
    done = ended(settings)
    assert done.time_limit == 0.4 and done.seconds > 0.2
    assert "--time-limit" not in done.command and "--steps " in done.command
    *_, verdict = replay(str(done.model), TrainSettings(data=settings.data))
    assert isinstance(verdict, Verdict) and verdict.kind == "reproduced", verdict
    kept, words = weights(done.model), shlex.split(done.command)
    steps = words[words.index("--steps") + 1]
    again = ended(dataclasses.replace(settings, time_limit=None, steps=steps))
    assert weights(again.model) == kept
    assert (done.run / "command.txt").read_text().count("--steps") == 1
    assert json.loads((done.run / "settings.json").read_text())["time_limit"] == 0.4


def test_a_timed_training_that_was_stopped_has_the_time_that_is_left(tmp_path: Path) -> None:
    settings = dataclasses.replace(small_settings(tmp_path), epochs=None, time_limit=0.5)
    count = iter(range(10**9))
    *_, stopped = train(settings, should_stop=lambda: next(count) > 40)
    assert isinstance(stopped, Stopped)
    resumed = ended(TrainSettings(resume=str(stopped.run)))
    assert 0.3 < resumed.seconds < 3
    *_, verdict = replay(str(resumed.model), TrainSettings(data=settings.data))
    assert isinstance(verdict, Verdict) and verdict.kind == "reproduced", verdict


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"patience": 2, "target": 0.9}, "--patience 2: --target ends the training too; leave one of them out"),
        ({"steps": "50", "target": 0.9}, "--steps 50: --target ends the training too; leave one of them out"),
        ({"time_limit": 60.0, "target": 0.9}, "--time-limit 60: --target ends the training too; leave one of them out"),
        ({"steps": "50", "epochs": 2}, "--steps 50: --epochs ends the training too; leave one of them out"),
        ({"steps": "50", "time_limit": 2.5}, "--steps 50: --time-limit ends the training too; leave one of them out"),
        (
            {"patience": 2, "validation": 0.0},
            "--patience 2: --val 0 leaves no image that tells which epoch is better; use a share above 0",
        ),
        ({"patience": 0}, "--patience 0: use a whole number, at least 1 and at most 100,000"),
        ({"time_limit": 0.0}, "--time-limit 0.0: use a number, more than 0"),
        (
            {"steps": "5,9:1"},
            "--steps 5,9:1: use a number of steps such as 5000, or 5000,1200:4300 for 5000 of them and, from step 1200 "
            "on, 4300",
        ),
    ],
)
def test_ends_that_make_no_sense_are_told(asked: dict[str, Any], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan_of(**asked)
    assert str(caught.value) == line


def test_a_time_limit_takes_the_place_of_the_described_epochs() -> None:
    assert plan_of({"epochs": 4}, time_limit=60.0).epochs == 100_000
    assert plan_of({"epochs": 4}, time_limit=60.0, epochs=7).epochs == 7
    assert plan_of(patience=3).validation == 0.1 and plan_of({"validation": 0.3}, patience=3).validation == 0.3
    assert plan_of({"patience": 4}).patience == 4
