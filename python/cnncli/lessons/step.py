"""One training step in six lines, each of which is run and looked at."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cnncli.array_types import DoubleArray
from cnncli.criteria import NLLLoss
from cnncli.layers import Linear, LogSoftmax, Tanh
from cnncli.lessons.blocks import Asked, Choice, Code, Lesson, Numbers, Question, Words, check_rate, distinct, number
from cnncli.lessons.figures import Dots, Figure, Line, Part, Segments, Stack, contours, held, spread
from cnncli.network import Network
from cnncli.shown import plural

LINES = (
    "outputs = network.forward(inputs)",
    "loss = criterion.forward(outputs, targets)",
    "slopes = criterion.backward(outputs, targets)",
    "network.zero_grad_parameters()",
    "network.backward(inputs, slopes)",
    "network.update_parameters(rate)",
)
_STEPS = 60
_SAMPLES, _FLIPPED = 12, 3
_RATES = 60


class Training:
    """A small network, a batch, and the six lines as they stand in the lesson.

    names : what the lines know
    """

    def __init__(self, seed: int, rate: float) -> None:
        rng = np.random.default_rng(seed + 2)
        inputs = np.round(rng.normal(0, 1.5, (_SAMPLES, 2)), 2).astype(np.float32)
        targets = (inputs[:, 0] + inputs[:, 1] ** 2 / 1.5 > 0.6).astype(np.int64)
        targets[rng.permutation(_SAMPLES)[:_FLIPPED]] ^= 1  # as samples are: some contradict the rule
        network = Network([Linear(2, 3), Tanh(), Linear(3, 2), LogSoftmax()], (2,))
        for parameter in network.named_parameters():
            parameter.value[...] = np.round(rng.normal(0, 0.6, parameter.value.shape), 2)
        self.names: dict[str, Any] = {
            "network": network, "criterion": NLLLoss(), "inputs": inputs, "targets": targets, "rate": rate,
        }  # fmt: skip
        network.zero_grad_parameters()

    def run(self, lines: Sequence[str] = LINES) -> float:
        """One step: the lines run one by one; the loss that the second found."""
        for line in lines:
            exec(line, self.names)  # these are constants of this file
        return float(self.names["loss"])

    def vector(self, what: str) -> DoubleArray:
        """All weights ("value") or all gradients ("gradient") behind each other."""
        parts = [np.ravel(getattr(one, what)) for one in self.names["network"].named_parameters()]
        return np.concatenate(parts).astype(np.float64)

    def put(self, weights: DoubleArray) -> None:
        at = 0
        for one in self.names["network"].named_parameters():
            one.value[...] = weights[at : at + one.value.size].reshape(one.value.shape)
            at += one.value.size

    def loss_at(self, weights: DoubleArray) -> float:
        """The loss with other weights; those that there are come back."""
        kept = self.vector("value")
        self.put(weights)
        exec(LINES[0], self.names)
        exec(LINES[1], self.names)
        self.put(kept)
        return float(self.names["loss"])


def losses(seed: int, rate: float, lines: Sequence[str] = LINES, steps: int = _STEPS) -> list[float]:
    """The loss before each step and after the last."""
    training = Training(seed, rate)
    return [training.run(lines) for _ in range(steps + 1)]


def lesson(asked: Asked) -> Lesson:
    rate = check_rate(asked.rate, 1.0)
    training = Training(asked.seed, rate)
    weights = training.vector("value")
    found = training.run()
    gradient, moved = training.vector("gradient"), training.vector("value")
    after = training.loss_at(moved)
    rows = _rows(training, found, gradient, np.linalg.norm(moved - weights))
    reach = max(8.0, 1.25 * rate)
    curve = [(float(one), training.loss_at(weights - one * gradient)) for one in np.linspace(0, reach, _RATES + 1)]
    walks = {
        "six lines": losses(asked.seed, rate),
        "without line 4": losses(asked.seed, rate, [*LINES[:3], *LINES[4:]]),
    }
    piled = Training(asked.seed, rate)
    piled.run()
    piled.run([*LINES[:3], *LINES[4:]])
    values = {
        "rate": rate, "before": found, "after": after, "norm": float(np.linalg.norm(gradient)), "walks": walks,
        "curve": curve, "piled": float(np.linalg.norm(piled.vector("gradient"))),
        "gradient": gradient.tolist(), "weights": weights.tolist(), "inputs": training.names["inputs"].tolist(),
        "targets": training.names["targets"].tolist(),
    }  # fmt: skip
    return Lesson(
        name="step",
        title="One training step in six lines",
        blocks=_blocks(rows, found, after, curve, walks, rate),
        question=_question(asked.seed, rate, values["piled"]),
        go_on=[
            "cnn learn step --rate 7                    # a step that is too long",
            "cnn step mlp --data digits                 # a step of a network of yours",
            "cnn learn loops",
        ],
        values=values,
        script="step",
        data={name: values[name] for name in ("rate", "weights", "inputs", "targets")},
        frames=lambda: _moving(asked.seed, rate, walks),
    )


def _rows(training: Training, loss: float, gradient: DoubleArray, moved: Any) -> list[list[str]]:
    slopes, outputs = training.names["slopes"], training.names["outputs"]
    return [
        ["1", "forward: x to o", f"{outputs.shape[0]} x {outputs.shape[1]} outputs, log-probabilities"],
        ["2", "how wrong they are", f"E = {number(loss)}"],
        ["3", "dE/do", f"{slopes.shape[0]} x {slopes.shape[1]} slopes, length {number(float(np.linalg.norm(slopes)))}"],
        ["4", "old gradients to 0", "else new ones are added to them"],
        [
            "5",
            "backward: dE/do to dE/dw",
            f"{gradient.size} gradients, length {number(float(np.linalg.norm(gradient)))}",
        ],
        ["6", "w := w - rate dE/dw", f"the weights move by {number(float(moved))}"],
    ]


def _blocks(
    rows: list[list[str]], before: float, after: float, curve: list[tuple[float, float]], walks: dict[str, list[float]],
    rate: float,
) -> list[Words | Numbers | Figure | Code]:  # fmt: skip
    piled = walks["without line 4"]
    return [
        Words(
            f"{_SAMPLES} samples of two classes, a network of two inputs, three hidden units and two outputs: this "
            "is one step on them. All of training is these six lines again and again, each time with other samples."
        ),
        Code(LINES),
        Numbers(f"what each line did, with the rate {rate:g}", ["line", "does", "here"], rows),
        Words(
            f"The step took E from {number(before)} to {number(after)}. Along the gradient it looks like this: a "
            "short step goes down by little, a longer one further, one that is too long goes past the valley."
        ),
        _curve(curve, rate, after),
        Words(
            "Line 4 is what is forgotten most. Gradients are added to what is there, so that a batch may be cut "
            "into parts; without line 4 each step goes along the sum of all gradients so far. It gathers speed and "
            f"may run past the valley and swing. After {_STEPS} steps E is {number(walks['six lines'][-1])} with all "
            f"six lines and {number(piled[-1])} without the fourth, and in the last ten it went up to "
            f"{number(max(piled[-10:]))}."
        ),
        _walks(walks),
    ]


def _curve(curve: list[tuple[float, float]], rate: float, after: float) -> Figure:
    parts: list[Part] = [Line(curve, "first", "E after one step"), Dots([(rate, after)], "mark", f"rate {rate:g}"),
                         Dots(curve[:1], "second", "before")]  # fmt: skip
    high = min(max(loss for _, loss in curve), 5 * curve[0][1])
    return Figure("E after one step, over the rate", (0.0, curve[-1][0]), spread([0.0, high], 0.05), parts, "rate", "E")


def _walks(shown: dict[str, list[float]], whole: dict[str, list[float]] | None = None) -> Figure:
    """E over the steps; whole : what the axes are for"""
    walks = whole or shown
    lines = [Line(list(enumerate(map(float, found))), kind, name)
             for kind, (name, found) in zip(("first", "mark"), shown.items(), strict=True)]  # fmt: skip
    high = min(max(max(found) for found in walks.values()), 4 * walks["six lines"][0])
    ends = [Dots([(float(len(found) - 1), found[-1])], kind)
            for kind, found in zip(("first", "mark"), shown.values(), strict=True)]  # fmt: skip
    return Figure("E, step by step", (0.0, float(_STEPS)), spread([0.0, high], 0.05), [*lines, *ends], "step", "E")


def _moving(seed: int, rate: float, walks: dict[str, list[float]]) -> list[Figure | Stack]:
    """The six lines of the first step one by one, then steps: the border between the classes, and E below."""
    training = Training(seed, rate)
    frames: list[Figure | Stack] = []
    for step in range(_STEPS // 2 + 1):
        border = _border(training)
        below = _walks({name: found[: step + 1] for name, found in walks.items()}, walks)
        said = [f"line {at}: {line}" for at, line in enumerate(LINES, start=1)] if step == 0 else []
        for line in said:
            frames += held([Stack([replace(border, title=line), below])], 10)
        told = f"after {plural(step, 'step')}: E = {walks['six lines'][step]:.4f}"
        frames += held([Stack([replace(border, title=told), below])], 2)
        training.run()
    return frames


def _border(training: Training) -> Figure:
    """The samples, and where the network holds both classes for equally likely."""

    def lead(x: Any, y: Any) -> Any:
        points = np.stack([np.ravel(x), np.ravel(y)], axis=1).astype(np.float32)
        logs = training.names["network"].forward(points)
        return (logs[:, 1] - logs[:, 0]).reshape(np.shape(x)).astype(np.float64)

    inputs, targets = training.names["inputs"], training.names["targets"]
    ends = [spread(inputs[:, axis].tolist(), 0.15) for axis in (0, 1)]
    parts: list[Part] = [Segments(contours(lead, ends[0], ends[1], [0.0]), "mark", "the border")]
    for value, kind in ((0, "first"), (1, "second")):
        found = [(float(x), float(y)) for (x, y), t in zip(inputs, targets, strict=True) if t == value]
        parts.append(Dots(found, kind, f"class {value + 1}"))
    return Figure("", ends[0], ends[1], parts, "x1", "x2")


def _question(seed: int, rate: float, right: float) -> Question:
    training = Training(seed, rate)
    training.run()
    first = training.vector("gradient")
    training.run()
    second = training.vector("gradient")
    one, two = float(np.linalg.norm(first)), float(np.linalg.norm(second))
    return Question(
        f"The first gradient has the length {number(one)}. Line 4 is left out in the second step. How long is the "
        "gradient that it goes along?",
        distinct([
            Choice(number(right), True,
                   f"It is the sum of both, added number by number, and {number(right)} long."),
            Choice(number(two), False, "That is the second gradient alone, as if line 4 had been there."),
            Choice(number(one), False, "That is the first one alone; line 5 adds the second."),
            Choice(number(abs(one - two)), False, "That is the difference; line 5 adds and does not subtract."),
            Choice(number((one + two) / 2), False, "That is the mean of both lengths; nothing divides by two."),
        ]),
    )  # fmt: skip
