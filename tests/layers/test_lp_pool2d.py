"""LPPool2d: roots of sums of powers, held to the formula and to PyTorch."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beside_torch import compare
from closeness import assert_close, same_bits
from cnncli import _core
from cnncli.errors import ShapeError, UsageError
from cnncli.layers import LPPool2d
from cnncli.network import Network
from drawn_layers import check_programs, quick, uniform, using
from drawn_pools import sliding_places

Drawn = tuple[LPPool2d, tuple[int, ...]]
thirty = settings(quick, max_examples=30)
Samples, Seed = st.sampled_from([0, 1, 3, 17]), st.integers(0, 2**32 - 1)


@st.composite
def pools(draw: st.DrawFn) -> Drawn:
    pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))
    kernel, stride = draw(pairs), draw(st.none() | pairs)
    layer = LPPool2d(draw(st.sampled_from([1, 1.5, 2, 2.5, 3, 4, 7])), kernel, stride, draw(st.booleans()))
    return layer, (draw(st.integers(1, 3)), *(kernel[side] + draw(st.integers(0, 5)) for side in (0, 1)))


def values(layer: LPPool2d, rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Of both signs where the sum of the powers is positive with them, and no window's sum is near 0."""
    x = rng.uniform(0.2, 1, shape).astype(np.float32)
    return x * rng.choice(np.float32([-1, 1]), shape) if layer.norm_type in (2, 4) else x


@thirty
@given(pools(), Samples, Seed)
def test_it_is_the_root_of_the_sum_of_powers(case: Drawn, samples: int, seed: int) -> None:
    layer, shape = case
    rng, p = np.random.default_rng(seed), layer.norm_type
    x = values(layer, rng, samples, *shape)
    wide, area = x.astype(np.float64), layer.kernel_size[0] * layer.kernel_size[1]
    y, grad_x = np.zeros((samples, *layer.output_shape(shape))), np.zeros(x.shape)
    grad_y = uniform(rng, *y.shape)
    for (i, j), inside in (places := sliding_places(layer, shape)).items():
        powers = sum(wide[:, :, h, w] ** p for h, w in inside) * area / len(inside)
        y[:, :, i, j] = powers ** (1 / p)
        for h, w in inside:
            # d/dx of (c sum x^p)^(1/p)
            slope = powers ** (1 / p - 1) * wide[:, :, h, w] ** (p - 1) * area / len(inside)
            grad_x[:, :, h, w] += grad_y[:, :, i, j] * slope
    assert set(places) == set(np.ndindex(*y.shape[2:]))
    results = {}
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            results[instruction_set] = found = layer.forward(x), layer.backward(x, grad_y)
            assert_close(found[0], y, terms=area)
            assert_close(found[1], grad_x, terms=area, scale=4)
    if {"avx2", "avx512"} <= set(results):
        assert all(map(same_bits, results["avx2"], results["avx512"])), "AVX2 and AVX-512 give different bits"


@thirty
@given(pools(), Seed)
def test_compiled_it_is_the_layer_for_batches_and_single_samples(case: Drawn, seed: int) -> None:
    layer, shape = case
    if layer.norm_type in (1, 2, 4):  # chains are of both signs
        check_programs(layer, shape, seed)


@pytest.mark.torch
@thirty
@given(pools(), Seed)
def test_it_is_what_torch_makes_of_the_same_arguments(case: Drawn, seed: int) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI has an environment with it")
    layer, shape = case
    if layer.norm_type not in (1, 2, 4):
        return  # `compare` draws both signs; the formula above has the others
    theirs = torch.nn.LPPool2d(*(layer.norm_type, layer.kernel_size, layer.stride, layer.ceil_mode))
    compare(layer, shape, lambda x, weight, bias: theirs(x), seed)


def test_signs_and_zeros(instruction_set: str) -> None:
    x = np.array([[[[0, 0, -1, -1], [0, 0, 0.5, 0]]]], np.float32)
    for p, second in ((1, -1.5), (2, 1.5), (3, np.nan), (2.5, np.nan)):
        layer = LPPool2d(p, 2)
        y = layer.forward(x)[0, 0, 0]
        np.testing.assert_array_equal(y, np.float32([0, second]))
        assert layer.backward(x, np.ones((1, 1, 1, 2)))[0, 0, 0, 0] == (1 if p == 1 else 0)


def test_large_norms_come_near_the_maximum() -> None:
    x = np.float32([[[[0.5, 0.25], [1.0, 0.75]]]])
    assert abs(LPPool2d(200, 2).forward(x).item() - 1) < 1e-6
    assert abs(LPPool2d(200.5, 2).forward(x).item() - 1) < 1e-4


@pytest.mark.parametrize("p", [1, 2, 2.5, 3])
def test_nan_and_infinity_stay_in_their_windows(p: float, instruction_set: str) -> None:
    layer = LPPool2d(p, 2)
    x = np.random.default_rng(0).uniform(0.5, 1, (18, 2, 2, 6)).astype(np.float32)
    clean = layer.forward(x)
    x[17, 1, 0, 0], x[17, 1, 1, 3] = np.inf, np.nan
    y = layer.forward(x)
    assert same_bits(y[:17], clean[:17]) and same_bits(y[17, 0], clean[17, 0]) and y[17, 1, 0, 2] == clean[17, 1, 0, 2]
    assert y[17, 1, 0, 0] == np.inf and np.isnan(y[17, 1, 0, 1])
    grad_x = layer.backward(x, np.ones_like(y))
    assert np.isfinite(grad_x[:17]).all() and np.isfinite(grad_x[17, 0]).all()
    assert p == 1 or np.isnan(grad_x[17, 1, :, 2:4]).any()
    assert layer.forward(x[:0]).shape == (0, 2, 1, 3)
    assert layer.backward(x[:0], y[:0]).shape == (0, 2, 2, 6)


def test_description_settings_and_what_is_refused() -> None:
    layer: Any = LPPool2d(2.5, 3, 2, True)
    assert repr(layer) == "LPPool2d(norm 2.5, kernel 3x3, stride 2, ceil mode)"
    assert repr(LPPool2d(**layer.settings())) == repr(layer)
    described = {"input": [1, 6, 6], "layers": [{"type": "LPPool2d", "norm_type": 2, "kernel_size": 2}]}
    assert Network.from_description(described, seed=1).output_shape((1, 6, 6)) == (1, 3, 3)
    for norm in (0.5, -1, float("inf"), "max"):
        with pytest.raises(UsageError, match=r"^LPPool2d: norm_type is .*; use a number, at least 1 and at most 1,0"):
            LPPool2d(norm, 2)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"kernel 3x3 does not fit its input 2x5; use kernel_size <= 2"):
        LPPool2d(2, 3).output_shape((1, 2, 5))
