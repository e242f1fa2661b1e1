"""The connected parts of the ink: dirt and frames are dropped, glyphs side by side are told apart."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from cnncli.array_types import FloatArray
from cnncli.pictures.segmentation.connected import label_parts

EDGE = 0.25  # share of full ink from which a pixel belongs to the glyph
_SPECK = 0.04  # parts below this share of the largest part's ink are dirt
_LIKE_HEIGHT = 0.62  # glyphs in one line: the lowest has this share of the tallest one's height
_LEAST_GAP = 0.05  # of the height; parts nearer than this are one glyph that does not hang together
_LEAST_GAP_OF_LINE = 0.02  # the same where all ink is wider than one glyph
_SMALL_LINE = 24  # pixels of height below which gaps in a stroke look like gaps between glyphs
_SMALLEST_LINE = 8  # pixels of height below which glyphs are not told apart
_WIDER_THAN_A_GLYPH = 1.1  # width over height of all ink, from which small or near parts are no broken glyph


@dataclass(frozen=True)
class Box:
    """Columns [left, right) and rows [top, bottom)."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top


def without_dirt(ink: FloatArray) -> tuple[FloatArray, bool]:
    """Drops specks, and frames and table edges that run along the picture's border beside the digit."""
    labels, count = label_parts(ink > EDGE)
    if count <= 1:
        return ink, False
    mass = np.bincount(labels.reshape(-1), weights=ink.reshape(-1), minlength=count + 1)
    mass[0] = 0
    height, width = ink.shape
    along = np.zeros(count + 1)  # longest share of one side of the picture that the part touches
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        along = np.maximum(along, np.bincount(side, minlength=count + 1) / len(side))
    inside = along < 0.3
    inside[0] = False
    keep = mass > 0
    if mass[inside].sum() > 0.05 * mass.sum() and mass[inside].max() > 0.0005 * height * width:
        keep &= inside
    keep &= mass >= _SPECK * mass[keep].max()
    if keep[1:].all():
        return ink, False
    kept = Image.fromarray(keep[labels].astype(np.uint8) * 255)
    around = np.asarray(kept.filter(ImageFilter.MaxFilter(3))) > 0  # the soft edge of a kept part stays
    dropped = ~keep
    dropped[0] = False
    return np.where(around & ~dropped[labels], ink, 0).astype(np.float32), True


def glyph_boxes(ink: FloatArray) -> list[Box]:
    """The boxes of glyphs in one line, from left to right; one box for all ink if it is one glyph.

    Parts one above the other, as the bar of a 5, belong together. Several glyphs are parts of like height, beside
    each other, with a gap.
    """
    labels, count = label_parts(ink > EDGE)
    boxes = _part_boxes(labels, count)
    everything = _around(boxes)
    is_wide = everything.right - everything.left >= _WIDER_THAN_A_GLYPH * everything.height
    gap = (_LEAST_GAP_OF_LINE if is_wide else _LEAST_GAP) * everything.height
    groups: list[Box] = []
    for box in sorted(boxes, key=lambda box: box.left):
        if groups and box.left < groups[-1].right + gap:
            groups[-1] = _around([groups[-1], box])
        else:
            groups.append(box)
    tallest = max(group.height for group in groups)
    if len(groups) < 2 or tallest < _SMALLEST_LINE:
        return [everything]
    if tallest < _SMALL_LINE and not is_wide:
        return [everything]
    lines = [group for group in groups if group.height >= _LIKE_HEIGHT * tallest]
    small = [group for group in groups if group.height < _LIKE_HEIGHT * tallest]
    if len(lines) < 2 or not _in_one_line(lines):
        return [everything]
    for piece in small:  # a loose stroke belongs to the glyph next to it
        nearest = min(range(len(lines)), key=lambda index: _distance(lines[index], piece))
        lines[nearest] = _around([lines[nearest], piece])
    return lines


def only_within(ink: FloatArray, box: Box) -> FloatArray:
    """The ink in a box and its soft edge."""
    return ink[box.top : box.bottom, box.left : box.right]


def _part_boxes(labels: npt.NDArray[np.int32], count: int) -> list[Box]:
    rows, columns = np.nonzero(labels)
    numbers = labels[rows, columns]
    first = np.full((count + 1, 2), np.iinfo(np.int64).max)
    last = np.zeros((count + 1, 2), np.int64)
    for axis, places in enumerate((rows, columns)):
        np.minimum.at(first[:, axis], numbers, places)
        np.maximum.at(last[:, axis], numbers, places)
    return [
        Box(int(first[part, 1]), int(first[part, 0]), int(last[part, 1]) + 1, int(last[part, 0]) + 1)
        for part in range(1, count + 1)
    ]


def _around(boxes: list[Box]) -> Box:
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def _in_one_line(boxes: list[Box]) -> bool:
    """Whether each overlaps the one before by half of its height."""
    return all(
        min(one.bottom, other.bottom) - max(one.top, other.top) >= 0.5 * min(one.height, other.height)
        for one, other in pairwise(boxes)
    )


def _distance(one: Box, other: Box) -> int:
    return max(one.left - other.right, other.left - one.right, 0)
