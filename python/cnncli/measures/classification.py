"""Right and wrong answers: accuracy, the confusion matrix, and the measures of each class with their means."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnncli.errors import ShapeError
from cnncli.measures.intervals import Interval, wilson


class Confusion(NamedTuple):
    """`images` samples of class `true` were taken for class `answer`; both are numbers of classes."""

    true: int
    answer: int
    images: int


@dataclass(frozen=True)
class Metrics:
    """The result of an evaluation of `samples` images over K classes.

    confusion : int64 (K, K), row = true class, column = the network's answer
    precision : float64 (K,), share of the answers k that are right; NaN where no image was answered with k
    recall : float64 (K,), share of the images of class k that are found; NaN where there is none
    f1 : float64 (K,), 2 TP / (2 TP + FP + FN), the harmonic mean of the two; NaN where neither exists
    support : int64 (K,), images of class k, those without an answer among them
    unanswered : images that got no answer: they are wrong, and in no column
    """

    samples: int
    loss: float
    accuracy: float
    confusion: npt.NDArray[np.int64]
    precision: npt.NDArray[np.float64]
    recall: npt.NDArray[np.float64]
    f1: npt.NDArray[np.float64]
    support: npt.NDArray[np.int64]
    unanswered: int = 0

    @property
    def right(self) -> int:
        """Images with the right answer."""
        return int(np.trace(self.confusion))

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval of the accuracy."""
        return wilson(self.right, self.samples)

    @property
    def balanced_accuracy(self) -> float:
        """The mean recall of the classes that have images: accuracy as if each class had as many; NaN without
        images (Brodersen et al. 2010, "The balanced accuracy and its posterior distribution")."""
        return _mean_of_existing(self.recall)

    @property
    def is_balanced(self) -> bool:
        """Whether all classes that have images have as many, so that the balanced accuracy is the accuracy."""
        there = self.support[self.support > 0]
        return bool((there == there[:1]).all())

    def means(self, weighted: bool = False) -> tuple[float, float, float]:
        """Precision, recall and F1 as means over the classes for which each exists.

        weighted : by the images of each class; then the mean recall is the accuracy
        """
        measures = (self.precision, self.recall, self.f1)
        if not weighted:
            return tuple(_mean_of_existing(values) for values in measures)  # type: ignore[return-value]
        return tuple(_mean_of_existing(values, self.support) for values in measures)  # type: ignore[return-value]

    def most_confused(self, most: int) -> list[Confusion]:
        """The pairs of classes that are confused most often, the commonest first; at most `most`."""
        wrong = self.confusion.copy()
        np.fill_diagonal(wrong, 0)
        order = (-wrong).ravel().argsort(kind="stable")[:most]
        pairs = [divmod(int(flat), len(wrong)) for flat in order]
        return [Confusion(row, column, int(wrong[row, column])) for row, column in pairs if wrong[row, column]]


def measure(labels: npt.ArrayLike, predictions: npt.ArrayLike, classes: int, loss: float) -> Metrics:
    """Counts right and wrong answers.

    Parameters
    ----------
    labels, predictions : integers in [0, classes), shape (N,) each; -1 is no answer, which is wrong
    classes : int, number of classes
    loss : float, mean loss, handed through

    >>> measure([0, 0, 1], [0, 1, 1], classes=2, loss=0.5).confusion.tolist()
    [[1, 1], [0, 1]]
    """
    true = np.asarray(labels, dtype=np.int64)
    answer = np.asarray(predictions, dtype=np.int64)
    if true.shape != answer.shape or true.ndim != 1:
        raise ShapeError(
            f"measure: labels {true.shape} and predictions {answer.shape} differ; pass (N,) and (N,)"
        )
    has_answer = answer >= 0
    pairs = true[has_answer] * classes + answer[has_answer]
    confusion = np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
    right = np.diagonal(confusion)
    support, answered = np.bincount(true, minlength=classes), confusion.sum(axis=0)
    return Metrics(
        samples=len(true),
        loss=float(loss),
        accuracy=float(right.sum() / len(true)) if len(true) else float("nan"),
        confusion=confusion.astype(np.int64),
        precision=_ratio(right, answered),
        recall=_ratio(right, support),
        f1=_ratio(2 * right, support + answered),
        support=support.astype(np.int64),
        unanswered=int(len(true) - has_answer.sum()),
    )


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """part / whole, NaN where whole is 0."""
    result = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def _mean_of_existing(values: npt.NDArray[np.float64], weights: npt.NDArray[np.int64] | None = None) -> float:
    """The mean of those that are not NaN; NaN if there are none, or their weights are all 0."""
    there = ~np.isnan(values)
    shares = np.ones(len(values)) if weights is None else weights.astype(np.float64)
    total = float(shares[there].sum())
    return float((values[there] * shares[there]).sum() / total) if total > 0 else float("nan")
