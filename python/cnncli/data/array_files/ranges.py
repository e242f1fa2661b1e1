"""Pixels of any kind of number as bytes: what their range means is found from all parts of a set together."""

from collections.abc import Mapping

import numpy as np

from cnncli.array_types import Array
from cnncli.data.dataset import Images, Note
from cnncli.errors import DataError

_ROUNDING = 1e-3  # floats that were 1 before somebody calculated with them
_TOPS = (1023, 4095, 65535)  # of 10, 12 and 16 bits, as `picture_file` takes them
_MOST_STRAY = 511
_DARK = 32  # bytes that stay below are dark pictures, or numbers of another scale
_INKED = 0.01  # share of pixels that are 1, the others 0, from which these are black and white
_MOST_SHARE = 2  # floats above are no shares of 1 that somebody sharpened or cubically resized
_CHUNK = 1 << 22  # values that are converted at once, so that float64 copies stay small


def to_bytes(where: str, arrays: Mapping[str, Array], is_8x8: bool = False) -> tuple[dict[str, Images], list[Note]]:
    """Converts the pixels of each part to uint8, all by the same rule.

    The rules, by the least and the highest value of all: True and False, 0 and 1 or 0 to 1 -> times 255; -1 to 1 and
    -0.5 to 0.5 -> shifted and scaled; whole numbers 0 to 15 or 0 to 16 -> scaled; 0 to 255 -> rounded; whole numbers
    up to 65,535 -> 10, 12 or 16 bits, by the highest; up to 511 it is not known. Images of 8x8 up to 16 are of the
    form of UCI's digits, which count the ink in 4x4 pixels: 16 is full, even if no pixel is.

    Parameters
    ----------
    where : the file, for messages
    arrays : numbers or truth values of any shape, by part
    is_8x8 : whether they are images of this size

    Returns
    -------
    (uint8 arrays of the same shapes, C-contiguous, by part; what was converted)

    Raises
    ------
    DataError : NaN or infinite pixels, or a range that has no meaning or more than one
    """
    there = [array for array in arrays.values() if array.size]
    if not there:
        return {part: np.zeros(array.shape, np.uint8) for part, array in arrays.items()}, []
    if all(array.dtype == np.bool_ for array in there):
        return _scaled(arrays, 0, 255), [Note("converted", "converted: True and False to bytes, 255 and 0")]
    low, high = (float(pick([float(pick(array)) for array in there])) for pick in (np.min, np.max))
    if not np.isfinite(low) or not np.isfinite(high):
        raise DataError(f"{where}: holds NaN or infinite pixels; replace them, and save bytes from 0 to 255")
    _refuse_mixture(where, arrays)
    whole = high > 1 and all(_is_whole(array) for array in there)
    kind = "whole numbers" if whole or all(array.dtype.kind in "iub" for array in there) else "floats"
    if whole and low >= 0 and high <= 16 and is_8x8:
        text = "converted: whole numbers from 0 to 16 to bytes (images of 8x8)"
        return _scaled(arrays, 0, 255 / 16), [Note("converted", text)]
    if whole and low >= 0 and high <= 255 and high not in (15, 16):
        note = Note("converted", "converted: floats from 0 to 255 to bytes")
        is_float = any(array.dtype.kind == "f" for array in there)
        notes = [note] if is_float else []
        if high < _DARK:
            notes.append(Note("converted", f"pixels go from {low:g} to {high:g} only, and are taken as 0 to 255"))
        return {part: _cast(array) for part, array in arrays.items()}, notes
    for least, most in _ranges(low, high, whole):
        scale = 255 / (most - least)
        text = f"converted: {kind} from {least:g} to {most:g} to bytes"
        return _scaled(arrays, least, scale), [Note("converted", text)]
    raise DataError(
        f"{where}: pixels are {kind} from {low:g} to {high:g}, whose black and white are not known; save them as "
        "bytes from 0 to 255, or as floats from 0 to 1"
    )


def _ranges(low: float, high: float, whole: bool) -> list[tuple[float, float]]:
    """The range that the numbers were made for; none or one."""
    if low >= -_ROUNDING and high <= 1 + _ROUNDING:
        return [(0, 1)]
    if low < 0:
        for bound in (1.0, 0.5):
            near = low <= -0.8 * bound or (low < -0.5 and bound == 1.0)
            if near and low >= -bound - _ROUNDING and high <= bound + _ROUNDING:
                return [(-bound, bound)]
        return []
    if whole and high in (15, 16):
        return [(0, high)]
    if 16 < high <= 255 + _ROUNDING:
        return [(0, 255)]
    top = next((top for top in _TOPS if high <= top), None)
    if not whole or top is None or high <= _MOST_STRAY:
        return []  # 300 may be one wrong number among bytes
    return [(0, top)]


def _refuse_mixture(where: str, arrays: Mapping[str, Array]) -> None:
    """One part as shares of 1 and another as bytes, as where only one of them was divided by 255, or is 0 and 1."""
    tops = {part: float(array.max()) for part, array in arrays.items() if array.size}
    shares = [part for part, top in tops.items() if top <= 1 + _ROUNDING and _is_of_shares(arrays[part])]
    others = [part for part, top in tops.items() if top > _MOST_SHARE]
    if shares and others:
        raise DataError(
            f"{where}: pixels of {shares[0]} go up to {tops[shares[0]]:g}, those of {others[0]} up to "
            f"{tops[others[0]]:g}; scale both alike"
        )


def _is_of_shares(array: Array) -> bool:
    """Whether numbers up to 1 are shares of 1, or truth values; else they are dark bytes."""
    return not _is_whole(array) or bool(array.min() == 0 and array.mean() >= _INKED)


def _is_whole(array: Array) -> bool:
    if array.dtype.kind != "f":
        return True
    flat = array.reshape(-1)
    return all(
        bool((np.floor(piece) == piece).all())
        for piece in (flat[at : at + _CHUNK] for at in range(0, len(flat), _CHUNK))
    )


def _cast(array: Array) -> Images:
    return np.ascontiguousarray(array, np.uint8)


def _scaled(arrays: Mapping[str, Array], least: float, scale: float) -> dict[str, Images]:
    converted = {}
    for part, array in arrays.items():
        flat = np.ascontiguousarray(array).reshape(-1)
        values = np.empty(flat.shape, np.uint8)
        for at in range(0, len(flat), _CHUNK):
            piece = flat[at : at + _CHUNK].astype(np.float64)
            values[at : at + _CHUNK] = ((piece - least) * scale).round().clip(0, 255)
        converted[part] = values.reshape(array.shape)
    return converted
