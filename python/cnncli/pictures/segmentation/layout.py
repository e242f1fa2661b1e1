"""The layout of MNIST's digits: strokes not too thin, fitted to 20/28 of the size, centred by mass."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from cnncli.array_types import FloatArray
from cnncli.pictures.segmentation.as_mnist import box_side, lies_as_mnist
from cnncli.pictures.segmentation.paper import stroke_width
from cnncli.pictures.segmentation.parts import EDGE

_THINNEST = 0.075  # stroke width over the digit's size: 1.5 pixels of 20; MNIST's pens are wider
_THINNEST_SMALL = 0.12  # of small crops, where a line of one pixel has gaps that a wider pen closes
_GAP = 0.7  # half of a gap in a thin line of a small crop that is closed, pixels
_FINE = 96  # pixels of a crop's side at which a thin stroke can be widened by less than a pixel of the result


def as_it_is(pixels: npt.NDArray[np.uint8], dark_ink: bool | None) -> tuple[npt.NDArray[np.uint8], bool] | None:
    """(the picture itself as light ink, uint8 (H, W), whether its ink is dark), if it is laid out as MNIST is.

    pixels : uint8 (H, W) or (H, W, 3)
    """
    planes = pixels[np.newaxis] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    lies, is_dark = (bool(found[0]) for found in lies_as_mnist(planes[np.newaxis]))
    if not lies or dark_ink not in (None, is_dark):
        return None
    return (np.subtract(np.uint8(255), planes[0]) if is_dark else np.ascontiguousarray(planes[0])), is_dark


def cropped(ink: FloatArray) -> FloatArray:
    """The box around the ink."""
    rows = np.flatnonzero((ink > EDGE).any(axis=1))
    columns = np.flatnonzero((ink > EDGE).any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def not_too_thin(ink: FloatArray) -> tuple[FloatArray, bool]:
    """Widens hairlines, which would fade to grey at 20x20, to the pens of MNIST.

    The stroke's width is twice its area over its outline's length. Small crops are made larger first: their
    strokes are widened by less than a pixel.
    """
    side = max(ink.shape)
    thinnest = _THINNEST_SMALL if side < _FINE // 2 else _THINNEST
    missing = thinnest * side - stroke_width(ink > 0.5)
    if missing < 1 and side >= _FINE // 2:  # nothing to gain
        return ink, False
    factor = 1
    if side < _FINE:
        if missing <= 0.12:
            return ink, False
        factor = -(-_FINE // side)
        height, width = ink.shape
        size = (width + 2) * factor, (height + 2) * factor
        large = Image.fromarray(np.pad(ink, 1)).resize(size, Image.Resampling.BICUBIC)
        ink = np.asarray(large, np.float32).clip(max=1)  # what is below 0 lies beside strokes, and is covered
    reach = min(round(missing * factor / 2) or 1, max(ink.shape))
    closed = round(_GAP * factor) if side < _FINE // 2 else 0  # a closing: first wider, then as much thinner again
    wide = Image.fromarray(np.pad(ink, reach + closed)).filter(ImageFilter.MaxFilter(2 * (reach + closed) + 1))
    if closed:
        wide = wide.filter(ImageFilter.MinFilter(2 * closed + 1))
    return np.asarray(wide, np.float32), True


def centred(ink: FloatArray, height: int, width: int) -> npt.NDArray[np.uint8]:
    """Fits the crop to the box and moves its centre of mass to the centre; uint8 (height, width)."""
    tall, wide = ink.shape
    ratio = min(box_side(height) / tall, box_side(width) / wide)
    size = (max(1, round(wide * ratio)), max(1, round(tall * ratio)))
    resized = Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC)
    fitted: FloatArray = np.asarray(resized, np.float32).clip(0, 1)
    fitted /= max(float(fitted.max()), 1e-6)
    top, left = _offsets(fitted, height, width)
    top, left = min(max(top, 0), height - size[1]), min(max(left, 0), width - size[0])
    pixels = np.zeros((height, width), np.uint8)
    pixels[top : top + size[1], left : left + size[0]] = (fitted * 255).round().astype(np.uint8)
    return pixels


def _offsets(ink: FloatArray, height: int, width: int) -> tuple[int, int]:
    """Where the top left corner goes so that the centre of mass is the centre of height x width."""
    total = float(ink.sum())
    row = float(ink.sum(axis=1) @ np.arange(ink.shape[0])) / total + 0.5
    column = float(ink.sum(axis=0) @ np.arange(ink.shape[1])) / total + 0.5
    return round(height / 2 - row), round(width / 2 - column)
