"""Faults of the data and of how they are used, told from the curves and from how losses are spread."""

import math
from itertools import pairwise
from statistics import mean, median

from cnncli.doctor.facts import Part, RunFacts, number
from cnncli.doctor.finding import Evidence, Finding, grade
from cnncli.measures.intervals import wilson
from cnncli.shown import percent
from cnncli.training.diagnostics import HIGH, LOSS_BINS, LOW

_SURE = 0.97
_FEWEST_BINS = 6
_LEAST_GAIN = 0.05  # above chance, from which training images are learned
_ENOUGH_LOSSES, _ENOUGH_EPOCHS = 60, 4  # after which a training that goes well has learned something


def no_shuffle(run: RunFacts) -> Finding | None:
    """The same images at the same place of every epoch: the loss goes up and down in the same way each time."""
    epochs = [epoch for epoch in run.epochs[1:] if len(epoch.losses) >= _FEWEST_BINS]
    rows = [(epoch, _ranks([later - earlier for earlier, later in pairwise(epoch.losses)])) for epoch in epochs]
    pairs = [(own, one, other) for (_, one), (own, other) in pairwise(rows) if len(one) == len(other)]
    found = [(value, own) for own, one, other in pairs if (value := _correlation(one, other)) is not None]
    if not found:
        return None
    alike = mean(value for value, _ in found)
    # By chance a correlation of n values deviates by 1 / sqrt(n); differences of neighbours are not quite independent.
    z = alike * math.sqrt(len(found) * len(rows[0][1]) / 1.5)
    clearest, epoch = max(found, key=lambda one: one[0])
    text = (
        f"the loss goes up and down at the same steps as in the epoch before: correlation {alike:.2f} in the mean, "
        f"{clearest:.2f} at most, where shuffled images give about 0"
    )
    low, high = min(epoch.losses), max(epoch.losses)
    evidence = [
        Evidence(text, alike, 0.0, epoch.epoch),
        Evidence(f"within this epoch the loss runs from {low:.3g} to {high:.3g}", high - low, 0.0, epoch.epoch),
    ]
    return _found("no-shuffle", min(grade(alike, 0.15, 0.3), grade(z, 2.5, 4)), evidence)


def _ranks(values: list[float]) -> list[float]:
    """1 for the least, and so on; equal ones share the mean of theirs.

    >>> _ranks([0.5, 9.0, 0.5])
    [1.5, 3.0, 1.5]
    """
    order = sorted(values)
    first = {value: place for place, value in reversed(list(enumerate(order, 1)))}
    last = {value: place for place, value in enumerate(order, 1)}
    return [(first[value] + last[value]) / 2 for value in values]


def _correlation(one: list[float], other: list[float]) -> float | None:
    means = mean(one), mean(other)
    product = sum((x - means[0]) * (y - means[1]) for x, y in zip(one, other, strict=True))
    squares = sum((x - means[0]) ** 2 for x in one) * sum((y - means[1]) ** 2 for y in other)
    return product / math.sqrt(squares) if squares > 0 and math.isfinite(squares) else None


def training_mode_at_test(run: RunFacts) -> Finding | None:
    """The answer to an image depends neither on chance nor on its company."""
    change = run.twice.get("mean")
    if change is None or not run.twice.get("images"):
        return None
    count = int(run.twice["images"])
    text = (
        f"asked twice about the same {count} images, the network changes its probabilities by {change:.2g} in the mean "
        f"and {run.twice.get('most', change):.2g} at most; in evaluation they stay the same"
    )
    return _found("training-mode-at-test", grade(change, 1e-5, 1e-3), [Evidence(text, change, 0.0)])


def labels_shifted(run: RunFacts) -> Finding | None:
    """Nothing that is learned holds for images that were not trained on."""
    name = "validation" if "validation" in run.parts else "test"
    part, trained = run.parts.get(name), run.parts.get("training")
    if part is None or trained is None or len(part.answers) < 2:
        return None
    classes = len(part.answers)
    shifts = [(_share_off(part, by), by) for by in (1, classes - 1)]
    share, by = max(shifts)
    if classes > 2 and share > max(0.5, part.accuracy, 1 / classes + _noise(1 / classes, part.images)):
        where = "after" if by == 1 else "before"
        text = f"{percent(share, 0)} of the answers for {name} images are the class {where} the true one"
        return _found("labels-shifted", grade(share, 0.4, 0.7), [Evidence(text, share, 1 / classes)])
    chance = max(part.largest_class, 1 / classes)
    measured = run.measures("validation_accuracy") if name == "validation" else []
    best, epoch = max(((value, epoch) for epoch, value in measured), default=(part.accuracy, None))
    least = min([part.loss, *(value for _, value in run.measures("validation_loss"))])
    noise = _noise(chance, part.images)
    if best >= chance + noise + 0.02 or least < 0.97 * part.entropy or _is_wrong_outside_of_training(run, trained):
        return None
    learned = max([trained.accuracy, *(value for _, value in run.measures("accuracy"))])
    gain = learned - max(trained.largest_class, 1 / classes)
    fall = 1 - min([trained.loss, *(value for _, value in run.measures("loss"))]) / trained.entropy
    moves = [share for one in run.epochs for share in one.update if share is not None]
    is_alive = bool(moves) and median(moves) > 1e-4
    has_had_time = sum(len(one.losses) for one in run.epochs) >= _ENOUGH_LOSSES and len(run.history) >= _ENOUGH_EPOCHS
    if gain > _LEAST_GAIN and learned <= best + noise:
        return None  # of so few images nobody can tell that what was learned does not hold for them
    best_text = f"the {name} accuracy is never above {percent(best)}; one answer for all has {percent(chance)}"
    evidence = [
        Evidence(best_text, best, chance, epoch),
        Evidence(
            f"meanwhile {percent(trained.accuracy)} of the training images are learned, at a loss of "
            f"{trained.loss:.3g}, of one answer for all {trained.entropy:.3g}",
            trained.accuracy,
            chance,
        ),
    ]
    by_heart = max(grade(gain, _LEAST_GAIN, 0.25), grade(fall, 0.01, 0.06))
    return _found("labels-shifted", max(by_heart, 0.55 if is_alive and has_had_time else 0.0), evidence)


def _noise(share: float, images: int) -> float:
    """By how much the share of so many images that is right by chance may be larger, or smaller."""
    return 3 * math.sqrt(share * (1 - share) / images)


def _at_most(share: float, part: Part) -> float:
    """The largest share that so many images do not speak against, with 95 % confidence."""
    return wilson(min(part.images, max(0, round(share * part.images))), part.images).high


def _is_wrong_outside_of_training(run: RunFacts, trained: Part) -> bool:
    """Whether the network that was kept does worse on its own training images than while it was trained on them, as
    with running averages that do not fit yet: then no measure on other images says what was learned."""
    during = number((run.kept or {}).get("accuracy"))
    return during is not None and trained.accuracy < during - _LEAST_GAIN - _noise(during, trained.images)


def _share_off(part: Part, by: int) -> float:
    """The share of answers that are so many classes after the true one."""
    classes = len(part.answers)
    return sum(part.answers[true][(true + by) % classes] for true in range(classes)) / part.images


def test_set_leak(run: RunFacts) -> Finding | None:
    """Test images that were trained on have the losses of training images, not those of new ones."""
    found: list[Evidence] = []
    strength = 0.0
    for name in ("test", "validation"):
        there, count = run.images.get(f"{name}_too", 0), run.images.get(name, 0)
        if count and there:
            text = f"{there:,} of {count:,} {name} images stand among the training images, byte by byte"
            found.append(Evidence(text, there / count, 0.0))
            strength = max(strength, grade(there / count, 0.002, 0.02))
    for name, other in (("test", "validation"), ("validation", "test")):
        score, evidence = _like_trained(run, name, other)
        if score > 0:
            strength = max(strength, score)
            found.append(evidence)
    return _found("test-set-leak", strength, found) if found else None


def _like_trained(run: RunFacts, name: str, other: str) -> tuple[float, Evidence]:
    """How clearly the losses of one part are lower than those of the other, and about those of training images."""
    if not {name, other, "training"} <= set(run.parts):
        return 0.0, Evidence("", 0.0, 0.0)
    part, new, trained = run.parts[name], run.parts[other], run.parts["training"]
    gap, z = _lower_losses(part, new)
    text = (
        f"the {name} losses are lower than those of {other}: {percent(gap, 0)} more of them lie below one bound; mean "
        f"{part.loss:.3g} against {new.loss:.3g}, of training images {trained.loss:.3g}"
    )
    is_like_trained = _lower_losses(trained, part)[0] < 0.6 * _lower_losses(trained, new)[0]
    score = min(grade(gap, 0.08, 0.16), grade(z, 1.6, 2.6)) if is_like_trained else 0.0
    return score, Evidence(text, gap, 0.08)


def _lower_losses(part: Part, other: Part) -> tuple[float, float]:
    """(D, z) of Kolmogorov and Smirnov, one-sided: by how much the share of losses below a bound is larger in `part`,
    at the bound where it is largest; z : D * sqrt(n m / (n + m)), whose probability by chance is exp(-2 z**2)."""
    gap, sums = 0.0, [0, 0]
    for mine, theirs in zip(part.counts, other.counts, strict=False):
        sums = [sums[0] + mine, sums[1] + theirs]
        gap = max(gap, sums[0] / part.images - sums[1] / other.images)
    return gap, gap * math.sqrt(part.images * other.images / (part.images + other.images))


def loss_of_bin(index: int) -> float:
    """The upper end of a bin of the histogram of losses."""
    return float(10 ** (LOW + (index + 1) * (HIGH - LOW) / LOSS_BINS))


def overfitting(run: RunFacts) -> Finding | None:
    """The training images get better still, and new ones worse."""
    losses, trained = run.measures("validation_loss"), dict(run.measures("loss"))
    accuracies, own = dict(run.measures("validation_accuracy")), dict(run.measures("accuracy"))
    if len(losses) < 3:
        return None
    epoch, least = min(losses, key=lambda one: one[1])
    last_epoch, last = losses[-1]
    if least <= 0 or last_epoch not in trained or epoch not in trained:
        return None
    rise, fall = last / least, trained[epoch] / max(trained[last_epoch], 1e-9)
    text = (
        f"the validation loss is {last:.3g} at epoch {last_epoch}, and was {least:.3g} at epoch {epoch}; the training "
        f"loss went from {trained[epoch]:.3g} to {trained[last_epoch]:.3g}"
    )
    evidence = [Evidence(text, rise, 1.1, epoch)]
    strength = min(grade(rise, 1.1, 1.5), grade(fall, 1.1, 2)) if last_epoch > epoch else 0.0
    if last_epoch in accuracies and last_epoch in own:
        gap = own[last_epoch] - accuracies[last_epoch]
        if "validation" in run.parts and own[last_epoch] <= _at_most(accuracies[last_epoch], run.parts["validation"]):
            return None  # of so few images as many may be wrong by chance
        text = (
            f"of the training images {percent(own[last_epoch])} are right, of the validation images "
            f"{percent(accuracies[last_epoch])}"
        )
        evidence.append(Evidence(text, gap, 0.12, last_epoch))
        # A loss that rises alone is a network that is ever surer, and no worse in its answers.
        strength = max(min(strength, grade(gap, 0.12, 0.2)), grade(gap, 0.15, 0.3))
    return _found("overfitting", strength, evidence)


def dead_units(run: RunFacts) -> Finding | None:
    """Units that give one and the same value for all images compute nothing."""
    if not run.dead:
        return None
    name, kind, units, dead = max(run.dead, key=lambda one: one[3] / one[2])
    share = dead / units
    text = f"{dead:,} of {units:,} units of layer {name}, {kind}, give one value for all images"
    return _found("dead-units", grade(share, 0.3, 0.7), [Evidence(text, share, 0.3)])


def duplicates(run: RunFacts) -> Finding | None:
    """Images that are there more than once count more than once; under two labels they contradict each other."""
    images, more, two = (run.images.get(name, 0) for name in ("training", "more", "two_labels"))
    if not images or not (more or two):
        return None
    found = [Evidence(f"{more:,} of {images:,} training images are there already, byte by byte", more / images, 0.01)]
    if two:
        found.insert(0, Evidence(f"{two:,} training images are there under another label too", two / images, 0.0))
    return _found("duplicates", max(grade(more / images, 0.005, 0.05), grade(two / images, 0.001, 0.01)), found)


def _found(kind: str, strength: float, evidence: list[Evidence]) -> Finding | None:
    """strength : from 0 to 1, how far the numbers are beyond what healthy trainings have"""
    if strength <= 0:
        return None
    return Finding(kind, round(_SURE * strength, 3), evidence)
