"""Layers of learned numbers, normalizations of a sample, softmax and random slopes: what no drawn shape shows."""

from collections.abc import Callable

import numpy as np
import pytest

from closeness import EPSILON, assert_close, same_bits
from cnncli.errors import CnnError
from cnncli.layers import (
    Add,
    BatchNorm1d,
    BatchNorm2d,
    CMul,
    Dropout,
    Dropout2d,
    GroupNorm,
    LayerNorm,
    LocalResponseNorm,
    LogSoftmax,
    Module,
    Mul,
    PReLU,
    RReLU,
    Softmax,
    Softmax2d,
)
from drawn_norms import NORMS, begin, fill, slack

Array = np.ndarray
Shape = tuple[int, ...]
Drawn = tuple[Module, Shape]
LAYERS = [name for name in NORMS if name not in ("BatchNorm1d", "BatchNorm2d", "LogSoftmax")]
each_layer = pytest.mark.parametrize("name", LAYERS)


@each_layer
def test_nan_stays_in_its_sample_and_an_empty_batch_is_empty(name: str, instruction_set: str) -> None:
    layer = {
        "Add": lambda: Add([4, 1, 3]), "CMul": lambda: CMul([4, 1, 3]), "GroupNorm": lambda: GroupNorm(2, 4),
        "LayerNorm": lambda: LayerNorm([2, 3]), "LocalResponseNorm": lambda: LocalResponseNorm(2),
        "PReLU": lambda: PReLU(4), "Dropout": lambda: Dropout(0.0), "Dropout2d": lambda: Dropout2d(0.0),
        "Mul": Mul, "RReLU": RReLU, "Softmax": Softmax, "Softmax2d": Softmax2d,
    }[name]()
    x = np.random.default_rng(0).normal(size=(18, 4, 2, 3)).astype(np.float32)
    begin(layer)
    clean = layer.forward(x)
    for value in (np.nan, np.inf):
        x[17, 1, 0, 2] = value
        begin(layer)
        y = layer.forward(x)
        assert same_bits(y[:17], clean[:17])
        assert np.isnan(y[17, 1, 0, 2]) or (name in ("Add", "CMul", "Mul", "PReLU", "RReLU", "Dropout", "Dropout2d")
                                            and value == np.inf == y[17, 1, 0, 2])
    grad_x = layer.backward(x, np.ones_like(x))
    assert np.isfinite(grad_x[:17]).all()
    layer.zero_grad_parameters()
    assert layer.forward(x[:0]).shape == (0, 4, 2, 3) and layer.backward(x[:0], x[:0]).shape == (0, 4, 2, 3)
    assert all((parameter.gradient == 0).all() for parameter in layer.named_parameters())


@pytest.mark.parametrize(("samples", "shape"), [(33, (6, 23, 31)), (150, (6, 3, 5))])  # 3 slices; ten blocks in 8 slots
@pytest.mark.parametrize("name", NORMS)
def test_large_batches_and_samples_are_the_formula_with_the_same_bits_for_any_threads(
    name: str, samples: int, shape: Shape, assert_same_bits_for_any_threads: Callable[..., None]
) -> None:
    """Of gradients one derivative, in a direction that is drawn: a difference for each value would take minutes."""
    rows, columns = shape[1:]
    if name in ("BatchNorm1d", "LogSoftmax"):
        shape = (shape[0] * rows,)
    layer: Module = {
        "Add": lambda: Add(list(shape)), "BatchNorm1d": lambda: BatchNorm1d(*shape),
        "BatchNorm2d": lambda: BatchNorm2d(6), "CMul": lambda: CMul([6, 1, columns]), "Dropout": Dropout,
        "Dropout2d": Dropout2d, "GroupNorm": lambda: GroupNorm(3, 6), "LayerNorm": lambda: LayerNorm([rows, columns]),
        "LocalResponseNorm": lambda: LocalResponseNorm(3), "LogSoftmax": LogSoftmax, "Mul": Mul,
        "PReLU": lambda: PReLU(6), "RReLU": RReLU, "Softmax": lambda: Softmax(3), "Softmax2d": Softmax2d,
    }[name]()  # fmt: skip
    rng = np.random.default_rng(2)
    values = fill(layer, rng)
    x, grad_y = (rng.normal(size=(samples, *shape)).astype(np.float32) for _ in range(2))
    x += np.copysign(np.float32(1e-3), x)  # away from kinks

    def compute() -> tuple[Array, ...]:
        begin(layer)
        layer.zero_grad_parameters()
        return (layer.forward(x), layer.backward(x, grad_y), *(p.gradient.copy() for p in layer.named_parameters()))

    assert_same_bits_for_any_threads(compute)
    y, grad_x, *gradients = compute()
    formula, wide = NORMS[name][1], x.astype(np.float64)
    assert_close(y, formula(layer, wide, **values), terms=64, scale=slack(layer, wide))
    step, way = 1e-5, rng.normal(size=x.shape)
    ways = {parameter: rng.normal(size=value.shape) for parameter, value in values.items()}

    def moved(by: float) -> Array:
        return formula(layer, wide + by * way, **{one: value + by * ways[one] for one, value in values.items()})

    expected = np.sum(grad_y * (moved(step) - moved(-step))) / (2 * step)
    found = np.sum(grad_x * way) + sum(np.sum(g * ways[one]) for g, one in zip(gradients, values, strict=True))
    assert found == pytest.approx(expected, abs=1e-5 * np.sum(np.abs(grad_x * way)))


def test_prelu_has_the_slope_of_the_side_below_at_zero() -> None:
    layer = PReLU(init=0.25)
    assert layer.forward([[0.0, -2.0]]).tolist() == [[0, -0.5]]
    assert layer.backward([[0.0, -2.0]], [[1, 1]]).tolist() == [[0.25, 0.25]]
    assert layer.grad_weight.tolist() == [-2]
    assert [parameter.decay for parameter in layer.named_parameters()] == [False]


def test_softmax_neither_overflows_nor_loses_small_probabilities() -> None:
    assert Softmax().forward([[1e30, -1e30, 1e30]]).tolist() == [[0.5, 0, 0.5]]
    y = Softmax().forward([[0.0, -20.0]])
    np.testing.assert_allclose(y[0, 1], np.exp(-20.0), rtol=8 * EPSILON)


def test_papers_dropout_keeps_values_in_training_and_scales_in_evaluation() -> None:
    layer, ones = Dropout(0.25, scale_in="evaluation"), np.ones((20, 50))
    y = layer.forward(ones)
    assert set(np.unique(y)) == {0, 1} and abs(y.mean() - 0.75) < 0.06
    assert same_bits(layer.backward(ones, ones), y)
    assert np.unique(layer.eval().forward(ones)).tolist() == [0.75]
    assert np.unique(layer.backward(ones, ones)).tolist() == [0.75]


def test_dropout2d_drops_whole_channels() -> None:
    y = Dropout2d(0.5).forward(np.ones((40, 8, 3, 5)))
    assert (y == y[:, :, :1, :1]).all() and set(np.unique(y)) == {0, 2}
    assert 0.4 < (y[:, :, 0, 0] == 0).mean() < 0.6


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (lambda: PReLU(3), (4,), "PReLU(3): takes samples of 3 channels, got 4; use num_parameters=4, or 1"),
        (lambda: Softmax2d(), (4,), "Softmax2d(): takes samples of shape CxHxW, got 4; use Softmax() for vectors"),
        (lambda: Softmax(-1), (4, 1, 1),
         "Softmax(dim=-1): takes vectors, got 4x1x1; use dim=3 for columns, or dim=1 for channels"),
        (lambda: Softmax(2), (4,), "Softmax(dim=2): takes samples of shape CxHxW, got 4; use dim=1"),
        (lambda: GroupNorm(2, 4), (6, 1, 1),
         "GroupNorm(2, 4): takes samples of 4 channels, C or CxHxW, got 6x1x1; use num_channels=6"),
        (lambda: LayerNorm([3, 3]), (4, 3, 2),
         "LayerNorm(3x3): takes samples that end in 3x3, got 4x3x2; use normalized_shape=[4, 3, 2]"),
        (lambda: LocalResponseNorm(5), (4,), "LocalResponseNorm(5, alpha 0.0001, beta 0.75, k 1): takes samples of "
         "shape CxHxW, got 4; put it before Flatten()"),
        (lambda: Dropout2d(), (4,), "Dropout2d(0.5): takes samples of shape CxHxW, got 4; use Dropout for vectors"),
        (lambda: CMul([4, 1, 1]), (3, 2, 2), "CMul(4x1x1): has 4x1x1 learned numbers, and takes samples of sides "
         "that are these, or any for 1; got 3x2x2; use size=[3, 2, 2]"),
    ],
)
def test_it_refuses_samples_of_other_shapes_in_one_line(
    make: Callable[[], Module], shape: Shape, message: str
) -> None:
    with pytest.raises(CnnError) as caught:
        make().output_shape(shape)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PReLU(0), "PReLU: num_parameters is 0; use a whole number, at least 1 and at most 2,147,483,647"),
        (lambda: RReLU(0.5, 0.1), "RReLU: lower is 0.5 and upper 0.1; use a lower that is not above upper"),
        (lambda: GroupNorm(3, 4), "GroupNorm: num_groups is 3; use a divisor of the 4 channels"),
        (lambda: Softmax(0),
         "Softmax: dim is 0; use 1 (classes or channels), 2 (rows) or 3 (columns), or -1 for vectors"),
        (lambda: Dropout(0.5, scale_in="test"), "Dropout: scale_in is 'test'; use training or evaluation"),
        (lambda: CMul([2, 2]), "CMul: size is [2, 2]; use one whole number, or three: (channels, height, width), each "
         "1 or its side"),
        (lambda: LocalResponseNorm(0), "LocalResponseNorm: size is 0; use a whole number, at least 1 and "
         "at most 2,147,483,647"),
    ],
)
def test_it_refuses_settings_in_one_line(make: Callable[[], Module], message: str) -> None:
    with pytest.raises(CnnError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize("make", [Mul, PReLU, lambda: Add(1), lambda: CMul(1)])
def test_one_number_for_all_takes_samples_of_any_shape(make: Callable[[], Module], rng: np.random.Generator) -> None:
    """Seven samples of (channels, length) are no image of seven channels."""
    layer = make()
    for shape in [(7, 2, 5), (7, 5), (7, 2, 3, 4), (7, 1, 2, 3, 4)]:
        x = rng.normal(size=shape).astype(np.float32)
        assert layer.forward(x).shape == layer.backward(x, x).shape == shape


@pytest.mark.parametrize("size", [(1, 2, 3), (1, 1, 3), (1, 2, 1), (4, 1, 1), (1, 1, 1)])
def test_numbers_that_channels_share_get_the_sum_of_their_gradients(
    size: tuple[int, int, int], rng: np.random.Generator
) -> None:
    x, grad = rng.normal(size=(17, 4, 2, 3)).astype(np.float32), rng.normal(size=(17, 4, 2, 3)).astype(np.float32)
    shared = tuple(axis + 1 for axis, side in enumerate(size) if side == 1)
    for layer, parts, gradient in (
        (CMul(size), x.astype(np.float64) * grad, "grad_weight"), (Add(size), grad.astype(np.float64), "grad_bias")
    ):  # fmt: skip
        layer.forward(x)
        layer.backward(x, grad)
        expected = parts.sum(axis=(0, *shared), keepdims=True)[0]
        assert np.allclose(getattr(layer, gradient).reshape(expected.shape), expected, rtol=1e-4, atol=1e-4)
