"""Layers that are sums of products, drawn by hypothesis: each held to the terms of its definition, and to itself."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings

from closeness import FEW, assert_close, same_bits
from cnncli import _core
from cnncli.layers import Module
from cnncli.layers.sequential import Sequential
from layer_chains import Chain, prediction_fault, training_fault

Place = tuple[int, ...]
# One product: which place of one sample's output it is added to, of its input, and of the weights; no weight is 1.
Term = tuple[Place, Place, Place | float]

# The same examples each time: what a test of this repository finds must be found again.
quick = settings(
    max_examples=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass
class Sums:
    """What the terms add up to in float64: output, and the gradients of the sum of grad_y * output."""

    y: np.ndarray
    grad_x: np.ndarray
    grad_weight: np.ndarray
    grad_bias: np.ndarray
    terms: int  # in one element, at most


def sums(
    terms: Iterable[Term], x: np.ndarray, grad_y: np.ndarray, weight: np.ndarray, bias: np.ndarray | None
) -> Sums:
    """All passes from one list of products: y += w x, grad_x += w grad_y, grad_w += x grad_y; bias: one a channel."""
    x, grad_y, weight = (np.asarray(array, np.float64) for array in (x, grad_y, weight))
    y, grad_x, grad_weight = np.zeros_like(grad_y), np.zeros_like(x), np.zeros_like(weight)
    counts: dict[Any, int] = {}
    with np.errstate(all="ignore"):
        for output, input, place in terms:
            of_x, of_y = (slice(None), *input), (slice(None), *output)
            factor = place if isinstance(place, float) else weight[place]
            y[of_y] += factor * x[of_x]
            grad_x[of_x] += factor * grad_y[of_y]
            if not isinstance(place, float):
                grad_weight[place] += np.sum(x[of_x] * grad_y[of_y])
                counts["w", place] = counts.get(("w", place), 0) + len(x)
            counts["y", output] = counts.get(("y", output), 0) + 1
            counts["x", input] = counts.get(("x", input), 0) + 1
        if bias is not None:
            y += np.asarray(bias, np.float64).reshape(-1, *[1] * (y.ndim - 2))
        grad_bias = grad_y.sum(axis=(0, *range(2, grad_y.ndim)))
    return Sums(y, grad_x, grad_weight, grad_bias, 1 + max(counts.values(), default=0))


@contextmanager
def using(instruction_set: str) -> Iterator[None]:
    before = _core.instruction_set()
    _core.set_instruction_set(instruction_set)
    try:
        yield
    finally:
        _core.set_instruction_set(before)


def uniform(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.uniform(-1, 1, shape).astype(np.float32)


def fill(layer: Module, rng: np.random.Generator) -> None:
    for parameter in layer.named_parameters():
        parameter.value[...] = uniform(rng, *parameter.value.shape)


def check_sums(layer: Module, shape: Place, samples: int, terms: Iterable[Term], seed: int, few: float = FEW) -> None:
    """Eager, on every instruction set: both passes are the sums of the terms, gradients of parameters are added."""
    rng = np.random.default_rng(seed)
    fill(layer, rng)
    x = uniform(rng, samples, *shape)
    weight = getattr(layer, "weight", np.zeros(0, np.float32))
    bias = getattr(layer, "bias", None)
    output_shape = layer.output_shape(shape)
    grad_y = uniform(rng, samples, *output_shape)
    expected = sums(terms, x, grad_y, weight, bias)
    results = {}
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            for parameter in layer.named_parameters():
                parameter.gradient.fill(1)
            y, grad_x = layer.forward(x), layer.backward(x, grad_y, scale=0.5)
        assert y.shape == (samples, *output_shape)
        assert_close(y, expected.y, terms=expected.terms, few=few)
        assert_close(grad_x, expected.grad_x, terms=expected.terms, few=few)
        found = [y, grad_x]
        size = max(1.0, (expected.terms / 9) ** 0.5)  # of a sum while it is added; the terms' root mean square is 1/3
        for parameter in layer.named_parameters():
            wanted = expected.grad_weight if parameter.name == "weight" else expected.grad_bias
            count = expected.terms if parameter.name == "weight" else grad_y[:, 0].size + 1
            assert_close(parameter.gradient, 1 + 0.5 * wanted, terms=count, scale=size, few=few)
            found.append(parameter.gradient.copy())
        results[instruction_set] = found
    if {"avx2", "avx512"} <= set(results):
        assert all(map(same_bits, results["avx2"], results["avx512"])), "AVX2 and AVX-512 give different bits"


def check_programs(layer: Module, shape: Place, seed: int) -> None:
    """Compiled: predictions of 17, 12 and 1 samples, a training step's loss and gradients, are those of the layer."""
    rng = np.random.default_rng(seed)
    chain = Chain(shape, [Sequential(layer)])
    assert not (fault := prediction_fault(chain, rng)), fault
    assert not (fault := training_fault(chain, rng)), fault
