"""Element-wise layers on drawn shapes, held to the formulas of `activation_cases`."""

from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st

import beside_torch
from activation_cases import CASES, Case
from closeness import assert_close, same_bits
from cnncli import _core
from drawn_layers import using

shapes = st.one_of(st.tuples(st.integers(1, 40)), st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 6)))


def away_from_kinks(case: Case, x: np.ndarray) -> np.ndarray:
    """x in float32, moved where a finite difference would step over a kink."""
    for kink, _ in case.kinks:
        x = np.where(np.abs(x - kink) < 1e-3, kink + 2e-3, x)
    return x.astype(np.float32)


def derivative(case: Case, x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    x = x.astype(np.float64)
    return (case.formula(x + step) - case.formula(x - step)) / (2 * step)


def check(case: Case, drawn: Any, samples: int, seed: int) -> None:
    layer, shape = drawn
    rng = np.random.default_rng(seed)
    x = away_from_kinks(case, rng.uniform(-4, 4, (samples, *shape)))
    grad_y, results = rng.uniform(-3, 3, x.shape).astype(np.float32), {}
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            results[instruction_set] = y, grad_x = layer.forward(x), layer.backward(x, grad_y)
        assert_close(y, case.formula(x.astype(np.float64)))
        assert_close(grad_x, grad_y * derivative(case, x), scale=6)
    if {"avx2", "avx512"} <= set(results):
        assert all(map(same_bits, results["avx2"], results["avx512"])), "AVX2 and AVX-512 give different bits"


def rows(row: Any) -> list[Any]:
    """A row for each case, held to PyTorch's module that the case names, or else to the function of `beside_torch` that
    has the name of the core's; where there is neither, not to PyTorch."""
    made = []
    for case in CASES:
        layer = case.layer()
        name, note = type(layer).__name__, ",".join(f"{value}" for value in layer.settings().values())
        drawn = st.builds(lambda shape, case=case: (case.layer(), shape), shapes)
        torch = beside_torch.same if case.torch else getattr(beside_torch, layer.function, None)
        made.append(row(name, drawn, partial(check, case), torch, note=note))
    return made
