"""The node `convolution`: cross-correlation, directly and by im2col + GEMM, and its gradients."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import oracles
from closeness import assert_close, same_bits
from cnncli import _core
from convolution_cases import Shape, make

ALGORITHMS = ["direct", "im2col", "auto"]


SHAPES = [
    Shape(),
    # Batches around the lanes of a block, and empty.
    *(Shape(batch=batch, size=(5, 5)) for batch in (0, 1, 2, 15, 16, 17, 31, 33)),
    # Tiles of output channels.
    *(Shape(outputs=outputs, size=(4, 5)) for outputs in (1, 2, 3, 4, 5, 6, 8, 9, 12, 13, 17)),
    *(Shape(channels=channels, size=(4, 5)) for channels in (1, 2, 4, 5, 16, 17)),
    # Output widths 1 to 9: tiles of positions.
    *(Shape(size=(3, width)) for width in (3, 4, 5, 6, 8, 9, 10, 11)),
    # Kernels.
    Shape(kernel=(1, 1)),
    Shape(kernel=(1, 5)),
    Shape(kernel=(5, 1)),
    Shape(kernel=(5, 5), padding=(2, 2)),
    Shape(kernel=(6, 7)),
    Shape(kernel=(2, 4), padding=(1, 3)),
    Shape(kernel=(1, 1), size=(1, 1), channels=13),
    Shape(kernel=(7, 7), size=(1, 1), padding=(3, 3)),
    # Stride, padding, dilation.
    Shape(stride=(2, 2)),
    Shape(stride=(2, 1), size=(8, 5)),
    Shape(stride=(1, 3), size=(5, 11), padding=(1, 0)),
    Shape(kernel=(2, 2), stride=(3, 3), size=(8, 9)),
    Shape(kernel=(1, 1), stride=(2, 2)),
    Shape(padding=(1, 1)),
    Shape(padding=(2, 0)),
    Shape(padding=(4, 5)),
    Shape(kernel=(1, 1), padding=(1, 2)),
    Shape(dilation=(2, 2)),
    Shape(dilation=(1, 3), padding=(0, 2)),
    Shape(dilation=(2, 1), stride=(1, 2), padding=(2, 1)),
    Shape(kernel=(3, 2), dilation=(2, 3), stride=(3, 2), padding=(3, 1), size=(9, 8)),
    # Groups and depthwise.
    Shape(channels=4, outputs=6, groups=2),
    Shape(channels=6, outputs=3, groups=3, padding=(1, 1)),
    Shape(channels=7, outputs=7, groups=7, padding=(1, 1)),
    Shape(channels=5, outputs=10, groups=5, stride=(2, 2), batch=17),
    Shape(channels=8, outputs=8, groups=2, dilation=(2, 2), padding=(2, 2)),
    # LeNet-5's second convolution.
    Shape(batch=2, channels=6, outputs=16, size=(14, 14), kernel=(5, 5)),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_convolution_forward(instruction_set: str, rng: np.random.Generator, shape: Shape) -> None:
    case = make(rng, shape)
    expected = case.expected_forward()
    for algorithm in ALGORITHMS:
        assert_close(case.forward(algorithm), expected, terms=shape.weights + 1)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_convolution_forward_without_bias(
    instruction_set: str, rng: np.random.Generator, algorithm: str
) -> None:
    case = make(rng, Shape(batch=17, padding=(1, 1)))
    assert_close(case.forward(algorithm, with_bias=False), case.expected_forward(with_bias=False), terms=27)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_convolution_backward_input(instruction_set: str, rng: np.random.Generator, shape: Shape) -> None:
    case = make(rng, shape)
    expected = case.expected_backward_input()
    terms = shape.weights * shape.outputs // shape.channels
    for algorithm in ALGORITHMS:
        assert_close(case.backward_input(algorithm), expected, terms=terms)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_convolution_backward_parameters_adds_scale_times_the_gradient(
    instruction_set: str, rng: np.random.Generator, shape: Shape
) -> None:
    case = make(rng, shape)
    expected_weight, expected_bias = case.expected_backward_parameters()
    for algorithm in ALGORITHMS:
        grad_weight, grad_bias = case.backward_parameters(algorithm, scale=-0.5, start=0.25)
        assert_close(grad_weight, 0.25 - 0.5 * expected_weight, terms=case.gradient_terms)
        assert_close(grad_bias, 0.25 - 0.5 * expected_bias, terms=case.gradient_terms)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_convolution_gradients_of_many_blocks(
    instruction_set: str, rng: np.random.Generator, algorithm: str
) -> None:
    """More blocks of 16 samples than there are slots of sums, and a ragged last one."""
    case = make(rng, Shape(batch=147, channels=2, size=(3, 4), kernel=(2, 2)))
    expected_weight, expected_bias = case.expected_backward_parameters()
    grad_weight, grad_bias = case.backward_parameters(algorithm)
    assert_close(grad_weight, expected_weight, terms=case.gradient_terms)
    assert_close(grad_bias, expected_bias, terms=case.gradient_terms)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_convolution_without_bias_has_weight_gradients(
    instruction_set: str, rng: np.random.Generator, algorithm: str
) -> None:
    case = make(rng, Shape(batch=17))
    grad_weight, _ = case.backward_parameters(algorithm, with_bias=False)
    assert_close(grad_weight, case.expected_backward_parameters()[0], terms=case.gradient_terms)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_convolution_of_an_empty_batch_leaves_the_gradients_alone(
    instruction_set: str, rng: np.random.Generator, algorithm: str
) -> None:
    for gradient in make(rng, Shape(batch=0)).backward_parameters(algorithm, start=0.1):
        assert same_bits(gradient, np.full_like(gradient, 0.1))


POISONED = [
    Shape(batch=1),
    Shape(batch=5, padding=(1, 1)),
    Shape(batch=16, stride=(2, 2)),
    Shape(batch=17, padding=(1, 2), dilation=(2, 2)),
    Shape(batch=18, channels=4, outputs=6, groups=2, padding=(1, 1)),
]


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("shape", POISONED, ids=str)
def test_convolution_keeps_nan_and_infinity_to_their_sample(
    instruction_set: str, rng: np.random.Generator, shape: Shape, algorithm: str, poison: float
) -> None:
    case = make(rng, shape)
    sample = min(3, shape.batch - 1)
    case.x[sample, 1, 2, 2] = poison
    case.grad_y[sample, 1, 1, 1] = poison
    case.weight[0, 1, 1, 1] = 0  # 0 * Inf is NaN, in this sample only
    y, grad_x = case.forward(algorithm), case.backward_input(algorithm)
    assert_close(y, case.expected_forward(), terms=shape.weights + 1)
    assert_close(grad_x, case.expected_backward_input(), terms=shape.weights * shape.outputs)
    others = np.arange(shape.batch) != sample
    assert np.isfinite(y[others]).all() and np.isfinite(grad_x[others]).all()
    assert not np.isfinite(y[sample]).all() and not np.isfinite(grad_x[sample]).all()


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("shape", POISONED, ids=str)
def test_convolution_weight_gradients_hold_nan_only_where_the_sum_does(
    instruction_set: str, rng: np.random.Generator, shape: Shape, algorithm: str, poison: float
) -> None:
    """One poisoned pixel in a corner, that few taps reach, and one poisoned gradient of the last sample."""
    case = make(rng, shape)
    case.x[0, 0, 0, 0] = poison
    case.grad_y[-1, -1, 0, 0] = poison
    expected_weight, expected_bias = case.expected_backward_parameters()
    assert np.isfinite(expected_weight).any() and not np.isfinite(expected_weight).all()
    grad_weight, grad_bias = case.backward_parameters(algorithm)
    assert_close(grad_weight, expected_weight, terms=case.gradient_terms)
    assert_close(grad_bias, expected_bias, terms=case.gradient_terms)


PADDED = [
    Shape(padding=(1, 1)),
    Shape(batch=17, padding=(2, 3), dilation=(2, 1)),
    Shape(batch=1, padding=(4, 4)),
]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("shape", PADDED, ids=str)
def test_convolution_padding_contributes_nothing_even_for_infinite_weights(
    instruction_set: str, rng: np.random.Generator, shape: Shape, algorithm: str
) -> None:
    case = make(rng, shape)
    case.weight[:, :, 0, 0] = (
        np.inf
    )  # on padding in the first rows and columns, where the output stays finite
    expected_y, expected_grad_x = case.expected_forward(), case.expected_backward_input()
    assert np.isfinite(expected_y).any()
    assert_close(case.forward(algorithm), expected_y, terms=shape.weights + 1)
    assert_close(case.backward_input(algorithm), expected_grad_x, terms=shape.weights * shape.outputs)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("shape", PADDED, ids=str)
def test_convolution_padding_contributes_nothing_even_for_infinite_gradients(
    instruction_set: str, rng: np.random.Generator, shape: Shape, algorithm: str
) -> None:
    case = make(rng, shape)
    case.grad_y[:, :, 0, 0] = np.inf  # where the first taps lie on padding
    expected_weight, expected_bias = case.expected_backward_parameters()
    assert np.isfinite(expected_weight).any()
    grad_weight, grad_bias = case.backward_parameters(algorithm)
    assert_close(grad_weight, expected_weight, terms=case.gradient_terms)
    assert_close(grad_bias, expected_bias, terms=case.gradient_terms)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("kernel, stride", [((2, 2), (3, 3)), ((1, 1), (2, 2))])
def test_convolution_pixels_between_strides_get_no_gradient(
    instruction_set: str, rng: np.random.Generator, kernel: tuple, stride: tuple, algorithm: str
) -> None:
    case = make(rng, Shape(batch=17, kernel=kernel, stride=stride, size=(8, 9)))
    case.weight[...] = np.nan
    reached = np.zeros(case.shape.size, dtype=bool)
    for *_, h, w in oracles.taps(case.shape.size, kernel, stride, (0, 0)):
        reached[h, w] = True
    grad_x = case.backward_input(algorithm)
    np.testing.assert_array_equal(grad_x[:, :, ~reached], 0)
    assert np.isnan(grad_x[:, :, reached]).all()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    "shape",
    [
        Shape(batch=33, padding=(1, 1)),
        Shape(batch=200, channels=1, size=(5, 5)),
        Shape(batch=1, channels=6, outputs=16, size=(14, 14), kernel=(5, 5)),
        Shape(batch=17, channels=4, outputs=6, groups=2, stride=(2, 1), padding=(1, 2)),
    ],
    ids=str,
)
def test_convolution_gives_the_same_bits_for_any_threads(
    instruction_set: str,
    rng: np.random.Generator,
    assert_same_bits_for_any_threads: Callable,
    shape: Shape,
    algorithm: str,
) -> None:
    case = make(rng, shape)

    def compute() -> tuple[np.ndarray, ...]:
        return (
            case.forward(algorithm),
            case.backward_input(algorithm),
            *case.backward_parameters(algorithm),
        )

    assert_same_bits_for_any_threads(compute)


def test_convolution_leaves_its_inputs_alone(instruction_set: str, rng: np.random.Generator) -> None:
    case = make(rng, Shape(batch=17, padding=(1, 1)))
    arrays = case.x, case.weight, case.bias, case.grad_y
    before = [array.copy() for array in arrays]
    for algorithm in ALGORITHMS:
        case.forward(algorithm)
        case.backward_input(algorithm)
        case.backward_parameters(algorithm)
    assert all(same_bits(array, old) for array, old in zip(arrays, before, strict=True))


def test_convolution_refuses_shapes_that_do_not_fit(rng: np.random.Generator) -> None:
    case = make(rng, Shape(channels=4, outputs=6, groups=2))
    for argument, wrong in (
        ("groups", replace(case, x=case.x[:, :3].copy())),
        ("weight", replace(case, x=case.x[0])),
        ("weight", replace(case, weight=case.weight[:, :1].copy())),
        ("weight", replace(case, weight=case.weight[:5].copy())),
        ("weight", replace(case, weight=case.weight[0])),
        ("bias", replace(case, bias=case.bias[1:].copy())),
        ("weight", replace(case, shape=replace(case.shape, groups=1))),
        ("groups", replace(case, shape=replace(case.shape, groups=3))),
        ("weight", replace(case, shape=replace(case.shape, groups=4))),
        ("groups", replace(case, shape=replace(case.shape, groups=0))),
        ("stride", replace(case, shape=replace(case.shape, stride=(0, 1)))),
        ("dilation", replace(case, shape=replace(case.shape, dilation=(1, 0)))),
        ("padding", replace(case, shape=replace(case.shape, padding=(-1, 0)))),
        ("weight", replace(case, shape=replace(case.shape, dilation=(3, 1)))),
    ):
        with pytest.raises(ValueError, match=rf"^convolution: {argument}: "):
            wrong.forward("auto")
    with pytest.raises(ValueError, match=r"^convolution: weight: a kernel of 3x3 does not fit .* \(4, 2, 7\)$"):
        replace(case, x=case.x[:, :, :2].copy()).forward("auto")


def test_convolution_gradients_refuse_shapes_that_do_not_fit(rng: np.random.Generator) -> None:
    case = make(rng, Shape(channels=4, outputs=6, groups=2))
    for argument, wrong in (
        ("convolution: groups", replace(case, x=case.x[:, :3].copy())),
        ("convolution: weight", replace(case, weight=case.weight[:5].copy())),
        ("grad_output", replace(case, grad_y=case.grad_y[..., 1:].copy())),
        ("grad_output", replace(case, grad_y=case.grad_y[1:].copy())),
        ("convolution: groups", replace(case, shape=replace(case.shape, groups=3))),
    ):
        with pytest.raises(ValueError, match=rf"^{argument}: "):
            wrong.backward_input("auto")
        with pytest.raises(ValueError, match=rf"^{argument}: "):
            wrong.backward_parameters("auto")
    with pytest.raises(ValueError, match=r"^convolution: grad_bias: expected shape \(6,\), got \(5,\)$"):
        replace(case, bias=case.bias[1:].copy()).backward_parameters("auto")


def test_convolution_refuses_an_unknown_algorithm(rng: np.random.Generator) -> None:
    expected = r"^convolution: algorithm: expected one of auto, direct, im2col, winograd, got 'fourier'$"
    with pytest.raises(ValueError, match=expected):
        make(rng, Shape()).forward("fourier")


def test_convolution_refuses_other_types_and_layouts(rng: np.random.Generator) -> None:
    case = make(rng, Shape(size=(6, 6)))
    for error, argument, wrong in (
        (TypeError, "input", replace(case, x=case.x.astype(np.float64))),
        (ValueError, "input", replace(case, x=case.x.transpose(0, 1, 3, 2))),
        (ValueError, "weight", replace(case, weight=case.weight[..., ::-1])),
        (TypeError, "bias", replace(case, bias=case.bias.astype(np.float16))),
    ):
        with pytest.raises(error, match=rf"^{argument}: "):
            wrong.forward("auto")


@pytest.mark.parametrize("algorithm", _core.convolution_algorithms())
def test_convolution_says_how_long_it_took(rng: np.random.Generator, algorithm: str) -> None:
    case = make(rng, Shape(batch=17))
    node, arrays = case.node(algorithm), {"weight": case.weight, "grad_weight": np.zeros_like(case.weight)}
    for run in (
        lambda: node.forward(case.x, arrays),
        lambda: node.grad_input(case.x, case.grad_y, arrays),
        lambda: node.acc_grad(case.x, case.grad_y, arrays),
    ):
        before = node.seconds
        run()
        assert 0 < node.seconds != before


@pytest.mark.parametrize("shape", [Shape(), Shape(channels=64, outputs=64, size=(8, 8), padding=(1, 1))], ids=str)
def test_a_convolution_that_chooses_its_algorithms_gives_the_bits_of_those_it_names(
    rng: np.random.Generator, shape: Shape
) -> None:
    case = make(rng, shape)
    chosen = _core.chosen_algorithms(case.x.shape[1:], case.weight.shape, shape.settings)
    assert set(chosen) == {"forward", "grad_input", "acc_grad"}
    assert same_bits(case.forward("auto"), case.forward(chosen["forward"]))
    assert same_bits(case.backward_input("auto"), case.backward_input(chosen["grad_input"]))
    for auto, named in zip(
        case.backward_parameters("auto"), case.backward_parameters(chosen["acc_grad"]), strict=True
    ):
        assert same_bits(auto, named)
