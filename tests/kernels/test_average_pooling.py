"""`_core.average_pooling_*`: the mean of each window, with or without the padding in its count."""

from collections.abc import Callable

import numpy as np
import pytest

import oracles
from closeness import assert_close, unwritten
from cnncli import _core

# size, kernel, stride, padding
WINDOWS = [
    ((6, 8), (2, 2), (2, 2), (0, 0)),
    ((7, 5), (2, 2), (2, 2), (0, 0)),
    ((7, 9), (3, 3), (2, 2), (1, 1)),
    ((5, 6), (3, 2), (1, 1), (1, 0)),
    ((5, 11), (1, 3), (1, 2), (0, 1)),
    ((9, 8), (2, 3), (3, 4), (0, 1)),
    ((4, 3), (4, 3), (1, 1), (0, 0)),
    ((1, 1), (1, 1), (1, 1), (0, 0)),
    ((3, 3), (5, 5), (2, 2), (2, 2)),
]
BATCHES = [0, 1, 2, 15, 16, 17, 31, 33]


def forward(x: np.ndarray, kernel: tuple, stride: tuple, padding: tuple, count_padding: bool) -> np.ndarray:
    y = unwritten(*x.shape[:2], *oracles.output_size(x.shape[2:], kernel, stride, padding))
    _core.average_pooling_forward(
        x, y, kernel=kernel, stride=stride, padding=padding, count_padding=count_padding
    )
    return y


def backward(
    grad_y: np.ndarray, size: tuple, kernel: tuple, stride: tuple, padding: tuple, count_padding: bool
) -> np.ndarray:
    grad_x = unwritten(*grad_y.shape[:2], *size)
    _core.average_pooling_backward(
        grad_y, grad_x, kernel=kernel, stride=stride, padding=padding, count_padding=count_padding
    )
    return grad_x


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


def test_average_pooling_counts_padding_unless_told_otherwise(instruction_set: str) -> None:
    x, y = np.ones((1, 1, 2, 2), np.float32), unwritten(1, 1, 3, 3)
    _core.average_pooling_forward(x, y, kernel=(2, 2), stride=(1, 1), padding=(1, 1))
    np.testing.assert_array_equal(y[0, 0], [[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]])
    _core.average_pooling_forward(x, y, kernel=(2, 2), stride=(1, 1), padding=(1, 1), count_padding=False)
    np.testing.assert_array_equal(y, 1)


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
    x, y = np.ones((2, 3, 6, 6), np.float32), unwritten(2, 3, 3, 3)
    two = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)}
    for argument, arrays, settings in (
        ("output", (x, unwritten(2, 3, 3, 4)), two),
        ("output", (x, unwritten(1, 3, 3, 3)), two),
        ("input", (x[0], y), two),
        ("kernel", (x, y), {**two, "kernel": (0, 2)}),
        ("stride", (x, y), {**two, "stride": (2, 0)}),
        ("padding", (x, y), {**two, "padding": (0, -1)}),
        ("padding", (x, y), {**two, "padding": (0, 2)}),
        ("input", (x, y), {**two, "kernel": (2, 7)}),
    ):
        with pytest.raises(ValueError, match=rf"^{argument}: "):
            _core.average_pooling_forward(*arrays, **settings)
    with pytest.raises(ValueError, match=r"^grad_output: expected shape"):
        _core.average_pooling_backward(y, unwritten(2, 3, 6, 8), **two)
    with pytest.raises(TypeError, match=r"^input: expected float32, got float64$"):
        _core.average_pooling_forward(x.astype(np.float64), y, **two)
