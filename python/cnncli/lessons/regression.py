"""Linear regression: a line through points, and the error of every line as a surface."""

from collections.abc import Sequence

import numpy as np

from cnncli.array_types import DoubleArray
from cnncli.lessons import line_fit
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words, check_rate, number
from cnncli.lessons.figures import Dots, Figure, Line, Part, Point, spread

_STEPS = 60
_SHOWN = (0, 1, 2, 5, 10, 30, 60)


def lesson(asked: Asked) -> Lesson:
    x, y, names = line_fit.points(asked)
    rate = check_rate(asked.rate, round(0.9 / line_fit.curvature(x), 4))
    path, losses = descent(x, y, rate)
    best, least = line_fit.least_squares(x, y)
    rows = [[str(step), *map(number, (*path[step], losses[step]))] for step in _SHOWN]
    rows.append(["least squares", number(best[0]), number(best[1]), number(least)])
    near = line_fit.near(path)
    way: list[Part] = [Line(near, "second", "descent"), Dots(near[:1], "second")]
    surface = line_fit.surface(x, y, [path], "the error surface from above, and the way down", way)
    blocks: list[Words | Numbers | Figure] = [
        Words(
            "A line y = w0 + w1 x has two numbers to choose. Its error is E(w) = 1/N sum (w0 + w1 x_n - y_n)², the "
            "mean of the squared distances of the points from the line. Each line is one point (w0, w1) of a "
            "surface whose height is E; that surface is a bowl with one lowest point."
        ),
        Words(
            "Gradient descent begins at (0, 0) and goes downhill: w := w - rate dE/dw, with dE/dw0 = 2/N sum e_n "
            "and dE/dw1 = 2/N sum e_n x_n, where e_n is the line minus the point."
        ),
        _data_figure(x, y, path, names),
        Numbers(f"descent with rate {rate:g}, and the lowest point", ["step", "w0", "w1", "E"], rows),
        surface,
    ]
    values = {
        "points": [[float(a), float(b)] for a, b in zip(x, y, strict=True)],
        "rate": rate,
        "path": [[float(a), float(b)] for a, b in path],
        "losses": losses,
        "best": list(best),
        "least": least,
        "end": list(path[-1]),
    }
    return Lesson(
        name="regression",
        title="Linear regression: a line through points",
        blocks=blocks,
        question=_question(x, y),
        go_on=[
            "cnn learn regression --rate 0.01           # a smaller rate: more steps",
            "cnn train --arch linear-regression --data examples/flats.csv",
            "cnn learn descent",
        ],
        values=values,
        script="regression",
        data=values | {"contours": line_fit.contour_numbers(surface)},
        frames=lambda: [_data_figure(x, y, path[: step + 1], names) for step in range(0, _STEPS + 1, 2)],
    )


def descent(x: DoubleArray, y: DoubleArray, rate: float, steps: int = _STEPS) -> tuple[list[Point], list[float]]:
    """(w0, w1) before each step of all points and after the last, and the error there."""
    return line_fit.walk(x, y, rate, [np.arange(len(x))] * steps)


def _data_figure(x: DoubleArray, y: DoubleArray, path: Sequence[Point], names: tuple[str, str]) -> Figure:
    low, high = spread(x.tolist())
    first, last = path[0], path[-1]
    lines = [
        Line([(at, first[0] + first[1] * at) for at in (low, high)], "soft", "step 0"),
        Line([(at, last[0] + last[1] * at) for at in (low, high)], "second", f"step {len(path) - 1}"),
    ]
    dots = Dots(list(zip(x.tolist(), y.tolist(), strict=True)), "first", "points")
    return Figure(
        "the points, and the line before and after", (low, high), spread([*y.tolist(), 0.0]), [*lines, dots], *names
    )


def _question(x: DoubleArray, y: DoubleArray) -> Question:
    """Which way w1 goes first."""
    slope = float(2 * np.mean(-y * x))
    rises = slope < 0
    way = "grows" if rises else "falls"
    facts = f"dE/dw1 = -2/N sum x_n y_n = {number(slope)}"
    why = f"{facts}; a step goes against the gradient, so w1 {way}."
    uphill = f"That goes with the gradient, uphill: {facts}."
    return Question(
        "From (w0, w1) = (0, 0): which way does the first step move w1, the slope of the line?",
        [
            Choice("up", rises, why if rises else uphill),
            Choice("down", not rises, uphill if rises else why),
            Choice("not at all, since the line goes through (0, 0)", False,
                   f"The line does, but the points do not lie on it: {facts} is not 0."),
        ],
    )  # fmt: skip
