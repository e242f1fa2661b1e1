"""How sure is sure: a temperature that makes probabilities true, and a threshold below which the answer is "not sure".

Both are fitted on images that were held out from training, and kept in the model's record as `confidence`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

_LOWEST, _HIGHEST = 0.25, 8.0  # temperatures looked at
_MOST_REJECTED = 0.003  # share of the right answers held out that the threshold gives up


@dataclass(frozen=True)
class Confidence:
    """temperature : > 0, logits are divided by it; threshold : in [0, 1], probability from which an answer is given"""

    temperature: float = 1.0
    threshold: float = 0.0

    def calibrated(self, log_probabilities: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """softmax(log p / T): float32 (N, K), each row sums to 1; with T = 1 the probabilities as they are.

        >>> Confidence(2.0).calibrated(np.log([[0.8, 0.2]])).round(2).tolist()
        [[0.6700000166893005, 0.33000001311302185]]
        """
        tempered = log_probabilities if self.temperature == 1.0 else _tempered(log_probabilities, self.temperature)
        probabilities: npt.NDArray[np.float32] = np.exp(tempered).astype(np.float32)
        return probabilities

    def of_means(self) -> "Confidence":
        """For means over views of an image: these are flatter than one answer is, so that a temperature above 1, which
        flattens once more, makes them less true than none (docs/evaluation.md).

        >>> Confidence(1.5, 0.25).of_means(), Confidence(0.5).of_means().temperature
        (Confidence(temperature=1.0, threshold=0.25), 0.5)
        """
        return replace(self, temperature=min(self.temperature, 1.0))

    def to_record(self) -> dict[str, float]:
        """JSON values for the model's record."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Confidence":
        """What the model's record says; a record without it, or with values that mean nothing, gives the default.

        >>> Confidence.from_record({})
        Confidence(temperature=1.0, threshold=0.0)
        """
        values = record.get("confidence")
        if not isinstance(values, Mapping):
            return cls()
        temperature, threshold = _number(values.get("temperature")), _number(values.get("threshold"))
        return cls(temperature, threshold) if temperature > 0 and 0 <= threshold <= 1 else cls()


def fit(log_probabilities: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> Confidence:
    """Temperature and threshold from images held out: log-probabilities (N, K) and labels (N,), N >= 1."""
    temperature = fit_temperature(log_probabilities, labels)
    probabilities = Confidence(temperature).calibrated(log_probabilities)
    return Confidence(round(temperature, 4), round(fit_threshold(probabilities, labels), 4))


def fit_temperature(log_probabilities: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> float:
    """The T > 0 for which the mean of -log softmax(log p / T)[label] is least, to a thousandth.

    The loss is convex in 1 / T, so halving finds its minimum.

    Parameters
    ----------
    log_probabilities : (N, K), natural logarithms
    labels : int (N,)

    Source: Guo, Pleiss, Sun & Weinberger 2017, "On calibration of modern neural networks"
    """
    values = np.asarray(log_probabilities, np.float64).clip(-1e3, 0)
    rows = np.arange(len(labels))
    low, high = 1 / _HIGHEST, 1 / _LOWEST
    for _ in range(40):
        inverse = (low + high) / 2
        shares = np.exp(_tempered(values, 1 / inverse))
        # The loss's slope in 1 / T: what the model expects of log p less what it is at the label.
        slope = float(((shares * values).sum(axis=1) - values[rows, labels]).mean())
        low, high = (low, inverse) if slope > 0 else (inverse, high)
    return 2 / (low + high)


def fit_threshold(
    probabilities: npt.NDArray[Any], labels: npt.NDArray[np.int64], most_rejected: float = _MOST_REJECTED
) -> float:
    """The largest probability below which at most `most_rejected` of the right answers lie; 0 if none is right.

    >>> fit_threshold(np.array([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4]]), np.array([0, 1, 1]), most_rejected=0.0)
    0.7
    """
    best = probabilities.max(axis=1)
    right = np.sort(best[probabilities.argmax(axis=1) == labels])
    return float(right[int(most_rejected * len(right))]) if len(right) else 0.0


def _tempered(log_probabilities: npt.NDArray[Any], temperature: float) -> npt.NDArray[np.float64]:
    """log softmax(log p / T), without overflow."""
    values = np.asarray(log_probabilities, np.float64) / temperature
    values -= values.max(axis=1, keepdims=True)
    values -= np.log(np.exp(values).sum(axis=1, keepdims=True))
    return values


def _number(value: Any) -> float:
    """-1 for what is no finite number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return float(value) if is_number else -1.0
