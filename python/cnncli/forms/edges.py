"""Edges of a dark quadrangle, to a part of a pixel, and how sharp they are."""

import numpy as np

from cnncli.array_types import FloatArray
from cnncli.forms.layout import Points
from cnncli.forms.projection import sampled

_PLACES = 16  # at which a side is looked at
_STEPS = 25  # samples across an edge
_LEAST_CONTRAST = 0.15  # of the light beside an edge
_WITHIN = 0.85  # of a side that is looked at: corners are round


def refined(grey: FloatArray, corners: Points, reach: float) -> tuple[Points, float] | None:
    """(corners where fitted lines along the four edges meet, blur in pixels); None where edges are not to be seen.

    Across a side, at 16 places, the grey level crosses the middle between its dark and its light end; a line through
    these points by least squares is the edge. The blur is the standard deviation of a Gaussian that makes the edge as
    wide as it is, at the blurred side's median: the way from a quarter to three quarters of it is 1.35 deviations.

    corners : (4, 2), clockwise as one sees them, to within `reach` pixels
    """
    lines, widths = [], []
    offsets = np.linspace(-reach, reach, _STEPS)
    for side in range(4):
        start, end = corners[side], corners[(side + 1) % 4]
        along = (end - start) / max(1e-9, float(np.hypot(*(end - start))))
        outward = np.array([along[1], -along[0]])  # clockwise with y downwards: the outside is at the left hand
        shares = 0.5 + _WITHIN * (np.arange(_PLACES) / (_PLACES - 1) - 0.5)
        middles = start + shares[:, None] * (end - start)
        values = sampled(grey, middles[:, None] + offsets[None, :, None] * outward)
        at, width = _crossings(values, offsets)
        good = np.isfinite(at)
        if np.count_nonzero(good) < _PLACES // 2:
            return None
        line = _line(middles[good] + at[good, None] * outward, along)
        lines.append(line)
        widths.append(float(np.median(width[good])))
    found = [_meeting(lines[side - 1], lines[side]) for side in range(4)]
    if any(one is None for one in found):
        return None
    return np.array(found), max(widths)


def _crossings(values: FloatArray, offsets: Points) -> tuple[Points, Points]:
    """(offset of the middle level, blur) of each row of values, from dark inside to light outside; NaN without edge."""
    dark, light = values[:, :4].mean(axis=1), values[:, -4:].mean(axis=1)
    contrast = light - dark
    quarter, at, three = (_first_above(values, dark + share * contrast, offsets) for share in (0.25, 0.5, 0.75))
    at = np.where(contrast > _LEAST_CONTRAST * np.maximum(light, 1), at, np.nan)
    return at, abs(three - quarter) / 1.349


def _first_above(values: FloatArray, levels: FloatArray, offsets: Points) -> Points:
    """Where each row rises through its level, nearest to the middle of the row; NaN where it does not."""
    rises = (values[:, :-1] <= levels[:, None]) & (values[:, 1:] > levels[:, None])
    away = abs(np.arange(rises.shape[1]) - len(offsets) // 2)
    place = np.where(rises, away, len(offsets)).argmin(axis=1)
    row = np.arange(len(values))
    low, high = values[row, place], values[row, place + 1]
    share = (levels - low) / np.maximum(1e-9, high - low)
    return np.where(rises.any(axis=1), offsets[place] + share * (offsets[1] - offsets[0]), np.nan)


def _line(points: Points, along: Points) -> tuple[Points, Points]:
    """(a point, the direction) of a line through points; those far off it are left out once."""
    keep = np.ones(len(points), np.bool_)
    for _ in range(2):
        centre = points[keep].mean(axis=0)
        direction = np.linalg.svd(points[keep] - centre)[2][0]
        direction = direction * np.sign(direction @ along or 1.0)
        away = abs((points - centre) @ np.array([direction[1], -direction[0]]))
        keep = away <= max(0.3, 2.5 * float(np.median(away)))
    return centre, direction


def _meeting(one: tuple[Points, Points], other: tuple[Points, Points]) -> Points | None:
    (p, d), (q, e) = one, other
    turn = d[0] * e[1] - d[1] * e[0]
    if abs(turn) < 0.2:
        return None
    share = ((q - p)[0] * e[1] - (q - p)[1] * e[0]) / turn
    return np.asarray(p + share * d)
