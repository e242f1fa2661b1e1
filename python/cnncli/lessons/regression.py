"""Linear regression: a line through points, and the error of every line as a surface."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.criteria import MSELoss
from cnncli.data.tables.number_table import read_number_table, target_values
from cnncli.errors import UsageError
from cnncli.layers import Linear
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words, check_rate, number
from cnncli.lessons.figures import Dots, Figure, Line, Part, Point, Segments, contours, spread
from cnncli.network import Network
from cnncli.shown import printable

_STEPS = 60
_SHOWN = (0, 1, 2, 5, 10, 30, 60)
Floats = npt.NDArray[np.float64]


def lesson(asked: Asked) -> Lesson:
    x, y, names = _points(asked)
    rate = check_rate(asked.rate, round(0.9 / _curvature(x), 4))
    path, losses = descent(x, y, rate)
    design = np.stack([np.ones_like(x), x], axis=1)
    best = np.asarray(np.linalg.lstsq(design, y, rcond=None)[0], np.float64)
    least = float(np.mean((design @ best - y) ** 2))
    end = path[-1]
    rows = [[str(step), *(number(value) for value in (*path[step], losses[step]))] for step in _SHOWN]
    rows.append(["least squares", number(float(best[0])), number(float(best[1])), number(least)])
    surface = _surface(x, y, path, best, least)
    blocks: list[Words | Numbers | Figure] = [
        Words(
            "A line y = w0 + w1 x has two numbers to choose. Its error is E(w) = 1/N sum (w0 + w1 x_n - y_n)², the "
            "mean of the "
            "squared distances of the points from the line. Each line is one point (w0, w1) of a surface whose height "
            "is E; "
            "that surface is a bowl with one lowest point."
        ),
        Words(
            "Gradient descent begins at (0, 0) and goes downhill: w := w - rate dE/dw, with dE/dw0 = 2/N sum e_n and "
            "dE/dw1 = "
            "2/N sum e_n x_n, where e_n is the line minus the point."
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
        "best": best.tolist(),
        "least": least,
        "end": list(end),
    }
    lines = next(part for part in surface.parts if isinstance(part, Segments))
    data = {
        **values,
        "contours": [[round(one, 4) for point in pair for one in point] for pair in lines.pairs],
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
        data=data,
        frames=lambda: [_data_figure(x, y, path[: step + 1], names) for step in range(0, _STEPS + 1, 2)],
    )


def descent(x: Floats, y: Floats, rate: float, steps: int = _STEPS) -> tuple[list[Point], list[float]]:
    """(w0, w1) before each step and after the last, and the error there, by a `Linear` layer and `MSELoss`."""
    layer, criterion = Linear(1, 1), MSELoss()
    network = Network([layer], (1,))
    layer.weight[...] = 0
    assert layer.bias is not None
    layer.bias[...] = 0
    inputs, targets = x.astype(np.float32)[:, None], y.astype(np.float32)[:, None]
    path, losses = [], []
    for _ in range(steps + 1):
        outputs = network.forward(inputs)
        path.append((float(layer.bias[0]), float(layer.weight[0, 0])))
        losses.append(float(criterion.forward(outputs, targets)))
        network.zero_grad_parameters()
        network.backward(inputs, criterion.backward(outputs, targets))
        network.update_parameters(rate)
    return path, losses


def _points(asked: Asked) -> tuple[Floats, Floats, tuple[str, str]]:
    """The reader's two columns, brought to mean 0 and deviation 1, or points around a line."""
    if asked.data is not None:
        table = read_number_table(Path(asked.data))
        x, y = table.rows[:, 0], target_values(table)[:, 0]
        if len(x) < 2:
            raise UsageError(f"{printable(asked.data)}: has one row; use a table with two rows or more")
        names = table.names[0], table.targets[0]
        standard = [_standard(column, name, asked.data) for column, name in zip((x, y), names, strict=True)]
        return standard[0], standard[1], (f"{names[0]}, standardized", f"{names[1]}, standardized")
    rng = np.random.default_rng(asked.seed)
    x = np.round(rng.uniform(-2, 2, 14), 2)
    return x, np.round(1.5 * x - 0.5 + rng.normal(0, 0.6, 14), 2), ("x", "y")


def _standard(column: Floats, name: str, path: str) -> Floats:
    deviation = float(column.std())
    if not deviation > 0:
        raise UsageError(f"{printable(path)}: column {printable(name)} holds one value only; use a column that changes")
    standard: Floats = (column - column.mean()) / deviation
    return standard


def _curvature(x: Floats) -> float:
    """The largest eigenvalue of the matrix of second derivatives: a rate above 2 over it diverges."""
    design = np.stack([np.ones_like(x), x], axis=1)
    return float(np.linalg.eigvalsh(2 * design.T @ design / len(x))[-1])


def _data_figure(x: Floats, y: Floats, path: Sequence[Point], names: tuple[str, str]) -> Figure:
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


def _surface(x: Floats, y: Floats, path: Sequence[Point], best: Floats, least: float) -> Figure:
    def error(w0: Any, w1: Any) -> Floats:
        mean = (w0 + w1 * x.mean() - y.mean()) ** 2
        return np.asarray(mean + np.var(x) * w1**2 + np.var(y) - 2 * w1 * np.cov(x, y, bias=True)[0, 1])

    near = [point for point in path if all(map(math.isfinite, point)) and max(map(abs, point)) < 50]
    reach = [(float(best[0]), float(best[1])), (2 * float(best[0]), 2 * float(best[1])), *near]
    across, up = spread([one for one, _ in reach], 0.35), spread([two for _, two in reach], 0.35)
    corner = max(float(error(a, b)) for a in across for b in up)
    levels = [least + (corner - least) * share**2 for share in (0.08, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)]
    parts: list[Part] = [
        Segments(contours(error, across, up, levels), "soft", "lines of equal E"),
        Line(near, "second", "descent"),
        Dots(near[:1], "second"),
        Dots([(float(best[0]), float(best[1]))], "mark", "the lowest point"),
    ]
    return Figure("the error surface from above, and the way down", across, up, parts, "w0", "w1")


def _question(x: Floats, y: Floats) -> Question:
    """Which way w1 goes first."""
    slope = float(2 * np.mean(-y * x))
    rises = slope < 0
    way = "grows" if rises else "falls"
    facts = f"dE/dw1 = -2/N sum x_n y_n = {number(slope)}"
    why = f"{facts}; a step goes against the gradient, so w1 {way}."
    return Question(
        "From (w0, w1) = (0, 0): which way does the first step move w1, the slope of the line?",
        [
            Choice("up", rises, why),
            Choice("down", not rises, why),
            Choice("not at all, since the line goes through (0, 0)", False,
                   f"The line does, but the points do not lie on it: {facts} is not 0."),
        ],
    )  # fmt: skip
