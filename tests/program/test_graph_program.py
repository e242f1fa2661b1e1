"""Programs that branch: a tensor with several readers gets the sum of their gradients, and nothing is fused over it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import oracles
from closeness import assert_close, same_bits
from cnncli import _core

SAMPLES = 37  # more than two blocks, the last not full
SHAPE = (4, 8, 6)
Arrays = dict[str, np.ndarray]
Build = Callable[["_core.Program", int], int]


class Probe:
    """A layer that passes all on and keeps what it saw."""

    def __init__(self, program: "_core.Program", x: int) -> None:
        self.program = program
        settings = {"output_shape": program.shape(x), "forward": self._forward, "backward": self._backward}
        self.output = program.add("custom", [x], settings=settings)

    def _forward(self, rows: np.ndarray) -> np.ndarray:
        self.values = rows.copy()
        return rows

    def _backward(self, rows: np.ndarray, gradient: np.ndarray, accumulate: bool) -> np.ndarray:
        self.gradient = gradient.copy()
        return gradient


def convolution(rng: np.random.Generator, channels: int = SHAPE[0], outputs: int = SHAPE[0]) -> Arrays:
    weight = rng.normal(size=(outputs, channels, 3, 3)).astype(np.float32)
    bias = rng.normal(size=outputs).astype(np.float32)
    return {"weight": weight, "bias": bias, "grad_weight": np.zeros_like(weight), "grad_bias": np.zeros_like(bias)}


SAME: dict[str, Any] = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
HALVES = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)}


def relu(program: "_core.Program", x: int) -> int:
    return program.add("activation", [x], settings={"function": "relu"})


def tanh(program: "_core.Program", x: int) -> int:
    return program.add("activation", [x], settings={"function": "tanh"})


def trained(build: Build, images: np.ndarray, threads: int = 1) -> tuple[Probe, Probe]:
    """One step with half the sum of squares; probes at the input and at the output."""
    program = _core.Program(len(images), training=True, couples_samples=False)
    table = np.zeros((images.shape[1], 256), np.float32)
    first = Probe(program, program.input(images.shape[1:], table))
    last = Probe(program, build(program, first.output))
    program.loss(last.output, kind="sum_squares")
    program.finish()
    program.bind(images, np.zeros((len(images), int(np.prod(program.shape(last.output)))), np.float32))
    program.step(np.arange(len(images)), seed=0, step=0, epoch=0, settings=[], threads=threads)
    return first, last


def predicted(build: Build, images: np.ndarray) -> np.ndarray:
    program = _core.Program(64, training=False, couples_samples=False)
    program.result(build(program, program.input(images.shape[1:], np.zeros((images.shape[1], 256), np.float32))))
    program.finish()
    rows = program.predict(images, 1)
    assert rows is not None
    return rows


@pytest.fixture
def images(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(SAMPLES, *SHAPE)).astype(np.float32)


def test_of_two_readers_both_gradients_count(images: np.ndarray) -> None:
    first, last = trained(lambda p, x: p.add("add", [tanh(p, x), relu(p, x)]), images)
    x = images.astype(np.float64)
    y = np.tanh(x) + np.maximum(x, 0)
    assert_close(last.values, y, terms=2)
    grad_y = y
    assert_close(first.gradient, grad_y * (1 - np.tanh(x) ** 2) + grad_y * (x > 0), terms=4)


def test_a_sum_may_read_one_tensor_twice(images: np.ndarray) -> None:
    first, last = trained(lambda p, x: p.add("add", [x, x, x]), images)
    assert_close(last.values, 3 * images.astype(np.float64), terms=3)
    assert_close(first.gradient, 9 * images.astype(np.float64), terms=6)


def test_channels_are_put_behind_each_other_and_gradients_taken_apart(images: np.ndarray) -> None:
    first, last = trained(lambda p, x: p.add("concat", [x, tanh(p, x), x]), images)
    x = images.astype(np.float64)
    assert_close(last.values, np.concatenate([x, np.tanh(x), x], axis=1), terms=1)
    assert_close(first.gradient, 2 * x + np.tanh(x) * (1 - np.tanh(x) ** 2), terms=4)


def test_a_flattened_tensor_shares_its_gradient_with_nobody(images: np.ndarray) -> None:
    """Flatten gives the same memory another name: not where somebody else reads it too."""

    def build(p: "_core.Program", x: int) -> int:
        flat = p.add("flatten", [x])
        return p.add("add", [flat, tanh(p, flat), p.add("flatten", [relu(p, x)])])

    first, last = trained(build, images)
    x = images.astype(np.float64)
    y = x + np.tanh(x) + np.maximum(x, 0)
    assert_close(last.values.reshape(x.shape), y, terms=3)
    assert_close(first.gradient, y * (1 + 1 - np.tanh(x) ** 2 + (x > 0)), terms=6)


def test_nothing_is_fused_over_what_somebody_else_reads(rng: np.random.Generator, images: np.ndarray) -> None:
    """convolution -> ReLU -> pooling, and what lies between is read once more."""
    arrays = convolution(rng)

    def build(p: "_core.Program", x: int) -> int:
        y = p.add("convolution", [x], arrays, SAME)
        z = relu(p, y)
        pooled = p.add("max_pooling", [z], settings=HALVES)
        return p.add("concat", [p.add("flatten", [t]) for t in (y, z, pooled)])

    first, last = trained(build, images)
    x, w = images.astype(np.float64), arrays["weight"].astype(np.float64)
    y = oracles.convolution_forward(x, w, arrays["bias"].astype(np.float64), **SAME)
    z = np.maximum(y, 0)
    windows = z.reshape(SAMPLES, SHAPE[0], 4, 2, 3, 2).transpose(0, 1, 2, 4, 3, 5).reshape(SAMPLES, SHAPE[0], 4, 3, 4)
    pooled = windows.max(axis=-1)
    expected = np.concatenate([t.reshape(SAMPLES, -1) for t in (y, z, pooled)], axis=1)
    assert_close(last.values.reshape(SAMPLES, -1), expected, terms=40)
    chosen = np.zeros_like(windows)
    np.put_along_axis(chosen, windows.argmax(axis=-1)[..., None], pooled[..., None], axis=-1)
    back = chosen.reshape(SAMPLES, SHAPE[0], 4, 3, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(y.shape)
    grad_y = (y + (z + back) * (y > 0))
    assert_close(arrays["grad_bias"], grad_y.sum(axis=(0, 2, 3)), terms=SAMPLES * 48)
    padded = np.pad(grad_y, ((0, 0), (0, 0), (1, 1), (1, 1)))
    flipped = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    grad_x = oracles.convolution_forward(padded, flipped, None, **(SAME | {"padding": (0, 0)}))
    assert_close(first.gradient, grad_x, terms=200)  # sums of sums


def residual(arrays: Arrays) -> Build:
    def build(p: "_core.Program", x: int) -> int:
        body = relu(p, p.add("convolution", [x], arrays, SAME))
        return relu(p, p.add("add", [x, body]))

    return build


@pytest.mark.parametrize("count", [1, 5, SAMPLES])
def test_a_branch_predicts_what_training_saw(rng: np.random.Generator, images: np.ndarray, count: int) -> None:
    """Also of a few samples, for which a sum has no form of its own."""
    build = residual(convolution(rng))
    _, last = trained(build, images)
    rows = predicted(build, images[:count])
    assert_close(rows, last.values[:count].reshape(count, -1).astype(np.float64), terms=40)


def test_gradients_of_a_branch_do_not_depend_on_the_threads(rng: np.random.Generator, images: np.ndarray) -> None:
    results: list[Any] = []
    arrays = convolution(rng)
    for threads in (1, 2, 3):
        first, _ = trained(residual(arrays), images, threads)
        results.append((first.gradient, arrays["grad_weight"].copy()))
    for gradient, grad_weight in results[1:]:
        assert same_bits(gradient, results[0][0])
        assert same_bits(grad_weight, results[0][1])


def test_a_tensor_that_nobody_reads_changes_nothing(images: np.ndarray) -> None:
    def build(p: "_core.Program", x: int) -> int:
        relu(p, x)
        return tanh(p, x)

    first, _ = trained(build, images)
    alone, _ = trained(tanh, images)
    assert same_bits(first.gradient, alone.gradient)
