"""A line through points, fitted step by step: what the lessons on regression and on batches share."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cnncli.array_types import DoubleArray
from cnncli.criteria import MSELoss
from cnncli.data.tables.number_table import read_number_table, target_values
from cnncli.errors import UsageError
from cnncli.layers import Linear
from cnncli.lessons.blocks import Asked
from cnncli.lessons.figures import Dots, Figure, Part, Point, Segments, contours, spread
from cnncli.network import Network
from cnncli.shown import printable

Points = tuple[DoubleArray, DoubleArray, tuple[str, str]]  # x, y, and what they are


def points(asked: Asked) -> Points:
    """The reader's first and last column, brought to mean 0 and deviation 1, or points around a line."""
    if asked.data is not None:
        table = read_number_table(Path(asked.data))
        x, y = table.rows[:, 0], target_values(table)[:, 0]
        if len(x) < 2:
            raise UsageError(f"{printable(asked.data)}: has one row; use a table with two rows or more")
        names = table.names[0], table.targets[0]
        first, last = (standard(column, name, asked.data) for column, name in zip((x, y), names, strict=True))
        return first, last, (f"{names[0]}, standardized", f"{names[1]}, standardized")
    rng = np.random.default_rng(asked.seed)
    x = np.round(rng.uniform(-2, 2, 14), 2)
    return x, np.round(1.5 * x - 0.5 + rng.normal(0, 0.6, 14), 2), ("x", "y")


def standard(column: DoubleArray, name: str, path: str) -> DoubleArray:
    """A column of a table with mean 0 and deviation 1; UsageError where it holds one value only."""
    deviation = float(column.std())
    if not deviation > 0:
        raise UsageError(f"{printable(path)}: column {printable(name)} holds one value only; use a column that changes")
    return np.asarray((column - column.mean()) / deviation)


def curvature(x: DoubleArray) -> float:
    """The largest eigenvalue of the matrix of second derivatives: a rate above 2 over it diverges."""
    design = np.stack([np.ones_like(x), x], axis=1)
    return float(np.linalg.eigvalsh(2 * design.T @ design / len(x))[-1])


def least_squares(x: DoubleArray, y: DoubleArray) -> tuple[Point, float]:
    """(w0, w1) of the lowest point, and E there."""
    design = np.stack([np.ones_like(x), x], axis=1)
    best = np.linalg.lstsq(design, y, rcond=None)[0]
    return (float(best[0]), float(best[1])), float(np.mean((design @ best - y) ** 2))


def walk(x: DoubleArray, y: DoubleArray, rate: float, batches: Iterable[Any]) -> tuple[list[Point], list[float]]:
    """(w0, w1) before each step and after the last, and E of all points there, by a `Linear` layer and `MSELoss`.

    batches : which points each step takes its mean gradient from
    """
    layer, criterion = Linear(1, 1), MSELoss()
    network = Network([layer], (1,))
    layer.weight[...] = 0
    assert layer.bias is not None
    layer.bias[...] = 0
    inputs, targets = x.astype(np.float32)[:, None], y.astype(np.float32)[:, None]
    path: list[Point] = [(0.0, 0.0)]
    losses = [float(criterion.forward(network.forward(inputs), targets))]
    with np.errstate(over="ignore", invalid="ignore"):  # a rate that is too large leads there
        for chosen in batches:
            some, wanted = inputs[chosen], targets[chosen]
            outputs = network.forward(some)
            network.zero_grad_parameters()
            network.backward(some, criterion.backward(outputs, wanted))
            network.update_parameters(rate)
            path.append((float(layer.bias[0]), float(layer.weight[0, 0])))
            losses.append(float(criterion.forward(network.forward(inputs), targets)))
    return path, losses


def surface(
    x: DoubleArray, y: DoubleArray, ways: Sequence[Sequence[Point]], title: str, parts: Sequence[Part]
) -> Figure:
    """E over w0 and w1 by lines of equal height, wide enough for all ways, with its lowest point and these parts."""
    best, least = least_squares(x, y)

    def error(w0: Any, w1: Any) -> DoubleArray:
        mean = (w0 + w1 * x.mean() - y.mean()) ** 2
        return np.asarray(mean + np.var(x) * w1**2 + np.var(y) - 2 * w1 * np.cov(x, y, bias=True)[0, 1])

    reach = [best, (2 * best[0], 2 * best[1]), *(point for way in ways for point in near(way))]
    across, up = spread([one for one, _ in reach], 0.35), spread([two for _, two in reach], 0.35)
    corner = max(float(error(a, b)) for a in across for b in up)
    levels = [least + (corner - least) * share**2 for share in (0.08, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)]
    lines = Segments(contours(error, across, up, levels, 48), "soft", "lines of equal E")
    return Figure(title, across, up, [lines, *parts, Dots([best], "mark", "the lowest point")], "w0", "w1")


def near(way: Sequence[Point]) -> list[Point]:
    """Those points of a way that a picture can hold: it may diverge."""
    return [point for point in way if all(map(math.isfinite, point)) and max(map(abs, point)) < 50]


def contour_numbers(figure: Figure) -> list[list[float]]:
    """The lines of equal height of such a figure, [[x, y, x, y], ...], as a page draws them."""
    lines = next(part for part in figure.parts if isinstance(part, Segments))
    return [[round(one, 4) for point in pair for one in point] for pair in lines.pairs]
