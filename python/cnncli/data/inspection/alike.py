"""Pictures that are nearly the same: saved again as JPEG, made smaller or larger, a little brighter.

A thumbnail's coordinates along the directions in which those of the set differ most (principal components) are a
perceptual hash: their signs, in bands. Two pictures whose bits agree in one band, but for the bit that is nearest to
zero, are compared; so most pairs never are, and the work grows about as the number of pictures does. Pairs that are
left are compared by their thumbnails, and then by themselves (`confirm`).
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from cnncli.pictures.fingerprint import HUE

Pairs = npt.NDArray[np.int64]  # (M, 2), the first below the second

# Correlations from which on two pictures are taken for one, of their thumbnails and then of their pixels. Of glyphs on
# flat paper much is alike in any two: of MNIST's 60,000 training images two come to 0.9911, and one saved as JPEG of
# quality 75 to 0.9936, 99 in 100 to 0.9958. Pairs of CIFAR-10's 60,000 photos that come to these are the same photo.
_THUMBS = 0.993
_FLAT_PICTURES, _PICTURES, _IN_COLOUR = 0.995, 0.975, 0.95
_FLAT_SHARE = 0.3  # of the pixels that have about one grey, from which on a picture is flat
_BINS = 32
_DETAIL = 64  # pixels of the longer side, by which pictures are compared at last
_DIRECTIONS = 36
_LEAST = 0.03  # deviation along a direction; along those with less the noise of two alike ones decides the signs
_ITERATIONS = 8
_BANDS = 3
_FEW, _ROWS = 3000, 512  # thumbnails of which each is compared with each, and so many at a time
_STEP = 12
_SAMPLE = 4000  # thumbnails that the directions are found from
_MOST_PAIRS = 40_000_000  # that share a band; of more, as of thousands of nearly empty pages, the rest is left
_AT_ONCE = 1 << 18  # pairs
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as thumbnails have it
_FLAT = 2.0  # deviation of a thumbnail's pixels, below which it says nothing


def alike(thumbs: npt.NDArray[np.uint8]) -> tuple[Pairs, bool]:
    """(pairs of thumbnails that are nearly the same, whether all pairs were looked at that had to be).

    thumbs : uint8 (N, pixels), all different pictures
    """
    spread = np.array([thumb.std() for thumb in thumbs])
    there = np.flatnonzero(spread >= _FLAT)
    if len(there) < 2:
        return np.zeros((0, 2), np.int64), True
    if len(there) <= _FEW:
        return there[_each_with_each(thumbs[there])], True
    directions = _directions(thumbs[there[:: -(-len(there) // _SAMPLE)]])
    places = np.empty((len(there), directions.shape[1]), np.float32)
    for start in range(0, len(there), _SAMPLE):
        places[start : start + _SAMPLE] = _unit(thumbs[there[start : start + _SAMPLE]]) @ directions
    found, is_whole = _near(places)
    kept = []
    for start in range(0, len(found), _AT_ONCE // 16):
        some = found[start : start + _AT_ONCE // 16]
        one, other = (_unit(thumbs[there[some[:, side]]]) for side in (0, 1))
        kept.append(some[(one * other).sum(axis=1) >= _THUMBS])
    pairs = there[np.concatenate(kept)] if kept else np.zeros((0, 2), np.int64)
    return pairs, is_whole


def confirm(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> bool:
    """Whether two pictures are nearly the same, pixel by pixel; uint8 (H, W, 3) of one size.

    One may be grey and the other in colour. Where both have colours, these have to be about the same too, so that
    a red and a green circle are two.
    """
    greys = [(image @ _LUMA).round().astype(np.uint8).reshape(1, -1) for image in (one, other)]
    is_flat = max(_share_of_one_grey(grey) for grey in greys) > _FLAT_SHARE
    if _correlation(*greys) < (_FLAT_PICTURES if is_flat else _PICTURES):
        return False
    has_colours = all(np.quantile(np.ptp(image.astype(np.int16), axis=2), 0.99) > HUE for image in (one, other))
    return not has_colours or _correlation(one.reshape(1, -1), other.reshape(1, -1)) >= _IN_COLOUR


def _correlation(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    return float((_unit(one) * _unit(other)).sum())


def _share_of_one_grey(grey: npt.NDArray[np.uint8]) -> float:
    return float(np.bincount(grey.ravel() // (256 // _BINS)).max() / grey.size)


def detail_size(height: int, width: int) -> tuple[int, int]:
    """(height, width) in which a picture is compared with another one of its proportions.

    >>> detail_size(28, 28), detail_size(3000, 4000)
    ((28, 28), (48, 64))
    """
    factor = min(1.0, _DETAIL / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def _unit(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Rows without their mean, of length 1: what a change of brightness and contrast leaves."""
    values = rows.astype(np.float32)
    values -= values.mean(axis=1, keepdims=True)
    lengths = np.sqrt((values * values).sum(axis=1, keepdims=True))
    found: npt.NDArray[np.float32] = values / np.maximum(lengths, np.float32(1e-6))
    return found


def _each_with_each(thumbs: npt.NDArray[np.uint8]) -> Pairs:
    """Pairs of few thumbnails: every one is compared with every other."""
    rows, found = _unit(thumbs), [np.zeros((0, 2), np.int64)]
    for start in range(0, len(rows), _ROWS):
        near = np.argwhere(rows[start : start + _ROWS] @ rows[start:].T >= _THUMBS) + start
        found.append(near[near[:, 0] < near[:, 1]])
    return np.concatenate(found)


def _directions(sample: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(pixels, directions): along these, which are orthogonal, a sample of thumbnails differs most."""
    rows = _unit(sample)
    products = (rows.T @ rows).astype(np.float64) / len(rows)
    # Orthogonal iteration (Golub & Van Loan, Matrix Computations, 8.2.4): all eigenvectors take seconds if it is busy.
    basis = np.random.default_rng(0).normal(size=(len(products), min(len(products), _DIRECTIONS + 12)))
    for _ in range(_ITERATIONS):
        basis, _ = np.linalg.qr(products @ basis)
    squares, vectors = np.linalg.eigh(basis.T @ products @ basis)
    kept = max(1, min(_DIRECTIONS, int((squares > _LEAST**2).sum())))
    return np.ascontiguousarray((basis @ vectors)[:, ::-1][:, :kept]).astype(np.float32)


def _near(places: npt.NDArray[np.float32]) -> tuple[Pairs, bool]:
    """Pairs that share a band and lie near each other; and whether none was left for their number.

    places : float32 (N, directions), coordinates of vectors of length 1
    """
    count, directions = places.shape
    bits = min(directions, max(2, int(count).bit_length() - 3))
    middle = np.median(places, axis=0)
    limit = 2 * (1 - _THUMBS)  # of the squared distance of two such vectors
    found: list[Pairs] = []
    left = _MOST_PAIRS
    for band in range(_BANDS):
        chosen = sorted(range(directions), key=lambda place: (place % _BANDS != band, place))[:bits]
        own = places[:, chosen] - middle[chosen]
        keys = ((own > 0) << np.arange(bits)).sum(axis=1).astype(np.int64)
        order = np.argsort(keys, kind="stable")
        weakest = np.argsort(np.abs(own), axis=1)[:, :2]
        alone = [1 << weakest[:, place] for place in range(weakest.shape[1])]
        flips = [np.zeros(count, np.int64), *alone, *([alone[0] | alone[1]] if len(alone) == 2 else [])]
        for flip in flips:
            for pairs in _matches(keys[order], order, keys ^ flip):
                if left <= 0:
                    return _unique(found, count), False
                left -= len(pairs)
                apart = np.zeros(len(pairs), np.float32)
                for start in range(0, directions, _STEP):  # most pairs part in the first few
                    step = places[pairs[:, 0], start : start + _STEP] - places[pairs[:, 1], start : start + _STEP]
                    apart += (step * step).sum(axis=1)
                    pairs, apart = pairs[apart <= limit], apart[apart <= limit]
                if len(pairs):
                    found.append(np.sort(pairs, axis=1))
    return _unique(found, count), True


def _matches(
    keys: npt.NDArray[np.int64], order: npt.NDArray[np.int64], asked: npt.NDArray[np.int64]
) -> Iterator[Pairs]:
    """(number, number of one with the key that it asks for), some at once; no number with itself.

    keys : sorted; order : the numbers that have them; asked : of each number
    """
    first, end = np.searchsorted(keys, asked, side="left"), np.searchsorted(keys, asked, side="right")
    counts = end - first
    start = 0
    while start < len(asked):
        sums = np.cumsum(counts[start:])
        stop = start + max(1, int(np.searchsorted(sums, _AT_ONCE, side="right")))
        some = counts[start:stop]
        who = np.repeat(np.arange(start, stop), some)
        offsets = np.arange(len(who)) - np.repeat(np.cumsum(some) - some, some)
        pairs = np.stack([who, order[np.repeat(first[start:stop], some) + offsets]], axis=1)
        yield pairs[pairs[:, 0] != pairs[:, 1]]
        start = stop


def _unique(found: list[Pairs], count: int) -> Pairs:
    if not found:
        return np.zeros((0, 2), np.int64)
    every = np.concatenate(found)
    codes = np.unique(every[:, 0] * count + every[:, 1])
    return np.stack([codes // count, codes % count], axis=1)
