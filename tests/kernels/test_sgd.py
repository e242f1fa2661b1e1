"""`_core.sgd_update`: one step in place, with momentum, dampening, Nesterov and weight decay."""

from collections.abc import Callable

import numpy as np
import pytest

import oracles
from closeness import assert_close, same_bits
from cnncli import _core

PLAIN = {"learning_rate": 0.1, "momentum": 0.0, "dampening": 0.0, "nesterov": False, "weight_decay": 0.0}
SETTINGS = [
    PLAIN,
    {**PLAIN, "weight_decay": 0.01},
    {**PLAIN, "momentum": 0.9},
    {**PLAIN, "momentum": 0.9, "dampening": 0.9},
    {**PLAIN, "momentum": 0.9, "nesterov": True},
    {**PLAIN, "momentum": 0.5, "dampening": 0.25, "nesterov": True, "weight_decay": 0.1},
    {**PLAIN, "learning_rate": 0.0, "momentum": 0.9},
]
SHAPES = [(0,), (1,), (15,), (16,), (17,), (33,), (5, 7), (6, 1, 5, 5), (1031,)]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("shape", SHAPES)
def test_sgd_update_takes_the_steps_of_the_formula(
    instruction_set: str, rng: np.random.Generator, shape: tuple, settings: dict
) -> None:
    parameter = rng.uniform(-1, 1, shape).astype(np.float32)
    velocity = np.zeros(shape, np.float32) if settings["momentum"] else None
    expected, expected_velocity = parameter, velocity
    for _ in range(3):
        gradient = rng.uniform(-1, 1, shape).astype(np.float32)
        expected, expected_velocity = oracles.sgd_update(expected, gradient, expected_velocity, **settings)
        _core.sgd_update(parameter, gradient, velocity, **settings)
    assert_close(parameter, expected)
    if velocity is not None:
        assert_close(velocity, expected_velocity, scale=3)


def test_sgd_update_without_momentum_ignores_momentum_settings(
    instruction_set: str, rng: np.random.Generator
) -> None:
    parameter, gradient = (rng.uniform(-1, 1, 17).astype(np.float32) for _ in range(2))
    expected = parameter.astype(np.float64) - 0.1 * gradient
    _core.sgd_update(parameter, gradient, None, **PLAIN)
    assert_close(parameter, expected)


def test_sgd_update_keeps_nan_to_its_element(instruction_set: str, rng: np.random.Generator) -> None:
    parameter, gradient, velocity = (rng.uniform(-1, 1, 35).astype(np.float32) for _ in range(3))
    gradient[[3, 34]] = np.nan, np.inf
    _core.sgd_update(parameter, gradient, velocity, **SETTINGS[5])
    np.testing.assert_array_equal(np.flatnonzero(~np.isfinite(parameter)), [3, 34])
    np.testing.assert_array_equal(np.flatnonzero(~np.isfinite(velocity)), [3, 34])
    assert parameter[34] == -np.inf


def test_sgd_update_leaves_the_gradient_alone(instruction_set: str, rng: np.random.Generator) -> None:
    parameter, gradient, velocity = (rng.uniform(-1, 1, 35).astype(np.float32) for _ in range(3))
    before = gradient.copy()
    _core.sgd_update(parameter, gradient, velocity, **SETTINGS[5])
    assert same_bits(gradient, before)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_sgd_update_gives_the_same_bits_for_any_threads(
    instruction_set: str, rng: np.random.Generator, assert_same_bits_for_any_threads: Callable, settings: dict
) -> None:
    before = [rng.uniform(-1, 1, 100_003).astype(np.float32) for _ in range(3)]

    def compute() -> tuple[np.ndarray, ...]:
        parameter, gradient, velocity = (array.copy() for array in before)
        _core.sgd_update(parameter, gradient, velocity, **settings)
        return parameter, velocity

    assert_same_bits_for_any_threads(compute)


def test_sgd_update_refuses_what_does_not_fit() -> None:
    four, five = np.ones(4, np.float32), np.ones(5, np.float32)
    for argument, arrays in (
        ("gradient", (four, five, four)),
        ("velocity", (four, four, five)),
        ("gradient", (four, five, None)),
        ("gradient", (np.ones((2, 2), np.float32), four, None)),
    ):
        with pytest.raises(ValueError, match=rf"^{argument}: expected shape .*, got "):
            _core.sgd_update(*arrays, **PLAIN)
    for argument, arrays in (
        ("parameter", (four.astype(np.float64), four, None)),
        ("gradient", (four, four.astype(np.float64), None)),
    ):
        with pytest.raises(TypeError, match=rf"^{argument}: expected float32, got float64$"):
            _core.sgd_update(*arrays, **PLAIN)


def test_sgd_update_refuses_momentum_without_a_velocity() -> None:
    four = np.ones(4, np.float32)
    with pytest.raises(ValueError, match="velocity"):
        _core.sgd_update(four, four.copy(), None, **{**PLAIN, "momentum": 0.9})
