"""Gradient descent in one dimension: rates that are too small, right and too large."""

import math

import numpy as np

from cnncli.layers.parameter import Parameter
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words, check_rate, number
from cnncli.lessons.figures import Dots, Figure, Line, Point, held
from cnncli.optim import SGD

CURVATURE, LOWEST, START, STEPS = 2.0, 1.0, -3.0, 12


def loss(w: float) -> float:
    """E(w) = 1/2 c (w - 1)² with c = 2."""
    return 0.5 * CURVATURE * (w - LOWEST) ** 2


def walk(rate: float, steps: int = STEPS) -> list[float]:
    """w before each step and after the last, by the optimizer SGD."""
    weight = np.full(1, START, np.float32)
    parameter = Parameter("w", weight, np.zeros(1, np.float32), False)
    optimizer = SGD(rate)
    found = [START]
    for _ in range(steps):
        parameter.gradient[...] = CURVATURE * (weight - LOWEST)
        optimizer.step([parameter])
        found.append(float(weight[0]))
    return found


def lesson(asked: Asked) -> Lesson:
    own = check_rate(asked.rate, 0.5)
    border = 2 / CURVATURE
    rates = {
        "too small": 0.02 / CURVATURE,
        "your rate" if asked.rate is not None else "right": own,
        "too large": 1.05 * border,
    }
    walks = {name: walk(rate) for name, rate in rates.items()}
    rows = [[str(step), *(number(walks[name][step]) for name in rates)] for step in (0, 1, 2, 3, 4, 6, 8, STEPS)]
    blocks: list[Words | Numbers | Figure] = [
        Words(
            f"E(w) = 1/2 c (w - {LOWEST:g})² with the curvature c = {CURVATURE:g} is the simplest valley; its gradient "
            f"is c (w - {LOWEST:g}). Each step goes against it: w := w - rate dE/dw. So the distance from the lowest "
            "point is multiplied by 1 - rate c in every step."
        ),
        Words(
            f"With a rate between 0 and 1/c = {1 / CURVATURE:g} it shrinks from one side, at 1/c one step is enough, "
            f"between 1/c and 2/c = {border:g} it jumps from side to side and still shrinks, at 2/c it jumps for ever, "
            "and above that it grows without end: the training diverges."
        ),
        Numbers("w after each step", ["step", *(f"{name}: {rate:g}" for name, rate in rates.items())], rows),
        _figure(walks, rates),
    ]
    values = {"rates": list(rates.values()), "walks": list(walks.values()), "border": border}
    return Lesson(
        name="descent",
        title="Gradient descent: too small, right and too large a rate",
        blocks=blocks,
        question=_question(own),
        go_on=[
            "cnn learn descent --rate 0.9               # from side to side, and there",
            "cnn train --arch linear --data digits --epochs 1 --lr 2",
            "cnn learn optimizers",
        ],
        values=values,
        script="descent",
        data={"curvature": CURVATURE, "lowest": LOWEST, "start": START, "rate": own, "steps": STEPS},
        frames=lambda: held(
            [_figure({name: one[: step + 1] for name, one in walks.items()}, rates) for step in range(STEPS + 1)], 5
        ),
    )


def _figure(walks: dict[str, list[float]], rates: dict[str, float]) -> Figure:
    reach = (-4.5, 6.5)
    valley = [(float(w), loss(float(w))) for w in np.linspace(*reach, 111)]
    parts: list[Line | Dots] = [Line(valley, "soft", "E(w)")]
    for kind, (name, walked) in zip(("third", "first", "mark"), walks.items(), strict=True):
        points: list[Point] = [(w, loss(w)) for w in walked if math.isfinite(w) and abs(w) < 1e6]
        parts += [Line(points, kind, f"{name}: {rates[name]:g}"), Dots(points, kind)]
    return Figure("three walks down the same valley", reach, (-1.5, 32.0), parts, "w", "E")


def _question(rate: float) -> Question:
    factor = 1 - rate * CURVATURE
    after = LOWEST + factor * (START - LOWEST)
    wrong = LOWEST + (1 + rate * CURVATURE) * (START - LOWEST)
    half = START - rate * (START - LOWEST)
    choices = [Choice(number(after), True,
                      f"The gradient at {START:g} is {CURVATURE:g} x ({START:g} - {LOWEST:g}) = "
                      f"{CURVATURE * (START - LOWEST):g}, and "
                      f"{START:g} - {rate:g} x {CURVATURE * (START - LOWEST):g} = {number(after)}.")]  # fmt: skip
    for value, why in (
        (wrong, "That goes with the gradient, uphill; a step goes against it."),
        (half, "That forgets the factor c of the gradient c (w - 1)."),
        (START, "A step of 0 would need a gradient of 0, which is at the lowest point only."),
        (LOWEST, "That is the lowest point; one step reaches it with the rate 1/c alone."),
    ):
        if number(value) not in {choice.text for choice in choices}:
            choices.append(Choice(number(value), False, why))
    choices.sort(key=lambda choice: float(choice.text))
    return Question(f"With the rate {rate:g}: where is w after the first step from {START:g}?", choices)
