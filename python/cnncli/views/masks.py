"""Masks (kernels) over a picture: correlation, as layers compute it, and true convolution, which turns the mask."""

import math
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.errors import UsageError
from cnncli.nearest import same_but_for_case
from cnncli.shown import percent, shown
from cnncli.views.named_masks import MASKS

Mask = npt.NDArray[np.float64]

_WHITE = 0.995  # share of the values that are less than white
_LARGEST = 31  # rows or columns
_MOST = 1e6  # of a number
_ROWS_AT_ONCE = 256  # keeps the floats of a large photo in few megabytes


def read_mask(text: str) -> Mask:
    """A mask by its name, or its numbers: rows after `;`, numbers after spaces or commas, fractions such as 1/9.

    Returns float64 (rows, columns), both odd, so that the mask has a middle. Raises UsageError for anything else.

    >>> read_mask("0 -1 0; -1 5 -1; 0 -1 0")[1].tolist(), read_mask("1/4, 1/2, 1/4").tolist()
    ([-1.0, 5.0, -1.0], [[0.25, 0.5, 0.25]])
    """
    numbers = MASKS.get(same_but_for_case(text, MASKS), text)
    rows = [[_number(word) for word in re.split(r"[\s,]+", row.strip())] for row in _rows(numbers)]
    sizes = {len(row) for row in rows}
    if len(sizes) > 1:
        raise UsageError(f"mask {shown(text)}: rows of {_listed(sizes)} numbers; give every row as many")
    height, width = len(rows), sizes.pop()
    if height % 2 == 0 or width % 2 == 0 or max(height, width) > _LARGEST:
        raise UsageError(
            f"mask {shown(text)}: is {height}x{width}; use odd numbers of rows and columns, up to {_LARGEST}, "
            "so that it has a middle"
        )
    return np.array(rows)


def _rows(text: str) -> list[str]:
    rows = [row for row in re.split(r"[;\n]", text) if row.strip()]
    if not rows or not re.search(r"\d", text):
        raise UsageError(
            f'mask {shown(text)}: unknown; use one of {", ".join(MASKS)}, or numbers such as "0 -1 0; -1 5 -1; 0 -1 0"'
        )
    return rows


def _number(word: str) -> float:
    try:
        number = float(Fraction(word)) if "/" in word else float(word)
    except (ValueError, ZeroDivisionError, OverflowError):
        number = math.nan
    if not abs(number) <= _MOST:
        raise UsageError(f"mask: {shown(word)} is no number; use numbers of at most 1e6 such as -1, 0.5 or 1/9")
    return number


def _listed(numbers: set[int]) -> str:
    return " and ".join(map(str, sorted(numbers)))


def correlated(picture: npt.ArrayLike, mask: Mask, border: str = "repeat") -> npt.NDArray[np.float32]:
    """y[p, q] = sum over i, j of mask[i, j] * x[p + i - h, q + j - w], with (h, w) the middle of the mask.

    This is what convolutional layers compute.

    picture : (H, W) or (H, W, channels), any numbers
    border : what lies outside of the picture: "repeat" its outermost pixels, "zero", or "none", which gives a result
        smaller by 2h and 2w

    Returns float32 of the picture's shape, or smaller; UsageError if the mask does not fit in.
    """
    pixels = np.asarray(picture)
    middle = mask.shape[0] // 2, mask.shape[1] // 2
    if border == "none" and (pixels.shape[0] < mask.shape[0] or pixels.shape[1] < mask.shape[1]):
        raise UsageError(
            f"mask of {mask.shape[0]}x{mask.shape[1]}: does not fit into a picture of {pixels.shape[0]}x"
            f"{pixels.shape[1]} without a border; use another border"
        )
    return np.concatenate([_band(pixels, mask, middle, border, *band) for band in _bands(pixels, middle, border)])


def convolved(picture: npt.ArrayLike, mask: Mask, border: str = "repeat") -> npt.NDArray[np.float32]:
    """y[p, q] = sum over i, j of mask[i, j] * x[p - i + h, q - j + w]: true convolution, as signal theory has it.

    The same as `correlated` with the mask turned by 180 degrees.
    """
    return correlated(picture, mask[::-1, ::-1], border)


FORMS = {"correlation": correlated, "convolution": convolved}


def forms_of(mask: Mask) -> list[str]:
    """The forms that differ: of a mask that turning by 180 degrees does not change, the first."""
    return list(FORMS)[: 1 if np.array_equal(mask, mask[::-1, ::-1]) else 2]


def _bands(pixels: npt.NDArray[np.generic], middle: tuple[int, int], border: str) -> Iterator[tuple[int, int]]:
    """(first row, end) of the input's middle pixels."""
    first = middle[0] if border == "none" else 0
    end = len(pixels) - first
    for start in range(first, end, _ROWS_AT_ONCE):
        yield start, min(end, start + _ROWS_AT_ONCE)


def _band(
    pixels: npt.NDArray[np.generic], mask: Mask, middle: tuple[int, int], border: str, start: int, end: int
) -> npt.NDArray[np.float32]:
    """The output of input rows `start` to `end`."""
    above, left = middle
    top, bottom = max(0, start - above), min(len(pixels), end + above)
    part = pixels[top:bottom].astype(np.float32)
    columns = 0 if border == "none" else left
    padding = [(top - start + above, end + above - bottom), (columns, columns)] + [(0, 0)] * (pixels.ndim - 2)
    part = np.pad(part, padding, mode="constant") if border == "zero" else np.pad(part, padding, mode="edge")
    wide = part.shape[1] - 2 * left
    total = np.zeros((end - start, wide, *part.shape[2:]), np.float32)
    for i, j in np.argwhere(mask != 0).tolist():
        total += np.float32(mask[i, j]) * part[i : i + end - start, j : j + wide]
    return total


def values_of(mask: Mask) -> str:
    """How values are best shown, see `as_picture`: of masks that add up to 0, and so find differences, their size."""
    return "size" if abs(mask.sum()) < 1e-6 * np.abs(mask).sum() else "cut"


def as_picture(values: npt.NDArray[np.float32], way: str) -> tuple[npt.NDArray[np.uint8], str]:
    """Values as pixels, and in words how.

    way : "cut", to 0 and 255; "signed", 128 + value / 2, so that 0 is middle grey; "size", |value|, so much brighter
        that one in 200 is white
    """
    if way == "size":
        sizes = np.abs(values)
        white = float(np.quantile(sizes, _WHITE)) or float(sizes.max()) or 1.0
        return _bytes(np.float32(255 / white) * sizes), f"black is 0, white {white:.3g} or more, whatever the sign"
    shown = values / 2 + 128 if way == "signed" else values
    below, above = float((shown < 0).mean()), float((shown > 255).mean())
    cut = [f"{percent(share, 1)} cut off {side}" for side, share in (("below", below), ("above", above)) if share > 0]
    words = ["middle grey is 0"] if way == "signed" else []
    return _bytes(shown), ", ".join([*words, *(cut or ["nothing cut off"])])


def _bytes(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    pixels: npt.NDArray[np.uint8] = np.rint(np.clip(values, 0, 255)).astype(np.uint8)
    return pixels
