"""Two models on the same images: whether one is better, and where they differ."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.errors import DataError
from cnncli.measures.paired import Paired
from cnncli.model.evaluate import Evaluation, evaluate_model
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
        """Whether chance alone would hardly make as large a difference."""
        return self.paired.p_value < REAL_BELOW


def compare_models(first: str, second: str, *, part: str | None = None, **how: Any) -> Comparison:
    """Measures both models on the same images.

    part, how : as for `evaluate_model`; without a part the one that the first model is measured on

    Raises DataError if the two cannot be measured on the same images.
    """
    one = evaluate_model(first, part=part, whole=True, **how)
    other = evaluate_model(second, part=one.part, whole=True, **how)
    same_labels = _names(one, one.labels) == _names(other, other.labels)
    if one.files != other.files or not same_labels:
        which = "held out other images of these data" if one.part == "held-out" else "get other images of these data"
        models = printable(f"{one.model} and {other.model}")
        raise DataError(f"{models}: {which} and cannot be compared on them; pass other --data")
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
