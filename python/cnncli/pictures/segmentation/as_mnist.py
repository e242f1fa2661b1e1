"""Whether images lie as MNIST's digits do, many at once: paper of 0, ink in a box of 20/28, centred by its mass."""

from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.pictures.segmentation.rim import rim_mask

Images = npt.NDArray[np.uint8]

_BOX_SHARE = 20 / 28  # MNIST: digits fitted to 20x20 in 28x28 (LeCun et al. 1998, section III.A)
_HAIRLINE_SHARE = 0.12  # of the ink's pixels; fewer have ink above and left of them in a line of one pixel
_AT_ONCE = 2048  # images; their float32 copies stay within the cache of a core


def lies_as_mnist(images: Images) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether the paper is 0 (or 255), and the glyph fills a box of 20/28, centred by its mass.

    Parameters
    ----------
    images : uint8 (N, C, H, W); with three channels only what is grey can lie so

    Returns
    -------
    (lies, is_dark) : bool (N,); whether the finder returns the image itself, and whether inverted

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III.A
    """
    lies, is_dark = np.zeros(len(images), np.bool_), np.zeros(len(images), np.bool_)
    for start in range(0, len(images), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        lies[part], is_dark[part] = _lie(images[part])
    return lies, is_dark


def box_side(side: int) -> int:
    """Pixels of a side that the digit takes."""
    return round(side * _BOX_SHARE)


def _lie(images: Images) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    count, channels, height, width = images.shape
    grey = np.ascontiguousarray(images[:, 0])
    around = grey.reshape(count, -1)[:, np.flatnonzero(rim_mask(height, width))]
    most = around.shape[1] // 2 + 1  # so many of one value make it the median
    is_dark = np.count_nonzero(around == 255, axis=1) >= most
    lies = is_dark | (np.count_nonzero(around == 0, axis=1) >= most)
    if channels > 1:
        lies &= (images == images[:, :1]).all(axis=(1, 2, 3))
    if not lies.any():  # as most pictures, which may be large
        return lies, is_dark
    light = np.where(is_dark[:, None, None], np.subtract(np.uint8(255), grey), grey) if is_dark.any() else grey
    columns = light.max(axis=1)
    rows = np.ascontiguousarray(light.transpose(2, 0, 1)).max(axis=0)  # half the time of max(axis=2)
    lies &= columns.max(axis=1) >= 128
    tall, wide = _extent(rows), _extent(columns)
    box_height, box_width = box_side(height), box_side(width)
    lies &= (tall <= box_height) & (wide <= box_width) & ((tall >= box_height - 2) | (wide >= box_width - 2))
    down, right = _from_centre(light)
    return lies & (np.abs(down) <= 1) & (np.abs(right) <= 1) & ~_is_hairline(light), is_dark


def _is_hairline(light: Images) -> npt.NDArray[np.bool_]:
    """Whether the stroke is one pixel wide and hard, which the finder widens, for each (H, W)."""
    mask = light > 0
    beside = mask[:, :, 1:] & mask[:, :, :-1]
    squares: npt.NDArray[np.int64] = (beside[:, 1:] & beside[:, :-1]).sum(axis=(1, 2))
    inked: npt.NDArray[np.int64] = mask.sum(axis=(1, 2))
    return squares < _HAIRLINE_SHARE * inked


def _extent(profile: Images) -> npt.NDArray[np.int64]:
    """From the first to the last that is not 0 in each row of (N, side); all of it where there is none."""
    inked = profile > 0
    first, last = inked.argmax(axis=1), profile.shape[1] - 1 - inked[:, ::-1].argmax(axis=1)
    extent: npt.NDArray[np.int64] = last - first + 1
    return extent


def _from_centre(light: Images) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """How far the centre of mass of each (H, W) is above and left of the middle, in whole pixels."""
    _, height, width = light.shape
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    is_exact = 255 * height * width * max(height, width) < 1 << 24  # in float32, which is twice as fast
    kind = np.dtype(np.float32 if is_exact else np.float64)
    weights: npt.NDArray[Any] = np.stack([np.ones_like(x), y, x], axis=-1).reshape(-1, 3).astype(kind)
    flat: npt.NDArray[Any] = light.reshape(len(light), -1).astype(kind)
    total, down, right = np.maximum((flat @ weights).T.astype(np.float64), 1e-6)
    return np.round(height / 2 - (down / total + 0.5)), np.round(width / 2 - (right / total + 0.5))
