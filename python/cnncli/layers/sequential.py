"""Layers one after the other."""

from collections.abc import Callable, Iterator
from typing import Any

from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.faults import LayerError, OrderError, SettingError
from cnncli.layers.initialization import GAIN_LINEAR, GAIN_RELU
from cnncli.layers.max_pool2d import KeepsIndices
from cnncli.layers.module import Module
from cnncli.layers.registry import LAYER_TYPES, describe
from cnncli.layers.returned import accumulate, grad_input_of, is_custom

_PASSES = ("forward", "backward", "update_output", "update_grad_input", "acc_grad_parameters")


class Sequential(Module):
    """Each layer's output is the next layer's input.

    layers : Modules, each object once; a Sequential may stand inside another

    Layers are counted from 0 everywhere: `network[2]`, the parameter "2.weight", "layer 2" in an error.
    A batch axis comes first; a single sample works where the first layer can tell (see `Module.as_batch`).

    >>> from cnncli.layers import Flatten, Linear
    >>> Sequential(Flatten(), Linear(4, 2))
    Sequential(
      (0) Flatten()
      (1) Linear(4 -> 2)
    )
    """

    def __init__(self, *layers: Module) -> None:
        self.layers: list[Module] = []
        # Of the last passes: what went into each layer, and the gradient that came into each.
        self.layer_inputs: list[FloatArray] = []
        self.layer_grad_outputs: list[FloatArray] = []
        for layer in layers:
            self.append(layer)

    def append(self, layer: Module) -> None:
        """Add a layer at the end. Raises UsageError for what is no layer or stands here already."""
        if not isinstance(layer, Module):
            raise SettingError(
                "Sequential",
                f"layer {len(self.layers)} is {layer!r}, no layer; pass objects such as ReLU()",
            )
        if any(layer is other for other in self.layers):
            raise SettingError("Sequential", f"{layer!r} stands in it twice; make one object for each place")
        if isinstance(layer, KeepsIndices) and layer.return_indices:
            raise SettingError(
                "Sequential", f"layer {len(self.layers)}, {layer!r}, returns two arrays; leave return_indices out here"
            )
        self.layers.append(layer)

    def children(self) -> Iterator[tuple[str, Module]]:
        return ((str(index), layer) for index, layer in enumerate(self.layers))

    def leaves(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """All layers in order with their names, those of inner Sequentials in their place: ("2.0", layer).

        Branches follow each other, each under its name: ("2.body.0", layer); `trace` has what each layer reads.
        A container with passes of its own, which may do more than run its layers in order, is one layer.
        """
        for index, layer in enumerate(self.layers):
            yield from _opened(layer, f"{prefix}{index}", all_containers=False)

    def numbered(self) -> Iterator[Module]:
        """As `leaves`, but those of all containers: the number of a layer decides what it draws."""
        for layer in self.layers:
            yield from (leaf for _, leaf in _opened(layer, "", all_containers=True))

    def _replace_inside(self, function: Callable[[Module], Module]) -> None:
        self.layers = [layer.replace(function) for layer in self.layers]

    def clear_own_state(self) -> None:
        self.layer_inputs, self.layer_grad_outputs = [], []

    def update_output(self, input: FloatArray) -> FloatArray:
        inputs = []
        value = input
        for index, layer in enumerate(self.layers):
            inputs.append(value)
            try:
                value = layer.forward(value)
            except LayerError as error:
                raise error.inside(index) from error.__cause__
        self.layer_inputs = inputs
        return value if self.layers else value.copy()

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        if len(self.layer_inputs) != len(self.layers):
            raise OrderError("Sequential", "backward needs the results of forward; call forward with this input first")
        grad_outputs = [grad_output] * len(self.layers)
        gradient = grad_output
        for index in reversed(range(len(self.layers))):
            grad_outputs[index] = gradient
            try:
                gradient = grad_input_of(self.layers[index], self.layer_inputs[index], gradient)
            except LayerError as error:
                raise error.inside(index) from error.__cause__
        self.layer_grad_outputs = grad_outputs
        return gradient if self.layers else gradient.copy()

    def acc_grad_parameters(self, input: FloatArray, grad_output: FloatArray, scale: float = 1.0) -> None:
        """Uses the gradients between the layers that `update_grad_input`, to be called first, has left."""
        for index, layer in enumerate(self.layers):
            try:
                accumulate(layer, self.layer_inputs[index], self.layer_grad_outputs[index], scale)
            except LayerError as error:
                raise error.inside(index) from error.__cause__

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        """Initialize all layers: number k of `numbered()` with stream + k and the gain for what follows."""
        layers = list(self.numbered())
        for index, layer in enumerate(layers):
            layer.initialize(seed, stream + index, _gain_before(layers[index + 1 :]))

    def settings(self) -> dict[str, Any]:
        return {"layers": [describe(layer) for layer in self.layers]}

    def described_as(self) -> str:
        own = type(self)
        if own.settings is not Sequential.settings or not runs_in_order(self):
            return own.__name__
        is_known = LAYER_TYPES.get(own.__name__) is own and own.__init__ is Sequential.__init__
        return own.__name__ if is_known else Sequential.__name__

    def output_shape(self, input_shape: Shape) -> Shape:
        shape = input_shape
        for index, layer in enumerate(self.layers):
            try:
                shape = layer.output_shape(shape)
            except LayerError as error:
                raise error.inside(index) from error.__cause__
        return shape

    def multiply_adds(self, input_shape: Shape) -> int:
        total = 0
        shape = input_shape
        for layer in self.layers:
            total += layer.multiply_adds(shape)
            shape = layer.output_shape(shape)
        return total

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)

    def __getitem__(self, index: int) -> Module:
        return self.layers[index]

    def __repr__(self) -> str:
        return "\n".join([f"{type(self).__name__}(", *self._rows(), ")"])

    def _rows(self) -> Iterator[str]:
        for index, layer in enumerate(self.layers):
            yield f"  ({index}) " + repr(layer).replace("\n", "\n  ")


def _opened(layer: Module, name: str, all_containers: bool) -> Iterator[tuple[str, Module]]:
    """The plain layers of a layer, if it is a container that just runs them, or any container."""
    children = list(layer.children())
    if not children and not isinstance(layer, Sequential):
        yield name, layer
    elif is_container(layer) and (all_containers or runs_in_order(layer)):
        for child_name, child in children:
            yield from _opened(child, f"{name}.{child_name}", all_containers)
    else:
        yield name, layer


def is_container(layer: Module) -> bool:
    """Whether it comes from a container of this package and is not one that a user has written from the ground up."""
    return type(layer).children is not Module.children and not is_custom(type(layer), "children")


def runs_in_order(container: Module) -> bool:
    """Whether a container or a subclass of it just runs its layers: it has none of the passes overridden."""
    return not any(is_custom(type(container), method) for method in _PASSES)


def _gain_before(following: list[Module]) -> float:
    """The gain of weights by the layers behind them: that of the first one that states any.

    What pools without weights, normalizes, drops, pads or gives another shape passes on what it gets, and states none.
    """
    stated = (layer.gain_before for layer in following)
    return next((gain for gain in stated if gain is not None), GAIN_LINEAR)
