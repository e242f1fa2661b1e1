"""Frames around a glyph: a border or a table at the picture's edge, a ring or a box drawn around the glyph."""

import numpy as np
import numpy.typing as npt

from cnncli.array_types import FloatArray
from cnncli.pictures.segmentation.connected import label_parts
from cnncli.pictures.segmentation.paper import quantile, stroke_width
from cnncli.pictures.segmentation.parts import EDGE
from cnncli.pictures.segmentation.rim import Mask

_LEAST_CONTRAST = 25.0  # grey levels between the frame and the paper
_FAR = 0.35  # of the picture's contrast; what differs more from the paper is no paper
_FULL_ROW = 0.9  # share of a row at the edge that belongs to the frame
_WIDEST_FRAME = 0.25  # of the side
_MOST_BEHIND = 0.65  # of the row behind a frame, which ends abruptly, unlike a shadow; the other sides are in it too
_SOFT_EDGE = 2  # rows in which a blurred or scaled frame ends
_CLEAN_RIM = 0.03  # most ink on the rim of what is inside: the bar of a seven-segment 8 touches its "frame"
_LEAST_INSIDE = 8  # pixels a side

_WIDEST_LINE = 0.12  # of the ring's size
_LEAST_MARGIN = 0.05  # of the ring's size, between it and the glyph, on each side
_LEAST_GLYPH = 0.3  # of the ring's height; a smaller part may be the dot of a 0
_ROUNDEST = 0.78  # width over height, or the inverse, of a circle or a square; a 0 with a slash in it is narrower
_WIDE = 1.1  # width over height from which the parts inside are several glyphs, in a box of any shape


def inside_of_frame(grey: FloatArray) -> tuple[int, int, FloatArray] | None:
    """(top, left, what is inside) where all four sides of the picture, grey (H, W), show a frame; else None."""
    height, width = grey.shape
    if min(height, width) < _LEAST_INSIDE + 4:
        return None
    away = grey - quantile(grey[height // 8 : height - height // 8, width // 8 : width - width // 8], 0.5)
    edge = quantile(np.concatenate([away[0], away[-1], away[:, 0], away[:, -1]]), 0.5)
    if abs(edge) < _LEAST_CONTRAST:
        return None
    far = away * np.sign(edge) > max(_LEAST_CONTRAST, _FAR * abs(edge))
    sides = [_rows_of_frame(view) for view in (far, far[::-1], far.T, far.T[::-1])]
    if 0 in sides:
        return None
    top, bottom, left, right = sides
    inner = grey[top : height - bottom, left : width - right]
    if min(inner.shape) < _LEAST_INSIDE:
        return None
    seen = far[top : height - bottom, left : width - right]
    rim = np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])
    return (top, left, inner) if rim.mean() <= _CLEAN_RIM else None


def _rows_of_frame(far: Mask) -> int:
    """How many of the first rows belong to a frame that ends abruptly, with its soft edge; 0: there is none."""
    share = far.mean(axis=1)
    full = share >= _FULL_ROW
    count = int(full.argmin()) if not full.all() else len(full)
    if not 0 < count <= _WIDEST_FRAME * len(share):
        return 0
    clear = np.flatnonzero(share[count : count + _SOFT_EDGE + 1] <= _MOST_BEHIND)
    return count + int(clear[0]) if len(clear) else 0


def without_ring(ink: FloatArray) -> tuple[FloatArray, bool]:
    """Takes away a circle or a box that is drawn around a glyph, or a box around several.

    It is closed, its line is thin, and what it encloses is large and touches it nowhere. Ink float32 (H, W), 0 to 1.
    """
    labels, count = label_parts(ink > EDGE)
    if count < 2:
        return ink, False
    ring = max((labels == part for part in _largest(labels, count)), key=_area_of_box)
    top, bottom, left, right = _box(ring)
    inside = (labels > 0) & ~ring
    inside[:top], inside[bottom:], inside[:, :left], inside[:, right:] = False, False, False, False
    if not inside.any() or stroke_width(ring) > _WIDEST_LINE * max(bottom - top, right - left):
        return ink, False
    inner_top, inner_bottom, inner_left, inner_right = _box(inside)
    margin = _LEAST_MARGIN * min(bottom - top, right - left)
    gaps = (inner_top - top, bottom - inner_bottom, inner_left - left, right - inner_right)
    tall, wide = inner_bottom - inner_top, inner_right - inner_left
    shape = (right - left) / (bottom - top)
    if min(gaps) < margin or tall < _LEAST_GLYPH * (bottom - top):
        return ink, False
    if min(shape, 1 / shape) < _ROUNDEST and wide < _WIDE * tall:
        return ink, False
    wall = ring.copy()
    wall[:, 1:] |= ring[:, :-1]  # parts hang together by corners, too: the paper would, through a slanted line
    around, _ = label_parts(np.pad(~wall, 1, constant_values=True))
    if (around[1:-1, 1:-1][inside] == around[0, 0]).any():  # open: a C or a 6 around a dot
        return ink, False
    view = np.s_[inner_top - 1 : inner_bottom + 1, inner_left - 1 : inner_right + 1]  # with the soft edge
    kept = np.zeros_like(ink)
    kept[view] = ink[view]
    kept[ring] = 0
    return kept, True


def _area_of_box(mask: Mask) -> int:
    top, bottom, left, right = _box(mask)
    return (bottom - top) * (right - left)


def _largest(labels: npt.NDArray[np.int32], count: int) -> list[int]:
    """The numbers of the largest parts, at most 12."""
    sizes = np.bincount(labels.reshape(-1), minlength=count + 1)[1:]
    return [int(index) + 1 for index in np.argsort(-sizes)[:12]]


def _box(mask: Mask) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of what is set, ends exclusive."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
