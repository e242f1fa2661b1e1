"""What the changes of training images take from the images: what lies beyond their edges, and what is painted over."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli._core import MOST_AUGMENTED_VALUES
from cnncli.augmentation import Augmentation
from cnncli.errors import UsageError
from cnncli.layers.arrays import Shape
from cnncli.shown import format_shape

_LOOKED_AT = 2048  # images, evenly spaced: enough to see whether there is a background
_ALIKE = 255 / 32  # levels by which pixels of one background may differ
_SHARE = 0.5  # of the border's pixels that have to be alike


def augmentation_source(images: npt.NDArray[Any], only: npt.NDArray[np.int64] | None = None) -> dict[str, Any]:
    """As the core takes it. The border pixels of the images show whether there is one background: if at least half
    of them are within 8 levels of their median, pixels from beyond an edge have it, and erased ones too; if not, images
    are mirrored at their edges, and erased is with their mean.

    images : uint8 or float32 (N, C, H, W), N >= 1
    only : int64, those that count; None: all

    >>> white_on_black = np.zeros((2, 1, 5, 5), np.uint8)
    >>> white_on_black[:, :, 2, 2] = 255
    >>> source = augmentation_source(white_on_black)
    >>> source["fill"], source["mirrored"]
    ([0.0], False)
    """
    count = len(images) if only is None else len(only)
    places = np.linspace(0, count - 1, min(count, _LOOKED_AT)).astype(np.int64)
    some = images[places if only is None else only[places]]
    low, span = 0.0, 255.0
    levels = some.astype(np.float64)
    if some.dtype != np.uint8:
        finite = levels[np.isfinite(levels)]
        if finite.size:
            low = float(np.float32(finite.min()))
            span = float(np.float32(finite.max() - finite.min())) or 1.0
        levels = np.clip((np.nan_to_num(levels, nan=low) - low) * (255 / span), 0, 255)
    border = np.concatenate(
        [levels[:, :, 0], levels[:, :, -1], levels[:, :, :, 0], levels[:, :, :, -1]], axis=2
    ).swapaxes(0, 1)
    border = border.reshape(len(border), -1)
    background = np.round(np.median(border, axis=1))
    has_background = bool(np.all(np.mean(np.abs(border - background[:, None]) <= _ALIKE, axis=1) >= _SHARE))
    mean = np.round(levels.mean(axis=(0, 2, 3)))
    return {
        "fill": background.tolist(),
        "erase": (background if has_background else mean).tolist(),
        "mirrored": not has_background,
        "low": low,
        "span": span,
    }


def check_images(augmentation: Augmentation, shape: Shape) -> None:
    """Raises UsageError where samples of a shape are no images, or so small that nothing of them would be left."""
    if len(shape) != 3:
        raise UsageError(
            f"augmentation: {augmentation.words}, but samples of shape {tuple(shape)} are no images; leave it out"
        )
    if shape[0] * (shape[1] + 3) * (shape[2] + 3) > MOST_AUGMENTED_VALUES:
        raise UsageError(
            f"augmentation: {augmentation.words}, but images of {format_shape(shape)} are too large for it; use "
            f"at most {MOST_AUGMENTED_VALUES:,} values with a border of three, or leave it out"
        )
    augmentation.check_size(shape[1], shape[2])
