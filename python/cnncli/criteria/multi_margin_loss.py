"""Hinge loss of several classes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.criteria.criterion import checked_number, checked_reduction, checked_weight, scores_and_labels, weights_of
from cnncli.criteria.label_criterion import LabelCriterion
from cnncli.errors import UsageError
from cnncli.shown import shown


class MultiMarginLoss(LabelCriterion):
    """The mean over samples of sum over i != y of max(0, margin - x[y] + x[i])^p / classes, y the label.

    input : (samples, classes), any numbers
    target : (samples,), whole numbers from 0 to classes - 1
    p : 1 or 2
    margin : by which the right score must be the largest
    weight : (classes,), by which a sample's loss is multiplied; None: 1
    reduction : "mean" over samples, or "sum"

    Raises ShapeError or UsageError for targets that do not fit. Source: Crammer and Singer 2001; here the sum over the
    other classes in place of the largest. Torch7: MultiMarginCriterion, which counts classes from 1.

    >>> MultiMarginLoss().forward([[1, 0.5, 3, -4]], [0])
    0.875
    """

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: ArrayLike | None = None, reduction: str = "mean"
    ) -> None:
        name = type(self).__name__
        if p not in (1, 2):
            raise UsageError(f"{name}: p is {shown(p)}; pass 1 or 2")
        self.p, self.margin = int(p), checked_number(name, "margin", margin)
        self.weight, self.reduction = checked_weight(name, weight), checked_reduction(name, reduction)

    def parts(
        self, input: ArrayLike, target: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        scores, labels = scores_and_labels(self, input, target)
        x, rows = scores.astype(np.float64), np.arange(labels.size)
        factor = (weights_of(self, self.weight, x.shape[1])[labels] / max(x.shape[1], 1))[:, np.newaxis]
        with np.errstate(all="ignore"):
            short = np.maximum(self.margin - x[rows, labels][:, np.newaxis] + x, 0)
            short[rows, labels] = 0
            gradients = factor * (np.where(short > 0, 1.0, short) if self.p == 1 else 2 * short)
            gradients[rows, labels] = -gradients.sum(axis=1)
            return (factor * short**self.p).sum(axis=1), gradients, np.ones(labels.size)
