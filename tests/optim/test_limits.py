"""What each setting of each optimizer may be: the numbers at its borders, and the first ones beyond."""

import inspect
from typing import Any

import numpy as np
import pytest

from cnncli import optim
from cnncli.errors import FormatError, UsageError
from cnncli.optim import CG, LBFGS, Rprop

FROM_0 = ([0, 0.5, 7.0], [-1e-9, float("inf"), float("nan")])
BELOW_1 = ([0, 0.5, 1 - 1e-9], [-1e-9, 1, float("nan")])
PAIRS_BELOW_1 = (
    [(0, 0), (0.5, 0.9), (1 - 1e-9, 1 - 1e-9)],
    [(1, 0.5), (0.5, 1), (-1e-9, 0.5), (0.5, -1e-9), (0.5,), (0.5, 0.5, 0.5)],
)
SWITCHES = {"nesterov", "amsgrad", "centered", "adjust_lr_fn", "ns_coefficients", "decoupled_weight_decay"}
BORDERS = {
    **dict.fromkeys(
        ("lr", "weight_decay", "eps", "lambd", "alpha of ASGD", "t0", "lr_decay", "initial_accumulator_value",
         "momentum_decay", "rest_share", "rest_eps"), FROM_0,
    ),
    **dict.fromkeys(("momentum", "dampening", "rho", "alpha"), BELOW_1),
    **dict.fromkeys(("betas", "rest_betas"), PAIRS_BELOW_1),
    "ns_steps": ([0, 1, 99], [-1, 100]),
    "etas": ([(0.1, 1.1), (1e-9, 1 + 1e-9)], [(0, 1.2), (1, 1.2), (0.5, 1), (-0.5, 1.2), (0.5,), (0.5, 1.2, 1.3)]),
    "step_sizes": ([(0, 0), (1, 1), (1e-6, 50)], [(2, 1), (-1, 1), (1,), (1, 2, 3)]),
}  # fmt: skip
KINDS = [getattr(optim, name) for name in optim.__all__ if name != "Optimizer"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_setting_is_taken_up_to_its_borders_and_refused_beyond(kind: type[optim.Optimizer]) -> None:
    for name in inspect.signature(kind).parameters.keys() - SWITCHES:
        taken, refused = BORDERS.get(f"{name} of {kind.__name__}", BORDERS[name])
        for value in taken:
            assert kind(**{name: value}).settings()[name] == value
        for value in refused:
            with pytest.raises(UsageError, match=rf"^{kind.__name__}: {name}"):
                kind(**{name: value})


def test_the_rate_of_rprop_may_be_any_step() -> None:
    assert Rprop(0.0, step_sizes=(0.5, 0.5)).step_sizes == (0.5, 0.5)


@pytest.mark.parametrize("kind", [LBFGS, CG], ids=lambda kind: kind.__name__)
def test_whole_batch_settings_are_taken_up_to_their_borders(kind: type[LBFGS] | type[CG]) -> None:
    for wrong in ({"lr": 0.0}, {"lr": -0.5}, {"lr": float("nan")}, {"max_iter": 0}, {"max_iter": -1}):
        with pytest.raises(UsageError, match=rf"^{kind.__name__}: .*(lr|max_iter)"):
            kind(**wrong)
    assert kind(lr=1e-9, max_iter=1).settings()["lr"] == 1e-9
    assert [kind(max_iter=count).max_eval for count in (1, 3, 4, 20)] == [1, 3, 5, 25]  # 5/4, as PyTorch has it
    assert kind(max_iter=4, max_eval=1).max_eval == 1


def test_lbfgs_keeps_at_least_one_change() -> None:
    assert LBFGS(history_size=1).history_size == 1
    with pytest.raises(UsageError, match=r"^LBFGS: history_size is 0; use a whole number, at least 1"):
        LBFGS(history_size=0)


@pytest.mark.parametrize("kind", [LBFGS, CG], ids=lambda kind: kind.__name__)
def test_a_gradient_within_the_tolerance_ends_a_call_and_each_evaluation_is_counted(
    kind: type[LBFGS] | type[CG]
) -> None:
    calls: list[int] = []

    def slope(x: np.ndarray) -> tuple[float, np.ndarray]:
        calls.append(1)
        return float(((x - 3) ** 2).sum()), 2 * (x - 3)

    for start, tolerance, iterations in ((3.25, 0.5, 0), (3.25, 0.499, 1), (2.75, 0.5, 0), (3.0, 0.0, 0)):
        calls.clear()
        x, optimizer = np.array([3.0, start]), kind(max_iter=1, max_eval=1000, tolerance_grad=tolerance)
        optimizer.step(slope, x)
        assert (optimizer.iterations, optimizer.evaluations) == (iterations, len(calls))
        assert (x[1] == start) == (not iterations)
    optimizer.step(slope, np.zeros(0))
    assert optimizer.iterations == 0
    for begun in ({"iterations": 3, "evaluations": 5}, {"iterations": 0, "evaluations": 0}) if kind is CG else ():
        optimizer.load_state_dict(begun, 2)
        assert optimizer.state_dict() == begun
    optimizer.load_state_dict({}, 2)
    assert (optimizer.iterations, optimizer.evaluations) == (0, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iterations": -1, "evaluations": 0},
        {"iterations": 0, "evaluations": -1},
        {"iterations": 1.0, "evaluations": 1},
        {"iterations": 1, "evaluations": True},
        {"iterations": 1},
        {"iterations": 1, "evaluations": 1, "scale": 1.0},
    ],
    ids=str,
)
def test_counts_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    optimizer = CG()
    with pytest.raises(FormatError, match=r"^CG: is no state of it; load that of the same optimizer$"):
        optimizer.load_state_dict(wrong, 2)
    assert (optimizer.iterations, optimizer.evaluations) == (0, 0)
