"""Labels that a model's answers speak against, after the confident learning of Northcutt, Jiang and Chuang (2021)."""

import numpy as np
import numpy.typing as npt


def suspicious(
    labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating], honest: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Numbers of the samples whose label is suspicious, the most suspicious first.

    Suspicious is a sample whose most probable class is another one than its label, and as probable as that class is,
    on average, for the samples that do have its label: a model that is never sure of a class needs to be no surer here.
    They are ordered by how much more probable the answer is than the label.

    labels : int64 (N,); probabilities : (N, classes), NaN where there is no answer
    honest : bool (N,), samples that the model has not seen; averages are over these, of a class without any over all

    >>> shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.9, 0.1]])
    >>> suspicious(np.array([0, 0, 1, 1]), shares, np.ones(4, np.bool_)).tolist()
    [3]
    """
    has = ~np.isnan(probabilities).any(axis=1)
    rows = np.flatnonzero(has)
    if not len(rows):
        return rows
    shares, given, seen_not = probabilities[rows].astype(np.float64), labels[rows], honest[rows]
    needed = np.full(shares.shape[1], np.inf)
    for label in np.unique(given):
        own = given == label
        chosen = own & seen_not if (own & seen_not).any() else own
        needed[label] = shares[chosen, label].mean()
    answers = shares.argmax(axis=1)
    places = np.arange(len(rows))
    sure = shares[places, answers]
    found = (answers != given) & (sure >= needed[answers])
    margin = sure - shares[places, given]
    order = np.argsort(-margin[found], kind="stable")
    return rows[np.flatnonzero(found)[order]]
