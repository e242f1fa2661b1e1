"""Two models on the same images: whether one is better, and where they differ."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.data import Report, ignore
from cnncli.data.held_out import Indices
from cnncli.errors import DataError
from cnncli.measures.paired import Paired
from cnncli.model.evaluate import Evaluation, measure_part
from cnncli.model.measured_part import MeasuredPart, find_part
from cnncli.shown import printable

REAL_BELOW = 0.05  # p-value


@dataclass(frozen=True)
class ClassDifference:
    """Of a class: its images, and those that only the first or only the second model answers rightly."""

    name: str
    images: int
    only_first: int
    only_second: int


@dataclass(frozen=True)
class Comparison:
    """first, second : each model on the images; answers_differ : images with two different answers, right or wrong"""

    first: Evaluation
    second: Evaluation
    paired: Paired
    answers_differ: int
    classes: list[ClassDifference]

    @property
    def is_real(self) -> bool:
        """Whether chance alone would hardly make as large a difference: test and interval both say so."""
        return self.paired.p_value < REAL_BELOW and self._excludes_zero

    @property
    def is_border(self) -> bool:
        """Whether either the test or the interval says so, and the other one does not; they count in different ways."""
        return (self.paired.p_value < REAL_BELOW) != self._excludes_zero

    @property
    def _excludes_zero(self) -> bool:
        low, high = self.paired.interval
        return low > 0 or high < 0


def compare_models(
    first: str,
    second: str,
    *,
    data: str | None = None,
    data_dir: str | None = None,
    part: str | None = None,
    label_column: str | None = None,
    threads: int | None = None,
    skip_bad: bool = False,
    use_cache: bool = True,
    report: Report = ignore,
) -> Comparison:
    """Measures both models on the same images, in whichever order they are named.

    part : "test", "validation"; "held-out": training images that one model at least held out and neither was trained
        on; "train": those that both were trained on, as far as these data are theirs; None: the first of test and
        validation that there is, else held-out, else train
    data : None: the data that the first model was trained on; it and all others are as for `evaluate_model`

    Raises DataError if the two cannot be measured on the same images.
    """
    where: dict[str, Any] = {"data_dir": data_dir, "label_column": label_column, "report": report}
    how: dict[str, Any] = {"skip_bad": skip_bad, "use_cache": use_cache, "report": report}
    found = find_part(first, data=data, part=part, **where)
    others = find_part(second, data=found.source, part=found.part, **where)  # both fit before any picture is decoded
    one, other = found.prepared(**how), others.prepared(**how)
    if _pictures(one) != _pictures(other):
        models = printable(f"{one.path} and {other.path}")
        raise DataError(f"{models}: get other images of these data and cannot be compared on them; pass other --data")
    name, numbers = one.part, None
    if one.part == "train":
        name, numbers = _in_common(one, other, part)
    return _compared(measure_part(one, name, numbers, threads), measure_part(other, name, numbers, threads))


def _pictures(found: MeasuredPart) -> tuple[object, ...]:
    """What has to be the same of two models for image k to be the same picture with the same label."""
    names, split = found.dataset.class_names, found.split
    labels = [*split.labels.tolist(), *(blank.label for blank in split.blanks)]
    files = None if split.files is None else (*split.files, *(blank.name for blank in split.blanks))
    return files, [names[label] for label in labels]


def _in_common(one: MeasuredPart, other: MeasuredPart, part: str | None) -> tuple[str, Indices]:
    """(part, numbers) of the training images on which both can be measured fairly."""
    everything = np.arange(one.split.pictures)
    owns = [found.own for found in (one, other) if found.own is not None]
    trained = everything
    for own in owns:
        trained = np.intersect1d(trained, own.trained_on)
    held_out = np.unique(np.concatenate([np.arange(0), *(own.held_out for own in owns)]))
    new = held_out
    for own in owns:
        new = np.setdiff1d(new, own.trained_on)
    models = printable(f"{one.path} and {other.path}")
    if part != "train" and len(new):
        return "held-out", new
    if part == "held-out" and not len(held_out):
        raise DataError(f"{one.dataset.name}: neither of {models} held any of these images out; leave out --part")
    if part != "train" and len(held_out):
        raise DataError(
            f"{models}: what one held out of these data the other was trained on; pass other --data, or --part train "
            "for what both were trained on"
        )
    if not len(trained):
        raise DataError(f"{models}: no image of these data is one that both were trained on; pass other --data")
    return "train", trained


def _compared(one: Evaluation, other: Evaluation) -> Comparison:
    right, others_right = one.predictions == one.labels, other.predictions == other.labels
    paired = Paired(
        both=int((right & others_right).sum()),
        only_first=int((right & ~others_right).sum()),
        only_second=int((~right & others_right).sum()),
        neither=int((~right & ~others_right).sum()),
    )
    answers, others = _names(one, one.predictions), _names(other, other.predictions)
    differ = sum(a != b for a, b in zip(answers, others, strict=True))
    return Comparison(one, other, paired, differ, _by_class(one, right, others_right))


def _names(evaluation: Evaluation, numbers: npt.NDArray[np.int64]) -> list[str | None]:
    """Of classes, whose numbers need not be the same in two models; None for no answer."""
    names = [*evaluation.class_names, None]
    return [names[number] for number in numbers.tolist()]


def _by_class(
    evaluation: Evaluation, right: npt.NDArray[np.bool_], others_right: npt.NDArray[np.bool_]
) -> list[ClassDifference]:
    """The classes with a difference, the largest first."""
    count = len(evaluation.class_names)
    images = np.bincount(evaluation.labels, minlength=count)
    only_first = np.bincount(evaluation.labels[right & ~others_right], minlength=count)
    only_second = np.bincount(evaluation.labels[~right & others_right], minlength=count)
    order = np.lexsort((-(only_first + only_second), -np.abs(only_first - only_second)))
    return [
        ClassDifference(evaluation.class_names[k], int(images[k]), int(only_first[k]), int(only_second[k]))
        for k in order.tolist()
        if only_first[k] or only_second[k]
    ]
