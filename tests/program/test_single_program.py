"""One sample at a time, channels as lanes: what float64 oracles and the programs of sixteen samples as lanes give."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import oracles
from closeness import FEW, FEW_WINOGRAD, assert_close, same_bits
from cnncli import _core
from cnncli.layers import (
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Concat,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    LogSoftmax,
    MaxPool2d,
    Module,
    Parallel,
    ReLU,
    Residual,
    Sigmoid,
    Tanh,
)
from cnncli.program.lowering import lower

BLOCK = 16  # so many samples fill the lanes of a block, and are not run one by one

Layers = list[Module]


def fill(layers: Layers, rng: np.random.Generator) -> None:
    """Every array of the layers gets values of its own; variances are positive."""
    for layer in layers:
        for parameter in layer.named_parameters():
            parameter.value[...] = rng.normal(size=parameter.value.shape)
        for name, array in layer.named_buffers():
            array[...] = rng.uniform(0.5, 2, array.shape) if "var" in name else rng.normal(size=array.shape)


def compiled(layers: Layers, shape: tuple[int, int, int]) -> "_core.Program":
    program = _core.Program(BLOCK, training=False, couples_samples=False)
    table = np.tile(np.arange(256, dtype=np.float32) / 255, (shape[0], 1)) + np.float32(0.5)
    x = program.input(shape, table)
    program.result(lower(layers, program, x, shape))
    program.finish()
    return program


def one_by_one(program: "_core.Program", images: np.ndarray, threads: int = 1) -> np.ndarray:
    rows = [program.predict(images[n : n + 1], threads) for n in range(len(images))]
    assert all(row is not None for row in rows)
    return np.concatenate(rows)

def test_branches_of_one_image_have_borders_and_bits_of_their_own(rng: np.random.Generator) -> None:
    """One tensor is read with and without padding; sums and copies are exact, so few samples give a batch's bits."""
    layers: Layers = [
        MaxPool2d(1),
        Concat([AvgPool2d(1)], [Parallel([], Tanh()), MaxPool2d(3, stride=1, padding=1)], []),
        Residual([MaxPool2d(3, stride=1, padding=1)], [Residual([])]),
    ]
    program = compiled(layers, (6, 5, 7))
    images = rng.normal(size=(BLOCK, 6, 5, 7)).astype(np.float32)
    same_bits(one_by_one(program, images), program.predict(images, 1))


def as_lanes(program: "_core.Program", images: np.ndarray) -> np.ndarray:
    rows = program.predict(np.concatenate([images, np.zeros((BLOCK, *images.shape[1:]), images.dtype)]), 1)
    assert rows is not None
    return rows[: len(images)]


@dataclass(frozen=True)
class Case:
    inputs: int
    outputs: int
    size: tuple[int, int]
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    bias: bool = True

    def layer(self) -> Conv2d:
        return Conv2d(
            self.inputs,
            self.outputs,
            self.kernel,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
            self.bias,
        )

    def oracle(self, images: np.ndarray, layer: Conv2d) -> np.ndarray:
        return oracles.convolution_forward(
            images,
            layer.weight,
            layer.bias,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
        )


# Widths around the register tiles (6 and 14 positions), channels around the vectors (4, 8, 16) and their strips.
PLAIN = [
    Case(1, 6, (28, 28), (5, 5), padding=(2, 2)),
    Case(1, 3, (5, 15), (3, 3)),
    Case(1, 1, (1, 1), (1, 1), bias=False),
    Case(6, 16, (14, 14), (5, 5)),
    Case(3, 17, (7, 13), (3, 2), stride=(2, 1), padding=(1, 0)),
    Case(5, 33, (9, 8), (1, 1), stride=(1, 3)),
    Case(70, 24, (6, 7), (3, 3), stride=(2, 2), padding=(1, 1)),
    Case(300, 9, (3, 3), (3, 3)),
    Case(2, 8, (11, 29), (2, 3), padding=(3, 4), dilation=(2, 3)),
    Case(16, 16, (4, 6), (3, 3), padding=(1, 1)),
]
GROUPED = [
    Case(6, 32, (8, 7), (3, 3), padding=(1, 1), groups=2),
    Case(5, 5, (7, 6), (3, 3), padding=(1, 1), groups=5),
    Case(19, 19, (5, 5), (2, 2), stride=(2, 2), groups=19, bias=False),
    Case(4, 12, (6, 5), (3, 3), dilation=(2, 1), groups=4),
    Case(6, 10, (5, 9), (2, 3), padding=(1, 2), groups=2),
]
# F(4x4) with whole and with cut tiles, F(2x2), and as many channels as leave half a strip.
WINOGRAD = [
    Case(16, 16, (12, 12), padding=(1, 1)),
    Case(17, 24, (14, 17), padding=(0, 1)),
    Case(16, 20, (11, 10)),
    Case(33, 19, (7, 5), padding=(1, 1), bias=False),
    Case(20, 16, (6, 8), padding=(1, 1)),
    Case(40, 70, (9, 11), padding=(2, 3)),
]
# Images of few channels under few outputs, which are pooled on the way out: windows around the vectors (4, 8, 16),
# outputs around the tiles (6), odd rows and columns that no window covers.
POOLED = [
    Case(1, 6, (28, 28), (5, 5), padding=(2, 2)),
    Case(1, 1, (9, 18), (3, 3)),
    Case(1, 7, (7, 19), (4, 2), padding=(1, 0), bias=False),
    Case(2, 13, (8, 33), (1, 3), padding=(0, 1)),
    Case(3, 5, (6, 34), (3, 5), padding=(1, 3)),
    Case(4, 31, (5, 63), (2, 2)),
    Case(1, 3, (3, 3), (2, 2)),
    Case(1, 2, (4, 100), (1, 60)),
]
each_plain = pytest.mark.parametrize("case", PLAIN + GROUPED, ids=str)
each_pooled = pytest.mark.parametrize("case", POOLED, ids=str)
each_winograd = pytest.mark.parametrize("case", WINOGRAD, ids=str)


def images_for(case: Case, rng: np.random.Generator, count: int = 2) -> np.ndarray:
    return rng.normal(size=(count, case.inputs, *case.size)).astype(np.float32)


@each_plain
def test_convolution_is_that_of_the_oracle(case: Case, instruction_set: str, rng: np.random.Generator) -> None:
    layer, images = case.layer(), images_for(case, rng)
    fill([layer], rng)
    program = compiled([layer], images.shape[1:])
    expected = case.oracle(images, layer).reshape(2, -1)
    terms = case.inputs // case.groups * case.kernel[0] * case.kernel[1]
    assert_close(one_by_one(program, images), expected, terms=terms + 1, scale=3.0)
    # Lanes may use Winograd where a single image does not: what either may be off by adds up.
    winograd = (case.kernel, case.stride, case.dilation, case.groups) == ((3, 3), (1, 1), (1, 1), 1)
    few = FEW + (FEW_WINOGRAD if winograd else FEW)
    lanes = as_lanes(program, images).astype(np.float64)
    assert_close(one_by_one(program, images), lanes, terms=terms + 1, scale=3.0, few=few)


@each_winograd
def test_winograd_keeps_to_its_stated_error(case: Case, instruction_set: str, rng: np.random.Generator) -> None:
    layer, images = case.layer(), images_for(case, rng)
    fill([layer], rng)
    actual = one_by_one(compiled([layer], images.shape[1:]), images)
    expected = case.oracle(images, layer).reshape(2, -1)
    assert actual.shape == expected.shape
    error = np.sqrt(np.mean((actual - expected) ** 2) / np.mean(expected**2))
    assert error < 8e-7, f"relative error {error:.2g} rms"
    assert np.abs(actual - expected).max() < 8e-6 * np.abs(expected).max()


@pytest.mark.parametrize("case", [*PLAIN[:4], GROUPED[0], GROUPED[1], WINOGRAD[1], WINOGRAD[4]], ids=str)
def test_normalization_and_relu_follow_a_convolution(
    case: Case, instruction_set: str, rng: np.random.Generator
) -> None:
    layer, normalization = case.layer(), BatchNorm2d(case.outputs)
    images = images_for(case, rng)
    fill([layer, normalization], rng)
    expected = case.oracle(images, layer)
    mean, variance, weight, bias = (
        array.astype(np.float64).reshape(-1, 1, 1)
        for array in (
            normalization.running_mean,
            normalization.running_var,
            normalization.weight,
            normalization.bias,
        )
    )
    expected = np.maximum((expected - mean) / np.sqrt(variance + normalization.eps) * weight + bias, 0)
    actual = one_by_one(compiled([layer, normalization, ReLU()], images.shape[1:]), images)
    terms = case.inputs * case.kernel[0] * case.kernel[1]
    few = FEW_WINOGRAD if case in WINOGRAD else FEW
    assert_close(actual, expected.reshape(2, -1), terms=terms + 1, scale=8.0, few=few)


@each_plain
def test_nan_and_infinity_reach_the_outputs_that_the_oracle_says(
    case: Case, instruction_set: str, rng: np.random.Generator
) -> None:
    layer, images = case.layer(), images_for(case, rng, 3)
    fill([layer], rng)
    images[0, 0, 0, 0], images[1, -1, -1, -1], images[2, 0, case.size[0] // 2, 0] = np.nan, np.inf, -np.inf
    expected = case.oracle(images, layer).reshape(3, -1)
    terms = case.inputs * case.kernel[0] * case.kernel[1]
    assert_close(one_by_one(compiled([layer], images.shape[1:]), images), expected, terms=terms + 1, scale=3.0)


@each_winograd
def test_winograd_spreads_nan_and_infinity_within_a_tile_and_loses_none(
    case: Case, instruction_set: str, rng: np.random.Generator
) -> None:
    layer, images = case.layer(), images_for(case, rng, 3)
    fill([layer], rng)
    images[0, 0, 0, 0], images[1, -1, -1, -1], images[2, 0, case.size[0] // 2, 0] = np.nan, np.inf, -np.inf
    expected = case.oracle(images, layer)
    actual = one_by_one(compiled([layer], images.shape[1:]), images).reshape(expected.shape)
    assert not np.isfinite(actual[~np.isfinite(expected)]).any()
    # A tile is 4 outputs wide and sees 6 inputs: nothing further than 5 from the input is touched.
    for image, (row, col) in enumerate([(0, 0), (case.size[0] - 1, case.size[1] - 1), (case.size[0] // 2, 0)]):
        rows = np.abs(np.arange(expected.shape[2]) - case.padding[0] - row + 2) > 7
        cols = np.abs(np.arange(expected.shape[3]) - case.padding[1] - col + 2) > 7
        assert np.isfinite(actual[image][:, rows][:, :, :]).all()
        assert np.isfinite(actual[image][:, :, cols]).all()


@pytest.mark.parametrize("case", [PLAIN[0], PLAIN[6], GROUPED[1], WINOGRAD[0], WINOGRAD[2]], ids=str)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_padding_is_skipped_under_weights_that_are_not_finite(
    case: Case, value: float, instruction_set: str, rng: np.random.Generator
) -> None:
    layer, images = case.layer(), images_for(case, rng)
    fill([layer], rng)
    layer.weight[0, 0, 0, 0] = value
    expected = case.oracle(images, layer).reshape(2, -1)
    terms = case.inputs * case.kernel[0] * case.kernel[1]
    program = compiled([layer], images.shape[1:])
    actual = one_by_one(program, images)
    if case in WINOGRAD:  # the weight reaches every output of its channel there; none is lost, others have none
        first = expected.shape[1] // case.outputs
        assert not np.isfinite(actual[~np.isfinite(expected)]).any()
        actual, expected = actual[:, first:], expected[:, first:]
    assert_close(actual, expected, terms=terms + 1, scale=3.0, few=FEW_WINOGRAD if case in WINOGRAD else FEW)
    layer.weight[0, 0, 0, 0] = 1  # and finite ones are welcome again
    rows = one_by_one(program, images)
    assert same_bits(rows, one_by_one(compiled([layer], images.shape[1:]), images))
    assert np.isfinite(rows).all()


def pooled(layer: Conv2d, relu: bool = True) -> Layers:
    return [layer, ReLU(), MaxPool2d(2)] if relu else [layer, MaxPool2d(2)]


def pooled_oracle(case: Case, images: np.ndarray, layer: Conv2d, relu: bool = True) -> np.ndarray:
    values = case.oracle(images, layer)
    best, _ = oracles.max_pooling_forward(values, kernel=(2, 2), stride=(2, 2), padding=(0, 0))
    return (np.where(best < 0, 0, best) if relu else best).reshape(len(images), -1)


@pytest.mark.parametrize("relu", [True, False])
@each_pooled
def test_pooled_convolution_is_that_of_the_oracle(
    case: Case, relu: bool, instruction_set: str, rng: np.random.Generator
) -> None:
    layer, images = case.layer(), images_for(case, rng)
    fill([layer], rng)
    actual = one_by_one(compiled(pooled(layer, relu), images.shape[1:]), images)
    terms = case.inputs * case.kernel[0] * case.kernel[1]
    assert_close(actual, pooled_oracle(case, images, layer, relu), terms=terms + 1, scale=3.0)


@each_pooled
def test_nan_and_infinity_reach_the_windows_that_the_oracle_says(
    case: Case, instruction_set: str, rng: np.random.Generator
) -> None:
    layer, images = case.layer(), images_for(case, rng, 3)
    fill([layer], rng)
    images[0, 0, 0, 0], images[1, -1, -1, -1], images[2, 0, case.size[0] // 2, 0] = np.nan, np.inf, -np.inf
    expected = pooled_oracle(case, images, layer)
    terms = case.inputs * case.kernel[0] * case.kernel[1]
    assert_close(one_by_one(compiled(pooled(layer), images.shape[1:]), images), expected, terms=terms + 1, scale=3.0)


@each_pooled
@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_pooled_padding_is_skipped_under_weights_that_are_not_finite(
    case: Case, value: float, instruction_set: str, rng: np.random.Generator
) -> None:
    layer, images = case.layer(), images_for(case, rng)
    fill([layer], rng)
    layer.weight[0, 0, 0, 0] = value
    program = compiled(pooled(layer), images.shape[1:])
    terms = case.inputs * case.kernel[0] * case.kernel[1]
    expected = pooled_oracle(case, images, layer)
    assert_close(one_by_one(program, images), expected, terms=terms + 1, scale=3.0)
    layer.weight[0, 0, 0, 0] = 1  # and finite ones are welcome again
    assert np.isfinite(one_by_one(program, images)).all()


SMALL: dict[str, tuple[tuple[int, int, int], Callable[[], Layers]]] = {
    "max pooling 2x2": ((9, 7, 6), lambda: [MaxPool2d(2)]),
    "max pooling 3x3, overlapping, padded": ((17, 8, 7), lambda: [MaxPool2d(3, stride=2, padding=1)]),
    "average pooling": ((5, 6, 9), lambda: [AvgPool2d(3, stride=2, padding=1)]),
    "average pooling, not counting": ((8, 5, 5), lambda: [AvgPool2d(2, padding=1, count_include_pad=False)]),
    "relu": ((3, 4, 5), lambda: [ReLU()]),
    "tanh": ((3, 4, 5), lambda: [Tanh()]),
    "sigmoid": ((11, 2, 3), lambda: [Sigmoid()]),
    "normalization": ((10, 3, 2), lambda: [BatchNorm2d(10)]),
    "normalization without factors": ((3, 3, 2), lambda: [BatchNorm2d(3, affine=False), ReLU()]),
    "flatten": ((3, 4, 5), lambda: [Flatten()]),
    "linear": ((3, 4, 5), lambda: [Flatten(), Linear(60, 7)]),
    "linear of a vector's width": ((1, 4, 4), lambda: [Flatten(), Linear(16, 8), ReLU()]),
    "linear of few": ((1, 1, 3), lambda: [Flatten(), Linear(3, 1)]),
    "linear of many": ((7, 11, 13), lambda: [Flatten(), Linear(1001, 131), Tanh(), Linear(131, 5)]),
    "normalized vectors": ((2, 3, 3), lambda: [Flatten(), Linear(18, 9), BatchNorm1d(9), ReLU()]),
    "log-softmax": ((1, 1, 10), lambda: [Flatten(), LogSoftmax()]),
    "dropout": ((1, 2, 5), lambda: [Dropout(0.5), Flatten(), Dropout(0.5)]),
    "a border around what is not zero at zero": (
        (2, 6, 5),
        lambda: [
            *(Sigmoid(), Conv2d(2, 4, 3, padding=1), BatchNorm2d(4)),
            *(Sigmoid(), Conv2d(4, 3, 3, padding=2)),
        ],
    ),
    "two normalizations": (
        (2, 6, 5),
        lambda: [Conv2d(2, 4, 3), BatchNorm2d(4), BatchNorm2d(4), ReLU(), MaxPool2d(2)],
    ),
    "normalization after pooling": (
        (2, 12, 36),
        lambda: [Conv2d(2, 4, 3), MaxPool2d(2), BatchNorm2d(4), Conv2d(4, 3, 3), ReLU()],
    ),
    "pooling twice": ((1, 12, 36), lambda: [Conv2d(1, 5, 3), ReLU(), MaxPool2d(2), MaxPool2d(2)]),
    "pooled convolutions in a row": (
        (2, 19, 37),
        lambda: [
            *(Conv2d(2, 4, 3, padding=1), ReLU(), MaxPool2d(2)),
            *(Conv2d(4, 3, 3, padding=1), ReLU(), MaxPool2d(2), Conv2d(3, 2, 2), MaxPool2d(3)),
        ],
    ),
    "winograd in a row": (
        (16, 13, 14),
        lambda: [Conv2d(16, 17, 3, padding=1), ReLU(), Conv2d(17, 16, 3), MaxPool2d(3, padding=1)],
    ),
}
each_network = pytest.mark.parametrize("name", SMALL)


def eager(layers: Layers, images: np.ndarray) -> np.ndarray:
    for layer in layers:
        layer._set_training(False)
        images = layer.forward(images)
    return images.reshape(len(images), -1)


@each_network
def test_every_layer_is_that_of_the_eager_network(name: str, instruction_set: str, rng: np.random.Generator) -> None:
    shape, make = SMALL[name]
    layers, images = make(), rng.normal(size=(3, *shape)).astype(np.float32)
    fill(layers, rng)
    expected = eager(layers, images)
    actual = one_by_one(compiled(layers, shape), images)
    size = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=2e-5 * size)
    assert actual.dtype == np.float32
    assert actual.shape == expected.shape


@pytest.mark.parametrize("name", [name for name in SMALL if "winograd" not in name and "linear" not in name])
def test_every_layer_passes_on_nan_and_infinity(name: str, instruction_set: str, rng: np.random.Generator) -> None:
    shape, make = SMALL[name]
    layers, images = make(), rng.normal(size=(4, *shape)).astype(np.float32)
    fill(layers, rng)
    images[0, 0, 0, 0], images[1, -1, -1, -1], images[2, 0, -1, 0] = np.nan, np.inf, -np.inf
    images[3] = -np.inf
    expected, actual = eager(layers, images), one_by_one(compiled(layers, shape), images)
    np.testing.assert_array_equal(np.isnan(actual), np.isnan(expected))
    np.testing.assert_array_equal(np.isinf(actual), np.isinf(expected))


@pytest.mark.parametrize("classes", [1, 3, 4, 7, 8, 9, 16, 17])
def test_log_softmax_is_that_of_the_oracle(classes: int, instruction_set: str, rng: np.random.Generator) -> None:
    images = np.concatenate([rng.normal(size=(2, 1, 1, classes)) * scale for scale in (1, 80)]).astype(np.float32)
    images[3, 0, 0, -1] = -np.inf if classes > 1 else 0
    actual = one_by_one(compiled([Flatten(), LogSoftmax()], images.shape[1:]), images)
    assert_close(actual, oracles.log_softmax_forward(images.reshape(4, -1)), terms=classes)


def test_bytes_go_through_the_table_of_their_channel(instruction_set: str, rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (2, 3, 4, 5)).astype(np.uint8)
    program = _core.Program(1, training=False, couples_samples=False)
    table = rng.normal(size=(3, 256)).astype(np.float32)
    program.result(program.input((3, 4, 5), table))
    program.finish()
    expected = table[np.arange(3)[:, None, None], images].reshape(2, -1)
    assert same_bits(one_by_one(program, images), expected)


def wide() -> tuple[Layers, tuple[int, int, int]]:
    """Enough work for more threads than one, and a task or more of each kind."""
    return [
        *(Conv2d(3, 64, 3, padding=1), BatchNorm2d(64), ReLU()),
        *(Conv2d(64, 64, 3, padding=1), BatchNorm2d(64), ReLU(), MaxPool2d(2)),
        *(Conv2d(64, 72, 5, stride=2), Conv2d(72, 24, 1), ReLU(), Flatten(), Linear(24 * 36, 300), Tanh()),
        *(Linear(300, 10), LogSoftmax()),
    ], (3, 32, 32)


def large() -> tuple[Layers, tuple[int, int, int]]:
    """The same for an image of few channels."""
    return [
        *(Conv2d(2, 5, 5, padding=2), ReLU(), MaxPool2d(2)),
        *(Conv2d(5, 24, 3), ReLU(), MaxPool2d(2)),
    ], (2, 130, 260)


@pytest.mark.parametrize("network", [wide, large])
def test_bits_do_not_depend_on_the_number_of_threads(
    network: Callable[[], tuple[Layers, tuple[int, int, int]]], instruction_set: str, rng: np.random.Generator
) -> None:
    layers, shape = network()
    for layer in layers:
        layer.initialize(3) if hasattr(layer, "initialize") else None
    images = rng.normal(size=(2, *shape)).astype(np.float32)
    program = compiled(layers, shape)
    rows = one_by_one(program, images, threads=1)
    for threads in (2, 3):
        assert same_bits(one_by_one(program, images, threads), rows)
        assert same_bits(one_by_one(compiled(layers, shape), images, threads), rows)
    np.testing.assert_allclose(rows, eager(layers, images), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((1, 2, 4, 4)),
        np.zeros((1, 2, 4, 4), np.dtype(">f4")),
        np.zeros((1, 2, 4, 3), np.float32),
        np.zeros((2, 4, 4), np.float32),
        np.zeros((1, 4, 4, 2), np.float32).transpose(0, 3, 1, 2),
        np.zeros(129, np.uint8)[1:].view(np.float32).reshape(1, 2, 4, 4)[:, ::-1],
        [[1.0]],
        None,
    ],
    ids=["float64", "big-endian", "width", "dimensions", "Fortran order", "reversed", "list", "None"],
)
def test_the_core_takes_images_as_they_are_or_not_at_all(images: Any) -> None:
    assert compiled([ReLU()], (2, 4, 4)).predict(images, 1) is None
