"""Whether probabilities are true: of the answers given with 80 %, are 80 % right?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.errors import ShapeError, UsageError

BINS = 15


@dataclass(frozen=True)
class Calibration:
    """Answers in bins of equal width by their probability; bin b holds those in (b / B, (b + 1) / B].

    count : int64 (B,), answers in the bin
    probability : float64 (B,), their mean probability; NaN in an empty bin
    accuracy : float64 (B,), the share of them that is right; NaN in an empty bin
    error : the expected calibration error, sum over bins of count / N |accuracy - probability|; NaN without answers
    """

    count: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]
    error: float


def calibration(probabilities: npt.ArrayLike, right: npt.ArrayLike, bins: int = BINS) -> Calibration:
    """The expected calibration error (ECE), and the points of the calibration curve.

    probabilities : (N,), that of each answer, from 0 to 1; one of 0 is in the first bin
    right : bool (N,), whether the answer is right

    Raises ShapeError for other shapes, UsageError for probabilities outside of [0, 1], NaN among them.

    Source: Guo, Pleiss, Sun & Weinberger 2017, "On calibration of modern neural networks", with its 15 bins

    >>> calibration([0.9, 0.9, 0.6, 0.6], [True, True, True, False]).error.__round__(3)
    0.1
    """
    shares, is_right = np.asarray(probabilities, np.float64), np.asarray(right, bool)
    if shares.ndim != 1 or shares.shape != is_right.shape:
        raise ShapeError(f"calibration: takes (N,) and (N,), got {shares.shape} and {is_right.shape}")
    outside = ~((shares >= 0) & (shares <= 1))  # NaN is outside too
    if outside.any():
        raise UsageError(f"calibration: probability {shares[outside][0]}; they go from 0 to 1")
    place = np.clip(np.ceil(shares * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    probability = _means(np.bincount(place, shares, bins), count)
    accuracy = _means(np.bincount(place, is_right, bins), count)
    there = count > 0
    gaps = np.abs(accuracy[there] - probability[there])
    error = float((count[there] * gaps).sum() / len(shares)) if len(shares) else float("nan")
    return Calibration(count.astype(np.int64), probability, accuracy, error)


def _means(sums: npt.NDArray[Any], count: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    result = np.full(len(count), np.nan)
    np.divide(sums, count, out=result, where=count > 0)
    return result
