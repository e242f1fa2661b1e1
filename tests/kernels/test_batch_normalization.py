"""The node `batch_normalization`: training on the batch's statistics, inference on the running ones."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

import oracles
from closeness import assert_close, same_bits
from cnncli import _core

SHAPES = [
    (2, 3),
    (15, 1),
    (16, 7),
    (17, 5),
    (33, 17),
    (1, 3, 2, 2),
    (2, 1, 1, 1),
    (5, 3, 4, 5),
    (15, 2, 3, 3),
    (16, 6, 2, 1),
    (17, 5, 3, 2),
    (33, 4, 1, 7),
    (140, 2, 3, 3),
]


class Case(NamedTuple):
    x: np.ndarray
    grad_y: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    running_mean: np.ndarray
    running_variance: np.ndarray

    @property
    def count(self) -> int:
        return self.x.size // max(self.x.shape[1], 1)


class Result(NamedTuple):
    y: np.ndarray
    running_mean: np.ndarray
    running_variance: np.ndarray
    saved_mean: np.ndarray
    saved_inverse_std: np.ndarray


def make(rng: np.random.Generator, shape: tuple, shift: float = 0.5) -> Case:
    channels = shape[1]
    weight, bias, mean = (rng.uniform(-1, 1, channels).astype(np.float32) for _ in range(3))
    return Case(
        x=rng.normal(shift, 1, shape).astype(np.float32),
        grad_y=rng.uniform(-1, 1, shape).astype(np.float32),
        weight=weight,
        bias=bias,
        running_mean=mean,
        running_variance=rng.uniform(0.5, 2, channels).astype(np.float32),
    )


def call(case: Case, affine: bool, **settings: float) -> tuple[_core.Node, dict[str, np.ndarray | None]]:
    arrays = {
        "weight": case.weight if affine else None, "bias": case.bias if affine else None,
        "running_mean": case.running_mean.copy(), "running_variance": case.running_variance.copy(),
    }
    return _core.Node("batch_normalization", {"momentum": 0.1, "epsilon": 1e-5, **settings}), arrays


def forward(case: Case, *, training: bool, affine: bool = True, **settings: float) -> Result:
    node, arrays = call(case, affine, **settings)
    kept: dict[str, np.ndarray] = {}
    y = node.forward(case.x, arrays, kept, training)
    return Result(y, arrays["running_mean"], arrays["running_variance"], kept["mean"], kept["inverse_std"])


def expected_forward(
    case: Case, *, training: bool, affine: bool = True, momentum: float = 0.1, epsilon: float = 1e-5
) -> Result:
    weight, bias = (case.weight, case.bias) if affine else (None, None)
    return Result(
        *oracles.batch_normalization_forward(
            case.x,
            weight,
            bias,
            case.running_mean,
            case.running_variance,
            training=training,
            momentum=momentum,
            epsilon=epsilon,
        )
    )


def backward(
    case: Case, saved: Result, *, training: bool, affine: bool = True, scale: float = 1.0, start: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    grad_weight, grad_bias = np.full_like(case.weight, start), np.full_like(case.bias, start)
    kept = {
        "mean": saved.saved_mean.astype(np.float32), "inverse_std": saved.saved_inverse_std.astype(np.float32),
    }
    node, arrays = call(case, affine)
    grad_x = node.grad_input(case.x, case.grad_y, arrays, kept, training)
    if affine:
        gradients = {"grad_weight": grad_weight, "grad_bias": grad_bias}
        node.acc_grad(case.x, case.grad_y, arrays | gradients, kept, training, scale)
    return grad_x, grad_weight, grad_bias


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_batch_normalization_forward(
    instruction_set: str, rng: np.random.Generator, shape: tuple, training: bool, affine: bool
) -> None:
    case = make(rng, shape)
    actual = forward(case, training=training, affine=affine)
    expected = expected_forward(case, training=training, affine=affine)
    # The mean's error is magnified by the inverse standard deviation, which is large for batches of two.
    size = np.maximum(1, expected.saved_inverse_std)
    assert_close(actual.saved_mean, expected.saved_mean, terms=case.count)
    assert_close(actual.saved_inverse_std, expected.saved_inverse_std, terms=case.count, scale=size**3)
    assert_close(actual.running_mean, expected.running_mean, terms=case.count)
    assert_close(actual.running_variance, expected.running_variance, terms=case.count, scale=3)
    per_element = np.broadcast_to(size.reshape(1, -1, *[1] * (len(shape) - 2)) ** 3, shape)
    assert_close(actual.y, expected.y, terms=case.count, scale=per_element)


def test_batch_normalization_keeps_the_unbiased_running_variance(instruction_set: str) -> None:
    """Values 1 and 3: the biased variance is 1, the unbiased one 2."""
    case = Case(
        np.array([[1], [3]], np.float32),
        *(np.full(shape, 0.0, np.float32) for shape in ((2, 1), 1, 1, 1)),
        running_variance=np.ones(1, np.float32),
    )
    result = forward(case, training=True, affine=False, momentum=0.5, epsilon=0.0)
    np.testing.assert_allclose(result.y, [[-1], [1]], rtol=1e-6)
    np.testing.assert_allclose(result.running_mean, [1.0], rtol=1e-6)
    np.testing.assert_allclose(result.running_variance, [1.5], rtol=1e-6)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_batch_normalization_backward(
    instruction_set: str, rng: np.random.Generator, shape: tuple, training: bool, affine: bool
) -> None:
    case = make(rng, shape)
    saved = expected_forward(case, training=training, affine=affine)
    saved = saved._replace(
        saved_mean=saved.saved_mean.astype(np.float32),
        saved_inverse_std=saved.saved_inverse_std.astype(np.float32),
    )
    grad_x, grad_weight, grad_bias = backward(
        case, saved, training=training, affine=affine, scale=-0.5, start=0.25
    )
    expected = oracles.batch_normalization_backward(
        case.x,
        case.grad_y,
        case.weight if affine else None,
        saved.saved_mean,
        saved.saved_inverse_std,
        training=training,
    )
    size = np.maximum(1, saved.saved_inverse_std.astype(np.float64))
    per_element = np.broadcast_to(size.reshape(1, -1, *[1] * (len(shape) - 2)) ** 2, shape)
    assert_close(grad_x, expected[0], terms=case.count, scale=3 * per_element)
    if affine:
        assert_close(grad_weight, 0.25 - 0.5 * expected[1], terms=case.count, scale=3 * size)
        assert_close(grad_bias, 0.25 - 0.5 * expected[2], terms=case.count)


def test_batch_normalization_far_from_zero_does_not_lose_the_variance(
    instruction_set: str, rng: np.random.Generator
) -> None:
    """E[x^2] - E[x]^2 in float32 has no correct digit at a mean of 1000; squared differences have."""
    case = make(rng, (33, 3, 4, 4), shift=1000.0)
    actual, expected = forward(case, training=True), expected_forward(case, training=True)
    assert_close(actual.saved_mean, expected.saved_mean, terms=case.count)
    np.testing.assert_allclose(actual.saved_inverse_std, expected.saved_inverse_std, rtol=1e-3)


def test_batch_normalization_inference_leaves_the_running_statistics_alone(
    instruction_set: str, rng: np.random.Generator
) -> None:
    case = make(rng, (17, 5, 3, 2))
    result = forward(case, training=False)
    assert same_bits(result.running_mean, case.running_mean)
    assert same_bits(result.running_variance, case.running_variance)
    assert same_bits(result.saved_mean, case.running_mean)


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1, 1)])
def test_batch_normalization_of_one_value_is_the_bias_and_keeps_the_running_variance(
    instruction_set: str, rng: np.random.Generator, shape: tuple
) -> None:
    case = make(rng, shape)
    result = forward(case, training=True)
    np.testing.assert_array_equal(result.y.ravel(), case.bias)
    np.testing.assert_array_equal(result.saved_mean, case.x.ravel())
    assert same_bits(result.running_variance, case.running_variance)
    assert_close(result.running_mean, 0.9 * case.running_mean.astype(np.float64) + 0.1 * case.x.ravel())
    grad_x, _, _ = backward(case, result, training=True)
    np.testing.assert_array_equal(grad_x, 0)


@pytest.mark.parametrize("shape", [(0, 3), (0, 3, 2, 2)])
@pytest.mark.parametrize("training", [True, False])
def test_batch_normalization_of_an_empty_batch_changes_no_state(
    instruction_set: str, rng: np.random.Generator, shape: tuple, training: bool
) -> None:
    case = make(rng, shape)
    result = forward(case, training=training)
    assert same_bits(result.running_mean, case.running_mean)
    assert same_bits(result.running_variance, case.running_variance)
    saved = result._replace(saved_mean=case.running_mean, saved_inverse_std=case.running_variance)
    _, grad_weight, grad_bias = backward(case, saved, training=training, start=0.25)
    np.testing.assert_array_equal(grad_weight, 0.25)
    np.testing.assert_array_equal(grad_bias, 0.25)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_batch_normalization_keeps_nan_to_its_channel_in_training_and_its_element_in_inference(
    instruction_set: str, rng: np.random.Generator, poison: float
) -> None:
    case = make(rng, (17, 5, 3, 2))
    case.x[3, 2, 1, 1] = poison
    trained, inferred = forward(case, training=True), forward(case, training=False)
    assert np.isfinite(np.delete(trained.y, 2, 1)).all() and np.isnan(trained.y[3, 2, 1, 1])
    assert np.isfinite(np.delete(trained.running_mean, 2)).all() and not np.isfinite(trained.running_mean[2])
    assert np.isnan(trained.running_variance[2])
    assert np.isfinite(np.delete(inferred.y.ravel(), np.ravel_multi_index((3, 2, 1, 1), case.x.shape))).all()
    assert not np.isfinite(inferred.y[3, 2, 1, 1])


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(33, 17), (200, 3, 4, 4), (2, 64, 3, 3)])
def test_batch_normalization_gives_the_same_bits_for_any_threads(
    instruction_set: str,
    rng: np.random.Generator,
    assert_same_bits_for_any_threads: Callable,
    shape: tuple,
    training: bool,
) -> None:
    case = make(rng, shape)

    def compute() -> tuple[np.ndarray, ...]:
        result = forward(case, training=training)
        return *result, *backward(case, result, training=training)

    assert_same_bits_for_any_threads(compute)


def test_batch_normalization_refuses_what_does_not_fit(rng: np.random.Generator) -> None:
    case = make(rng, (4, 3, 2, 2))
    for argument, wrong in (
        ("weight", case._replace(weight=case.weight[:2].copy())),
        ("bias", case._replace(bias=case.bias[:2].copy())),
        ("running_mean", case._replace(running_mean=case.running_mean[:2].copy())),
        ("running_variance", case._replace(running_variance=np.ones(4, np.float32))),
    ):
        with pytest.raises(ValueError, match=rf"^batch_normalization: {argument}: expected shape .*, got "):
            forward(wrong, training=True)
    with pytest.raises(TypeError, match=r"^input: expected float32, got float64$"):
        forward(case._replace(x=case.x.astype(np.float64)), training=True)
    saved = forward(case, training=True)
    with pytest.raises(ValueError, match=r"^grad_output: expected shape"):
        backward(case._replace(grad_y=case.grad_y[:3].copy()), saved, training=True)
