"""Batch, stochastic and mini-batch descent on one loss surface."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.array_types import DoubleArray
from cnncli.lessons import line_fit
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words, check_rate, distinct, number
from cnncli.lessons.figures import Dots, Figure, Line, Part, Point, spread

EPOCHS = 8
_SHOWN = (1, 2, 4, EPOCHS)
_MOST = 60  # points: each step's loss is that of all
_FRAMES = 60
Order = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Way:
    """size : points of a step; path : (w0, w1) before each step and after the last; losses : E of all points there"""

    size: int
    path: list[Point]
    losses: list[float]

    def after(self, epochs: float, count: int) -> int:
        """The step at which so many epochs are over."""
        return int(epochs * -(-count // self.size))


def batches(orders: Sequence[Order], size: int) -> list[Order]:
    """The points of each step: every epoch's order, cut into pieces of this size; the last one may be smaller."""
    return [order[start : start + size] for order in orders for start in range(0, len(order), size)]


def lesson(asked: Asked) -> Lesson:
    x, y, names = line_fit.points(asked)
    if len(x) > _MOST:
        some = np.linspace(0, len(x) - 1, _MOST).astype(int)
        x, y = x[some], y[some]
    count = len(x)
    rate = check_rate(asked.rate, round(0.9 / float(2 * (1 + x**2).max()), 3))
    rng = np.random.default_rng(asked.seed + 100)
    orders = [rng.permutation(count) for _ in range(EPOCHS)]
    few = max(2, min(4, count // 2))
    ways = {
        name: Way(size, *line_fit.walk(x, y, rate, batches(orders, size)))
        for name, size in (("batch", count), ("stochastic", 1), ("mini-batch", few))
    }
    summed = Way(count, *line_fit.walk(x, y, rate * count, batches(orders, count)))
    best, least = line_fit.least_squares(x, y)
    figure = _surface(x, y, ways, EPOCHS)
    values = {
        "points": np.stack([x, y], axis=1).tolist(), "rate": rate, "orders": [one.tolist() for one in orders],
        "sizes": {name: way.size for name, way in ways.items()},
        "paths": {name: [list(point) for point in way.path] for name, way in ways.items()},
        "losses": {name: way.losses for name, way in ways.items()}, "summed": summed.losses,
        "best": list(best), "least": least,
    }  # fmt: skip
    return Lesson(
        name="loops",
        title="Batch, stochastic and mini-batch descent",
        blocks=_blocks(ways, summed, rate, count, least, figure, names),
        question=_question(rate, count, ways["mini-batch"]),
        go_on=[
            "cnn learn loops --rate 0.02",
            "cnn train --arch linear --data digits --images 500 --batch-size 1 --epochs 1",
            "cnn learn optimizers",
        ],
        values=values,
        script="loops",
        data=values | {"size": few, "contours": line_fit.contour_numbers(figure)},
        frames=lambda: [_surface(x, y, ways, EPOCHS * share / _FRAMES) for share in range(_FRAMES + 1)],
    )  # fmt: skip


def _blocks(
    ways: dict[str, Way], summed: Way, rate: float, count: int, least: float, figure: Figure, names: tuple[str, str]
) -> list[Words | Numbers | Figure]:
    told = [(name, f"{rate:g}", way) for name, way in ways.items()]
    rows = [
        [name, str(way.size), shown, str(-(-count // way.size)),
         *(number(way.losses[way.after(epochs, count)]) for epochs in _SHOWN)]
        for name, shown, way in [*told, ("sum of all", f"{rate:g}", summed)]
    ]  # fmt: skip
    stochastic = ways["stochastic"]
    tail = stochastic.losses[-count:]
    return [
        Words(
            f"{count} points ({names[0]}; {names[1]}) and a line y = w0 + w1 x, as in cnn learn regression. Each "
            "loop makes the same step, w := w - rate dE/dw, from (0, 0) and with the same rate. What differs is how "
            "many points the gradient of a step is the mean of: all (batch), one (stochastic), or "
            f"{ways['mini-batch'].size} (mini-batch). An epoch has seen each point once."
        ),
        figure,
        Words(
            "Batch descent knows the whole surface: it goes straight down, one step an epoch. Stochastic descent "
            f"takes {count} steps in the same time, each towards the lowest place of one point's error: quick, but "
            f"it wavers. At the end it does not come to rest: in its last epoch E goes from {number(min(tail))} to "
            f"{number(max(tail))} and back; the lowest point has {number(least)}. Mini-batches waver less and are "
            "what networks are trained with: the processor works on the points of one step at the same time."
        ),
        _losses(ways, count),
        Numbers("steps of an epoch, and E of all points after so many epochs",
                ["", "points", "rate", "steps", *map(str, _SHOWN)], rows),
        Words(
            f"A sum instead of a mean makes the gradient {count} times as long, and so the step: it is the rate "
            f"{rate:g} x {count} = {rate * count:g} in disguise, as the last row shows. The lecture's loop over a "
            "batch adds gradients up; then the rate has to be divided by the number of points."
        ),
    ]  # fmt: skip


def _surface(x: DoubleArray, y: DoubleArray, ways: dict[str, Way], epochs: float) -> Figure:
    parts: list[Part] = []
    for kind, name in (("first", "stochastic"), ("second", "mini-batch"), ("third", "batch")):
        way = ways[name]
        walked = line_fit.near(way.path[: way.after(epochs, len(x)) + 1])
        parts += [Line(walked, kind, name), Dots(walked[-1:], kind)]
    title = f"{epochs:.3g} epochs on one surface, from (0, 0)"
    return line_fit.surface(x, y, [way.path for way in ways.values()], title, parts)


def _losses(ways: dict[str, Way], count: int) -> Figure:
    """E over the epochs, a point each step."""
    lines: list[Any] = []
    high = ways["batch"].losses[0] * 1.1
    for kind, name in (("first", "stochastic"), ("second", "mini-batch"), ("third", "batch")):
        way = ways[name]
        steps = -(-count // way.size)
        lines.append(Line([(step / steps, min(loss, 1e6)) for step, loss in enumerate(way.losses) if loss == loss],
                          kind, name))  # fmt: skip
    return Figure("E of all points, step by step", (0.0, float(EPOCHS)), spread([0.0, high], 0.04), lines, "epoch", "E")


def _question(rate: float, count: int, way: Way) -> Question:
    right, steps = rate / count, -(-count // way.size)
    return Question(
        f"A loop adds up the gradients of all {count} points instead of taking their mean. With which rate does it "
        f"make the same steps as the mean with the rate {rate:g}?",
        distinct([
            Choice(number(right), True, f"The sum is {count} times the mean: {rate:g} / {count} = {number(right)}."),
            Choice(number(rate), False, f"That makes steps {count} times as long, and may diverge."),
            Choice(number(rate * count), False, "That is the wrong way round: it makes long steps longer still."),
            Choice(number(rate / steps), False,
                   f"{steps} is the number of mini-batches of {way.size}; what counts is how many points are added "
                   "up."),
        ]),
    )  # fmt: skip
