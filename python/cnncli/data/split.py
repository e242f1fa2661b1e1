"""A part of a data set held out, with the same share of every class."""

import numpy as np
import numpy.typing as npt

from cnncli.limits import Limits

_PURPOSE = 0x73706C6974  # "split" in ASCII: keeps these numbers apart from all others with the same seed


def split_indices(
    labels: npt.NDArray[np.int64], fraction: float, seed: int = 0
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Chooses which samples are held out: each class gives its share, chosen at random.

    The shares are rounded so that they add up to round(fraction * N) (largest remainders first), but every class
    that has images keeps one. The choice depends on the labels, the fraction and the seed alone: it sorts raw
    numbers of the Philox 4x64-10 generator, which are the same on every machine.

    Parameters
    ----------
    labels : int64 (N,)
    fraction : float in (0, 1), share that is held out
    seed : int >= 0

    Returns
    -------
    (kept, held_out) : int64 indices, ascending; together 0..N-1

    Raises
    ------
    UsageError : the fraction is not between 0 and 1, or the seed is negative

    Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"

    >>> [part.tolist() for part in split_indices(np.array([0, 0, 1, 1]), 0.5)][0][0] in (0, 1)
    True
    """
    Limits(above=0, below=1).checked("fraction", fraction)
    Limits(whole=True, least=0).checked("seed", seed)
    classes, counts = np.unique(labels, return_counts=True)
    shares = counts * fraction
    quotas = np.floor(shares).astype(np.int64)
    missing = round(len(labels) * fraction) - int(quotas.sum())
    quotas[np.argsort(quotas - shares, kind="stable")[:missing]] += 1
    quotas = np.minimum(quotas, counts - 1)
    keys = np.random.Philox(key=[seed & 0xFFFF_FFFF_FFFF_FFFF, _PURPOSE]).random_raw(len(labels))
    chosen = np.zeros(len(labels), np.bool_)
    for label, quota in zip(classes, quotas, strict=True):
        members = np.flatnonzero(labels == label)
        chosen[members[np.argsort(keys[members], kind="stable")[:quota]]] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)
