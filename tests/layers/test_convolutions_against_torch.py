"""Bounds of initial weights, and enlarged images by any factor, beside PyTorch's."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeness import assert_close
from cnncli.layers import Conv2d, Linear, Upsample
from drawn_layers import quick, uniform

torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI has an environment with it")
pytestmark = pytest.mark.torch


def test_torchs_initialization_has_the_bounds_of_pytorchs_layers() -> None:
    for ours, theirs in (
        (Linear(300, 200, initialization="torch"), torch.nn.Linear(300, 200)),
        (Conv2d(6, 64, 5, groups=2, initialization="torch"), torch.nn.Conv2d(6, 64, 5, groups=2)),
    ):
        for name, parameter in theirs.named_parameters():
            mine = getattr(ours, name)
            assert mine.shape == tuple(parameter.shape)
            assert abs(np.abs(mine).max() / float(parameter.detach().abs().max()) - 1) < 0.05


@quick
@given(
    st.sampled_from(["nearest", "bilinear"]), st.booleans(), st.booleans(), st.booleans(),
    st.floats(0.3, 4), st.floats(0.3, 4), st.integers(1, 12),
    st.tuples(st.integers(1, 3), st.integers(4, 9), st.integers(4, 9)), st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_upsampling(
    mode: str, by_size: bool, corners: bool, recompute: bool, first: float, second: float, size: int,
    shape: tuple[int, int, int], seed: int,
) -> None:  # fmt: skip
    """In float32 on both sides: places are PyTorch's for float32, whatever the factor."""
    settings: dict[str, Any] = {"mode": mode, "align_corners": corners if mode == "bilinear" else None}
    if by_size:
        settings["size"] = (size, size + 3)
    else:
        settings |= {"scale_factor": (first, second), "recompute_scale_factor": recompute or None}
    x = uniform(np.random.default_rng(seed), 3, *shape)
    tensor = torch.tensor(x, requires_grad=True)
    expected = torch.nn.Upsample(**settings)(tensor)
    layer = Upsample(**settings)
    y = layer.forward(x)
    assert_close(y, expected.detach().numpy(), terms=16)
    grad_y = uniform(np.random.default_rng(seed + 1), *y.shape)
    expected.backward(torch.tensor(grad_y))
    assert_close(layer.backward(x, grad_y), tensor.grad.numpy(), terms=64)
