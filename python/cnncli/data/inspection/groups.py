"""Which pictures of a data set are the same, or nearly so."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnncli.data.inspection.alike import Pairs, alike, confirm, detail_size
from cnncli.data.inspection.looks import Looks
from cnncli.errors import DataError

_MOST_COMPARED = 4000  # pairs of pictures that are read again
_PROPORTIONS = 1.03  # of two pictures that are one, by how much they may differ

Reader = Callable[[int], Image.Image]


@dataclass(frozen=True)
class Groups:
    """equal : each the numbers of pictures that are the same pixel by pixel, ascending
    alike : those that are nearly the same, such as a picture and itself saved again; of equal ones the first
    is_whole : whether all pairs were compared that had to be
    """

    equal: list[tuple[int, ...]]
    alike: list[tuple[int, ...]]
    is_whole: bool


def find_groups(looks: Looks, read: Reader) -> Groups:
    """Groups of two pictures or more. Pictures of one colour are in none: they are all the same, and told as such.

    read : the picture of a number, "L" or "RGB"
    """
    usable = np.flatnonzero(looks.is_read & ~looks.is_constant)
    _, first, inverse = np.unique(looks.digest[usable], return_index=True, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    ends = np.flatnonzero(np.diff(inverse[order])) + 1
    equal = [tuple(usable[np.sort(members)].tolist()) for members in np.split(order, ends) if len(members) > 1]
    different = np.sort(usable[first])
    pairs, is_whole = alike(looks.thumb[different])
    pairs = different[pairs] if len(pairs) else pairs
    kept = [pair for pair in pairs[:_MOST_COMPARED].tolist() if _is_same(looks, read, *pair)]
    is_whole = is_whole and len(pairs) <= _MOST_COMPARED
    return Groups(sorted(equal), _joined(kept), is_whole)


def _is_same(looks: Looks, read: Reader, one: int, other: int) -> bool:
    (height, width), (other_height, other_width) = looks.size[[one, other]].tolist()
    ratio = (height * other_width) / (width * other_height)
    if not 1 / _PROPORTIONS < ratio < _PROPORTIONS:
        return False
    smaller = min((height, width), (other_height, other_width))
    rows, columns = detail_size(*smaller)
    pixels: list[npt.NDArray[np.uint8]] = []
    try:
        for number in (one, other):
            image = read(number).convert("RGB")
            if image.size != (columns, rows):
                image = image.resize((columns, rows), Image.Resampling.BOX)
            pixels.append(np.asarray(image))
    except DataError:  # gone meanwhile
        return False
    return confirm(*pixels)


def _joined(pairs: Pairs | list[list[int]]) -> list[tuple[int, ...]]:
    """Pairs that share a picture as one group.

    >>> _joined([[1, 5], [2, 3], [5, 9]])
    [(1, 5, 9), (2, 3)]
    """
    leader: dict[int, int] = {}

    def find(number: int) -> int:
        while leader.setdefault(number, number) != number:
            leader[number] = number = leader[leader[number]]
        return number

    for one, other in pairs:
        low, high = sorted((find(one), find(other)))
        leader[high] = low
    groups: dict[int, list[int]] = {}
    for number in sorted(leader):
        groups.setdefault(find(number), []).append(number)
    return [tuple(members) for members in groups.values()]
