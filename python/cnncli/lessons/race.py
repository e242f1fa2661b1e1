"""Optimizers as a race on images: one network, one start, the same batches, and a curve of the loss for each."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnncli import data, optim
from cnncli.criteria import CrossEntropyLoss
from cnncli.custom_code import making
from cnncli.data import DataSet, Split
from cnncli.data.digits import load_digits
from cnncli.data.download.cache import locate
from cnncli.errors import DataError, UsageError
from cnncli.layers import Flatten, Linear
from cnncli.layers.kinked_activations import ReLU
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words, check_rate, number
from cnncli.lessons.figures import Figure, Line, Point
from cnncli.network import Network
from cnncli.optim import Optimizer
from cnncli.pictures.recipe import InputRecipe
from cnncli.program import Program
from cnncli.shown import percent

STEPS, BATCH, HIDDEN = 200, 64, 32
_IMAGES, _TEST = STEPS * BATCH, 2_000  # each image is seen once, of data that have so many
_MEAN = 15  # steps that a point of a curve is the mean of
_EVERY = 4  # steps from a point to the next
_FRAMES = 40
_OWN_RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)  # tried for an optimizer that has no rate of its own
_SIDE = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 4.0, 8.0)  # numbers of the axis, which is logarithmic

# What each starts as, at a rate that suits it here; --rate multiplies all of them.
RACERS: dict[str, tuple[str, Callable[[float], Optimizer], float]] = {
    "SGD": ("first", lambda rate: optim.SGD(rate), 0.1),
    "momentum": ("second", lambda rate: optim.SGD(rate, momentum=0.9), 0.025),
    "NAG": ("third", lambda rate: optim.SGD(rate, momentum=0.9, nesterov=True), 0.025),
    "Adagrad": ("fourth", lambda rate: optim.Adagrad(rate), 0.015),
    "Adadelta": ("mark", lambda rate: optim.Adadelta(rate), 1.0),
    "RMSprop": ("sixth", lambda rate: optim.RMSprop(rate), 0.0015),
    "Adam": ("fifth", lambda rate: optim.Adam(rate), 0.005),
}


@dataclass(frozen=True)
class Run:
    """kind : its colour; rate : at which it ran
    losses : of the batch of each step, before the step; it ends where one is no number
    loss, accuracy : of the test images behind the last step
    """

    kind: str
    rate: float
    losses: list[float]
    loss: float
    accuracy: float

    def mean(self, step: int) -> float:
        """The mean over the last steps up to this one, which counts from 1."""
        return float(np.mean(self.losses[max(0, step - _MEAN) : step]))

    def end(self) -> float:
        """The mean over the last steps of the race; infinite for one that did not come so far."""
        return self.mean(STEPS) if len(self.losses) == STEPS else math.inf

    @property
    def curve(self) -> list[Point]:
        """(steps, mean loss as a logarithm to the base 10)"""
        steps = [1, *range(_EVERY, len(self.losses) + 1, _EVERY)]
        return [(float(step), math.log10(max(self.mean(step), 1e-9))) for step in steps if step <= len(self.losses)]


@dataclass(frozen=True)
class Race:
    """name : of the data; shape, classes : of an image, and how many there are; tested : test images; runs : by name"""

    name: str
    shape: tuple[int, ...]
    classes: int
    tested: int
    runs: dict[str, Run]


def lesson(asked: Asked) -> Lesson:
    found = hold(asked.data, check_rate(asked.rate, 1.0), asked.seed, asked.plugin)
    name, runs = found.name, found.runs
    figure = _figure(name, runs, STEPS)
    return Lesson(
        name="race",
        title=f"Optimizers: a race on {name}, with one start and the same batches",
        blocks=[*_words(found, asked.plugin), figure, _table(found)],
        question=_question(runs),
        go_on=[
            "cnn learn race --rate 5                    # all rates five times as large",
            "cnn learn race --plugin mine.py            # your own optimizer joins",
            "cnn train --arch lenet5 --data digits --optim adam --epochs 2",
        ],
        values={
            "data": name, "rates": {racer: run.rate for racer, run in runs.items()},
            "losses": {racer: run.losses for racer, run in runs.items()},
            "test": {racer: [run.loss, run.accuracy] for racer, run in runs.items()},
        },
        script="race",
        data={
            "steps": STEPS, "x": list(figure.x), "y": list(figure.y),
            "runs": [
                {"name": racer, "kind": run.kind, "curve": [[step, round(height, 5)] for step, height in run.curve]}
                for racer, run in runs.items()
            ],
        },
        frames=lambda: [_figure(name, runs, round(STEPS * share / _FRAMES)) for share in range(_FRAMES + 1)],
    )  # fmt: skip


def hold(name: str | None, factor: float, seed: int, own: Sequence[str]) -> Race:
    """The race on a data set, None: the usual one; factor : of all rates; own : names of optimizers that join."""
    name, train, test, classes = _images(name)
    recipe, batches = InputRecipe.measured(train.images), batches_of(len(train.labels), seed)

    def run(kind: str, make: Callable[[float], Optimizer], rate: float) -> Run:
        network = network_for(recipe, classes, seed)
        return race(network, train, test, batches, make(rate * factor), kind)

    runs = {racer: run(*how) for racer, how in RACERS.items()}
    for racer, make, rates in _own(own):
        runs[racer] = min((run("own", make, rate) for rate in rates), key=Run.end)
    return Race(name, recipe.shape, classes, len(test.labels), runs)


def race(
    network: Network, train: Split, test: Split, batches: Sequence[npt.NDArray[np.int64]], optimizer: Optimizer,
    kind: str,
) -> Run:  # fmt: skip
    """One optimizer, over these batches: the numbers of their images."""
    program = Program(network, BATCH, criterion=CrossEntropyLoss(), optimizer=optimizer, threads=1)
    program.bind(train.images, train.labels)
    losses: list[float] = []
    for step, batch in enumerate(batches):
        loss = program.step(batch, step=step, epoch=0, learning_rate=optimizer.lr).loss
        if not math.isfinite(loss):
            break
        losses.append(loss)
    measured = program.evaluate(test.images, test.labels)
    return Run(kind, optimizer.lr, losses, measured.loss, measured.correct / len(test.labels))


def network_for(recipe: InputRecipe, classes: int, seed: int) -> Network:
    """The network that all train, with the weights that all begin with."""
    layers = [Flatten(), Linear(math.prod(recipe.shape), HIDDEN), ReLU(), Linear(HIDDEN, classes)]
    network = Network(layers, recipe.shape, recipe=recipe)
    network.initialize(seed)
    return network


def _images(asked: str | None) -> tuple[str, Split, Split, int]:
    """(what they are called, training images, test images, classes): of MNIST where it is on this machine, else
    of `digits`."""
    if asked is None and locate(data.SOURCES["mnist"]) is not None:
        asked = "mnist"
    whole: DataSet = load_digits(_IMAGES, _TEST) if asked in (None, "digits") else data.load(str(asked))
    train = whole.train
    if train is None or len(train.labels) < 2 * BATCH:
        raise DataError(f"{whole.name}: has fewer than {2 * BATCH} training images, which a race needs; use more data")
    test = whole.test if whole.test is not None and len(whole.test.labels) else None
    rest = train.images[_IMAGES : _IMAGES + _TEST], train.labels[_IMAGES : _IMAGES + _TEST]
    if test is None and not len(rest[1]):  # the last fifth is kept for the test
        kept = len(train.labels) * 4 // 5
        order = np.random.default_rng(0).permutation(len(train.labels))
        train, rest = (
            Split(train.images[order[:kept]], train.labels[order[:kept]]),
            (train.images[order[kept:]], train.labels[order[kept:]]),
        )
    tested = Split(*rest) if test is None else Split(test.images[:_TEST], test.labels[:_TEST])
    return whole.name, Split(train.images[:_IMAGES], train.labels[:_IMAGES]), tested, len(whole.class_names)


def batches_of(images: int, seed: int) -> list[npt.NDArray[np.int64]]:
    """The images of each step; they are drawn anew once all were seen."""
    rng, order = np.random.default_rng([seed, images]), np.empty(0, np.int64)
    found = []
    for _ in range(STEPS):
        if len(order) < BATCH:
            order = np.concatenate([order, rng.permutation(images).astype(np.int64)])
        found.append(order[:BATCH].copy())
        order = order[BATCH:]
    return found


def _own(names: Sequence[str]) -> list[tuple[str, Callable[[float], Optimizer], tuple[float, ...]]]:
    """(name on the command line, what makes it, rates to be tried) of the reader's racers.

    One with a rate for `cnn train` has that; of others the one that ends lowest is shown.
    """
    found: list[tuple[str, Callable[[float], Optimizer], tuple[float, ...]]] = []
    for name in names:
        if name not in optim.BY_NAME:
            raise UsageError(f"--plugin: no optimizer {name}")
        kind = optim.BY_NAME[name]
        has_own = kind.on_command_line is not Optimizer.on_command_line
        found.append((name, _maker(kind), (kind.on_command_line.at(BATCH),) if has_own else _OWN_RATES))
    return found


def _maker(kind: type[Optimizer]) -> Callable[[float], Optimizer]:
    def make(rate: float) -> Optimizer:
        with making(kind):
            return kind(lr=rate)

    return make


def _figure(name: str, runs: dict[str, Run], steps: int) -> Figure:
    """The curves up to a step; the axes are those of the whole race."""
    curves = {racer: run.curve for racer, run in runs.items()}
    first = next(iter(curves.values()))[0][1]
    low = min(loss for curve in curves.values() for _, loss in curve) - 0.05
    high = min(max(loss for curve in curves.values() for _, loss in curve), first + 0.5) + 0.05
    parts = [
        Line([point for point in curve if point[0] <= max(steps, 1)], runs[racer].kind, racer)
        for racer, curve in curves.items()
    ]
    return Figure(
        f"loss on {name}, {steps} steps", (0.0, float(STEPS)), (low, high), parts, "steps", "loss",
        side_marks=[(math.log10(loss), f"{loss:g}") for loss in _SIDE if low < math.log10(loss) < high],
    )  # fmt: skip


def _words(found: Race, own: Sequence[str]) -> list[Words | Numbers | Figure]:
    values, name = math.prod(found.shape), found.name
    size = HIDDEN * (values + 1) + found.classes * (HIDDEN + 1)
    joined = f" Yours joins, {', '.join(own)}, at its rate for cnn train, or at the best of six." if own else ""
    return [
        Words(
            f"One small network ({values} values, {HIDDEN} hidden units with ReLU, {found.classes} scores: {size:,} "
            f"parameters) learns {name} {len(found.runs)} times over. Each time it begins with the same weights "
            f"and gets the same {STEPS} batches of {BATCH} images in the same order, so that the first loss is the "
            "same for all and everything after it is the optimizer's."
        ),
        Words(
            f"Each has a rate that suits it here; a curve is the mean over {_MEAN} steps, on a "
            f"logarithmic axis.{joined} Who wins depends on "
            "rates, network and time: a race says how they differ, not which is best."
        ),
    ]


def _table(found: Race) -> Numbers:
    shown = (10, 50, 100, STEPS)
    rows = [
        [racer, f"{run.rate:g}", *(number(run.mean(step)) if step <= len(run.losses) else "diverged" for step in shown),
         percent(run.accuracy, 1)]
        for racer, run in found.runs.items()
    ]  # fmt: skip
    heads = ["", "rate", *(f"{step} steps" if step == shown[0] else str(step) for step in shown), "test"]
    return Numbers(f"mean loss, and right answers on {found.tested:,} test images", heads, rows)


def _question(runs: dict[str, Run]) -> Question:
    """Which of four has come lowest by the end."""
    told = {
        "SGD": "It has one rate for all weights and no memory, so that it follows every batch a little.",
        "momentum": "The velocity adds up what gradients have in common, about ten times a single one.",
        "Adadelta": "It finds its rate from the size of its own steps, which are tiny at first.",
        "Adam": "It divides by the size of each weight's gradients, so that rarely used weights move too.",
    }
    ends = {name: runs[name].end() for name in told}
    best = min(ends, key=ends.__getitem__)
    return Question(
        f"Which of these has the lowest loss over the last {_MEAN} steps?",
        [Choice(name, name == best, f"{why} It is at {number(ends[name])}, {best} at {number(ends[best])}.")
         for name, why in told.items()],
    )  # fmt: skip


