"""Dark parts of a photograph that have four corners: what may be a corner mark."""

import numpy as np
import numpy.typing as npt

from cnncli.forms.layout import Points
from cnncli.forms.projection import Floats
from cnncli.pictures.segmentation.connected import label_parts

LEAST_SIDE = 10  # pixels of a mark
_MOST_SIDE = 0.3  # of the photograph's longer side
_LEAST_FILL = 0.35  # of the box around it, that a turned square with light bits inside covers
_MOST_AREA = 1.18  # of the four corners over the hull; of a circle it is 1.27
_LEAST_SHAPE = 0.35  # shortest over longest side
_DARKER = 0.88  # than the mean around a pixel, which is dark then


def dark_quads(grey: Floats, window: int) -> list[Points]:
    """Corners (4, 2) of dark quadrangles, clockwise as one sees them, in pixels of `grey` (H, W).

    window : pixels of the neighbourhood against whose mean a pixel is dark
    """
    dark = grey < _DARKER * local_mean(grey, window)
    labels, count = label_parts(dark)
    if count == 0:
        return []
    rows, columns = np.nonzero(labels)
    parts = labels[rows, columns]
    order = np.argsort(parts, kind="stable")  # row-major within a part
    rows, columns = rows[order], columns[order]
    starts = np.searchsorted(parts[order], np.arange(1, count + 2))
    sizes = np.diff(starts)
    left, right = np.minimum.reduceat(columns, starts[:-1]), np.maximum.reduceat(columns, starts[:-1])
    wide = right - left + 1
    tall = rows[starts[1:] - 1] - rows[starts[:-1]] + 1
    most = _MOST_SIDE * max(grey.shape)
    likely = (np.minimum(wide, tall) >= LEAST_SIDE) & (np.maximum(wide, tall) <= most)
    likely &= (sizes >= 0.5 * _LEAST_FILL * wide * tall) & (np.minimum(wide, tall) > 0.3 * np.maximum(wide, tall))
    found = []
    for part in np.flatnonzero(likely):
        view = slice(starts[part], starts[part + 1])
        quad = _quad(rows[view], columns[view])
        if quad is not None:
            found.append(quad)
    return found


def local_mean(values: Floats, window: int) -> Floats:
    """Means over squares of about `window` pixels a side, cut off at the edges."""
    reach = max(1, window // 2)
    height, width = values.shape
    sums = np.zeros((height + 1, width + 1))
    np.cumsum(np.cumsum(values, axis=0, dtype=np.float64), axis=1, out=sums[1:, 1:])
    top, bottom = (np.arange(height) - reach).clip(0), (np.arange(height) + reach + 1).clip(None, height)
    left, right = (np.arange(width) - reach).clip(0), (np.arange(width) + reach + 1).clip(None, width)
    total = sums[bottom][:, right] - sums[top][:, right] - sums[bottom][:, left] + sums[top][:, left]
    return np.asarray(total / ((bottom - top)[:, None] * (right - left)[None]), np.float32)


def _quad(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> Points | None:
    """The four corners of a part whose outline has four; pixels are squares of side 1."""
    first = rows[0]
    edges = np.flatnonzero(np.diff(rows)) + 1
    low, high = np.append(0, edges), np.append(edges, len(rows)) - 1  # the first and last pixel of each row
    y = rows[low]
    ends = np.concatenate(
        [np.stack([columns[low], y], axis=1), np.stack([columns[low], y + 1], axis=1),
         np.stack([columns[high] + 1, y], axis=1), np.stack([columns[high] + 1, y + 1], axis=1)]
    )  # fmt: skip
    hull = _hull(ends.tolist())
    whole = _area(hull)
    if whole <= 0 or first < 0:
        return None
    corners: Points | None = hull
    while corners is not None and len(corners) > 4:
        corners = _with_one_side_less(corners)
    if corners is None or len(corners) < 4:
        return None
    sides = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    if _area(corners) > _MOST_AREA * whole or sides.min() < _LEAST_SHAPE * sides.max():
        return None
    return corners if len(rows) >= _LEAST_FILL * whole else None


def _with_one_side_less(corners: Points) -> Points | None:
    """The polygon around a convex one that has one side less and is the least larger: two sides are made longer."""
    a, b = np.roll(corners, 1, axis=0), corners
    c, d = np.roll(corners, -1, axis=0), np.roll(corners, -2, axis=0)
    before, after, side = b - a, c - d, c - b
    turn = _cross(before, after)
    share = _cross(side, after) / np.where(abs(turn) < 1e-9, 1e-9, turn)
    peaks = b + share[:, None] * before
    added = abs(_cross(side, peaks - b)) / 2
    added[(share <= 0) | (abs(turn) < 1e-9)] = np.inf
    least = int(added.argmin())
    if not np.isfinite(added[least]):
        return None
    result = np.delete(corners, (least + 1) % len(corners), axis=0)
    result[least if (least + 1) % len(corners) else least - 1] = peaks[least]
    return result


def _cross(one: Points, other: Points) -> npt.NDArray[np.float64]:
    return one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]


def _area(corners: Points) -> float:
    return abs(float(_cross(corners, np.roll(corners, -1, axis=0)).sum())) / 2


def _hull(points: list[list[int]]) -> Points:
    """The convex hull, clockwise as one sees it (y grows downwards), by Andrew's monotone chain (1979)."""
    ordered = sorted(set(map(tuple, points)))
    chains = []
    for side in (ordered, ordered[::-1]):
        chain: list[tuple[int, ...]] = []
        for point in side:
            while len(chain) > 1:
                (ax, ay), (bx, by) = chain[-2], chain[-1]
                if (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax) > 0:
                    break
                chain.pop()
            chain.append(point)
        chains += chain[:-1]
    return np.array(chains, np.float64)
