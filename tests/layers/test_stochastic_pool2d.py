"""StochasticPool2d: which place of each window is drawn, how often, and the mean in evaluation."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracles
from closeness import assert_close, same_bits
from cnncli import _core
from cnncli.errors import UsageError
from cnncli.layers import StochasticPool2d
from cnncli.network import Network
from drawn_layers import quick, uniform, using
from drawn_pools import Places, sliding_places
from layer_chains import build, prediction_fault, training_fault

SEED, LAYER, STEP = 3, 9, 2
thirty = settings(quick, max_examples=30)
Drawn = tuple[StochasticPool2d, tuple[int, ...]]
Samples = st.sampled_from([0, 1, 3, 17])


@st.composite
def pools(draw: st.DrawFn) -> Drawn:
    pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))
    kernel, stride = draw(pairs), draw(st.none() | pairs)
    padding = (draw(st.integers(0, kernel[0] // 2)), draw(st.integers(0, kernel[1] // 2)))
    layer = StochasticPool2d(kernel, stride, padding, draw(st.booleans()))
    sides = [max(1, kernel[side] - 2 * padding[side]) + draw(st.integers(0, 5)) for side in (0, 1)]
    return layer, (draw(st.integers(1, 3)), *sides)


def begin(layer: StochasticPool2d, step: int = STEP) -> StochasticPool2d:
    layer.seed, layer.layer, layer.step = SEED, LAYER, step
    return layer


def drawn_places(layer: StochasticPool2d, x: np.ndarray, places: Places) -> dict[tuple[int, ...], tuple[int, int]]:
    """(sample, channel, row, column) of an output -> the place in its window that the definition takes."""
    found, (rows, cols) = {}, layer.output_shape(x.shape[1:])[1:]
    for n, c in np.ndindex(x.shape[:2]):
        for (p, q), inside in places.items():
            unit = (c * rows + p) * cols + q
            word = oracles.philox4x32((unit, n // 4, STEP, 4 << 24 | LAYER), (SEED, 0))[n % 4]
            a = [max(float(x[n, c, h, w]), 0) for h, w in inside]
            point = word // 256 / 2**24 * sum(a)
            for i, place in enumerate(inside):
                if sum(a[: i + 1]) > point:
                    found[n, c, p, q] = place
                    break
    return found


@thirty
@given(pools(), Samples, st.integers(0, 2**32 - 1))
def test_training_takes_the_place_that_its_number_falls_on(case: Drawn, samples: int, seed: int) -> None:
    layer, shape = case
    rng = np.random.default_rng(seed)
    x = rng.integers(-3, 5, (samples, *shape)).astype(np.float32)  # whole: sums are exact in either precision
    y = np.zeros((samples, *layer.output_shape(shape)), np.float32)
    grad_y, grad_x = uniform(rng, *y.shape), np.zeros(x.shape)
    for (n, c, p, q), (h, w) in drawn_places(layer, x, sliding_places(layer, shape)).items():
        y[n, c, p, q] = x[n, c, h, w]
        grad_x[n, c, h, w] += grad_y[n, c, p, q]
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            assert same_bits(begin(layer).forward(x), y)
            assert_close(layer.backward(x, grad_y), grad_x, terms=16)


@thirty
@given(pools(), Samples, st.integers(0, 2**32 - 1))
def test_evaluation_weighs_each_window_with_its_probabilities(case: Drawn, samples: int, seed: int) -> None:
    layer, shape = case
    layer.eval()
    rng = np.random.default_rng(seed)
    x = uniform(rng, samples, *shape)
    y, grad_x = np.zeros((samples, *layer.output_shape(shape))), np.zeros(x.shape)
    grad_y = uniform(rng, *y.shape)
    slack = 1.0  # rounding of a window is divided by its total
    for n, c in np.ndindex(x.shape[:2]):
        for (p, q), inside in sliding_places(layer, shape).items():
            a = {place: max(float(x[n, c, place[0], place[1]]), 0) for place in inside}
            total = sum(a.values())
            if total == 0:
                continue
            y[n, c, p, q] = sum(value * value for value in a.values()) / total
            for (h, w), value in a.items():
                # d/da_i of sum a^2 / sum a
                grad_x[n, c, h, w] += grad_y[n, c, p, q] * (2 * value - y[n, c, p, q]) / total if value > 0 else 0
            slack = max(slack, 1 / total)
    results = {}
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            results[instruction_set] = found = layer.forward(x), layer.backward(x, grad_y)
            assert_close(found[0], y, terms=16)
            assert_close(found[1], grad_x, terms=64, scale=min(slack, 1e4))
    if {"avx2", "avx512"} <= set(results):
        assert all(map(same_bits, results["avx2"], results["avx512"])), "AVX2 and AVX-512 give different bits"


@thirty
@given(pools(), st.integers(0, 2**32 - 1))
def test_compiled_it_is_the_layer_for_batches_and_single_samples(case: Drawn, seed: int) -> None:
    layer, shape = case
    chain, rng = build([lambda _: layer], shape), np.random.default_rng(seed)
    assert not (fault := prediction_fault(chain, rng)), fault
    assert not (fault := training_fault(chain, rng)), fault


def test_gradient_in_evaluation_is_that_of_finite_differences(rng: np.random.Generator) -> None:
    layer = StochasticPool2d(3, 2, 1).eval()
    x = rng.choice([-1, 1], (2, 2, 5, 6)) * rng.uniform(0.3, 1, (2, 2, 5, 6))
    grad_y = rng.normal(size=(2, 2, 3, 3)).astype(np.float32)

    def mean(at: np.ndarray) -> np.ndarray:
        a = np.pad(np.maximum(at, 0), ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(a, (3, 3), axis=(2, 3))[:, :, ::2, ::2]
        return (windows**2).sum(axis=(4, 5)) / windows.sum(axis=(4, 5))

    x = x.astype(np.float32)
    expected = oracles.central_differences(mean, x.astype(np.float64), grad_y)
    assert_close(layer.forward(x), mean(x.astype(np.float64)), terms=9)
    assert_close(layer.backward(x, grad_y), expected, terms=36, scale=4)


def test_places_are_drawn_as_often_as_their_probabilities_say() -> None:
    window, count = np.array([[1, 2, -7], [0, 5, 2.5]], np.float32), 40_000
    x = np.broadcast_to(window, (count // 8, 8, 2, 3))
    y = begin(StochasticPool2d((2, 3))).forward(x).ravel()
    probabilities = {1: 1 / 10.5, 2: 2 / 10.5, 5: 5 / 10.5, 2.5: 2.5 / 10.5}
    assert set(y.tolist()) == set(probabilities)
    for value, p in probabilities.items():
        deviation = (p * (1 - p) / count) ** 0.5
        assert abs(np.mean(y == value) - p) < 4 * deviation
    # The draws of samples and channels beside each other have nothing to do with each other.
    fives = (y == 5).reshape(count // 8, 8) - 5 / 10.5
    for left, right in ((fives[1:], fives[:-1]), (fives[:, 1:], fives[:, :-1])):
        assert abs(np.mean(left * right)) < 4 * 0.25 / left.size**0.5


def test_draws_differ_with_seed_layer_and_step_and_not_with_the_batch() -> None:
    x = np.random.default_rng(0).uniform(0.5, 1, (37, 2, 6, 6)).astype(np.float32)

    def draws(count: int = 37, **other: int) -> np.ndarray:
        layer = begin(StochasticPool2d(2))
        for name, value in other.items():
            setattr(layer, name, value)
        return layer.forward(x[:count])

    first = draws()
    assert same_bits(draws(), first)
    for count in (1, 16, 17):
        assert same_bits(draws(count), first[:count])
    for other in ({"seed": 4}, {"layer": 8}, {"step": 3}):
        assert not same_bits(draws(**other), first)
    layer = begin(StochasticPool2d(2))
    assert same_bits(layer.forward(x), first) and layer.step == STEP + 1
    assert same_bits(layer.forward(x), draws(step=STEP + 1))


@pytest.mark.parametrize("training", [True, False])
def test_windows_without_positive_values_give_zero_and_pass_nothing_on(instruction_set: str, training: bool) -> None:
    layer = begin(StochasticPool2d(2)).train(training)
    x = np.array([[[[0, -1, 0, -0.0], [-2, -np.inf, 0, 0]]]], np.float32)
    assert layer.forward(x).tolist() == [[[[0, 0]]]]
    assert layer.backward(x, [[[[5, 6]]]]).tolist() == np.zeros(x.shape).tolist()


@pytest.mark.parametrize("training", [True, False])
def test_nan_and_infinity_stay_in_their_windows(instruction_set: str, training: bool) -> None:
    layer = StochasticPool2d(2).train(training)
    x = np.random.default_rng(0).uniform(-1, 1, (18, 2, 2, 6)).astype(np.float32)
    clean = begin(layer).forward(x)
    x[17, 1, :, :4] = [[1, np.inf, np.inf, 2], [-1, 3, np.nan, np.nan]]
    y = begin(layer).forward(x)
    assert same_bits(y[:17], clean[:17]) and same_bits(y[17, 0], clean[17, 0]) and y[17, 1, 0, 2] == clean[17, 1, 0, 2]
    assert y[17, 1, 0, 0] == np.inf and np.isnan(y[17, 1, 0, 1])
    grad_x = layer.backward(x, np.ones_like(y))
    assert np.isfinite(grad_x[:17]).all() and np.isfinite(grad_x[17, 0]).all()
    if training:
        assert grad_x[17, 1, :, :4].tolist() == [[0, 1, 0, 0], [0, 0, 1, 0]]
    assert layer.forward(x[:0]).shape == (0, 2, 1, 3)
    assert layer.backward(x[:0], y[:0]).shape == (0, 2, 2, 6)


def test_smallest_and_largest_values(instruction_set: str) -> None:
    layer, tiny = StochasticPool2d(2), np.float32(1e-45)
    x = np.zeros((64, 1, 2, 2), np.float32)
    x[:, 0, 1, 0] = tiny
    assert (begin(layer).forward(x) == tiny).all()
    assert (begin(layer).forward(np.full_like(x, 3e38)) == np.float32(3e38)).all()
    assert layer.eval().forward(np.full_like(x, 1e30)) == pytest.approx(1e30)


def test_description_settings_and_what_is_refused() -> None:
    layer: Any = StochasticPool2d(3, 2, 1, True)
    assert repr(layer) == "StochasticPool2d(kernel 3x3, stride 2, padding 1, ceil mode)"
    assert repr(StochasticPool2d(**layer.settings())) == repr(layer)
    described = {"input": [1, 6, 6], "layers": [{"type": "StochasticPool2d", "kernel_size": 2}, {"type": "Flatten"}]}
    network = Network.from_description(described, seed=1)
    assert network.output_shape((1, 6, 6)) == (9,)
    with pytest.raises(UsageError, match=r"StochasticPool2d: padding 2 is more than half of kernel 3x3; use padding"):
        StochasticPool2d(3, padding=2)
    with pytest.raises(UsageError, match=r"backward needs the results of forward"):
        StochasticPool2d(2).backward(np.ones((1, 1, 2, 2)), np.ones((1, 1, 1, 1)))
    node = _core.Node("stochastic_pooling", {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "layer": 0})
    with pytest.raises(ValueError, match=r"choice: expected an index within its window"):
        node.grad_input(np.ones((1, 1, 2, 2), np.float32), np.ones((1, 1, 1, 1), np.float32), {},
                        {"choice": np.full((1, 1, 1, 1), 4, np.int32)}, True)  # fmt: skip
