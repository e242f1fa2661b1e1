"""Convolutions and layers of shape, drawn at random, beside PyTorch's with the same arguments, in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeness import assert_close
from cnncli.layers import Conv2d, Linear, Module
from drawn_convolutions import tables
from drawn_layers import fill, quick, uniform

torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI has an environment with it")
pytestmark = pytest.mark.torch


def compare(
    layer: Module, shape: tuple[int, ...], function: Callable[..., Any], seed: int, terms: int = 64, samples: int = 3
) -> None:
    """The layer's output and gradients, and those of `function(x, weight, bias)`, which is PyTorch's."""
    rng = np.random.default_rng(seed)
    fill(layer, rng)
    x = uniform(rng, samples, *shape)
    named = {parameter.name: parameter for parameter in layer.named_parameters()}
    tensors = {"x": torch.tensor(x, dtype=torch.float64, requires_grad=True)}
    for name, parameter in named.items():
        tensors[name] = torch.tensor(parameter.value, dtype=torch.float64, requires_grad=True)
    expected = function(*(tensors.get(name) for name in ("x", "weight", "bias")))
    y = layer.forward(x)
    assert_close(y, expected.detach().numpy(), terms=terms)
    grad_y = uniform(rng, *y.shape)
    expected.backward(torch.tensor(grad_y, dtype=torch.float64))
    layer.zero_grad_parameters()
    assert_close(layer.backward(x, grad_y), tensors["x"].grad.numpy(), terms=terms)
    for name, parameter in named.items():
        assert_close(parameter.gradient, tensors[name].grad.numpy(), terms=grad_y[:, 0].size, scale=4)


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
