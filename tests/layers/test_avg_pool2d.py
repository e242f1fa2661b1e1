"""The average pooling layer."""

from typing import Any

import numpy as np
import pytest

import oracles
from cnncli.layers import AvgPool2d
from layer_check import check_layer


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({"kernel_size": 1}, (1, 1, 1, 1)),
        ({"kernel_size": 2}, (17, 1, 5, 3)),
        ({"kernel_size": 3, "stride": 2, "padding": 1}, (2, 2, 5, 6)),
        ({"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}, (2, 2, 5, 6)),
        ({"kernel_size": (2, 3), "stride": (1, 2), "padding": (1, 0)}, (1, 2, 4, 5)),
    ],
)
def test_average_pooling_is_its_formula(
    rng: np.random.Generator, settings: dict[str, Any], shape: tuple[int, ...]
) -> None:
    layer = AvgPool2d(**settings)

    def oracle(x: np.ndarray) -> np.ndarray:
        return oracles.average_pooling_forward(
            x,
            kernel=layer.kernel_size,
            stride=layer.stride,
            padding=layer.padding,
            count_padding=layer.count_include_pad,
        )

    check_layer(layer, oracle, shape, rng, terms=9)


def test_average_pooling_counts_padding_unless_told_not_to() -> None:
    ones = np.ones((1, 1, 2, 2))
    assert AvgPool2d(3, padding=1).forward(ones)[0, 0, 0, 0] == np.float32(4 / 9)
    assert AvgPool2d(3, padding=1, count_include_pad=False).forward(ones)[0, 0, 0, 0] == 1


def test_average_pooling_repr_tells_what_is_not_default() -> None:
    layer = AvgPool2d(3, 2, 1, count_include_pad=False)
    assert repr(AvgPool2d(2)) == "AvgPool2d(kernel 2x2)"
    assert repr(layer) == "AvgPool2d(kernel 3x3, stride 2, padding 1, padding not counted)"
