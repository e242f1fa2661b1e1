"""Conjugate gradients over one vector."""

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.optim import CG


def rosenbrock(x: np.ndarray) -> tuple[float, np.ndarray]:
    a, b = x.astype(float)
    return (
        100 * (b - a**2) ** 2 + (1 - a) ** 2,
        np.array([-400 * a * (b - a**2) - 2 * (1 - a), 200 * (b - a**2)]),
    )


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_the_minimum_of_rosenbrocks_function_is_found(kind: type) -> None:
    x = np.array([-1.2, 1.0], kind)
    optimizer = CG(max_iter=200, tolerance_change=1e-14)
    assert optimizer.step(rosenbrock, x) == pytest.approx(24.2, rel=1e-6)
    assert x == pytest.approx([1, 1], abs=1e-6 if kind is np.float64 else 1e-2)
    assert optimizer.iterations < 100


def test_a_quadratic_function_needs_about_as_many_iterations_as_it_has_dimensions(rng: np.random.Generator) -> None:
    """With exact lines conjugate gradients end after n iterations; the gradient's direction alone needs hundreds."""
    axes = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    matrix, target = axes @ np.diag(np.linspace(1, 100, 8)) @ axes.T, rng.normal(size=8)
    x = np.zeros(8)
    optimizer = CG(max_iter=30, max_eval=1000, tolerance_change=1e-15)
    optimizer.step(lambda x: (x @ matrix @ x / 2 - target @ x, matrix @ x - target), x)
    assert x == pytest.approx(np.linalg.solve(matrix, target), abs=1e-5)


def test_limits_are_kept(rng: np.random.Generator) -> None:
    calls = []

    def counted(x: np.ndarray) -> tuple[float, np.ndarray]:
        calls.append(1)
        return rosenbrock(x)

    optimizer = CG(max_iter=3)
    optimizer.step(counted, np.array([-1.2, 1.0]))
    assert optimizer.iterations <= 3 and optimizer.evaluations == len(calls)
    with pytest.raises(UsageError, match=r"^CG: max_iter is 0; use a whole number, at least 1$"):
        CG(max_iter=0)
