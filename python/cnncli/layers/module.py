"""The protocol of all layers, after Torch7's nn.Module (Collobert, Kavukcuoglu & Farabet 2011)."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.layers.arrays import FloatArray, Shape, aligned_zeros, as_float32
from cnncli.layers.faults import LayerShapeError, MissingMethodError, OrderError, SettingError
from cnncli.layers.initialization import GAIN_LINEAR, GAIN_RELU
from cnncli.layers.module_tools import ModuleTools
from cnncli.layers.parameter import Parameter
from cnncli.layers.returned import accumulate, grad_input_of, output_of
from cnncli.layers.settings import Pair

# The part of a layer's input that one output sees: kernel and stride, each (height, width). Outputs that lie closer
# than inputs have strides below 1.
Window = tuple[Pair, tuple[int | Fraction, int | Fraction]]


class Module(ModuleTools):
    """A differentiable function of one array, with learned parameters.

    A custom layer subclasses Module and overrides up to three methods; they get and return float32 arrays whose
    first axis counts samples:

    - `update_output(input)` returns the output and keeps what backward needs under a name that says so;
    - `update_grad_input(input, grad_output)` returns the gradient of the loss with respect to the input;
    - `acc_grad_parameters(input, grad_output, scale)` adds scale * gradient to that of each parameter.

    A layer with parameters lists their names in `parameter_names`: "weight" means the arrays `self.weight`
    and `self.grad_weight`; None in place of an array means that this layer has no such parameter.
    `buffer_names` lists arrays that are stored with a model but not learned. All of these become float32 when they are
    first assigned, and are changed in place from then on (`self.grad_weight += gradient`, `self.weight[...] = values`):
    programs and optimizers keep them, so that assigning another array is an error.

    A layer that is to be saved is registered (`@register`), and its `settings()` gives the constructor's arguments.

    >>> class Double(Module):
    ...     def update_output(self, input):
    ...         return 2 * input
    ...     def update_grad_input(self, input, grad_output):
    ...         return 2 * grad_output
    >>> Double().forward([1, 2, 3])
    array([2., 4., 6.], dtype=float32)
    """

    parameter_names: ClassVar[tuple[str, ...]] = ()
    decayed_names: ClassVar[tuple[str, ...]] = ("weight",)
    buffer_names: ClassVar[tuple[str, ...]] = ()
    # The gain of initial weights before it (see `initialization`); None: that of what follows.
    gain_before: ClassVar[float | None] = GAIN_LINEAR
    # Whether, in training, a sample's output depends on the others'; of custom layers it is taken for granted.
    couples_samples: ClassVar[bool] = False
    # Numbers of axes that one sample may have; none: any shape will do.
    sample_axes: ClassVar[tuple[int, ...]] = ()
    # What the outputs of a network mean that ends with it: "probability" from 0 to 1, "sign" from -1 to 1; "": neither.
    gives: ClassVar[str] = ""

    training: bool = True

    # The passes

    def __call__(self, input: ArrayLike) -> FloatArray:
        """`forward`."""
        return self.forward(input)

    def forward(self, input: ArrayLike) -> FloatArray:
        """The output for `input`, an array or nested list of numbers of any type; the result is float32."""
        return output_of(self, as_float32(input, f"input of {self!r}"))

    def backward(self, input: ArrayLike, grad_output: ArrayLike, scale: float = 1.0) -> FloatArray:
        """The gradient with respect to `input`; adds scale * gradient to the gradients of the parameters.

        `input` must be that of the last forward pass, and `grad_output` the gradient of the loss with respect
        to its output.
        """
        input = as_float32(input, f"input of {self!r}")
        grad_output = as_float32(grad_output, f"grad_output of {self!r}")
        grad_input = grad_input_of(self, input, grad_output)
        accumulate(self, input, grad_output, scale)
        return grad_input

    def update_output(self, input: FloatArray) -> FloatArray:
        """The output for `input`, as a new array."""
        raise self._missing("update_output(self, input)", "the output")

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        """The gradient of the loss with respect to `input`, as a new array."""
        raise self._missing("update_grad_input(self, input, grad_output)", "the gradient with respect to the input")

    def acc_grad_parameters(self, input: FloatArray, grad_output: FloatArray, scale: float = 1.0) -> None:
        """Add scale * gradient to the gradient of each parameter; nothing for a layer without parameters."""

    def _missing(self, method: str, result: str) -> MissingMethodError:
        kind = type(self).__name__
        return MissingMethodError(
            kind, f"does not override {method.partition('(')[0]}; write in class {kind}: def {method}, which returns "
            f"{result}",
        )

    # Parameters, buffers and mode

    def children(self) -> Iterator[tuple[str, "Module"]]:
        """The layers inside this one with their names; none for a plain layer."""
        return iter(())

    def named_parameters(self, prefix: str = "") -> Iterator[Parameter]:
        """Every learned array in a fixed order: own ones as in `parameter_names`, then those inside."""
        for name in self.parameter_names:
            value = self._array(name, "parameter_names lists")
            if value is not None:
                gradient = self._array(f"grad_{name}", f"{name} needs for its gradient")
                if gradient is None or gradient.shape != value.shape:
                    found = None if gradient is None else gradient.shape
                    raise SettingError(
                        type(self).__name__,
                        f"{name} has shape {value.shape} and grad_{name} {found}; use np.zeros_like(self.{name})",
                    )
                yield Parameter(prefix + name, value, gradient, name in self.decayed_names)
        for name, child in self.children():
            yield from child.named_parameters(f"{prefix}{name}.")

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, FloatArray]]:
        """Every stored array that is not learned, as (name, array), in the order of `named_parameters`."""
        for name in self.buffer_names:
            yield prefix + name, getattr(self, name)
        for name, child in self.children():
            yield from child.named_buffers(f"{prefix}{name}.")

    def __setattr__(self, name: str, value: Any) -> None:
        """An array that is learned or stored is float32, and stays: a compiled program would go on with the old one."""
        if name in self.buffer_names or name.removeprefix("grad_") in self.parameter_names:
            known = self.__dict__.get(name)
            if known is None:
                value = None if value is None else self._as_learned(name, value)
            elif value is not known:
                remedy = f"self.{name} += gradient" if name.startswith("grad_") else f"self.{name}[...] = values"
                raise SettingError(
                    type(self).__name__,
                    f"{name} is replaced by another array, but programs and optimizers keep the one it has; "
                    f"change that in place: {remedy}",
                )
        super().__setattr__(name, value)

    def _as_learned(self, name: str, value: ArrayLike) -> FloatArray:
        try:
            array: NDArray[Any] = np.asarray(value)
        except ValueError:  # rows of different lengths
            array = np.empty(0, object)
        if array.dtype.kind not in "fiub":
            raise SettingError(type(self).__name__, f"{name} is no array of numbers; use one such as np.zeros(3)")
        return np.require(array, np.float32, ["C"])

    def _array(self, name: str, who: str) -> FloatArray | None:
        """An own array by its name; `who` says in the error why there must be one."""
        try:
            return cast("FloatArray | None", getattr(self, name))
        except AttributeError:
            raise SettingError(
                type(self).__name__, f"has no {name}, which {who}; make it in __init__, self.{name} = np.zeros(shape), "
                "or call allocate()",
            ) from None

    def parameters(self) -> tuple[list[FloatArray], list[FloatArray]]:
        """(values, gradients): two lists in the same order, as Torch7's `parameters`."""
        found = list(self.named_parameters())
        return [parameter.value for parameter in found], [parameter.gradient for parameter in found]

    def parameter_shapes(self) -> dict[str, Shape]:
        """The shape of each own parameter by name; known before the arrays exist."""
        arrays = {name: self._array(name, "parameter_names lists") for name in self.parameter_names}
        return {name: array.shape for name, array in arrays.items() if array is not None}

    def buffer_shapes(self) -> dict[str, Shape]:
        """The shape of each own buffer by name; known before the arrays exist."""
        arrays = {name: self._array(name, "buffer_names lists") for name in self.buffer_names}
        return {name: array.shape for name, array in arrays.items() if array is not None}

    def parameter_count(self) -> int:
        """Number of learned values, here and inside; known before the arrays exist."""
        own = sum(math.prod(shape) for shape in self.parameter_shapes().values())
        return own + sum(child.parameter_count() for _, child in self.children())

    def zero_grad_parameters(self) -> None:
        """Set all gradients to 0; layers add to them."""
        for parameter in self.named_parameters():
            parameter.gradient.fill(0)

    def update_parameters(self, learning_rate: float) -> None:
        """One plain gradient step: value -= learning_rate * gradient."""
        for parameter in self.named_parameters():
            value = parameter.value
            value -= np.float32(learning_rate) * parameter.gradient

    def train(self, mode: bool = True) -> Self:
        """Switch to training, here and inside: dropout drops, batch normalization uses the batch. Returns the module.

        Torch7: training; PyTorch: train. `training` says which it is.
        """
        self._set_training(mode)
        return self

    def eval(self) -> Self:
        """Switch to evaluation, here and inside: each sample's output depends on that sample alone. Returns the module.

        Torch7: evaluate; PyTorch: eval.
        """
        return self.train(False)

    def _set_training(self, training: bool) -> None:
        self.training = training
        for _, child in self.children():
            child._set_training(training)

    @contextmanager
    def _in_mode(self, *, training: bool) -> Iterator[None]:
        """A mode for a while; afterwards this layer and all inside, each by itself, have the mode that they had."""
        before = [(layer, layer.training) for layer in self._with_inner()]
        self._set_training(training)
        try:
            yield
        finally:
            for layer, mode in before:
                layer.training = mode

    def _with_inner(self) -> Iterator["Module"]:
        yield self
        for _, child in self.children():
            yield from child._with_inner()

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        """Give the parameters their initial values, a pure function of the arguments.

        seed : from 0 to 2^64 - 1
        stream : tells the layers of a network apart
        gain : of the weights before what follows: sqrt(2) for ReLU, else 1 (see `initialization`)
        """

    def allocate(self) -> None:
        """Make parameters, gradients and buffers, all 0, where they do not exist yet, here and inside."""
        shapes = self.buffer_shapes()
        for name, shape in self.parameter_shapes().items():
            shapes |= {name: shape, "grad_" + name: shape}
        for name, shape in shapes.items():
            if getattr(self, name, None) is None:
                setattr(self, name, aligned_zeros(shape))
        for _, child in self.children():
            child.allocate()

    # What is known without running

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments as JSON values: `type(layer)(**layer.settings())` is the same layer."""
        return {}

    def described_as(self) -> str:
        """The type by which descriptions and model files name this layer."""
        return type(self).__name__

    @classmethod
    def inferred_settings(cls, input_shape: Shape) -> Mapping[str, int]:
        """The settings that follow from the shape of the input, which descriptions may leave out.

        Of a shape that does not fit also some, so that `output_shape` can say what is wrong with it.
        """
        return {}

    def scratch_count(self, input_shape: Shape) -> int:
        """Values that running one sample of `input_shape` takes beside its input and output."""
        return 0

    def window_reads(self, input_shape: Shape) -> int:
        """Values that the windows of a layer without weights read for one sample, each as often as it is read."""
        return 0

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the output for one sample of `input_shape`, both without the batch axis.

        Raises ShapeError with the layer, both shapes and the remedy if the input does not fit. A custom layer
        that does not override this is tried on one sample of zeros.
        """
        with self._in_mode(training=False), np.errstate(all="ignore"):  # zeros are our idea
            return self.forward(np.zeros((1, *input_shape), np.float32)).shape[1:]

    def multiply_adds(self, input_shape: Shape) -> int:
        """Multiply-adds of the forward pass for one sample of `input_shape`; 0 without sums of products."""
        return 0

    def window(self, input_shape: Shape) -> Window | None:
        """(kernel, stride), the window of the input that one output sees; None: all of it."""
        return (1, 1), (1, 1)

    # Help for the built-in layers

    def takes_any_shape(self) -> bool:
        """Whether, with these settings, the first axis counts samples whatever the others are."""
        return not self.sample_axes

    def as_batch(self, input: ArrayLike) -> FloatArray:
        """`input` as float32 with the batch axis; a single sample is a batch of one.

        Which it is follows from `sample_axes`; a layer for images also takes (height, width), one grey image.
        """
        batch = as_float32(input, f"input of {self!r}")
        if self.takes_any_shape() or batch.ndim - 1 in self.sample_axes:
            return batch
        if batch.ndim in self.sample_axes:
            return batch[np.newaxis]
        if batch.ndim == 2 and 3 in self.sample_axes:
            return batch[np.newaxis, np.newaxis]
        return batch

    def as_gradient(self, batch: FloatArray, grad_output: ArrayLike) -> FloatArray:
        """`grad_output` as float32. Raises ShapeError unless it has the shape of the output for `batch`."""
        gradient = as_float32(grad_output, f"grad_output of {self!r}")
        return self.as_shaped(gradient, (batch.shape[0], *self.output_shape(batch.shape[1:])))

    def as_shaped(self, gradient: FloatArray, expected: Shape) -> FloatArray:
        """A gradient of this shape, which may lack the batch axis of one sample. Raises ShapeError for another one."""
        if gradient.shape != expected and not (expected[0] == 1 and gradient.shape == expected[1:]):
            raise LayerShapeError(
                repr(self),
                f"grad_output has shape {gradient.shape}, its output {expected}; "
                "pass the gradient with respect to its output",
            )
        return gradient.reshape(expected)

    def check_forward(self, has_run: bool) -> None:
        """Raise OrderError unless the forward pass has run on the input of this backward pass."""
        if not has_run:
            raise OrderError(
                repr(self), "backward needs the results of forward; call forward with this input first"
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
