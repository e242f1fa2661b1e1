"""Conv2d, ReLU and max pooling as one pass of a program, and its gradients from lists, against float64."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import oracles
from closeness import EPSILON, assert_close
from cnncli import _core
from drawn_layers import using

BATCHES = [1, 7, 16, 17, 33, 130]


@dataclass(frozen=True)
class Case:
    """A convolution of (channels, height, width) with ReLU (or not), then max pooling."""

    channels: int
    height: int
    width: int
    outputs: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    window: tuple[int, int] = (2, 2)
    step: tuple[int, int] = (2, 2)
    relu: bool = True
    bias: bool = True


CASES = {
    "lenet-c1": Case(1, 28, 28, 6, (5, 5), padding=(2, 2)),
    "lenet-c3 by winograd": Case(6, 14, 14, 16, (5, 5)),
    "winograd, odd, padded": Case(7, 11, 9, 17, (5, 5), padding=(2, 1), relu=False),
    "winograd, small picture": Case(8, 2, 3, 12, (5, 5), padding=(4, 3), bias=False),
    "one tap": Case(3, 5, 7, 5, (1, 1)),
    "rows and columns left over": Case(2, 12, 13, 7, (4, 2)),
    "stride": Case(3, 13, 15, 9, (3, 5), stride=(2, 3), padding=(1, 2)),
    "wide windows": Case(4, 14, 12, 6, (3, 3), window=(3, 2), step=(3, 4)),
    "high windows": Case(2, 8, 7, 5, (3, 3), window=(2, 1), step=(2, 1)),
    "low windows": Case(2, 7, 8, 5, (3, 3), window=(1, 2), step=(1, 2)),
    "windows apart": Case(5, 15, 15, 3, (2, 3), window=(2, 2), step=(3, 5), bias=False),
    "many outputs": Case(2, 6, 6, 37, (3, 3), padding=(1, 1), relu=False, bias=False),
    "taps of two columns of tiles": Case(21, 6, 6, 4, (3, 4), padding=(1, 2)),
}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


@dataclass
class Arrays:
    x: np.ndarray
    weight: np.ndarray
    bias: np.ndarray | None


def arrays(case: Case, batch: int, rng: np.random.Generator) -> Arrays:
    def draw(*shape: int) -> np.ndarray:
        return rng.uniform(-1, 1, shape).astype(np.float32)

    return Arrays(
        draw(batch, case.channels, case.height, case.width),
        draw(case.outputs, case.channels, *case.kernel),
        draw(case.outputs) if case.bias else None,
    )


class Layer:
    """A program of the one layer between two own ones, which see its output and give and take gradients."""

    def __init__(self, case: Case, a: Arrays, capacity: int | None = None) -> None:
        self.grad_weight = np.full_like(a.weight, np.nan)
        self.grad_bias = np.full_like(a.bias, np.nan) if a.bias is not None else None
        self.grad_output: Callable[[np.ndarray], np.ndarray] = np.ones_like
        self.x, shape = a.x, a.x.shape[1:]
        program = _core.Program(capacity or len(a.x), training=True, couples_samples=False)
        table = np.zeros((case.channels, 256), np.float32)
        x = program.input(shape, table)
        x = program.add(
            "custom",
            [x],
            settings={"output_shape": shape, "forward": lambda rows: rows, "backward": self._take_gradient},
        )
        x = program.add(
            "convolution",
            [x],
            arrays={"weight": a.weight, "bias": a.bias, "grad_weight": self.grad_weight, "grad_bias": self.grad_bias},
            settings={"stride": case.stride, "padding": case.padding, "dilation": (1, 1), "groups": 1},
        )
        if case.relu:
            x = program.add("activation", [x], settings={"function": "relu"})
        x = program.add("max_pooling", [x], settings={"kernel": case.window, "stride": case.step, "padding": (0, 0)})
        self.output_shape = out = program.shape(x)
        x = program.add(
            "custom",
            [x],
            settings={"output_shape": out, "forward": self._take_output, "backward": self._give_gradient},
        )
        program.loss(x, kind="mse")
        program.finish()
        program.bind(a.x, np.zeros((len(a.x), int(np.prod(out))), np.float32))
        self.program = program

    def run(self, grad_output: Callable[[np.ndarray], np.ndarray], count: int | None = None) -> None:
        """Gives `grad_output(output)` to the backward pass."""
        self.grad_output = grad_output
        self.outputs: list[np.ndarray] = []
        self.grad_inputs: list[np.ndarray] = []
        indices = np.arange(len(self.x) if count is None else count)
        self.program.step(indices, seed=0, step=0, epoch=0, settings=[], threads=_core.thread_count())
        self.output, self.grad_input = np.concatenate(self.outputs), np.concatenate(self.grad_inputs)

    def _take_output(self, rows: np.ndarray) -> np.ndarray:
        self.outputs.append(rows.copy())
        return rows

    def _give_gradient(self, rows: np.ndarray, gradient: np.ndarray, accumulate: bool) -> np.ndarray:
        return np.ascontiguousarray(self.grad_output(rows), np.float32)

    def _take_gradient(self, rows: np.ndarray, gradient: np.ndarray, accumulate: bool) -> np.ndarray:
        self.grad_inputs.append(gradient.copy())
        return gradient


@dataclass
class Expected:
    output: np.ndarray
    grad_input: np.ndarray
    grad_weight: np.ndarray
    grad_bias: np.ndarray


def expected(case: Case, a: Arrays, grad_output: np.ndarray) -> Expected:
    """The three layers one after the other, in float64."""
    geometry = {"stride": case.stride, "padding": case.padding, "dilation": (1, 1), "groups": 1}
    z = oracles.convolution_forward(a.x, a.weight, a.bias, **geometry)
    y, argmax = oracles.max_pooling_forward(z, kernel=case.window, stride=case.step, padding=(0, 0))
    passed = np.where(y <= 0, 0.0, grad_output) if case.relu else grad_output
    grad_z = oracles.max_pooling_backward(passed, argmax, z.shape[2:])
    grad_weight, grad_bias = oracles.convolution_backward_parameters(a.x, grad_z, case.kernel, **geometry)
    grad_input = oracles.convolution_backward_input(grad_z, a.weight, a.x.shape[2:], **geometry)
    return Expected(np.where(y <= 0, 0.0, y) if case.relu else y, grad_input, grad_weight, grad_bias)


def decided(case: Case, a: Arrays) -> np.ndarray:
    """Where rounding cannot change which value of a window is passed on, or whether it is above zero; (N, C, H, W)."""
    z = oracles.convolution_forward(
        a.x, a.weight, a.bias, stride=case.stride, padding=case.padding, dilation=(1, 1), groups=1
    )
    windows = np.lib.stride_tricks.sliding_window_view(z, case.window, axis=(2, 3))
    windows = windows[:, :, :: case.step[0], :: case.step[1]]
    values = np.sort(windows.reshape(*windows.shape[:4], -1), axis=-1)
    near = 1e-4 * np.abs(z).max()
    margin = values[..., -1] - values[..., -2] if values.shape[-1] > 1 else np.full(values.shape[:-1], np.inf)
    return (margin > near) & (np.abs(values[..., -1]) > near)


def taps(case: Case) -> int:
    return case.channels * case.kernel[0] * case.kernel[1]


@each_case
@pytest.mark.parametrize("batch", BATCHES)
def test_values_and_gradients(rng: np.random.Generator, case: Case, batch: int) -> None:
    """On every instruction set; what is wanted is the same for all, and takes longer than they do."""
    if batch > 33 and case.channels * case.height > 60:
        pytest.skip("long in float64, and the same as shorter ones")
    a = arrays(case, batch, rng)
    drawn = rng.uniform(-1, 1, (batch, *Layer(case, a).output_shape)).astype(np.float32) * decided(case, a)
    wanted = expected(case, a, drawn)
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            check_values_and_gradients(case, a, drawn, wanted)


def check_values_and_gradients(case: Case, a: Arrays, drawn: np.ndarray, wanted: Expected) -> None:
    layer = Layer(case, a)
    layer.run(lambda rows: drawn)
    assert_close(layer.output, wanted.output, terms=taps(case), few=16)
    assert_close(layer.grad_input, wanted.grad_input, terms=4 * case.outputs * case.kernel[0] * case.kernel[1])
    positions = len(drawn) * drawn.shape[2] * drawn.shape[3]
    assert_close(layer.grad_weight, wanted.grad_weight, terms=positions)
    if layer.grad_bias is not None:
        assert_close(layer.grad_bias, wanted.grad_bias, terms=positions)


@each_case
def test_same_bits_for_any_threads(
    assert_same_bits_for_any_threads: Callable[..., None], rng: np.random.Generator, case: Case
) -> None:
    a = arrays(case, 50, rng)
    layer = Layer(case, a)
    drawn = rng.uniform(-1, 1, (50, *layer.output_shape)).astype(np.float32)

    def compute() -> tuple[np.ndarray, ...]:
        layer.run(lambda rows: drawn)
        return layer.output, layer.grad_input, layer.grad_weight.copy()

    assert_same_bits_for_any_threads(compute)


@each_case
def test_a_smaller_batch_leaves_nothing_of_a_larger_one(rng: np.random.Generator, case: Case) -> None:
    a = arrays(case, 40, rng)
    a.x[20:] = np.nan  # what the larger batch held must not reach the smaller one
    layer = Layer(case, a)
    layer.run(lambda rows: np.full_like(rows, np.inf))
    few = Arrays(a.x[:19], a.weight, a.bias)
    gradient = decided(case, few).astype(np.float32)
    layer.run(lambda rows: gradient, count=19)
    wanted = expected(case, few, gradient)
    assert_close(layer.output, wanted.output, terms=taps(case), few=16)
    assert_close(layer.grad_weight, wanted.grad_weight, terms=layer.output.size / case.outputs)


@each_case
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_in_a_sample_reach_its_outputs_and_no_other_sample(
    instruction_set: str, rng: np.random.Generator, case: Case, poison: float
) -> None:
    a = arrays(case, 18, rng)
    clean = Layer(case, Arrays(a.x.copy(), a.weight, a.bias))
    clean.run(np.ones_like)
    a.x[5, 0, case.height // 2, case.width // 2] = poison
    layer = Layer(case, a)
    layer.run(np.ones_like)
    others = np.arange(18) != 5
    assert layer.output[others].tobytes() == clean.output[others].tobytes()
    assert layer.grad_input[others].tobytes() == clean.grad_input[others].tobytes()
    wanted = expected(case, a, np.ones_like(layer.output)).output[5]
    # None is lost; Winograd may spread one over its window, so only the places without any are compared.
    lost = ~np.isfinite(wanted) & np.isfinite(layer.output[5])
    assert not lost.any()
    np.testing.assert_array_equal(np.isposinf(wanted) & ~np.isnan(layer.output[5]), np.isposinf(layer.output[5]))


def test_nan_wins_a_window_and_of_equal_values_the_first_gets_the_gradient(instruction_set: str) -> None:
    case = Case(1, 2, 4, 1, (1, 1), relu=False, bias=False)
    x = np.array([[[[3, 3, 1, np.nan], [3, 0, 5, 7]]]], np.float32)
    layer = Layer(case, Arrays(x, np.ones((1, 1, 1, 1), np.float32), None))
    layer.run(np.ones_like)
    np.testing.assert_array_equal(layer.output, [[[[3, np.nan]]]])
    np.testing.assert_array_equal(layer.grad_input, [[[[1, 0, 0, 1], [0, 0, 0, 0]]]])


def test_a_gradient_of_zero_adds_nothing_even_where_the_input_is_infinite(instruction_set: str) -> None:
    case = Case(1, 4, 4, 2, (3, 3), padding=(1, 1))
    rng = np.random.default_rng(3)
    a = arrays(case, 17, rng)
    a.x[16] = np.inf
    layer = Layer(case, a)

    def only_finite(rows: np.ndarray) -> np.ndarray:
        gradient = np.ones_like(rows)
        gradient[16] = 0
        return gradient

    layer.run(only_finite)
    assert np.isfinite(layer.grad_weight).all() and np.isfinite(layer.grad_bias).all()


def test_the_error_of_winograd_is_the_one_stated(instruction_set: str, rng: np.random.Generator) -> None:
    """Root mean square, relative to that of the result: 1e-6 (direct: 2e-7)."""
    case = Case(16, 14, 14, 16, (5, 5), relu=False)
    a = arrays(case, 16, rng)
    layer = Layer(case, a)
    layer.run(np.ones_like)
    wanted = expected(case, a, np.ones_like(layer.output)).output
    error = np.sqrt(np.mean((layer.output - wanted) ** 2) / np.mean(wanted**2))
    assert EPSILON / 4 < error < 2e-6


def test_large_batches_run_in_parts_whose_gradients_are_added(rng: np.random.Generator) -> None:
    case = Case(1, 6, 6, 2, (3, 3))
    a = arrays(case, 2500, rng)
    layer = Layer(case, a)
    assert len(a.x) > 1024
    gradient, taken = decided(case, a).astype(np.float32), 0

    def give(rows: np.ndarray) -> np.ndarray:
        nonlocal taken
        taken += len(rows)
        return gradient[taken - len(rows) : taken]

    layer.run(give)
    wanted = expected(case, a, gradient)
    assert_close(layer.grad_weight, wanted.grad_weight, terms=layer.output.size / case.outputs)
    assert_close(layer.grad_bias, wanted.grad_bias, terms=layer.output.size / case.outputs)
