"""LPPool2d: roots of sums of powers."""

from typing import Any

import numpy as np
import pytest

from closeness import same_bits
from cnncli.errors import ShapeError, UsageError
from cnncli.layers import LPPool2d
from cnncli.network import Network


def test_signs_and_zeros(instruction_set: str) -> None:
    x = np.array([[[[0, 0, -1, -1], [0, 0, 0.5, 0]]]], np.float32)
    for p, second in ((1, -1.5), (2, 1.5), (3, np.nan), (2.5, np.nan)):
        layer = LPPool2d(p, 2)
        y = layer.forward(x)[0, 0, 0]
        np.testing.assert_array_equal(y, np.float32([0, second]))
        assert layer.backward(x, np.ones((1, 1, 1, 2)))[0, 0, 0, 0] == (1 if p == 1 else 0)


def test_large_norms_come_near_the_maximum() -> None:
    x = np.float32([[[[0.5, 0.25], [1.0, 0.75]]]])
    assert abs(LPPool2d(200, 2).forward(x).item() - 1) < 1e-6
    assert abs(LPPool2d(200.5, 2).forward(x).item() - 1) < 1e-4


@pytest.mark.parametrize("p", [1, 2, 2.5, 3])
def test_nan_and_infinity_stay_in_their_windows(p: float, instruction_set: str) -> None:
    layer = LPPool2d(p, 2)
    x = np.random.default_rng(0).uniform(0.5, 1, (18, 2, 2, 6)).astype(np.float32)
    clean = layer.forward(x)
    x[17, 1, 0, 0], x[17, 1, 1, 3] = np.inf, np.nan
    y = layer.forward(x)
    assert same_bits(y[:17], clean[:17]) and same_bits(y[17, 0], clean[17, 0]) and y[17, 1, 0, 2] == clean[17, 1, 0, 2]
    assert y[17, 1, 0, 0] == np.inf and np.isnan(y[17, 1, 0, 1])
    grad_x = layer.backward(x, np.ones_like(y))
    assert np.isfinite(grad_x[:17]).all() and np.isfinite(grad_x[17, 0]).all()
    assert p == 1 or np.isnan(grad_x[17, 1, :, 2:4]).any()
    assert layer.forward(x[:0]).shape == (0, 2, 1, 3)
    assert layer.backward(x[:0], y[:0]).shape == (0, 2, 2, 6)


def test_description_settings_and_what_is_refused() -> None:
    layer: Any = LPPool2d(2.5, 3, 2, True)
    assert repr(layer) == "LPPool2d(norm 2.5, kernel 3x3, stride 2, ceil mode)"
    assert repr(LPPool2d(**layer.settings())) == repr(layer)
    described = {"input": [1, 6, 6], "layers": [{"type": "LPPool2d", "norm_type": 2, "kernel_size": 2}]}
    assert Network.from_description(described, seed=1).output_shape((1, 6, 6)) == (1, 3, 3)
    for norm in (0.5, -1, float("inf"), "max"):
        with pytest.raises(UsageError, match=r"^LPPool2d: norm_type is .*; use a number, at least 1 and at most 1,0"):
            LPPool2d(norm, 2)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"kernel 3x3 does not fit its input 2x5; use kernel_size <= 2"):
        LPPool2d(2, 3).output_shape((1, 2, 5))
