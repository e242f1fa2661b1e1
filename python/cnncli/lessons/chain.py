"""The chain rule: a small change is multiplied by one factor after the other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from cnncli.criteria import SumSquares
from cnncli.layers import Linear, Tanh
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words, check_values, distinct, number
from cnncli.lessons.figures import Dots, Figure, Label, Line, Part, Point, Stack, held
from cnncli.network import Network

VALUES = (0.8, 1.5, -0.4, -1.0)  # w, x, b, t
_SHIFT = 1e-2
_REACH = 2.0  # of w in the figure, each way
_RATE, _WALK = 0.4, 16  # of the steps in the animation


@dataclass(frozen=True)
class Unit:
    """One weight w, one input x, a bias b and a target t: z = w x + b, o = tanh(z), E = 1/2 (o - t)²."""

    w: float
    x: float
    b: float
    t: float

    def network(self) -> Network:
        linear = Linear(1, 1)
        network = Network([linear, Tanh()], (1,))
        assert linear.bias is not None
        linear.weight[:], linear.bias[:] = self.w, self.b
        return network

    def forward(self) -> tuple[float, float, float]:
        """(z, o, E) by the layers and SumSquares."""
        z, o = self.network().activations([[self.x]])
        return float(z[0, 0]), float(o[0, 0]), float(SumSquares().forward(o, np.array([[self.t]], np.float32)))

    def gradients(self) -> tuple[float, float]:
        """(dE/dw, dE/db) by the backward passes."""
        network, criterion = self.network(), SumSquares()
        inputs, target = np.array([[self.x]], np.float32), np.array([[self.t]], np.float32)
        outputs = network.forward(inputs)
        criterion.forward(outputs, target)
        network.zero_grad_parameters()
        network.backward(inputs, criterion.backward(outputs, target))
        linear = network[0]
        assert isinstance(linear, Linear)
        return float(linear.grad_weight[0, 0]), float(np.ravel(linear.grad_bias)[0])  # type: ignore[arg-type]

    def factors(self) -> dict[str, float]:
        """The three links of dE/dw, from E down to w."""
        _, o, _ = self.forward()
        return {"dE/do": o - self.t, "do/dz": 1 - o * o, "dz/dw": self.x}

    def moved(self, shift: float) -> "Unit":
        return Unit(self.w + shift, self.x, self.b, self.t)


def lesson(asked: Asked) -> Lesson:
    unit = Unit(*check_values(asked.values, VALUES, range(4, 5), "w, x, b and t", 10))
    forward, factors, (by_w, by_b) = unit.forward(), unit.factors(), unit.gradients()
    higher, lower = unit.moved(_SHIFT).forward(), unit.moved(-_SHIFT).forward()
    difference = (higher[2] - lower[2]) / (2 * _SHIFT)
    return Lesson(
        name="chain",
        title="The chain rule: factors along a chain",
        blocks=_blocks(unit, forward, factors, (by_w, by_b), higher, difference),
        question=_question(unit, factors, by_w),
        go_on=[
            "cnn learn chain --values 3,1.5,-0.4,-1     # a flat tanh: a small factor",
            "cnn learn backprop                         # chains that share factors",
            "cnn step mlp --data digits --explain       # a chain of your own network",
        ],
        values={
            "values": [unit.w, unit.x, unit.b, unit.t], "forward": list(forward), "factors": factors, "gradient": by_w,
            "bias_gradient": by_b, "difference": difference,
        },
        script="chain",
        data={"values": [unit.w, unit.x, unit.b, unit.t], "reach": _REACH},
        frames=lambda: _moving(unit),
    )  # fmt: skip


def _blocks(
    unit: Unit, forward: tuple[float, float, float], factors: dict[str, float], gradients: tuple[float, float],
    higher: tuple[float, float, float], difference: float,
) -> list[Words | Numbers | Figure]:  # fmt: skip
    z, o, error = forward
    end, slope, x = factors.values()
    by_w, by_b = gradients
    links = [
        ["dE/do", "o - t", number(end), number(end)],
        ["do/dz", "1 - o²", number(slope), number(end * slope)],
        ["dz/dw", "x", number(x), number(end * slope * x)],
    ]
    moves = [
        [name, number(before, 5), number(after, 5), f"{after - before:+.6f}", said]
        for name, before, after, said in (
            ("w", unit.w, unit.w + _SHIFT, "d"), ("z", z, higher[0], "d x"), ("o", o, higher[1], "d x (1 - o²)"),
            ("E", error, higher[2], "d x (1 - o²) (o - t)"),
        )
    ]  # fmt: skip
    return [
        Words(
            f"One unit is a chain: z = w x + b, then o = tanh(z), then E = 1/2 (o - t)². With w = {unit.w:g}, x = "
            f"{unit.x:g}, b = {unit.b:g} and the target t = {unit.t:g} it gives z = {number(z)}, o = {number(o)} and "
            f"E = {number(error)}."
        ),
        _chain_figure(unit, forward, factors),
        Words(
            "By how much does E change if w grows a little? The change goes along the chain, and each link "
            "multiplies it by its own slope. So the gradient is a product: dE/dw = dE/do x do/dz x dz/dw. It is "
            "taken from the end, since what comes first, dE/do x do/dz, serves the bias as well: dz/db = 1, and "
            f"dE/db = {number(by_b)}."
        ),
        Numbers("the links, from E back to w", ["link", "is", "value", "product so far"], links),
        Numbers(f"the same seen forward: w grows by d = {_SHIFT:g}", ["", "before", "after", "change", "about"], moves),
        Words(
            f"By the layers' backward passes dE/dw = {number(by_w)}; by (E(w + d) - E(w - d)) / 2 d, which tries it, "
            f"{number(difference)}. It is the slope of E over w, where w stands:"
        ),
        _error_figure(unit, error, by_w),
    ]


def _moving(unit: Unit) -> list[Figure | Stack]:
    """The values go forward, the factors back, and w takes a step; then some more steps, all at once."""
    found: list[Figure | Stack] = []
    start, trail = unit, [unit.w]
    for step in range(_WALK):
        forward, factors, (by_w, _) = unit.forward(), unit.factors(), unit.gradients()
        stages = [(ahead, 0) for ahead in range(1, 5)] + [(4, back) for back in range(1, 4)] if step < 2 else [(4, 3)]
        for ahead, back in stages:
            curve = _error_figure(start, forward[2], by_w if back == 3 else None, unit, trail)
            below = f"step {step}, rate {_RATE:g}: w = {unit.w:.3f}, E = {forward[2]:.4f}"
            known = list(factors.values())[:back]
            product = " x ".join(f"{one:.3g}" for one in known) + f" = {math.prod(known):.3g}"
            above = (
                "forward: z = w x + b, o = tanh(z), E"
                if not back
                else f"backward: {product}" + (" = dE/dw" if back == 3 else "")
            )
            one = Stack([replace(_chain_figure(unit, forward, factors, ahead, back), title=above),
                         replace(curve, title=below)])  # fmt: skip
            found += held([one], 6 if step < 2 else 3)
        unit = unit.moved(-_RATE * by_w)
        trail = [*trail, unit.w]
    return found


def _chain_figure(
    unit: Unit, forward: tuple[float, float, float], factors: dict[str, float], ahead: int = 4, back: int = 3
) -> Figure:
    """w, z, o and E from left to right; above the values, below the factors on the way back.

    ahead, back : so many values and factors are there already
    """
    names = [("w", unit.w), ("z", forward[0]), ("o", forward[1]), ("E", forward[2])]
    parts: list[Part] = []
    for place, (name, value) in enumerate(names):
        parts.append(Dots([(float(place), 1.0)], "first" if place < ahead else "soft"))
        if place < ahead:
            parts.append(Label((place - 0.12, 1.2), f"{name} = {value:.3g}", "first"))
    for place, said in enumerate(("w x + b", "tanh", "1/2 (o - t)²")):
        parts += [_arrow(place, 1.0, 1, "soft"), Label((place + 0.2, 1.06), said, "soft")]
    for place, (name, value) in list(enumerate(reversed(factors.items())))[3 - back :]:
        parts += [_arrow(place, 0.62, -1, "second"), Label((place + 0.3, 0.68), name, "second"),
                  Label((place + 0.3, 0.42), f"{value:.3g}", "second")]  # fmt: skip
    return Figure("values forward, factors backward", (-0.2, 3.6), (0.2, 1.45), parts, bare=True)


def _arrow(place: int, height: float, way: int, kind: str) -> Line:
    """Between two names of the chain, to the right (way 1) or to the left (-1)."""
    start, end = (0.12, 0.88) if way > 0 else (0.88, 0.12)
    head = place + end - 0.07 * way
    tip = (place + end, height)
    return Line([(place + start, height), tip, (head, height + 0.04), tip, (head, height - 0.04)], kind)


@lru_cache(maxsize=2)
def _curve(unit: Unit) -> list[Point]:
    """E over w around the unit's own."""
    at = np.linspace(unit.w - _REACH, unit.w + _REACH, 81)
    return [(float(w), Unit(float(w), unit.x, unit.b, unit.t).forward()[2]) for w in at]


def _error_figure(
    unit: Unit, error: float, slope: float | None, now: Unit | None = None, trail: Sequence[float] = ()
) -> Figure:
    """E over w around the unit's own, and the tangent where w is `now`; slope None: without it; trail : where it was"""
    now = now or unit
    curve = _curve(unit)
    high = max(2.2, max(e for _, e in curve) * 1.05)
    parts: list[Part] = [Line(curve, "soft", "E")]
    if slope is not None:
        ends = [(now.w + step, error + slope * step) for step in (-0.8, 0.8)]
        parts.append(Line(ends, "second", "its slope at w"))
    if trail:
        parts.append(Dots([(w, Unit(w, unit.x, unit.b, unit.t).forward()[2]) for w in trail[:-1]], "first", "before"))
    parts.append(Dots([(now.w, error)], "second"))
    return Figure("E over w, and the slope at w", (unit.w - _REACH, unit.w + _REACH), (-0.1, high), parts, "w", "E")


def _question(unit: Unit, factors: dict[str, float], right: float) -> Question:
    end, slope, x = factors.values()
    choices = distinct([
        Choice(number(right), True, f"{number(end)} x {number(slope)} x {number(x)}: the three factors multiplied."),
        Choice(number(end * x), False, "That leaves out do/dz, the slope of tanh, as if o were z."),
        Choice(number(-right), False, "The sign of dE/do is turned: it is o - t, the output less the target."),
        Choice(number(end + slope + x), False, "That adds the factors; links of a chain multiply."),
        Choice(number(end * slope), False, "That is dE/dz, and so dE/db; for w the factor x is still missing."),
        Choice(number(end), False, "That is dE/do, the first factor alone."),
        Choice("there is none", False, "Each link has a slope, and so has the chain; with a factor of 0 it is 0."),
    ])  # fmt: skip
    return Question(f"What is dE/dw of this unit, with w = {unit.w:g} and x = {unit.x:g}?", choices)
