"""The bits of the corner marks: which corner of which paper a mark stands in, and how it is turned."""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.bool_]

_SIDE = 5
_MOST_WRONG = 3

# 1 is dark; of each paper the corners in the order of layout.CORNERS. Any two of them, turned by any quarters or
# mirrored, differ in at least 9 bits, as does each from itself turned: with 3 wrong bits none is taken for another.
_WORDS = {
    "a4": (
        "00001 10111 10100 00010 01100",
        "00001 00110 10011 00101 11101",
        "10101 10011 11101 01011 01001",
        "00010 01111 11100 00001 10000",
    ),
    "letter": (
        "11010 00100 00111 01111 01100",
        "00001 01101 00101 10111 01011",
        "11010 10010 11000 01010 01100",
        "11101 11000 10001 11101 01000",
    ),
}


class ReadMark(NamedTuple):
    """turns : quarters by which the bits must be turned counterclockwise to stand upright; wrong : bits mended"""

    paper: str
    corner: int
    turns: int
    is_mirrored: bool
    wrong: int


def word(paper: str, corner: int) -> Bits:
    """The dark bits of a mark, (5, 5)."""
    return np.array([digit == "1" for digit in _WORDS[paper][corner] if digit != " "]).reshape(_SIDE, _SIDE)


@cache
def _turned_words() -> tuple[list[tuple[str, int, int, bool]], Bits]:
    """(paper, corner, turns, mirrored) and the bits as a photograph shows them, (64, 25)."""
    known = [
        (paper, corner, turns, is_mirrored)
        for paper in _WORDS for corner in range(4) for turns in range(4) for is_mirrored in (False, True)
    ]  # fmt: skip
    seen = []
    for paper, corner, turns, is_mirrored in known:
        bits = word(paper, corner)
        seen.append(np.rot90(bits[:, ::-1] if is_mirrored else bits, -turns).reshape(-1))
    return known, np.array(seen)


def wrong_bits(bits: Bits) -> npt.NDArray[np.int64]:
    """In how many bits each of (N, 25) differs from each mark in each turn, (N, 64)."""
    words = _turned_words()[1].astype(np.int64)
    seen = bits.astype(np.int64)
    return np.asarray(words.sum(axis=1) + seen.sum(axis=1)[:, None] - 2 * seen @ words.T)


def read_word(bits: Bits) -> ReadMark | None:
    """The mark whose bits 5 x 5 bits of a photograph are, with up to 3 of them wrong.

    >>> read_word(np.rot90(word("a4", 2), -1))
    ReadMark(paper='a4', corner=2, turns=1, is_mirrored=False, wrong=0)
    """
    wrong = wrong_bits(bits.reshape(1, -1))[0]
    best = int(wrong.argmin())
    return ReadMark(*_turned_words()[0][best], int(wrong[best])) if wrong[best] <= _MOST_WRONG else None
