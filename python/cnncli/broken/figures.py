"""The curves of a broken training and of its healthy twin, and for each case the figure that shows it best."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate

from cnncli.doctor.curves import loss_of_bin
from cnncli.doctor.facts import Epoch, RunFacts
from cnncli.lessons.figures import Dots, Figure, Line, Point, spread

_BROKEN, _HEALTHY = "mark", "first"
_NAMES = {_BROKEN: "broken", _HEALTHY: "healthy twin"}
_LAST = 3  # epochs whose steps are drawn
_FEW_EPOCHS = 3  # fewer are drawn step by step
_FAR = 10  # times as high as the twin's largest loss: then logarithms are drawn


def figures(case: str, broken: RunFacts, healthy: RunFacts) -> list[Figure]:
    """Loss and accuracy over the epochs, and what else shows the case."""
    found = [_loss(broken, healthy), _accuracy(broken, healthy), _OWN[case](broken, healthy)]
    return [figure for figure in found if figure is not None]


def _loss(broken: RunFacts, healthy: RunFacts) -> Figure | None:
    title, own, other = "training loss", _measured(broken, "loss"), _measured(healthy, "loss")
    if len(broken.history) < _FEW_EPOCHS:
        own = _steps(broken.epochs)
        end = own[-1][0] if own else 1.0
        title, other = "loss of each step", [point for point in _steps(healthy.epochs) if point[0] <= end + 1]
    if max((y for _, y in own), default=0.0) > _FAR * max((y for _, y in other), default=1.0):
        title, own, other = f"{title}, power of ten", _logarithms(own), _logarithms(other)
    return _two(title, own, other, "epoch")


def _accuracy(broken: RunFacts, healthy: RunFacts) -> Figure | None:
    name = "validation_accuracy"
    return _two("validation accuracy, %", _measured(broken, name, 100), _measured(healthy, name, 100), "epoch")


def _saw(broken: RunFacts, healthy: RunFacts) -> Figure | None:
    own, other = broken.epochs[-_LAST:], healthy.epochs[-_LAST:]
    return _two(f"loss of the steps of the last {len(own)} epochs", _steps(own), _steps(other), "epoch")


def _first_steps(broken: RunFacts, healthy: RunFacts) -> Figure | None:
    own, other = (_logarithms(_steps(run.epochs[:2])) for run in (broken, healthy))
    return _two("loss of the first steps, power of ten", own, other, "epoch")


def _moves(broken: RunFacts, healthy: RunFacts) -> Figure | None:
    own, other = (_logarithms(_gauges(run, lambda epoch: epoch.update)) for run in (broken, healthy))
    return _two("share by which a step moves weights, power of ten", own, other, "epoch")


def _lengths(broken: RunFacts, healthy: RunFacts) -> Figure | None:
    own, other = (_logarithms(_gauges(run, lambda epoch: epoch.gradient)) for run in (broken, healthy))
    return _two("length of the gradient, power of ten", own, other, "epoch")


def _by_layer(broken: RunFacts, healthy: RunFacts) -> Figure | None:
    parts: list[Line | Dots] = []
    notes = ["of the broken one: 0 in every layer"]
    for kind, run in ((_HEALTHY, healthy), (_BROKEN, broken)):
        points = _logarithms(_of_layers(run))
        if points:
            parts += [Line(points, kind, _NAMES[kind]), Dots(points, kind)]
            notes = [] if kind == _BROKEN else notes
    found = _figure("gradient of each layer at the first step, power of ten", parts, "layer", notes)
    return None if found is None else replace(found, x=(0.0, found.x[1] + 1))


def _of_layers(run: RunFacts) -> list[Point]:
    layers = next((epoch.layers for epoch in run.epochs if epoch.layers is not None), None)
    if layers is None:
        return []
    return [(float(number), value) for number, value in enumerate(layers.gradient, start=1) if value is not None]


def _both_accuracies(broken: RunFacts, healthy: RunFacts) -> Figure | None:
    parts = [
        Line(_measured(broken, "accuracy", 100), "third", "broken, training"),
        Line(_measured(broken, "validation_accuracy", 100), _BROKEN, "broken, validation"),
    ]
    return _figure("accuracy of the broken one, %", parts, "epoch")


def _validation_loss(broken: RunFacts, healthy: RunFacts) -> Figure | None:
    own, other = (_measured(run, "validation_loss") for run in (broken, healthy))
    return _two("validation loss", own, other, "epoch")


def _spread(broken: RunFacts, healthy: RunFacts) -> Figure | None:
    """The share of images whose loss is below x: of the broken one the test images lie with the training images."""
    parts = []
    for kind, name in (("third", "training"), (_BROKEN, "test"), (_HEALTHY, "validation")):
        part = broken.parts.get(name)
        if part is not None:
            sums = accumulate(part.counts)
            points = [(math.log10(loss_of_bin(place)), 100 * one / part.images) for place, one in enumerate(sums)]
            parts.append(Line(points, kind, f"broken, {name}"))
    return _figure("% of images with a loss below 10 to the x", parts, "x")


_OWN: dict[str, Callable[[RunFacts, RunFacts], Figure | None]] = {
    "no-shuffle": _saw,
    "zero-init": _by_layer,
    "rate-too-high": _moves,
    "gradients-kept": _lengths,
    "labels-shifted": _both_accuracies,
    "training-mode-at-test": _validation_loss,
    "deep-sigmoids": _by_layer,
    "test-set-leak": _spread,
    "no-normalization": _first_steps,
}


def _measured(run: RunFacts, name: str, times: float = 1.0) -> list[Point]:
    return [(float(epoch), times * value) for epoch, value in run.measures(name)]


def _steps(epochs: Sequence[Epoch]) -> list[Point]:
    """The losses within the epochs; an epoch begins at its number less one."""
    return [
        (epoch.epoch - 1 + (place + 0.5) / len(epoch.losses), loss)
        for epoch in epochs
        for place, loss in enumerate(epoch.losses)
    ]


def _gauges(run: RunFacts, of: Callable[[Epoch], Sequence[float | None]]) -> list[Point]:
    """A gauge over the training; within an epoch the gauged steps stand at equal distances."""
    return [
        (epoch.epoch - 1 + place / len(of(epoch)), value)
        for epoch in run.epochs
        for place, value in enumerate(of(epoch))
        if value is not None
    ]


def _logarithms(points: list[Point]) -> list[Point]:
    return [(x, math.log10(y)) for x, y in points if y > 0]


def _two(title: str, broken: list[Point], healthy: list[Point], x_name: str) -> Figure | None:
    parts: list[Line | Dots] = []
    for kind, points in ((_HEALTHY, healthy), (_BROKEN, broken)):
        if len(points) == 1:
            parts.append(Dots(points, kind, _NAMES[kind]))
        elif points:
            parts.append(Line(points, kind, _NAMES[kind]))
    return _figure(title, parts, x_name)


def _figure(title: str, parts: Sequence[Line | Dots], x_name: str, notes: Sequence[str] = ()) -> Figure | None:
    points = [point for part in parts for point in part.points]
    if not points:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x = (min(xs), max(xs)) if min(xs) < max(xs) else spread(xs)
    return Figure(title, x, spread(ys), list(parts), x_name, "", list(notes))
