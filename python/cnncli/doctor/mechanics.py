"""Faults of the training's machinery, told from its gauges: how long gradients are, how far steps go, what goes in."""

import math
from statistics import median

from cnncli.doctor.facts import Layers, RunFacts
from cnncli.doctor.finding import Evidence, Finding, grade

_SURE = 0.97
_BATCHES = 6  # of an epoch, from which on a batch is a small part of the images


def zero_init(run: RunFacts) -> Finding | None:
    """Units of a layer that start with the same weights get the same gradients, and stay the same."""
    units = sum(one["units"] for one in run.alike)
    alike = sum(one["alike"] for one in run.alike)
    if units:
        share = alike / units
        worst = max(run.alike, key=lambda one: (one["alike"] / one["units"], one["units"]))
        what = "all weights 0" if worst["zero"] == worst["units"] else "the very weights of another unit"
        count = worst["alike"] + (worst["zero"] == worst["units"])
        text = f"{count} of {worst['units']} units of {worst['name']} have {what}; random starts give each its own"
        found = [Evidence(text, share, 0.0)]
    else:
        layers = [epoch.layers for epoch in run.epochs if epoch.layers is not None]
        zeros = [one for one in layers if all(length == 0 for length in one.weight)]
        share = len(zeros) / len(layers) if layers else 0.0
        found = [Evidence("the weights of all layers are 0 whenever they were measured", share, 0.0)]
    for epoch in run.epochs[:1]:
        if epoch.gradient and epoch.gradient[0] == 0:
            found.append(
                Evidence("no gradient reaches any weight at the first step: its length is 0", 0.0, 0.0, epoch.epoch)
            )
    return _found("zero-init", grade(share, 0.3, 0.8), found)


def no_normalization(run: RunFacts) -> Finding | None:
    """Numbers that go in are to have a deviation of about 1."""
    measured = [(epoch.epoch, [one for one in epoch.inputs if one is not None]) for epoch in run.epochs]
    measured = [(epoch, inputs) for epoch, inputs in measured if len(inputs) == 4]
    if not measured:
        return None
    size = median(max(abs(inputs[0]), inputs[1]) for _, inputs in measured)
    epoch, (mean, deviation, low, high) = measured[0]
    text = (
        f"the numbers that go in run from {low:g} to {high:g}, mean {mean:.3g}, deviation {deviation:.3g}; of "
        "normalized ones these are about 0 and 1"
    )
    found = [Evidence(text, float(size), 1.0, epoch)]
    too_small = grade(1 / size, 20, 100) if size > 0 else 0.0
    return _found("no-normalization", max(grade(size, 5, 20), too_small), found)


def gradients_kept(run: RunFacts) -> Finding | None:
    """A sum of gradients turns little from one step to the next, and grows."""
    gauged = [
        (epoch.epoch, turn, length)
        for epoch in run.epochs
        for turn, length in zip(epoch.turn, epoch.gradient, strict=True)
        if turn is not None and length is not None
    ]
    lengths = [length for epoch in run.epochs for length in epoch.gradient if length]
    if len(gauged) < 2 or not lengths:
        return None
    later = gauged[len(gauged) // 2 :]
    turn = median(one for _, one, _ in later)
    longest = max(gauged, key=lambda one: one[2])
    growth = longest[2] / lengths[0]
    found = [
        Evidence(
            f"from one step to the next the gradients keep their direction: cosine {turn:.2f}, where fresh ones of two "
            "batches have -0.1 to 0.6",
            turn,
            0.6,
            later[0][0],
        )
    ]
    if growth > 1:
        text = f"the gradients have grown to {growth:.3g} times the length of the first step's"
        found.append(Evidence(text, growth, 1.5, longest[0]))
    strength = grade(turn, 0.7, 0.9)
    if median(len(epoch.losses) for epoch in run.epochs) < _BATCHES:  # of nearly all images: fresh ones are alike too
        strength = min(strength, grade(growth, 1.5, 5))
    return _found("gradients-kept", strength, found)


def deep_sigmoids(run: RunFacts) -> Finding | None:
    """Each layer of a saturating function makes the gradient smaller, until the first layers get none."""
    for epoch in run.epochs:
        if epoch.layers is None:
            continue
        shares = _relative(epoch.layers)
        if len(shares) < 3 or not shares[-1][1]:
            return None
        name, share = min(shares[:-1], key=lambda one: one[1])
        last_name, last = shares[-1]
        if not share:
            return None
        ratio = last / share
        text = (
            f"the gradient of {name} is {_small(share)} of its weights' length, that of {last_name} {_small(last)}: "
            f"{ratio:,.0f} times as much, where healthy layers differ by less than 100 times"
        )
        return _found("deep-sigmoids", grade(ratio, 100, 2000), [Evidence(text, ratio, 100.0, epoch.epoch)])
    return None


def _relative(layers: Layers) -> list[tuple[str, float]]:
    """Of each layer the length of its gradient as a share of that of its weights."""
    rows = zip(layers.names, layers.gradient, layers.weight, strict=True)
    return [(name, gradient / weight) for name, gradient, weight in rows if gradient is not None and weight]


def rate_too_high(run: RunFacts) -> Finding | None:
    """Steps as long as the weights themselves; the loss jumps above where it began."""
    moves = [(share, epoch.epoch) for epoch in run.epochs for share in epoch.update if share is not None]
    found, scores = [], []
    if moves:
        share, epoch_number = max(moves)
        moved = f"{100 * share:.3g} % of" if share < 1 else f"{share:.3g} times"
        text = f"one step moves a layer's weights by {moved} their length; usual are 0.01 to 5 %"
        found.append(Evidence(text, share, 0.05, epoch_number))
        scores.append(grade(share, 0.15, 0.6))
    losses = [(loss, epoch.epoch) for epoch in run.epochs for loss in epoch.losses]
    if losses:
        first = losses[0][0]
        most, epoch_number = max(losses)
        if first > 0:
            text = f"the loss rises to {most:.3g}, from {first:.3g} at the first steps"
            found.append(Evidence(text, most / first, 1.5, epoch_number))
            scores.append(grade(most / first, 1.5, 5))
    risen = _rise(run)
    if risen is not None:
        found.append(risen)
        scores.append(grade(risen.value, 0.15, 0.4))
    if run.diverged is not None and "training image" not in run.diverged[1]:
        step, what = run.diverged
        found.append(Evidence(f"the training ended at step {step:,}, {what.split(': ', 1)[-1]}", float(step), 0.0))
        scores.append(1.0)
    if not scores:
        return None
    strength = sum(sorted(scores)[-2:]) / 2
    died = _death(run)
    if died is not None:
        found.insert(0, died)
        strength = max(strength, 0.85)
    return _found("rate-too-high", strength, found)


def _rise(run: RunFacts) -> Evidence | None:
    """By how much the loss of an epoch is above an earlier one, as a share of that of one answer for all."""
    trained, losses = run.parts.get("training"), run.measures("loss")
    if trained is None or not trained.answers or len(losses) < 2:
        return None
    rise, epoch, earlier, text = 0.0, losses[0][0], losses[0], ""
    for now, loss in losses:
        earlier = min(earlier, (now, loss), key=lambda one: one[1])
        if loss - earlier[1] > rise:
            rise, epoch = loss - earlier[1], now
            text = f"the loss is {loss:.3g}, and was {earlier[1]:.3g} in epoch {earlier[0]}"
    return Evidence(text, rise / trained.entropy, 0.15, epoch) if rise > 0.15 * trained.entropy else None


def _death(run: RunFacts) -> Evidence | None:
    """When the gradient of a network that has learned little became 0, and stayed so."""
    lengths = [(length, epoch.epoch) for epoch in run.epochs for length in epoch.gradient if length is not None]
    losses = [loss for epoch in run.epochs for loss in epoch.losses]
    if not lengths or not losses or lengths[0][0] <= 0:
        return None
    trained = run.parts.get("training")
    high = 0.7 * trained.entropy if trained is not None and trained.answers else 0.3 * losses[0]
    if losses[-1] < high:
        return None
    last = max(place for place, (length, _) in enumerate(lengths) if length > 1e-6 * lengths[0][0])
    if last > len(lengths) - 3:
        return None
    epoch = lengths[last + 1][1]
    text = "from here on no gradient is left: long steps have pushed all units to where they give 0"
    return Evidence(text, 0.0, lengths[0][0], epoch)


def _found(kind: str, strength: float, evidence: list[Evidence]) -> Finding | None:
    """strength : from 0 to 1, how far the numbers are beyond what healthy trainings have"""
    if strength <= 0:
        return None
    return Finding(kind, round(_SURE * strength, 3), evidence)


def _small(value: float) -> str:
    return f"{value:.2g}" if value and math.isfinite(value) else "0"
