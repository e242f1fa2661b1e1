"""The node `convolution` by Winograd's F(4x4,3x3): the same sums, fewer multiplications; see winograd.h."""

from collections.abc import Callable

import numpy as np
import pytest

from closeness import FEW_WINOGRAD, assert_close, same_bits
from convolution_cases import Case, Shape, make

# Of whole results, relative: winograd.h states 8e-7.
RMS = 1.2e-6

SHAPES = [
    # Batches around the lanes of a block, and empty.
    *(Shape(batch=batch, padding=(1, 1)) for batch in (0, 1, 2, 15, 16, 17, 31, 33)),
    # Tiles of 4x4 outputs: one part of a tile, whole ones, one more than whole.
    *(Shape(size=(size, 11 - size), padding=(1, 1)) for size in range(1, 11)),
    *(Shape(size=(size, size), padding=(1, 1), batch=2) for size in (12, 13, 19)),
    # Padding from none to more than the filter, where the gradient of the input has less than none.
    *(Shape(size=(5, 6), padding=padding) for padding in ((0, 0), (0, 1), (2, 1), (2, 2), (3, 1), (5, 4))),
    Shape(size=(1, 1), padding=(1, 1)),
    Shape(size=(3, 3), padding=(0, 0)),
    # Channels around the register tiles and the lanes of the gradient of the weights.
    *(Shape(channels=channels, size=(4, 5), padding=(1, 1)) for channels in (1, 2, 7, 15, 16, 17, 33)),
    *(Shape(outputs=outputs, size=(4, 5), padding=(1, 1)) for outputs in (1, 5, 6, 8, 11, 12, 13, 16, 17, 37)),
    # More than one part of the channels.
    Shape(batch=2, channels=150, outputs=7, size=(5, 4), padding=(1, 1)),
    Shape(batch=2, channels=7, outputs=150, size=(4, 5), padding=(1, 1)),
]


def rms(actual: np.ndarray, expected: np.ndarray) -> float:
    return float(np.sqrt(np.square(actual - expected).mean() / np.square(expected).mean()))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_winograd_forward(instruction_set: str, rng: np.random.Generator, shape: Shape) -> None:
    case = make(rng, shape)
    assert_close(case.forward("winograd"), case.expected_forward(), terms=shape.weights + 1, few=FEW_WINOGRAD)


def test_winograd_forward_without_bias(instruction_set: str, rng: np.random.Generator) -> None:
    case = make(rng, Shape(batch=17, padding=(1, 1)))
    expected = case.expected_forward(with_bias=False)
    assert_close(case.forward("winograd", with_bias=False), expected, terms=27, few=FEW_WINOGRAD)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_winograd_backward_input(instruction_set: str, rng: np.random.Generator, shape: Shape) -> None:
    case = make(rng, shape)
    terms = 9 * shape.outputs
    assert_close(case.backward_input("winograd"), case.expected_backward_input(), terms=terms, few=FEW_WINOGRAD)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_winograd_backward_parameters_adds_scale_times_the_gradient(
    instruction_set: str, rng: np.random.Generator, shape: Shape
) -> None:
    case = make(rng, shape)
    expected_weight, expected_bias = case.expected_backward_parameters()
    grad_weight, grad_bias = case.backward_parameters("winograd", scale=-0.5, start=0.25)
    assert_close(grad_weight, 0.25 - 0.5 * expected_weight, terms=case.gradient_terms, few=FEW_WINOGRAD)
    assert_close(grad_bias, 0.25 - 0.5 * expected_bias, terms=case.gradient_terms)


def test_winograd_gradients_of_many_blocks(instruction_set: str, rng: np.random.Generator) -> None:
    """More blocks of 16 samples than there are slots of sums, and a ragged last one."""
    case = make(rng, Shape(batch=147, channels=3, outputs=4, size=(5, 9), padding=(1, 1)))
    expected_weight, _ = case.expected_backward_parameters()
    grad_weight, _ = case.backward_parameters("winograd")
    assert_close(grad_weight, expected_weight, terms=case.gradient_terms, few=FEW_WINOGRAD)


def test_winograd_error_is_that_of_its_header(instruction_set: str, rng: np.random.Generator) -> None:
    case = make(rng, Shape(batch=16, channels=64, outputs=64, size=(12, 12), padding=(1, 1)))
    assert rms(case.forward("winograd"), case.expected_forward()) < RMS
    assert rms(case.backward_input("winograd"), case.expected_backward_input()) < RMS
    assert rms(case.backward_parameters("winograd")[0], case.expected_backward_parameters()[0]) < RMS


POISONED = [Shape(padding=(1, 1), size=(9, 10)), Shape(batch=17, size=(10, 9)), Shape(batch=1, padding=(2, 2))]
each_poison = pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])


def assert_spread(actual: np.ndarray, expected: np.ndarray, reach: tuple[slice, ...], terms: float) -> None:
    """Where the sum is not finite, the result is not; outside of `reach`, it is as if nothing had happened."""
    lost = ~np.isfinite(expected) & np.isfinite(actual)
    assert not np.isfinite(expected).all()
    assert not lost.any(), f"finite at {np.argwhere(lost)[:5].tolist()}"
    outside = np.ones(actual.shape, bool)
    outside[reach] = False
    assert outside.any()
    assert_close(actual[outside], expected[outside], terms=terms, few=FEW_WINOGRAD)


@each_poison
@pytest.mark.parametrize("shape", POISONED, ids=str)
def test_winograd_spreads_nan_over_tiles_of_its_sample_and_loses_none(
    instruction_set: str, rng: np.random.Generator, shape: Shape, poison: float
) -> None:
    """At each place of a tile: none of the 36 elements may hide it, though all have coefficients that are 0."""
    sample = shape.batch - 1
    for row, col in [(0, 0), (1, 2), (2, 3), (3, 1), (4, 4), (5, 5), (shape.size[0] - 1, shape.size[1] - 1)]:
        case = make(rng, shape)
        row, col = min(row, shape.size[0] - 1), min(col, shape.size[1] - 1)
        case.x[sample, 1, row, col] = poison
        # The rows and columns of the tiles whose windows hold the pixel.
        last_row, last_col = row + shape.padding[0], col + shape.padding[1]
        reach = (
            slice(sample, sample + 1),
            slice(None),
            slice(max(0, last_row - 2) // 4 * 4, last_row // 4 * 4 + 4),
            slice(max(0, last_col - 2) // 4 * 4, last_col // 4 * 4 + 4),
        )
        assert_spread(case.forward("winograd"), case.expected_forward(), reach, shape.weights + 1)


@each_poison
@pytest.mark.parametrize("shape", POISONED[:2], ids=str)
def test_winograd_gradient_of_the_input_loses_no_nan(
    instruction_set: str, rng: np.random.Generator, shape: Shape, poison: float
) -> None:
    sample = shape.batch - 1
    for row, col in [(0, 0), (1, 2), (2, 3), (3, 1), (4, 4), (5, 5)]:
        case = make(rng, shape)
        case.grad_y[sample, 1, row, col] = poison
        reach = (slice(sample, sample + 1),)
        expected = case.expected_backward_input()
        assert_spread(case.backward_input("winograd"), expected, reach, 9 * shape.outputs)


@each_poison
@pytest.mark.parametrize("shape", POISONED[:2], ids=str)
def test_winograd_gradients_of_weights_hold_nan_in_all_taps_of_its_channels(
    instruction_set: str, rng: np.random.Generator, shape: Shape, poison: float
) -> None:
    for row, col in [(0, 0), (1, 2), (2, 3), (3, 1), (4, 4), (5, 5)]:
        case = make(rng, shape)
        case.x[-1, 1, row, col] = poison
        expected, _ = case.expected_backward_parameters()
        reach = (slice(None), slice(1, 2))
        assert_spread(case.backward_parameters("winograd")[0], expected, reach, case.gradient_terms)
        case = make(rng, shape)
        case.grad_y[-1, 2, row, col] = poison
        expected, _ = case.expected_backward_parameters()
        reach = (slice(2, 3),)
        assert_spread(case.backward_parameters("winograd")[0], expected, reach, case.gradient_terms)


@each_poison
def test_winograd_weights_spread_nan_over_their_channel_only(
    instruction_set: str, rng: np.random.Generator, poison: float
) -> None:
    for tap in range(9):
        case = make(rng, Shape(batch=17, padding=(1, 1), channels=5))
        case.weight[2, 3, tap // 3, tap % 3] = poison
        terms = case.shape.weights + 1
        assert_spread(case.forward("winograd"), case.expected_forward(), (slice(None), slice(2, 3)), terms)
        expected = case.expected_backward_input()
        reach = (slice(None), slice(3, 4))
        assert_spread(case.backward_input("winograd"), expected, reach, 9 * case.shape.outputs)


@pytest.mark.parametrize(
    "shape",
    [
        Shape(batch=33, padding=(1, 1), size=(13, 9)),
        Shape(batch=200, channels=2, size=(5, 5)),
        Shape(batch=1, channels=17, outputs=150, size=(14, 14)),
        Shape(batch=17, channels=150, outputs=20, size=(6, 5), padding=(1, 2)),
    ],
    ids=str,
)
def test_winograd_gives_the_same_bits_for_any_threads(
    instruction_set: str,
    rng: np.random.Generator,
    assert_same_bits_for_any_threads: Callable,
    shape: Shape,
) -> None:
    case = make(rng, shape)

    def compute() -> tuple[np.ndarray, ...]:
        return (
            case.forward("winograd"),
            case.backward_input("winograd"),
            *case.backward_parameters("winograd"),
        )

    assert_same_bits_for_any_threads(compute)


def test_winograd_leaves_its_inputs_alone(instruction_set: str, rng: np.random.Generator) -> None:
    case = make(rng, Shape(batch=17, padding=(1, 1)))
    arrays = case.x, case.weight, case.bias, case.grad_y
    before = [array.copy() for array in arrays]
    case.forward("winograd")
    case.backward_input("winograd")
    case.backward_parameters("winograd")
    assert all(same_bits(array, old) for array, old in zip(arrays, before, strict=True))


def results(case: Case, algorithm: str) -> list[bytes]:
    arrays = case.forward(algorithm), case.backward_input(algorithm), *case.backward_parameters(algorithm)
    return [array.tobytes() for array in arrays]


@pytest.mark.parametrize(
    ("shape", "chosen"),
    [
        (Shape(batch=2, channels=64, outputs=64, size=(8, 8), padding=(1, 1)), "winograd"),
        (Shape(batch=2, channels=16, outputs=16, size=(32, 32), padding=(1, 1)), "winograd"),
        (Shape(batch=2, channels=3, outputs=64, size=(8, 8), padding=(1, 1)), "direct"),
        # A picture of one pixel more than a tile pays for four.
        (Shape(batch=2, channels=16, outputs=16, size=(5, 5), padding=(1, 1)), "direct"),
    ],
    ids=str,
)
def test_winograd_is_chosen_where_it_pays(rng: np.random.Generator, shape: Shape, chosen: str) -> None:
    case = make(rng, shape)
    assert results(case, "auto") == results(case, chosen)
    assert results(case, "winograd")[0] != results(case, "direct")[0]


@pytest.mark.parametrize(
    "shape",
    [
        Shape(kernel=(5, 5)),
        Shape(kernel=(3, 1)),
        Shape(stride=(2, 1)),
        Shape(dilation=(1, 2)),
        Shape(channels=4, outputs=6, groups=2),
    ],
    ids=str,
)
def test_winograd_is_refused_where_it_does_not_fit(rng: np.random.Generator, shape: Shape) -> None:
    case = make(rng, shape)
    for call in (case.forward, case.backward_input, case.backward_parameters):
        with pytest.raises(ValueError, match=r"^convolution: algorithm: winograd is for kernels of 3x3 with stride 1"):
            call("winograd")
