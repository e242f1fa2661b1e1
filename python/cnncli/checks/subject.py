"""The layer that is checked: made anew for each shape of sample, run in a mode, in float64 where it allows that."""

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.errors import CnnError, UsageError
from cnncli.layers import Module
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.faults import LayerError
from cnncli.layers.registry import is_built_in
from cnncli.network import Network

Doubles = npt.NDArray[np.floating[Any]]

class LayerFault(CnnError):
    """A layer that fails before it has given an output."""


SAMPLES = 3
_TRIES = 120


@dataclass
class Passes:
    """Both passes of a layer on one input: its output, and the gradients of sum(output * weights)."""

    output: Doubles
    grad_input: Doubles
    gradients: dict[str, Doubles]


@dataclass
class Subject:
    """A layer for samples of one shape, with random parameters, input and weights of its outputs.

    wide : whether it computes in float64 when it gets float64
    fault : why it gives no output at all
    """

    layer: Module
    shape: Shape
    input: FloatArray
    weights: FloatArray = field(init=False)
    wide: bool = field(init=False, default=False)
    fault: LayerError | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        try:
            output = self.run(self.fresh(), self.input, training=False)
        except LayerError as error:
            self.fault = error
            return
        rng = np.random.default_rng(7)
        self.weights = rng.normal(size=output.shape).astype(np.float32)
        self.wide = self._is_wide()

    def fresh(self) -> Module:
        """A copy as it was before any pass, so that whatever is drawn at random is drawn again."""
        np.random.seed(1)  # a user's layer may draw from it
        return copy.deepcopy(self.layer)

    def run(self, layer: Module, input: npt.ArrayLike, *, training: bool) -> FloatArray:
        """The output of a fresh or given layer, checked as in any network."""
        layer.train(training)
        with np.errstate(all="ignore"):
            return layer.forward(input)

    def passes(self, *, training: bool, scale: float = 1.0, start: float = 0.0) -> Passes:
        """Both passes in float32, as a network makes them. start : what the gradients hold before"""
        layer = self.fresh()
        for parameter in layer.named_parameters():
            parameter.gradient.fill(start)
        output = self.run(layer, self.input, training=training)
        with np.errstate(all="ignore"):
            grad_input = layer.backward(self.input, self.weights, scale)
        return Passes(output, grad_input, {one.name: one.gradient for one in layer.named_parameters()})

    def wide_passes(self, *, training: bool) -> Passes:
        """The same with everything in float64, by the methods alone."""
        layer = _widened(self.fresh()).train(training)
        input, weights = self.input.astype(np.float64), self.weights.astype(np.float64)
        with np.errstate(all="ignore"):
            output = layer.update_output(input)  # type: ignore[arg-type]
            grad_input = layer.update_grad_input(input, weights)  # type: ignore[arg-type]
            layer.acc_grad_parameters(input, weights)  # type: ignore[arg-type]
        return Passes(output, grad_input, {name: getattr(layer, f"grad_{name}") for name in layer.parameter_names})

    def objective(self, name: str, index: tuple[int, ...], step: float, *, training: bool) -> float:
        """sum(output * weights) with one element of the input ("") or of a parameter changed by `step`."""
        layer = self.fresh()
        input: Any = self.input.copy()
        if self.wide:
            layer, input = _widened(layer), input.astype(np.float64)
        changed = input if name == "" else {one.name: one.value for one in layer.named_parameters()}[name]
        changed[index] += step
        with np.errstate(all="ignore"):
            layer.train(training)
            output = layer.update_output(input) if self.wide else layer.forward(input)
        return float(np.sum(np.asarray(output, np.float64) * self.weights))

    def _is_wide(self) -> bool:
        """Whether all that the methods return is float64 if what they get is."""
        if is_built_in(self.layer) or list(self.layer.children()):
            return False
        try:
            passes = self.wide_passes(training=False)
        except Exception:
            return False
        arrays = (passes.output, passes.grad_input, *passes.gradients.values())
        return all(getattr(array, "dtype", None) == np.float64 for array in arrays)


def _widened(layer: Module) -> Module:
    """The layer with its arrays in float64, which it would refuse to take itself."""
    for name in (*layer.parameter_names, *layer.buffer_names):
        for key in (name, f"grad_{name}"):
            value = layer.__dict__.get(key)
            if isinstance(value, np.ndarray):
                layer.__dict__[key] = value.astype(np.float64)
    return layer


def make_subjects(
    kind: str,
    settings: Mapping[str, Any],
    shapes: Sequence[Shape],
    span: tuple[float, float] | None,
    seed: int,
) -> list[Subject]:
    """The layer for each shape; without shapes for three random ones that it takes.

    span : of the input's values; None: normal ones
    """
    rng = np.random.default_rng(seed)
    found: list[Subject] = []
    errors: list[CnnError] = []
    for shape in shapes or _some_shapes(settings, rng):
        try:
            layer = _layer(kind, settings, shape, seed)
        except CnnError as error:
            if shapes:
                raise
            errors.append(error)
            continue
        _fill(layer, rng)
        size = (SAMPLES, *shape)
        values = rng.normal(size=size) if span is None else rng.uniform(*span, size)
        found.append(Subject(layer, tuple(shape), values.astype(np.float32)))
        if len(found) == 3:
            break
    if not found:
        if len(set(map(str, errors))) == 1 or isinstance(errors[0], LayerFault):
            raise errors[0]
        raise UsageError(f"{errors[0]}; of many shapes none fits: pass one with --shape")
    return found


def _layer(kind: str, settings: Mapping[str, Any], shape: Shape, seed: int) -> Module:
    """As a description makes it: sizes that follow from the input may be left out."""
    described = {"name": "check", "input": list(shape), "layers": [{"type": kind, **settings}]}
    try:
        return Network.from_description(described, seed=seed, source=kind)[0]
    except CnnError as error:
        line = str(error).removeprefix(f"{kind}, layer 0 ({kind}): ").removeprefix(f"{kind}, layer 0: ")
        if error.__cause__ is not None:  # an exception in the layer, which the shape may have caused
            raise LayerFault(line) from error.__cause__
        raise UsageError(f"{kind}: {line}") from None


def _some_shapes(settings: Mapping[str, Any], rng: np.random.Generator) -> list[Shape]:
    """Images, then vectors, of few values; sizes that the settings name are among them."""
    named = [value for value in settings.values() if type(value) is int and 0 < value < 4096]
    shapes: list[Shape] = []
    for number in range(_TRIES):
        first = int(rng.choice(named)) if named and number % 3 else int(rng.integers(1, 7))
        sides = rng.integers(3, 9 + number // 12, 2)
        shape = (first, *map(int, sides)) if number % 4 != 1 else (first + (0 if number % 3 and named else 4),)
        if math.prod(shape) <= 4096:
            shapes.append(shape)
    return shapes


def _fill(layer: Module, rng: np.random.Generator) -> None:
    """Parameters with values of their own, so that none hides behind a 0 or a 1."""
    for parameter in layer.named_parameters():
        value = parameter.value
        value += rng.uniform(-0.3, 0.3, value.shape).astype(np.float32)
