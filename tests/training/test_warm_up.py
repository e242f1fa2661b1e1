"""`--warmup`: epochs in which the learning rate climbs."""

from dataclasses import replace
from pathlib import Path

import pytest

from cnncli.errors import UsageError
from cnncli.training.plan import TrainSettings, make_plan
from cnncli.training.records import Finished, Stopped
from cnncli.training.timetable import Timetable
from cnncli.training.train import train
from small_training import small_settings, weights


def test_parts_of_epochs_are_steps_of_these_epochs() -> None:
    assert [Timetable(100, 10, 3, warm_up=epochs).warm_up_steps for epochs in (0, 0.25, 1, 1.5, 2.999)] == [
        0, 2, 10, 15, 29,
    ]  # fmt: skip
    assert Timetable(100, 10, 3, [1.0, 0.5], warm_up=1.4).warm_up_steps == 12


def test_only_the_first_cycle_warms_up() -> None:
    table = Timetable(100, 10, 4, schedule="step", cycle=2, warm_up=1)
    rates = [table.learning_rate(step, 1.0) for step in range(40)]
    assert rates[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert rates[10:20] == pytest.approx([1.0] * 5 + [0.1] * 3 + [0.01] * 2)
    assert rates[20:30] == rates[30:] == pytest.approx([0.2] * 5 + [0.02] * 3 + [0.002] * 2)


def test_options_and_descriptions_give_it_and_one_that_leaves_nothing_is_refused() -> None:
    described = {"training": {"epochs": 4, "warmup": 1.5}}
    assert make_plan(TrainSettings(), described, "own.toml").warmup == 1.5
    assert make_plan(TrainSettings(warmup=0.0), described, "own.toml").warmup == 0
    assert make_plan(TrainSettings(), {}, "own.toml").warmup is None
    for settings, line in (
        (TrainSettings(warmup=4.0), "--warmup 4: the schedule has 4 epochs; use less, such as 0.4"),
        (TrainSettings(epochs=1), "warmup 1.5: the schedule has 1 epochs; use less, such as 0.1"),
    ):
        with pytest.raises(UsageError) as caught:
            make_plan(settings, described, "own.toml")
        assert str(caught.value) == line
    with pytest.raises(UsageError, match=r"^warm_up 3: the schedule has 3 epochs; use less, such as 0\.3$"):
        Timetable(100, 10, 3, warm_up=3)
    with pytest.raises(UsageError, match=r"^--warmup -1.0: use a number, at least 0$"):
        make_plan(TrainSettings(warmup=-1.0), {}, "own.toml")


def test_a_stopped_run_that_warms_up_ends_with_the_bits_of_one_that_did_not_stop(tmp_path: Path) -> None:
    settings = replace(small_settings(tmp_path), epochs=2, warmup=1.5)
    found = []
    for warmup in (1.5, None):
        *_, whole = train(replace(settings, warmup=warmup))
        assert isinstance(whole, Finished)
        found.append(weights(whole.model))
    calls = iter(range(100))
    *_, stopped = train(settings, should_stop=lambda: next(calls) >= 3)
    assert isinstance(stopped, Stopped)
    *_, finished = train(TrainSettings(resume=str(stopped.run)))
    assert isinstance(finished, Finished)
    assert weights(finished.model) == found[0] != found[1]
