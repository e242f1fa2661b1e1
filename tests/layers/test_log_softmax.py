"""The log-softmax layer."""

import numpy as np
import pytest

import oracles
from cnncli.errors import ShapeError
from cnncli.layers import LogSoftmax
from layer_check import check_layer


@pytest.mark.parametrize("shape", [(1, 1), (2, 10), (17, 3)])
def test_log_softmax_is_its_formula(rng: np.random.Generator, shape: tuple[int, ...]) -> None:
    check_layer(LogSoftmax(), oracles.log_softmax_forward, shape, rng, terms=shape[1])


def test_log_softmax_gives_the_probabilities_of_the_lecture() -> None:
    probabilities = np.exp(LogSoftmax().forward([14, 11, 16]))
    assert np.round(probabilities, 4).tolist() == [
        np.round([0.1185, 0.0059, 0.8756], 4).astype("f4").tolist()
    ]


def test_log_softmax_of_large_scores_does_not_overflow() -> None:
    assert LogSoftmax().forward([[1e30, -1e30]]).tolist() == [[0, np.float32(-2e30)]]


def test_log_softmax_refuses_images() -> None:
    with pytest.raises(ShapeError) as caught:
        LogSoftmax().forward(np.zeros((2, 10, 1, 1)))
    assert str(caught.value) == (
        "LogSoftmax(): takes samples of shape C, one score per class, got 10x1x1; put Flatten() before it"
    )
