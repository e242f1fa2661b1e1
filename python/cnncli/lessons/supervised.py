"""Supervised learning: samples with targets, and why some of them are kept aside."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnncli.array_types import DoubleArray
from cnncli.criteria import MSELoss
from cnncli.errors import UsageError
from cnncli.layers import Linear
from cnncli.lessons import line_fit
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words, check_values, distinct, number
from cnncli.lessons.figures import Dots, Figure, Line, Part, Point, held, spread
from cnncli.network import Network
from cnncli.shown import printable

HIGHEST = 9  # degree
_EACH = 10  # samples of each part
_MOST = 90  # rows of a table that are taken
_PARTS = ("training", "validation", "test")
_KINDS = ("first", "second", "third")


@dataclass(frozen=True)
class Fit:
    """A curve y = w0 + w1 x + ... + wd x^d that was learned from the training samples.

    errors : of training, validation and test; curve : points of it
    """

    degree: int
    errors: list[float]
    curve: list[Point]


def lesson(asked: Asked) -> Lesson:
    x, y, names = _samples(asked)
    parts = [np.arange(len(x))[start::3] for start in range(3)]
    highest = min(HIGHEST, len(set(x[parts[0]].tolist())) - 1)
    fits = [fit(x, y, parts, degree) for degree in range(highest + 1)]
    chosen = min(fits, key=lambda one: one.errors[1]).degree
    (asked_degree,) = check_values(asked.values, (chosen,), range(1, 2), "the degree of the curve", HIGHEST)
    degree = int(asked_degree)
    if degree != asked_degree or not 0 <= degree <= highest:
        raise UsageError(f"--values {asked_degree:g}: the degree is a whole number from 0 to {highest}")
    values = {
        "points": np.stack([x, y], axis=1).tolist(), "parts": [one.tolist() for one in parts], "chosen": chosen,
        "errors": [one.errors for one in fits], "degree": degree,
        "curves": [[list(point) for point in one.curve] for one in fits],
    }  # fmt: skip
    return Lesson(
        name="supervised",
        title="Supervised learning: from samples with targets",
        blocks=_blocks(x, y, names, parts, fits, chosen, degree),
        question=_question(fits, chosen),
        go_on=[
            f"cnn learn supervised --values {highest}            # a curve through all of them",
            "cnn data digits                            # pictures and their classes",
            "cnn train --arch linear --data digits --val 0.1 --epochs 1",
        ],
        values=values,
        script="supervised",
        data={name: values[name] for name in ("points", "parts", "errors", "curves", "chosen", "degree")},
        frames=lambda: held([_curve_figure(x, y, names, parts, one, 2) for one in fits], 5),
    )  # fmt: skip


def fit(x: DoubleArray, y: DoubleArray, parts: Sequence[npt.NDArray[np.int64]], degree: int) -> Fit:
    """The powers of x are inputs of a `Linear` layer, made orthonormal over the training samples (a QR decomposition).

    For such inputs the error surface of `MSELoss` is as round as a bowl, and one step with the rate N / 2 ends at the
    lowest point.
    """
    training = parts[0]
    middle, half = float(np.ptp(x) / 2 + x.min()), float(np.ptp(x) / 2) or 1.0

    def powers(at: DoubleArray) -> DoubleArray:
        return np.asarray(np.polynomial.legendre.legvander((at - middle) / half, degree))

    turned = np.linalg.inv(np.linalg.qr(powers(x[training]))[1])
    layer, criterion = Linear(degree + 1, 1, bias=False), MSELoss()
    network = Network([layer], (degree + 1,))
    layer.weight[...] = 0

    def outputs(at: DoubleArray) -> npt.NDArray[np.float32]:
        return network.forward((powers(at) @ turned).astype(np.float32))

    inputs, targets = (powers(x[training]) @ turned).astype(np.float32), y[training].astype(np.float32)[:, None]
    network.zero_grad_parameters()
    network.backward(inputs, criterion.backward(network.forward(inputs), targets))
    network.update_parameters(len(training) / 2)
    errors = [float(criterion.forward(outputs(x[one]), y[one].astype(np.float32)[:, None])) for one in parts]
    grid = np.linspace(x.min(), x.max(), 121)
    return Fit(degree, errors, list(zip(grid.tolist(), outputs(grid)[:, 0].tolist(), strict=True)))


def _samples(asked: Asked) -> line_fit.Points:
    """The reader's first and last column, in an order that was drawn; or noisy samples of a wave."""
    rng = np.random.default_rng(asked.seed + 20)
    if asked.data is None:
        x = np.round(rng.permutation(np.linspace(-1, 1, 3 * _EACH)) + rng.uniform(-0.02, 0.02, 3 * _EACH), 2)
        return x, np.round(np.sin(3 * x) + rng.normal(0, 0.25, 3 * _EACH), 2), ("x", "t")
    x, y, names = line_fit.points(asked)
    if len(x) < 12:
        raise UsageError(f"{printable(asked.data)}: has {len(x)} rows; three parts of them need 12 rows or more")
    order = rng.permutation(len(x))[:_MOST]
    return x[order], y[order], names


def _blocks(
    x: DoubleArray, y: DoubleArray, names: tuple[str, str], parts: Sequence[npt.NDArray[np.int64]], fits: Sequence[Fit],
    chosen: int, degree: int,
) -> list[Words | Numbers | Figure]:  # fmt: skip
    counts = ", ".join(f"{len(one)} for {name}" for name, one in zip(_PARTS, parts, strict=True))
    some = [[str(n), f"{x[n]:.3g}", f"{y[n]:.3g}", _PARTS[n % 3]] for n in range(6)]
    rows = [[f"{one.degree}, chosen" if one.degree == chosen else str(one.degree), str(one.degree + 1),
             *map(number, one.errors)] for one in fits]  # fmt: skip
    last = fits[-1]
    return [
        Words(
            "Supervised learning begins with samples: an input x, and the target t that is wanted for it. A model "
            "with weights gives an output o for x; learning makes the loss small, how wrong the outputs are. If the "
            "target is a number, this is regression; if it is one of several classes, such as the ten digits, it is "
            "classification."
        ),
        Numbers(f"the first of {len(x)} samples", ["sample", names[0], names[1], "part"], some),
        Words(
            f"The samples are dealt out to three parts: {counts}. Weights are learned from the training samples "
            "alone. The validation samples decide between models, here how many powers of x a curve has. The test "
            "samples are looked at once, at the end: they say how good it is on samples that had no say in anything."
        ),
        _curve_figure(x, y, names, parts, fits[degree], 2),
        Numbers("mean squared error of the three parts", ["degree", "weights", *_PARTS], rows),
        _error_figure(fits, chosen),
        Words(
            f"More weights always fit the training samples better: degree {last.degree} has an error of "
            f"{number(last.errors[0])} there, and {number(last.errors[1])} on the validation samples. It has learned "
            "the noise by heart; that is overfitting. Too few weights are too stiff for both. The validation "
            f"samples choose degree {chosen}, and the test samples say what that is worth: "
            f"{number(fits[chosen].errors[2])}."
        ),
    ]


def _curve_figure(
    x: DoubleArray, y: DoubleArray, names: tuple[str, str], parts: Sequence[npt.NDArray[np.int64]], one: Fit, shown: int
) -> Figure:
    """The curve of a degree with the samples of the first `shown` parts."""
    side = spread(y.tolist(), 0.35)
    dots: list[Part] = [
        Dots([(float(a), float(b)) for a, b in zip(x[part], y[part], strict=True)], kind, name)
        for part, kind, name in zip(parts[:shown], _KINDS, _PARTS, strict=False)
    ]
    title = f"degree {one.degree}: error {number(one.errors[0])} in training, {number(one.errors[1])} in validation"
    return Figure(title, spread(x.tolist(), 0.04), side, [Line(one.curve, "mark", "the curve"), *dots], *names)


def _error_figure(fits: Sequence[Fit], chosen: int) -> Figure:
    """Both errors over the degree; very large ones leave the picture at the top."""
    lines: list[Part] = [
        Line([(float(one.degree), min(one.errors[part], 1e6)) for one in fits], _KINDS[part], _PARTS[part])
        for part in (0, 1)
    ]
    high = 2.2 * max(fits[0].errors[:2])
    lines.append(Dots([(float(chosen), fits[chosen].errors[1])], "mark", "chosen"))
    return Figure("the error over the degree", (-0.3, len(fits) - 0.7), (-0.04 * high, high), lines, "degree", "E",
                  marks=[(float(one.degree), str(one.degree)) for one in fits])  # fmt: skip


def _question(fits: Sequence[Fit], chosen: int) -> Question:
    best = fits[chosen]
    by_test = min(fits, key=lambda one: one.errors[2]).degree
    choices = [
        Choice(
            f"degree {chosen}", True, f"Its error on the validation samples, {number(best.errors[1])}, is the smallest."
        )
    ]
    for degree, why in (
        (
            fits[-1].degree,
            "It has the smallest error in training, where more weights always win; on new samples it is worse.",
        ),
        (
            by_test,
            "That would be best on the test samples, but then they had a say, and could not tell how good it is.",
        ),
        (0, "The simplest model is a level line; its error is large on all parts: it is too stiff."),
        (
            1,
            f"A straight line has an error of {number(fits[1].errors[1])} on the validation samples; others have less.",
        ),
        (min(2, len(fits) - 1), "Its error on the validation samples is not the smallest; see the table."),
    ):
        choices.append(Choice(f"degree {degree}", False, why))
    in_order = sorted(distinct(choices), key=lambda one: int(one.text.split()[1]))
    return Question("Which of these models is to be taken?", in_order)
