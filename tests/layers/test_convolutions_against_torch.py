"""Convolutions and layers of shape, drawn at random, beside PyTorch's with the same arguments, in float64."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beside_torch import compare
from cnncli.layers import Conv2d, Linear
from drawn_convolutions import tables
from drawn_layers import quick

torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI has an environment with it")
pytestmark = pytest.mark.torch


@quick
@given(tables(), st.integers(0, 2**32 - 1))
def test_a_table_is_a_mask_on_the_weights(case: tuple[Conv2d, tuple[int, ...]], seed: int) -> None:
    layer, shape = case
    assert layer.connections is not None
    places = torch.tensor([[o, c] for o, row in enumerate(layer.connections) for c in row])

    def function(x: Any, weight: Any, bias: Any) -> Any:
        full = torch.zeros(layer.out_channels, layer.in_channels, *layer.kernel_size, dtype=torch.float64)
        full = full.index_put((places[:, 0], places[:, 1]), weight)
        return torch.nn.functional.conv2d(x, full, bias, layer.stride, layer.padding, layer.dilation)

    compare(layer, shape, function, seed)


def test_torchs_initialization_has_the_bounds_of_pytorchs_layers() -> None:
    for ours, theirs in (
        (Linear(300, 200, initialization="torch"), torch.nn.Linear(300, 200)),
        (Conv2d(6, 64, 5, groups=2, initialization="torch"), torch.nn.Conv2d(6, 64, 5, groups=2)),
    ):
        for name, parameter in theirs.named_parameters():
            mine = getattr(ours, name)
            assert mine.shape == tuple(parameter.shape)
            assert abs(np.abs(mine).max() / float(parameter.abs().max()) - 1) < 0.05
