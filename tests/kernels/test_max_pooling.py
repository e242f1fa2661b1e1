"""The node `max_pooling`: the first maximum of each window, and the gradient sent back to it."""

from collections.abc import Callable

import numpy as np
import pytest

import oracles
from closeness import assert_close, same_bits
from cnncli import _core
from kernel_cases import BATCHES, WINDOWS


def forward(x: np.ndarray, kernel: tuple, stride: tuple, padding: tuple) -> tuple[np.ndarray, np.ndarray]:
    kept: dict[str, np.ndarray] = {}
    settings = {"kernel": kernel, "stride": stride, "padding": padding}
    y = _core.Node("max_pooling", settings).forward(x, kept=kept)
    return y, kept["argmax"]


def backward(
    grad_y: np.ndarray, argmax: np.ndarray, size: tuple, kernel: tuple, stride: tuple, padding: tuple
) -> np.ndarray:
    settings = {"kernel": kernel, "stride": stride, "padding": padding}
    x = np.full((*grad_y.shape[:2], *size), np.nan, np.float32)  # not read
    return _core.Node("max_pooling", settings).grad_input(x, grad_y, kept={"argmax": argmax})


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("size, kernel, stride, padding", WINDOWS)
def test_max_pooling_forward_and_backward(
    instruction_set: str,
    rng: np.random.Generator,
    batch: int,
    size: tuple,
    kernel: tuple,
    stride: tuple,
    padding: tuple,
) -> None:
    for channels in (1, 3):
        x = rng.normal(size=(batch, channels, *size)).astype(np.float32)
        y, argmax = forward(x, kernel, stride, padding)
        expected_y, expected_argmax = oracles.max_pooling_forward(
            x, kernel=kernel, stride=stride, padding=padding
        )
        np.testing.assert_array_equal(y, expected_y)
        np.testing.assert_array_equal(argmax, expected_argmax)
        grad_y = rng.uniform(-1, 1, y.shape).astype(np.float32)
        expected = oracles.max_pooling_backward(grad_y, expected_argmax, size)
        assert_close(backward(grad_y, argmax, size, kernel, stride, padding), expected, terms=25)


@pytest.mark.parametrize("size, kernel, stride, padding", WINDOWS)
def test_max_pooling_sends_gradient_to_first_of_equal_values(
    instruction_set: str, rng: np.random.Generator, size: tuple, kernel: tuple, stride: tuple, padding: tuple
) -> None:
    x = rng.integers(0, 2, size=(17, 2, *size)).astype(np.float32)  # ties in most windows
    y, argmax = forward(x, kernel, stride, padding)
    expected_y, expected_argmax = oracles.max_pooling_forward(
        x, kernel=kernel, stride=stride, padding=padding
    )
    np.testing.assert_array_equal(y, expected_y)
    np.testing.assert_array_equal(argmax, expected_argmax)


@pytest.mark.parametrize("size, kernel, stride, padding", WINDOWS)
@pytest.mark.parametrize("batch", [1, 16, 17])
def test_max_pooling_keeps_the_first_nan_of_a_window(
    instruction_set: str,
    rng: np.random.Generator,
    batch: int,
    size: tuple,
    kernel: tuple,
    stride: tuple,
    padding: tuple,
) -> None:
    x = rng.normal(size=(batch, 2, *size)).astype(np.float32)
    x[rng.random(x.shape) < 0.2] = np.nan
    x[rng.random(x.shape) < 0.1] = np.inf
    y, argmax = forward(x, kernel, stride, padding)
    expected_y, expected_argmax = oracles.max_pooling_forward(
        x, kernel=kernel, stride=stride, padding=padding
    )
    np.testing.assert_array_equal(y, expected_y)
    np.testing.assert_array_equal(argmax, expected_argmax)


@pytest.mark.parametrize("size, kernel, stride, padding", WINDOWS)
def test_max_pooling_of_negative_infinity_never_takes_padding(
    instruction_set: str, size: tuple, kernel: tuple, stride: tuple, padding: tuple
) -> None:
    x = np.full((17, 2, *size), -np.inf, dtype=np.float32)
    y, argmax = forward(x, kernel, stride, padding)
    np.testing.assert_array_equal(y, -np.inf)
    expected = oracles.max_pooling_forward(x, kernel=kernel, stride=stride, padding=padding)[1]
    np.testing.assert_array_equal(argmax, expected)


def test_max_pooling_keeps_nan_to_its_sample(instruction_set: str, rng: np.random.Generator) -> None:
    x = rng.normal(size=(17, 2, 6, 6)).astype(np.float32)
    x[3] = np.nan
    y, argmax = forward(x, (2, 2), (2, 2), (0, 0))
    assert np.isnan(y[3]).all() and np.isfinite(np.delete(y, 3, 0)).all()
    grad_y = np.ones_like(y)
    grad_y[3] = np.nan
    grad_x = backward(grad_y, argmax, (6, 6), (2, 2), (2, 2), (0, 0))
    assert np.isfinite(np.delete(grad_x, 3, 0)).all()
    assert np.isnan(grad_x[3]).sum() == grad_y[3].size  # one pixel of each window


def test_max_pooling_gives_the_same_bits_for_any_threads(
    instruction_set: str, rng: np.random.Generator, assert_same_bits_for_any_threads: Callable
) -> None:
    x = rng.normal(size=(33, 5, 9, 9)).astype(np.float32)
    window = (3, 3), (1, 1), (1, 1)
    grad_y = rng.normal(size=x.shape).astype(np.float32)

    def compute() -> tuple[np.ndarray, ...]:
        y, argmax = forward(x, *window)
        return y, argmax, backward(grad_y, argmax, (9, 9), *window)

    assert_same_bits_for_any_threads(compute)


def test_max_pooling_leaves_its_input_alone(instruction_set: str, rng: np.random.Generator) -> None:
    x = rng.normal(size=(5, 2, 6, 6)).astype(np.float32)
    before = x.copy()
    forward(x, (2, 2), (2, 2), (0, 0))
    assert same_bits(x, before)


def test_max_pooling_refuses_what_does_not_fit() -> None:
    x, y = np.ones((2, 3, 6, 6), np.float32), np.ones((2, 3, 3, 3), np.float32)
    argmax = np.zeros(y.shape, np.int32)
    two = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)}
    for setting, value in (
        ("kernel", (0, 2)), ("stride", (0, 2)), ("padding", (-1, 0)), ("padding", (2, 0)), ("kernel", (7, 2)),
    ):
        with pytest.raises(ValueError, match=rf"^max_pooling: {setting}: "):
            forward(x, **{**two, setting: value})
    with pytest.raises(ValueError, match=r"^max_pooling: kernel: 2x2 does not fit an input of shape \(36, 1, 1\)$"):
        forward(x[0], **two)
    with pytest.raises(ValueError, match=r"^max_pooling: kernel: 2x2 does not fit an input of shape \(1, 0, 5\)$"):
        forward(np.ones((1, 1, 0, 5), np.float32), (2, 2), (1, 1), (1, 1))  # windows of nothing but padding
    with pytest.raises(ValueError, match=r"^grad_output: expected shape \(2, 3, 3, 4\), got \(2, 3, 3, 3\)$"):
        backward(y, argmax, (6, 8), **two)
    with pytest.raises(ValueError, match=r"^argmax: expected shape \(2, 3, 3, 3\), got \(1, 3, 3, 3\)$"):
        backward(y, argmax[1:], (6, 6), **two)
    with pytest.raises(TypeError, match=r"^argmax: expected int32, got int64$"):
        backward(y, argmax.astype(np.int64), (6, 6), **two)
    with pytest.raises(TypeError, match=r"^input: expected float32, got float64$"):
        forward(x.astype(np.float64), **two)


@pytest.mark.parametrize(
    ("index", "place", "window"),
    [
        (-1, (0, 0, 0, 0), "rows 0 to 1 and columns 0 to 1"),
        (42, (2, 1, 2, 3), "rows 3 to 5 and columns 5 to 6"),  # one beyond the plane
        (32, (0, 1, 2, 3), "rows 3 to 5 and columns 5 to 6"),  # the pixel to the left of the window's middle row
        (16, (1, 0, 1, 0), "rows 1 to 3 and columns 0 to 1"),  # ... to the right
        (2**31 - 1, (1, 0, 0, 1), "rows 0 to 1 and columns 1 to 3"),
        (-(2**31), (1, 0, 0, 1), "rows 0 to 1 and columns 1 to 3"),
    ],
)
def test_max_pooling_backward_refuses_an_index_outside_its_window(
    index: int, place: tuple[int, ...], window: str
) -> None:
    """The message names the first of the two bad places."""
    size, settings = (6, 7), {"kernel": (3, 3), "stride": (2, 2), "padding": (1, 1)}
    x = np.zeros((3, 2, *size), np.float32)
    y, argmax = forward(x, **settings)
    argmax[2, 1, 2, 3] = -7
    argmax[place] = index
    with pytest.raises(ValueError) as caught:
        backward(np.ones_like(y), argmax, size, **settings)
    assert str(caught.value) == (
        f"argmax: expected an index within its window, {window} of 6x7, got {index} at {place}"
    )
