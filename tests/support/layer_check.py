"""One helper that holds a layer to its oracle: both passes, settings, kinds of input, empty batch."""

import json
from collections.abc import Callable

import numpy as np

from closeness import assert_close, same_bits
from cnncli.layers import Module
from oracles import central_differences

Oracle = Callable[..., np.ndarray]


def distinct(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers from -1 to 1 in random order, none near 0 and no two near each other: no kinks, no ties."""
    size = int(np.prod(shape))
    values = (np.arange(size) + 0.3) / max(size, 1) * 2 - 1
    return rng.permutation(values).reshape(shape).astype(np.float32)


def check_layer(
    layer: Module, oracle: Oracle, shape: tuple[int, ...], rng: np.random.Generator, *, terms: float = 1
) -> None:
    """Compare `layer` on input of `shape` (with the batch axis) with `oracle`, and all it promises besides.

    oracle : (x, weight=..., bias=...) -> y in float64, with the layer's parameters by name
    terms : how many values are summed for one output or gradient, for the tolerance
    """
    for parameter in layer.named_parameters():
        parameter.value[...] = distinct(rng, *parameter.value.shape)
    values = {parameter.name: parameter.value.copy() for parameter in layer.named_parameters()}
    x = distinct(rng, *shape)
    grad_y = distinct(rng, *oracle(x, **values).shape)

    _check_passes(layer, oracle, values, x, grad_y, terms)
    _check_rebuilt(layer, x)
    _check_kinds_of_input(layer, x)
    _check_empty_batch(layer, x)


def _check_passes(
    layer: Module,
    oracle: Oracle,
    values: dict[str, np.ndarray],
    x: np.ndarray,
    grad_y: np.ndarray,
    terms: float,
) -> None:
    kept_x, kept_grad = x.copy(), grad_y.copy()
    y = layer.forward(x)
    assert_close(y, oracle(x, **values), terms=terms)
    assert y.shape == (len(x), *layer.output_shape(x.shape[1:]))
    assert not np.shares_memory(y, x), "the output is not an array of its own"

    # Gradients are added to what is there, times the scale.
    for parameter in layer.named_parameters():
        parameter.gradient.fill(1)
    grad_x = layer.backward(x, grad_y, scale=0.5)
    assert_close(grad_x, central_differences(lambda at: oracle(at, **values), x, grad_y), terms=terms)
    assert not np.shares_memory(grad_x, grad_y), "the gradient is not an array of its own"
    for parameter in layer.named_parameters():

        def at_parameter(at: np.ndarray, name: str = parameter.name) -> np.ndarray:
            return oracle(x, **{**values, name: at})

        expected = 1 + 0.5 * central_differences(at_parameter, values[parameter.name], grad_y)
        assert_close(parameter.gradient, expected, terms=terms * len(x))
    assert same_bits(x, kept_x) and same_bits(grad_y, kept_grad), "a pass changed what it was given"


def _check_rebuilt(layer: Module, x: np.ndarray) -> None:
    """The settings, through JSON, with the parameters and buffers, make a layer that does the same."""
    settings = json.loads(json.dumps(layer.settings()))
    twin = type(layer)(**settings)
    assert twin.settings() == layer.settings() and repr(twin) == repr(layer)
    twin._set_training(layer.training)
    for new, old in zip(twin.named_parameters(), layer.named_parameters(), strict=True):
        assert (new.name, new.decay) == (old.name, old.decay)
        new.value[...] = old.value
    for (new_name, new_buffer), (old_name, old_buffer) in zip(
        twin.named_buffers(), layer.named_buffers(), strict=True
    ):
        assert new_name == old_name
        new_buffer[...] = old_buffer
    assert same_bits(twin.forward(x), layer.forward(x))


def _check_kinds_of_input(layer: Module, x: np.ndarray) -> None:
    y = layer.forward(x)
    assert same_bits(layer.forward(x.astype(np.float64)), y)
    assert same_bits(layer.forward(x.tolist()), y)
    # Not contiguous, as a transposed or sliced array is.
    assert same_bits(layer.forward(np.asfortranarray(x)), y)
    pixels = np.abs(x * 255).astype(np.uint8)
    assert same_bits(layer.forward(pixels), layer.forward(pixels.astype(np.float32)))


def _check_empty_batch(layer: Module, x: np.ndarray) -> None:
    before = [array.copy() for _, array in layer.named_buffers()]
    layer.zero_grad_parameters()
    empty = x[:0]
    y = layer.forward(empty)
    assert y.shape == (0, *layer.output_shape(x.shape[1:])) and y.dtype == np.float32
    assert layer.backward(empty, y).shape == empty.shape
    assert all((parameter.gradient == 0).all() for parameter in layer.named_parameters())
    for (_, after), old in zip(layer.named_buffers(), before, strict=True):
        assert same_bits(after, old)
