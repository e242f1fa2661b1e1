"""What a Trainer counts as its time, when it tells its progress, and what it takes where nothing is said: by a clock of
its own, on which each step and each evaluation costs its share of a second."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli import _core
from cnncli.errors import UsageError
from cnncli.layers import Flatten, Linear
from cnncli.network import Network
from cnncli.optim import LBFGS, SGD
from cnncli.training import trainer as trainer_module
from cnncli.training.records import EpochDone, Progress
from cnncli.training.timetable import Timetable
from cnncli.training.trainer import Trainer

IMAGES, BATCH, STEP, EVALUATION = 20, 4, 0.15, 0.5


def trainer_of(rng: np.random.Generator, **given: Any) -> Trainer:
    samples = rng.normal(size=(IMAGES, 1, 2, 3)).astype(np.float32), rng.integers(0, 3, IMAGES)
    network = Network([Flatten(), Linear(6, 3)], (1, 2, 3))
    if given.pop("validates", False):
        given["validation"] = samples
    return Trainer(network, samples, **given)


@pytest.fixture
def clocked(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> tuple[Trainer, Callable[[], bool]]:
    """A trainer of two epochs of five steps, and a question whether to stop that waits for ten seconds."""
    now = [1000.0]
    monkeypatch.setattr(trainer_module, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    trainer = trainer_of(rng, epochs=2, batch_size=BATCH, validates=True, threads=1)
    program: Any = trainer.program
    step, evaluate = program.step, program.evaluate

    def stepped(*given: Any, **named: Any) -> Any:
        now[0] += STEP
        return step(*given, **named)

    def evaluated(*given: Any, **named: Any) -> Any:
        now[0] += EVALUATION
        return evaluate(*given, **named)

    def waits() -> bool:
        now[0] += 10
        return False

    program.step, program.evaluate = stepped, evaluated
    return trainer, waits


@pytest.mark.parametrize("waits", [False, True])
def test_the_time_of_an_epoch_is_that_of_its_steps_and_of_what_measures_it_without_any_waiting(
    clocked: tuple[Trainer, Callable[[], bool]], waits: bool
) -> None:
    trainer, question = clocked
    records = list(trainer.run(question) if waits else trainer)
    epoch = IMAGES / BATCH * STEP + EVALUATION
    for done in (record for record in records if isinstance(record, EpochDone)):
        assert done.seconds == pytest.approx(epoch) and done.images_per_second == pytest.approx(IMAGES / epoch)
    assert trainer.state.seconds == pytest.approx(2 * epoch) and trainer.state.epoch_seconds == 0


def test_progress_is_told_more_than_a_fifth_of_a_second_after_the_last_one(
    clocked: tuple[Trainer, Callable[[], bool]],
) -> None:
    """At 0.30 and 0.60, not at 0.75, where the epoch ends; then at 1.40, 0.8 after the last, and at 1.70."""
    trainer, _ = clocked
    told = [record for record in trainer if isinstance(record, Progress)]
    assert [record.step for record in told] == [2, 4, 6, 8]
    done = [step * STEP + (EVALUATION if step > 5 else 0) for step in (2, 4, 6, 8)]
    speeds = [BATCH * step / seconds for step, seconds in zip((2, 4, 6, 8), done, strict=True)]
    assert [record.images_per_second for record in told] == pytest.approx(speeds)


def test_where_nothing_is_said_it_takes_what_its_page_says(rng: np.random.Generator) -> None:
    trainer = trainer_of(rng)
    table, optimizer = trainer.timetable, trainer.optimizer
    assert (table.epochs, table.batch_size, table.schedule, table.warm_up_steps) == (10, 64, "constant", 0)
    assert isinstance(optimizer, SGD) and (optimizer.lr, optimizer.momentum) == (0.05, 0.9)
    assert trainer.seed == 1 and trainer.augmentation.is_none and trainer.kept is trainer.network
    assert trainer.until is trainer.early is trainer.plateau is trainer.validation is trainer.hard_images is None
    assert trainer.threads == _core.default_thread_count() and trainer_of(rng, threads=3).threads == 3
    assert trainer_of(rng, warm_up=2.0).timetable.warm_up_steps == 2
    assert trainer_of(rng, ema=0.9).kept is not trainer.network


@pytest.mark.parametrize("bound", ["clip_norm", "clip_value"])
def test_an_optimizer_of_one_vector_takes_no_bound_of_the_gradient(rng: np.random.Generator, bound: str) -> None:
    trainer_of(rng, optimizer=LBFGS(), batch_size="full", **{bound: None})
    with pytest.raises(UsageError, match=r"^clip_norm, clip_value: LBFGS measures the function as it is"):
        trainer_of(rng, optimizer=LBFGS(), batch_size="full", **{bound: 1.0})


@pytest.mark.parametrize(("shares", "cycle", "planned"), [((), None, True), ((), 2, False), ((1.0, 0.5), None, False)])
def test_a_training_that_is_ended_plans_no_more_steps_unless_shares_or_cycles_need_their_epochs(
    rng: np.random.Generator, shares: tuple[float, ...], cycle: int | None, planned: bool
) -> None:
    """Of three epochs of five steps, or of five, three and three."""
    table = Timetable(IMAGES, BATCH, 3, shares, cycle=cycle)
    trainer = trainer_of(rng, optimizer=SGD(0.1), timetable=table, on_epoch=lambda done: done.epoch == 1)
    assert sum(isinstance(record, EpochDone) for record in trainer) == 1
    assert (trainer.state.pace, trainer.timetable.steps) == (f"{table.steps},5:5" if planned else "", 5 if planned
                                                             else table.steps)  # fmt: skip
    assert trainer.is_done_early and list(trainer) == [] and trainer.state.step == 5


def test_a_training_that_is_ended_with_its_last_epoch_is_one_that_was_not(rng: np.random.Generator) -> None:
    trainer = trainer_of(rng, epochs=2, batch_size=BATCH, on_epoch=lambda done: done.epoch == 2)
    assert sum(isinstance(record, EpochDone) for record in trainer) == 2
    assert trainer.state.pace == "" and not trainer.is_done_early
