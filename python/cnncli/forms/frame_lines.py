"""The printed frames of cells: found on their four sides and taken away, whatever ink lies over them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.forms.layout import CELL, FRAME_LINE
from cnncli.forms.straighten import PER_MM

Numbers = npt.NDArray[Any]

AROUND = 3.0  # mm of a cell's window beyond its frame
_PARTS = 6  # of a side, in each of which the line is looked for
_REACH = 1.0  # mm that it may lie off
_NEAR = 0.5  # mm that a part may lie off the whole line
_WIDE = 0.9  # mm on each side of it, in which it is taken away
_STEP = 0.5 / PER_MM  # mm between samples across a side
_STEEPEST = 0.06  # mm a mm that it may lean
_LEAST = 0.015  # darkness of a line that is seen
_LEAST_SHARE = 0.3  # of what the page's lines have
_INKY = 1.7  # times as dark as the page's lines: ink runs along the side
_LEAST_PART = 0.35  # of what the page's lines have, that a part of a line has which is seen
_ENDS = 6  # samples at the ends of those across a side, where its light is
_QUANTILE = 0.45  # along a side; ink that crosses it does not move it

_FOOT = AROUND - FRAME_LINE / 2  # mm from a window's top to the middle of the printed line


@dataclass(frozen=True)
class Frames:
    """What was seen of the frames of N cells.

    sides : (N,), how many of the four sides were seen
    hidden : (N,) mm, the longest piece of the frame that is not seen, round corners too
    """

    sides: npt.NDArray[np.int64]
    hidden: Numbers


def without_frames(dark: Numbers) -> tuple[Numbers, Frames]:
    """Takes the frames off windows around cells.

    Each side is followed by a straight line through where its parts are darkest; the profile across is nearly the
    median along it; the shares of light that ink and line leave multiply.

    Parameters
    ----------
    dark : (N, H, W), darkness at PER_MM, a cell with AROUND on every side

    Returns
    -------
    (the windows without frames, what was seen of these)
    """
    # All sides are worked on as the top one: views are turned, and what is written to them reaches the result.
    result = dark.copy()
    lines = [_top_lines(np.rot90(dark, side, axes=(1, 2))) for side in range(4)]
    offs, slopes = (np.stack([line[part] for line in lines]) for part in (0, 1))  # (4, N)
    profiles = np.stack([line[2] for line in lines])
    peaks = profiles.max(axis=2)
    template = np.median(profiles[peaks >= np.quantile(peaks, 0.4)], axis=0)
    least = max(_LEAST, _LEAST_SHARE * float(template.max()))
    # Where ink runs along a side the line is where that of the side across says, as dark as lines of the page are.
    is_inky = peaks > _INKY * template.max()
    across = np.roll(np.arange(4), 2)
    lent = is_inky & ~is_inky[across] & (peaks[across] >= least)
    offs, slopes = np.where(lent, -offs[across], offs), np.where(lent, slopes[across], slopes)
    profiles[is_inky] = template
    profiles[peaks < least] = 0
    for side in range(4):
        _take_away(np.rot90(result, side, axes=(1, 2)), offs[side], slopes[side], profiles[side])
    # The views follow each other clockwise, as do the parts in each.
    heights, levels = (np.concatenate([line[part] for line in lines], axis=1) for part in (3, 4))
    is_seen = (heights >= _LEAST_PART * float(template.max())) | (levels >= _INKY * float(template.max()))
    return result, Frames((peaks >= least).sum(axis=0), _longest_gap(is_seen) * CELL / _PARTS)


def _longest_gap(is_seen: Numbers) -> Numbers:
    """Of each row of (N, K) the most places in a row that are not seen, going round from the end to the start."""
    run = np.zeros(len(is_seen), np.int64)
    longest = run.copy()
    for place in np.concatenate([is_seen, is_seen], axis=1).T:
        run = np.where(place, 0, run + 1)
        longest = np.maximum(longest, run)
    return np.minimum(longest, is_seen.shape[1])


def _top_lines(dark: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers, Numbers]:
    """Of each top side: mm that it is off downwards in its middle, mm a mm that it leans, darkness across it; and of
    its parts: darkness of the line above that beside it, and the least darkness near it.
    """
    left = round(AROUND * PER_MM)
    along = (np.arange(round(CELL * PER_MM)) + 0.5) / PER_MM - CELL / 2
    strip = dark[:, :, left : left + len(along)]
    across = np.arange(-_REACH - _WIDE, _REACH + _WIDE + _STEP / 2, _STEP)
    values = _at_heights(strip, np.broadcast_to(_FOOT + across[:, None], (len(dark), len(across), 1)))
    # The median of each part, of 15 values; sorting so few is seven times as quick as np.median.
    size = len(along) // _PARTS
    parts = np.sort(values.reshape(*values.shape[:2], _PARTS, size), axis=3)[..., size // 2]
    rows = _blurred(parts.transpose(0, 2, 1))  # (N, parts, across)
    whole = np.median(rows, axis=1)
    allowed = abs(across) <= _REACH
    centre = across[allowed][(whole[:, allowed] - 0.03 * abs(across[allowed])).argmax(axis=1)]
    near = abs(across - centre[:, None]) <= _NEAR
    places = across[np.where(near[:, None], rows, -1).argmax(axis=2)]
    slopes, offs = _robust_lines(along.reshape(_PARTS, size).mean(axis=1), places)
    tracked = offs[:, None] + slopes[:, None] * along
    fine = _fine()
    profiles = np.quantile(_at_heights(strip, _FOOT + fine[:, None] + tracked[:, None]), _QUANTILE, axis=2)
    profiles = profiles - np.minimum(profiles[:, :1], profiles[:, -1:])
    beside = np.minimum(rows[:, :, :_ENDS].mean(axis=2), rows[:, :, -_ENDS:].mean(axis=2))
    near_line = np.where(near[:, None], rows, 0).max(axis=2)
    return offs, slopes, profiles.clip(0), near_line - beside, rows.min(axis=2)


def _fine() -> Numbers:
    return np.arange(-_WIDE, _WIDE + _STEP / 2, _STEP)


def _at_heights(strip: Numbers, heights: Numbers) -> Numbers:
    """Values of each column of (N, H, W) at heights (N, K, W or 1) in mm from the top, between pixels: (N, K, W)."""
    count, tall, wide = strip.shape
    y = np.broadcast_to(heights * PER_MM - 0.5, (count, heights.shape[1], wide)).clip(0, tall - 1.001)
    row = y.astype(np.int64)
    share = (y - row).astype(np.float32)
    one = np.take_along_axis(strip, row, axis=1)
    return np.asarray(one + share * (np.take_along_axis(strip, row + 1, axis=1) - one))


def _blurred(rows: Numbers) -> Numbers:
    """Means over three samples across."""
    padded = np.pad(rows, [(0, 0), (0, 0), (1, 1)], mode="edge")
    return np.asarray((padded[..., :-2] + padded[..., 1:-1] + padded[..., 2:]) / 3)


def _robust_lines(x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
    """(slope, height at 0) of each row of y by Theil and Sen: medians, which a few wrong points do not move."""
    one, other = np.triu_indices(len(x), 1)
    slopes = np.median((y[:, other] - y[:, one]) / (x[other] - x[one]), axis=1).clip(-_STEEPEST, _STEEPEST)
    return slopes, np.median(y - slopes[:, None] * x, axis=1)


def _take_away(views: Numbers, offs: Numbers, slopes: Numbers, profiles: Numbers) -> None:
    """Divides the lines' share of the light out of the top sides of windows, in place, with their corners."""
    _, tall, wide = views.shape
    high = round((AROUND + _REACH + _WIDE) * PER_MM) + 1
    column = (np.arange(wide) + 0.5) / PER_MM - AROUND
    row = (np.arange(min(high, tall)) + 0.5) / PER_MM
    within = (column > -2 * FRAME_LINE) & (column < CELL + 2 * FRAME_LINE)
    lines = _FOOT + offs[:, None] + slopes[:, None] * (column - CELL / 2)
    at = (row[None, :, None] - lines[:, None]) / _STEP + (profiles.shape[1] - 1) / 2
    padded = np.pad(profiles, [(0, 0), (1, 1)])
    at = (at + 1).clip(0, padded.shape[1] - 1.001)
    low = at.astype(np.int64)
    index = np.arange(len(views))[:, None, None]
    share = padded[index, low] + (at - low) * (padded[index, low + 1] - padded[index, low])
    share *= within
    top = views[:, : len(row)]
    top[:] = (1 - (1 - top) / np.maximum(1 - share, 0.05)).clip(0, 1)
