"""From layers to the operations of a compiled program: one small function for each kind of layer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from cnncli import _core
from cnncli.layers import (
    AveragePooling,
    BatchNormalization,
    Convolution,
    Dropout,
    Flatten,
    Linear,
    LogSoftMax,
    MaxPooling,
    Module,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
)
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.faults import LayerError, LayerShapeError

# Layers whose kernel can apply a ReLU to its results on the way out.
_FUSES_RELU = (Convolution, Linear, BatchNormalization)
# A sample's output depends on the whole batch; own layers may do so too.
_COUPLES = (BatchNormalization,)


def leaves(layers: list[Module]) -> list[Module]:
    """The plain layers in order; nested Sequentials are opened, as `Sequential.leaves` does."""
    return [layer for _, layer in Sequential(*layers).leaves()]


def own_layers(layers: list[Module]) -> list[Module]:
    """Those written in Python, which a program calls."""
    return [layer for layer in leaves(layers) if type(layer) not in (Dropout, *_LOWERINGS)]


def couples_samples(layers: list[Module]) -> bool:
    """Whether, in training, a sample's output depends on others."""
    return bool(own_layers(layers)) or any(isinstance(layer, _COUPLES) for layer in leaves(layers))


def lower(layers: list[Module], builder: "_core.Program", x: int, shape: Shape) -> int:
    """Adds all layers to the program, from tensor `x` of one sample's `shape` on; returns the last tensor."""
    named = list(Sequential(*layers).leaves())
    flat = [layer for _, layer in named]
    numbers = {id(layer): number for number, layer in enumerate(Sequential(*layers).numbered())}
    index = 0
    while index < len(flat):
        layer = flat[index]
        after = flat[index + 1] if index + 1 < len(flat) else None
        relu = type(layer) in _FUSES_RELU and type(after) is ReLU
        last = index + 2 if relu else index + 1
        lowering = _LOWERINGS.get(type(layer))
        if type(layer) is Dropout:
            # Its number in the network and not an attribute: a network read from a file drops the same.
            x = builder.dropout(x, rate=layer.rate, layer=numbers[id(layer)])
        elif type(layer) is Convolution and last < len(flat) and type(flat[last]) is MaxPooling:
            x = _convolution(layer, builder, x, relu, flat[last])
            last += 1
        else:
            x = lowering(layer, builder, x, relu) if lowering else _own(*named[index], builder, x, shape)
        for done in flat[index:last]:
            shape = done.output_shape(shape)
        index = last
    return x


def _convolution(layer: Any, builder: "_core.Program", x: int, relu: bool, pooling: Any = None) -> int:
    return builder.convolution(
        x,
        layer.weight,
        layer.bias,
        layer.grad_weight,
        layer.grad_bias,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        groups=layer.groups,
        relu=relu,
        max_pooling=[pooling.kernel, pooling.stride, pooling.padding] if pooling else None,
    )


def _linear(layer: Any, builder: "_core.Program", x: int, relu: bool) -> int:
    return builder.linear(x, layer.weight, layer.bias, layer.grad_weight, layer.grad_bias, relu=relu)


def _batch_normalization(layer: Any, builder: "_core.Program", x: int, relu: bool) -> int:
    return builder.batch_normalization(
        x,
        layer.weight,
        layer.bias,
        layer.grad_weight,
        layer.grad_bias,
        layer.running_mean,
        layer.running_variance,
        momentum=layer.momentum,
        epsilon=layer.epsilon,
        relu=relu,
    )


def _max_pooling(layer: Any, builder: "_core.Program", x: int, relu: bool) -> int:
    return builder.max_pooling(x, kernel=layer.kernel, stride=layer.stride, padding=layer.padding)


def _average_pooling(layer: Any, builder: "_core.Program", x: int, relu: bool) -> int:
    return builder.average_pooling(
        x,
        kernel=layer.kernel,
        stride=layer.stride,
        padding=layer.padding,
        count_padding=layer.count_padding,
    )


def _own(name: str, layer: Module, builder: "_core.Program", x: int, shape: Shape) -> int:
    """A layer written in Python: a call between the parallel parts of the program."""
    output_shape = layer.output_shape(shape)

    def forward(rows: FloatArray) -> FloatArray:
        with _named(name):
            result = layer.forward(rows.reshape(-1, *shape))
            if result.shape[1:] != output_shape:
                raise LayerShapeError(
                    repr(layer),
                    f"update_output returned an array of shape {result.shape}, but for a sample of zeros one of "
                    f"{(1, *output_shape)}; return one shape for all samples",
                )
        return np.ascontiguousarray(result.reshape(-1, *in_three(output_shape)))

    def backward(rows: FloatArray, gradient: FloatArray, accumulate: bool) -> FloatArray:
        if not accumulate:
            layer.zero_grad_parameters()
        with _named(name):
            result = layer.backward(rows.reshape(-1, *shape), gradient.reshape(-1, *output_shape))
        return np.ascontiguousarray(result.reshape(-1, *in_three(shape)))

    return builder.foreign(x, output_shape=in_three(output_shape), forward=forward, backward=backward)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """A fault of a layer says where it stands in the network."""
    try:
        yield
    except LayerError as error:
        raise error.inside(name) from None


def in_three(shape: Shape) -> tuple[int, int, int]:
    """A sample's shape as (channels, height, width)."""
    if len(shape) == 3:
        return (shape[0], shape[1], shape[2])
    return (int(np.prod(shape)), 1, 1)


_LOWERINGS: dict[type[Module], Callable[[Any, "_core.Program", int, bool], int]] = {
    Convolution: _convolution,
    Linear: _linear,
    BatchNormalization: _batch_normalization,
    MaxPooling: _max_pooling,
    AveragePooling: _average_pooling,
    Flatten: lambda layer, builder, x, relu: builder.flatten(x),
    LogSoftMax: lambda layer, builder, x, relu: builder.log_softmax(x),
    ReLU: lambda layer, builder, x, relu: builder.activation(x, kind="relu"),
    Tanh: lambda layer, builder, x, relu: builder.activation(x, kind="tanh"),
    Sigmoid: lambda layer, builder, x, relu: builder.activation(x, kind="sigmoid"),
}
