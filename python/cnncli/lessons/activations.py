"""Activations and their derivatives."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cnncli.array_types import DoubleArray
from cnncli.layers import Module, PReLU, ScaledTanh, Sigmoid, Tanh
from cnncli.layers.kinked_activations import LeakyReLU, ReLU, Step
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words, check_values, distinct, number
from cnncli.lessons.figures import Dots, Figure, Line, Part, Stack

_REACH = (-4.0, 4.0)
_VALUES = (-2.0, 0.5)
_LEAK, _LEARNED = 0.1, 0.25
_PLACES = 49  # of the animation


@dataclass(frozen=True)
class Function:
    """An activation: its layer, its formulas, and its colour where it is drawn."""

    layer: Module
    formula: str
    slope: str
    kind: str = ""


def functions() -> dict[str, Function]:
    """The seven of the lecture."""
    return {
        "step": Function(Step(), "1 where a >= 0, else 0", "0"),
        "sigmoid": Function(Sigmoid(), "1 / (1 + exp(-a))", "f (1 - f)", "first"),
        "tanh": Function(Tanh(), "tanh(a)", "1 - f²", "second"),
        "scaled tanh": Function(ScaledTanh(), "1.7159 tanh(2 a / 3)", "1.1439 (1 - tanh(2 a / 3)²)"),
        "ReLU": Function(ReLU(), "a where a > 0, else 0", "1 or 0", "third"),
        "leaky ReLU": Function(LeakyReLU(_LEAK), f"a where a > 0, else {_LEAK:g} a", f"1 or {_LEAK:g}"),
        "PReLU": Function(PReLU(1, _LEARNED), "a where a > 0, else s a", "1 or s"),
    }


def value_and_slope(layer: Module, at: Sequence[float] | DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """f and f' of each number, by the layer's two passes."""
    column = np.asarray(at, np.float32)[:, None]
    outputs = layer.forward(column)
    slopes = layer.backward(column, np.ones_like(column))
    return np.asarray(outputs[:, 0], np.float64), np.asarray(slopes[:, 0], np.float64)


def lesson(asked: Asked) -> Lesson:
    at = check_values(asked.values, _VALUES, range(1, 4), "one to three sums a", 20)
    known = functions()
    found = {name: value_and_slope(one.layer, at) for name, one in known.items()}
    steepest = {name: float(value_and_slope(one.layer, np.linspace(*_REACH, 801))[1].max())
                for name, one in known.items()}  # fmt: skip
    prelu = known["PReLU"].layer
    assert isinstance(prelu, PReLU)
    return Lesson(
        name="activations",
        title="Activations: f, and its derivative f'",
        blocks=_blocks(at, known, found, steepest),
        question=_question(at[0], *(float(one[0]) for one in found["sigmoid"])),
        go_on=[
            "cnn learn activations --values 3           # where a sigmoid is flat",
            "cnn check-layer ScaledTanh                 # f' beside finite differences",
            "cnn learn perceptron",
        ],
        values={
            "at": list(at), "steepest": steepest,
            "found": {name: {"f": f.tolist(), "slope": slope.tolist()} for name, (f, slope) in found.items()},
        },
        script="activations",
        data={"at": at[0], "leak": _LEAK, "slope": _LEARNED},
        frames=lambda: [_moving(known, float(a)) for a in np.linspace(*_REACH, _PLACES)],
    )  # fmt: skip


def _blocks(
    at: Sequence[float],
    known: dict[str, Function],
    found: dict[str, tuple[DoubleArray, DoubleArray]],
    steepest: dict[str, float],
) -> list[Words | Numbers | Figure]:
    heads = ["", *(head for a in at for head in (f"f({a:g})", f"f'({a:g})"))]
    rows = [[name, *(number(value) for pair in zip(*found[name], strict=True) for value in pair)] for name in known]
    sigmoid = steepest["sigmoid"]
    return [
        Words(
            "A unit adds up its weighted inputs to a sum a and gives f(a). Without f a network of many layers would "
            "be one matrix (cnn learn layer). Forward it takes f; backward each gradient is multiplied by f'(a), so "
            "that what can be learned depends on f'."
        ),
        Numbers("the activations of the lecture", ["", "f(a)", "f'(a)"],
                [[name, one.formula, one.slope] for name, one in known.items()]),
        _figure(at, known, found, 0, "three activations f"),
        _figure(at, known, found, 1, "and their derivatives f'"),
        Numbers("at your sums" if at != _VALUES else "at two sums, one below and one above 0", heads, rows),
        Words(
            "The step's derivative is 0, and at the jump there is none, so that no gradient passes: the perceptron "
            "has a rule of its own instead. "
            f"The sigmoid's is at most {sigmoid:g}, and near 0 where it is flat. Through ten sigmoids a gradient is "
            f"multiplied by at most {sigmoid:g}^10 = {number(sigmoid**10)}: it vanishes. tanh has up to "
            f"{steepest['tanh']:g} and gives both signs; LeCun's scaled tanh goes through (1, 1) and (-1, -1)."
        ),
        Words(
            "ReLU passes a gradient whole where a > 0, and none below (at 0 it has no derivative; layers take 0): a "
            "unit that is below 0 for every sample "
            f"learns no more. Leaky ReLU passes a little there ({_LEAK:g}), and PReLU learns how much: its slope s, "
            f"{_LEARNED:g} at the start, is a weight."
        ),
    ]  # fmt: skip


def _figure(
    at: Sequence[float],
    known: dict[str, Function],
    found: dict[str, tuple[DoubleArray, DoubleArray]],
    which: int,
    title: str,
) -> Figure:
    """f (which = 0) or f' (1) of those that have a colour, with dots at the reader's sums."""
    grid = np.linspace(*_REACH, 161)
    parts: list[Part] = []
    for name, one in known.items():
        if one.kind:
            curve = value_and_slope(one.layer, grid)[which]
            parts.append(Line(list(zip(grid.tolist(), curve.tolist(), strict=True)), one.kind, name))
    for name, one in known.items():
        if one.kind:
            points = zip(at, found[name][which].tolist(), strict=True)
            parts.append(Dots([point for point in points if abs(point[0]) <= _REACH[1]], one.kind))
    return Figure(title, _REACH, ((-2.0, 3.0), (-0.15, 1.3))[which], parts, "a", ("f", "f'")[which])


def _moving(known: dict[str, Function], a: float) -> Stack:
    """Points that go along f with their tangents, and along f' below."""
    shown = {name: one for name, one in known.items() if one.kind}
    found = {name: value_and_slope(one.layer, [a]) for name, one in shown.items()}
    told = [", ".join(f"{name} {float(both[which][0]):.2f}" for name, both in found.items()) for which in (0, 1)]
    above = _figure([a], shown, found, 0, f"f at a = {a:.2f}: {told[0]}")
    tangents: list[Part] = [
        Line([(a + step, float(f[0] + step * slope[0])) for step in (-0.8, 0.8)], "own", "tangents")
        for name, (f, slope) in found.items()
    ]
    below = _figure([a], shown, found, 1, f"f', the slope there: {told[1]}")
    return Stack([replace(above, parts=[*above.parts, *tangents]), below])


def _question(a: float, f: float, slope: float) -> Question:
    tanh = float(value_and_slope(Tanh(), [a])[1][0])
    choices = [
        Choice(number(slope), True, f"f = {number(f)} there, and f' = f (1 - f)."),
        Choice(number(f), False, "That is f itself, the height of the curve and not its slope."),
        Choice(number(1 - f), False, "That is one factor of f (1 - f); the other is f."),
        Choice(number(1 - f * f), False, "That is the rule of tanh, 1 - f², with the f of the sigmoid."),
        Choice(number(tanh), False, "That is the derivative of tanh, which is steeper at 0 and sooner flat."),
        Choice(number(float(a * (1 - a))), False, "The rule is for f, and this puts the sum a in its place."),
        Choice("1.0000" if math.copysign(1, a) > 0 else "0.0000", False, "That is the derivative of ReLU."),
    ]
    return Question(f"What is the derivative of the sigmoid at a = {a:g}?", distinct(choices))
