"""The paper under the ink: a smooth surface, or what remains of the picture once all strokes are filled."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnncli.array_types import FloatArray
from cnncli.pictures.segmentation.rim import Mask, rim_mask

LOWEST_CONTRAST = 10.0  # grey levels of 255; less than this is paper, noise and JPEG
_FIT_SIDE = 40  # the paper is fitted to about this many samples a side: six numbers need no more
_LOCAL_SIDE = 64  # samples a side of the local paper
_LOCAL_REACH = 0.35  # of the side: strokes narrower than this are filled


def fitted_paper(grey: FloatArray) -> tuple[FloatArray, float]:
    """(the paper's grey at each pixel, standard deviation of the paper around it).

    A constant, a plane, a quadratic surface are fitted by least squares to the border, then to everything within a
    few deviations of the last fit, so that ink drops out.
    """
    sparse = max(1, min(grey.shape) // _FIT_SIDE)
    samples = grey[::sparse, ::sparse].astype(np.float64)
    basis = _quadratic(*samples.shape)
    rim = rim_mask(*samples.shape)
    everywhere = np.ones_like(rim)
    surface = np.full(samples.shape, quantile(samples[rim], 0.5))
    noise = 0.0
    for terms, where in ((1, rim), (3, rim), (6, rim), (6, everywhere), (6, everywhere)):
        residual = samples - surface
        spread = 1.4826 * quantile(np.abs(residual[where]), 0.5)  # the deviation, for a normal distribution
        like_paper = where & (np.abs(residual) <= max(LOWEST_CONTRAST, 2.5 * spread))
        if np.count_nonzero(like_paper) < 4 * terms:
            break
        rows, values = basis[like_paper][:, :terms], samples[like_paper]
        weights = np.linalg.lstsq(rows.T @ rows, rows.T @ values, rcond=None)[0]  # normal equations: 6x6
        low, high = values.min(), values.max()  # no wild extrapolation under the ink
        surface = (basis[:, :, :terms] @ weights).clip(low, high)
        noise = float(np.std(values - surface[like_paper]))
    else:
        return (_quadratic(*grey.shape) @ weights).clip(low, high).astype(np.float32), noise
    return np.full(grey.shape, quantile(grey[rim_mask(*grey.shape)], 0.5), np.float32), noise


def local_paper(grey: FloatArray, dark: bool) -> tuple[FloatArray, float]:
    """(paper, noise) where light falls in no simple way, as at the edge of a shadow.

    Strokes are filled by a closing with a square: the largest grey within its reach, then the smallest of these.
    What is wider than the square, a shadow, stays, and so does the slope at its edge. Light ink: the negative.

    Source: Serra 1982, "Image analysis and mathematical morphology"
    """
    ratio = min(1.0, _LOCAL_SIDE / max(grey.shape))
    height, width = grey.shape
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    samples = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX), np.float32)
    if not dark:
        samples = -samples
    reach = max(1, round(_LOCAL_REACH / 2 * min(samples.shape)))
    # The picture goes on as at its edge: a dark corner is then as wide as any shadow.
    filled = -highest(-highest(np.pad(samples, reach, mode="edge"), reach), reach)[reach:-reach, reach:-reach]
    if not dark:
        filled = -filled
    paper = np.asarray(Image.fromarray(filled).resize((width, height), Image.Resampling.BILINEAR), np.float32)
    # The largest of many noisy values is too large: half of the picture is paper, and its ratio says by how much.
    paper = np.maximum(paper * quantile(grey / np.maximum(paper, 1), 0.5), 1)
    noise = 1.4826 * quantile(np.abs(grey - paper), 0.5)
    return paper, noise


def quantile(values: npt.NDArray[Any], share: float) -> float:
    """What `share` of the values do not exceed, linear in between; np.percentile and np.median would import numpy.ma.

    >>> quantile(np.array([4, 1, 2], np.uint8), 0.75)
    3.0
    """
    ordered = np.sort(values, axis=None)
    place = share * (len(ordered) - 1)
    low, high = float(ordered[int(place)]), float(ordered[math.ceil(place)])
    return low + (high - low) * (place - int(place))


def stroke_width(mask: Mask) -> float:
    """Twice the area over the outline's length, pixels; the picture's edge is outline too.

    >>> stroke_width(np.ones((2, 100), np.bool_)) < 2
    True
    """
    padded = np.pad(mask, 1)
    outline = np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(padded[:, 1:] != padded[:, :-1])
    return 2 * int(np.count_nonzero(padded)) / max(int(outline), 1)


def _quadratic(height: int, width: int) -> npt.NDArray[np.float64]:
    """1, x, y, x^2, xy, y^2 at each pixel, x and y from -1 to 1; (height, width, 6)."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def highest(values: FloatArray, reach: int) -> FloatArray:
    """The largest value within `reach` rows and columns; what lies outside the picture does not count."""
    for axis in (0, 1):
        result = values.copy()
        for shift in range(1, min(reach, values.shape[axis] - 1) + 1):
            one, other = [slice(None)] * 2, [slice(None)] * 2
            one[axis], other[axis] = slice(shift, None), slice(None, -shift)
            result[tuple(one)] = np.maximum(result[tuple(one)], values[tuple(other)])
            result[tuple(other)] = np.maximum(result[tuple(other)], values[tuple(one)])
        values = result
    return values
