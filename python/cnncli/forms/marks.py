"""The corner marks of a photograph: found, read, and held to be whole."""

from dataclasses import dataclass

import numpy as np

from cnncli.array_types import FloatArray
from cnncli.forms.edges import refined
from cnncli.forms.layout import CORNERS, MARK, MARK_MODULES, PAPERS, Points, corners_of
from cnncli.forms.mark_words import Bits, ReadMark, read_word, wrong_bits
from cnncli.forms.projection import Matrix, fit_projection, inverse, projected, sampled, square_to_quads
from cnncli.forms.quads import dark_quads

_WINDOWS = (10, 24)  # of which the photograph's longer side is so many: neighbourhoods in which a mark is dark
_POINTS, _ROUGH_POINTS = 5, 3  # samples a side in the middle of a module
_LEAST_CONTRAST = 0.25  # of the light around a mark
_ROUGHLY_WRONG = 6  # bits, before the edges are fitted
_MOST_FLAWS = 2  # modules of the border or of the light around it that do not look so
_ROUGH_FLAWS = 10  # before the edges are fitted
_AT_ONCE = 500  # quadrangles that are looked at together


@dataclass(frozen=True)
class Mark:
    """A mark that was read.

    corners : (4, 2) pixels of the photograph, in the order of the mark's own corners as printed
    blur : pixels, the deviation of a Gaussian; side : pixels
    """

    read: ReadMark
    corners: Points
    blur: float
    side: float

    @property
    def name(self) -> str:
        return CORNERS[self.read.corner]

    @property
    def blur_mm(self) -> float:
        """The blur on the paper."""
        return self.blur / self.side * MARK

    @property
    def centre(self) -> Points:
        return np.asarray(self.corners.mean(axis=0))


@dataclass(frozen=True)
class Marks:
    """What a photograph shows of corner marks.

    read : the marks, of each corner at most the best one
    unread : (4, 2), dark quadrangles with a light border around that say nothing
    several : marks of more than one form
    """

    read: list[Mark]
    unread: list[Points]
    several: bool = False


def find_marks(grey: FloatArray) -> Marks:
    """Looks for marks in a photograph, grey levels (H, W)."""
    read: list[Mark] = []
    unread: list[Points] = []
    for share in _WINDOWS:
        for quad, wrong in _like_marks(grey, dark_quads(grey, max(grey.shape) // share)):
            if any(_near(quad, mark) for mark in read):
                continue
            mark = _read(grey, quad) if wrong <= _ROUGHLY_WRONG else None
            if mark is not None:
                read.append(mark)
            else:
                unread.append(quad)
        if len({mark.read.corner for mark in read}) == len(CORNERS):
            break
    best: dict[tuple[str, int], Mark] = {}
    for mark in sorted(read, key=lambda one: (one.read.wrong, -one.side)):
        best.setdefault((mark.read.paper, mark.read.corner), mark)
    return Marks(list(best.values()), unread, several=len(read) - len(best) >= 2)


def _near(quad: Points, mark: Mark) -> bool:
    return bool(np.hypot(*(quad.mean(axis=0) - mark.centre)) < 0.4 * mark.side)


def _read(grey: FloatArray, quad: Points) -> Mark | None:
    """The mark whose border this is, about."""
    side = _side(quad)
    fitted = fitted_edges(grey, quad)
    if fitted is None:
        return None
    corners, blur = fitted
    if np.hypot(*(corners - quad).T).max() > 0.25 * side:
        return None
    bits = _bits(_module_levels(grey, corners))
    word = read_word(bits) if bits is not None else None
    return Mark(word, np.roll(corners, -word.turns, axis=0), blur, _side(corners)) if word is not None else None


def fitted_edges(grey: FloatArray, quad: Points) -> tuple[Points, float] | None:
    """(corners, blur in pixels) of a dark quadrangle as large as a mark; None where its edges are not to be seen."""
    module = _side(quad) / MARK_MODULES
    for reach in (1.2 * module, 0.7 * module):
        fitted = refined(grey, quad, max(2.0, reach))
        if fitted is not None:
            return fitted
    return None


def _side(quad: Points) -> float:
    return float(np.hypot(*(np.roll(quad, -1, axis=0) - quad).T).mean())


def _bits(levels: FloatArray) -> Bits | None:
    """The dark ones of the 5 x 5 modules; None where the border is not dark or what is around it not light."""
    dark, light = _border(levels), _around(levels)
    if not np.isfinite(dark).all() or not np.isfinite(light).any():
        return None
    low, high = float(np.median(dark)), float(np.nanmedian(light))
    if high - low < _LEAST_CONTRAST * high:
        return None
    middle = _middle(levels, low, high)
    flaws = max(int((dark > _border(middle)).sum()), int((light < _around(middle)).sum()))
    return levels[2:-2, 2:-2] < middle[2:-2, 2:-2] if flaws <= _MOST_FLAWS else None


def _module_levels(grey: FloatArray, corners: Points) -> FloatArray:
    """Mean grey level of the middle of each module, (9, 9): the mark and the light around it; NaN off the picture."""
    levels: FloatArray = _levels_of_all(grey, corners[None], _POINTS)[0]
    return levels


def _levels_of_all(grey: FloatArray, quads: Points, per_module: int) -> FloatArray:
    """The same of many quadrangles, (N, 9, 9), by so many points a side of each module."""
    count = MARK_MODULES + 2
    inner = (np.arange(per_module) + 0.5) / per_module * 0.6 + 0.2
    places = ((np.arange(count)[:, None] + inner).reshape(-1) - 1) / MARK_MODULES
    x, y = np.meshgrid(places, places)
    square = np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3)
    seen = square @ square_to_quads(quads).transpose(0, 2, 1)  # (N, points, 3)
    points = seen[..., :2] / np.where(abs(seen[..., 2:]) < 1e-12, 1e-12, seen[..., 2:])
    values = sampled(grey, points)
    outside = (points < 0).any(axis=-1) | (points > np.array(grey.shape[::-1])).any(axis=-1)
    values[outside] = np.nan
    return np.asarray(values.reshape(-1, count, per_module, count, per_module).mean(axis=(2, 4)), np.float32)


def _like_marks(grey: FloatArray, quads: list[Points]) -> list[tuple[Points, int]]:
    """Those with a dark border and light around it, roughly, and in how many bits each differs from the nearest mark.

    All at once: a page of text has thousands.
    """
    kept = []
    for start in range(0, len(quads), _AT_ONCE):
        some = quads[start : start + _AT_ONCE]
        levels = _levels_of_all(grey, np.array(some), _ROUGH_POINTS).transpose(1, 2, 0)
        dark, light = _border(levels), _around(levels)
        light = np.where(np.isfinite(light), light, np.nanmax(light, axis=0, initial=0))
        low, high = np.median(dark, axis=0), np.median(light, axis=0)
        middle = (low + high) / 2
        flaws = np.maximum((dark > middle).sum(axis=0), (light < middle).sum(axis=0))
        wrong = wrong_bits((levels[2:-2, 2:-2] < middle).reshape(-1, len(some)).T).min(axis=1)
        good = np.isfinite(low) & (high - low >= _LEAST_CONTRAST * high) & (flaws <= _ROUGH_FLAWS)
        kept += [(some[place], int(wrong[place])) for place in np.flatnonzero(good)]
    return kept


def _border(levels: FloatArray) -> FloatArray:
    inner = levels[1:-1, 1:-1]
    return np.concatenate([inner[0], inner[-1], inner[1:-1, 0], inner[1:-1, -1]])


def _around(levels: FloatArray) -> FloatArray:
    return np.concatenate([levels[0], levels[-1], levels[1:-1, 0], levels[1:-1, -1]])


def _middle(levels: FloatArray, low: float, high: float) -> FloatArray:
    """Between dark and light: a plane through what is around the mark, times where the middle is."""
    count = len(levels)
    row, column = np.mgrid[0:count, 0:count] - count // 2
    basis = np.stack([np.ones(row.shape), row, column], axis=-1)
    is_around = np.ones(levels.shape, np.bool_)
    is_around[1:-1, 1:-1] = False
    known = is_around & np.isfinite(levels) & (levels > (low + high) / 2)
    if np.count_nonzero(known) < 12:
        return np.full(levels.shape, (low + high) / 2, np.float32)
    weights = np.linalg.lstsq(basis[known], levels[known].astype(np.float64), rcond=None)[0]
    light = (basis @ weights).clip(0.5 * high, 1.6 * high)
    return np.asarray(light * (0.5 + 0.5 * low / high), np.float32)


def page_projection(marks: list[Mark]) -> tuple[Matrix, float]:
    """(from mm of the page to pixels, the largest error in mm) by the corners of marks of one paper."""
    paper = PAPERS[marks[0].read.paper]
    printed = np.concatenate([corners_of(paper.mark(mark.read.corner)) for mark in marks])
    seen = np.concatenate([mark.corners for mark in marks])
    matrix = fit_projection(printed, seen)
    away = projected(inverse(matrix), seen) - printed
    return matrix, float(np.hypot(*away.T).max())
