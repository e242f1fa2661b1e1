"""What the methods of a layer return, checked before a neighbour gets it and is blamed for it."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from cnncli.layers.arrays import FloatArray, Shape, as_float32
from cnncli.layers.faults import LayerShapeError, ResultError


class Layer(Protocol):
    """A `Module`, which itself uses this file."""

    def update_output(self, input: FloatArray) -> FloatArray: ...
    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray: ...
    def as_batch(self, input: ArrayLike) -> FloatArray: ...
    def output_shape(self, input_shape: Shape) -> Shape: ...


def is_custom(layer_type: type[Any], method: str) -> bool:
    """Whether a method was written outside this package: only such a one needs to be checked."""
    return not str(getattr(getattr(layer_type, method), "__module__", "")).startswith("cnncli.")


def output_of(layer: Layer, input: FloatArray) -> FloatArray:
    """`layer.update_output(input)` as float32. Raises LayerError, with the layer's name, for what is no output."""
    output = layer.update_output(input)
    if not is_custom(type(layer), "update_output"):
        return as_float32(output, f"output of {layer!r}")
    array = _as_array(layer, "update_output", output, "the output")
    samples = layer.as_batch(input).shape
    returned = f"update_output returned an array of shape {array.shape} for an input of shape {input.shape}"
    if len(array) != samples[0]:
        raise LayerShapeError(
            repr(layer), f"{returned}; return one output for each sample, which the first axis counts"
        )
    if is_custom(type(layer), "output_shape") or type(layer).output_shape.__qualname__ != "Module.output_shape":
        expected = (samples[0], *layer.output_shape(samples[1:]))
        if array.shape != expected:
            raise LayerShapeError(
                repr(layer), f"{returned}, and its output_shape says {expected}; make both say the same"
            )
    return array


def grad_input_of(layer: Layer, input: FloatArray, grad_output: FloatArray) -> FloatArray:
    """`layer.update_grad_input(input, grad_output)` as float32, checked as the output is."""
    grad_input = layer.update_grad_input(input, grad_output)
    if not is_custom(type(layer), "update_grad_input"):
        return as_float32(grad_input, f"gradient from {layer!r}")
    array = _as_array(layer, "update_grad_input", grad_input, "the gradient with respect to the input")
    if array.shape not in (input.shape, layer.as_batch(input).shape):
        raise LayerShapeError(
            repr(layer),
            f"update_grad_input returned an array of shape {array.shape} for an input of shape {input.shape}; "
            "return the gradient with respect to the input, which has the shape of the input",
        )
    return array


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
    return as_float32(array)
