"""The choices of every question that has numbers: each is what its reason tells, by formulas in float64."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.lessons import batch_norm, dropout, learned_mask, mlp
from cnncli.lessons import loops as loops_lesson
from cnncli.lessons import step as step_lesson
from cnncli.lessons.blocks import Asked, Choice, Lesson
from cnncli.lessons.catalogue import find_entry, give
from cnncli.lessons.perceptron import INPUTS
from lesson_pages import fresh

Said = float | str  # a choice that is a number, or another text


def sigmoid(a: Any) -> Any:
    return 1 / (1 + np.exp(-np.asarray(a, np.float64)))


def notation(given: Lesson) -> Iterator[Said]:
    samples, batch = given.values["samples"], given.values["batch"]
    steps = math.ceil(samples / batch)
    yield from (steps, math.floor(samples / batch), steps + 1, samples, 1, batch, 0)


def supervised(given: Lesson) -> Iterator[Said]:
    errors = np.array(given.values["errors"])
    for degree in (errors[:, 1].argmin(), len(errors) - 1, errors[:, 2].argmin(), 0, 1, 2):
        yield f"degree {degree}"


def classification(given: Lesson) -> Iterator[Said]:
    z = float(np.dot(given.values["path"][-1], [*given.values["shown"], 1]))
    yield from (math.tanh(z), z, -math.tanh(z), math.copysign(1, z), sigmoid(z))


def activations(given: Lesson) -> Iterator[Said]:
    a = given.values["at"][0]
    f = float(sigmoid(a))
    yield from (f * (1 - f), f, 1 - f, 1 - f * f, 1 - math.tanh(a) ** 2, a * (1 - a), float(a >= 0))


def perceptron(given: Lesson) -> Iterator[Said]:
    run = given.values["runs"][given.values["name"]]
    changes = [([0, 0, 0] if not at else run["changes"][at - 1][2:], *run["changes"][at][1:])
               for at in range(len(run["changes"]))]  # fmt: skip
    before, sample, *after = [one for one in changes if sum(INPUTS[one[1]]) == 1][-1]
    error = after[2] - before[2]  # of the bias, whose input is 1
    x1, x2 = INPUTS[sample]
    for moved in ((error * x1, error * x2, error), (-error * x1, -error * x2, -error), (error,) * 3,
                  (error * x1, error * x2, 0), (0, 0, 0)):  # fmt: skip
        w1, w2, b = np.add(before, moved)
        yield f"w1 = {w1}, w2 = {w2}, b = {b}"


def layer(given: Lesson) -> Iterator[Said]:
    x, weight, bias = (np.array(given.values[name]) for name in ("x", "weight", "bias"))
    o1, o2 = weight @ x + bias
    yield from (o2, o2 - bias[1], o1, weight[1].sum() + bias[1], np.abs(weight[1] * x).sum() + bias[1])
    yield "a vector of three numbers"


def multilayer(given: Lesson) -> Iterator[Said]:
    w = np.array(given.values["weights"][-1])
    x, of_x = np.array(INPUTS[1]), w[:4].reshape(2, 2) @ INPUTS[1] + w[4:6]
    h = np.tanh(of_x)
    z = w[6:8] @ h + w[8]
    yield from (np.tanh(z), z, np.tanh(w[6:8] @ x + w[8]), np.tanh(w[6:8] @ of_x + w[8]), h.sum())


def softmax(given: Lesson) -> Iterator[Said]:
    scores, target = np.array(given.values["scores"]), given.values["target"] - 1
    losses = np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores
    other = max((k for k in range(len(scores)) if k != target), key=lambda k: losses[k])
    p = math.exp(-losses[other])
    yield from (losses[other], -losses[other], losses[target], scores.max() - scores[other], 1 - p, p)


def descent(given: Lesson) -> Iterator[Said]:
    """E = 1/2 2 (w - 1)² from -3: the gradient is -8 there."""
    rate = given.values["rates"][1]
    yield from (-3 + 8 * rate, -3 - 8 * rate, -3 + 4 * rate, -3, 1)


def chain(given: Lesson) -> Iterator[Said]:
    w, x, b, t = given.values["values"]
    o = math.tanh(w * x + b)
    end, slope = o - t, 1 - o * o
    yield from (end * slope * x, end * x, -end * slope * x, end + slope + x, end * slope, end, "there is none")


def backprop(given: Lesson) -> Iterator[Said]:
    data = given.data
    x = np.array(data["x"])
    h = sigmoid(np.reshape(data["w"], (2, 2)) @ x + data["b"])
    v1, v2 = data["v"]
    o = float(sigmoid(h @ data["v"] + data["c"]))
    shared, slope = (o - data["target"]) * o * (1 - o), h[0] * (1 - h[0])
    right = shared * v1 * slope * x[0]
    yield from (right, shared * v1 * x[0], shared * h[0], shared * v2 * slope * x[0], shared * v1 * slope, shared,
                -right, "none: it has to start again from E")  # fmt: skip


def step(given: Lesson) -> Iterator[Said]:
    first, second = (two_gradients(given)[at] for at in (0, 1))
    one, two = np.linalg.norm(first), np.linalg.norm(second)
    yield from (np.linalg.norm(first + second), two, one, abs(one - two), (one + two) / 2)


def two_gradients(given: Lesson) -> list[np.ndarray]:
    """Of the first two steps of the network 2-3-2 with tanh and log-probabilities."""
    values = given.values
    x, targets = np.array(values["inputs"]), np.array(values["targets"])
    w, found = np.array(values["weights"]), []
    for _ in range(2):
        first, b1, second, b2 = w[:6].reshape(3, 2), w[6:9], w[9:15].reshape(2, 3), w[15:]
        h = np.tanh(x @ first.T + b1)
        scores = h @ second.T + b2
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        by_scores = (p - np.eye(2)[targets]) / len(x)
        by_a = by_scores @ second * (1 - h * h)
        parts = (by_a.T @ x, by_a.sum(axis=0), by_scores.T @ h, by_scores.sum(axis=0))
        found.append(np.concatenate([np.ravel(part) for part in parts]))
        w = w - values["rate"] * found[-1]
    return found


def loops(given: Lesson) -> Iterator[Said]:
    rate, count = given.values["rate"], len(given.values["points"])
    yield from (rate / count, rate, rate * count, rate / math.ceil(count / given.values["sizes"]["mini-batch"]))


def one_dimension(given: Lesson) -> Iterator[Said]:
    signal, mask = np.array(given.values["signal"]), np.array(given.values["mask"])
    correlated, convolved = np.correlate(signal, mask, "valid"), np.convolve(signal, mask, "valid")
    place = next((at for at in range(len(correlated)) if abs(correlated[at] - convolved[at]) > 1e-6), 0)
    right = convolved[place]
    yield from (right, correlated[place], signal[place : place + len(mask)].sum(), mask.sum(), right + 1, right - 1)


def sliding(given: Lesson) -> Iterator[Said]:
    picture, mask = np.array(given.values["picture"]), np.array(given.values["mask"])
    below = picture[1:4, 0:3]
    right = (below * mask).sum()
    yield from (right, below.sum(), right - mask[1, 1] * below[1, 1], (picture[0:3, 1:4] * mask).sum(),
                (below * np.rot90(mask, 2)).sum(), right + 2, right - 2, right + 3)  # fmt: skip


def learned(given: Lesson) -> Iterator[Said]:
    before = np.array(given.data["before"])
    count, one = len(before) * (before.shape[1] - 2) * (before.shape[2] - 2), before[0, 2:, 2:].size
    yield from ("10", "1", "9", f"all {count:,}", f"{one:,}")


def pooling(given: Lesson) -> Iterator[Said]:
    image = np.array(given.values["image"])
    window = image[1:4, 0:3]
    yield from (window.max(), image[0:3, 1:4].max(), image[2:4, 0:2].max(), image[1, 0], window.mean(), window.sum(),
                window.min(), window.max() + 1)  # fmt: skip


def dropped(given: Lesson) -> Iterator[Said]:
    p = given.values["p"]
    yield from (f"0 or {3 / (1 - p):.4g}", "0 or 3", "always 3", f"always {3 * (1 - p):.4g}")


def normalized(given: Lesson) -> Iterator[Said]:
    mean = np.mean(given.values["batch"])
    yield from (0.1 * mean, mean, 0.9 * mean, 0)


def custom(given: Lesson) -> Iterator[Said]:
    """y = x + w x² at 2, with 0.5 from behind."""
    w = given.values["w"]
    yield from (0.5 * (1 + 2 * w * 2), 0.5 * (1 + w * 2), 1 + 2 * w * 2, 0.5 * 2**2, 2 + w * 2**2, 0.5, 0)


CASES: dict[str, tuple[Callable[[Lesson], Iterator[Said]], Sequence[dict[str, Any]]]] = {
    "notation": (notation, [{}, {"values": (21.0, 7.0)}]),
    "supervised": (supervised, [{}, {"seed": 6}]),
    "classification": (classification, [{}, {"seed": 5}]),
    "activations": (activations, [{}, {"values": (0.25,)}]),
    "perceptron": (perceptron, [{}, {"values": (1.0, 0.0, 0.0, 0.0)}]),
    "layer": (layer, [{"seed": 3}]),
    "mlp": (multilayer, [{"seed": 4}]),
    "softmax": (softmax, [{}, {"values": (1.0, 0.25, 2.0, 0.5), "target": 2}]),
    "descent": (descent, [{"rate": 0.3}, {"rate": 0.7}]),
    "chain": (chain, [{}, {"values": (0.3, -0.7, 0.2, 0.5)}]),
    "backprop": (backprop, [{}, {"seed": 5, "values": (0.4, 0.9, -0.3)}]),
    "step": (step, [{}, {"seed": 3, "rate": 0.5}]),
    "loops": (loops, [{}]),
    "convolution-1d": (one_dimension, [{}, {"values": (1.0, 0.5)}]),
    "convolution": (sliding, [{"values": (0.0, 1.0, 5.0, -1.0, 0.5, 0.0, 3.0, 0.0, -2.0)}, {}]),
    "learn-a-mask": (learned, [{}]),
    "pooling": (pooling, [{}, {"seed": 4}]),
    "dropout": (dropped, [{}]),
    "batchnorm": (normalized, [{}]),
    "custom": (custom, [{}, {"values": (0.6,)}]),
}


DIGITS = dict.fromkeys(
    ("classification", "activations", "layer", "mlp", "softmax", "descent", "chain", "step", "loops"), 4
) | {"backprop": 6, "batchnorm": 3}  # behind the point of each number


@pytest.fixture
def _quick_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their questions are not about the end of a training."""
    monkeypatch.setattr(mlp, "STEPS", 60)
    monkeypatch.setattr(learned_mask, "STEPS", 12)
    monkeypatch.setattr(learned_mask, "learn", partial(learned_mask.learn, steps=12))
    monkeypatch.setattr(step_lesson, "losses", partial(step_lesson.losses, steps=12))
    monkeypatch.setattr(step_lesson, "_RATES", 2)
    monkeypatch.setattr(loops_lesson, "EPOCHS", 1)
    monkeypatch.setattr(loops_lesson, "_SHOWN", (1,))
    monkeypatch.setattr(learned_mask, "_TOLD", (0, 12))
    monkeypatch.setattr(dropout, "STEPS", 2)
    monkeypatch.setattr(batch_norm, "STEPS", 2)
    monkeypatch.setattr(batch_norm, "IMAGES", 100)
    monkeypatch.setattr(step_lesson, "_STEPS", 12)


def each_once(choices: Sequence[Choice]) -> list[Choice]:
    """All of them, where a question takes the first four."""
    return list({choice.text: choice for choice in reversed(choices)}.values())[::-1]


@pytest.mark.usefixtures("_quick_trainings")
@pytest.mark.parametrize("name", CASES)
def test_every_choice_is_what_its_reason_tells(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry, (expected_of, cases) = find_entry(name), CASES[name]
    module = import_module(f"cnncli.lessons.{entry.module}")
    for number, asked in enumerate(cases):
        if hasattr(module, "distinct"):
            with monkeypatch.context() as patch:
                patch.setattr(module, "distinct", each_once)
                given = give(entry, Asked(**asked))
        else:
            given = give(entry, Asked(**asked))
        choices, expected = given.question.choices, list(expected_of(given))
        assert_choices([choice.text for choice in choices], expected)
        assert_choices([given.question.choices[given.question.right - 1].text], expected[:1])
        if number == 0:
            shown = give(entry, Asked(**asked)).question
            assert {choice.text for choice in shown.choices} <= {choice.text for choice in choices}
            assert len(shown.choices) == min(len(choices), 5 if name == "descent" else 4)
        if name in DIGITS:  # so that no choice is told apart by its look
            places = {len(one.text.partition(".")[2]) for one in choices if re.fullmatch(r"-?\d+\.\d+", one.text)}
            assert places == {DIGITS[name]}


def assert_choices(told: Sequence[str], expected: Sequence[Said]) -> None:
    """Each text is one of what is expected, and each of these is told: a number to as many digits as the text has."""
    left = list(expected)
    for text in told:
        fits = [one for one in expected if is_said(text, one)]
        assert fits, (text, expected)
        left = [one for one in left if not is_said(text, one)]
    assert left == [], (told, left)


def is_said(text: str, value: Said) -> bool:
    if isinstance(value, str):
        return text == value
    try:
        told = float(text)
    except ValueError:
        return False
    digits = len(text.partition("e")[0].partition(".")[2])
    exponent = int(text.partition("e")[2] or 0)
    return told == pytest.approx(value, rel=1e-4, abs=0.6 * 10.0 ** (exponent - digits))


def test_which_racer_is_lowest_after_30_steps_is_asked() -> None:
    given = fresh("optimizers")
    heights = {
        name: x * x / 20 + y * y for name, path in given.values["paths"]["ravine"].items() for x, y in path[30:31]
    }
    asked = [choice.text for choice in given.question.choices]
    assert asked == ["SGD", "momentum", "Adagrad", "Adam"]
    best = min(asked, key=heights.__getitem__)
    assert asked[given.question.right - 1] == best
    for choice in given.question.choices:
        told = [float(one) for one in re.findall(r"\bat (\d[\d.e-]*\d)", choice.why)]
        assert told == pytest.approx([heights[choice.text], heights[best]], rel=1e-3, abs=6e-5)


@pytest.mark.parametrize("sign", [1, -1])
def test_which_way_a_slope_goes_first_is_asked(sign: int, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n" + "\n".join(f"{n},{sign * n + n % 3}" for n in range(9)))
    question = fresh("regression", data=str(tmp_path / "t.csv")).question
    assert question.choices[question.right - 1].text == ("up" if sign > 0 else "down")
    gradients = [float(re.findall(r"y_n = (-?[\d.]+)", choice.why)[0].rstrip(".")) for choice in question.choices]
    x, y = (np.array(one, float) for one in (range(9), [sign * n + n % 3 for n in range(9)]))
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    assert gradients == pytest.approx([-2 * (x * y).mean()] * 3, abs=6e-5)
