"""Layers that the core computes at once: what a program of one node keeps from call to call changes no result."""

import copy
import gc
import inspect
import pickle
import threading
import weakref
from collections.abc import Callable

import numpy as np
import pytest

from cnncli import _core
from cnncli.errors import CnnError, UsageError
from cnncli.layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Add,
    AvgPool1d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    CMul,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Dropout2d,
    Flatten,
    GroupNorm,
    Identity,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    LogSoftmax,
    LPPool2d,
    MaxPool1d,
    MaxPool2d,
    Module,
    Mul,
    PReLU,
    Residual,
    RReLU,
    Sequential,
    Softmax,
    Softmax2d,
    StochasticPool2d,
    SubSampling2d,
    Unflatten,
    Upsample,
    ZeroPad2d,
    activations,
)
from cnncli.layers.node_layer import NodeLayer
from cnncli.layers.random_layer import RandomLayer
from cnncli.layers.registry import LAYER_TYPES, is_built_in

IMAGES, VECTORS = (3, 6, 6), (10,)
# Each layer, and the shape of a sample.
LAYERS: dict[str, tuple[Callable[[], NodeLayer], tuple[int, ...]]] = {
    "Conv2d": (lambda: Conv2d(3, 4, 3, padding=1), IMAGES),
    "Conv1d": (lambda: Conv1d(3, 4, 3, padding=1), (3, 6)),
    "ConvTranspose2d": (lambda: ConvTranspose2d(3, 4, 3, stride=2), IMAGES),
    "Identity": (Identity, IMAGES),
    "Unflatten": (lambda: Unflatten(1, (1, 5, 2)), VECTORS),
    "Upsample": (lambda: Upsample(scale_factor=1.5, mode="bilinear"), IMAGES),
    "ZeroPad2d": (lambda: ZeroPad2d((1, 0, -1, 2)), IMAGES),
    "Linear": (lambda: Linear(10, 4), VECTORS),
    "AvgPool1d": (lambda: AvgPool1d(3, 2, 1), (3, 9)),
    "MaxPool1d": (lambda: MaxPool1d(3, 2, 1), (3, 9)),
    "MaxPool2d": (lambda: MaxPool2d(2), IMAGES),
    "AdaptiveAvgPool2d": (lambda: AdaptiveAvgPool2d((4, None)), IMAGES),
    "AdaptiveMaxPool2d": (lambda: AdaptiveMaxPool2d(4), IMAGES),
    "AvgPool2d": (lambda: AvgPool2d(2), IMAGES),
    "BatchNorm1d": (lambda: BatchNorm1d(10), VECTORS),
    "BatchNorm2d": (lambda: BatchNorm2d(3), IMAGES),
    "Dropout": (lambda: Dropout(0.5), IMAGES),
    "Flatten": (Flatten, IMAGES),
    "Add": (lambda: Add([3, 6, 6]), IMAGES),
    "CMul": (lambda: CMul([3, 1, 6]), IMAGES),
    "Dropout2d": (lambda: Dropout2d(0.5), IMAGES),
    "GroupNorm": (lambda: GroupNorm(3, 3), IMAGES),
    "LayerNorm": (lambda: LayerNorm([6, 6]), IMAGES),
    "LocalResponseNorm": (lambda: LocalResponseNorm(2), IMAGES),
    "Mul": (Mul, IMAGES),
    "PReLU": (lambda: PReLU(3), IMAGES),
    "RReLU": (RReLU, IMAGES),
    "Softmax": (Softmax, VECTORS),
    "Softmax2d": (Softmax2d, IMAGES),
    "LogSoftmax": (LogSoftmax, VECTORS),
    "LPPool2d": (lambda: LPPool2d(2, 3, 2), IMAGES),
    "StochasticPool2d": (lambda: StochasticPool2d(2), IMAGES),
    "SubSampling2d": (lambda: SubSampling2d(3, 2), IMAGES),
    **{
        name: (lambda name=name: getattr(activations, name)(*((0.5, 2) if name == "Threshold" else ())), IMAGES)
        for name in activations.__all__
    },
}
each_layer = pytest.mark.parametrize("name", LAYERS)
Passes = list[np.ndarray]


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype(np.float32)


def backward(layer: Module, x: np.ndarray, grad_y: np.ndarray) -> Passes:
    layer.zero_grad_parameters()
    grad_x = layer.backward(x, grad_y)
    return [grad_x, *(parameter.gradient.copy() for parameter in layer.named_parameters())]


def passes(layer: Module, x: np.ndarray, seed: int = 3) -> Passes:
    y = layer.forward(x)
    grad_y = normal(np.random.default_rng(seed), *y.shape)
    return [y, *backward(layer, x, grad_y), *(buffer.copy() for _, buffer in layer.named_buffers())]


def assert_same(actual: Passes, expected: Passes) -> None:
    assert len(actual) == len(expected)
    for one, other in zip(actual, expected, strict=True):
        assert one.shape == other.shape and one.tobytes() == other.tobytes()


def test_every_built_in_layer_is_one_of_these_or_a_container() -> None:
    built_in = {name for name, layer_type in LAYER_TYPES.items() if is_built_in(layer_type)}
    containers = {name for name in built_in if LAYER_TYPES[name].children is not Module.children}
    # An unpooling needs the indices of a pooling; tests/layers/test_max_unpool2d.py.
    assert built_in - containers - {"MaxUnpool2d"} == set(LAYERS)


@each_layer
def test_a_layer_that_was_used_gives_the_bits_of_a_new_one(name: str, rng: np.random.Generator) -> None:
    """Other batches in between: larger, smaller, empty, and so large that nothing is kept."""
    make, shape = LAYERS[name]
    used = make()
    for batch in (5, 17, 5, 0, 16, 1, 1500, 5):
        fresh = make()
        for (_, buffer), (_, of_used) in zip(fresh.named_buffers(), used.named_buffers(), strict=True):
            buffer[...] = of_used
        if isinstance(fresh, RandomLayer) and isinstance(used, RandomLayer):
            fresh.step = used.step
        x = normal(rng, batch, *shape)
        assert_same(passes(used, x), passes(fresh, x))


@each_layer
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_made_between_the_passes_goes_on_where_the_layer_was(
    name: str, copied: Callable[[Module], Module], rng: np.random.Generator
) -> None:
    make, shape = LAYERS[name]
    layer, x = make(), normal(rng, 9, *shape)
    y = layer.forward(x)
    twin, grad_y = copied(layer), normal(rng, *y.shape)
    layer.forward(x + 1)  # changes nothing of the copy
    assert_same(backward(twin, x, grad_y), backward(original_of(make, x), x, grad_y))


def original_of(make: Callable[[], NodeLayer], x: np.ndarray) -> NodeLayer:
    layer = make()
    layer.forward(x)
    return layer


def test_settings_and_arrays_that_change_count_from_the_next_call_on(rng: np.random.Generator) -> None:
    x = normal(rng, 4, *IMAGES)
    layer, other = Conv2d(3, 4, 3, bias=False), Conv2d(3, 4, 3, stride=2)
    layer.forward(x)
    layer.stride = (2, 2)
    other.weight[...] = layer.weight
    assert_same(passes(layer, x), passes(other, x)[:3])
    layer.weight *= 2
    other.weight *= 2
    assert_same(passes(layer, x), passes(other, x)[:3])
    layer.bias, layer.grad_bias = np.full(4, 2), np.zeros(4)
    other.bias += 2
    assert_same(passes(layer, x), passes(other, x))


def test_a_layer_follows_the_instruction_set(instruction_set: str, rng: np.random.Generator) -> None:
    """The one that comes next is another one, and it was used with the first."""
    x, layer = normal(rng, 33, *IMAGES), Conv2d(3, 4, 3)
    for name in (*_core.instruction_sets(), instruction_set):
        _core.set_instruction_set(name)
        assert_same(passes(layer, x), passes(Conv2d(3, 4, 3), x))


@each_layer
def test_a_layer_gives_the_same_bits_for_any_threads(
    name: str, rng: np.random.Generator, assert_same_bits_for_any_threads: Callable
) -> None:
    make, shape = LAYERS[name]
    x = normal(rng, 40, *shape)
    assert_same_bits_for_any_threads(lambda: passes(make(), x))


def test_threads_that_call_one_layer_do_not_disturb_each_other(rng: np.random.Generator) -> None:
    layer = Linear(10, 4)
    batches = [normal(rng, 200, 10) for _ in range(4)]
    expected, wrong = [Linear(10, 4).forward(x) for x in batches], []

    def call(x: np.ndarray, y: np.ndarray) -> None:
        for _ in range(200):
            if layer.forward(x).tobytes() != y.tobytes():
                wrong.append(x)

    threads = [threading.Thread(target=call, args=pair) for pair in zip(batches, expected, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_layer_and_its_arrays_are_freed_with_their_last_name(rng: np.random.Generator) -> None:
    gc.disable()
    try:
        layer = Linear(10, 4)
        passes(layer, normal(rng, 9, 10))
        seen = weakref.ref(layer), weakref.ref(layer.weight)
        del layer
        assert seen[0]() is None and seen[1]() is None
    finally:
        gc.enable()


def test_small_passes_are_kept_within_bounds_and_large_ones_are_not(rng: np.random.Generator) -> None:
    layer = Linear(10, 4)
    passes(layer, normal(rng, 9, 10))
    small = layer.node().bytes
    assert 0 < small < 100_000
    passes(layer, normal(rng, 100_000, 10))
    assert layer.node().bytes == 0
    passes(layer, normal(rng, 9, 10))
    assert layer.node().bytes == small
    many = [Linear(10, 4) for _ in range(40)]
    x = normal(rng, 30_000, 10)  # 1.7 MB in blocks, forward
    for one in many:
        one.forward(x)
    assert 20 << 20 < sum(one.node().bytes for one in many) <= 64 << 20
    del many, one
    layer = Linear(10, 4)
    layer.forward(x)
    assert layer.node().bytes > 1_000_000


def test_layers_inside_containers_and_custom_layers_keep_nothing_of_each_other(rng: np.random.Generator) -> None:
    class Twice(Module):
        """One layer, called two times."""

        def __init__(self) -> None:
            self.inner = Linear(10, 10)

        def update_output(self, input: np.ndarray) -> np.ndarray:
            return self.inner.forward(self.inner.forward(input))

        def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
            middle = self.inner.forward(input)
            return self.inner.update_grad_input(input, self.inner.update_grad_input(middle, grad_output))

    x = normal(rng, 6, 10)
    twice, single = Twice(), Linear(10, 10)
    network = Sequential(twice, Residual([Linear(10, 10)]))
    y = network.forward(x)
    middle = single.forward(single.forward(x))
    np.testing.assert_array_equal(y, Linear(10, 10).forward(middle) + middle)
    grad = normal(rng, 6, 10)
    expected = single.update_grad_input(x, single.update_grad_input(x, grad))
    np.testing.assert_array_equal(twice.backward(x, grad), expected)


def test_backward_on_another_input_than_that_of_forward_is_refused(rng: np.random.Generator) -> None:
    """7x7 and 6x6 pool to the same 3x3: the places of one mean nothing in the other."""
    layer = MaxPool2d(2)
    y = layer.forward(normal(rng, 2, 3, 7, 7))
    with pytest.raises(UsageError, match="call forward with this input first"):
        layer.backward(normal(rng, 2, 3, 6, 6), y)


@each_layer
def test_without_a_seed_weights_are_those_of_seed_0_and_gradients_are_added_once(
    name: str, rng: np.random.Generator
) -> None:
    make, shape = LAYERS[name]
    layer = make()
    kind, settings = type(layer), layer.settings()
    named = list(kind(**settings).named_parameters())
    for seed in (0, 1) if "seed" in inspect.signature(kind).parameters else ():
        values = [parameter.value.tobytes() for parameter in kind(**settings, seed=seed).named_parameters()]
        is_random = any(len(np.unique(parameter.value)) > 1 for parameter in named)
        assert (values == [parameter.value.tobytes() for parameter in named]) == (seed == 0 or not is_random)
    if "initialization" in inspect.signature(kind).parameters:
        he = [parameter.value.tobytes() for parameter in kind(**settings, initialization="he").named_parameters()]
        assert he == [parameter.value.tobytes() for parameter in named] and "initialization" not in settings
    x = normal(rng, 3, *shape)
    y = layer.forward(x)
    layer.zero_grad_parameters()
    layer.acc_grad_parameters(x, y)
    once = [parameter.gradient.copy() for parameter in layer.named_parameters()]
    layer.acc_grad_parameters(x, y, 0.5)
    for parameter, gradient in zip(layer.named_parameters(), once, strict=True):
        np.testing.assert_allclose(parameter.gradient, 1.5 * gradient, rtol=1e-4, atol=1e-4)


@each_layer
def test_a_single_sample_is_a_batch_of_one(name: str, rng: np.random.Generator) -> None:
    make, shape = LAYERS[name]
    layer, other = make(), make()
    layer.eval(), other.eval()
    x = normal(rng, 1, *shape)
    if layer.takes_any_shape():
        return
    assert len(shape) in layer.sample_axes
    y, expected = layer.forward(x[0]), other.forward(x)
    assert y.tobytes() == expected.tobytes() and y.shape == expected.shape
    grad = other.backward(x, expected)
    assert layer.backward(x[0], y).tobytes() == layer.backward(x[0], y[0]).tobytes() == grad.tobytes()
    if len(shape) == 3 and layer.sample_axes == (3,):
        with pytest.raises(CnnError):
            layer.forward(normal(rng, 2, 2, 2, 2, 2))


@each_layer
def test_the_stream_is_0_where_none_is_told(name: str, rng: np.random.Generator) -> None:
    make, shape = LAYERS[name]
    assert_streams(make, normal(rng, 4, *shape))


@pytest.mark.parametrize("make", [
    lambda: Sequential(Conv2d(3, 4, 3), Dropout(0.5)), lambda: Residual([Conv2d(3, 3, 1), Dropout(0.5)]),
])  # fmt: skip
def test_the_stream_of_a_container_is_0_too(make: Callable[[], Module], rng: np.random.Generator) -> None:
    assert_streams(make, normal(rng, 4, *IMAGES))


def assert_streams(make: Callable[[], Module], x: np.ndarray) -> None:
    """What a layer begins with and draws is that of stream 0."""
    found = []
    for more in ((), (0,)):
        layer = make()
        layer.initialize(3, *more)
        found.append(layer.forward(x).tobytes())
    assert found[0] == found[1]
