"""The range test of rates, at sizes where it could go wrong: few steps, losses of any size, and a lowest one near the
beginning."""

import pytest

from cnncli.training.pace import Pace
from cnncli.training.rate_range import _is_far, _RisingRates, read_off, smoothed


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
