"""The flatten layer."""

import numpy as np
import pytest

from cnncli.layers import Flatten
from layer_check import check_layer


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (17, 2, 3, 4)])
def test_flatten_keeps_all_values_in_order(rng: np.random.Generator, shape: tuple[int, ...]) -> None:
    check_layer(Flatten(), lambda x: x.reshape(len(x), -1).astype(np.float64), shape, rng)
