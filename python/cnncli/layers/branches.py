"""Layers beside each other: all that branches in a network, each branch a Sequential."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Self, cast

import numpy as np

from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.faults import LayerError, LayerShapeError, OrderError, SettingError
from cnncli.layers.initialization import GAIN_RELU
from cnncli.layers.module import Module
from cnncli.layers.registry import LAYER_TYPES, describe
from cnncli.layers.returned import grad_input_of
from cnncli.layers.sequential import Sequential, runs_in_order


class Branches(Module):
    """What Residual, Concat and Parallel have in common; a subclass says what goes in and how results are joined.

    branches : (name, layers) in the order in which they run and in which their results are joined
    joined_by : "add" or "concat"
    described_keys : the settings that hold branches in a description
    """

    joined_by: ClassVar[str]
    described_keys: ClassVar[tuple[str, ...]]

    def __init__(self, branches: Sequence[tuple[str, Any]]) -> None:
        self.branches: list[tuple[str, Sequential]] = []
        known: set[int] = set()
        for name, layers in branches:
            branch = self._as_branch(name, layers)
            for layer in branch:
                if id(layer) in known:
                    raise SettingError(
                        type(self).__name__, f"{layer!r} stands in it twice; make one object for each place"
                    )
                known.add(id(layer))
            self.branches.append((name, branch))
        # Of the last forward pass: its input, and what each branch gave; of the last backward pass: the gradients.
        self.kept: tuple[FloatArray, list[FloatArray]] | None = None
        self.grad_parts: list[FloatArray] = []

    def _replace_inside(self, function: Callable[[Module], Module]) -> None:
        for _, branch in self.branches:
            branch._replace_inside(function)

    def clear_own_state(self) -> None:
        self.kept, self.grad_parts = None, []

    @classmethod
    def _as_branch(cls, name: str, layers: Any) -> Sequential:
        if type(layers) is Sequential:
            return layers
        listed = [layers] if isinstance(layers, Module) else layers
        if not isinstance(listed, Sequence) or not all(isinstance(layer, Module) for layer in listed):
            raise SettingError(
                cls.__name__, f"branch {name} is {layers!r}, no layer; pass objects such as Sequential(ReLU())"
            )
        return Sequential(*listed)

    @classmethod
    def described_branches(cls, settings: dict[str, Any]) -> list[tuple[str, object]]:
        """(name, list of layers) of each branch in a description; raises SettingError where they are not lists."""
        raise NotImplementedError

    @classmethod
    def of_branches(cls, branches: Sequence[Sequential]) -> Self:
        """With these branches, in the order of `described_branches`."""
        raise NotImplementedError

    @classmethod
    def part_shapes(cls, input_shape: Shape, count: int) -> list[Shape]:
        """What goes into each of `count` branches: all of it, or a share.

        Raises LayerShapeError if it cannot be shared out.
        """
        return [input_shape] * count

    @property
    def splits(self) -> bool:
        """Whether each branch gets a part of the channels and not all of them."""
        return False

    def joined_shape(self, shapes: Sequence[Shape]) -> Shape:
        """The shape of the joined results; raises LayerShapeError if they do not fit each other."""
        first = shapes[0]
        for shape, (name, _) in zip(shapes, self.branches, strict=True):
            fits = shape == first if self.joined_by == "add" else shape[1:] == first[1:] and len(shape) > 0
            if not fits:
                rule = "one shape" if self.joined_by == "add" else "one height and width"
                raise LayerShapeError(
                    type(self).__name__,
                    f"branch {self.branches[0][0]} gives samples of shape {format_shape(first)} and branch {name} "
                    f"of {format_shape(shape)}; all need {rule}: change strides, paddings or channels",
                )
        return first if self.joined_by == "add" else (sum(shape[0] for shape in shapes), *first[1:])

    def parts(self, input: FloatArray) -> list[FloatArray]:
        """The input of each branch."""
        if not self.splits:
            return [input] * len(self.branches)
        sizes = [shape[0] for shape in self.part_shapes(input.shape[1:], len(self.branches))]
        return [np.ascontiguousarray(part) for part in np.split(input, np.cumsum(sizes)[:-1], axis=1)]

    def join(self, values: Sequence[FloatArray]) -> FloatArray:
        """The output from what each branch gave."""
        self.joined_shape([value.shape[1:] for value in values])
        if self.joined_by == "concat":
            return np.concatenate(values, axis=1)
        total = values[0].copy()
        for value in values[1:]:
            total += value
        return total

    def grad_of_join(self, values: Sequence[FloatArray], grad_output: FloatArray) -> list[FloatArray]:
        """The gradient with respect to what each branch gave, `values`."""
        if self.joined_by == "add":
            return [grad_output] * len(values)
        ends = np.cumsum([value.shape[1] for value in values])[:-1]
        return [np.ascontiguousarray(part) for part in np.split(grad_output, ends, axis=1)]

    def update_output(self, input: FloatArray) -> FloatArray:
        values = []
        for (name, branch), part in zip(self.branches, self.parts(input), strict=True):
            try:
                values.append(branch.forward(part))
            except LayerError as error:
                raise error.inside(name) from error.__cause__
        output = self.join(values)
        self.kept = (input, values)
        return output

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        if self.kept is None or self.kept[0].shape != input.shape:
            raise OrderError(
                type(self).__name__, "backward needs the results of forward; call forward with this input first"
            )
        self.grad_parts = self.grad_of_join(self.kept[1], grad_output)
        gradients = []
        for (name, branch), part, gradient in zip(self.branches, self.parts(input), self.grad_parts, strict=True):
            try:
                gradients.append(grad_input_of(branch, part, gradient))
            except LayerError as error:
                raise error.inside(name) from error.__cause__
        if self.splits:
            return np.concatenate(gradients, axis=1)
        total = gradients[0].copy()
        for gradient in gradients[1:]:
            total += gradient
        return total

    def acc_grad_parameters(self, input: FloatArray, grad_output: FloatArray, scale: float = 1.0) -> None:
        """Uses the gradients of the branches that `update_grad_input`, to be called first, has left."""
        for (name, branch), part, gradient in zip(self.branches, self.parts(input), self.grad_parts, strict=True):
            try:
                branch.acc_grad_parameters(part, gradient, scale)
            except LayerError as error:
                raise error.inside(name) from error.__cause__

    def children(self) -> Iterator[tuple[str, Module]]:
        return ((name, branch) for name, branch in self.branches)

    def output_shape(self, input_shape: Shape) -> Shape:
        shapes = []
        for (name, branch), shape in zip(self.branches, self._inputs(input_shape), strict=True):
            try:
                shapes.append(branch.output_shape(shape))
            except LayerError as error:
                raise error.inside(name) from error.__cause__
        return self.joined_shape(shapes)

    def multiply_adds(self, input_shape: Shape) -> int:
        inputs = self._inputs(input_shape)
        return sum(branch.multiply_adds(shape) for (_, branch), shape in zip(self.branches, inputs, strict=True))

    def _inputs(self, input_shape: Shape) -> list[Shape]:
        return self.part_shapes(input_shape, len(self.branches))

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        Sequential(self).initialize(seed, stream)

    def described_as(self) -> str:
        own = type(self)
        if LAYER_TYPES.get(own.__name__) is own or not runs_in_order(self):
            return own.__name__
        return next(base.__name__ for base in own.__mro__ if base.__module__ == __name__)

    def __repr__(self) -> str:
        rows = [f"  ({name}) " + repr(branch).replace("\n", "\n  ") for name, branch in self.branches if len(branch)]
        return "\n".join([f"{type(self).__name__}(", *rows, ")"])


class Residual(Branches):
    """body(x) + shortcut(x): what the body learns is the difference to the shortcut.

    body : a layer, a Sequential or a list of layers
    shortcut : the same, for outputs of another shape than the input; None: the input as it is

    Both results need one shape. The layers of the body are "body.0", "body.1", ...

    Source: He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition"

    >>> from cnncli.layers import Linear
    >>> Residual(Linear(4, 4)).output_shape((4,))
    (4,)
    """

    joined_by = "add"
    described_keys = ("body", "shortcut")

    def __init__(self, body: Any, shortcut: Any = None) -> None:
        super().__init__([("body", body), ("shortcut", [] if shortcut is None else shortcut)])

    @classmethod
    def described_branches(cls, settings: dict[str, Any]) -> list[tuple[str, object]]:
        shortcut = settings.get("shortcut")
        return [("body", settings.get("body")), ("shortcut", [] if shortcut is None else shortcut)]

    @classmethod
    def of_branches(cls, branches: Sequence[Sequential]) -> Self:
        return cls(*branches)

    def settings(self) -> dict[str, Any]:
        body, shortcut = ([describe(layer) for layer in branch] for _, branch in self.branches)
        return {"body": body} | ({"shortcut": shortcut} if shortcut else {})


class _Listed(Branches):
    """With branches "0", "1", ..."""

    joined_by = "concat"
    described_keys = ("branches",)

    def __init__(self, *branches: Any) -> None:
        if not branches:
            raise SettingError(type(self).__name__, "has no branches; pass one layer or more")
        super().__init__([(str(index), branch) for index, branch in enumerate(branches)])

    @classmethod
    def described_branches(cls, settings: dict[str, Any]) -> list[tuple[str, object]]:
        branches = settings.get("branches")
        if not isinstance(branches, list) or not branches:
            raise SettingError(
                cls.__name__,
                'needs "branches", a list of lists of layers such as [[{ type = "ReLU" }], [{ type = "Tanh" }]]',
            )
        return [(str(index), branch) for index, branch in enumerate(branches)]

    @classmethod
    def of_branches(cls, branches: Sequence[Sequential]) -> Self:
        return cls(*branches)

    def settings(self) -> dict[str, Any]:
        return {"branches": [[describe(layer) for layer in branch] for _, branch in self.branches]}


class Concat(_Listed):
    """Each branch gets the whole input; the channels of their outputs follow each other.

    branches : layers, Sequentials or lists of layers; an empty list passes the input on

    All results need one height and width. Source: Torch7's `nn.Concat` and `nn.DepthConcat`; Szegedy et al. 2015,
    "Going deeper with convolutions"

    >>> from cnncli.layers import Conv2d
    >>> Concat(Conv2d(3, 8, 1), Conv2d(3, 4, 3, padding=1)).output_shape((3, 5, 5))
    (12, 5, 5)
    """


class Parallel(_Listed):
    """The channels of the input are shared out among the branches; the channels of their outputs follow each other.

    branches : as in Concat; their number divides the channels of the input

    Source: Torch7's `nn.Parallel`

    >>> from cnncli.layers import Conv2d, ReLU
    >>> Parallel(Conv2d(2, 8, 1), ReLU()).output_shape((4, 5, 5))
    (10, 5, 5)
    """

    @classmethod
    def part_shapes(cls, input_shape: Shape, count: int) -> list[Shape]:
        if not input_shape or input_shape[0] % count:
            raise LayerShapeError(
                cls.__name__,
                f"cannot share out samples of shape {format_shape(input_shape)} among {count} branches; "
                "their number has to divide the channels",
            )
        return [cast(Shape, (input_shape[0] // count, *input_shape[1:]))] * count

    @property
    def splits(self) -> bool:
        return True
