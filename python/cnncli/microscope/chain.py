"""The gradient of one weight as a product of factors along a path through the network, beside its finite difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnncli.errors import UsageError
from cnncli.layers.arrays import FloatArray
from cnncli.layers.parameter import Parameter
from cnncli.layers.trace import Step
from cnncli.microscope.one_step import Batch
from cnncli.microscope.unit_sum import Place
from cnncli.network.layer_names import summary_name
from cnncli.shown import format_shape, shown

_SHIFT = 3e-4  # of a weight: less drowns in the rounding of the loss, more meets the kinks of ReLU and pooling


@dataclass(frozen=True)
class Factor:
    """A derivative of a path: of the unit `of` with respect to the unit `by`, or to the weight.

    of, by : (what: a step's name, "loss" or "weight"; indices, the sample first)
    type : of the layer that makes `of` out of `by`
    value : of the derivative
    """

    of: tuple[str, Place]
    by: tuple[str, Place]
    type: str
    value: float


@dataclass(frozen=True)
class Chain:
    """The gradient of a weight.

    parameter, place : which weight; value : of it
    gradient : by back-propagation
    difference : of the losses at value + shift and value - shift, over 2 shift
    shift, above, below : those losses
    units : how many values of the layer's output, over all samples, the weight takes part in
    factors : of the strongest path, from the loss to the weight; their product is `path`
    path : what this path adds to the gradient
    """

    parameter: str
    place: Place
    value: float
    gradient: float
    difference: float
    shift: float
    above: float
    below: float
    units: int
    factors: Sequence[Factor]
    path: float


def largest_gradient(parameters: Sequence[Parameter]) -> tuple[str, Place]:
    """The weight whose gradient is the largest of the first parameter that has one, by name and place."""
    for parameter in parameters:
        if parameter.gradient.size and np.abs(parameter.gradient).max() > 0:
            flat = int(np.abs(parameter.gradient).argmax())
            return parameter.name, tuple(int(side) for side in np.unravel_index(flat, parameter.gradient.shape))
    raise UsageError("no weight has a gradient: the loss does not depend on any; use another batch")


def find_weight(parameters: Sequence[Parameter], text: str, steps: Sequence[Step] = ()) -> tuple[str, Place]:
    """(name, indices) of `0.weight[3,0,2,2]`, or of `conv1.weight[3,0,2,2]`. Raises UsageError, with what there is.

    steps : of `network.trace()`, for layers as `find_layer` takes them
    """
    name, _, rest = text.strip().partition("[")
    known = {parameter.name: parameter.value.shape for parameter in parameters}
    layer, dot, kind = name.rpartition(".")
    if name not in known:
        name = f"{summary_name(steps, layer)}{dot}{kind}"
    if name not in known:
        listed = ", ".join(list(known)[:12]) + (", ..." if len(known) > 12 else "")
        raise UsageError(f"--weight {shown(text)}: no parameter is named {shown(name)}; use one of {listed}")
    shape = known[name]
    try:
        place = tuple(int(word) for word in rest.removesuffix("]").split(","))
    except ValueError:
        place = ()
    if len(place) != len(shape) or any(not 0 <= one < side for one, side in zip(place, shape, strict=True)):
        last = ",".join(str(side - 1) for side in shape)
        raise UsageError(
            f"--weight {shown(text)}: {name} is {format_shape(shape)}, counted from 0; use indices up to {name}[{last}]"
        )
    return name, place


def gradient_chain(batch: Batch, name: str, place: Place) -> Chain:
    """How the gradient of one weight comes about; the network stays as it is, but for its gradients."""
    batch.gradients()
    parameter = next(one for one in batch.network.named_parameters() if one.name == name)
    gradient, value = float(parameter.gradient[place]), float(parameter.value[place])
    above, below = (_loss_with(batch, parameter, place, np.float32(value + sign * _SHIFT)) for sign in (1, -1))
    width = float(np.float32(value + _SHIFT)) - float(np.float32(value - _SHIFT))
    walk = _Walk(batch)
    units, factors = walk.from_weight(parameter, place)
    path = float(np.prod([factor.value for factor in factors])) if factors else 0.0
    return Chain(
        name, place, value, gradient, (above - below) / width, _SHIFT, above, below, units, factors[::-1], path
    )


def _loss_with(batch: Batch, parameter: Parameter, place: Place, value: Any) -> float:
    before = parameter.value[place].copy()
    parameter.value[place] = value
    try:
        return batch.loss()
    finally:
        parameter.value[place] = before


class _Walk:
    """From a weight to the loss along the units that count most."""

    def __init__(self, batch: Batch) -> None:
        self.batch, self.network = batch, batch.network
        self.steps = self.network.trace()
        with batch.passes():
            self.tensors: list[FloatArray] = [batch.samples]
            for step in self.steps:
                self.tensors.append(step.run([self.tensors[index] for index in step.inputs]))
            self.gradients = self._all_gradients()

    def _all_gradients(self) -> list[FloatArray]:
        """Of the loss with respect to each tensor."""
        found = [np.zeros_like(tensor) for tensor in self.tensors]
        criterion = self.batch.criterion
        criterion.forward(self.tensors[-1], self.batch.targets)
        found[-1] += criterion.backward(self.tensors[-1], self.batch.targets)
        for index in range(len(self.steps) - 1, -1, -1):
            step = self.steps[index]
            inputs = [self.tensors[source] for source in step.inputs]
            for source, part in zip(step.inputs, step.back(inputs, found[index + 1]), strict=True):
                found[source] += part
        return found

    def from_weight(self, parameter: Parameter, place: Place) -> tuple[int, list[Factor]]:
        """(how many units the weight takes part in, the factors of the strongest path from it to the loss)."""
        index = self._owner(parameter)
        slopes = self._slopes(index, parameter, place)
        parts = np.abs(slopes * self.gradients[index + 1])
        units = int(np.count_nonzero(slopes))
        if not parts.any():
            return units, []
        unit = _top(parts)
        label = (f"{parameter.name}", place)
        factors = [Factor(self._label(index + 1, unit), label, self._type(index), float(slopes[unit]))]
        tensor = index + 1
        while True:
            onward = self._strongest(tensor, unit)
            if onward is None:
                break
            after, other, slope = onward
            factors.append(Factor(self._label(after + 1, other), self._label(tensor, unit), self._type(after), slope))
            tensor, unit = after + 1, other
        last = float(self.gradients[tensor][unit])
        factors.append(Factor(("loss", ()), self._label(tensor, unit), type(self.batch.criterion).__name__, last))
        return units, factors

    def _owner(self, parameter: Parameter) -> int:
        for index, step in enumerate(self.steps):
            if step.is_layer and any(one.value is parameter.value for one in step.layer.named_parameters()):
                return index
        raise UsageError(f"{parameter.name}: belongs to a layer that runs its own passes; name the weight of another")

    def _slopes(self, index: int, parameter: Parameter, place: Place) -> Any:
        """d(output of the step) / d(weight), float64: exact, but for rounding, where the layer is linear in it."""
        before, results = parameter.value[place].copy(), []
        with self.batch.passes():
            for shift in (0.5, -0.5) if _is_linear(self.steps[index]) else (1e-2, -1e-2):
                parameter.value[place] = before + np.float32(shift)
                self.batch.rewind(self.steps[index].layer)
                results.append((parameter.value[place].item(), self._run(index, self.tensors)))
            parameter.value[place] = before
            self._run(index, self.tensors)
        (high, above), (low, below) = results
        slopes = (above.astype(np.float64) - below) / (high - low)
        slopes[np.abs(slopes) < 1e-6 * np.abs(slopes).max(initial=0.0)] = 0
        return slopes

    def _run(self, index: int, tensors: Sequence[FloatArray]) -> FloatArray:
        step = self.steps[index]
        self.batch.rewind(step.layer)
        return step.run([tensors[source] for source in step.inputs])

    def _strongest(self, tensor: int, unit: Place) -> tuple[int, Place, float] | None:
        """(step, unit, d unit / d this unit) of the reader by which the loss depends on this unit most."""
        best: tuple[float, tuple[int, Place, float]] | None = None
        for after, step in enumerate(self.steps):
            if tensor not in step.inputs:
                continue
            changed = list(self.tensors)
            changed[tensor] = self.tensors[tensor].copy()
            shift = np.float32(1e-2 * max(1.0, float(np.abs(self.tensors[tensor][unit]))))
            with self.batch.passes():
                changed[tensor][unit] += shift
                moved = self._run(after, changed).astype(np.float64) - self.tensors[after + 1]
                for other in _tops(np.abs(moved * self.gradients[after + 1]), 4):
                    chosen = np.zeros_like(self.tensors[after + 1])
                    chosen[other] = 1
                    self._run(after, self.tensors)
                    inputs = [self.tensors[source] for source in step.inputs]
                    back = step.back(inputs, chosen)
                    slope = sum(
                        float(part[unit]) for source, part in zip(step.inputs, back, strict=True) if source == tensor
                    )
                    weight = abs(slope * float(self.gradients[after + 1][other]))
                    if slope and (best is None or weight > best[0]):
                        best = weight, (after, other, slope)
        return None if best is None else best[1]

    def _label(self, tensor: int, unit: Place) -> tuple[str, Place]:
        return ("input" if tensor == 0 else self.steps[tensor - 1].name), unit

    def _type(self, index: int) -> str:
        return type(self.steps[index].layer).__name__


def _is_linear(step: Step) -> bool:
    """Whether the layer's output is linear in each of its weights: of ours all are."""
    return type(step.layer).__module__.startswith("cnncli.layers.")


def _top(values: Any) -> Place:
    return tuple(int(side) for side in np.unravel_index(int(values.argmax()), values.shape))


def _tops(values: Any, count: int) -> list[Place]:
    """The places of the largest values above 0, the largest first."""
    flat = values.ravel()
    count = min(count, flat.size)
    order: list[int] = np.argpartition(-flat, count - 1)[:count].tolist() if count else []
    places = sorted((int(one) for one in order if flat[one] > 0), key=lambda one: -flat[one])
    return [tuple(int(side) for side in np.unravel_index(one, values.shape)) for one in places]
