"""The perceptron and its rule: it learns AND and OR, and goes in circles with XOR."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from cnncli.errors import UsageError
from cnncli.layers import Linear
from cnncli.layers.kinked_activations import Step
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words, check_values, distinct
from cnncli.lessons.figures import Dots, Figure, Label, Line, Part, Point, Segments, held

INPUTS = ((0, 0), (0, 1), (1, 0), (1, 1))
TABLES = {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "XOR": (0, 1, 1, 0)}
_REACH = (-0.7, 1.7)
_EPOCHS = 100
Weights = tuple[int, int, int]  # w1, w2, b


@dataclass(frozen=True)
class Shown:
    """One sample: what was answered, and the weights before and after."""

    epoch: int
    sample: int
    answer: int
    wanted: int
    before: Weights
    after: Weights


@dataclass(frozen=True)
class Learned:
    """wanted : of the four inputs; shown : sample by sample; epochs : until none was wrong, None: never
    circle : the two epochs that began with the same weights, where it is never
    """

    wanted: tuple[int, ...]
    shown: Sequence[Shown]
    epochs: int | None
    circle: tuple[int, int] | None

    @property
    def changes(self) -> list[Shown]:
        return [one for one in self.shown if one.answer != one.wanted]

    @property
    def end(self) -> Weights:
        return self.shown[-1].after


def learn(wanted: Sequence[int]) -> Learned:
    """The rule w := w + (t - o) x, b := b + (t - o) from zeros, by a Linear layer and a Step."""
    linear, step = Linear(2, 1), Step()
    bias = linear.bias
    assert bias is not None
    linear.weight[:], bias[:] = 0, 0

    def weights() -> Weights:
        return int(linear.weight[0, 0]), int(linear.weight[0, 1]), int(bias[0])

    seen: dict[Weights, int] = {}
    shown: list[Shown] = []
    for epoch in range(1, _EPOCHS + 1):
        if weights() in seen:
            return Learned(tuple(wanted), shown, None, (seen[weights()], epoch))
        seen[weights()] = epoch
        for index, (x, target) in enumerate(zip(INPUTS, wanted, strict=True)):
            before = weights()
            answer = int(step.forward(linear.forward([x]))[0, 0])
            linear.weight += np.float32(target - answer) * np.array(x, np.float32)
            bias += np.float32(target - answer)
            shown.append(Shown(epoch, index, answer, target, before, weights()))
        if all(one.answer == one.wanted for one in shown[-4:]):
            return Learned(tuple(wanted), shown, epoch, None)
    raise AssertionError(wanted)  # whole numbers that stay small: either it ends or it comes round


def lesson(asked: Asked) -> Lesson:
    given = check_values(asked.values, TABLES["AND"], range(4, 5), "the four wanted outputs of 00, 01, 10 and 11", 1)
    if any(value not in (0, 1) for value in given):
        raise UsageError("--values: the wanted outputs are 0 or 1; AND is 0,0,0,1")
    own = tuple(int(value) for value in given)
    name = next((one for one, table in TABLES.items() if table == own), "your table")
    runs = {one: learn(table) for one, table in ({name: own} | TABLES).items()}
    every = [learn(table) for table in product((0, 1), repeat=4)]
    never = [one.wanted for one in every if one.epochs is None]
    blocks = _blocks(name, runs, len(every), never)
    return Lesson(
        name="perceptron",
        title="The perceptron: it learns what a line can separate",
        blocks=blocks,
        question=_question(runs[name] if runs[name].changes else runs["AND"]),
        go_on=[
            "cnn learn perceptron --values 1,0,0,0      # a table of your own",
            "cnn check-layer Step                       # no gradient passes it",
            "cnn learn mlp                              # a hidden layer learns XOR",
        ],
        values={
            "name": name, "never": never,
            "runs": {one: {"wanted": run.wanted, "epochs": run.epochs, "weights": run.end, "circle": run.circle,
                           "changes": [[one.epoch, one.sample, *one.after] for one in run.changes]}
                     for one, run in runs.items()},
        },
        script="perceptron",
        data={"wanted": own, "inputs": INPUTS, "tables": TABLES},
        frames=lambda: held([
            _figure(own, [runs[name].shown[0].before], "before the first sample"),
            *(_figure(own, [one.after], _said(one)) for one in runs[name].shown),
        ], 5),
    )  # fmt: skip


def _said(one: Shown) -> str:
    x = INPUTS[one.sample]
    verdict = "right" if one.answer == one.wanted else f"wrong, {one.wanted} is wanted"
    return f"epoch {one.epoch}, x = ({x[0]}, {x[1]}): {one.answer} is {verdict}"


def _blocks(
    name: str, runs: dict[str, Learned], every: int, never: Sequence[tuple[int, ...]]
) -> list[Words | Numbers | Figure]:
    own, xor = runs[name], runs["XOR"]
    steps = [
        [str(one.epoch), f"({INPUTS[one.sample][0]}, {INPUTS[one.sample][1]})", str(one.answer), str(one.wanted),
         f"{one.wanted - one.answer:+d}", *map(str, one.after)]
        for one in own.changes
    ]  # fmt: skip
    rows = [
        [one, *map(str, run.wanted), "never" if run.epochs is None else str(run.epochs), str(len(run.changes))]
        for one, run in runs.items()
    ]
    assert xor.circle is not None
    first, second = xor.circle
    lasts = f"In epoch {own.epochs} it makes no mistake." if own.epochs else "It never stops making mistakes."
    return [
        Words(
            "A perceptron has two inputs and answers 0 or 1: o = 1 where w1 x1 + w2 x2 + b >= 0, else 0. Where the "
            "sum is 0 is a line in the plane of the inputs. On one side of it the answer is 1, on the other 0; on "
            "the line itself it is 1."
        ),
        Words(
            "Its rule looks at one sample after the other. If the answer is right, nothing happens. If it is wrong, "
            "then w := w + (t - o) x and b := b + (t - o), with the wanted t: the line moves towards the sample or "
            f"away from it. All begins at 0. {lasts}"
        ),
        Numbers(f"{name}: each mistake, and the weights after it",
                ["epoch", "x", "o", "t", "t - o", "w1", "w2", "b"],
                steps or [["1", "", "", "", "", *map(str, own.end)]]),
        _figure(own.wanted, [own.shown[0].before, *(one.after for one in own.changes)],
                f"{name}: the line as it moves"),
        Numbers("epochs until all four are right", ["", "00", "01", "10", "11", "epochs", "mistakes"], rows),
        Words(
            "XOR wants 1 where exactly one input is 1. No line has (0, 1) and (1, 0) on one side and (0, 0) and (1, "
            "1) on the other. In numbers: b < 0 and w1 + w2 + b < 0 are wanted, and w1 + b >= 0 and w2 + b >= 0. "
            "The first two add up to w1 + w2 + 2b < 0, the others to w1 + w2 + 2b >= 0: both cannot be."
        ),
        _figure(xor.wanted, [one.after for one in xor.changes if one.epoch >= first],
                "XOR: the lines of a circle that never ends"),
        Words(
            f"The rule shows it, too: epoch {second} begins with the weights of epoch {first}, so that all comes "
            f"again, without end. Of the {every} tables of two inputs it learns {every - len(never)}; the others are "
            + " and ".join("".join(map(str, table)) for table in never) + ", XOR and its opposite."
        ),
    ]  # fmt: skip


def line_ends(weights: tuple[float, float, float], reach: Point = _REACH) -> list[Point]:
    """Where w1 x1 + w2 x2 + b = 0 meets the border of the square; nothing where it does not.

    >>> line_ends((1, 1, -1), (0.0, 2.0))
    [(0.0, 1.0), (1.0, 0.0)]
    """
    w1, w2, b = weights
    low, high = reach
    found = [(x, -(b + w1 * x) / w2 + 0.0) for x in reach if w2] + [(-(b + w2 * y) / w1 + 0.0, y) for y in reach if w1]
    inside = sorted({point for point in found if all(low <= one <= high for one in point)})
    return [inside[0], inside[-1]] if len(inside) > 1 else []


def _figure(wanted: Sequence[int], lines: Sequence[Weights], title: str) -> Figure:
    """The four inputs with what is wanted, former lines faint, the last one with an arrow to the side of 1."""
    ends = [line_ends(one) for one in lines]
    former = [(pair[0], pair[1]) for pair in ends[:-1] if pair]
    parts: list[Part] = [Segments(former, "soft", "before")] if former else []
    w1, w2, b = lines[-1]
    if ends[-1]:
        parts.append(Line(ends[-1], "third", "the line now"))
        length = math.hypot(w1, w2)
        share = (w1 * 0.5 + w2 * 0.5 + b) / length**2
        foot = (0.5 - share * w1, 0.5 - share * w2)
        tip = (foot[0] + 0.35 * w1 / length, foot[1] + 0.35 * w2 / length)
        parts += [Line([foot, tip], "third"), Label(tip, "here 1", "third")]
    else:
        parts.append(Label((0.3, 0.45), f"everywhere {int(b >= 0)}", "third"))
    for value, kind in ((0, "first"), (1, "second")):
        points = [(float(x), float(y)) for (x, y), one in zip(INPUTS, wanted, strict=True) if one == value]
        if points:
            parts.append(Dots(points, kind, f"wanted {value}"))
            parts += [Label((x + 0.04, y + 0.06), str(value), kind) for x, y in points]
    return Figure(title, _REACH, _REACH, parts, "x1", "x2")


def _question(run: Learned) -> Question:
    """The weights after a mistake; of those there are one that moves a weight, where there is one."""
    told = [one for one in run.changes if sum(INPUTS[one.sample]) == 1] or run.changes
    one = told[-1]
    x, error = INPUTS[one.sample], one.wanted - one.answer

    def after(by1: int, by2: int, by: int) -> str:
        w1, w2, b = one.before
        return f"w1 = {w1 + by1}, w2 = {w2 + by2}, b = {b + by}"

    grows = "grow" if error > 0 else "shrink"
    choices = [
        Choice(after(error * x[0], error * x[1], error), True,
               f"t - o = {error:+d}, and x = ({x[0]}, {x[1]}): where the input is 1 the weight moves by it, and so "
               "does b."),
        Choice(after(-error * x[0], -error * x[1], -error), False,
               f"That goes the wrong way: the wanted {one.wanted} asks for a sum that is to {grows}."),
        Choice(after(error, error, error), False,
               "A weight moves by the error times its input; where that is 0 it stays."),
        Choice(after(error * x[0], error * x[1], 0), False, "The bias moves, too, as if its input were always 1."),
        Choice(after(0, 0, 0), False, f"The answer {one.answer} was wrong, so that something has to move."),
    ]  # fmt: skip
    w1, w2, b = one.before
    return Question(
        f"The weights are w1 = {w1}, w2 = {w2}, b = {b}. The sample x = ({x[0]}, {x[1]}) with t = {one.wanted} "
        "comes. Which are they after it?",
        distinct(choices),
    )
