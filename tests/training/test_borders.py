"""Rules of a training at their borders: proposed batch sizes, targets, rates beside a change, states."""

import math
from typing import Any

import numpy as np
import pytest

from cnncli.errors import FormatError, UsageError
from cnncli.training.convergence import Convergence
from cnncli.training.plateau import Plateau, measured_losses
from cnncli.training.prospects import _few_steps, _without_rest_of_one
from cnncli.training.schedule import SCHEDULES, learning_rate
from cnncli.training.state import TrainingState, read_state
from cnncli.training.targets import Target, kept_epoch
from cnncli.training.timetable import HardImages, Timetable, batch_of


def test_a_proposed_batch_size_leaves_no_batch_of_one_and_is_the_nearest() -> None:
    for images in range(2, 60):
        for batch_size in range(2, images + 3):
            if images % batch_size != 1:
                continue
            found = _without_rest_of_one(images, batch_size)
            smaller = [size for size in range(2, batch_size) if images % size != 1]
            assert found == (max(smaller) if smaller else batch_size + 1)


def test_ten_steps_or_more_are_proposed_in_powers_of_two() -> None:
    for images in range(1, 2000):
        found = _few_steps(images)
        powers = [2**power for power in range(12) if 2**power <= images / 10]
        assert type(found) is int and found == (max(powers) if powers else 1)


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_go_from_the_first_to_the_last_step_and_warm_up_to_the_first(name: str) -> None:
    share, peak, total = SCHEDULES[name], 0.5, 40
    for warm_up in (0, 1, 8, 39):
        rates = [learning_rate(name, peak, step, total, warm_up) for step in range(total)]
        for step, rate in enumerate(rates):
            if step < warm_up:
                assert rate == pytest.approx(peak * share(0.0) * (step + 1) / (warm_up + 1))
            else:
                assert rate == pytest.approx(peak * share((step - warm_up) / (total - warm_up)))
    assert learning_rate(name, peak, 0, 0) == peak * share(0.0)


@pytest.mark.parametrize(
    ("name", "progress", "rate"),
    [
        ("step", 0.4999, 1), ("step", 0.5, 0.1), ("step", 0.7499, 0.1), ("step", 0.75, 0.01), ("cosine", 0.5, 0.5),
        ("cosine", 1, 0), ("one-cycle", 0, 1 / 25), ("one-cycle", 0.3, 1), ("one-cycle", 1, 1 / 250_000),
        ("one-cycle", 0.15, (1 + 1 / 25) / 2), ("one-cycle", 0.65, (1 + 1 / 250_000) / 2), ("triangle", 0, 1 / 25),
        ("triangle", 0.1, (1 + 1 / 25) / 2), ("triangle", 0.2, 1), ("triangle", 0.6, 0.5), ("triangle", 1, 0),
        ("exponential", 0.5, 0.1), ("exponential", 1, 0.01), ("polynomial", 0.5, 0.5**0.9), ("polynomial", 1, 0),
        ("plateau", 0.7, 1), ("constant", 1, 1),
    ],
)  # fmt: skip
def test_a_schedule_is_what_its_page_says(name: str, progress: float, rate: float) -> None:
    assert SCHEDULES[name](progress) == pytest.approx(rate, abs=1e-12)


@pytest.mark.parametrize("warm_up", [0, 0.5, 1, 1.25, 1.999])
@pytest.mark.parametrize("cycle", [None, 2, 3])
def test_a_timetable_counts_images_steps_and_rates_one_by_one(warm_up: float, cycle: int | None) -> None:
    shares, images, batch = [1.0, 0.5, 0.3], 50, 8
    table = Timetable(images, batch, 5, shares, schedule="cosine", cycle=cycle, warm_up=warm_up)
    counts = [50, 25, 15, 15, 15]
    steps = [-(-count // batch) for count in counts]
    assert [table.images(epoch) for epoch in range(5)] == counts
    assert [table.last_batch(epoch) for epoch in range(5)] == [2, 1, 7, 7, 7]
    whole = int(warm_up)
    warm = min(sum(steps[:whole]) + round((warm_up - whole) * steps[whole]), sum(steps[: cycle or 5]) - 1)
    assert table.warm_up_steps == warm
    step = 0
    for epoch, count in enumerate(steps):
        for within in range(count):
            assert table.epoch_of(step) == epoch
            if epoch < (cycle or 5):
                wanted = learning_rate("cosine", 0.4, step, sum(steps[: cycle or 5]), warm)
            else:
                wanted = learning_rate("cosine", 0.4 * 0.2, within, count)
            assert table.learning_rate(step, 0.4) == pytest.approx(wanted)
            step += 1
    assert table.steps == step == table.first_step(5)


def test_a_warm_up_leaves_an_epoch_of_the_schedule() -> None:
    assert Timetable(10, 5, 3, warm_up=2.99).warm_up_steps == 5
    for wrong in (-0.1, 3, 3.5):
        with pytest.raises(UsageError, match=r"^warm_up .*: the schedule has 3 epochs; use less, such as 0.3$"):
            Timetable(10, 5, 3, warm_up=wrong)
    assert batch_of("full", 7) == 7 and batch_of(3, 7) == 3
    for wrong in ("all", 0, 1.5):
        with pytest.raises(UsageError, match=r"^batch_size"):
            batch_of(wrong, 7)  # type: ignore[arg-type]


def test_hard_images_are_loaded_up_to_the_last_number() -> None:
    images = HardImages(4)
    images.load({"losses": np.zeros(4, np.float32), "chosen": np.array([0, 3])})
    assert images.chosen.tolist() == [0, 3]


def epoch(number: int, accuracy: float, loss: float = 1.0) -> dict[str, Any]:
    return {"epoch": number, "validation_accuracy": accuracy, "validation_loss": loss}


def test_a_target_is_reached_at_its_end_or_far_enough_before() -> None:
    target = Target(0.9, Timetable(100, 10, 6, cycle=3), 400)
    early = 0.9 + 2 * math.sqrt(0.9 * 0.1 / 400)
    assert target.early == pytest.approx(early)
    for history, reached in (
        ([], False), ([epoch(1, 0.9)], False), ([epoch(2, early - 1e-6)], False), ([epoch(1, early + 1e-9)], True),
        ([epoch(3, 0.9)], True), ([epoch(3, 0.8999)], False), ([epoch(4, 0.9)], True),
        ([epoch(3, 0.91), epoch(4, 0.1)], True),
    ):  # fmt: skip
        assert target.is_reached(history) is reached, history
    for without in (Target(None, Timetable(100, 10, 6), 400), Target(0.9, Timetable(100, 10, 6), 0)):
        assert without.early is None and not without.is_reached([epoch(6, 1.0)])


def test_the_best_epoch_is_the_first_of_the_most_accurate_and_then_of_the_least_loss() -> None:
    table = Timetable(100, 10, 6, cycle=3)
    history = [epoch(1, 0.9, 0.5), epoch(2, 0.95, 0.4), epoch(3, 0.95, 0.3), epoch(4, 0.95, 0.3), epoch(5, 0.94, 0.1)]
    short = [*history[:2], epoch(3, 0.5)]
    values = [{"epoch": n, "validation_accuracy": None, "validation_loss": loss} for n, loss in ((1, 0.5), (2, 0.2))]
    for accuracy, images, epochs, best in (
        (None, 10, history, 3), (0.99, 10, short, 3),  # the end of a cycle goes first
        (None, 10, short, 2), (None, 0, history, 5), (None, 10, values, 2),
    ):  # fmt: skip
        target, found = Target(accuracy, table, images), None
        for facts in epochs:
            found = facts if target.is_best(facts, found) else found
        assert found is not None and found["epoch"] == best
        if images:  # without, the facts have no measures of these
            assert kept_epoch(epochs, 3 if accuracy else None) + 1 == best
    assert kept_epoch([{"epoch": 1, "loss": 0.1}, {"epoch": 2, "loss": 0.2, "validation_loss": None}], None) == 1


@pytest.mark.parametrize(
    ("losses", "limit", "window", "reached"),
    [
        ([4, 2], 0.5, 1, True), ([4, 1.99], 0.5, 1, False), ([4, 4], 0, 1, True), ([4], 0.5, 1, False),
        ([4, 4, 2], 0.5, 2, True), ([4, 2, 4], 0.5, 2, True), ([4, 2], 0.5, 2, False), ([-4, -4.1], 0.1, 1, True),
        ([-4, -4.5], 0.1, 1, False), ([8, 4, 4, 4], 0.0, 2, True), ([8, 4, 4, 4], 0.0, 3, False),
        ([4, 8], 0.0, 1, True),
    ],
)  # fmt: skip
def test_a_loss_converges_by_no_more_than_a_share_of_the_best_one(
    losses: list[float], limit: float, window: int, reached: bool
) -> None:
    assert Convergence(limit, window).is_reached([{"loss": loss} for loss in losses]) is reached


def test_settings_of_convergence_and_plateau_are_taken_up_to_their_borders() -> None:
    assert Convergence(0, 1) and Convergence(1 - 1e-9, 1)
    for wrong in ({"limit": 1}, {"limit": -1e-9}, {"window": 0}, {"limit": math.nan}):
        with pytest.raises(UsageError, match=r"^Convergence: "):
            Convergence(**wrong)  # type: ignore[arg-type]
    assert Plateau(1e-9) and Plateau(1 - 1e-9, patience=0, threshold=0, cooldown=0, min_lr=0, eps=0)
    for name in ("patience", "threshold", "cooldown", "min_lr", "eps"):
        with pytest.raises(UsageError, match=rf"^Plateau: {name} is "):
            Plateau(**{name: -1})  # type: ignore[arg-type]
    for factor in (0, 1, -0.5, math.nan):
        with pytest.raises(UsageError, match=r"^Plateau: factor is "):
            Plateau(factor)
    history = [{"loss": 1.0, "validation_loss": 2.0}, {"loss": 3.0, "validation_loss": None}, {"loss": 4.0}]
    assert measured_losses(history) == [2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("settings", "losses", "falls"),
    [
        ({"patience": 0}, [1, 1], 1), ({"patience": 1}, [1, 1], 0), ({"patience": 1}, [1, 1, 1], 1),
        ({"patience": 1}, [1, 1, 0.5, 0.5], 0), ({"patience": 0, "cooldown": 1}, [1, 1, 1, 1], 2),
        ({"patience": 0, "threshold": 0.5}, [4, 2], 1), ({"patience": 0, "threshold": 0.5}, [4, 1.99], 0),
        ({"patience": 0, "threshold": 2, "threshold_mode": "abs"}, [4, 2], 1),
        ({"patience": 0, "threshold": 2, "threshold_mode": "abs"}, [4, 1.99], 0),
        ({"patience": 0, "min_lr": 0.5}, [1, 1, 1], 1), ({"patience": 0, "eps": 0.5}, [1, 1], 0),
        ({"patience": 0, "eps": 0.49}, [1, 1], 1), ({}, [1] * 11, 0), ({}, [1] * 12, 1),
        ({"patience": 0}, [math.inf, math.inf], 2), ({"patience": 0}, [math.inf, 5, 4], 1),
    ],
)  # fmt: skip
def test_the_rate_falls_after_more_epochs_than_are_borne(
    settings: dict[str, Any], losses: list[float], falls: int
) -> None:
    assert Plateau(0.5, **settings).rate(1.0, losses) == 0.5**falls


STATE: dict[str, Any] = {
    **vars(TrainingState()), "loss_sum": -1.0, "best_epoch": 1,
    "history": [{"epoch": 1, "loss": 1.0, "accuracy": None, "validation_loss": 2, "validation_accuracy": None}],
}  # fmt: skip


def test_a_state_that_can_be_is_read() -> None:
    assert vars(read_state("here", STATE)) == STATE
    assert read_state("here", {**STATE, "best_epoch": 0}).best_epoch == 0


@pytest.mark.parametrize(
    "wrong",
    [
        *({name: -1} for name in ("step", "correct", "images", "best_epoch")),
        *({name: -0.5} for name in ("epoch_seconds", "seconds")), {"best_epoch": 2}, {"step": 1.0}, {"more": 1},
        {"history": [{**STATE["history"][0], "epoch": 1.0}]}, {"history": [{**STATE["history"][0], "loss": None}]},
        {"history": [{**STATE["history"][0], "accuracy": "x"}]}, {"history": [{"epoch": 1}]}, {"history": [1]},
        {"history": [{**STATE["history"][0], "images": 1.0}]}, {"history": [{**STATE["history"][0], "loss": True}]},
        {"history": [{**STATE["history"][0], "validation_loss": "x"}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_state_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match=r"^here: .*; start a new run$"):
        read_state("here", {**STATE, **wrong})
