"""The methods of a layer, called and checked before a neighbour gets what they return and is blamed for it."""

import math
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike

from cnncli.custom_code import calling
from cnncli.layers.arrays import FloatArray, Shape, as_float32
from cnncli.layers.faults import CustomLayerError, LayerShapeError, ResultError

# Names that a layer may use for arrays of its passes, in pairs that are no parameter with its gradient.
_NO_PARAMETERS = ("input", "output")


class Layer(Protocol):
    """A `Module`, which itself uses this file."""

    parameter_names: ClassVar[tuple[str, ...]]
    buffer_names: ClassVar[tuple[str, ...]]

    def update_output(self, input: FloatArray) -> FloatArray: ...
    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray: ...
    def acc_grad_parameters(self, input: FloatArray, grad_output: FloatArray, scale: float = 1.0) -> None: ...
    def as_batch(self, input: ArrayLike) -> FloatArray: ...
    def output_shape(self, input_shape: Shape) -> Shape: ...


def is_custom(layer_type: type[Any], method: str) -> bool:
    """Whether a method was written outside this package: only such a one needs to be checked."""
    return not str(getattr(getattr(layer_type, method), "__module__", "")).startswith("cnncli.")


def output_of(layer: Layer, input: FloatArray) -> FloatArray:
    """`layer.update_output(input)` as float32. Raises LayerError, with the layer's name, for what is no output."""
    if not is_custom(type(layer), "update_output"):
        return as_float32(layer.update_output(input), f"output of {layer!r}")
    with calling(layer, "update_output", CustomLayerError):
        output = layer.update_output(_read_only(input))
    array = _as_array(layer, "update_output", output, "the output")
    samples = layer.as_batch(input).shape
    returned = f"update_output returned an array of shape {array.shape} for an input of shape {input.shape}"
    if array.ndim == 0 or len(array) != samples[0]:
        raise LayerShapeError(
            repr(layer), f"{returned}; return one output for each sample, which the first axis counts"
        )
    if is_custom(type(layer), "output_shape") or type(layer).output_shape.__qualname__ != "Module.output_shape":
        expected = (samples[0], *layer.output_shape(samples[1:]))
        if array.shape != expected:
            raise LayerShapeError(
                repr(layer), f"{returned}, and its output_shape says {expected}; make both say the same"
            )
    _check_numbers(layer, "update_output returned", array, input)
    return array


def grad_input_of(layer: Layer, input: FloatArray, grad_output: FloatArray) -> FloatArray:
    """`layer.update_grad_input(input, grad_output)` as float32, checked as the output is."""
    if not is_custom(type(layer), "update_grad_input"):
        return as_float32(layer.update_grad_input(input, grad_output), f"gradient from {layer!r}")
    with calling(layer, "update_grad_input", CustomLayerError):
        grad_input = layer.update_grad_input(_read_only(input), _read_only(grad_output))
    array = _as_array(layer, "update_grad_input", grad_input, "the gradient with respect to the input")
    if array.shape not in (input.shape, layer.as_batch(input).shape):
        raise LayerShapeError(
            repr(layer),
            f"update_grad_input returned an array of shape {array.shape} for an input of shape {input.shape}; "
            "return the gradient with respect to the input, which has the shape of the input",
        )
    _check_numbers(layer, "update_grad_input returned", array, input, grad_output)
    return array


def accumulate(layer: Layer, input: FloatArray, grad_output: FloatArray, scale: float) -> None:
    """`layer.acc_grad_parameters(input, grad_output, scale)`; raises LayerError for what would leave it unlearned."""
    if type(layer).__module__.startswith("cnncli."):
        layer.acc_grad_parameters(input, grad_output, scale)
        return
    check_parameters(layer)
    if not is_custom(type(layer), "acc_grad_parameters"):
        layer.acc_grad_parameters(input, grad_output, scale)
        return
    with calling(layer, "acc_grad_parameters", CustomLayerError):
        returned: object = layer.acc_grad_parameters(_read_only(input), _read_only(grad_output), scale)  # type: ignore[func-returns-value]
    if returned is not None:
        names = " and ".join(f"self.grad_{name}" for name in layer.parameter_names) or "its gradients"
        raise ResultError(
            repr(layer), f"acc_grad_parameters returned {type(returned).__name__}; add to {names} and return nothing"
        )
    for name in layer.parameter_names:
        gradient = getattr(layer, f"grad_{name}", None)
        if gradient is not None:
            _check_numbers(layer, f"acc_grad_parameters added to grad_{name}", gradient, input, grad_output)


def check_parameters(layer: Layer) -> None:
    """Raises LayerError for a custom layer with arrays that look learned, but that no optimizer would ever change."""
    own = vars(layer)
    for name, value in own.items():
        if not name.startswith("grad_") or not isinstance(value, np.ndarray):
            continue
        learned = name.removeprefix("grad_")
        is_known = learned in layer.parameter_names or learned in _NO_PARAMETERS
        if is_known or not isinstance(own.get(learned), np.ndarray):
            continue
        shown = "".join(f'"{known}", ' for known in (*layer.parameter_names, learned))
        raise CustomLayerError(
            repr(layer),
            f"has {learned} and {name}, but parameter_names does not list {learned}, so that it would never be "
            f"learned; write in class {type(layer).__name__}: parameter_names = ({shown.rstrip()})",
        )
    if layer.parameter_names and type(layer).acc_grad_parameters.__qualname__ == "Module.acc_grad_parameters":
        raise CustomLayerError(
            repr(layer),
            f"has the parameters {', '.join(layer.parameter_names)}, but no acc_grad_parameters, so that they would "
            f"never be learned; write in class {type(layer).__name__}: def acc_grad_parameters(self, input, "
            "grad_output, scale=1.0), which adds to their gradients",
        )


def _read_only(array: FloatArray) -> FloatArray:
    """The same numbers, to which custom code cannot write: they belong to other layers."""
    view = array.view()
    view.flags.writeable = False
    return view


def _as_array(layer: Layer, method: str, value: ArrayLike, what: str) -> FloatArray:
    if value is None:
        raise ResultError(repr(layer), f"{method} returned None; end it with return and {what}")
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.empty(0, object)
    if array.dtype.kind not in "fiub":
        kind = "text" if array.dtype.kind in "SU" else array.dtype.name
        raise ResultError(repr(layer), f"{method} returned {kind}; return {what} as an array of numbers")
    result = as_float32(array)
    # A layer may return its input as it is; what comes out of it is an array like any other.
    return result if result.flags.writeable else result.copy()


def _check_numbers(layer: Layer, did: str, result: FloatArray, *given: FloatArray) -> None:
    """Raises ResultError for NaN made of finite numbers. Zeros alone are what `output_shape` tries, and may be."""
    with np.errstate(all="ignore"):
        total = float(result.sum())  # a sum without NaN and infinity is the quick answer: there is none in the terms
    if math.isfinite(total) or not np.isnan(result).any():
        return
    names = [*layer.parameter_names, *layer.buffer_names]
    arrays = [*given, *(array for array in (getattr(layer, name, None) for name in names) if array is not None)]
    if not given[0].any() or not all(np.isfinite(array).all() for array in arrays):
        return
    largest = float(np.abs(given[0]).max())
    raise ResultError(
        repr(layer),
        f"{did} NaN for finite input up to {largest:.3g}; look for a division by 0, a root or logarithm of a negative "
        "number, or an exp of a large one",
    )
