"""What the outputs of a network mean: which class they answer with, and how probable each is."""

import numpy as np
import numpy.typing as npt

from cnncli.layers.arrays import FloatArray

# "scores": one output a class, of which the largest is the answer, and softmax gives probabilities.
# "sign", "logit", "probability": an output goes from -1 to 1, is the logarithm of odds, or goes from 0 to 1, for no and
# yes. One of them tells two classes apart, and is yes for class 1; else there is one for each class.
# "values": numbers, and no classes.
OUTPUTS = ("scores", "sign", "logit", "probability", "values")
_LEAST = 1e-7  # a probability, whose logarithm is taken


def yes_above(outputs: str) -> float:
    """Above which value an output is yes."""
    return 0.5 if outputs == "probability" else 0.0


def answers(rows: npt.NDArray[np.floating], outputs: str) -> npt.NDArray[np.int64]:
    """int64 (N,), the class that each row of outputs (N, K) answers with; of equal outputs the first class.

    >>> answers(np.array([[-0.5], [0.25]]), "sign").tolist(), answers(np.array([[0.25, 0.75]]), "scores").tolist()
    ([0, 1], [1])
    """
    if rows.shape[1] == 1 and outputs in ("sign", "logit", "probability"):
        return (rows[:, 0] > yes_above(outputs)).astype(np.int64)
    return np.asarray(rows.argmax(axis=1), np.int64)


def log_probabilities(rows: FloatArray, outputs: str) -> FloatArray:
    """float32 (N, classes), the logarithms of the classes' probabilities, from outputs (N, K).

    Of "scores" these are log-probabilities already. Outputs beyond the ends of their range count as the ends; those of
    several classes are divided by their sum.

    >>> np.exp(log_probabilities(np.array([[0.5]], np.float32), "sign")).round(3).tolist()
    [[0.25, 0.75]]
    """
    if outputs == "scores":
        return rows
    values = rows.astype(np.float64)
    if outputs == "logit":
        yes = np.exp(-np.logaddexp(0.0, -values))
    else:
        yes = values if outputs == "probability" else (1 + values) / 2
    yes = np.clip(yes, _LEAST, 1 - _LEAST)
    shares = np.hstack([1 - yes, yes]) if rows.shape[1] == 1 else yes / yes.sum(axis=1, keepdims=True)
    return np.asarray(np.log(shares), np.float32)
