"""What the numbers of an array look like, in a few numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class TensorStatistics:
    """mean, std (of all values, over N), least, most; zeros : share of the values that are exactly 0."""

    mean: float
    std: float
    least: float
    most: float
    zeros: float


def tensor_statistics(values: npt.NDArray[Any]) -> TensorStatistics:
    """Of an array of one value or more, in float64.

    >>> tensor_statistics(np.array([[0.0, 2.0]]))
    TensorStatistics(mean=1.0, std=1.0, least=0.0, most=2.0, zeros=0.5)
    """
    flat = np.asarray(values, np.float64).ravel()
    zeros = float(np.count_nonzero(flat == 0) / len(flat))
    return TensorStatistics(float(flat.mean()), float(flat.std()), float(flat.min()), float(flat.max()), zeros)
