"""The light on a page, and how dark the ink is against it."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnncli.array_types import FloatArray

_WIDEST = 7.0  # mm, strokes that are filled to see the paper below
_SMOOTH = 0.5  # mm, over which the light is averaged
_COARSE = 3.0  # pixels a mm, at which the light is looked at
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def paper_light(page: FloatArray, per_mm: float) -> FloatArray:
    """The light of the paper at every pixel of a page, as if nothing stood on it; (H, W) or (H, W, C).

    A closing: of every neighbourhood of 7 mm the lightest, then of these the darkest. What is narrower than that
    vanishes, while an edge of a shadow stays where it is.
    """
    height, width = page.shape[:2]
    small = (max(1, round(width / per_mm * _COARSE)), max(1, round(height / per_mm * _COARSE)))
    planes = page[..., None] if page.ndim == 2 else page
    result = np.empty_like(planes)
    reach = round(_WIDEST * _COARSE) // 2
    for channel in range(planes.shape[2]):
        coarse = np.asarray(Image.fromarray(planes[..., channel]).resize(small, Image.Resampling.BOX))
        light = smoothed(-_lightest(-_lightest(coarse, reach), reach), 2 * round(_SMOOTH * _COARSE / 2) + 1)
        result[..., channel] = np.asarray(Image.fromarray(light).resize((width, height), Image.Resampling.BILINEAR))
    return result.reshape(page.shape)


def darkness(page: FloatArray, light: FloatArray) -> FloatArray:
    """How much of the paper's light ink takes, (H, W), 0 to 1: half by lightness, half by the channel it takes most.

    So yellow counts, which hardly darkens, and the noise of one channel does not count whole.

    page, light : (H, W, 3)
    """
    taken = page / np.maximum(light, np.float32(1))
    np.subtract(np.float32(1), taken, out=taken)
    np.clip(taken, 0, 1, out=taken)
    most = np.maximum(np.maximum(taken[..., 0], taken[..., 1]), taken[..., 2])  # ten times as quick as max(axis=2)
    return np.asarray(np.float32(0.5) * (taken @ _LUMA + most), np.float32)


def smoothed(values: FloatArray, size: int) -> FloatArray:
    """Means over `size` values along the last two axes, an odd number; the edge counts further out, too."""
    reach = size // 2
    for axis in (-2, -1):
        padded = _padded(values, reach, axis)
        count = values.shape[axis]
        if size <= 5:
            values = sum(_cut(padded, axis, step, step + count) for step in range(size)) / np.float32(size)
            continue
        sums = np.cumsum(padded, axis=axis, dtype=np.float64)
        total = _cut(sums, axis, size - 1, size - 1 + count).copy()
        _cut(total, axis, 1, count)[:] -= _cut(sums, axis, 0, count - 1)
        values = (total / size).astype(np.float32)
    return values


def _padded(values: FloatArray, reach: int, axis: int) -> FloatArray:
    widths = [(0, 0)] * values.ndim
    widths[axis] = (reach, reach)
    return np.pad(values, widths, mode="edge")


def _cut(values: Any, axis: int, start: int, stop: int) -> Any:
    view = [slice(None)] * values.ndim
    view[axis] = slice(start, stop)
    return values[tuple(view)]


def _lightest(values: FloatArray, reach: int) -> FloatArray:
    """The largest value within `reach` down and across, in steps of 1, 2, 4, ... (van Herk's idea, made simple)."""
    for axis in (-2, -1):
        padded = _padded(values, reach, axis)
        length = 1
        while length < 2 * reach + 1:
            step = min(length, 2 * reach + 1 - length)
            size = padded.shape[axis]
            padded = np.maximum(_cut(padded, axis, 0, size - step), _cut(padded, axis, step, size))
            length += step
        values = padded
    return values


def as_grey(pixels: npt.NDArray[Any]) -> FloatArray:
    """(H, W, 3) bytes or floats as grey levels."""
    return np.asarray(pixels.astype(np.float32) @ _LUMA, np.float32)
