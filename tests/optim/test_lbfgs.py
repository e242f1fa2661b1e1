"""L-BFGS over one vector."""

from typing import Any

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.optim import LBFGS


def rosenbrock(x: np.ndarray) -> tuple[float, np.ndarray]:
    x = x.astype(float)
    a, b = x[:-1], x[1:]
    gradient = np.zeros_like(x)
    gradient[:-1] += -400 * a * (b - a**2) - 2 * (1 - a)
    gradient[1:] += 200 * (b - a**2)
    return float((100 * (b - a**2) ** 2 + (1 - a) ** 2).sum()), gradient


@pytest.mark.parametrize("size", [2, 10])
def test_the_minimum_of_rosenbrocks_function_is_found(size: int) -> None:
    x = np.tile([-1.2, 1.0], size // 2)
    optimizer = LBFGS(max_iter=100, tolerance_change=1e-14, line_search_fn="strong_wolfe")
    assert optimizer.step(rosenbrock, x) == pytest.approx(rosenbrock(np.tile([-1.2, 1.0], size // 2))[0])
    assert x == pytest.approx(np.ones(size), abs=1e-6)
    assert optimizer.iterations < 80


def test_a_quadratic_function_takes_few_more_iterations_than_it_has_dimensions(rng: np.random.Generator) -> None:
    root = rng.normal(size=(8, 8))
    matrix, target = root @ root.T + np.eye(8), rng.normal(size=8)
    x = np.zeros(8)
    optimizer = LBFGS(max_iter=40, line_search_fn="strong_wolfe")
    optimizer.step(lambda x: (x @ matrix @ x / 2 - target @ x, matrix @ x - target), x)
    assert x == pytest.approx(np.linalg.solve(matrix, target), abs=1e-5)


def test_a_float32_vector_is_changed_in_place() -> None:
    x = np.array([-1.2, 1.0], np.float32)
    LBFGS(max_iter=100, line_search_fn="strong_wolfe").step(rosenbrock, x)
    assert x.dtype == np.float32 and x == pytest.approx([1, 1], abs=1e-3)


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(UsageError, match=r'^LBFGS: line_search_fn is "armijo"; use None or "strong_wolfe"$'):
        LBFGS(line_search_fn="armijo")
    with pytest.raises(UsageError, match=r"^x: expected a vector of float32 or float64"):
        LBFGS().step(rosenbrock, np.zeros((2, 2)))
    with pytest.raises(UsageError, match=r"^closure: its gradient has shape \(3,\), the vector \(2,\)"):
        LBFGS().step(lambda x: (0.0, np.ones(3)), np.zeros(2))


@pytest.mark.torch
@pytest.mark.parametrize(
    "settings",
    [
        {"line_search_fn": "strong_wolfe"},
        {"line_search_fn": "strong_wolfe", "max_iter": 4, "history_size": 2, "lr": 0.5},
        {"max_iter": 6, "lr": 0.01},
        {"max_iter": 3, "lr": 0.1, "history_size": 3},
    ],
    ids=str,
)
def test_steps_are_those_of_pytorch(settings: dict[str, Any]) -> None:
    import torch

    start = np.array([-1.2, 1.0, 0.5, -0.3])
    theirs = torch.tensor(start.copy(), requires_grad=True)
    other, ours, optimizer = torch.optim.LBFGS([theirs], **settings), start.copy(), LBFGS(**settings)

    def closure() -> torch.Tensor:
        loss, gradient = rosenbrock(theirs.detach().numpy())
        theirs.grad = torch.tensor(gradient)
        return torch.tensor(loss, dtype=torch.float64)

    for _ in range(4):
        assert optimizer.step(rosenbrock, ours) == pytest.approx(float(other.step(closure)), rel=1e-6, abs=1e-12)
        assert ours == pytest.approx(theirs.detach().numpy(), rel=1e-6, abs=1e-8)
    assert optimizer.evaluations == other.state[theirs]["func_evals"]
