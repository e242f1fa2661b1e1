"""Pooling layers, drawn at random, beside PyTorch's with the same arguments, in float64."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from beside_torch import compare
from cnncli.layers import AdaptiveAvgPool2d, AdaptiveMaxPool2d, SubSampling2d
from drawn_layers import quick
from drawn_pools import adaptive_pools, sliding_pools, sub_samplings

torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI has an environment with it")
pytestmark = pytest.mark.torch
Seed = st.integers(0, 2**32 - 1)


@quick
@given(sub_samplings(), Seed)
def test_sub_sampling_is_a_depthwise_convolution_with_equal_weights(
    case: tuple[SubSampling2d, tuple[int, ...]], seed: int
) -> None:
    layer, shape = case

    def function(x: Any, weight: Any, bias: Any) -> Any:
        kernel = weight.reshape(-1, 1, 1, 1).expand(-1, 1, *layer.kernel_size)
        return torch.nn.functional.conv2d(x, kernel, bias, layer.stride, groups=shape[0])

    compare(layer, shape, function, seed)


@quick
@given(sliding_pools("max"), Seed)
def test_max_pooling(case: tuple[Any, tuple[int, ...]], seed: int) -> None:
    layer, shape = case
    # PyTorch allows half of the kernel, without its gaps.
    assume(all(2 * layer.padding[side] <= layer.kernel_size[side] for side in (0, 1)))
    arguments = (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
    function = torch.nn.MaxPool2d(*arguments, return_indices=True, ceil_mode=layer.ceil_mode)
    compare(layer, shape, lambda x, weight, bias: function(x)[0], seed)
    x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(seed))
    layer.forward(x.numpy())
    assert (layer.indices == function(x)[1].numpy()).all()


@quick
@given(sliding_pools("average"), Seed)
def test_average_pooling(case: tuple[Any, tuple[int, ...]], seed: int) -> None:
    layer, shape = case
    arguments = (layer.kernel_size, layer.stride, layer.padding)
    function = torch.nn.AvgPool2d(*arguments, layer.ceil_mode, layer.count_include_pad, layer.divisor_override)
    compare(layer, shape, lambda x, weight, bias: function(x), seed)


@pytest.mark.parametrize("kind", [AdaptiveAvgPool2d, AdaptiveMaxPool2d])
def test_adaptive_pooling(kind: type[Any]) -> None:
    @quick
    @given(adaptive_pools(kind), Seed)
    def check(case: tuple[Any, tuple[int, ...]], seed: int) -> None:
        layer, shape = case
        function = getattr(torch.nn, kind.__name__)(layer.output_size)
        compare(layer, shape, lambda x, weight, bias: function(x), seed)

    check()
