"""Which images of arrays are the same, byte by byte: told by 64 bits of each, in a fraction of a training's time."""

import numpy as np
import numpy.typing as npt

from cnncli.data.held_out import Indices
from cnncli.pictures.portions import portions

Digests = npt.NDArray[np.uint64]

_SEED = 20_260_101


def digests_of(images: npt.NDArray[np.uint8], only: Indices | None = None) -> Digests:
    """uint64 (N,): of equal images equal, of others different but for a chance of 2**-64 a pair.

    images : uint8 (N, ...), C-contiguous; only : numbers of those asked for; None: all

    Eight bytes at a time are multiplied by odd numbers drawn once, mixed and added, as multiply-shift hashing does
    (Dietzfelbinger et al. 1997). It is no cryptographic digest: images made to collide would.

    >>> first, second, third = digests_of(np.array([[1, 2], [2, 1], [1, 2]], np.uint8))
    >>> bool(first == third), bool(first == second)
    (True, False)
    """
    size = int(np.prod(images.shape[1:]))
    words = -(-size // 8)
    drawn = np.random.default_rng(_SEED).integers(0, 1 << 63, (2, words), np.uint64)
    factors: Digests = drawn | np.uint64(1)
    count = len(images) if only is None else len(only)
    found = np.empty(count, np.uint64)
    for part in portions(count):
        rows = images[part] if only is None else images[only[part]]
        flat = rows.reshape(len(rows), size)
        if size % 8:
            flat = np.pad(flat, ((0, 0), (0, 8 * words - size)))
        values: Digests = np.ascontiguousarray(flat).view(np.uint64) * factors[0]
        values ^= values >> np.uint64(32)
        found[part] = (values * factors[1]).sum(axis=1, dtype=np.uint64)
    return found


def images_more_than_once(digests: Digests, labels: Indices) -> tuple[int, int]:
    """(images that are there already, images whose equals have another label too).

    >>> images_more_than_once(np.array([7, 7, 7, 5, 5], np.uint64), np.array([1, 1, 1, 0, 1]))
    (3, 2)
    """
    order = np.argsort(digests, kind="stable")
    is_again = np.append(digests[order[1:]] == digests[order[:-1]], False)  # the next one is equal
    if not is_again.any():
        return 0, 0
    several = order[is_again | np.roll(is_again, 1)]
    _, group, sizes = np.unique(digests[several], return_inverse=True, return_counts=True)
    pairs = np.unique(np.stack([group.ravel(), labels[several]]), axis=1)[0]  # each label of a group once
    mixed = np.bincount(pairs, minlength=len(sizes)) > 1
    return int(is_again.sum()), int(sizes[mixed].sum())
