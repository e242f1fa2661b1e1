"""Gradients that are clipped by norm and by value before the update."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import cnncli
from closeness import assert_close, same_bits
from cnncli import _core, optim
from cnncli.errors import UsageError
from cnncli.layers import Flatten, Linear, ReLU
from cnncli.network import Network
from cnncli.program import Program
from cnncli.training.plan import TrainSettings
from cnncli.training.records import Finished, Stopped
from cnncli.training.train import train
from small_training import small_settings, weights

SHAPES = [(3, 5), (7,), (0,), (1031,), (1,)]


def gradients_of(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.normal(0, 2, shape).astype(np.float32) for shape in SHAPES]


@pytest.mark.parametrize(("norm", "value"), [(1.5, 0.0), (0.0, 0.5), (3.0, 0.5), (1e6, 1e6), (1e-6, 0.0)])
def test_clipping_is_the_formula(rng: np.random.Generator, instruction_set: str, norm: float, value: float) -> None:
    gradients = gradients_of(rng)
    expected = [g.astype(float) for g in gradients]
    if value:
        expected = [np.clip(g, -value, value) for g in expected]
    length = np.sqrt(sum((g**2).sum() for g in expected)) if norm else 0.0
    if norm:
        expected = [g * min(1.0, norm / (length + 1e-6)) for g in expected]
    assert _core.clip_gradients(gradients, norm=norm, value=value) == pytest.approx(length, rel=1e-14)
    for found, wanted in zip(gradients, expected, strict=True):
        assert_close(found, wanted, terms=1)


def test_gradients_that_are_no_numbers_are_left_to_the_update(rng: np.random.Generator) -> None:
    gradients = gradients_of(rng)
    gradients[1][2] = np.nan
    before = [g.copy() for g in gradients]
    assert np.isnan(_core.clip_gradients(gradients, norm=0.1, value=0.0))
    assert all(same_bits(one, other) for one, other in zip(gradients, before, strict=True))
    gradients[3][5] = np.inf
    _core.clip_gradients(gradients, norm=0.0, value=0.25)
    assert np.isnan(gradients[1][2]) and gradients[3][5] == 0.25


def test_large_gradients_have_a_finite_norm() -> None:
    gradient = np.full(64, 1e30, np.float32)
    assert _core.clip_gradients([gradient], norm=8.0, value=0.0) == pytest.approx(8e30)
    assert_close(gradient, np.ones(64), terms=1)


def network() -> Network:
    built = Network([Flatten(), Linear(64, 300), ReLU(), Linear(300, 3)], (1, 8, 8))
    built.initialize(1)
    return built


class OwnDescent(optim.Optimizer):
    """Descent in Python."""

    def update(self, value, gradient, state, *, weight_decay) -> None:  # type: ignore[no-untyped-def]
        value -= np.float32(self.lr) * gradient


@pytest.mark.parametrize("kind", [optim.SGD, OwnDescent])
def test_a_program_clips_before_its_update(rng: np.random.Generator, kind: type[optim.Optimizer]) -> None:
    images, labels = rng.uniform(-1, 1, (24, 1, 8, 8)).astype(np.float32), rng.integers(0, 3, 24)
    plain, clipped = network(), network()
    for trained, bounds in ((plain, {}), (clipped, {"clip_norm": 0.01, "clip_value": 0.005})):
        program = Program(trained, 24, optimizer=kind(lr=0.5), **bounds)
        program.bind(images, labels)
        program.step(np.arange(24), step=0, epoch=0)
    expected = [parameter.gradient.copy() for parameter in plain.named_parameters()]
    length = _core.clip_gradients(expected, norm=0.01, value=0.005)
    assert length > 0.01
    start = network().named_parameters()
    for before, after, gradient in zip(start, clipped.named_parameters(), expected, strict=True):
        assert same_bits(after.gradient, gradient)
        assert_close(after.value, before.value - 0.5 * gradient.astype(float), terms=2)


def test_threads_and_vectors_change_no_bit(
    rng: np.random.Generator, assert_same_bits_for_any_threads: Callable
) -> None:
    images, labels = rng.uniform(-1, 1, (60, 1, 8, 8)).astype(np.float32), rng.integers(0, 3, 60)

    def compute() -> tuple[np.ndarray, ...]:
        trained = network()
        program = Program(trained, 20, optimizer=optim.Adam(0.01), clip_norm=0.1)
        program.bind(images, labels)
        for step in range(3):
            program.step(np.arange(20) + 20 * step, step=step, epoch=0)
        return tuple(parameter.value for parameter in trained.named_parameters())

    assert_same_bits_for_any_threads(compute)


@pytest.mark.parametrize("bounds", [{"clip_norm": 0.0}, {"clip_value": -1.0}, {"clip_norm": float("nan")}])
def test_bounds_are_above_zero(bounds: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=r"^clip_\w+ is .*; use a number, more than 0$"):
        Program(network(), 4, optimizer=optim.SGD(), **bounds)  # type: ignore[arg-type]


@pytest.mark.torch
def test_clipping_is_that_of_pytorch(rng: np.random.Generator) -> None:
    import torch

    for norm, value in ((1.5, 0.0), (0.0, 0.5), (3.0, 0.5), (1e6, 0.0)):
        gradients = gradients_of(rng)
        parameters = [torch.zeros(shape, requires_grad=True, dtype=torch.float64) for shape in SHAPES]
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = torch.tensor(gradient.astype(float))
        if value:
            torch.nn.utils.clip_grad_value_(parameters, value)
        length = _core.clip_gradients(gradients, norm=norm, value=value)
        if norm:
            assert length == pytest.approx(float(torch.nn.utils.clip_grad_norm_(parameters, norm)), rel=1e-12)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            assert_close(gradient, parameter.grad.numpy(), terms=1)


def test_options_reach_the_training_and_a_stopped_run_goes_on_with_them(tmp_path: Path) -> None:
    settings = replace(small_settings(tmp_path), epochs=2, clip_norm=0.5, clip_value=0.1)
    found = []
    for asked in (settings, replace(settings, clip_norm=None), replace(settings, clip_value=None)):
        *_, whole = train(asked)
        assert isinstance(whole, Finished)
        found.append(weights(whole.model))
    assert found[0] != found[1] != found[2] != found[0]
    calls = iter(range(100))
    *_, stopped = train(settings, should_stop=lambda: next(calls) >= 3)
    assert isinstance(stopped, Stopped)
    *_, finished = train(TrainSettings(resume=str(stopped.run)))
    assert isinstance(finished, Finished)
    assert weights(finished.model) == found[0]
    assert " --clip-norm 0.5 --clip-value 0.1" in cnncli.load(finished.model).record["training"]["command"]
