"""Whether what stands in a cell was crossed out."""

import numpy as np
import numpy.typing as npt

from cnncli.forms.frame_lines import AROUND
from cnncli.forms.layout import CELL
from cnncli.forms.straighten import PER_MM

Mask = npt.NDArray[np.bool_]
Points = npt.NDArray[np.float64]

# Classes whose glyph is a cross or has a line from corner to corner.
_CROSSES = {"x", "×", "✕", "✗", "cross", "times", "kreuz", "*"}
_SLANTS = _CROSSES | {"/", "\\", "z", "n", "m", "k", "%", "7", "1", "2", "4", "slash", "line"}

_LEAST_EXTENT = 8.5  # mm of ink down or across, below which no line goes through the cell
_CROSS_EXTENT = 11.3  # mm of ink down and across, below which it is no cross
_NEAR_CORNER = 2.6  # mm, within which a line of a cross begins
_AT_CORNER = 1.2  # mm, of a single line
_BEYOND = 0.7  # mm outside of the frame, to which a strike goes on both sides
_COVERED = 0.88  # of a line of a cross that is ink
_ALL_COVERED = 0.96  # of a single line
_LEFT_OVER = 5.0  # mm2 of ink beside a cross, where a cross is a glyph
_FULL = 0.62  # of the cell within 0.8 mm of ink, where it is scribbled over
_ROUGH = 45.0  # outline squared over area of what is scribbled; a disc has 12.6


def is_crossed_out(ink: Mask, name: str) -> bool:
    """Whether a cross, a line through the whole cell, or a scribble lies over a glyph.

    ink : bool (H, W), the cell's window at PER_MM with AROUND on every side, without its frame
    name : of the class; where it is a cross, a cross alone is the glyph
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows) or max(rows[-1] - rows[0], columns[-1] - columns[0]) < _LEAST_EXTENT * PER_MM:
        return False
    if _is_scribbled(ink):
        return True
    thick = _grown(ink, round(0.3 * PER_MM))
    known = name.lower()
    # A letter such as K has both slants, but is not as wide as the cell.
    if min(rows[-1] - rows[0], columns[-1] - columns[0]) < _CROSS_EXTENT * PER_MM:
        return known not in _SLANTS and _is_struck(thick)
    falling = _best_line(thick, _near((0, 0), _NEAR_CORNER), _near((CELL, CELL), _NEAR_CORNER))
    rising = _best_line(thick, _near((0, CELL), _NEAR_CORNER), _near((CELL, 0), _NEAR_CORNER))
    if min(falling[0], rising[0]) >= _COVERED:
        if known not in _CROSSES:
            return True
        beside = ink & ~_on_lines(ink.shape, [falling[1], rising[1]], 1.2)
        return bool(np.count_nonzero(beside) > _LEFT_OVER * PER_MM**2)
    if known not in _SLANTS:
        for start, end in (((0, 0), (CELL, CELL)), ((0, CELL), (CELL, 0))):
            if _best_line(thick, _near(start, _AT_CORNER), _near(end, _AT_CORNER))[0] >= _ALL_COVERED:
                return True
    return known not in _SLANTS and _is_struck(thick)


def _is_struck(thick: Mask) -> bool:
    """Whether a line goes through the cell and its frame from the left to the right."""
    heights = np.linspace(-_BEYOND, CELL + _BEYOND, 12)
    left, right = (np.column_stack([np.full(12, x), heights]) for x in (-_BEYOND, CELL + _BEYOND))
    return _best_line(thick, left, right)[0] >= _ALL_COVERED


def _near(corner: tuple[float, float], reach: float) -> Points:
    """Places around a corner, in mm from the cell's top left."""
    steps = np.linspace(-reach, reach, 7)
    x, y = np.meshgrid(corner[0] + steps, corner[1] + steps)
    return np.column_stack([x.reshape(-1), y.reshape(-1)])


def _best_line(thick: Mask, starts: Points, ends: Points) -> tuple[float, tuple[Points, Points]]:
    """(share of ink on the line that has most of it, its ends), of all from a start to an end."""
    share = np.linspace(0.04, 0.96, 40)
    start, end = np.repeat(starts, len(ends), axis=0), np.tile(ends, (len(starts), 1))
    points = start[:, None] * (1 - share[None, :, None]) + end[:, None] * share[None, :, None]
    places = ((points + AROUND) * PER_MM).astype(int)
    rows = places[..., 1].clip(0, thick.shape[0] - 1)
    columns = places[..., 0].clip(0, thick.shape[1] - 1)
    covered = thick[rows, columns].mean(axis=1)
    best = int(covered.argmax())
    return float(covered[best]), (start[best], end[best])


def _on_lines(shape: tuple[int, ...], lines: list[tuple[Points, Points]], reach: float) -> Mask:
    row, column = np.mgrid[0 : shape[0], 0 : shape[1]]
    places = np.stack([column, row], axis=-1) / PER_MM - AROUND
    result = np.zeros(shape, np.bool_)
    for start, end in lines:
        along = (end - start) / np.hypot(*(end - start))
        away = (places - start) @ np.array([along[1], -along[0]])
        result |= abs(away) <= reach
    return result


def _grown(mask: Mask, reach: int) -> Mask:
    """Everything within a square of `reach` around the mask."""
    height, width = mask.shape
    padded = np.pad(mask, reach)
    along = padded[:, :width].copy()
    for step in range(1, 2 * reach + 1):
        along |= padded[:, step : step + width]
    result = along[:height].copy()
    for step in range(1, 2 * reach + 1):
        result |= along[step : step + height]
    return result


def _is_scribbled(ink: Mask) -> bool:
    edge = round(AROUND * PER_MM)
    inside = ink[edge:-edge, edge:-edge]
    if _grown(inside, round(0.8 * PER_MM)).mean() < _FULL:
        return False
    outline = np.count_nonzero(inside[1:] != inside[:-1]) + np.count_nonzero(inside[:, 1:] != inside[:, :-1])
    area = int(np.count_nonzero(inside))
    return bool(outline**2 / max(1, area) > _ROUGH * 1.6)  # 1.6: sides of pixels, not of ink
