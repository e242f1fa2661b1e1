"""How many of each class's samples are right, of those that validate."""

import numpy as np
import numpy.typing as npt

from cnncli.training.training_set import TrainingSet


def class_recall(
    samples: TrainingSet, predictions: npt.NDArray[np.integer], ignored: int | None = None
) -> tuple[float | None, ...] | None:
    """The share of right answers of each class, None of one without samples; None where the targets are no classes.

    predictions : int64 (N,), the answers to the samples
    ignored : the label of samples that the loss does not count

    >>> samples = TrainingSet(np.zeros((4, 2), np.float32), np.array([0, 0, 2, 2]))
    >>> class_recall(samples, np.array([0, 1, 2, 2]))
    (0.5, None, 1.0)
    """
    labels = samples.targets
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or len(labels) != len(predictions) or not len(labels):
        return None
    counted = (labels >= 0) & (labels != ignored)
    counts = np.bincount(labels[counted])
    right = np.bincount(labels[counted & (labels == predictions)], minlength=len(counts))
    return tuple(float(found / count) if count else None for found, count in zip(right, counts, strict=True))
