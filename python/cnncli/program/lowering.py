"""From layers to the nodes of a compiled program.

What can be done in one pass is for the core to decide.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from cnncli import _core
from cnncli.errors import UsageError
from cnncli.layers import Module, Sequential
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.branches import Branches
from cnncli.layers.faults import LayerError, LayerShapeError
from cnncli.layers.flatten import Reshaping
from cnncli.layers.node_layer import NodeLayer
from cnncli.layers.random_layer import RandomLayer
from cnncli.layers.registry import is_built_in
from cnncli.layers.trace import Step, trace
from cnncli.network import Network
from cnncli.number_recipe import NumberRecipe


def leaves(layers: list[Module]) -> list[Module]:
    """The plain layers in order; nested Sequentials are opened, as `Sequential.leaves` does."""
    return [layer for _, layer in Sequential(*layers).leaves()]


def custom_layers(layers: list[Module]) -> list[Module]:
    """Those written in Python, which a program calls."""
    return [layer for layer in leaves(layers) if not (isinstance(layer, NodeLayer) and is_built_in(layer))]


def couples_samples(layers: list[Module]) -> bool:
    """Whether, in training, a sample's output depends on others."""
    return bool(custom_layers(layers)) or any(layer.couples_samples for layer in leaves(layers))


def byte_table(network: Network, channels: int) -> FloatArray:
    """What each byte becomes, for each channel."""
    values = np.broadcast_to(np.arange(256, dtype=np.float32), (channels, 1, 256))
    recipe = None if isinstance(network.recipe, NumberRecipe) else network.recipe
    table = values if recipe is None else recipe.normalize(values / np.float32(255))
    return np.ascontiguousarray(table.reshape(channels, 256))


def check_unshared(network: Module) -> None:
    """Raises UsageError where two layers have one array: each would write its gradient over the other's."""
    seen: dict[int, str] = {}
    for parameter in network.named_parameters():
        other = seen.setdefault(id(parameter.value), parameter.name)
        if other != parameter.name:
            raise UsageError(
                f"{parameter.name} and {other} are one array, and a compiled program trains no shared ones; train them "
                "by forward, backward and optimizer.step(network.named_parameters())"
            )


def lower(layers: list[Module], builder: "_core.Program", x: int, shape: Shape) -> int:
    """Adds all layers to the program, from tensor `x` of one sample's `shape` on; returns the last tensor."""
    numbers = {id(layer): number for number, layer in enumerate(Sequential(*layers).numbered())}
    steps, result = trace(Sequential(*layers), shape)
    tensors = [x]
    for step in steps:
        layer, inputs = step.layer, [tensors[index] for index in step.inputs]
        if isinstance(layer, Branches) and not step.is_layer:
            added = _branch(step, layer, builder, inputs)
        elif isinstance(layer, NodeLayer) and is_built_in(layer):
            settings = layer.node_settings()
            if isinstance(layer, RandomLayer):
                # Its number in the network and not its own: a network read from a file drops the same.
                settings["layer"] = numbers[id(layer)]
            if isinstance(layer, Reshaping) and layer.kind == "reshape":
                settings["shape"] = in_three(step.output_shape)
            added = builder.add(layer.kind, inputs, layer.node_arrays(), settings)
        else:
            added = _custom(step.name, layer, builder, inputs[0], step.input_shapes[0])
        tensors.append(added)
    return tensors[result]


def _branch(step: Step, layer: Branches, builder: "_core.Program", inputs: list[int]) -> int:
    """Where the channels are shared out among branches, or where they are joined."""
    if step.part is None:
        return builder.add(layer.joined_by, inputs)
    channels = in_three(step.output_shape)[0]
    return builder.add("slice", inputs, settings={"first": step.part * channels, "channels": channels})


def _custom(name: str, layer: Module, builder: "_core.Program", x: int, shape: Shape) -> int:
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
    return builder.add("custom", [x], settings=settings)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """A fault of a layer says where it stands in the network."""
    try:
        yield
    except LayerError as error:
        raise error.inside(name) from error.__cause__


def in_three(shape: Shape) -> tuple[int, int, int]:
    """A sample's shape as (channels, height, width); a sequence is an image of one row."""
    if len(shape) == 3:
        return (shape[0], shape[1], shape[2])
    if len(shape) == 2:
        return (shape[0], 1, shape[1])
    return (int(np.prod(shape)), 1, 1)
