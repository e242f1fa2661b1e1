"""The oracles' derivatives against central differences through their forward passes, and known answers."""

import math

import numpy as np
import pytest

import oracles

TOLERANCE = {"rtol": 1e-7, "atol": 1e-7}  # truncation and rounding of central differences with a step of 1e-5

CONVOLUTIONS = [
    # channels, outputs, size, kernel, stride, padding, dilation, groups
    (2, 3, (4, 5), (3, 2), (1, 1), (0, 0), (1, 1), 1),
    (2, 2, (5, 4), (2, 3), (2, 1), (1, 2), (1, 1), 1),
    (4, 6, (5, 5), (2, 2), (1, 2), (1, 0), (2, 3), 2),
    (3, 3, (4, 4), (3, 3), (1, 1), (1, 1), (1, 1), 3),
]
POOLINGS = [((2, 2), (2, 2), (0, 0)), ((3, 2), (1, 2), (1, 1)), ((2, 3), (3, 1), (1, 0))]


def distinct(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Values that differ by far more than the step, and from 0: away from the kinks of maxima and ReLU."""
    values = np.arange(1, math.prod(shape) + 1) / math.prod(shape) * rng.choice([-1, 1], math.prod(shape))
    return rng.permutation(values).reshape(shape)


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_convolution_derivatives(rng: np.random.Generator, case: tuple) -> None:
    channels, outputs, size, kernel, stride, padding, dilation, groups = case
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    x, bias = rng.normal(size=(2, channels, *size)), rng.normal(size=outputs)
    weight = rng.normal(size=(outputs, channels // groups, *kernel))
    grad_y = rng.normal(size=oracles.convolution_forward(x, weight, bias, **settings).shape)
    grad_x = oracles.convolution_backward_input(grad_y, weight, size, **settings)
    grad_weight, grad_bias = oracles.convolution_backward_parameters(x, grad_y, kernel, **settings)
    for point, gradient, forward in (
        (x, grad_x, lambda value: oracles.convolution_forward(value, weight, bias, **settings)),
        (weight, grad_weight, lambda value: oracles.convolution_forward(x, value, bias, **settings)),
        (bias, grad_bias, lambda value: oracles.convolution_forward(x, weight, value, **settings)),
    ):
        np.testing.assert_allclose(gradient, oracles.central_differences(forward, point, grad_y), **TOLERANCE)


def test_convolution_is_a_correlation_with_the_worked_example_of_a_sliding_mask() -> None:
    image = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]])
    mask = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    ones = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    y = oracles.convolution_forward(image[None, None], mask[None, None], None, **ones)
    np.testing.assert_array_equal(y[0, 0], [[4, 3, 4], [2, 4, 3], [2, 3, 4]])


def test_linear_derivatives(rng: np.random.Generator) -> None:
    x, weight, bias, grad_y = (
        rng.normal(size=(3, 4)),
        rng.normal(size=(2, 4)),
        rng.normal(size=2),
        rng.normal(size=(3, 2)),
    )
    grad_weight, grad_bias = oracles.linear_backward_parameters(x, grad_y)
    for point, gradient, forward in (
        (
            x,
            oracles.linear_backward_input(grad_y, weight),
            lambda value: oracles.linear_forward(value, weight, bias),
        ),
        (weight, grad_weight, lambda value: oracles.linear_forward(x, value, bias)),
        (bias, grad_bias, lambda value: oracles.linear_forward(x, weight, value)),
    ):
        np.testing.assert_allclose(gradient, oracles.central_differences(forward, point, grad_y), **TOLERANCE)


@pytest.mark.parametrize("kernel, stride, padding", POOLINGS)
def test_max_pooling_derivative(
    rng: np.random.Generator, kernel: tuple, stride: tuple, padding: tuple
) -> None:
    x, settings = distinct(rng, 2, 2, 5, 4), {"kernel": kernel, "stride": stride, "padding": padding}
    y, argmax = oracles.max_pooling_forward(x, **settings)
    grad_y = rng.normal(size=y.shape)
    expected = oracles.central_differences(
        lambda value: oracles.max_pooling_forward(value, **settings)[0], x, grad_y
    )
    np.testing.assert_allclose(oracles.max_pooling_backward(grad_y, argmax, (5, 4)), expected, **TOLERANCE)


@pytest.mark.parametrize("count_padding", [True, False])
@pytest.mark.parametrize("kernel, stride, padding", POOLINGS)
def test_average_pooling_derivative(
    rng: np.random.Generator, kernel: tuple, stride: tuple, padding: tuple, count_padding: bool
) -> None:
    settings = {"kernel": kernel, "stride": stride, "padding": padding, "count_padding": count_padding}
    x = rng.normal(size=(2, 2, 5, 4))
    grad_y = rng.normal(size=oracles.average_pooling_forward(x, **settings).shape)
    expected = oracles.central_differences(
        lambda value: oracles.average_pooling_forward(value, **settings), x, grad_y
    )
    np.testing.assert_allclose(
        oracles.average_pooling_backward(grad_y, (5, 4), **settings), expected, **TOLERANCE
    )


@pytest.mark.parametrize("kind", ["relu", "tanh", "sigmoid"])
def test_activation_derivative(rng: np.random.Generator, kind: str) -> None:
    x, grad_y = 3 * distinct(rng, 5, 7), rng.normal(size=(5, 7))
    expected = oracles.central_differences(
        lambda value: oracles.activation_forward(value, kind=kind), x, grad_y
    )
    actual = oracles.activation_backward(oracles.activation_forward(x, kind=kind), grad_y, kind=kind)
    np.testing.assert_allclose(actual, expected, **TOLERANCE)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 2, 4)])
def test_batch_normalization_derivatives(rng: np.random.Generator, training: bool, shape: tuple) -> None:
    x, grad_y = rng.normal(size=shape), rng.normal(size=shape)
    weight, bias, mean, variance = (
        rng.normal(size=3),
        rng.normal(size=3),
        rng.normal(size=3),
        rng.uniform(0.5, 2, size=3),
    )

    def forward(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, ...]:
        return oracles.batch_normalization_forward(
            x, weight, bias, mean, variance, training=training, momentum=0.1, epsilon=1e-5
        )

    *_, saved_mean, saved_inverse_std = forward(x, weight, bias)
    gradients = oracles.batch_normalization_backward(
        x, grad_y, weight, saved_mean, saved_inverse_std, training=training
    )
    for point, gradient, function in (
        (x, gradients[0], lambda value: forward(value, weight, bias)[0]),
        (weight, gradients[1], lambda value: forward(x, value, bias)[0]),
        (bias, gradients[2], lambda value: forward(x, weight, value)[0]),
    ):
        np.testing.assert_allclose(
            gradient, oracles.central_differences(function, point, grad_y), **TOLERANCE
        )


def test_log_softmax_derivative(rng: np.random.Generator) -> None:
    x, grad_y = rng.normal(size=(3, 5)), rng.normal(size=(3, 5))
    actual = oracles.log_softmax_backward(oracles.log_softmax_forward(x), grad_y)
    np.testing.assert_allclose(
        actual, oracles.central_differences(oracles.log_softmax_forward, x, grad_y), **TOLERANCE
    )


def test_softmax_nll_derivative(rng: np.random.Generator) -> None:
    x, labels = rng.normal(size=(3, 5)), np.array([4, 0, 2])
    losses, log_probabilities = oracles.softmax_nll_forward(x, labels)
    actual = oracles.softmax_nll_backward(log_probabilities, labels, scale=0.7)
    expected = oracles.central_differences(
        lambda value: oracles.softmax_nll_forward(value, labels)[0], x, np.full_like(losses, 0.7)
    )
    np.testing.assert_allclose(actual, expected, **TOLERANCE)


def test_softmax_nll_of_the_worked_example_of_three_classes() -> None:
    losses, log_probabilities = oracles.softmax_nll_forward(np.array([[14.0, 11.0, 16.0]]), np.array([2]))
    np.testing.assert_allclose(np.exp(log_probabilities[0]), [0.1185, 0.0059, 0.8756], atol=5e-5)
    assert losses[0] == pytest.approx(0.1328, abs=5e-5)


@pytest.mark.parametrize(
    "counter, key, block",
    [
        ((0,) * 4, (0,) * 2, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_known_answers_of_its_authors(counter: tuple, key: tuple, block: tuple) -> None:
    """The vectors are those of `kat_vectors` in Random123, the authors' own code."""
    assert oracles.philox4x32(counter, key) == block
