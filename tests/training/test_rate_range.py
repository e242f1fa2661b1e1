"""The range test of rates, at sizes where it could go wrong: few steps, losses of any size, and a lowest one near the
beginning."""

from pathlib import Path
from typing import Any

import pytest

from cnncli.errors import UsageError
from cnncli.training.pace import Pace
from cnncli.training.rate_range import _is_far, _RisingRates, find_rate, read_off, smoothed
from cnncli.training.records import StepDone
from cnncli.training_options import TrainSettings


@pytest.mark.parametrize("rates", [[0.5e-4], [0.5e-4, 0.5e4], [0.5e-4, 0.5, 0.5e4]])
def test_rates_of_few_steps_go_from_the_lowest_to_the_highest(rates: list[float]) -> None:
    table = _RisingRates(100, 10, 1, pace=Pace(((0, len(rates)),)))
    assert [table.learning_rate(step, 0.5) for step in range(len(rates))] == pytest.approx(rates)


@pytest.mark.parametrize("size", [1e-3, 0.5, 3.0])
def test_how_far_is_far_does_not_depend_on_the_size_of_the_losses(size: float) -> None:
    for last in (20.0, 30.0, 32.0, 35.0, 50.0):
        losses = [size] * 20 + [size * last]
        assert _is_far(losses) == (smoothed(losses)[-1] / size > 4)


def test_the_steepest_fall_is_looked_for_behind_the_first_steps() -> None:
    rates = [1e-3, 2e-3, 4e-3, 8e-3, 16e-3]
    found = read_off(rates, [9.0, 4.0, 3.0, 2.9, 50.0])  # the mean falls most over the first three
    assert (found.steepest, found.suggested) == (4e-3, 8e-4)


def count_steps(folder: Path, **asked: Any) -> int:
    """Of a range test on a table of 40 rows, of which 32 make four steps an epoch."""
    table = folder / "line.csv"
    table.write_text("x,y\n" + "".join(f"{number},{2 * number + number % 3}\n" for number in range(40)))
    settings = TrainSettings(architecture="linear-regression", data=str(table), batch_size=8, seed=1, **asked)
    steps = 0
    try:
        for record in find_rate(settings):
            steps += isinstance(record, StepDone)
    except UsageError as error:
        assert "the loss never fell" in str(error)
    return steps


@pytest.mark.parametrize("asked", [
    {"patience": 1}, {"until": "converged", "until_limit": 0.99, "until_window": 1},
])  # fmt: skip
def test_no_epoch_ends_the_test_of_rates(tmp_path: Path, asked: dict[str, Any]) -> None:
    assert count_steps(tmp_path, validation=0.2, **asked) == count_steps(tmp_path, validation=0.2) > 50
