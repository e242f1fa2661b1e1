"""Layers one after the other."""

from collections.abc import Iterator
from typing import Any

from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.batch_normalization import BatchNormalization
from cnncli.layers.dropout import Dropout
from cnncli.layers.faults import LayerError, OrderError, SettingError
from cnncli.layers.flatten import Flatten
from cnncli.layers.initialization import GAIN_LINEAR, GAIN_RELU
from cnncli.layers.module import Module
from cnncli.layers.pooling import Pooling
from cnncli.layers.registry import describe
from cnncli.layers.relu import ReLU


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
        self.layers.append(layer)

    def children(self) -> Iterator[tuple[str, Module]]:
        return ((str(index), layer) for index, layer in enumerate(self.layers))

    def leaves(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """All layers in order with their names, those of inner Sequentials in their place: ("2.0", layer)."""
        for index, layer in enumerate(self.layers):
            if isinstance(layer, Sequential):
                yield from layer.leaves(f"{prefix}{index}.")
            else:
                yield f"{prefix}{index}", layer

    def update_output(self, input: FloatArray) -> FloatArray:
        inputs = []
        value = input
        for index, layer in enumerate(self.layers):
            inputs.append(value)
            try:
                value = layer.forward(value)
            except LayerError as error:
                raise error.inside(index) from None
        self.layer_inputs = inputs
        return value if self.layers else value.copy()

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        if len(self.layer_inputs) != len(self.layers):
            raise OrderError(
                "Sequential", "backward needs the results of forward; call forward with this input first"
            )
        grad_outputs = [grad_output] * len(self.layers)
        gradient = grad_output
        for index in reversed(range(len(self.layers))):
            grad_outputs[index] = gradient
            try:
                gradient = self.layers[index].update_grad_input(self.layer_inputs[index], gradient)
            except LayerError as error:
                raise error.inside(index) from None
        self.layer_grad_outputs = grad_outputs
        return gradient if self.layers else gradient.copy()

    def acc_grad_parameters(self, input: FloatArray, grad_output: FloatArray, scale: float = 1.0) -> None:
        """Uses the gradients between the layers that `update_grad_input`, to be called first, has left."""
        for layer, layer_input, layer_grad in zip(
            self.layers, self.layer_inputs, self.layer_grad_outputs, strict=True
        ):
            layer.acc_grad_parameters(layer_input, layer_grad, scale)

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        """Initialize all layers: number k of `leaves()` with stream + k and the gain for what follows."""
        layers = [layer for _, layer in self.leaves()]
        for index, layer in enumerate(layers):
            layer.initialize(seed, stream + index, _gain_before(layers[index + 1 :]))

    def settings(self) -> dict[str, Any]:
        return {"layers": [describe(layer) for layer in self.layers]}

    def output_shape(self, input_shape: Shape) -> Shape:
        shape = input_shape
        for index, layer in enumerate(self.layers):
            try:
                shape = layer.output_shape(shape)
            except LayerError as error:
                raise error.inside(index) from None
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


def _gain_before(following: list[Module]) -> float:
    """The gain of weights by the layers behind them: sqrt(2) if the next function of elements is a ReLU."""
    for layer in following:
        if isinstance(layer, ReLU):
            return GAIN_RELU
        # Pooling, normalization, dropout and flattening pass on what they get; anything else changes it.
        if not isinstance(layer, Pooling | BatchNormalization | Dropout | Flatten):
            return GAIN_LINEAR
    return GAIN_LINEAR
