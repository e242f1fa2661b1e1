"""Indices of maxima beside PyTorch's."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drawn_layers import quick
from drawn_pools import sliding_pools

torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI has an environment with it")
pytestmark = pytest.mark.torch
Seed = st.integers(0, 2**32 - 1)


@quick
@given(sliding_pools("max"), Seed)
def test_indices_of_maxima(case: tuple[Any, tuple[int, ...]], seed: int) -> None:
    layer, shape = case
    # PyTorch allows half of the kernel, without its gaps.
    assume(all(2 * layer.padding[side] <= layer.kernel_size[side] for side in (0, 1)))
    arguments = (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
    function = torch.nn.MaxPool2d(*arguments, return_indices=True, ceil_mode=layer.ceil_mode)
    x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(seed))
    layer.forward(x.numpy())
    assert (layer.indices == function(x)[1].numpy()).all()
