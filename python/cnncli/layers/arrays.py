"""What people have (lists, uint8, float64) to what kernels take: float32, C-contiguous."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.array_types import FloatArray as FloatArray
from cnncli.errors import UsageError
from cnncli.shown import format_shape as format_shape

Shape = tuple[int, ...]

_LINE_BYTES = 64  # of a cache


def aligned_zeros(shape: Shape) -> FloatArray:
    """float32 zeros that begin at a multiple of 64 bytes: sixteen floats then lie in one line of the cache, not in two.

    >>> aligned_zeros((2, 3)).__array_interface__["data"][0] % 64
    0
    """
    values = math.prod(shape)
    room = np.zeros(4 * values + _LINE_BYTES, np.uint8)
    begin = -room.__array_interface__["data"][0] % _LINE_BYTES
    return room[begin : begin + 4 * values].view(np.float32).reshape(shape)


def in_batch(array: NDArray[Any], shape: Shape, *, channels_last: bool = False) -> NDArray[Any] | None:
    """`array` as (samples, *shape), or None if it holds no samples of that shape; a single one is a batch of one.

    Where images have one channel, its axis may be left out: the first of (channels, height, width), or the last.

    >>> in_batch(np.zeros((28, 28)), (1, 28, 28)).shape
    (1, 1, 28, 28)
    """
    forms = [shape]
    if len(shape) == 3 and shape[-1 if channels_last else 0] == 1:
        forms.append(shape[:2] if channels_last else shape[1:])
    for form in forms:
        if array.shape == form:
            return array.reshape(1, *shape)
        if array.shape[1:] == form:
            return array.reshape(len(array), *shape)
    return None


def as_float32(value: ArrayLike, name: str = "input") -> FloatArray:
    """`value` as a C-contiguous float32 array; the array itself, without a copy, if it is one already.

    Booleans, whole numbers and floats of any size are converted by value (a byte 255 becomes 255.0).
    Raises UsageError for anything else; `name` is how the message calls the value.
    """
    try:
        array: NDArray[Any] = np.asarray(value)
    except ValueError:
        raise UsageError(
            f"{name}: rows of different lengths; pass an array with one length per axis"
        ) from None
    if value is None:
        raise UsageError(f"{name}: is None; pass or return an array")
    if array.dtype.kind not in "fiub":
        kind = "text" if array.dtype.kind in "SU" else array.dtype.name
        raise UsageError(f"{name}: elements are {kind}, not numbers; pass integers or floats")
    return np.ascontiguousarray(array, dtype=np.float32)
