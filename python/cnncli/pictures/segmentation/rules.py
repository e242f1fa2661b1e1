"""Lines of ruled and squared paper and of form boxes: found by projection, taken away, strokes over them mended."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnncli.array_types import FloatArray
from cnncli.pictures.segmentation.paper import quantile
from cnncli.pictures.segmentation.rim import Mask

_SMALLEST_SIDE = 48  # below, a line cannot be told from a stroke
_SLANT = 0.07  # lines are looked for up to this slope: 4 degrees
_SPAN = 0.7  # a line runs over this share of the picture's side
_THICKEST = 0.035  # of the side; what is wider is a stroke
_RISE = 0.3  # the share of ink on a line is higher by this than beside it


def without_rules(ink: FloatArray, floor: float) -> tuple[FloatArray, int]:
    """Takes thin straight lines through the whole picture away, those from left to right and those from top to bottom.

    A line is a narrow peak in the projection of the ink along one slant. In its place comes the ink that lies on both
    sides of it, so that strokes across stay whole; ink much darker than the line stays too.

    Parameters
    ----------
    ink : float32 (H, W), not normalized
    floor : float, ink from which a pixel stands out of the paper

    Returns
    -------
    (ink, lines taken away)
    """
    if min(ink.shape) < _SMALLEST_SIDE:
        return ink, 0
    stands_out = ink > 0.6 * floor
    lengthwise, upright = _find_lines(stands_out), _find_lines(stands_out.T)
    # Where lines cross, each would be taken for a stroke across the other.
    strokes_upright = np.where(_marked(upright, ink.T.shape).T, 0, ink).astype(np.float32)
    strokes_lengthwise = np.where(_marked(lengthwise, ink.shape), 0, ink).astype(np.float32)
    if lengthwise.bands:
        ink = _removed(ink, strokes_upright, lengthwise)
    if upright.bands:
        ink = np.ascontiguousarray(_removed(ink.T, strokes_lengthwise.T, upright).T)
    return ink, len(lengthwise.bands) + len(upright.bands)


@dataclass(frozen=True)
class _Lines:
    """Parallel lines: their rise in rows over the whole width; first and last row of each at the middle."""

    rise: int
    bands: list[tuple[int, int]]


def _find_lines(mask: Mask) -> _Lines:
    # A line that rises between two of the slants, or was drawn without soft edges, goes over from one row to the next:
    # with the row below, all of it is in one.
    pairs = mask.copy()
    pairs[:-1] |= mask[1:]
    rise = _slant(pairs)
    return _Lines(0, []) if rise is None else _Lines(rise, _bands(_profile(pairs, rise, 1)))


def _marked(lines: _Lines, shape: tuple[int, ...]) -> Mask:
    """The pixels of the lines and one more on each side."""
    mask = np.zeros(shape, np.bool_)
    if lines.bands:
        rows, inside = _sheared(mask, lines.rise)
        columns = np.broadcast_to(np.arange(shape[1]), rows.shape)
        for first, last in lines.bands:
            band = slice(max(0, first - 1), last + 2)
            mask[rows[band][inside[band]], columns[band][inside[band]]] = True
    return mask


def _sheared(values: npt.NDArray[np.generic], rise: int, step: int = 1) -> tuple[npt.NDArray[np.int64], Mask]:
    """(row of each pixel along lines that rise by `rise` rows over the width, is it inside?), each (H, W / step)."""
    height, width = values.shape
    columns = np.arange(0, width, step)
    rows = np.arange(height)[:, None] + np.rint(rise * (columns / width - 0.5)).astype(np.int64)
    inside = (rows >= 0) & (rows < height)
    return rows.clip(0, height - 1), inside


def _profile(mask: Mask, rise: int, step: int) -> npt.NDArray[np.float64]:
    """Share of the pixels of each slanted row that are set; 0 where less than half of the row is inside."""
    rows, inside = _sheared(mask, rise, step)
    seen = np.count_nonzero(inside, axis=1)
    hits = np.count_nonzero(mask[:, ::step][rows, np.arange(rows.shape[1])] & inside, axis=1)
    return np.where(2 * seen >= rows.shape[1], hits / np.maximum(seen, 1), 0)


def _slant(mask: Mask) -> int | None:
    """The slant at which the projection has the sharpest peaks, in rows over the whole width; None: no line."""
    most = round(_SLANT * mask.shape[1])
    step = max(1, mask.shape[1] // 80)
    best, sharpest = None, 0.0
    for rise in sorted(range(-most, most + 1, 2), key=abs):
        profile = _profile(mask, rise, step)
        if profile.max() < _SPAN:
            continue
        sharpness = float((np.diff(profile) ** 2).sum())
        if sharpness > sharpest:
            best, sharpest = rise, sharpness
    return best


def _bands(profile: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """First and last row of each peak that is high, narrow and steep, of the profile of rows with those below."""
    height = len(profile)
    reach = max(2, round(_THICKEST * height)) + 2
    bands: list[tuple[int, int]] = []
    for row in np.flatnonzero(profile >= _SPAN).tolist():
        if bands and row <= bands[-1][1]:
            continue
        around = profile[max(0, row - 2 * reach) : row + 2 * reach + 1]
        base = quantile(around, 0.3)
        edge = base + 0.3 * (profile[row] - base)
        first = last = row
        while first > 0 and profile[first - 1] > edge:
            first -= 1
        while last < height - 1 and profile[last + 1] > edge:
            last += 1
        first = min(first + 1, last)  # the row above the line has it from below
        if last - first < reach and profile[row] - base >= _RISE:
            bands.append((first, last))
    return bands


def _removed(ink: FloatArray, strokes: FloatArray, lines: _Lines) -> FloatArray:
    """Without the lines of one slant. `strokes`: the ink without the lines across them, by which gaps are mended."""
    rows, inside = _sheared(ink, lines.rise)
    columns = np.arange(ink.shape[1])
    straight = np.where(inside, ink[rows, columns], 0)
    beside = np.where(inside, strokes[rows, columns], 0)
    full = quantile(ink, 0.995)
    height = len(straight)
    nothing = np.zeros(ink.shape[1], np.float32)
    for first, last in lines.bands:
        reach = last - first + 2
        above = beside[first - 2] if first >= 2 else nothing
        below = beside[last + 2] if last + 2 < height else nothing
        mended = np.minimum(_widened(above, reach), _widened(below, reach))
        low, high = max(0, first - 1), min(height, last + 2)
        band = straight[low:high]
        level = quantile(straight[first : last + 1].max(axis=0), 0.5)
        darker = band > level + 0.4 * (full - level) if full > 1.5 * level else np.zeros(band.shape, np.bool_)
        straight[low:high] = np.where(darker, band, np.minimum(band, mended))
    result = ink.copy()
    result[rows[inside], np.broadcast_to(columns, rows.shape)[inside]] = straight[inside]
    return result


def _widened(row: npt.NDArray[np.float32], reach: int) -> npt.NDArray[np.float32]:
    """The largest value within `reach` on both sides."""
    padded = np.pad(row, reach)
    highest: npt.NDArray[np.float32] = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    return highest
