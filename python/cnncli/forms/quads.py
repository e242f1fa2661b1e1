"""Dark parts of a photograph that have four corners: what may be a corner mark."""

import math

import numpy as np
import numpy.typing as npt

from cnncli.array_types import FloatArray
from cnncli.forms.layout import Points
from cnncli.pictures.segmentation.connected import label_parts

Point = tuple[float, float]  # x, y

LEAST_SIDE = 10  # pixels of a mark
_MOST_SIDE = 0.3  # of the photograph's longer side
_LEAST_FILL = 0.35  # of the box around it, that a turned square with light bits inside covers
_MOST_AREA = 1.18  # of the four corners over the hull; of a circle it is 1.27
_LEAST_SHAPE = 0.35  # shortest over longest side
_DARKER = 0.88  # than the mean around a pixel, which is dark then


def dark_quads(grey: FloatArray, window: int) -> list[Points]:
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


def local_mean(values: FloatArray, window: int) -> FloatArray:
    """Means over squares of about `window` pixels a side, cut off at the edges."""
    reach = max(1, window // 2)
    height, width = values.shape
    sums = np.zeros((height + 1, width + 1))
    np.cumsum(np.cumsum(values, axis=0, dtype=np.float64), axis=1, out=sums[1:, 1:])
    top, bottom = (np.arange(height) - reach).clip(0), (np.arange(height) + reach + 1).clip(None, height)
    left, right = (np.arange(width) - reach).clip(0), (np.arange(width) + reach + 1).clip(None, width)
    of_rows = sums[bottom] - sums[top]
    total = of_rows[:, right] - of_rows[:, left]
    return np.asarray(total / ((bottom - top)[:, None] * (right - left)[None]), np.float32)


def _quad(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> Points | None:
    """The four corners of a part whose outline has four; pixels are squares of side 1."""
    edges = np.flatnonzero(np.diff(rows)) + 1
    low, high = np.append(0, edges), np.append(edges, len(rows)) - 1  # the first and last pixel of each row
    corners = _hull(int(rows[0]), columns[low], columns[high] + 1)
    whole = _area(corners)
    if whole <= 0 or len(rows) < _LEAST_FILL * whole:
        return None
    while len(corners) > 4:
        if not _takes_side_out(corners):
            return None
    if len(corners) < 4 or _area(corners) > _MOST_AREA * whole:
        return None
    sides = [math.dist(one, other) for one, other in zip(corners, corners[1:] + corners[:1], strict=True)]
    return np.array(corners) if min(sides) >= _LEAST_SHAPE * max(sides) else None


def _hull(top: int, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> list[Point]:
    """The convex hull, clockwise as one sees it (y grows downwards), by Andrew's monotone chain (1979).

    left, right : of each row from `top` on where its first pixel begins and its last one ends
    """
    # Between two rows the outline is where the wider of both ends.
    wide_left = np.minimum(np.append(left, left[-1]), np.append(left[0], left)).tolist()
    wide_right = np.maximum(np.append(right, right[-1]), np.append(right[0], right)).tolist()
    down = _chain([(x, top + y) for y, x in enumerate(wide_right)])
    up = _chain([(x, top + y) for y, x in reversed(list(enumerate(wide_left)))])
    return down + up


def _chain(points: list[Point]) -> list[Point]:
    """Of points in their order those at which the way turns to the right, the first and the last among them."""
    chain: list[Point] = []
    for x, y in points:
        while len(chain) > 1:
            (ax, ay), (bx, by) = chain[-2], chain[-1]
            if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                break
            chain.pop()
        chain.append((x, y))
    return chain


def _takes_side_out(corners: list[Point]) -> bool:
    """Makes a convex polygon the least larger one around it that has one side less: two sides are made longer.

    Plain numbers: for a dozen corners they are ten times as quick as arrays. False where no side can go.
    """
    count = len(corners)
    least, place, peak = math.inf, -1, (0.0, 0.0)
    for index in range(count):
        (ax, ay), (bx, by) = corners[index - 1], corners[index]
        (cx, cy), (dx, dy) = corners[(index + 1) % count], corners[(index + 2) % count]
        before_x, before_y, after_x, after_y, side_x, side_y = bx - ax, by - ay, cx - dx, cy - dy, cx - bx, cy - by
        turn = before_x * after_y - before_y * after_x
        if abs(turn) < 1e-9:
            continue
        share = (side_x * after_y - side_y * after_x) / turn
        added = abs(side_x * share * before_y - side_y * share * before_x) / 2
        if share > 0 and added < least:
            least, place, peak = added, index, (bx + share * before_x, by + share * before_y)
    if place < 0:
        return False
    corners[place] = peak
    del corners[(place + 1) % count]
    return True


def _area(corners: list[Point]) -> float:
    around = zip(corners, corners[1:] + corners[:1], strict=True)
    return abs(sum(ax * by - ay * bx for (ax, ay), (bx, by) in around)) / 2
