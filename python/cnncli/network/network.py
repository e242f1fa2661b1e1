"""A network: layers in order, the shape they take, and what their outputs mean."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.errors import FormatError, ShapeError, UsageError
from cnncli.layers import Module, Sequential
from cnncli.layers.arrays import FloatArray, Shape, as_float32, format_shape, in_batch
from cnncli.layers.max_unpool2d import link_poolings
from cnncli.layers.origin import Origin
from cnncli.layers.random_layer import RandomLayer
from cnncli.layers.trace import Step, trace
from cnncli.network.answers import OUTPUTS
from cnncli.network.architectures import read_model
from cnncli.network.description import (
    BYTES_PER_VALUE,
    NETWORK_KEYS,
    LayerBuilder,
    check_keys,
    read_border,
    read_classes,
    read_shape,
    read_text,
)
from cnncli.network.field_of_view import FieldOfView
from cnncli.shown import shown

if TYPE_CHECKING:
    from cnncli.number_recipe import NumberRecipe
    from cnncli.pictures.recipe import InputRecipe


MOST_NAMED = 65_536  # outputs that get names when none are given


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer of a network's table; sizes are those of one sample.

    name : path through the network: "3", in a nested Sequential "2.0"
    type, settings : "Conv2d", "1 -> 6, kernel 5x5, padding 2"
    field_of_view : (height, width) of the input that one output sees, None in a network without images
    activation_bytes : of the output
    """

    name: str
    type: str
    settings: str
    output_shape: Shape
    parameters: int
    multiply_adds: int
    field_of_view: tuple[int, int] | None
    activation_bytes: int


class Network(Sequential):
    """Layers in order, together with the shape of one sample and the names of the classes.

    layers : Modules, each object once
    input_shape : shape of one sample: (channels, height, width), or (values,)
    class_names : the classes, default "0", "1", ...; one name for each output, or two for one output
    name, title : of the architecture: "lenet5", "LeNet-5, LeCun et al. 1998"
    recipe : how pictures and bytes, or numbers of a table, become input; None: values are taken as they are
    outputs : what the outputs mean, see `answers.OUTPUTS`; None: for one output and two classes "sign", after a Sigmoid
        or another layer from 0 to 1 "probability"; else "scores"
    record : attribute, how the network was trained, as its model file tells; empty at first
    plugins : attribute, the files of custom layers that its model file names; none of a network that was not loaded

    Raises ShapeError if the layers do not fit the input or each other, UsageError for other faults.

    >>> from cnncli.layers import Flatten, Linear
    >>> network = Network([Flatten(), Linear(784, 10)], (1, 28, 28))
    >>> network.forward(np.zeros((28, 28))).shape
    (1, 10)
    """

    def __init__(
        self,
        layers: Sequence[Module],
        input_shape: Sequence[int],
        class_names: Sequence[str] | None = None,
        name: str = "",
        recipe: InputRecipe | NumberRecipe | None = None,
        title: str = "",
        outputs: str | None = None,
    ) -> None:
        super().__init__(*layers)
        for index, layer in enumerate(self.numbered()):
            if isinstance(layer, RandomLayer):
                layer.layer = index  # as `initialize` does, so that a loaded network draws the same masks
        self.input_shape: Shape = tuple(int(size) for size in input_shape)
        if link_poolings(self.leaves()):
            self.trace()  # which checks their sizes
        self.name = name
        self.title = title
        self.recipe = recipe
        self.record: dict[str, Any] = {}
        self.plugins: list[Origin] = []
        output_shape = self.output_shape(self.input_shape)
        is_binary = class_names is not None and len(class_names) == 2 and output_shape == (1,)
        of_binary = next((layer.gives for _, layer in reversed(list(self.leaves()))), "") or "sign"
        self.outputs = outputs or (of_binary if is_binary else "scores")
        if self.outputs not in OUTPUTS:
            raise UsageError(f"{self._label()}: outputs is {self.outputs!r}; use one of {', '.join(OUTPUTS)}")
        if class_names and self.outputs == "values":
            raise UsageError(f"{self._label()}: outputs that are values belong to no classes; leave out class_names")
        is_misnamed = class_names is not None and output_shape != (len(class_names),) and not is_binary
        if class_names is not None and is_misnamed and self.outputs != "values":
            raise UsageError(
                f"{self._label()}: {len(class_names)} class names for outputs of shape "
                f"{format_shape(output_shape)}; pass one name for each output"
            )
        if class_names is None:
            # Outputs that are no vectors stand for no classes; nor do millions of values, whose names would take
            # more memory than the network.
            is_classifier = len(output_shape) == 1 and output_shape[0] <= MOST_NAMED and self.outputs != "values"
            class_names = [str(index) for index in range(output_shape[0])] if is_classifier else []
        self.class_names = list(class_names)

    @classmethod
    def from_description(
        cls,
        description: Mapping[str, Any],
        classes: int | Sequence[str] | None = None,
        input_shape: Sequence[int] | None = None,
        *,
        seed: int | None = 0,
        source: str = "",
    ) -> Network:
        """The network of a description: a parsed models/*.toml or the result of `description()`.

        Sizes that follow from the input (in_features, in_channels, num_features) may be left out, and a size may be
        "classes". Nothing is allocated before all has been checked.

        classes, input_shape : replace those of the description, for data with other classes or image sizes
        seed : of the initial weights; None: no arrays before `allocate` or `initialize`
        source : what errors call the description, default its name

        Raises FormatError for unknown types, unknown or missing settings, more than 2 GiB of parameters or of
        activations of one sample, and work of hours for one sample; ShapeError for layers that do not fit.
        """
        if not isinstance(description, Mapping):
            raise FormatError(f"{source or 'network'}: is no table of name, input, classes and layers")
        where = source or f'network {shown(str(description.get("name", "")))}'
        check_keys(where, "key", description, NETWORK_KEYS)
        read_border(where, description)
        shape = read_shape(where, description.get("input") if input_shape is None else tuple(input_shape))
        outputs = _read_outputs(where, description.get("outputs"))
        found = read_classes(where, description.get("classes") if classes is None else classes)
        count = len(found) if isinstance(found, list) else found
        standing = 1 if count is None and outputs == "values" else count  # of numbers one, until data say how many
        layers, output_shape = LayerBuilder(where, standing).build(description.get("layers"), shape)
        is_binary = count == 2 and output_shape == (1,) and outputs != "values"
        if count is not None and output_shape != (count,) and not is_binary:
            raise ShapeError(
                f"{where}: the last layer gives samples of shape {format_shape(output_shape)} for {count} "
                'classes; end with type = "Linear", out_features = "classes"'
            )
        network = cls(
            layers,
            shape,
            _names(found, is_binary, outputs),
            read_text(where, "name", description.get("name", "")),
            _read_recipe(where, description.get("recipe")),
            read_text(where, "title", description.get("title", "")),
            outputs,
        )
        if seed is not None:
            network.initialize(seed)
        return network

    @classmethod
    def from_model_name(
        cls,
        name_or_path: str | Path,
        classes: int | Sequence[str] | None = None,
        input_shape: Sequence[int] | None = None,
        *,
        seed: int = 0,
    ) -> Network:
        """A network that ships ("lenet5"), or that of a description file (a path ending in .toml).

        >>> Network.from_model_name("lenet5").parameter_count()
        61706
        """
        description, source = read_model(name_or_path)
        return cls.from_description(description, classes, input_shape, seed=seed, source=source)

    def description(self) -> dict[str, Any]:
        """All but the weights, as JSON values from which `from_description` builds the same network."""
        # Of one output for two classes "scores" is no rule, and has to be said.
        is_one_of_two = len(self.class_names) == 2 and self.output_shape(self.input_shape) == (1,)
        return {
            "name": self.name,
            "title": self.title,
            "input": list(self.input_shape),
            "classes": self.class_names,
            **({} if self.outputs == "scores" and not is_one_of_two else {"outputs": self.outputs}),
            "recipe": None if self.recipe is None else self.recipe.to_dict(),
            "layers": self.settings()["layers"],
        }

    def forward(self, input: ArrayLike) -> FloatArray:
        """The outputs for samples in any form that `samples` takes."""
        return super().forward(self.samples(input))

    def backward(self, input: ArrayLike, grad_output: ArrayLike, scale: float = 1.0) -> FloatArray:
        """The gradient with respect to the samples as the first layer got them; adds to the parameters'."""
        return super().backward(self.samples(input), grad_output, scale)

    def samples(self, input: ArrayLike) -> FloatArray:
        """`input` as the first layer takes it: float32 of shape (samples, *input_shape).

        A single sample is a batch of one; where images have one channel, its axis may be left out. Bytes
        (uint8) are pixels, and normalized by the recipe, (byte / 255 - mean) / scale; floats are what the layers
        compute with, and taken as they are. `Model.predict` takes floats for pixels from 0 to 1: they come here as
        `network.recipe.normalize(floats)`.
        """
        given = np.asarray(input)
        batch: FloatArray = self._in_batch(as_float32(given, f"input of {self._label()}"), given.shape)
        if given.dtype == np.uint8 and self.recipe is not None and len(self.input_shape) == 3:
            batch = self.recipe.normalize(batch / np.float32(255))
        return batch

    def _in_batch(self, array: NDArray[Any], given: Shape) -> NDArray[Any]:
        """Samples in any form that `samples` takes as (samples, *input_shape); ShapeError tells the shape `given`."""
        batch = in_batch(array, self.input_shape)
        if batch is None:
            raise ShapeError(
                f"{self._label()}: takes samples of shape {format_shape(self.input_shape)}, got an array of shape "
                f"{given}; pass (samples, {', '.join(map(str, self.input_shape))})"
            )
        return batch

    def activations(self, input: ArrayLike) -> list[FloatArray]:
        """The output of each step of `trace()` for samples in any form that `samples` takes, float32 (samples, ...).

        Layers run as they are set, in training or in evaluation.
        """
        values = [self.samples(input)]
        for step in self.trace():
            values.append(step.run([values[index] for index in step.inputs]))
        return values[1:]

    def layer_table(self) -> list[LayerRow]:
        """One row for each layer, in order; the layers of nested containers have rows of their own.

        Branches are followed by a row of their container, which joins them.
        """
        rows = []
        fields = [FieldOfView.of_input(self.input_shape)]
        for step in self.trace():
            layer, shape = step.layer, step.output_shape
            inputs = [fields[index] for index in step.inputs]
            field = inputs[0].after(layer, step.input_shapes[0]) if step.is_layer else FieldOfView.union(inputs)
            fields.append(field)
            if step.part is not None:
                continue
            kind = type(layer).__name__
            settings = repr(layer).removeprefix(f"{kind}(").removesuffix(")")
            rows.append(
                LayerRow(
                    name=step.name,
                    type=kind,
                    settings=settings if step.is_layer else _joins(step),
                    output_shape=shape,
                    parameters=layer.parameter_count() if step.is_layer else 0,
                    multiply_adds=layer.multiply_adds(step.input_shapes[0]) if step.is_layer else 0,
                    field_of_view=None if field.extent is None else field.pixels,
                    activation_bytes=int(np.prod(shape)) * BYTES_PER_VALUE,
                )
            )
        return rows

    def activation_count(self) -> int:
        """Values that all layers together need for one sample: their outputs, and padded copies of inputs."""
        return sum(
            math.prod(step.output_shape) + (step.layer.scratch_count(step.input_shapes[0]) if step.is_layer else 0)
            for step in self.trace()
        )

    def trace(self) -> list[Step]:
        """The layers in the order in which they run, with the tensors that each reads, and where branches join."""
        return trace(self, self.input_shape)[0]

    def _label(self) -> str:
        return f'network "{self.name}"' if self.name else "network"

    def __repr__(self) -> str:
        head = f"Network({self.name or 'unnamed'}, input {format_shape(self.input_shape)}"
        return "\n".join([head, *self._rows(), ")"])


def _joins(step: Step) -> str:
    """What joins the branches: "sum of 16x8x8 + 16x8x8"."""
    shapes = " + ".join(format_shape(shape) for shape in step.input_shapes)
    return f"sum of {shapes}" if step.adds else f"channels of {shapes}"


def _names(found: int | list[str] | None, is_binary: bool, outputs: str | None) -> list[str] | None:
    """Names of the classes; None: they get numbers."""
    if outputs == "values":
        return None
    return found if isinstance(found, list) else ["0", "1"] if is_binary else None


def _read_outputs(where: str, value: object) -> str | None:
    if value is None or (isinstance(value, str) and value in OUTPUTS):
        return value
    raise FormatError(f"{where}: outputs is {shown(value)}; use one of {', '.join(OUTPUTS)}")


def _read_recipe(where: str, value: object) -> InputRecipe | NumberRecipe | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise FormatError(
            f"{where}: recipe is no table; remove it or use one with kind, channels, height and width"
        )
    if value.get("kind") == "numbers":
        from cnncli.number_recipe import NumberRecipe

        return NumberRecipe.from_dict(where, value)
    from cnncli.pictures.recipe import InputRecipe

    try:
        return InputRecipe.from_dict(dict(value))
    except FormatError as error:
        raise FormatError(f"{where}: {error}") from None
