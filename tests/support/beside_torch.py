"""A layer beside PyTorch's function with the same arguments, in float64; for tests marked `torch`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from closeness import assert_close
from cnncli.layers import Module
from drawn_layers import fill, uniform


def compare(
    layer: Module, shape: tuple[int, ...], function: Callable[..., Any], seed: int, terms: int = 64, samples: int = 3
) -> None:
    """The layer's output and gradients, and those of `function(x, weight, bias)`, which is PyTorch's."""
    import torch

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
