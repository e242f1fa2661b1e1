"""The log-softmax layer."""

import re
from typing import Any

import numpy as np
import pytest

import oracles
from cnncli.errors import ShapeError, UsageError
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


@pytest.mark.parametrize("dim", [1, -1])
def test_the_axis_may_be_named_as_in_pytorch(dim: int, rng: np.random.Generator) -> None:
    layer, x = LogSoftmax(dim), rng.normal(size=(5, 7)).astype(np.float32)
    assert layer.forward(x).tobytes() == LogSoftmax().forward(x).tobytes()
    assert layer.settings() == {"dim": dim} and repr(layer) == f"LogSoftmax(dim={dim})"
    assert LogSoftmax().settings() == {}


@pytest.mark.parametrize(
    ("dim", "message"),
    [
        (0, "dim is 0, the axis of the samples, whose probabilities do not add up; use 1, or leave it out"),
        (2, "dim is 2, no axis of vectors; use 1, or leave it out"),
        (True, "dim is true, no axis of vectors; use 1, or leave it out"),
        ("1", 'dim is "1", no axis of vectors; use 1, or leave it out'),
    ],
)
def test_other_axes_make_no_sense(dim: Any, message: str) -> None:
    with pytest.raises(UsageError, match=f"^LogSoftmax: {re.escape(message)}$"):
        LogSoftmax(dim)
