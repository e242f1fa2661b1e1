"""Every schedule, alone and after a warm-up, beside the one of torch.optim.lr_scheduler with the same meaning."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from cnncli.training.plateau import Plateau
from cnncli.training.schedule import SCHEDULES, learning_rate

pytestmark = pytest.mark.torch
TOTAL, PEAK = 200, 0.4

# Schedule -> the scheduler of PyTorch for so many steps, and the steps for which both mean the same.
THEIRS: Mapping[str, Callable[[Any, Any, int], Any]] = {
    "constant": lambda torch, optimizer, steps: torch.ConstantLR(optimizer, factor=1.0),
    "plateau": lambda torch, optimizer, steps: torch.ConstantLR(optimizer, factor=1.0),  # within an epoch
    "step": lambda torch, optimizer, steps: torch.MultiStepLR(optimizer, [steps // 2, steps * 3 // 4], gamma=0.1),
    "cosine": lambda torch, optimizer, steps: torch.CosineAnnealingLR(optimizer, T_max=steps),
    # Theirs reaches its end in the last step, ours would one later.
    "one-cycle": lambda torch, optimizer, steps: torch.OneCycleLR(
        optimizer, PEAK, total_steps=steps + 1, pct_start=(0.3 * steps + 1) / (steps + 1), cycle_momentum=False
    ),
    "exponential": lambda torch, optimizer, steps: torch.ExponentialLR(optimizer, gamma=0.01 ** (1 / steps)),
    "polynomial": lambda torch, optimizer, steps: torch.PolynomialLR(optimizer, total_iters=steps, power=0.9),
    # Theirs falls to where it began, ours to 0: the climb is CyclicLR's, the fall LinearLR's.
    "triangle": lambda torch, optimizer, steps: torch.SequentialLR(
        optimizer,
        [
            torch.CyclicLR(optimizer, PEAK / 25, PEAK, step_size_up=steps // 5, cycle_momentum=False),
            torch.LinearLR(optimizer, 1.0, 0.0, total_iters=steps - steps // 5),
        ],
        [steps // 5],
    ),
}


def theirs(schedule: str, steps: int) -> list[float]:
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=PEAK)
    scheduler = THEIRS[schedule](torch.optim.lr_scheduler, optimizer, steps)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.filterwarnings("ignore")  # of PyTorch about its own SequentialLR
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_rates_are_those_of_pytorch(schedule: str) -> None:
    ours = [learning_rate(schedule, PEAK, step, TOTAL) for step in range(TOTAL)]
    expected = theirs(schedule, TOTAL)
    if schedule == "triangle":  # CyclicLR sets the optimizer's own rate, from which LinearLR then falls
        scale = PEAK / expected[TOTAL // 5]
        expected[TOTAL // 5 :] = [rate * scale for rate in expected[TOTAL // 5 :]]
    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_warm_up_is_linear_lr_to_the_first_rate(schedule: str) -> None:
    import torch

    first = learning_rate(schedule, PEAK, 0, TOTAL)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=first)
    climb = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / 31, end_factor=1.0, total_iters=30)
    for step in range(31):
        ours = learning_rate(schedule, PEAK, step, TOTAL + 30, warm_up_steps=30)
        assert ours == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        optimizer.step()
        climb.step()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"patience": 0},
        {"patience": 1, "factor": 0.5, "threshold": 0.05},
        {"patience": 2, "cooldown": 3, "threshold": 0.1, "threshold_mode": "abs"},
        {"patience": 0, "min_lr": 0.01},
        {"patience": 0, "factor": 0.9, "eps": 0.03},
    ],
    ids=str,
)
def test_plateaus_are_those_of_pytorch(rng: Any, settings: dict[str, Any]) -> None:
    import torch

    losses = (2 / (1 + 0.2 * rng.uniform(0.5, 1.5, 60).cumsum()) + rng.normal(0, 0.05, 60)).tolist()
    losses[20:30] = [losses[19]] * 10  # no change at all is no fall
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=PEAK)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **settings)
    for epoch, loss in enumerate(losses):
        assert Plateau(**settings).rate(PEAK, losses[:epoch]) == optimizer.param_groups[0]["lr"]
        scheduler.step(loss)
