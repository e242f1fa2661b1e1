"""Linear classification: two classes by the sign of one sum behind tanh, several by the largest of several sums."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cnncli.array_types import DoubleArray
from cnncli.criteria import CrossEntropyLoss, MSELoss
from cnncli.data.tables.number_table import read_number_table, target_values
from cnncli.errors import UsageError
from cnncli.layers import Linear, Tanh
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words, check_rate, distinct, number
from cnncli.lessons.figures import Dots, Figure, Line, Part, Point, Segments, spread
from cnncli.lessons.line_fit import standard
from cnncli.lessons.perceptron import line_ends
from cnncli.network import Network
from cnncli.shown import printable

STEPS = 40
_SHOWN = (0, 1, 2, 5, 10, 20, STEPS)
_EACH = 12  # points of a class
_MOST = 200  # rows of a table that are taken


def lesson(asked: Asked) -> Lesson:
    points, labels, names = _two_classes(asked)
    rate = check_rate(asked.rate, 0.2)
    network, linear = _unit()
    path, losses = descend(points, labels, rate)
    w1, w2, b = path[-1]
    right = [int((np.sign(points @ [one, two] + three) == labels).sum()) for one, two, three in path]
    rows = [[str(step), *map(number, path[step]), number(losses[step]), str(right[step])]
            for step in _SHOWN]  # fmt: skip
    three = _three_classes(asked.seed)
    _put(network, linear, path[-1])
    shown = points[int(np.argmin(np.abs(np.abs(points @ [w1, w2] + b) - 1)))]
    output = float(network.forward(np.array([shown], np.float32))[0, 0])
    values = {
        "points": points.tolist(), "labels": labels.tolist(), "rate": rate, "path": [list(one) for one in path],
        "losses": losses, "right": right, "shown": shown.tolist(), "output": output, "three": three,
    }  # fmt: skip
    sides = spread(points[:, 0].tolist(), 0.15), spread(points[:, 1].tolist(), 0.15)
    data = _Data(points, labels, names, sides)
    return Lesson(
        name="classification",
        title="Linear classification, and tanh",
        blocks=_blocks(data, path, rows, rate, right, three),
        question=_question(shown, path[-1], output),
        go_on=[
            "cnn learn classification --rate 0.02       # a smaller rate",
            "cnn train --arch linear --data digits      # ten classes, 784 inputs",
            "cnn learn activations",
        ],
        values=values,
        script="classification",
        data={name: values[name] for name in ("points", "labels", "rate")} | {"names": names},
        frames=lambda: [_plane(data, one, f"step {step}: {right[step]} of {len(labels)} right")
                        for step, one in enumerate(path)],
    )  # fmt: skip


def _unit() -> tuple[Network, Linear]:
    linear = Linear(2, 1)
    return Network([linear, Tanh()], (2,)), linear


def _put(network: Network, linear: Linear, weights: Sequence[float]) -> None:
    assert linear.bias is not None
    linear.weight[0], linear.bias[:] = weights[:2], weights[2]


def descend(
    points: DoubleArray, labels: DoubleArray, rate: float
) -> tuple[list[tuple[float, float, float]], list[float]]:
    """(w1, w2, b) before each step on all points and after the last, and E there, from zeros."""
    network, linear = _unit()
    _put(network, linear, (0, 0, 0))
    criterion = MSELoss()
    inputs, targets = points.astype(np.float32), labels.astype(np.float32)[:, None]
    path, losses = [], []
    for _ in range(STEPS + 1):
        outputs = network.forward(inputs)
        assert linear.bias is not None
        path.append((float(linear.weight[0, 0]), float(linear.weight[0, 1]), float(linear.bias[0])))
        losses.append(float(criterion.forward(outputs, targets)))
        network.zero_grad_parameters()
        network.backward(inputs, criterion.backward(outputs, targets))
        network.update_parameters(rate)
    return path, losses


def _two_classes(asked: Asked) -> tuple[DoubleArray, DoubleArray, tuple[str, str, str, str]]:
    """Points (N, 2), labels -1 or +1, and (first input, second input, the class -1, the class +1)."""
    if asked.data is None:
        rng = np.random.default_rng(asked.seed)
        low, high = rng.normal((-1.0, -0.6), 0.8, (_EACH, 2)), rng.normal((1.0, 0.8), 0.8, (_EACH, 2))
        labels = np.repeat([-1.0, 1.0], _EACH)
        return np.round(np.concatenate([low, high]), 2), labels, ("x1", "x2", "class -1", "class +1")
    table = read_number_table(Path(asked.data))
    if len(table.names) < 2:
        raise UsageError(f"{printable(asked.data)}: has one input column; use a table with two and a class behind them")
    cells = [row[0] for row in table.cells][:_MOST]
    kinds = sorted(set(cells))
    target = table.targets[0]
    if len(kinds) == 2:
        labels = np.array([1.0 if one == kinds[1] else -1.0 for one in cells])
        classes = f"{target} {kinds[0]}", f"{target} {kinds[1]}"
    else:
        wanted = target_values(table)[:_MOST, 0]
        middle = float(np.median(wanted))
        labels = np.where(wanted > middle, 1.0, -1.0)
        classes = f"{target} up to {middle:g}", f"{target} above"
    if len(set(labels.tolist())) < 2:
        raise UsageError(f"{printable(asked.data)}: column {printable(target)} holds one class only; two are needed")
    columns = [standard(table.rows[:_MOST, at], table.names[at], asked.data) for at in (0, 1)]
    one, two, *_ = (printable(name) for name in table.names)
    return np.stack(columns, axis=1), labels, (one, two, printable(classes[0]), printable(classes[1]))


def _three_classes(seed: int) -> dict[str, Any]:
    """Three classes of points, and a layer of three sums that tells them apart."""
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2], 10)
    points = np.round(np.array([[0.0, 1.5], [1.5, -1.0], [-1.5, -1.0]])[labels] + rng.normal(0, 0.6, (30, 2)), 2)
    linear, criterion = Linear(2, 3), CrossEntropyLoss()
    network = Network([linear], (2,))
    assert linear.bias is not None
    linear.weight[:], linear.bias[:] = 0, 0
    inputs = points.astype(np.float32)
    for _ in range(50):
        outputs = network.forward(inputs)
        network.zero_grad_parameters()
        network.backward(inputs, criterion.backward(outputs, labels))
        network.update_parameters(0.5)
    answers = network.forward(inputs).argmax(axis=1)
    return {"points": points.tolist(), "labels": labels.tolist(), "weight": linear.weight.tolist(),
            "bias": linear.bias.tolist(), "right": int((answers == labels).sum())}  # fmt: skip


class _Data(NamedTuple):
    """points : (N, 2) and their labels, -1 or 1; names : of both columns, and of both classes; sides : from where to
    where the columns are drawn"""

    points: DoubleArray
    labels: DoubleArray
    names: tuple[str, str, str, str]
    sides: tuple[Point, Point]


def _blocks(
    data: _Data, path: Sequence[tuple[float, float, float]], rows: list[list[str]], rate: float, right: Sequence[int],
    three: dict[str, Any],
) -> list[Words | Numbers | Figure]:  # fmt: skip
    far = 3.0
    labels, names = data.labels, data.names
    tanh = float(Tanh().forward([[far]])[0, 0])
    return [
        Words(
            "Two classes get the labels -1 and +1. One unit adds up z = w1 x1 + w2 x2 + b, and tanh brings z "
            f"between -1 and +1: o = tanh(z). Its sign is the answer. The border, z = 0, is a line; {names[2]} is to "
            f"be on one side of it and {names[3]} on the other."
        ),
        _plane(data, path[-1], f"the border after {STEPS} steps, and o = -0.5 and 0.5"),
        Numbers(f"descent with rate {rate:g}, from zeros",
                ["step", "w1", "w2", "b", "E", f"right of {len(labels)}"], rows),
        Words(
            "E = 1/N sum (o_n - t_n)² as in regression, but with tanh in between. Without it a point far on its "
            f"right side would count as an error: z = {far:g} for t = 1 costs ({far:g} - 1)² = {(far - 1) ** 2:g}, "
            f"and pulls the border over. tanh({far:g}) = {number(tanh)} costs {number((tanh - 1) ** 2)}. Where "
            f"classes overlap no line gets all right: here it is {right[-1]} of {len(labels)}."
        ),
        Words(
            "Several classes get a sum each, z_k = w_k1 x1 + w_k2 x2 + b_k, and the largest is the answer. Between "
            f"two classes the border is again a line. Three classes of points, 50 steps: {three['right']} of 30 are "
            "right."
        ),
        _three_figure(three),
    ]


def _plane(data: _Data, weights: tuple[float, float, float], title: str) -> Figure:
    """The points, the border, and where the output is -0.5 and 0.5."""
    points, labels, names, sides = data
    w1, w2, b = weights
    edge = float(np.arctanh(0.5))
    wide = max(map(abs, (*sides[0], *sides[1])))
    parts: list[Part] = []
    for shift in (-edge, edge):
        ends = line_ends((w1, w2, b + shift), (-wide, wide))
        if ends:
            parts.append(Segments([(ends[0], ends[1])], "soft", "o = -0.5 and 0.5"))
    ends = line_ends(weights, (-wide, wide))
    if ends:
        parts.append(Line(ends, "third", "the border"))
    for label, kind, name in ((-1, "first", names[2]), (1, "second", names[3])):
        parts.append(Dots([(float(x), float(y)) for x, y in points[labels == label]], kind, name))
    return Figure(title, *sides, parts, names[0], names[1])


def _three_figure(three: dict[str, Any]) -> Figure:
    """The three classes with the borders between the largest sums."""
    weight, bias = np.array(three["weight"]), np.array(three["bias"])
    points, labels = np.array(three["points"]), np.array(three["labels"])
    reach = (-3.5, 3.5)
    parts: list[Part] = []
    for one, two, other in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
        difference, shift = weight[one] - weight[two], bias[one] - bias[two]
        ends = line_ends((float(difference[0]), float(difference[1]), float(shift)), reach)
        meets: list[tuple[Point, Point]] = []
        if ends:
            path = np.linspace(ends[0], ends[1], 400)
            lower = path @ weight[other] + bias[other] <= path @ weight[one] + bias[one]  # there the third does not win
            meets = [((float(a[0]), float(a[1])), (float(b[0]), float(b[1])))
                     for a, b, is_border in zip(path, path[1:], lower[1:], strict=False) if is_border]  # fmt: skip
        parts.append(Segments(meets, "mark", "borders"))
    for label, kind in enumerate(("first", "second", "third")):
        parts.append(Dots([(float(x), float(y)) for x, y in points[labels == label]], kind, f"class {label}"))
    return Figure("three classes: the largest of three sums", reach, reach, parts, "x1", "x2")


def _question(x: DoubleArray, weights: tuple[float, float, float], output: float) -> Question:
    w1, w2, b = weights
    z = float(w1 * x[0] + w2 * x[1] + b)
    side = "+1" if z > 0 else "-1"
    choices = distinct([
        Choice(number(output), True, f"z = {number(z)}, and tanh(z) = {number(output)}; its sign says class {side}."),
        Choice(number(z), False, "That is z, before tanh; it may lie outside of -1 to 1."),
        Choice(number(-output), False, "The sign is turned: that is the other side of the border."),
        Choice(number(float(np.sign(z))), False, "That is the answer, the sign; the output says how sure it is, too."),
        Choice(number(1 / (1 + float(np.exp(-z)))), False,
               "That is the sigmoid, from 0 to 1; labels -1 and 1 go with tanh."),
    ])  # fmt: skip
    return Question(
        f"The weights are w1 = {w1:.3f}, w2 = {w2:.3f}, b = {b:.3f}. What is the output o for the point ({x[0]:.3g}, "
        f"{x[1]:.3g})?",
        choices,
    )
