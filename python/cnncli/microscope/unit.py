"""A unit of a network: how it comes about for one image, what becomes of it, and what would be without it."""

import inspect
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnncli.layers.arrays import FloatArray
from cnncli.layers.module import Module
from cnncli.layers.registry import is_built_in
from cnncli.layers.trace import Step
from cnncli.microscope.layer_sums import Made, made_by
from cnncli.microscope.unit_sum import Place, Term, UnitSum
from cnncli.microscope.windows import window_size
from cnncli.network import Network

_MOST_READERS = 1 << 22  # values of a layer whose readers are counted


@dataclass(frozen=True)
class Reader:
    """A layer that reads the unit.

    units : of its output, how many change with it; 0 is not said of layers that are too large
    place, before, after : the one that it changes most, with its value, and that if the unit were 0
    """

    name: str
    type: str
    units: int
    place: Place
    before: float
    after: float


class Microscope:
    """A network with what its layers make of one image, in evaluation.

    network : any; image : one sample in any form that `network.samples` takes

    values : float32 (1, ...), of each tensor: 0 is the input as the first layer gets it, k + 1 the output of step k
    """

    def __init__(self, network: Network, image: ArrayLike) -> None:
        self.network = network
        self.steps = network.trace()
        with network._in_mode(training=False):
            self.values: list[FloatArray] = [network.samples(image)]
            for step in self.steps:
                self.values.append(step.run([self.values[index] for index in step.inputs]))

    def unit(self, index: int, place: Place) -> UnitSum:
        """How the unit at `place` of the output of step `index` comes about."""
        step, output = self.steps[index], self.values[index + 1]
        inputs = [self.values[source] for source in step.inputs]
        with self.network._in_mode(training=False):
            step.run(inputs)  # what a layer keeps is that of its last pass
            made, sources = self._made(step, inputs, output, place)
        terms = [
            Term(self.source(source), where, value, weight, part)
            for source, (where, value, weight, part) in zip(sources, made.parts, strict=True)
        ]
        size = window_size(step.layer) if step.is_layer and made.verb in ("sum", "largest") else None
        per_channel = len({term.place[0] for term in terms}) * (size or 0)
        own = type(step.layer).__name__
        return UnitSum(
            name=step.name,
            type=own,
            settings=repr(step.layer).removeprefix(f"{own}(").removesuffix(")") if step.is_layer else "",
            place=place,
            shape=step.output_shape,
            words=words_of(step),
            verb=made.verb,
            terms=terms,
            output=float(output[(0, *place)]),
            computed=made.computed,
            empty=max(0, per_channel - len(terms)) if size and _pads(step.layer) else 0,
            bias=made.bias,
            facts=made.facts,
        )

    def without(self, index: int, place: Place) -> FloatArray:
        """float32 (outputs), what the network would give if this unit were 0."""
        values = list(self.values)
        values[index + 1] = values[index + 1].copy()
        values[index + 1][(0, *place)] = 0
        outputs: FloatArray = self._rerun(index, values)[-1][0]
        return outputs

    def readers(self, index: int, place: Place) -> list[Reader]:
        """The layers that read the unit, in the order of the network, each with the unit of its own it changes most."""
        changed = self.values[index + 1].copy()
        changed[(0, *place)] = 0
        found = []
        for after, step in enumerate(self.steps):
            if index + 1 not in step.inputs:
                continue
            inputs = [changed if source == index + 1 else self.values[source] for source in step.inputs]
            with self.network._in_mode(training=False):
                others = step.run(inputs)[0]
            own = self.values[after + 1][0]
            difference = np.abs(np.nan_to_num(own.astype(np.float64) - others))
            units = int(np.count_nonzero(difference)) if own.size <= _MOST_READERS else 0
            top = tuple(int(side) for side in np.unravel_index(int(difference.argmax()), own.shape))
            found.append(Reader(step.name, type(step.layer).__name__, units, top, float(own[top]), float(others[top])))
        return found

    def _rerun(self, index: int, values: list[FloatArray]) -> list[FloatArray]:
        """All tensors, those after step `index` computed anew."""
        dirty = {index + 1}
        with self.network._in_mode(training=False):
            for after, step in enumerate(self.steps[index + 1 :], start=index + 1):
                if dirty & set(step.inputs):
                    values[after + 1] = step.run([values[source] for source in step.inputs])
                    dirty.add(after + 1)
        return values

    def _made(self, step: Step, inputs: list[FloatArray], output: FloatArray, place: Place) -> tuple[Made, list[int]]:
        """How the unit is made, and the tensor of each of its terms."""
        if step.is_layer:
            made = made_by(step.layer, inputs[0], output, place)
            return made, [step.inputs[0]] * len(made.parts)
        channel, *rest = place
        if step.part is not None:  # one of the equal parts that Parallel gives
            where: Place = (channel + step.part * step.output_shape[0], *rest)
            return _moved(inputs[0], where), [step.inputs[0]]
        if step.adds:
            values = [float(one[(0, *place)]) for one in inputs]
            return Made("sum", [(place, value, 1.0, value) for value in values], float(np.sum(values))), list(
                step.inputs
            )
        for source, one in zip(step.inputs, inputs, strict=True):
            if channel < one.shape[1]:
                return _moved(one, (channel, *rest)), [source]
            channel -= one.shape[1]
        raise AssertionError("a unit outside of its layer")

    def source(self, tensor: int) -> str:
        """What a tensor is called: "input", the name of the step whose output it is, or of a Parallel "2, part 0"."""
        if tensor == 0:
            return "input"
        step = self.steps[tensor - 1]
        return step.name if step.part is None else f"{step.name}, part {step.part}"


def words_of(step: Step) -> str:
    """The formula of a step, out of the first sentence that its class says of itself."""
    if not step.is_layer:
        if step.part is not None:
            return f"part {step.part} of the channels"
        adds = step.adds
        return "the sum of its branches" if adds else "its branches beside each other"
    if not is_built_in(step.layer):
        return "a layer of your own: what is listed is the slope for each value it depends on"
    return first_sentence(step.layer)


def first_sentence(layer: Module) -> str:
    """What a class says of itself first, without its sources.

    >>> from cnncli.layers import ReLU
    >>> first_sentence(ReLU())
    'The positive part of each element: y = max(x, 0)'
    """
    text = " ".join((inspect.getdoc(type(layer)) or "").split("\n\n")[0].split())
    text = re.sub(r" \([^()]*(?:18|19|20)\d\d[^()]*\)", "", text)
    return re.split(r"\.(?: |$)", text)[0].rstrip(".")


def _moved(values: FloatArray, place: Place) -> Made:
    value = float(values[(0, *place)])
    return Made("sum", [(place, value, 1.0, value)], value)


def _pads(layer: Module) -> bool:
    padding: Any = getattr(layer, "padding", 0)
    return bool(np.any(padding)) or bool(getattr(layer, "ceil_mode", False))
