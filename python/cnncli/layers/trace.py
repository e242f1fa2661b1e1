"""A network that branches as steps in order: which tensors each one reads, and what shape it gives."""

from dataclasses import dataclass

import numpy as np

from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.branches import Branches
from cnncli.layers.faults import LayerError, SettingError
from cnncli.layers.max_unpool2d import MaxUnpool2d
from cnncli.layers.module import Module
from cnncli.layers.returned import grad_input_of
from cnncli.layers.sequential import Sequential, runs_in_order


@dataclass(frozen=True, slots=True)
class Step:
    """One layer, or the beginning or the end of branches. Tensor 0 is the input, tensor k + 1 the output of step k.

    name : path through the network: "3", "2.body.0"; that of the container for `part` and for a join
    layer : a plain layer, or the container of the branches
    inputs, input_shapes : the tensors, of one sample; a join has one of each branch, and an unpooling, beside its
        input, that which its pooling gave
    part : of the channels of the input, the part for this branch of a Parallel; None elsewhere
    """

    name: str
    layer: Module
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    part: int | None = None

    @property
    def joins(self) -> bool:
        """Whether it joins the branches of a container."""
        return isinstance(self.layer, Branches) and self.part is None and runs_in_order(self.layer)

    @property
    def is_layer(self) -> bool:
        """Whether it is a layer that is run as it stands."""
        return self.part is None and not self.joins

    @property
    def adds(self) -> bool:
        """Whether it joins branches to the sum of what they gave, and not to their channels beside each other."""
        return self.joins and isinstance(self.layer, Branches) and self.layer.joined_by == "add"

    def run(self, values: list[FloatArray]) -> FloatArray:
        """Its output by the eager layers; `values`: its inputs, with the batch axis."""
        if isinstance(self.layer, Branches) and not self.is_layer:
            return self.layer.join(values) if self.part is None else self.layer.parts(values[0])[self.part]
        return self.layer.forward(values[0])

    def back(self, values: list[FloatArray], gradient: FloatArray) -> list[FloatArray]:
        """The gradient with respect to each of its inputs, `values`, which its last forward pass took.

        Nothing flows back to the pooling that tells an unpooling where values go: 0.
        """
        if isinstance(self.layer, Branches) and not self.is_layer:
            if self.part is None:
                return self.layer.grad_of_join(values, gradient)
            whole = np.zeros_like(values[0])
            start = self.part * gradient.shape[1]
            whole[:, start : start + gradient.shape[1]] = gradient
            return [whole]
        return [grad_input_of(self.layer, values[0], gradient), *(np.zeros_like(other) for other in values[1:])]


def trace(layers: Sequential, input_shape: Shape) -> tuple[list[Step], int]:
    """All steps of a container for samples of this shape, and the tensor that is its result.

    Containers with passes of their own are one step. Raises LayerShapeError for layers that do not fit.
    """
    steps: list[Step] = []
    result, _ = _follow(layers, steps, 0, input_shape, "")
    return steps, result


def _follow(layers: Sequential, steps: list[Step], x: int, shape: Shape, prefix: str) -> tuple[int, Shape]:
    for index, layer in enumerate(layers):
        name = f"{prefix}{index}"
        if isinstance(layer, Sequential) and runs_in_order(layer):
            x, shape = _follow(layer, steps, x, shape, f"{name}.")
        elif isinstance(layer, Branches) and runs_in_order(layer):
            x, shape = _branch(layer, steps, x, shape, name)
        elif isinstance(layer, MaxUnpool2d):
            x, shape = _add(steps, _unpooling(layer, steps, x, shape, name))
        else:
            x, shape = _add(steps, Step(name, layer, (x,), (shape,), layer.output_shape(shape)))
    return x, shape


def _branch(layer: Branches, steps: list[Step], x: int, shape: Shape, name: str) -> tuple[int, Shape]:
    ends: list[tuple[int, Shape]] = []
    shapes = layer.part_shapes(shape, len(layer.branches))
    for index, ((branch_name, branch), part_shape) in enumerate(zip(layer.branches, shapes, strict=True)):
        start = x
        if layer.splits:
            start, _ = _add(steps, Step(name, layer, (x,), (shape,), part_shape, part=index))
        ends.append(_follow(branch, steps, start, part_shape, f"{name}.{branch_name}."))
    inputs, input_shapes = (tuple(column) for column in zip(*ends, strict=True))
    return _add(steps, Step(name, layer, inputs, input_shapes, layer.joined_shape(input_shapes)))


def _unpooling(layer: MaxUnpool2d, steps: list[Step], x: int, shape: Shape, name: str) -> Step:
    try:
        for index, step in enumerate(steps):
            if step.layer is layer.pooling:
                layer.check_fits(step.input_shapes[0], step.output_shape, shape)
                return Step(name, layer, (x, index + 1), (shape, step.output_shape), layer.output_shape(shape))
        raise SettingError(repr(layer), "needs its pooling before it; pass pooling, a layer that stands there")
    except LayerError as error:
        raise error.inside(name) from None


def _add(steps: list[Step], step: Step) -> tuple[int, Shape]:
    steps.append(step)
    return len(steps), step.output_shape
