"""Softmax and the negative log-likelihood: from scores to probabilities, and to a loss that is never below 0."""

import math
from collections.abc import Sequence

import numpy as np

from cnncli.array_types import DoubleArray
from cnncli.criteria import CrossEntropyLoss, NLLLoss
from cnncli.errors import UsageError
from cnncli.layers import LogSoftmax
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
from cnncli.lessons.figures import Bars, Dots, Figure, Label, Line, spread
from cnncli.lessons.given import seen
from cnncli.views.features import feature_maps

SCORES, TARGET = (14.0, 11.0, 16.0), 3
_STEPS = 30
_MOST, _FEW = 12, 5  # classes


def lesson(asked: Asked) -> Lesson:
    scores, names, said = _scores(asked)
    own = asked.values is not None or bool(said)
    target = asked.target or (int(np.argmax(scores)) + 1 if said else len(scores) if own else TARGET)
    if target > len(scores):
        raise UsageError(f"--target {target}: there are {len(scores)} scores; the right class is one from 1 to them")
    rate = check_rate(asked.rate, 1.0)
    logs = log_probabilities(scores)
    losses = [loss_of(scores, one) for one in range(1, len(scores) + 1)]
    gradient = gradient_of(scores, target)
    walk = descent(scores, target, rate)
    values = {
        "scores": list(scores), "target": target, "log_probabilities": logs.tolist(),
        "probabilities": np.exp(logs).tolist(), "losses": losses, "loss": losses[target - 1],
        "gradient": gradient.tolist(), "rate": rate, "walk": [one.tolist() for one in walk],
    }  # fmt: skip
    return Lesson(
        name="softmax",
        title="Softmax and the negative log-likelihood",
        blocks=[*said, *_blocks(scores, names, target, logs, losses, gradient), _steps(walk, target, rate)],
        question=_question(scores, names, target, logs),
        go_on=[
            "cnn learn softmax --values 2,1,0.1 --target 1",
            "cnn learn softmax --model lenet5           # scores of a network",
            "cnn learn descent",
        ],
        values=values,
        script="softmax",
        data={"scores": list(scores), "names": names, "target": target, "rate": rate},
        frames=lambda: [_bars(one, names, target, f"after {step} steps: E = {number(loss_of(one, target))}")
                        for step, one in enumerate(walk)],
    )  # fmt: skip


def _scores(asked: Asked) -> tuple[tuple[float, ...], list[str], list[Words]]:
    """(scores, the classes' names, where they come from), as they are given, or from a network and a picture."""
    if asked.model is None and asked.picture is None:
        what = f"the scores of 2 to {_MOST} classes"
        scores = check_values(asked.values, SCORES, range(2, _MOST + 1), what, 1000)
        return scores, [str(k) for k in range(1, len(scores) + 1)], []
    if asked.values is not None:
        raise UsageError("--values: gives the scores, and so does --model or --picture; give one of them")
    given = seen(asked)
    maps = feature_maps(given.network, given.image)
    last = maps[-2] if maps[-1].type in ("LogSoftmax", "Softmax") else maps[-1]
    scores = tuple(round(float(one), 4) for one in np.ravel(last.values))
    names = given.network.class_names
    if len(names) != len(scores) or not 2 <= len(scores) <= _MOST:
        raise UsageError(f"{given.said}: has {len(names)} classes; the lesson shows 2 to {_MOST}, with a score each")
    told = (
        f"The scores are those of {given.said} for {given.picture}: what comes before its probabilities. "
        "cnn predict calibrates these, so that they may differ a little there."
    )
    return scores, list(names), [Words(told)]


def log_probabilities(scores: Sequence[float] | DoubleArray) -> DoubleArray:
    """By the layer LogSoftmax."""
    return np.asarray(LogSoftmax().forward([list(scores)])[0], np.float64)


def loss_of(scores: Sequence[float] | DoubleArray, target: int) -> float:
    """By NLLLoss behind LogSoftmax."""
    return float(NLLLoss().forward(LogSoftmax().forward([list(scores)]), [target - 1]))


def gradient_of(scores: Sequence[float] | DoubleArray, target: int) -> DoubleArray:
    """dE/dz of every score, by CrossEntropyLoss, which is both in one."""
    return np.asarray(CrossEntropyLoss().backward([list(scores)], [target - 1])[0], np.float64)


def descent(scores: Sequence[float], target: int, rate: float, steps: int = _STEPS) -> list[DoubleArray]:
    """The scores before each step and after the last, where they themselves are learned."""
    found = [np.array(scores, np.float64)]
    for _ in range(steps):
        found.append(found[-1] - rate * gradient_of(found[-1], target))
    return found


def _blocks(
    scores: Sequence[float], names: Sequence[str], target: int, logs: DoubleArray, losses: Sequence[float],
    gradient: DoubleArray,
) -> list[Words | Numbers | Figure]:  # fmt: skip
    most = max(scores)
    right = names[target - 1]

    def called(k: int) -> str:
        return f"{names[k - 1]}, right" if k == target else names[k - 1]

    shares = np.exp(np.asarray(scores) - most)
    rows = [
        [called(k), f"{score:g}", number(shares[k - 1]), number(math.exp(logs[k - 1])),
         number(logs[k - 1])]
        for k, score in enumerate(scores, start=1)
    ]  # fmt: skip
    slopes = [[called(k), number(losses[k - 1]), number(gradient[k - 1])]
              for k in range(1, len(scores) + 1)]  # fmt: skip
    loss = losses[target - 1]
    return [
        Words(
            "The last layer gives each class a score z_k, which is any number. Softmax makes probabilities of them: "
            "p_k = exp(z_k) / sum exp(z_j). All are above 0 and together they are 1. Only differences of scores "
            f"count, so the largest, {most:g}, is taken off first: exp of a large number is too large for a computer."
        ),
        Numbers(f"from scores to probabilities; class {right} is right",
                ["class", "score z", f"exp(z - {most:g})", "p", "log p"], rows),
        _bars(scores, names, target, "the probability of each class"),
        Words(
            "The negative log-likelihood is the loss E = -log p_t, with the natural logarithm of the probability that "
            "the right class t got. "
            f"Here p_t = {number(math.exp(logs[target - 1]))}, its logarithm is {number(logs[target - 1])}, and so E "
            f"= {number(loss)}. It is 0 where p_t = 1, and grows without end as p_t goes to 0."
        ),
        _curve(logs, target, right),
        Words(
            "The sign: the lecture that these lessons follow prints -0.1328 for the scores 14, 11, 16 with class 3. "
            f"That is log p_t; the minus is forgotten. Right is {loss_of(SCORES, TARGET):+.4f}. The logarithm of a "
            "number below 1 is negative, so this loss is never below 0; and a training that lowered log p_t would "
            "unlearn the right class."
        ),
        Words(
            "The gradient of E by the scores is simple: dE/dz_k = p_k, and p_t - 1 at the right class. A step "
            "raises the right score and lowers each other one by its probability; together they stay what they were."
        ),
        Numbers("the loss if that class were right, and the gradient as it is", ["class", "loss", "dE/dz"], slopes),
    ]  # fmt: skip


def _bars(scores: Sequence[float] | DoubleArray, names: Sequence[str], target: int, title: str) -> Figure:
    found = np.exp(log_probabilities(scores))
    others = [(float(k), float(p)) for k, p in enumerate(found, start=1) if k != target]
    parts: list[Bars | Label] = [
        Bars([(float(target), float(found[target - 1]))], "second", "the right class"),
        Bars(others, "first", "the others"),
    ]
    for k, p in enumerate(found, start=1):
        if len(found) <= _FEW or p >= 0.01:  # more would stand over each other
            parts.append(Label((k - 0.25, float(p) + 0.04), f"{p:.3f}", "soft"))
    return Figure(title, (0.4, len(found) + 0.6), (0.0, 1.15), parts, "class", "p",
                  marks=[(float(k), name) for k, name in enumerate(names, start=1)])  # fmt: skip


def _curve(logs: DoubleArray, target: int, right: str) -> Figure:
    """-log p, and where the classes are on it."""
    curve = [(p, -math.log(p)) for p in np.geomspace(0.002, 1.0, 120).tolist()]
    places = [(math.exp(one), -float(one)) for one in logs]
    others = [point for k, point in enumerate(places, start=1) if k != target]
    parts: list[Line | Dots] = [
        Line(curve, "soft", "-log p"),
        Dots(others, "first", "if another class were right"),
        Dots([places[target - 1]], "second", f"class {right}, which is right"),
    ]
    high = spread([0.0, 6.2, min(places[target - 1][1], 60.0)], 0.06)[1]
    return Figure("the loss over the probability of the right class", (-0.02, 1.04), (-0.3, high), parts, "p", "E")


def _steps(walk: Sequence[DoubleArray], target: int, rate: float) -> Figure:
    """The loss, step by step."""
    losses = [(float(step), loss_of(one, target)) for step, one in enumerate(walk)]
    title = f"the loss in {len(walk) - 1} steps z := z - {rate:g} dE/dz"
    return Figure(title, (0.0, float(len(walk) - 1)), spread([0.0, losses[0][1]], 0.08),
                  [Line(losses, "second"), Dots(losses[:1], "second")], "step", "E")  # fmt: skip


def _question(scores: Sequence[float], names: Sequence[str], target: int, logs: DoubleArray) -> Question:
    """The loss with the class that is least probable but for the right one."""
    other = min((k for k in range(1, len(scores) + 1) if k != target), key=lambda k: scores[k - 1])
    log, gap = float(logs[other - 1]), max(scores) - scores[other - 1]
    right = loss_of(scores, other)
    p = math.exp(log)
    choices = distinct([
        Choice(number(right), True, f"p = {number(p)} there, log p = {number(log)}, and E = -log p."),
        Choice(number(log), False,
               "That is log p, the mistake of the lecture: the loss is minus it, and never below 0."),
        Choice(number(loss_of(scores, target)), False, f"That is the loss if class {names[target - 1]} is right."),
        Choice(number(gap), False, "That is the largest score less that one: it forgets that the sum below has all."),
        Choice(number(1 - p), False, "That is 1 - p, how much is missing; the loss is a logarithm."),
        Choice(number(p), False, "That is the probability; the loss is minus its logarithm."),
    ])  # fmt: skip
    return Question(f"What is the loss of these scores if class {names[other - 1]} is the right one?", choices)
