"""Every optimizer of update_cases.py: its trajectory, eager and compiled, on every instruction set and any number of
threads; saved and resumed; and that no optimizer and no update rule is left out."""

import inspect
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from closeness import assert_close, same_bits
from cnncli import _core, optim
from cnncli.layers import BatchNorm1d, Flatten, Linear, Parameter, ReLU
from cnncli.network import Network
from cnncli.program import Program
from update_cases import CASES, IDS, ROWS, Row

STEPS = 7
SHAPES = [(0,), (1,), (15,), (16,), (17,), (33,), (5, 7), (1031,)]
each_case = pytest.mark.parametrize(("row", "settings"), CASES, ids=IDS)


def numbers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.uniform(-1, 1, shape).astype(np.float32)


def trajectory(
    optimizer: optim.Optimizer, value: np.ndarray, gradients: list[np.ndarray]
) -> dict[str, np.ndarray]:
    """The parameter, changed in place, and the states after steps along the gradients."""
    for gradient in gradients:
        optimizer.step([Parameter("w", value, gradient.copy(), True)])
    return {"value": value, **optimizer.state.get("w", {})}


@each_case
def test_steps_are_those_of_the_formula(
    instruction_set: str, rng: np.random.Generator, row: Row, settings: dict[str, Any]
) -> None:
    for shape in SHAPES:
        value, gradients = numbers(rng, *shape), [numbers(rng, *shape) for _ in range(STEPS)]
        expected, states = row.formula(value.astype(float), [g.astype(float) for g in gradients], **settings)
        found = trajectory(row.kind(**settings), value, gradients)
        assert sorted(found) == sorted(["value", *states]), shape
        for name, array in {"value": expected, **states}.items():
            assert_close(found[name], array, terms=STEPS, scale=1)  # each step rounds what it holds


@each_case
def test_a_number_that_is_none_stays_in_its_element(
    instruction_set: str, rng: np.random.Generator, row: Row, settings: dict[str, Any]
) -> None:
    value, gradients = numbers(rng, 35), [numbers(rng, 35) for _ in range(3)]
    gradients[1][[3, 34]] = np.nan, np.inf
    found = trajectory(row.kind(**settings), value, gradients)
    assert np.isnan(value[3])
    for array in found.values():
        assert set(np.flatnonzero(~np.isfinite(array))) <= {3, 34}


@each_case
def test_threads_and_vectors_change_no_bit(
    rng: np.random.Generator, assert_same_bits_for_any_threads: Callable, row: Row, settings: dict[str, Any]
) -> None:
    value, gradients = numbers(rng, 50_003), [numbers(rng, 50_003) for _ in range(2)]

    def compute() -> tuple[np.ndarray, ...]:
        return tuple(trajectory(row.kind(**settings), value.copy(), gradients).values())

    assert_same_bits_for_any_threads(compute)
    before = _core.instruction_set()
    wide = [name for name in _core.instruction_sets() if name in ("avx2", "avx512")]
    found = []
    for name in wide:
        _core.set_instruction_set(name)
        found.append([array.tobytes() for array in compute()])
    _core.set_instruction_set(before)
    assert all(bits == found[0] for bits in found)


@each_case
def test_gradients_are_left_alone_and_arrays_changed_in_place(
    rng: np.random.Generator, row: Row, settings: dict[str, Any]
) -> None:
    learned = Parameter("w", numbers(rng, 19), numbers(rng, 19), True)
    value, gradient = learned.value, learned.gradient.copy()
    before, optimizer = value.copy(), row.kind(**settings)
    optimizer.step([learned])
    arrays = dict(optimizer.state["w"])
    optimizer.step([learned])
    assert learned.value is value and same_bits(value, before) == (optimizer.lr == 0)
    assert same_bits(learned.gradient, gradient)
    assert all(optimizer.state["w"][name] is array for name, array in arrays.items())


@each_case
def test_a_resumed_optimizer_goes_on_with_the_same_bits(
    rng: np.random.Generator, row: Row, settings: dict[str, Any]
) -> None:
    value, gradients = numbers(rng, 35), [numbers(rng, 35) for _ in range(STEPS)]
    whole = trajectory(row.kind(**settings), value.copy(), gradients)
    first = row.kind(**settings)
    half = trajectory(first, value.copy(), gradients[:3])["value"]
    saved = {
        name: array.copy() if isinstance(array, np.ndarray) else json.loads(json.dumps(array))
        for name, array in first.state_dict().items()
    }
    trajectory(first, half.copy(), gradients[3:])  # does not change what was saved
    second = row.kind(**json.loads(json.dumps(first.settings())))
    second.load_state_dict(saved)
    resumed = trajectory(second, half, gradients[3:])
    assert {name: array.tobytes() for name, array in resumed.items()} == {
        name: array.tobytes() for name, array in whole.items()
    }


@each_case
def test_coefficients_are_a_function_of_the_step(row: Row, settings: dict[str, Any]) -> None:
    """A training that goes on from an earlier state goes back in steps."""
    asked = row.kind(**settings)
    if asked.runs_in_core:
        forth = {step: asked.rule_settings(step, 0.25) for step in (1, 2, 3, 4, 5, 9)}
        for step in (5, 9, 2, 1, 3, 4):
            assert asked.rule_settings(step, 0.25) == forth[step] == row.kind(**settings).rule_settings(step, 0.25)


def network() -> Network:
    built = Network([Flatten(), Linear(6, 9), BatchNorm1d(9), ReLU(), Linear(9, 3)], (1, 2, 3))
    built.initialize(1)
    return built


@each_case
def test_a_program_updates_as_the_eager_optimizer_does(
    rng: np.random.Generator, row: Row, settings: dict[str, Any]
) -> None:
    """The core's update after the core's gradients, which the network's arrays hold after each step."""
    images, labels = numbers(rng, 24, 1, 2, 3), rng.integers(0, 3, 24)
    trained, twin = network(), network()
    program = Program(trained, 8, optimizer=row.kind(**settings))
    program.bind(images, labels)
    eager = row.kind(**settings)
    for step in range(6):
        program.step(np.arange(8) + 8 * (step % 3), step=step, epoch=0)
        for learned, copied in zip(trained.named_parameters(), twin.named_parameters(), strict=True):
            copied.gradient[...] = learned.gradient
        eager.step(twin.named_parameters())
    for learned, copied in zip(trained.named_parameters(), twin.named_parameters(), strict=True):
        assert same_bits(learned.value, copied.value), learned.name
    state = program.optimizer.state_dict()  # type: ignore[union-attr]
    assert sorted(state) == sorted(eager.state_dict())


def test_every_optimizer_and_every_rule_has_its_row() -> None:
    kinds = {getattr(optim, name) for name in optim.__all__} - {optim.Optimizer}
    assert {row.kind for row in ROWS} == kinds
    assert {kind.rule for kind in kinds} | {"average"} == set(_core.update_rules())  # test_weight_average.py


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind.__name__)
def test_arguments_and_defaults_are_those_of_the_formula(row: Row) -> None:
    ours, theirs = (inspect.signature(function).parameters for function in (row.kind, row.formula))
    defaults = {name: parameter.default for name, parameter in list(theirs.items())[2:]}
    assert {name: parameter.default for name, parameter in ours.items()} == defaults
    assert list(ours) == list(defaults)
    optimizer = row.kind()
    settings = optimizer.settings().items()
    assert {name: tuple(value) if isinstance(value, list) else value for name, value in settings} == defaults


@pytest.mark.torch
@each_case
def test_steps_are_those_of_pytorch(rng: np.random.Generator, row: Row, settings: dict[str, Any]) -> None:
    import torch

    if not row.torch:
        pytest.skip("PyTorch has none")
    if settings.get("dampening"):
        pytest.skip("PyTorch starts from the first gradient undamped, and we from zero")
    value, gradients = numbers(rng, 101), [numbers(rng, 101) for _ in range(STEPS)]
    theirs = torch.tensor(value.astype(float), requires_grad=True)
    optimizer = getattr(torch.optim, row.torch)([theirs], **settings)
    for gradient in gradients:
        theirs.grad = torch.tensor(gradient.astype(float))
        optimizer.step()
    trajectory(row.kind(**settings), value, gradients)
    assert_close(value, theirs.detach().numpy(), terms=STEPS)


def test_the_core_says_what_an_update_takes() -> None:
    four, five = np.ones(4, np.float32), np.ones(5, np.float32)
    plain = [0.1, 0.0, 0.0, 0.0, 0.0]
    for error, message, arguments in (
        (ValueError, r"^rule: expected one of sgd.*, got swim$", ("swim", four, four, {}, plain)),
        (ValueError, r"^gradient: expected shape \(4,\), got \(5,\)$", ("sgd", four, five, {}, plain)),
        (ValueError, r"^velocity: expected shape \(4,\), got \(5,\)$", ("sgd", four, four, {"velocity": five}, plain)),
        (ValueError, r"^states: those of sgd are velocity$", ("sgd", four, four, {"speed": four}, plain)),
        (
            ValueError,
            r"^settings: expected 5 for sgd \(rate momentum dampening nesterov weight_decay\), got 4$",
            ("sgd", four, four, {}, plain[1:]),
        ),
        (TypeError, r"^parameter: expected float32, got float64$", ("sgd", four.astype(float), four, {}, plain)),
        (TypeError, r"^gradient: expected float32, got float64$", ("sgd", four, four.astype(float), {}, plain)),
    ):
        with pytest.raises(error, match=message):
            _core.update(*arguments)  # type: ignore[arg-type]


def test_groups_of_a_program_have_one_rule_and_its_settings() -> None:
    one, two = (np.ones(4, np.float32) for _ in range(2))
    program = _core.Program(1, training=True, couples_samples=False)
    with pytest.raises(ValueError, match=r"^group: expected 0 to 0, got 1$"):
        program.update("sgd", one, two, {}, group=1)
    program.input((1, 1, 1), np.zeros((1, 256), np.float32))
    program.loss(0, kind="mse")
    program.update("sgd", one, two, {})
    program.finish()
    program.bind(np.zeros((1, 1, 1, 1), np.float32), np.zeros((1, 1), np.float32))
    for settings, message in (
        ([], r"^settings: expected those of 1 groups, got 0$"),
        ([[0.1]], r"^settings: expected 5 for sgd \(.*\), got 1$"),
    ):
        with pytest.raises(ValueError, match=message):
            program.step(np.array([0]), seed=0, step=0, epoch=0, settings=settings, threads=1)
