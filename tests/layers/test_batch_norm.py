"""The batch normalization layer."""

import numpy as np
import pytest

import oracles
from closeness import assert_close, same_bits
from cnncli.errors import ShapeError, UsageError
from cnncli.layers import BatchNorm1d, BatchNorm2d
from layer_check import check_layer, distinct


@pytest.mark.parametrize("shape", [(2, 3), (17, 2), (2, 2, 3, 4), (1, 3, 2, 2)])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("affine", [True, False])
def test_batch_normalization_is_its_formula(
    rng: np.random.Generator, shape: tuple[int, ...], training: bool, affine: bool
) -> None:
    kind = BatchNorm1d if len(shape) == 2 else BatchNorm2d
    layer = kind(shape[1], momentum=0.3, eps=1e-3, affine=affine)
    layer.running_mean[...] = rng.uniform(-1, 1, shape[1])
    layer.running_var[...] = rng.uniform(0.5, 2, shape[1])
    mean, variance = layer.running_mean.copy(), layer.running_var.copy()
    if not training:
        layer.eval()

    def oracle(x: np.ndarray, weight: np.ndarray | None = None, bias: np.ndarray | None = None) -> np.ndarray:
        return oracles.batch_normalization_forward(
            x, weight, bias, mean, variance, training=training, momentum=0.3, epsilon=1e-3
        )[0]

    # Of a few numbers the spread may be small: errors grow with its inverse, up to 1 / sqrt(epsilon).
    check_layer(layer, oracle, shape, rng, terms=100)


def test_batch_normalization_normalizes_by_m_and_keeps_the_running_variance_by_m_minus_1() -> None:
    # Of 1 and 3, the mean is 2, the variance over m is 1, that over m - 1 is 2.
    layer = BatchNorm1d(1, momentum=0.5, eps=1e-12)
    assert_close(layer.forward([[1], [3]]), np.array([[-1.0], [1.0]]))
    assert layer.running_mean.tolist() == [1.0]
    assert layer.running_var.tolist() == [1.5]


def test_batch_normalization_in_evaluation_changes_no_buffer() -> None:
    layer = BatchNorm1d(2)
    layer.eval()
    before = [buffer.copy() for _, buffer in layer.named_buffers()]
    layer.forward(np.ones((4, 2)))
    assert all(same_bits(now, old) for (_, now), old in zip(layer.named_buffers(), before, strict=True))


def test_batch_normalization_backward_belongs_to_its_forward_whatever_the_mode_is_now(
    rng: np.random.Generator,
) -> None:
    layer = BatchNorm1d(2)
    x, grad_y = distinct(rng, 5, 2), distinct(rng, 5, 2)
    layer.forward(x)
    expected = layer.backward(x, grad_y)
    layer.eval()
    assert same_bits(layer.backward(x, grad_y), expected)


def test_batch_normalization_of_one_value_gives_the_bias_and_keeps_the_running_variance_finite() -> None:
    layer = BatchNorm1d(2)
    layer.bias[...] = [3, 4]
    assert layer.forward([[10, 20]]).tolist() == [[3, 4]]
    assert np.isfinite(layer.running_var).all()


def test_batch_normalization_has_no_weight_decay() -> None:
    names = [(parameter.name, parameter.decay) for parameter in BatchNorm2d(2).named_parameters()]
    assert names == [("weight", False), ("bias", False)]


def test_batch_normalization_repr_tells_what_is_not_default() -> None:
    assert repr(BatchNorm2d(6)) == "BatchNorm2d(6)"
    layer = BatchNorm2d(6, 1e-3, 0.01, affine=False)
    assert repr(layer) == "BatchNorm2d(6, eps 0.001, momentum 0.01, not affine)"


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (BatchNorm2d(64), (2, 32, 7, 7), "takes samples of shape 64xHxW, got 32x7x7; use num_features=32"),
        (
            BatchNorm2d(64), (2, 64, 7, 7, 7), "takes samples of shape 64xHxW, got 64x7x7x7; "
            "reshape samples to channels x height x width, or use BatchNorm1d for vectors",
        ),
        (
            BatchNorm1d(64), (2, 64, 7, 7), "takes samples of shape 64, got 64x7x7; "
            "put Flatten() before it, or use BatchNorm2d for images",
        ),
        (BatchNorm1d(64), (2, 32), "takes samples of shape 64, got 32; use num_features=32"),
    ],
)
def test_batch_normalization_refuses_other_shapes(layer: BatchNorm1d, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        layer.forward(np.zeros(shape))
    assert str(caught.value) == f"{layer}: {message}"


def test_batch_normalization_refuses_settings_out_of_range() -> None:
    with pytest.raises(UsageError) as caught:
        BatchNorm2d(6, momentum=2)
    assert str(caught.value) == "BatchNorm2d: momentum is 2; use a number, at least 0 and at most 1"
