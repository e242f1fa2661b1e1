"""Pictures cut to the ink itself, with no border of paper: ink is told from paper by its shape."""

import numpy as np
from PIL import Image

from cnncli.array_types import FloatArray
from cnncli.pictures.segmentation.connected import label_parts
from cnncli.pictures.segmentation.paper import highest, quantile, stroke_width
from cnncli.pictures.segmentation.rim import Mask

_LEAST_SEPARATED = 0.6  # share of the variance that two levels explain
_THINNEST, _THICKEST = 0.05, 0.33  # stroke width over the picture's larger side
_LARGEST_SQUARE = 0.36  # its side over the root of the picture's area
_FILLED = 0.6  # a stroke with such a square in it takes at most this share of the picture
_MOST_OF_BORDER = 0.6  # ink takes at most this share of the outermost pixels
_WORTH_COUNTING = 0.01  # share of the picture; smaller parts are noise


def ink_of_cutout(grey: FloatArray, dark_ink: bool | None) -> tuple[FloatArray, bool] | None:
    """(ink, is it dark?) if a stroke touches all four sides of the picture, else None.

    Two levels are told apart. Ink hangs together, paper is cut into parts by it: the level with fewer parts is
    ink. If both have as many, the corners decide (ink rarely fills one), then the smaller area.

    Source: Otsu 1979, "A threshold selection method from gray-level histograms" (the two levels)
    """
    threshold, separated = _two_levels(grey)
    if separated < _LEAST_SEPARATED:
        return None
    low, high = quantile(grey, 0.03), quantile(grey, 0.97)
    choices = []
    for dark in (True, False):
        mask = grey < threshold if dark else grey >= threshold
        if dark_ink is None or dark_ink == dark:
            parts = _main_parts(mask)
            corners = int(mask[0, 0]) + int(mask[0, -1]) + int(mask[-1, 0]) + int(mask[-1, -1])
            paper_around = corners <= 2 and _share_of_border(mask) <= _MOST_OF_BORDER
            if parts and paper_around and _touches_all_sides(parts[0]) and _is_stroke(mask, parts[0]):
                choices.append((len(parts) - len(_main_parts(~mask)), corners, float(mask.mean()), dark))
    if not choices:
        return None
    dark = min(choices)[3]
    ink = (high - grey) / (high - low) if dark else (grey - low) / (high - low)
    # A soft edge reaches far: the paper's level is where ink begins, and half of the way is ink.
    ink = ((ink - 0.25) / 0.6).clip(0, 1)
    return ink.astype(np.float32), dark


def _two_levels(grey: FloatArray) -> tuple[float, float]:
    """(the threshold that tells the two levels apart best, share of the variance that they explain)."""
    counts = np.bincount(grey.clip(0, 255).astype(np.uint8).reshape(-1), minlength=256).astype(np.float64)
    share = counts.cumsum() / counts.sum()
    first = (counts * np.arange(256)).cumsum() / counts.sum()
    mean, total = first[-1], float((counts * (np.arange(256) - first[-1]) ** 2).sum() / counts.sum())
    if total < 25:
        return 0.0, 0.0
    below = share[:-1]
    between = (mean * below - first[:-1]) ** 2 / np.maximum(below * (1 - below), 1e-9)
    best = int(between.argmax())
    return best + 1.0, float(between[best] / total)


def _main_parts(mask: Mask) -> list[Mask]:
    """The connected parts that are worth counting, the largest first."""
    side = max(mask.shape)
    if side > 96:  # few pixels are enough to count
        ratio = 96 / side
        size = max(1, round(mask.shape[1] * ratio)), max(1, round(mask.shape[0] * ratio))
        mask = np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BOX)) > 127
    labels, count = label_parts(mask)
    sizes = np.bincount(labels.reshape(-1), minlength=count + 1)[1:]
    order = [index for index in np.argsort(-sizes).tolist() if sizes[index] >= _WORTH_COUNTING * mask.size]
    return [labels == index + 1 for index in order]


def _share_of_border(mask: Mask) -> float:
    return float(np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]]).mean())


def _touches_all_sides(mask: Mask) -> bool:
    return bool(mask[:2].any() and mask[-2:].any() and mask[:, :2].any() and mask[:, -2:].any())


def _is_stroke(mask: Mask, part: Mask) -> bool:
    """Whether twice the area over the outline's length is a pen's width, and the part is no filled area.

    The lit middle of a page with dark corners touches all sides too.
    """
    if not _THINNEST <= stroke_width(mask) / max(mask.shape) <= _THICKEST:
        return False
    if part.mean() <= _FILLED:
        return True
    reach = max(1, round(_LARGEST_SQUARE / 2 * (part.size**0.5)))
    return not (highest((~part).astype(np.float32), reach) == 0).any()
