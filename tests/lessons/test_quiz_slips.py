"""`cnn quiz`: each wrong choice is what the slip that its reason tells comes to, and which numbers are drawn."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from cnncli.lessons.quiz.topics import TOPICS
from quiz_text import found

DRAWS = 200  # of each topic
BY_NAME = {topic.name: topic for topic in TOPICS}
Slips = dict[str, float | str]  # how a reason begins, and what is chosen then


def numbers(pattern: str, text: str) -> list[float]:
    told = found(pattern, text)
    assert told is not None, text
    return told


def regression(text: str, tables: list[Any]) -> Slips:
    w0, w1, x, t = numbers("w0 = # and w1 = #. A sample has x = # and t = #;", text)
    error = w0 + w1 * x - t
    rate = found("with rate #?", text)
    if rate is None:
        return {"The 2 is missing": error * x, "That is dE/dw0": 2 * error, "The sign is turned": -2 * error * x}
    [rate] = rate
    return {
        "This step goes uphill": w1 + rate * 2 * error * x, "That is the step of w0": w1 - rate * 2 * error,
        "The rate is missing": w1 - 2 * error * x,
    }  # fmt: skip


def activation(text: str, tables: list[Any]) -> Slips:
    [x] = numbers("at x = #,", text)
    f = 1 / (1 + math.exp(-x)) if "of sigmoid" in text else math.tanh(x)
    return {
        "That is f(x) itself": f, "1 - f² is the derivative of tanh": 1 - f * f,
        "f (1 - f) is the derivative of sigmoid": f * (1 - f), "1 is the derivative of ReLU": 1.0,
        "That is x": x, "That slope belongs": 0.01, "Only ReLU has": 0.0,
        "The slope is 1 right": 1.0,
    }  # fmt: skip


def layer(text: str, tables: list[Any]) -> Slips:
    inputs, outputs = map(int, numbers("takes # values and gives #.", text))
    samples = found("batch of # samples", text)
    if samples is None:
        return {
            "Turned": f"{inputs} x {outputs}", "The bias is no": f"{outputs} x {inputs + 1}",
            "Such a matrix gives": f"{inputs} x {inputs}",
        }  # fmt: skip
    count = int(samples[0])
    return {
        "Turned": f"{outputs} x {count}", "That is the shape of the input": f"{count} x {inputs}",
        "That is one sample's": f"{outputs}",
    }  # fmt: skip


def parameters(text: str, tables: list[Any]) -> Slips:
    masks = found("masks of #x# takes # maps of #x# and gives # maps", text)
    if masks is not None:
        side, _, channels, size, _, maps = masks
        one = channels * side * side
        return {
            f"The {maps:g} biases": maps * one, "A mask reaches": maps * (side * side + 1),
            "That counts every place": maps * (one + 1) * (size - side + 1) ** 2,
        }  # fmt: skip
    inputs, outputs = numbers("layer from # values to #,", text)
    return {
        f"The {outputs:g} biases": inputs * outputs, "A bias belongs": inputs * outputs + inputs,
        "Each output has a weight": inputs + outputs,
    }  # fmt: skip


def softmax(text: str, tables: list[Any]) -> Slips:
    scores = np.array(numbers("scores #, #, # for", text))
    losses = np.log(np.exp(scores).sum()) - scores
    target = next(index for index, name in enumerate(("first", "second", "third")) if f"the {name} class" in text)
    one, two = np.delete(losses, target)
    return {
        "The sign is turned": -losses[target], "That is the loss if another": one,
        "That is the probability": math.exp(-losses[target]), "That is the loss if the remaining": two,
    }  # fmt: skip


def backprop(text: str, tables: list[Any]) -> Slips:
    w1, w2, x, t = numbers("w1 = #, w2 = #, x = #, t = # these", text)
    h = math.tanh(w1 * x)
    by_o = 2 * (w2 * h - t)
    return {
        "The factor of tanh": by_o * w2 * x, "The factor w2": by_o * (1 - h * h) * x,
        "The factor x": by_o * w2 * (1 - h * h), "That is dE/dw2": by_o * h,
    }  # fmt: skip


def descent(text: str, tables: list[Any]) -> Slips:
    counts, sums = found("# samples, mini-batches of #, # epochs", text), found("batch of # samples and does not", text)
    if counts is not None:
        images, batch, epochs = counts
        return {
            "The samples that are left": images // batch * epochs, "That is stochastic": images * epochs,
            "That is batch descent": epochs,
        }  # fmt: skip
    if sums is not None:
        [rate] = numbers("step that # takes", text)
        return {"The sum is larger": rate * sums[0], "With it the step": rate,
                "The root would": rate / math.sqrt(sums[0])}  # fmt: skip
    [bend] = numbers("dE/dw = # w.", text)
    return {  # rates at which w is multiplied by 0, 1/2 and -3
        "This rate reaches": 1 / bend, "With this one": 0.5 / bend, "By then w is three": 4 / bend,
    }  # fmt: skip


def momentum(text: str, tables: list[Any]) -> Slips:
    adam = found("rate #, and the first gradient of a weight is #.", text)
    if adam is not None:
        rate, g = adam
        return {"That is plain": rate * g, "Without the correction": rate * 0.1 * g / math.sqrt(0.001 * g * g),
                "The mean starts": rate * 0.1}  # fmt: skip
    gamma, rate, w = numbers("v := # v + # g, w := w - v, with v = 0 and w = # at", text)
    one, two = numbers("gradients come, # and #.", text)
    first, second = rate * one, gamma * rate * one + rate * two
    return {
        "That is plain": w - rate * one - rate * two,
        "That damps the second": w - first - (gamma * first + (1 - gamma) * rate * two),
        "The first step is missing": w - second, "Uphill": w + first + second,
    }  # fmt: skip


def convolution(text: str, tables: list[Any]) -> Slips:
    row, column = map(int, numbers("at row #, column # of", text))
    picture, mask = map(np.array, tables)

    def at(r: int, c: int, over: Any = mask) -> float:
        return float((picture[r : r + 3, c : c + 3] * over).sum())

    return {
        "That is true convolution": at(row, column, np.rot90(mask, 2)), "Row and column": at(column, row),
        "That is another place": at(1 - row, 1 - column), "That sums the window": at(row, column, 1),
        "That lays the mask": at(row, column, mask.T),
    }  # fmt: skip


def sizes(text: str, tables: list[Any]) -> Slips:
    told = found("image of #x# goes through a convolution with masks of #x#, stride # and padding #.", text)
    if told is not None:
        side, _, kernel, _, stride, padding = map(int, told)
        sides = {
            "One is missing": (side + 2 * padding - kernel) // stride, "The padding": (side - kernel) // stride + 1,
            "That is the size with stride 1": side + 2 * padding - kernel + 1, "The stride alone": side // stride,
        }  # fmt: skip
        return {why: f"{one}x{one}" for why, one in sides.items()}
    values = [value for row in tables[0] for value in row]
    return {"That is max": max(values), "That is average": sum(values) / 4, "That is the sum": sum(values),
            "That is the smallest": min(values)}  # fmt: skip


def deep(text: str, tables: list[Any]) -> Slips:
    field = found("mask of #x#, pooling of #x# with stride #, then", text)
    drop = found("p = #, in its usual form, keeps a unit whose value is #.", text)
    if field is not None:
        kernel, window = int(field[0]), int(field[2])
        sides = {"That is what it sees": kernel, "Behind the pooling": kernel + (window - 1) + (kernel - 1),
                 "Fields overlap": kernel * kernel * window}  # fmt: skip
        return {why: f"{one}x{one}" for why, one in sides.items()}
    if drop is not None:
        p, value = drop
        return {"So it is in the test": value, "That is the mean over": value * (1 - p),
                "That is what a dropped": 0.0}  # fmt: skip
    values = np.array(numbers("values #, #, #, # of", text))
    off, square = values[0] - values.mean(), ((values - values.mean()) ** 2).sum()
    return {
        "That divides by the deviation": off / math.sqrt(square / 3), "The root is missing": off / (square / 4),
        "The mean is not": values[0] / math.sqrt(square / 4), "Only the mean": off,
    }  # fmt: skip


SLIPS: dict[str, Callable[[str, list[Any]], Slips]] = {
    "regression": regression, "activation": activation, "layer": layer, "parameters": parameters, "softmax": softmax,
    "backprop": backprop, "descent": descent, "momentum": momentum, "convolution": convolution, "sizes": sizes,
    "deep": deep,
}  # fmt: skip


def drawn(name: str) -> list[Any]:
    """Many questions of a topic; what its numbers will not do for is left out."""
    many = (BY_NAME[name].draw(np.random.default_rng([index, 5])) for index in range(DRAWS))
    return [one for one in many if one is not None]


def tables_of(one: Any) -> list[Any]:
    return [[[float(cell) for cell in row[1:]] for row in table.rows] for table in one.tables]


def span(low: int, high: int) -> set[float]:
    return {float(value) for value in range(low, high + 1)}


# What the numbers of a question may be, in the order of its text: small enough to be worked out by hand.
RANGES: dict[str, list[tuple[str, list[set[float]]]]] = {
    "regression": [
        ("w0 = # and w1 = #. A sample has x = # and t = #;", [span(-3, 3), span(-2, 3) - {0}, span(2, 5), span(-6, 9)]),
        ("with rate #?", [{0.1, 0.05, 0.01}]),
    ],
    "activation": [("at x = #,", [{-2, -1, -0.5, 0.5, 1, 2}])],
    "layer": [("takes # values and gives #.", [span(5, 12), span(2, 4)]), ("batch of # samples", [span(13, 32)])],
    "parameters": [
        ("masks of #x# takes # maps of #x# and gives # maps",
         [{3, 5}, {3, 5}, {3, 6, 8}, {14, 28}, {14, 28}, {8, 16, 32}]),
        ("layer from # values to #,", [{120, 400, 784}, {10, 84, 100}]),
    ],
    "softmax": [("scores #, #, # for", [span(8, 15)] * 3)],
    "backprop": [("w1 = #, w2 = #, x = #, t = # these",
                  [{-1, -0.5, 0.5, 1}, {-3, -2, 2, 3}, {0.5, 2, 3}, span(-2, 2)])],
    "descent": [
        ("mini-batches of #, # epochs", [{64, 96, 128}, span(2, 5)]),
        ("batch of # samples and does not", [{10, 20, 50, 100}]), ("step that # takes", [{0.1, 0.2, 0.5}]),
        ("dE/dw = # w.", [{4, 5, 8, 10}]),
    ],
    "momentum": [
        ("rate #, and the first gradient of a weight is #.", [{0.01, 0.1, 0.001}, {5, 40, 250}]),
        ("v := # v + # g, w := w - v, with v = 0 and w = # at", [{0.5, 0.8, 0.9}, {0.1, 0.2}, span(1, 4)]),
        ("gradients come, # and #.", [span(2, 6), span(1, 5)]),
    ],
    "convolution": [("at row #, column # of", [{0, 1}, {0, 1}])],
    "sizes": [("masks of #x#, stride # and padding #.", [{3, 5, 7}, {3, 5, 7}, {2, 3}, {1, 2}])],
    "deep": [
        ("mask of #x#, pooling of #x# with stride #, then", [{3, 5}, {3, 5}, {2, 3}, {2, 3}, {2, 3}]),
        ("p = #, in its usual form, keeps a unit whose value is #.", [{0.2, 0.5, 0.75}, span(2, 8)]),
        ("values #, #, #, # of", [span(-4, 9)] * 4),
    ],
}  # fmt: skip


# How each kind of a question begins, or what is in it.
KINDS: dict[str, Sequence[str]] = {
    "regression": ("What is dE/dw1?", "after one step"), "layer": ("What shape has W", "What shape has its output"),
    "parameters": ("A convolution", "a full layer"), "momentum": ("Adam begins", "Momentum:"),
    "descent": ("samples, mini-batches", "does not divide", "From which rate on"),
    "sizes": ("An image of", "What does max", "What does average"),
    "deep": ("then again a mask", "in its usual form", "Batch normalization"),
    "softmax": ("first class", "second class", "third class"),
    "activation": ("of sigmoid", "of tanh", "of ReLU", "of leaky ReLU"),
}  # fmt: skip


@pytest.mark.parametrize("name", SLIPS)
def test_of_a_topic_all_kinds_come_with_numbers_for_the_hand_and_choices_that_are_slips(name: str) -> None:
    """In one test, since drawing many questions is what takes time."""
    many = drawn(name)
    assert_slips(name, many)
    assert_ranges(name, many)
    texts = [one.question.text for one in many]
    shares = [sum(start in text for text in texts) / len(texts) for start in KINDS.get(name, ("?",))]
    assert sum(shares) == pytest.approx(1) and min(shares) > 0.15  # equally often, but for chance
    if name == "convolution":
        assert_tables(many, 4, span(0, 3))
        assert_tables(many, 3, span(-1, 2))
    elif name == "sizes":
        windows = assert_tables(many, 2, span(1, 12))
        assert all(len(set(window.ravel())) == 4 for window in windows)  # so that one is the largest
        sides = {told[0] for told in (found("image of #x# goes", text) for text in texts) if told}
        assert sides <= span(20, 64) and min(sides) < 24 and max(sides) > 60
    elif name == "descent":
        told = [found("# samples, mini-batches of #,", text) for text in texts]
        pairs = [one for one in told if one is not None]
        assert {images for images, _ in pairs} <= {1000.0 * value for value in range(3, 61)}
        assert max(images for images, _ in pairs) > 50_000 and min(images for images, _ in pairs) < 8_000
        assert all(images % batch for images, batch in pairs)  # a rest, which makes a step of its own


def assert_slips(name: str, many: Sequence[Any]) -> None:
    """Each wrong choice is what the slip that its reason tells comes to; each slip is among them."""
    met: set[str] = set()
    known: set[str] = set()
    for one in many:
        slips = SLIPS[name](one.question.text, tables_of(one))
        known |= set(slips)
        assert len(one.question.choices) == 4
        for choice in one.question.choices:
            if choice.is_right:
                continue
            [(start, expected)] = [(why, value) for why, value in slips.items() if choice.why.startswith(why)]
            met.add(start)
            if isinstance(expected, str):
                assert choice.text == expected, choice
            else:
                digits = len(choice.text.partition(".")[2])
                told = float(choice.text.replace(",", ""))
                bound = max(2e-4 * abs(expected), 0.6 * 10.0 ** -(digits or 3))
                assert abs(told - expected) <= bound, choice
    assert met == known


def assert_ranges(name: str, many: Sequence[Any]) -> None:
    """The numbers of the texts are those of RANGES, all of them."""
    texts = [one.question.text for one in many]
    for pattern, ranges in RANGES[name]:
        met: dict[int, set[float]] = defaultdict(set)
        for told in filter(None, (found(pattern, text) for text in texts)):
            for place, value in enumerate(told):
                met[place].add(value)
        assert [met[place] for place in range(len(ranges))] == ranges, pattern


def assert_tables(many: Sequence[Any], size: int, values: set[float]) -> list[np.ndarray]:
    """The squares of this size hold these numbers."""
    tables = [np.array(table) for one in many for table in tables_of(one) if len(table) == size]
    assert all(table.shape == (size, size) for table in tables)
    assert {float(value) for table in tables for value in table.ravel()} == values
    return tables
