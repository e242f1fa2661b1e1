"""The corner marks of a photograph: found, read, and held to be whole."""

from dataclasses import dataclass

import numpy as np

from cnncli.forms.edges import refined
from cnncli.forms.layout import CORNERS, MARK, MARK_MODULES, PAPERS, Points, corners_of
from cnncli.forms.mark_words import Bits, ReadMark, nearest_word, read_word
from cnncli.forms.projection import Floats, Matrix, fit_projection, inverse, projected, sampled
from cnncli.forms.quads import dark_quads

_WINDOWS = (10, 24)  # of which the photograph's longer side is so many: neighbourhoods in which a mark is dark
_POINTS = 5  # samples a side in the middle of a module
_LEAST_CONTRAST = 0.25  # of the light around a mark
_ROUGHLY_WRONG = 6  # bits, before the edges are fitted
_MOST_FLAWS = 2  # modules of the border or of the light around it that do not look so
_ROUGH_FLAWS = 10  # before the edges are fitted


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


def find_marks(grey: Floats) -> Marks:
    """Looks for marks in a photograph, grey levels (H, W)."""
    read: list[Mark] = []
    unread: list[Points] = []
    for share in _WINDOWS:
        for quad in dark_quads(grey, max(grey.shape) // share):
            if any(_near(quad, mark) for mark in read):
                continue
            rough = _bits(_module_levels(grey, quad), _ROUGH_FLAWS)
            if rough is None:
                continue
            mark = _read(grey, quad) if nearest_word(rough).wrong <= _ROUGHLY_WRONG else None
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


def _read(grey: Floats, quad: Points) -> Mark | None:
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


def fitted_edges(grey: Floats, quad: Points) -> tuple[Points, float] | None:
    """(corners, blur in pixels) of a dark quadrangle as large as a mark; None where its edges are not to be seen."""
    module = _side(quad) / MARK_MODULES
    for reach in (1.2 * module, 0.7 * module):
        fitted = refined(grey, quad, max(2.0, reach))
        if fitted is not None:
            return fitted
    return None


def _side(quad: Points) -> float:
    return float(np.hypot(*(np.roll(quad, -1, axis=0) - quad).T).mean())


def _bits(levels: Floats, most_flaws: int = _MOST_FLAWS) -> Bits | None:
    """The dark ones of the 5 x 5 modules; None where the border is not dark or what is around it not light."""
    dark, light = _border(levels), _around(levels)
    if not np.isfinite(dark).all() or not np.isfinite(light).any():
        return None
    low, high = float(np.median(dark)), float(np.nanmedian(light))
    if high - low < _LEAST_CONTRAST * high:
        return None
    middle = _middle(levels, low, high)
    flaws = max(int((dark > _border(middle)).sum()), int((light < _around(middle)).sum()))
    return levels[2:-2, 2:-2] < middle[2:-2, 2:-2] if flaws <= most_flaws else None


def _module_levels(grey: Floats, corners: Points) -> Floats:
    """Mean grey level of the middle of each module, (9, 9): the mark and the light around it; NaN off the picture."""
    count = MARK_MODULES + 2
    square = np.array([(0.0, 0), (1, 0), (1, 1), (0, 1)]) * MARK_MODULES + 1
    matrix = fit_projection(square, corners)
    inner = (np.arange(_POINTS) + 0.5) / _POINTS * 0.6 + 0.2
    places = (np.arange(count)[:, None] + inner).reshape(-1)
    x, y = np.meshgrid(places, places)
    points = projected(matrix, np.stack([x, y], axis=-1))
    values = sampled(grey, points)
    outside = (points < 0).any(axis=-1) | (points > np.array(grey.shape[::-1])).any(axis=-1)
    values[outside] = np.nan
    shape = (count, _POINTS, count, _POINTS)
    return np.asarray(values.reshape(shape).mean(axis=(1, 3)), np.float32)


def _border(levels: Floats) -> Floats:
    inner = levels[1:-1, 1:-1]
    return np.concatenate([inner[0], inner[-1], inner[1:-1, 0], inner[1:-1, -1]])


def _around(levels: Floats) -> Floats:
    return np.concatenate([levels[0], levels[-1], levels[1:-1, 0], levels[1:-1, -1]])


def _middle(levels: Floats, low: float, high: float) -> Floats:
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
