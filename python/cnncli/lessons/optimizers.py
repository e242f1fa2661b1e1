"""Optimizers as a race down three surfaces: a ravine, a saddle and Beale's."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from cnncli import optim
from cnncli.layers.parameter import Parameter
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words, check_rate, number
from cnncli.lessons.figures import Dots, Figure, Line, Point, Segments, Stack, contours
from cnncli.optim import Optimizer

STEPS = 120


@dataclass(frozen=True)
class Surface:
    """height, slope : of (x, y); start : where the race begins; lowest : its lowest point, None: it has none
    x, y : what is drawn; levels : heights of the contours
    """

    name: str
    formula: str
    height: Callable[[Any, Any], Any]
    slope: Callable[[float, float], Point]
    start: Point
    lowest: Point | None
    x: Point
    y: Point
    levels: Sequence[float]


def _beale(x: Any, y: Any) -> Any:
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def _beale_slope(x: float, y: float) -> Point:
    parts = [(c - x + x * y**power, power) for c, power in ((1.5, 1), (2.25, 2), (2.625, 3))]
    return (
        sum(2 * part * (y**power - 1) for part, power in parts),
        sum(2 * part * x * power * y ** (power - 1) for part, power in parts),
    )


SURFACES = (
    Surface("ravine", "f = x² / 20 + y²", lambda x, y: x * x / 20 + y * y, lambda x, y: (x / 10, 2 * y), (-7.0, 2.0),
            (0.0, 0.0), (-9.0, 4.0), (-3.2, 3.2), (0.1, 0.4, 1.0, 2.0, 3.5, 6.0, 9.0)),
    Surface("saddle", "f = x² - y²", lambda x, y: x * x - y * y, lambda x, y: (2 * x, -2 * y), (-1.5, 0.01), None,
            (-2.0, 2.0), (-2.0, 2.0), (-3.0, -2.0, -1.0, -0.3, 0.0, 0.3, 1.0, 2.0, 3.0)),
    Surface("Beale", "f = (1.5 - x + xy)² + (2.25 - x + xy²)² + (2.625 - x + xy³)²", _beale, _beale_slope, (1.0, 1.5),
            (3.0, 0.5), (-1.0, 4.5), (-1.5, 2.5), (0.1, 0.5, 1.5, 4.0, 10.0, 25.0, 60.0)),
)  # fmt: skip

RACERS: dict[str, Callable[[float], Optimizer]] = {
    "SGD": lambda rate: optim.SGD(rate),
    "momentum": lambda rate: optim.SGD(rate, momentum=0.9),
    "NAG": lambda rate: optim.SGD(rate, momentum=0.9, nesterov=True),
    "Adagrad": lambda rate: optim.Adagrad(rate),
    "Adadelta": lambda rate: optim.Adadelta(rate),
    "RMSprop": lambda rate: optim.RMSprop(rate),
    "Adam": lambda rate: optim.Adam(rate),
}
# Rates at which each does well on a surface; the reader's --rate multiplies all.
RATES: dict[str, dict[str, float]] = {
    "ravine": {"SGD": 0.4, "momentum": 0.1, "NAG": 0.1, "Adagrad": 1.0, "Adadelta": 30, "RMSprop": 0.1, "Adam": 0.4},
    "saddle": {
        "SGD": 0.02,
        "momentum": 0.02,
        "NAG": 0.02,
        "Adagrad": 0.1,
        "Adadelta": 3,
        "RMSprop": 0.02,
        "Adam": 0.05,
    },
    "Beale": {
        "SGD": 0.01,
        "momentum": 0.002,
        "NAG": 0.002,
        "Adagrad": 0.5,
        "Adadelta": 30,
        "RMSprop": 0.05,
        "Adam": 0.2,
    },
}
KINDS = {
    "SGD": "first", "momentum": "second", "NAG": "fourth", "Adagrad": "fifth", "Adadelta": "own", "RMSprop": "sixth",
    "Adam": "third",
}  # fmt: skip
_FAR = 3.0  # times what is drawn


def race(surface: Surface, name: str, factor: float, steps: int = STEPS) -> list[Point]:
    """Where an optimizer is before each step and after the last; it stops far out of the picture."""
    value, gradient = np.array(surface.start, np.float32), np.zeros(2, np.float32)
    parameter, optimizer = Parameter("point", value, gradient, False), RACERS[name](RATES[surface.name][name] * factor)
    path = [surface.start]
    for _ in range(steps):
        gradient[...] = surface.slope(float(value[0]), float(value[1]))
        optimizer.step([parameter])
        if any(
            abs(at) > _FAR * max(map(abs, side))
            for at, side in zip(value.tolist(), (surface.x, surface.y), strict=True)
        ):
            break
        path.append((float(value[0]), float(value[1])))
    return path


def lesson(asked: Asked) -> Lesson:
    factor = check_rate(asked.rate, 1.0)
    paths = {one.name: {name: race(one, name, factor) for name in RACERS} for one in SURFACES}
    blocks: list[Words | Numbers | Figure] = [
        Words(
            "Momentum keeps a velocity, v = gamma v + rate g, w := w - v, which gathers speed along a ravine and "
            "cancels across it; NAG takes the gradient where the velocity is about to lead. Adagrad divides by the "
            "root of the sum of all squared gradients, RMSprop by that of their running mean, Adadelta has the "
            "units right besides, and Adam joins RMSprop with momentum and corrects both means for their start at 0."
        ),
        Words(
            "Writings differ: the velocity may hold the rate, as here, or not, as in PyTorch and cnn; at one rate both "
            "walk the same way. Torch7's optim.sgd takes (1 - gamma) g into the velocity where nothing is said, so "
            "that its steps come to a tenth of these at gamma = 0.9; in cnn that is dampening=0.9."
        ),
        Words(
            f"All race from one start by the library's own optimizers, each at a rate that suits it, {STEPS} steps. "
            "'left' says that one is far outside of the picture: it has found its way off the saddle, or it "
            "diverges."
        ),
    ]
    for surface in SURFACES:
        blocks.append(_figure(surface, paths[surface.name], STEPS))
        rows = [
            [
                name,
                f"{RATES[surface.name][name] * factor:g}",
                *(_height(surface, path, step) for step in (10, 30, 60, STEPS)),
            ]
            for name, path in paths[surface.name].items()
        ]
        heads = ["", "rate", "10 steps", "30", "60", str(STEPS)]
        blocks.append(Numbers(f"{surface.name}, the height {surface.formula}", heads, rows))
    data = {
        "surfaces": [
            {"name": one.name, "x": one.x, "y": one.y, "lowest": one.lowest,
             "contours": [[*a, *b] for a, b in _lines(one)],
             "paths": {name: [[round(x, 4), round(y, 4)] for x, y in path] for name, path in paths[one.name].items()}}
            for one in SURFACES
        ],
        "steps": STEPS,
    }  # fmt: skip
    return Lesson(
        name="optimizers",
        title="Optimizers: a race down a ravine, off a saddle, into Beale's valley",
        blocks=blocks,
        question=_question(paths["ravine"]),
        go_on=[
            "cnn learn optimizers --rate 2              # all rates twice as large",
            "cnn learn race                             # the same seven on images",
            "cnn train --arch lenet5 --data digits --optim adam --epochs 2",
            "cnn runs A B                               # two trainings beside each other",
        ],
        values={
            "paths": {
                name: {one: list(map(list, path)) for one, path in found.items()} for name, found in paths.items()
            }
        },
        script="optimizers",
        data=data,
        frames=lambda: [
            Stack([_figure(one, paths[one.name], step, list(KINDS)) for one in SURFACES[1:]])
            for step in range(0, STEPS + 1, 2)
        ],
    )


def _height(surface: Surface, path: Sequence[Point], step: int) -> str:
    return "left" if step >= len(path) else number(float(surface.height(*path[step])))


@lru_cache
def _lines(surface: Surface) -> list[tuple[Point, Point]]:
    found = contours(surface.height, surface.x, surface.y, surface.levels)
    return [((round(a[0], 3), round(a[1], 3)), (round(b[0], 3), round(b[1], 3))) for a, b in found]


def _figure(
    surface: Surface, paths: dict[str, list[Point]], step: int, names: Sequence[str] = ("SGD", "momentum", "Adam")
) -> Figure:
    """Where each is after so many steps. names : those that are drawn; three can be told apart in a terminal, too"""
    parts: list[Segments | Line | Dots] = [Segments(_lines(surface), "soft")]
    for name in names:
        kind = KINDS[name]
        walked = [point for point in paths[name][: step + 1] if all(map(math.isfinite, point))]
        parts += [Line(walked, kind, name), Dots(walked[-1:], kind)]
    if surface.lowest is not None:
        parts.append(Dots([surface.lowest], "mark", "the lowest point"))
    return Figure(f"{surface.name}, {step} steps", surface.x, surface.y, parts, "x", "y")


def _question(paths: dict[str, list[Point]]) -> Question:
    """Which of four is lowest in the ravine after 30 steps."""
    surface = SURFACES[0]
    asked = ("SGD", "momentum", "Adagrad", "Adam")
    heights = {name: float(surface.height(*paths[name][min(30, len(paths[name]) - 1)])) for name in asked}
    best = min(heights, key=heights.__getitem__)
    lowest = number(heights[best])
    told = {
        "SGD": "One rate for both directions has to be small enough for the steep one, and is too small along the "
        "ravine.",
        "momentum": "Velocity gathers along the ravine, but it also overshoots and swings back.",
        "Adagrad": "Its steps are alike in both directions, but shrink with the sum of all squared gradients.",
        "Adam": "Its steps have about the size of the rate in each direction, whatever the slope.",
    }
    return Question(
        "Which of these is lowest in the ravine after 30 steps?",
        [Choice(name, name == best, f"{told[name]} It is at {number(heights[name])}; {best} at {lowest}.")
         for name in asked],
    )  # fmt: skip
