"""Muon's part for hidden matrices: the formula in float64, orthogonality, bits, and which parameters are hidden."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeness import same_bits
from cnncli import _core
from cnncli.errors import UsageError
from cnncli.layers import BatchNorm1d, Conv2d, Flatten, Linear, Parameter, ReLU
from cnncli.network import Network
from cnncli.optim import AdamW, Muon
from cnncli.program import Program

SHAPES = [(1, 1), (1, 7), (7, 1), (5, 7), (7, 5), (16, 16), (17, 33), (6, 1, 5, 5), (70, 3, 2, 2), (130, 41)]


def formula(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 1e-3, weight_decay: float = 0.1,
    momentum: float = 0.95, nesterov: bool = True, ns_coefficients: Sequence[float] = (3.4445, -4.775, 2.0315),
    eps: float = 1e-7, ns_steps: int = 5, adjust_lr_fn: str | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The matrix and its momentum after steps, by singular values: those of x are s, then k0 s + k1 s^3 + k2 s^5."""
    shape, p = p.shape, p.reshape(len(p), -1)
    rows, columns = p.shape
    scale = math.sqrt(max(1, rows / columns))
    if adjust_lr_fn == "match_rms_adamw":
        scale = 0.2 * math.sqrt(max(rows, columns))
    b = np.zeros_like(p)
    for g in gradients:
        b = momentum * b + (1 - momentum) * g.reshape(p.shape)
        d = momentum * b + (1 - momentum) * g.reshape(p.shape) if nesterov else b
        left, values, right = np.linalg.svd(d / max(np.sqrt((d**2).sum()), eps), full_matrices=False)
        for _ in range(ns_steps):
            values = ns_coefficients[0] * values + ns_coefficients[1] * values**3 + ns_coefficients[2] * values**5
        p = (1 - lr * weight_decay) * p - lr * scale * (left * values) @ right
    return p.reshape(shape), b.reshape(shape)


def hidden(optimizer: Muon, value: np.ndarray, gradients: Sequence[np.ndarray]) -> np.ndarray:
    """The momentum after steps of a matrix that another one follows; `value` is changed."""
    last = np.zeros((2, 2), np.float32)
    for gradient in gradients:
        optimizer.step([Parameter("w", value, gradient, True), Parameter("last", last, last.copy(), True)])
    return optimizer.state["w"]["momentum"]


def numbers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"lr": 0.1, "momentum": 0.5, "nesterov": False, "weight_decay": 0.5},
        {"lr": 0.1, "adjust_lr_fn": "match_rms_adamw", "ns_steps": 2, "weight_decay": 0.0},
        {"lr": 0.1, "ns_coefficients": (1.5, -0.5, 0.0), "eps": 2.0, "ns_steps": 3},
    ],
    ids=str,
)
def test_steps_are_those_of_the_formula(
    instruction_set: str, rng: np.random.Generator, shape: tuple[int, ...], more: dict[str, Any]
) -> None:
    value, gradients = numbers(rng, *shape), [numbers(rng, *shape) for _ in range(3)]
    expected, momentum = formula(value.astype(float), [g.astype(float) for g in gradients], **more)
    found = hidden(Muon(**more), value, gradients)
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=3e-5)
    np.testing.assert_allclose(found, momentum, rtol=1e-5, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 60), columns=st.integers(1, 60), seed=st.integers(0, 2**32 - 1))
def test_a_step_moves_every_direction_by_about_the_rate(rows: int, columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    gradient = numbers(rng, rows, columns)
    values = np.linalg.svd(gradient.astype(float) / np.linalg.norm(gradient), compute_uv=False)
    value = np.zeros((rows, columns), np.float32)
    hidden(Muon(1.0, weight_decay=0, adjust_lr_fn="original"), value, [gradient])
    moved = np.linalg.svd(value / math.sqrt(max(1, rows / columns)), compute_uv=False)
    assert np.all((moved > 0.6) & (moved < 1.3)) or values[-1] < 0.01  # tiny directions take more than five steps
    assert moved[0] < 1.3


def test_an_empty_gradient_moves_nothing_and_a_number_that_is_none_is_everywhere(rng: np.random.Generator) -> None:
    value = numbers(rng, 4, 5)
    before = value.copy()
    hidden(Muon(0.1, weight_decay=0), value, [np.zeros((4, 5), np.float32)])
    assert same_bits(value, before)
    gradient = numbers(rng, 4, 5)
    gradient[1, 2] = np.nan
    hidden(Muon(0.1), value, [gradient])
    assert np.isnan(value).all()
    empty = np.zeros((0, 3), np.float32)
    hidden(Muon(0.1), empty, [empty.copy()])


def network() -> Network:
    layers = [Conv2d(1, 5, kernel_size=2), ReLU(), Flatten(), Linear(60, 41), BatchNorm1d(41), ReLU(), Linear(41, 3)]
    built = Network(layers, (1, 5, 4))
    built.initialize(1)
    return built


def test_hidden_are_the_matrices_before_the_last(rng: np.random.Generator) -> None:
    images, labels = numbers(rng, 24, 1, 5, 4), rng.integers(0, 3, 24)
    optimizer = Muon(0.02)
    program = Program(network(), 24, optimizer=optimizer)
    program.bind(images, labels)
    program.step(np.arange(24), step=0, epoch=0)
    kept = {name: sorted(arrays) for name, arrays in optimizer.state.items()}
    assert [name for name, arrays in kept.items() if arrays == ["momentum"]] == ["0.weight", "3.weight"]
    assert [name for name, arrays in kept.items() if arrays == ["mean", "square"]] == [
        "0.bias", "3.bias", "4.weight", "4.bias", "6.weight", "6.bias",
    ]  # fmt: skip
    built, twin = network(), network()
    for one, other in zip(built.named_parameters(), twin.named_parameters(), strict=True):
        one.gradient[...] = other.gradient[...] = numbers(rng, *one.value.shape)
    Muon(0.02, rest_share=0.25).step(built.named_parameters())
    AdamW(0.005, weight_decay=0.1).step(twin.named_parameters())
    for one, other in zip(built.named_parameters(), twin.named_parameters(), strict=True):
        assert same_bits(one.value, other.value) == (one.name not in ("0.weight", "3.weight"))


def test_threads_and_vectors_change_no_bit(
    rng: np.random.Generator, assert_same_bits_for_any_threads: Callable
) -> None:
    shapes = [(130, 300), (300, 130), (7, 11)]
    values, gradients = [numbers(rng, *s) for s in shapes], [numbers(rng, *s) for s in shapes]

    def compute() -> tuple[np.ndarray, ...]:
        found = [value.copy() for value in values]
        for value, gradient in zip(found, gradients, strict=True):
            hidden(Muon(0.02), value, [gradient] * 2)
        return tuple(found)

    assert_same_bits_for_any_threads(compute)
    before, found = _core.instruction_set(), []
    for name in set(_core.instruction_sets()) & {"avx2", "avx512"}:
        _core.set_instruction_set(name)
        found.append([array.tobytes() for array in compute()])
    _core.set_instruction_set(before)
    assert all(bits == found[0] for bits in found)


def test_what_cannot_be_is_told() -> None:
    for wrong, line in (
        ({"ns_coefficients": (1, 2)}, "Muon: ns_coefficients is (1, 2); use three numbers"),
        ({"ns_steps": 100}, "Muon: ns_steps is 100; use a whole number, at least 0 and less than 100"),
        ({"ns_steps": 2.7}, "Muon: ns_steps is 2.7; use a whole number, at least 0 and less than 100"),
        ({"adjust_lr_fn": "x"}, "Muon: adjust_lr_fn is 'x'; use None, 'original' or 'match_rms_adamw'"),
    ):
        with pytest.raises(UsageError) as caught:
            Muon(**wrong)  # type: ignore[arg-type]
        assert str(caught.value) == line
    square, flat = np.ones((2, 2), np.float32), np.ones(4, np.float32)
    how: dict[str, Any] = {
        "rate": 1, "kept_weight": 1, "momentum": 0, "new_share": 1, "nesterov": False, "coefficients": (1, 0, 0),
        "eps": 0, "steps": 0,
    }  # fmt: skip
    for arrays, more, line in (
        ((flat, flat, flat), {}, r"^parameter: expected a matrix, got shape \(4,\)$"),
        ((square, flat, square), {}, r"^gradient: expected shape \(2, 2\), got \(4,\)$"),
        ((square, square, flat), {}, r"^momentum: expected shape \(2, 2\), got \(4,\)$"),
        ((square, square, square), {"steps": -1}, r"^steps: expected at least 0, got -1$"),
    ):
        with pytest.raises(ValueError, match=line):
            _core.muon_update(*arrays, **{**how, **more})


@pytest.mark.torch
@pytest.mark.parametrize(
    "more", [{}, {"nesterov": False, "lr": 0.1}, {"adjust_lr_fn": "match_rms_adamw", "lr": 0.1, "ns_steps": 3}], ids=str
)
@pytest.mark.parametrize("shape", [(20, 30), (30, 20), (40, 8)], ids=str)
def test_steps_are_those_of_pytorch(rng: np.random.Generator, shape: tuple[int, int], more: dict[str, Any]) -> None:
    """As nearly as its bfloat16, of 8 bits, can say."""
    import torch

    start, gradients = numbers(rng, *shape), [numbers(rng, *shape) for _ in range(4)]
    theirs, ours = torch.tensor(start.copy(), requires_grad=True), start.copy()
    optimizer = torch.optim.Muon([theirs], **more)
    for gradient in gradients:
        theirs.grad = torch.tensor(gradient)
        optimizer.step()
    momentum = hidden(Muon(**more), ours, gradients)
    moved, expected = ours - start, theirs.detach().numpy() - start
    assert np.linalg.norm(moved - expected) < 0.03 * np.linalg.norm(expected)
    np.testing.assert_allclose(momentum, optimizer.state[theirs]["momentum_buffer"].numpy(), rtol=1e-5, atol=1e-6)


def test_an_array_that_two_layers_share_is_changed_once(rng: np.random.Generator) -> None:
    value, gradient, last = numbers(rng, 5, 5), numbers(rng, 5, 5), numbers(rng, 5, 5)
    once, twice = value.copy(), value.copy()
    end = Parameter("2.weight", last, numbers(rng, 5, 5), True)
    Muon(0.03).step([Parameter("0.weight", once, gradient, True), end])
    shared = [Parameter(name, twice, gradient, True) for name in ("0.weight", "1.weight")]
    Muon(0.03).step([*shared, end])
    assert same_bits(once, twice) and not same_bits(once, value)
