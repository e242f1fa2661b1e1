"""Convolution as an integral of two boxes, in steps that become smaller, and of short lists of numbers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cnncli.array_types import DoubleArray
from cnncli.data.tables.number_table import read_number_table
from cnncli.layers import Conv1d
from cnncli.lessons.blocks import Asked, Block, Choice, Lesson, Numbers, Question, Words, check_values, distinct, number
from cnncli.lessons.figures import Bars, Dots, Figure, Line, Part, spread

SIGNAL = (0.0, 0.0, 1.0, 3.0, 2.0, 0.0, 0.0, 1.0)
MASK = (1.0, 2.0, 4.0)
_STEPS = (0.5, 0.25, 0.1, 0.05, 0.01)
_FROM, _TO = -0.5, 2.5


def slid(
    signal: Sequence[float] | DoubleArray, mask: Sequence[float] | DoubleArray, *, true: bool = False
) -> DoubleArray:
    """The mask at every place where it fits, by a `Conv1d` layer: correlated, or with the mask turned (`true`)."""
    weights = np.asarray(mask, np.float32)
    layer = Conv1d(1, 1, len(weights), bias=False)
    layer.weight[...] = weights[::-1] if true else weights
    found: DoubleArray = layer.forward(np.asarray(signal, np.float32)[None, None])[0, 0].astype(np.float64)
    return found


def boxes(step: float) -> tuple[DoubleArray, DoubleArray]:
    """(t, (f * g)(t)) of two boxes of 1 from 0 to 1, as a sum over points `step` apart in place of the integral."""
    count = round(1 / step)
    box = np.ones(count)
    around = np.pad(box, (count - 1, count - 1))
    sums = slid(around, box, true=True) * step
    t: DoubleArray = np.arange(len(sums), dtype=np.float64) * step
    return t, sums


def triangle(t: DoubleArray) -> DoubleArray:
    """The integral itself: 1 - |t - 1| from 0 to 2."""
    found: DoubleArray = np.maximum(0, 1 - np.abs(t - 1))
    return found


def lesson(asked: Asked) -> Lesson:
    mask = check_values(asked.values, MASK, range(2, 8), "the 2 to 7 numbers of a mask")
    signal, said = _signal(asked, len(mask))
    correlated, convolved = slid(signal, mask), slid(signal, mask, true=True)
    errors = []
    for step in _STEPS:
        t, sums = boxes(step)
        errors.append([f"{step:g}", str(len(t)), number(float(sums[round(0.5 / step)])),
                       number(float(np.abs(sums - triangle(t)).max()))])  # fmt: skip
    blocks: list[Block] = [
        Words(
            "The convolution of two functions is an integral: (f * g)(t) = integral of f(s) g(t - s) ds. One of them "
            "is turned round, pushed along by t, and multiplied by the other; the area of the product is the value "
            "at t. Of two boxes, 1 from 0 to 1 and 0 elsewhere, the product is 1 where they overlap: the area grows "
            "while one comes in and falls while it leaves, a triangle."
        ),
        box_figure(0.6),
        Words(
            "A computer knows f and g at points only, h apart. The integral becomes a sum times h, y[p] = h sum f[i] "
            "g[p - i], and the more points, the nearer it comes: half the step, half the error."
        ),
        Numbers("two boxes in steps of h, by a Conv1d layer; the triangle is 0.5 at t = 0.5",
                ["h", "points", "sum at t = 0.5", "largest error"], errors),
        Words(
            "Without h, and with a short list of numbers for g, that is what a network does: a mask slides along "
            f"{said}. True convolution turns the mask first, y[p] = sum m[i] x[p - i]; correlation does not, y[p] = "
            "sum m[i] x[p + i]. Layers correlate."
        ),
        signal_figure(signal, mask),
        Numbers(f"the mask {_list(mask)} slid along", ["place", "numbers below it", "correlation", "true convolution"],
                [[str(place), _list(signal[place : place + len(mask)]), f"{correlated[place]:.5g}",
                  f"{convolved[place]:.5g}"] for place in range(min(12, len(correlated)))]),
        Words(
            "A lone 1 in the signal shows what is turned: true convolution writes the mask there as it is, "
            "correlation writes it backwards. In true convolution signal and mask can change places, f * g = g * f; "
            "in correlation they cannot."
        ),
    ]  # fmt: skip
    return Lesson(
        name="convolution-1d",
        title="Convolution in one dimension: an integral, and a sliding mask",
        blocks=blocks,
        question=_question(signal, mask),
        go_on=[
            "cnn learn convolution-1d --values 1,0,-1   # differences",
            "cnn learn convolution-1d --data examples/flats.csv",
            "cnn learn convolution                      # in two dimensions",
        ],
        values={
            "signal": list(map(float, signal)), "mask": list(mask), "correlation": correlated.tolist(),
            "convolution": convolved.tolist(), "boxes": {f"{step:g}": boxes(step)[1].tolist() for step in _STEPS},
        },
        script="convolution-1d",
        data={"signal": [float(f"{value:.6g}") for value in signal], "mask": list(mask)},
        frames=lambda: [box_figure(float(t)) for t in np.linspace(_FROM, _TO, 49)],
    )  # fmt: skip


def _list(values: Sequence[float] | DoubleArray) -> str:
    return " ".join(f"{value:.4g}" for value in values)


def _signal(asked: Asked, least: int) -> tuple[DoubleArray, str]:
    if asked.data is None:
        return np.array(SIGNAL), "a list of eight numbers"
    table = read_number_table(Path(asked.data))
    column = table.rows[:, 0][:24]
    missing = max(0, least - len(column))
    return np.pad(column, (0, missing)).astype(np.float64), f"the first column of {Path(asked.data).name}"


def box_figure(t: float) -> Figure:
    """The box that stands, the one that comes to t turned round, their overlap, and the triangle as far as t."""
    low, high = max(0.0, t - 1), min(1.0, t)
    parts: list[Part] = [Bars([((low + high) / 2, 0.97)], "third", "their overlap", high - low)] if high > low else []
    parts += [
        Line([(0, 0), (0, 1), (1, 1), (1, 0)], "first", "f stands"),
        Line([(t - 1, 0), (t - 1, 1.03), (t, 1.03), (t, 0)], "second", "g slides"),
    ]
    along = np.linspace(_FROM, t, 60)
    points = list(zip(along.tolist(), triangle(along).tolist(), strict=True))
    parts += [Line(points, "mark", "f * g to t"), Dots([(t, float(triangle(np.array(t))))], "mark")]
    title = f"t = {t:.2f}: the boxes overlap by {float(triangle(np.array(t))):.2f}"
    return Figure(title, (-1.6, 2.6), (0.0, 1.25), parts, "s, and t")


def signal_figure(signal: DoubleArray, mask: Sequence[float]) -> Figure:
    """The signal, and both results."""
    count = len(signal)
    correlated, convolved = slid(signal, mask), slid(signal, mask, true=True)
    middle = (len(mask) - 1) / 2
    heights = [*signal.tolist(), *correlated.tolist(), *convolved.tolist(), 0.0]
    parts: list[Part] = [
        Bars([(float(at), float(value)) for at, value in enumerate(signal)], "soft", "the signal"),
        Line([(at + middle, float(value)) for at, value in enumerate(correlated)], "first", "correlation"),
        Line([(at + middle, float(value)) for at, value in enumerate(convolved)], "second", "true convolution"),
        Dots([(at + middle, float(value)) for at, value in enumerate(correlated)], "first"),
        Dots([(at + middle, float(value)) for at, value in enumerate(convolved)], "second"),
    ]
    title = f"a mask of {len(mask)} numbers slid along {count}: each result stands below its middle"
    return Figure(title, (-0.8, count - 0.2), spread(heights), parts, "place")


def _question(signal: DoubleArray, mask: Sequence[float]) -> Question:
    """What true convolution gives at the first place where the two differ."""
    correlated, convolved = slid(signal, mask), slid(signal, mask, true=True)
    differ = np.flatnonzero(~np.isclose(correlated, convolved))
    place = int(differ[0]) if differ.size else 0
    below = signal[place : place + len(mask)]

    def terms(weights: Sequence[float]) -> str:
        return " + ".join(f"{weight:g} x {value:.4g}" for weight, value in zip(weights, below, strict=True))

    right = convolved[place]
    choices = [
        Choice(f"{right:.5g}", True, f"The mask is turned first: {terms(tuple(reversed(mask)))} = {right:.5g}."),
        Choice(f"{correlated[place]:.5g}", False, f"That is correlation, {terms(mask)}: the mask was not turned."),
        Choice(f"{below.sum():.5g}", False, "That is the sum of the numbers below the mask, without its weights."),
        Choice(f"{sum(mask):.5g}", False, "That is the sum of the mask; it is multiplied by what lies below it."),
        Choice(f"{right + 1:.5g}", False, "One of the products is taken too large by 1; count them again."),
        Choice(f"{right - 1:.5g}", False, "One of the products is taken too small by 1; count them again."),
    ]
    text = (
        f"The mask {_list(mask)} lies over the numbers {_list(below)} (place {place}). What does true convolution give "
        "there?"
    )
    return Question(text, distinct(choices))
