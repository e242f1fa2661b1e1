"""The learning rate of each step."""

import math

import numpy as np
import pytest

from cnncli import training_options
from cnncli.errors import UsageError
from cnncli.training.schedule import SCHEDULES, learning_rate

TOTAL = 1000


def rates(schedule: str, peak: float = 0.2) -> list[float]:
    return [learning_rate(schedule, peak, step, TOTAL) for step in range(TOTAL)]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_rate_stays_above_zero_and_never_passes_the_peak(schedule: str) -> None:
    assert all(0 < rate <= 0.2 * (1 + 1e-12) for rate in rates(schedule))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_rate_scales_with_the_peak(schedule: str) -> None:
    for small, large in zip(rates(schedule, 0.1), rates(schedule, 0.4), strict=True):
        assert large == pytest.approx(4 * small, rel=1e-12)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_rate_of_a_single_step_is_a_number(schedule: str) -> None:
    assert math.isfinite(learning_rate(schedule, 0.1, 0, 1))


def test_the_option_names_all_schedules() -> None:
    assert tuple(SCHEDULES) == training_options.SCHEDULES


def test_constant_stays() -> None:
    assert set(rates("constant")) == {0.2}


def test_step_falls_tenfold_at_half_and_at_three_quarters() -> None:
    found = rates("step")
    assert found[:500] == [0.2] * 500
    assert found[500:750] == pytest.approx([0.02] * 250)
    assert found[750:] == pytest.approx([0.002] * 250)


def test_cosine_is_equation_5_of_sgdr() -> None:
    for step, rate in enumerate(rates("cosine")):
        # eta_min + (eta_max - eta_min) / 2 * (1 + cos(T_cur / T_i * pi)), here with eta_min = 0
        assert rate == pytest.approx(0.1 * (1 + math.cos(step / TOTAL * math.pi)), abs=1e-15)


def test_one_cycle_climbs_from_a_25th_to_its_peak_at_30_percent() -> None:
    found = rates("one-cycle")
    assert found[0] == pytest.approx(0.2 / 25)
    assert found[300] == pytest.approx(0.2)
    assert found[:301] == sorted(found[:301])


def test_one_cycle_falls_to_almost_nothing() -> None:
    found = rates("one-cycle")
    assert found[300:] == sorted(found[300:], reverse=True)
    assert 0 < found[-1] < 0.2 * 1e-4


def test_triangle_is_two_lines_with_its_peak_at_20_percent() -> None:
    found = rates("triangle")
    corners = [(0, 0.2 / 25), (200, 0.2), (1000, 0.0)]
    expected = np.interp(range(TOTAL), *zip(*corners, strict=True))
    assert found == pytest.approx(expected, rel=1e-12)


def test_unknown_schedule_is_told_which_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        learning_rate("linear", 0.1, 0, 10)
    assert str(caught.value) == (
        "schedule linear: unknown; use one of constant, step, cosine, one-cycle, triangle, exponential, polynomial, "
        "plateau"
    )


def test_exponential_loses_the_same_share_in_each_step() -> None:
    found = rates("exponential")
    ratios = np.divide(found[1:], found[:-1])
    assert found[0] == 0.2 and ratios == pytest.approx(ratios[0], rel=1e-12)
    assert found[-1] * ratios[0] == pytest.approx(0.002)


def test_polynomial_is_the_poly_policy_of_deeplab() -> None:
    assert rates("polynomial") == pytest.approx([0.2 * (1 - step / TOTAL) ** 0.9 for step in range(TOTAL)])


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_warm_up_is_a_line_to_the_first_rate_and_the_schedule_takes_what_is_left(schedule: str) -> None:
    found = [learning_rate(schedule, 0.2, step, TOTAL, warm_up_steps=100) for step in range(TOTAL)]
    own = [learning_rate(schedule, 0.2, step, TOTAL - 100) for step in range(TOTAL - 100)]
    assert found[100:] == own
    assert found[:101] == pytest.approx(np.linspace(0, own[0], 102)[1:])
