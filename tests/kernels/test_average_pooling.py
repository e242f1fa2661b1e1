"""The node `average_pooling`: the mean of each window, with or without the padding in its count."""

from collections.abc import Callable

import numpy as np
import pytest

import oracles
from closeness import assert_close
from cnncli import _core
from kernel_cases import BATCHES, WINDOWS


def forward(x: np.ndarray, kernel: tuple, stride: tuple, padding: tuple, count_padding: bool) -> np.ndarray:
    settings = {"kernel": kernel, "stride": stride, "padding": padding, "count_padding": count_padding}
    return _core.Node("average_pooling", settings).forward(x)


def backward(
    grad_y: np.ndarray, size: tuple, kernel: tuple, stride: tuple, padding: tuple, count_padding: bool
) -> np.ndarray:
    settings = {"kernel": kernel, "stride": stride, "padding": padding, "count_padding": count_padding}
    x = np.full((*grad_y.shape[:2], *size), np.nan, np.float32)  # not read
    return _core.Node("average_pooling", settings).grad_input(x, grad_y)


@pytest.mark.parametrize("count_padding", [True, False])
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("size, kernel, stride, padding", WINDOWS)
def test_average_pooling_forward_and_backward(
    instruction_set: str,
    rng: np.random.Generator,
    batch: int,
    size: tuple,
    kernel: tuple,
    stride: tuple,
    padding: tuple,
    count_padding: bool,
) -> None:
    settings = {"kernel": kernel, "stride": stride, "padding": padding, "count_padding": count_padding}
    x = rng.uniform(-1, 1, (batch, 3, *size)).astype(np.float32)
    y = forward(x, **settings)
    assert_close(y, oracles.average_pooling_forward(x, **settings), terms=25)
    grad_y = rng.uniform(-1, 1, y.shape).astype(np.float32)
    expected = oracles.average_pooling_backward(grad_y, size, **settings)
    assert_close(backward(grad_y, size, **settings), expected, terms=25)


def test_average_pooling_counts_padding_or_does_not(instruction_set: str) -> None:
    x = np.ones((1, 1, 2, 2), np.float32)
    counted = forward(x, (2, 2), (1, 1), (1, 1), count_padding=True)
    np.testing.assert_array_equal(counted[0, 0], [[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]])
    np.testing.assert_array_equal(forward(x, (2, 2), (1, 1), (1, 1), count_padding=False), 1)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
@pytest.mark.parametrize("batch", [1, 16, 17])
def test_average_pooling_keeps_nan_and_infinity_to_the_windows_that_hold_them(
    instruction_set: str, rng: np.random.Generator, batch: int, poison: float
) -> None:
    settings = {"kernel": (3, 2), "stride": (2, 1), "padding": (1, 1), "count_padding": True}
    x = rng.uniform(-1, 1, (batch, 2, 7, 6)).astype(np.float32)
    x[batch - 1, 1, 2, 2] = poison
    y = forward(x, **settings)
    assert_close(y, oracles.average_pooling_forward(x, **settings), terms=6)
    grad_y = rng.uniform(-1, 1, y.shape).astype(np.float32)
    grad_y[batch - 1, 0, 1, 1] = poison
    expected = oracles.average_pooling_backward(grad_y, (7, 6), **settings)
    assert_close(backward(grad_y, (7, 6), **settings), expected, terms=6)


def test_average_pooling_gives_the_same_bits_for_any_threads(
    instruction_set: str, rng: np.random.Generator, assert_same_bits_for_any_threads: Callable
) -> None:
    window = (3, 3), (1, 1), (1, 1), True
    x = rng.normal(size=(33, 5, 9, 9)).astype(np.float32)
    assert_same_bits_for_any_threads(lambda: (forward(x, *window), backward(x, (9, 9), *window)))


def test_average_pooling_refuses_what_does_not_fit() -> None:
    x, y = np.ones((2, 3, 6, 6), np.float32), np.ones((2, 3, 3, 3), np.float32)
    two = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "count_padding": True}
    for setting, value in (
        ("kernel", (0, 2)), ("stride", (2, 0)), ("padding", (0, -1)), ("padding", (0, 2)), ("kernel", (2, 7)),
        ("kernel", (2, 2, 2)), ("count_padding", 1),
    ):
        with pytest.raises(ValueError, match=rf"^average_pooling: {setting}: "):
            forward(x, **{**two, setting: value})
    with pytest.raises(ValueError, match=r"^average_pooling: kernel: 2x2 does not fit an input of shape \(36, 1, 1\)$"):
        forward(x[0], **two)
    with pytest.raises(ValueError, match=r"^grad_output: expected shape \(2, 3, 3, 4\), got \(2, 3, 3, 3\)$"):
        backward(y, (6, 8), **two)
    with pytest.raises(TypeError, match=r"^input: expected float32, got float64$"):
        forward(x.astype(np.float64), **two)
