"""Hinge loss of samples with several classes each."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.criteria.criterion import checked_reduction
from cnncli.criteria.label_criterion import LabelCriterion
from cnncli.errors import ShapeError, UsageError
from cnncli.layers.arrays import as_float32


class MultiLabelMarginLoss(LabelCriterion):
    """The mean over samples of sum over y in Y, i not in Y of max(0, 1 - x[y] + x[i]) / classes.

    Y : the classes of the sample

    input : (samples, classes), any numbers
    target : (samples, classes), whole numbers: the sample's classes, counted from 0, up to the first -1
    reduction : "mean" over samples, or "sum"

    Raises ShapeError or UsageError for targets that do not fit. Torch7: MultiLabelMarginCriterion, which counts classes
    from 1 and ends with 0.

    >>> round(MultiLabelMarginLoss().forward([[0.1, 0.2, 0.4, 0.8]], [[3, 0, -1, 1]]), 4)
    0.85
    """

    takes_labels = False  # one class a sample is what that says

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = checked_reduction(type(self).__name__, reduction)

    def parts(
        self, input: ArrayLike, target: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        scores, chosen = self._checked(input, target)
        x = scores.astype(np.float64)
        losses, gradients = np.zeros(len(x)), np.zeros_like(x)
        with np.errstate(all="ignore"):
            for n, mask in enumerate(chosen):
                mine, others = np.flatnonzero(mask), np.flatnonzero(~mask)
                short = np.maximum(1 - x[n, mine][:, np.newaxis] + x[n, others], 0) / x.shape[1]
                active = np.where(short > 0, 1 / x.shape[1], short)  # 0, or no number
                losses[n] = short.sum()
                gradients[n, mine], gradients[n, others] = -active.sum(axis=1), active.sum(axis=0)
        return losses, gradients, np.ones(len(x))

    def _checked(self, input: ArrayLike, target: ArrayLike) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """(scores, whether each class is one of the sample's), both (samples, classes)."""
        scores, classes = as_float32(input, f"input of {self!r}"), np.asarray(target)
        if classes.dtype.kind not in "iu" and classes.size:
            raise UsageError(f"{self!r}: targets are {classes.dtype.name}; pass whole numbers, counted from 0")
        if scores.ndim == 1:
            scores, classes = scores[np.newaxis], classes[np.newaxis]
        if scores.ndim != 2 or scores.shape != classes.shape:
            raise ShapeError(
                f"{self!r}: takes input and target (samples, classes), got {scores.shape} and {classes.shape}; "
                "fill up a sample's classes with -1"
            )
        chosen = np.zeros(scores.shape, bool)
        for n, row in enumerate(classes.astype(np.int64)):
            mine = row[: np.flatnonzero(row == -1)[0]] if np.any(row == -1) else row
            outside = mine[(mine < 0) | (mine >= scores.shape[1])]
            if outside.size:
                raise UsageError(
                    f"{self!r}: class {outside[0]} of sample {n} is not from 0 to {scores.shape[1] - 1}; count classes "
                    "from 0 and end them with -1"
                )
            chosen[n, mine] = True
        return scores, chosen
