"""StochasticPool2d: which place of each window is drawn, how often, and the mean in evaluation."""

from typing import Any

import numpy as np
import pytest

import oracles
from closeness import assert_close, same_bits
from cnncli import _core
from cnncli.errors import UsageError
from cnncli.layers import StochasticPool2d
from cnncli.network import Network
from drawn_norms import STEP, begin


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
