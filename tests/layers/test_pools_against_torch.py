"""Pooling layers, drawn at random, beside PyTorch's with the same arguments, in float64."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beside_torch import compare
from cnncli.layers import SubSampling2d
from drawn_layers import quick
from drawn_pools import sub_samplings

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
