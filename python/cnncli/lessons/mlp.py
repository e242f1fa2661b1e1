"""The multilayer perceptron: a composition of functions, which learns what no line separates."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnncli.array_types import DoubleArray
from cnncli.criteria import MSELoss
from cnncli.errors import UsageError
from cnncli.layers import Linear, Tanh
from cnncli.lessons.blocks import (
    Asked,
    Choice,
    Lesson,
    Numbers,
    Question,
    Words,
    check_rate,
    check_values,
    distinct,
    number,
)
from cnncli.lessons.figures import Dots, Figure, Label, Line, Part, Point, Segments, contours
from cnncli.lessons.perceptron import INPUTS, TABLES, line_ends
from cnncli.network import Network

STEPS, EVERY = 600, 12
_REACH = (-0.6, 1.6)
_STUCK = 0.2  # E where two outputs are near 0 instead of -1 and 1 is about 0.5
_CUBE = (-1.25, 1.25)


class Small:
    """Two inputs, two hidden units, one output, tanh behind both layers; x is 0 or 1, wanted is -1 or +1."""

    def __init__(self, seed: int) -> None:
        self.first, self.second = Linear(2, 2), Linear(2, 1)
        self.network = Network([self.first, Tanh(), self.second, Tanh()], (2,))
        rng = np.random.default_rng(seed)
        for parameter in self.network.named_parameters():
            parameter.value[...] = np.round(rng.uniform(-1, 1, parameter.value.shape), 2)

    def learn(self, wanted: Sequence[int], rate: float) -> tuple[list[list[float]], list[float]]:
        """(all nine weights, the loss) before every twelfth step and after the last."""
        inputs = np.array(INPUTS, np.float32)
        targets = np.array(wanted, np.float32)[:, None] * 2 - 1
        criterion, weights, losses = MSELoss(), [], []
        for step in range(STEPS + 1):
            outputs = self.network.forward(inputs)
            loss = float(criterion.forward(outputs, targets))
            if step % EVERY == 0:
                weights.append(self.weights())
                losses.append(loss)
            self.network.zero_grad_parameters()
            self.network.backward(inputs, criterion.backward(outputs, targets))
            if step < STEPS:
                self.network.update_parameters(rate)
        return weights, losses

    def weights(self) -> list[float]:
        """W1 by rows, b1, W2, b2."""
        parts = [np.ravel(one.value) for one in self.network.named_parameters()]
        return [float(value) for value in np.concatenate(parts)]

    def put(self, weights: Sequence[float]) -> None:
        at = 0
        for one in self.network.named_parameters():
            one.value[...] = np.reshape(weights[at : at + one.value.size], one.value.shape)
            at += one.value.size

    def values(self, x: Any) -> list[DoubleArray]:
        """a, h, the last sum and o of each row."""
        return [np.asarray(one, np.float64) for one in self.network.activations(np.asarray(x, np.float32))]


def lesson(asked: Asked) -> Lesson:
    given = check_values(asked.values, TABLES["XOR"], range(4, 5), "the four wanted outputs of 00, 01, 10 and 11", 1)
    if any(value not in (0, 1) for value in given):
        raise UsageError("--values: the wanted outputs are 0 or 1; XOR is 0,1,1,0")
    wanted = tuple(int(value) for value in given)
    rate = check_rate(asked.rate, 0.3)
    small = Small(asked.seed)
    weights, losses = small.learn(wanted, rate)
    name = next((one for one, table in TABLES.items() if table == wanted), "your table")
    sums, hidden, last, outputs = small.values(INPUTS)
    values = {
        "wanted": list(wanted), "rate": rate, "weights": weights, "losses": losses, "hidden": hidden.tolist(),
        "outputs": outputs[:, 0].tolist(), "sums": sums.tolist(), "last": last[:, 0].tolist(),
    }  # fmt: skip
    return Lesson(
        name="mlp",
        title="The multilayer perceptron: a composition",
        blocks=_blocks(name, wanted, rate, small, values),
        question=_question(small),
        go_on=[
            "cnn learn mlp --seed 2                     # another start: it may get stuck",
            "cnn summary mlp                            # a larger one",
            "cnn learn backprop",
        ],
        values=values,
        script="mlp",
        data={"wanted": wanted, "inputs": INPUTS, "weights": weights, "losses": losses, "every": EVERY},
        frames=lambda: [_plane(small, one, wanted, f"{name} after {EVERY * index} steps: E = {number(losses[index])}")
                        for index, one in enumerate(weights)],
    )  # fmt: skip


def _blocks(
    name: str, wanted: Sequence[int], rate: float, small: Small, values: dict[str, Any]
) -> list[Words | Numbers | Figure]:
    rows = [
        [f"({x[0]}, {x[1]})", str(t), number(h[0], 3), number(h[1], 3), f"{o:+.3f}", str(int(o > 0))]
        for x, t, h, o in zip(INPUTS, wanted, values["hidden"], values["outputs"], strict=True)
    ]  # fmt: skip
    right = sum(row[1] == row[5] for row in rows)
    x, a, h, z, o = INPUTS[2], values["sums"][2], values["hidden"][2], values["last"][2], values["outputs"][2]
    chain = [
        ["x", "the input", f"({x[0]}, {x[1]})"],
        ["a = W1 x + b1", "first layer", f"({a[0]:.3f}, {a[1]:.3f})"],
        ["h = tanh(a)", "hidden units", f"({h[0]:.3f}, {h[1]:.3f})"],
        ["z = W2 h + b2", "second layer", f"{z:.3f}"],
        ["o = tanh(z)", "the output", f"{o:.3f}"],
    ]
    stuck = "" if values["losses"][-1] < _STUCK else "; but E is large: it got stuck, and another --seed helps"
    verdict = f"{right} of 4 are right{stuck}"
    return [
        Words(
            "A multilayer perceptron puts layers behind each other, each with an activation: o = f(W2 f(W1 x + b1) "
            "+ b2). That is a composition of functions, read from inside out. What is between input and output is "
            f"hidden. This one has two inputs, two hidden units and one output, {len(values['weights'][0])} weights "
            "and biases, and tanh as f."
        ),
        Words(
            f"It learned {name} by {STEPS} steps of gradient descent with the rate {rate:g}, for 0 with the target "
            f"-1 and for 1 with +1: E went from {number(values['losses'][0])} to {number(values['losses'][-1])}, and "
            f"{verdict}."
        ),
        _plane(small, values["weights"][-1], wanted, f"{name}: where the output is above 0, and below"),
        Numbers("one input on its way", ["", "what it is", "value"], chain),
        Words(
            "How can that be, if one line is too little for XOR? Each hidden unit is a line of its own. Both "
            "together move the four points to new places (h1, h2), and there one line is enough: the last unit "
            "draws it."
        ),
        _hidden(small, wanted),
        Numbers("the four inputs", ["x", "wanted", "h1", "h2", "o", "answer"], rows),
    ]


def _plane(small: Small, weights: Sequence[float], wanted: Sequence[int], title: str) -> Figure:
    """The output over the plane of the inputs by lines of equal output, with the four points."""
    small.put(weights)

    def output(x: Any, y: Any) -> DoubleArray:
        points = np.stack([np.ravel(x), np.ravel(y)], axis=1)
        return np.asarray(small.values(points)[3][:, 0].reshape(np.shape(x)))

    faint = contours(output, _REACH, _REACH, [-0.5, 0.5], 30)
    border = contours(output, _REACH, _REACH, [0.0])
    parts: list[Part] = [Segments(faint, "soft", "output -0.5 and 0.5"), Segments(border, "third", "output 0")]
    return Figure(title, _REACH, _REACH, [*parts, *points_of(INPUTS, wanted)], "x1", "x2")


def points_of(places: Sequence[Sequence[float]], wanted: Sequence[int]) -> list[Part]:
    """Dots for 0 and for 1, each with its number beside it."""
    parts: list[Part] = []
    for value, kind in ((0, "first"), (1, "second")):
        points = [(float(x), float(y)) for (x, y), one in zip(places, wanted, strict=True) if one == value]
        if points:
            parts.append(Dots(points, kind, f"wanted {value}"))
            parts += [Label((x + 0.04, y + 0.06), str(value), kind) for x, y in points]
    return parts


def _hidden(small: Small, wanted: Sequence[int]) -> Figure:
    """Where the hidden units put the four points, and the line of the last unit."""
    places = small.values(INPUTS)[1]
    w1, w2, b = small.weights()[6:]
    ends: list[Point] = line_ends((w1, w2, b), _CUBE)
    line: list[Part] = [Line(ends, "third", "output 0")] if ends else []
    return Figure("the same four points as the hidden units see them", _CUBE, _CUBE,
                  [*line, *points_of(places.tolist(), wanted)], "h1", "h2")  # fmt: skip


def _question(small: Small) -> Question:
    sums, hidden, last, outputs = (one[1] for one in small.values(INPUTS))
    w1, w2, b = small.weights()[6:]
    x = INPUTS[1]
    choices = distinct([
        Choice(number(float(outputs[0])), True,
               f"W2 h + b2 = {w1:.3f} x {hidden[0]:.3f} + {w2:.3f} x {hidden[1]:.3f} + {b:.3f} = {last[0]:.4f}, and "
               f"its tanh is {number(float(outputs[0]))}."),
        Choice(number(float(last[0])), False, "That is the last sum; the output layer has a tanh as well."),
        Choice(number(float(np.tanh(w1 * x[0] + w2 * x[1] + b))), False,
               "That puts x into the last layer; it sees the hidden units alone."),
        Choice(number(float(np.tanh(w1 * sums[0] + w2 * sums[1] + b))), False,
               "That forgets the tanh between the layers; without it both are one layer."),
        Choice(number(float(hidden[0] + hidden[1])), False, "That adds the hidden units without their weights."),
    ])  # fmt: skip
    return Question(
        f"For x = ({x[0]}, {x[1]}) the hidden units are h = ({hidden[0]:.3f}, {hidden[1]:.3f}), and the last layer "
        f"has W2 = ({w1:.3f}, {w2:.3f}) and b2 = {b:.3f}. What is the output?",
        choices,
    )
