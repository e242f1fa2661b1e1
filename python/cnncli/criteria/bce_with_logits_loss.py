"""Binary cross-entropy of scores."""

import numpy as np
from numpy.typing import ArrayLike

from cnncli.array_types import DoubleArray
from cnncli.criteria.criterion import checked_value_weight, checked_weight, value_weight
from cnncli.criteria.value_criterion import ValueCriterion, sigmoid, softplus
from cnncli.errors import ShapeError


class BCEWithLogitsLoss(ValueCriterion):
    """Sigmoid and BCELoss in one: the mean over all values of -w (p t log s + (1 - t) log(1 - s)),
    s = sigmoid(x).

    input, target : arrays of one shape, the first axis counts samples; targets from 0 to 1
    weight : w, numbers of at least 0 that broadcast to the values of one sample or of the batch; a mean is not divided
        by them; None: 1
    reduction : "mean" over all values, or "sum"
    pos_weight : p, one number for all values or one for each of the last axis; None: 1

    Raises ShapeError if the shapes differ. Torch7: Sigmoid and BCECriterion.

    >>> round(BCEWithLogitsLoss().forward([[0, 100]], [[1, 1]]), 4)
    0.3466
    """

    def __init__(
        self, weight: ArrayLike | None = None, reduction: str = "mean", pos_weight: ArrayLike | None = None
    ) -> None:
        super().__init__(reduction)
        self.weight = checked_value_weight(type(self).__name__, weight)
        self.pos_weight = checked_weight(
            type(self).__name__, None if pos_weight is None else np.atleast_1d(np.asarray(pos_weight)), "pos_weight"
        )

    def value(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        entropy = (1 - t) * softplus(x) + self._positive(x) * t * softplus(-x)
        return value_weight(self, self.weight, x) * entropy

    def slope(self, x: DoubleArray, t: DoubleArray) -> DoubleArray:
        slope = (1 - t) * sigmoid(x) - self._positive(x) * t * sigmoid(-x)
        return value_weight(self, self.weight, x) * slope

    def _positive(self, x: DoubleArray) -> DoubleArray:
        if self.pos_weight is None:
            return np.ones(1)
        if self.pos_weight.size > 1 and x.shape[-1:] != self.pos_weight.shape:
            raise ShapeError(
                f"{self!r}: has {self.pos_weight.size} weights for input {x.shape}; pass one for each of the last axis"
            )
        return self.pos_weight.astype(np.float64)
