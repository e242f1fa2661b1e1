"""A layer beside PyTorch's with the same arguments, in float64; for tests marked `torch`."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from closeness import assert_close
from cnncli.layers import Add, Flatten, Module, Mul, Tanh
from drawn_layers import uniform

Function = Callable[[Any, dict[str, Any]], Any]  # of x, and of parameters and buffers by name


def compare(
    layer: Module, shape: tuple[int, ...], function: Function, seed: int, terms: int = 64, samples: int = 3,
    scale: Callable[[Module, np.ndarray], float] = lambda layer, x: 1.0,
) -> None:
    """The layer's output and gradients, and those of `function`, which is PyTorch's.

    scale : what errors of an input may grow by
    """
    import torch

    rng = np.random.default_rng(seed)
    x = uniform(rng, samples, *shape)
    named = {parameter.name: parameter for parameter in layer.named_parameters()}
    at = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    tensors = {}
    for name, parameter in named.items():
        parameter.value[...] = uniform(rng, *parameter.value.shape)
        tensors[name] = torch.tensor(parameter.value, dtype=torch.float64, requires_grad=True)
    buffers = {name: torch.tensor(buffer, dtype=torch.float64) for name, buffer in layer.named_buffers()}
    expected = function(at, tensors | buffers)
    y, size = layer.forward(x), scale(layer, x.astype(np.float64))
    assert_close(y, expected.detach().numpy(), terms=terms, scale=size)
    grad_y = uniform(rng, *y.shape)
    expected.backward(torch.tensor(grad_y, dtype=torch.float64))
    layer.zero_grad_parameters()
    assert_close(layer.backward(x, grad_y), at.grad.numpy(), terms=terms, scale=size)
    for name, parameter in named.items():
        wanted = tensors[name].grad.numpy()
        assert_close(parameter.gradient, wanted, terms=max(grad_y.size, x.size), scale=4 * size)
    for name, buffer in layer.named_buffers():
        assert_close(buffer, buffers[name].numpy(), terms=x.size)


def same(layer: Module, **more: Any) -> Function:
    """PyTorch's module of the same name, made with the layer's own settings."""
    import torch

    settings = {
        name: tuple(value) if isinstance(value, list) else value for name, value in (more | layer.settings()).items()
    }
    module = getattr(torch.nn, type(layer).__name__)(**settings).double().train(layer.training)
    return lambda x, arrays: torch.func.functional_call(module, arrays, (x,))


def without_chance(layer: Any) -> Function | None:
    """In evaluation: each side draws numbers of its own. PyTorch's dropout has one of the two forms."""
    return same(layer.eval()) if getattr(layer, "scale_in", "training") == "training" else None


def with_little_padding(layer: Any) -> Function | None:
    """PyTorch allows half of the kernel, without its gaps."""
    fits = all(2 * padding <= kernel for padding, kernel in zip(layer.padding, layer.kernel_size, strict=True))
    return same(layer) if fits else None


def there_and_back(layers: Any) -> Function | None:
    """A max pooling and its unpooling. Of windows that overlap PyTorch leaves open which value stays."""
    import torch

    pooling, size = layers[0], layers[1].output_size
    apart = all(stride >= kernel for stride, kernel in zip(pooling.stride, pooling.kernel_size, strict=True))
    if not apart or pooling.dilation != (1, 1) or pooling.ceil_mode or with_little_padding(pooling) is None:
        return None
    windows = (pooling.kernel_size, pooling.stride, pooling.padding)

    def function(x: Any, _: Any) -> Any:
        y, places = torch.nn.MaxPool2d(*windows, return_indices=True)(x)
        return torch.nn.MaxUnpool2d(*windows)(y, places, output_size=size)

    return function


def cut_or_padded(layer: Any) -> Function:
    """PyTorch cuts before it pads, and has no picture of less than nothing between; indices do both at once."""
    import torch

    left, right, top, bottom = layer.padding

    def function(x: Any, _: Any) -> Any:
        height, width = x.shape[2:]
        room = torch.nn.functional.pad(x, (max(left, 0), max(right, 0), max(top, 0), max(bottom, 0)))
        return room[:, :, max(-top, 0) :, max(-left, 0) :][:, :, : height + top + bottom, : width + left + right]

    return function


def plus(layer: Any) -> Function:
    return lambda x, arrays: x + arrays["bias"]


def times(layer: Any) -> Function:
    return lambda x, arrays: x * arrays["weight"]


def scaled_tanh(layer: Any) -> Function:
    import torch

    return lambda x, _: layer.amplitude * torch.tanh(layer.slope * x)


def step(layer: Any) -> Function:
    return lambda x, _: (x >= layer.threshold).double() + 0 * x


def masked(layer: Any) -> Function:
    """A table of connections is a mask on the weights of a dense convolution."""
    import torch

    places = torch.tensor([[o, c] for o, row in enumerate(layer.connections) for c in row])

    def function(x: Any, arrays: dict[str, Any]) -> Any:
        full = torch.zeros(layer.out_channels, layer.in_channels, *layer.kernel_size, dtype=torch.float64)
        full = full.index_put((places[:, 0], places[:, 1]), arrays["weight"])
        how = (layer.stride, layer.padding, layer.dilation)
        return torch.nn.functional.conv2d(x, full, arrays.get("bias"), *how)

    return function


def sub_sampling(layer: Any) -> Function:
    """The 1998 sub-sampling is a depthwise convolution with equal weights."""
    import torch

    def function(x: Any, arrays: dict[str, Any]) -> Any:
        kernel = arrays["weight"].reshape(-1, 1, 1, 1).expand(-1, 1, *layer.kernel_size)
        return torch.nn.functional.conv2d(x, kernel, arrays["bias"], layer.stride, groups=x.shape[1])

    return function


def weighed(layer: Any) -> Function:
    """Stochastic pooling in evaluation: the sum of squares of what is positive over its sum, in each window."""
    import torch

    sums = torch.nn.AvgPool2d(layer.kernel_size, layer.stride, layer.padding, layer.ceil_mode, divisor_override=1)

    def function(x: Any, _: Any) -> Any:
        positive = torch.relu(x)
        total = sums(positive)
        return sums(positive**2) / torch.where(total == 0, 1.0, total)

    return function


def _along(layers: Any, x: Any, arrays: dict[str, Any], place: str) -> Any:
    """What PyTorch makes of the layers of a branch."""
    import torch

    for index, layer in enumerate(layers):
        names = {"weight": f"{place}{index}.weight", "bias": f"{place}{index}.bias"}
        mine = {name: arrays[full] for name, full in names.items() if full in arrays}
        functions = {Tanh: lambda x, _: torch.tanh(x), Flatten: lambda x, _: torch.flatten(x, 1), Mul: times(layer),
                     Add: plus(layer)}  # fmt: skip
        x = functions[type(layer)](x, mine)
    return x


def in_order(layer: Any) -> Function:
    return lambda x, arrays: _along(layer, x, arrays, "")


def summed(layer: Any) -> Function:
    return lambda x, arrays: sum(_along(branch, x, arrays, f"{name}.") for name, branch in layer.branches)


def beside_each_other(layer: Any) -> Function:
    import torch

    return lambda x, arrays: torch.cat([_along(b, x, arrays, f"{name}.") for name, b in layer.branches], 1)


def shared_out(layer: Any) -> Function:
    import torch

    def function(x: Any, arrays: dict[str, Any]) -> Any:
        parts = torch.chunk(x, len(layer.branches), 1)
        joined = zip(parts, layer.branches, strict=True)
        return torch.cat([_along(branch, part, arrays, f"{name}.") for part, (name, branch) in joined], 1)

    return function


def other_defaults(ours: Any, theirs: Any) -> list[str]:
    """Arguments of the public classes of a module that have another default in PyTorch's class of the same name."""
    found = []
    for name in ours.__all__:
        kind, other = getattr(ours, name), getattr(theirs, name, None)
        if isinstance(kind, type) and isinstance(other, type):
            known = inspect.signature(other).parameters
            for argument in inspect.signature(kind).parameters.values():
                default = known[argument.name].default if argument.name in known else inspect.Parameter.empty
                if default not in (inspect.Parameter.empty, argument.default):
                    found.append(f"{name}: {argument}, in PyTorch {known[argument.name]}")
    return found
