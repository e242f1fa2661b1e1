"""Why the corner marks of a photograph are not all there."""

import math

import numpy as np

from cnncli.array_types import FloatArray
from cnncli.forms.layout import CORNERS, PAPERS, Paper, Points, corners_of
from cnncli.forms.marks import Mark, Marks, fitted_edges, page_projection
from cnncli.forms.projection import Matrix, projected

_DARK, _BRIGHT = 45.0, 235.0  # grey levels: of the lightest and of the darkest parts of a picture that shows nothing
_SOFT = 0.0035  # of the longer side: in a sharp picture some edge is narrower
_SOFT_QUADS = 0.25  # of that: below it the picture is sharp, and soft quadrangles in it are no marks
_SOFT_MARK = 0.085  # of a quadrangle's side: blur at which the modules of a mark run together
_MOST_LOOKED_AT = 60  # quadrangles


def why_not(marks: Marks, grey: FloatArray) -> str | None:
    """The reason why the marks in a photograph are no form's four corners, or None."""
    found = _of_one_paper(marks.read)
    is_several = marks.several or len(marks.read) - len(found) >= 2
    if len([mark for mark in found if mark.read.is_mirrored]) >= 2:
        return "the picture is mirrored; save it as the camera took it"
    if is_several:
        return "corner marks of several forms are in the picture; photograph one form at a time"
    if len(found) == len(CORNERS):
        return None
    light = light_fault(grey)
    if light is not None:
        return light
    return (_missing if len(found) >= 2 else _nothing)(found, marks.unread, grey)


def _of_one_paper(found: list[Mark]) -> list[Mark]:
    papers = [mark.read.paper for mark in found]
    return [mark for mark in found if mark.read.paper == max(papers, key=papers.count)] if found else []


def _missing(found: list[Mark], unread: list[Points], grey: FloatArray) -> str:
    """Two or three marks tell where the others would be."""
    paper = PAPERS[found[0].read.paper]
    matrix, _ = page_projection(found)
    there = {mark.read.corner for mark in found}
    parts = [
        _place(corner, matrix, paper) + " " + _fate(corner, matrix, paper, unread, grey)
        for corner in range(len(CORNERS))
        if corner not in there
    ]
    return "; ".join(parts) + "; photograph the page with all four corner marks"


def _place(corner: int, matrix: Matrix, paper: Paper) -> str:
    """`the form's top left corner (bottom right in the picture)`, without what is in brackets where both agree."""
    centre = projected(matrix, np.array([[paper.width / 2, paper.height / 2]]))[0]
    x, y = projected(matrix, corners_of(paper.mark(corner)).mean(axis=0)[None])[0] - centre
    seen = f"{'top' if y < 0 else 'bottom'} {'left' if x < 0 else 'right'}"
    more = "" if seen == CORNERS[corner] else f" ({seen} in the picture)"
    return f"the mark in the form's {CORNERS[corner]} corner{more}"


def _fate(corner: int, matrix: Matrix, paper: Paper, unread: list[Points], grey: FloatArray) -> str:
    expected = projected(matrix, corners_of(paper.mark(corner)))
    height, width = grey.shape
    if (expected < 0).any() or (expected > [width, height]).any():
        return "is cut off by the picture's edge"
    side = float(np.hypot(*(expected[1] - expected[0])))
    near = [quad for quad in unread if np.hypot(*(quad.mean(axis=0) - expected.mean(axis=0))) < 0.5 * side]
    if near and _is_soft(near[0], grey):
        return "is too blurred to be read"
    return "is covered, damaged or torn off"


def _is_soft(quad: Points, grey: FloatArray) -> bool:
    fitted = fitted_edges(grey, quad)
    if fitted is None:
        return True
    side = float(np.hypot(*(np.roll(quad, -1, axis=0) - quad).T).mean())
    return fitted[1] > _SOFT_MARK * side


def light_fault(grey: FloatArray) -> str | None:
    """What is wrong with the light of a picture (H, W), grey levels 0 to 255, if it hides things."""
    low, high = (float(np.quantile(grey, share)) for share in (0.02, 0.98))
    if high < _DARK:
        return "the picture is too dark: hardly anything on it can be seen; switch a light on"
    if low > _BRIGHT:
        return "the picture is washed out: nothing dark is on it; take it with less light"
    return None


def _nothing(found: list[Mark], unread: list[Points], grey: FloatArray) -> str:
    """At most one mark is read: the focus, or no form."""
    spread = _sharpest(grey)
    soft = _SOFT * max(grey.shape)
    if spread > soft or (spread > _SOFT_QUADS * soft and _are_soft(unread, grey)):
        return (
            f"the picture is too blurred for its corner marks to be read: even its sharpest edges spread over "
            f"{2 * spread:.0f} of {max(grey.shape):,} pixels; hold still, let it focus"
        )
    if found:
        return (
            f"only the mark in the form's {found[0].name} corner is seen, the other three are cut off or covered; "
            "photograph the page with all four corner marks"
        )
    return "no form of cnn sheet: none of its four corner marks is seen; print one with cnn sheet, photograph it whole"


def _are_soft(unread: list[Points], grey: FloatArray) -> bool:
    """Whether four or more of the quadrangles are as far apart as marks and blurred."""
    return sum(_is_soft(quad, grey) for quad in unread[:_MOST_LOOKED_AT]) >= max(4, len(unread) // 2)


def _sharpest(grey: FloatArray) -> float:
    """Blur in pixels of the steepest edges: a step of height h blurred by s rises by h / (s sqrt(2 pi)) a pixel."""
    down = abs(np.diff(grey, axis=0))[:, :-1]
    right = abs(np.diff(grey, axis=1))[:-1]
    steep = float(np.quantile(np.hypot(down, right), 0.9995))
    height = float(np.quantile(grey, 0.995) - np.quantile(grey, 0.005))
    return height / (math.sqrt(2 * math.pi) * max(steep, 1e-3))
