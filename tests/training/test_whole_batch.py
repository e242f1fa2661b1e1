"""L-BFGS and conjugate gradients in a Trainer and with `cnn train --optim`: what they find, bits, exact resume."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncli
from cnncli import _core
from cnncli.criteria import MSELoss
from cnncli.errors import FormatError, Interrupted, UsageError
from cnncli.layers import BatchNorm1d, Flatten, Linear, Tanh
from cnncli.network import Network
from cnncli.optim import CG, LBFGS
from cnncli.optim.whole import WHOLE_BATCH, WholeBatchOptimizer
from cnncli.training.plan import make_optimizer, make_plan
from cnncli.training.records import EpochDone, Finished, Stopped
from cnncli.training.state import TrainingState
from cnncli.training.train import train
from cnncli.training.trainer import Trainer
from cnncli.training_options import WHOLE_BATCH_OPTIMIZERS, TrainSettings
from small_training import small_settings, weights

each_kind = pytest.mark.parametrize("kind", [LBFGS, CG])


def made(kind: type[WholeBatchOptimizer]) -> Any:
    return kind(**kind.command_arguments)


def xor_like(rng: np.random.Generator, count: int = 90) -> tuple[np.ndarray, np.ndarray]:
    images = rng.uniform(-1, 1, (count, 1, 1, 2)).astype(np.float32)
    return images, (images[:, 0, 0, 0] * images[:, 0, 0, 1] > 0).astype(np.int64)


def network(seed: int = 1) -> Network:
    built = Network([Flatten(), Linear(2, 12), BatchNorm1d(12), Tanh(), Linear(12, 2)], (1, 1, 2))
    built.initialize(seed)
    return built


def bits(built: Network) -> list[bytes]:
    arrays = [parameter.value for parameter in built.named_parameters()]
    return [array.tobytes() for array in [*arrays, *(buffer for _, buffer in built.named_buffers())]]


@each_kind
def test_linear_regression_finds_the_least_squares(rng: np.random.Generator, kind: type[WholeBatchOptimizer]) -> None:
    inputs = rng.normal(size=(200, 5)).astype(np.float32)
    targets = (inputs @ rng.normal(size=(5, 2)) + 0.5 + rng.normal(0, 0.1, (200, 2))).astype(np.float32)
    built = Network([Linear(5, 2)], (5,))
    built.initialize(1)
    trainer = Trainer(built, (inputs, targets), MSELoss(), made(kind), epochs=4, batch_size="full")
    *_, last = trainer
    with_one = np.hstack([inputs, np.ones((200, 1))]).astype(float)
    best, left, *_ = np.linalg.lstsq(with_one, targets.astype(float), rcond=None)
    weight, bias = (parameter.value for parameter in built.named_parameters())
    np.testing.assert_allclose(np.vstack([weight.T, bias]), best, atol=2e-4)
    assert last.loss == pytest.approx(left.sum() / 400, rel=1e-4)


@each_kind
def test_a_network_learns_and_a_record_holds_what_is_measured_after_the_step(
    rng: np.random.Generator, kind: type[WholeBatchOptimizer]
) -> None:
    samples, built = xor_like(rng), network()
    trainer = Trainer(built, samples, optimizer=made(kind), epochs=8, batch_size="full")
    losses = [epoch.loss for epoch in trainer]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.1
    assert trainer.state.history[-1]["accuracy"] > 0.95
    assert trainer.optimizer.evaluations > trainer.optimizer.iterations > 8  # type: ignore[union-attr]


@each_kind
def test_threads_and_vectors_change_no_bit(rng: np.random.Generator, kind: type[WholeBatchOptimizer]) -> None:
    samples, before, found = xor_like(rng), _core.instruction_set(), []
    sets = [name for name in ("avx2", "avx512") if name in _core.instruction_sets()] or [before]
    for name in sets:
        _core.set_instruction_set(name)
        for threads in (1, 2, 3):
            built = network()
            for _ in Trainer(built, samples, optimizer=made(kind), epochs=3, batch_size="full", threads=threads):
                pass
            found.append(bits(built))
    _core.set_instruction_set(before)
    assert all(one == found[0] for one in found)


@each_kind
def test_a_training_goes_on_from_its_state_with_the_same_bits(
    rng: np.random.Generator, kind: type[WholeBatchOptimizer]
) -> None:
    samples, whole, part = xor_like(rng), network(), network()
    for _ in Trainer(whole, samples, optimizer=made(kind), epochs=5, batch_size="full"):
        pass
    first = Trainer(part, samples, optimizer=made(kind), epochs=5, batch_size="full")
    steps = first.steps()
    for _ in range(4):  # two steps, each with the end of its epoch
        next(steps)
    asked = iter(range(100))
    with pytest.raises(Interrupted):  # within the third one, after some evaluations
        list(first.steps(lambda: next(asked) > 6))
    state = TrainingState(**vars(first.state))
    second = made(kind)
    size = sum(parameter.value.size for parameter in part.named_parameters())
    second.load_state_dict(first.optimizer.state_dict(), size)
    for _ in Trainer(part, samples, optimizer=second, epochs=5, batch_size="full", state=state):
        pass
    assert bits(part) == bits(whole)


def test_their_names_are_those_of_the_command_line() -> None:
    assert tuple(WHOLE_BATCH) == WHOLE_BATCH_OPTIMIZERS


@pytest.mark.parametrize("name", WHOLE_BATCH)
def test_a_stopped_run_ends_with_the_bits_of_one_that_did_not_stop(tmp_path: Path, name: str) -> None:
    settings = replace(small_settings(tmp_path), optimizer=name, batch_size=None, epochs=4)
    *_, whole = train(settings)
    assert isinstance(whole, Finished)
    assert whole.history[-1]["loss"] < whole.history[0]["loss"]
    seen: list[object] = []
    asked = iter(range(1000))

    def within_the_second_epoch() -> bool:
        return any(isinstance(record, EpochDone) for record in seen) and next(asked) >= 3

    for record in train(replace(settings, threads=1), should_stop=within_the_second_epoch):
        seen.append(record)
    stopped = seen[-1]
    assert isinstance(stopped, Stopped) and stopped.step == 1
    *_, finished = train(TrainSettings(resume=str(stopped.run), threads=3))
    assert isinstance(finished, Finished)
    assert weights(finished.model) == weights(whole.model)
    command = cnncli.load(finished.model).record["training"]["command"]
    assert f"--optim {name} " in command and "--batch-size full" in command


@pytest.mark.parametrize("name", WHOLE_BATCH)
def test_the_plan_is_one_of_full_batches_whatever_the_description_says(name: str) -> None:
    described = {"batch_size": 64, "learning_rate": 0.3, "momentum": 0.8, "schedule": "step", "epochs": 3}
    plan = make_plan(TrainSettings(optimizer=name), {"training": described}, "own.toml")
    assert (plan.batch_size, plan.epochs, plan.schedule, plan.learning_rate) == ("full", 10, "constant", 1.0)
    kind = WHOLE_BATCH[name]
    assert make_optimizer(plan).settings() == made(kind).settings()
    with pytest.raises(UsageError, match=f"^--batch-size 8: {name} takes all images in each step; use full"):
        make_plan(TrainSettings(optimizer=name, batch_size=8), {}, "own.toml")
    with pytest.raises(UsageError, match=f"^--momentum 0.5: {name} has no such setting"):
        make_plan(TrainSettings(optimizer=name, momentum=0.5), {}, "own.toml")


def test_what_cannot_be_is_told(rng: np.random.Generator) -> None:
    samples = xor_like(rng)
    with pytest.raises(UsageError, match=r"^batch_size: is 64, but CG takes all 90 images in each step; pass 'full'$"):
        Trainer(network(), samples, optimizer=CG())
    with pytest.raises(UsageError, match=r"^clip_norm, clip_value: LBFGS measures the function as it is"):
        Trainer(network(), samples, optimizer=LBFGS(), batch_size="full", clip_norm=1.0)
    with pytest.raises(UsageError, match=r"^CG: lr is 0; use a number, more than 0$"):
        CG(lr=0)
    optimizer = LBFGS(line_search_fn="strong_wolfe")
    optimizer.step(lambda x: (float(((x - 3) ** 4).sum()), 4 * (x - 3) ** 3), np.zeros(5))
    good = optimizer.state_dict()
    for wrong in (
        {"speed": 1},
        {**good, "iterations": -1},
        {**good, "scale": "x"},
        {name: value for name, value in good.items() if name != "direction"},
        {**good, "moves": good["moves"][:, :3]},
        {**good, "gradient": np.zeros(5)},
    ):
        with pytest.raises(FormatError, match=r"^LBFGS: is no state of it"):
            LBFGS().load_state_dict(wrong, 5)
    with pytest.raises(FormatError, match=r"for 6 parameters; load that of the same optimizer and network$"):
        LBFGS().load_state_dict(good, 6)
    with pytest.raises(FormatError, match=r"^CG: is no state of it"):
        CG().load_state_dict(good, 5)


def test_a_dot_product_has_one_order() -> None:
    x, y = np.array([1e16, 1.0, -1e16] * 11), np.ones(33)
    sums = [0.0] * 8
    for place, value in enumerate(x):
        sums[place % 8] += value
    assert _core.dot(x, y) == sum(sums)
    with pytest.raises(ValueError, match=r"^other: expected shape \(33,\), got \(3,\)$"):
        _core.dot(x, y[:3].copy())
