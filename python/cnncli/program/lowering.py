"""From layers to the nodes of a compiled program: one small function for each kind of layer.

What can be done in one pass is for the core to decide.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from cnncli import _core
from cnncli.layers import (
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    LogSoftmax,
    MaxPool2d,
    Module,
    Sequential,
    activations,
)
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.batch_norm import BatchNorm
from cnncli.layers.branches import Branches
from cnncli.layers.faults import LayerError, LayerShapeError
from cnncli.layers.trace import Step, trace

# A node of a program: its kind, the tensors it reads, arrays and settings by name.
_Node = tuple[str, list[int], dict[str, Any], dict[str, Any]]
# A sample's output depends on the whole batch; custom layers may do so too.
_COUPLES = (BatchNorm,)


def leaves(layers: list[Module]) -> list[Module]:
    """The plain layers in order; nested Sequentials are opened, as `Sequential.leaves` does."""
    return [layer for _, layer in Sequential(*layers).leaves()]


def custom_layers(layers: list[Module]) -> list[Module]:
    """Those written in Python, which a program calls."""
    return [layer for layer in leaves(layers) if type(layer) not in (Dropout, *_LOWERINGS)]


def couples_samples(layers: list[Module]) -> bool:
    """Whether, in training, a sample's output depends on others."""
    return bool(custom_layers(layers)) or any(isinstance(layer, _COUPLES) for layer in leaves(layers))


def lower(layers: list[Module], builder: "_core.Program", x: int, shape: Shape) -> int:
    """Adds all layers to the program, from tensor `x` of one sample's `shape` on; returns the last tensor."""
    numbers = {id(layer): number for number, layer in enumerate(Sequential(*layers).numbered())}
    steps, result = trace(Sequential(*layers), shape)
    tensors = [x]
    for step in steps:
        layer, inputs = step.layer, [tensors[index] for index in step.inputs]
        if isinstance(layer, Branches) and not step.is_layer:
            added = _branch(step, layer, builder, inputs)
        elif type(layer) is Dropout:
            # Its number in the network and not an attribute: a network read from a file drops the same.
            added = builder.add("dropout", inputs, settings={"rate": layer.p, "layer": numbers[id(layer)]})
        elif type(layer) in _LOWERINGS:
            added = builder.add(*_LOWERINGS[type(layer)](layer, inputs[0]))
        else:
            added = _own(step.name, layer, builder, inputs[0], step.input_shapes[0])
        tensors.append(added)
    return tensors[result]


def _branch(step: Step, layer: Branches, builder: "_core.Program", inputs: list[int]) -> int:
    """Where the channels are shared out among branches, or where they are joined."""
    if step.part is None:
        return builder.add(layer.joined_by, inputs)
    channels = in_three(step.output_shape)[0]
    return builder.add("slice", inputs, settings={"first": step.part * channels, "channels": channels})


def _learned(layer: Any) -> dict[str, Any]:
    return {name: getattr(layer, name) for name in ("weight", "bias", "grad_weight", "grad_bias")}


def _convolution(layer: Any, x: int) -> _Node:
    settings = {name: getattr(layer, name) for name in ("stride", "padding", "dilation", "groups")}
    return "convolution", [x], _learned(layer), settings


def _linear(layer: Any, x: int) -> _Node:
    return "linear", [x], _learned(layer), {}


def _batch_normalization(layer: Any, x: int) -> _Node:
    running = {"running_mean": layer.running_mean, "running_variance": layer.running_var}
    settings = {"momentum": layer.momentum, "epsilon": layer.eps}
    return "batch_normalization", [x], _learned(layer) | running, settings


def _windows(layer: Any) -> dict[str, Any]:
    return {"kernel": layer.kernel_size, "stride": layer.stride, "padding": layer.padding}


def _max_pooling(layer: Any, x: int) -> _Node:
    return "max_pooling", [x], {}, _windows(layer)


def _average_pooling(layer: Any, x: int) -> _Node:
    return "average_pooling", [x], {}, _windows(layer) | {"count_padding": layer.count_include_pad}


def _activation(layer: Any, x: int) -> _Node:
    alpha, beta = layer.coefficients()
    return "activation", [x], {}, {"function": layer.function, "alpha": alpha, "beta": beta}


def _plain(kind: str) -> Callable[[Any, int], _Node]:
    """Of a layer without settings."""
    return lambda layer, x: (kind, [x], {}, {})


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

    settings = {"output_shape": in_three(output_shape), "forward": forward, "backward": backward}
    return builder.add("foreign", [x], settings=settings)


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


_LOWERINGS: dict[type[Module], Callable[[Any, int], _Node]] = {
    Conv2d: _convolution,
    Linear: _linear,
    BatchNorm1d: _batch_normalization,
    BatchNorm2d: _batch_normalization,
    MaxPool2d: _max_pooling,
    AvgPool2d: _average_pooling,
    Flatten: _plain("flatten"),
    LogSoftmax: _plain("log_softmax"),
    **{getattr(activations, name): _activation for name in activations.__all__},
}
