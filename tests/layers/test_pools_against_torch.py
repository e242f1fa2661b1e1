"""Indices of maxima, and the way back by them, beside PyTorch's."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnncli.errors import CnnError
from cnncli.layers import MaxUnpool2d
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


@quick
@given(sliding_pools("max"), st.booleans(), Seed)
def test_max_unpooling(case: tuple[Any, tuple[int, ...]], by_size: bool, seed: int) -> None:
    pooling, shape = case
    assume(pooling.dilation == (1, 1) and min(pooling.stride[i] - pooling.kernel_size[i] for i in (0, 1)) >= 0)
    layer = MaxUnpool2d(pooling.kernel_size, pooling.stride, pooling.padding)
    theirs = torch.nn.MaxUnpool2d(pooling.kernel_size, pooling.stride, pooling.padding)
    x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(seed), requires_grad=True)
    pooled = torch.tensor(pooling.forward(x.detach().numpy()), requires_grad=True)
    indices = torch.tensor(pooling.indices)
    size = list(x.shape) if by_size else None
    try:
        expected = theirs(pooled, indices, size)
    except (RuntimeError, ValueError):  # no such size, or a place outside
        with pytest.raises(CnnError):
            layer(pooled.detach().numpy(), indices.numpy(), size)
        return
    grad_y = torch.randn(expected.shape, generator=torch.Generator().manual_seed(seed + 1))
    expected.backward(grad_y)
    assert (layer(pooled.detach().numpy(), indices.numpy(), size) == expected.detach().numpy()).all()
    assert (layer.backward(pooled.detach().numpy(), grad_y.numpy()) == pooled.grad.numpy()).all()
