"""A photograph of a form: what it shows, or the true reason why it cannot be used."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from cnncli.errors import DataError
from cnncli.forms.cells import MOST_BLUR, Cell, cut_cells
from cnncli.forms.code_reader import read_code
from cnncli.forms.form_page import FormPage
from cnncli.forms.layout import CELL, CORNERS, PAPERS, corners_of
from cnncli.forms.light import as_grey
from cnncli.forms.marks import Mark, Marks, find_marks, page_projection
from cnncli.forms.missing_marks import light_fault, why_not
from cnncli.forms.projection import Matrix
from cnncli.forms.straighten import FlatPage, scale_at, straighten
from cnncli.pictures.picture_file import as_bytes, name_of, read_picture

_SIDES = (1400, 2800)  # pixels of the longer side, at which marks are looked for
_SMALL = 1000  # what is smaller is made larger first: a mark's modules are then some pixels wide
_LEAST_SIDE = 400  # pixels of a picture's longer side
LEAST_CELL = 20  # pixels of a cell's side
_MOST_BENT = 6.0  # mm that a mark's corners lie off what a flat page would show
_LEAST_LIGHT = 16  # grey levels of the paper
_LEAST_DOTS = 0.6  # of all


@dataclass(frozen=True)
class Photograph:
    """What came of a photograph.

    name : for messages
    page : what the form's code says; flat : the page made flat; cells : of all the page's cells, in order
    turned : degrees clockwise, 0, 90, 180 or 270, that the form was turned in the picture
    """

    name: str
    page: FormPage
    flat: FlatPage
    cells: list[Cell]
    turned: int

    @property
    def accepted(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.reason is None]

    @property
    def dots(self) -> tuple[int, int]:
        """(found, there are)."""
        paper = self.flat.paper
        found = self.flat.lattice.is_found
        return int(found.sum()), sum(paper.has_dot(*node) for node in np.ndindex(*found.shape))


def read_photograph(source: str | Path | bytes, name: str | None = None) -> Photograph:
    """Finds a form in a photograph, makes it flat and cuts its cells.

    Parameters
    ----------
    source : a picture file or its bytes

    Raises
    ------
    DataError : no picture; or no form, a form with a corner cut off or covered, too small, too blurred, unreadable
    """
    where = name_of(source, name)
    picture, _ = read_picture(source, name=name)
    photo = as_bytes(picture)
    photo = photo if photo.mode == "RGB" else photo.convert("RGB")
    try:
        marks = _four_marks(photo)
        flat = straighten(photo, marks)
        _check_light(flat)
        _check_dots(flat)
        page = read_code(flat)
        cells = cut_cells(flat, page)
        if not any(cell.reason is None for cell in cells):
            raise DataError(light_fault(as_grey(np.asarray(photo))) or _no_cell(cells))
    except DataError as error:
        raise DataError(f"{where}: {error}") from None
    return Photograph(where, page, flat, cells, _turned(marks))


def _no_cell(cells: list[Cell]) -> str:
    """Why of a page whose dots are seen no cell can be used."""
    if all(str(cell.reason).startswith("covered or washed out: 4") for cell in cells):
        return (
            "the dots of the form are seen, but no frame of a cell, as in a scan in black and white; scan it in grey "
            "or in colour"
        )
    reasons = Counter(str(cell.reason).partition(":")[0] for cell in cells)
    return "no cell can be used: " + ", ".join(f"{count} {reason}" for reason, count in reasons.most_common(3))


def _four_marks(photo: Image.Image) -> list[Mark]:
    """The four marks in pixels of the photograph, held to be those of one form that is large and sharp enough."""
    longer = max(photo.size)
    if longer < _LEAST_SIDE:
        raise DataError(
            f"the picture has {photo.width}x{photo.height} pixels; a form needs {_LEAST_SIDE} on the longer side"
        )
    sides = [2 * longer] if longer < _SMALL else sorted({min(side, longer) for side in _SIDES})
    best: tuple[Marks, np.ndarray, float] | None = None
    for side in sides:
        factor = side / longer
        seen = photo
        if factor != 1:
            size = (round(photo.width * factor), round(photo.height * factor))
            seen = photo.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        grey = as_grey(np.asarray(seen))
        marks = find_marks(grey)
        if best is None or len(marks.read) > len(best[0].read):
            best = marks, grey, factor
        if len(marks.read) == len(CORNERS):
            break
    assert best is not None
    marks, grey, factor = best
    reason = why_not(marks, grey)
    if reason is not None:
        if 2 <= len(marks.read) < len(CORNERS) and len({mark.read.paper for mark in marks.read}) == 1:
            _check_size(marks.read, page_projection(marks.read)[0], factor)  # too small to be read may be why
        raise DataError(reason)
    scaled = [
        replace(mark, corners=mark.corners / factor, blur=mark.blur / factor, side=mark.side / factor)
        for mark in sorted(marks.read, key=lambda one: one.read.corner)
    ]
    _check_page(scaled)
    return scaled


def _check_page(marks: list[Mark]) -> None:
    matrix, bent = page_projection(marks)
    if bent > _MOST_BENT:
        raise DataError("the four corner marks do not lie on one flat page; are there two forms, or is it crumpled?")
    _check_size(marks, matrix, 1.0)
    blur = float(np.median([mark.blur_mm for mark in marks]))
    if blur > MOST_BLUR:
        raise DataError(
            f"the picture is too blurred: edges spread over {blur:.1f} mm of the paper, {MOST_BLUR} mm is the most; "
            "hold still, let it focus"
        )


def _check_size(marks: list[Mark], matrix: Matrix, factor: float) -> None:
    """matrix : of the page in a picture that is `factor` times the photograph."""
    paper = PAPERS[marks[0].read.paper]
    scale = min(scale_at(matrix, corners_of(paper.mark(corner))[0]) for corner in range(len(CORNERS)))
    cell = CELL * scale / factor
    if cell < LEAST_CELL:
        raise DataError(
            f"the form is too small in the picture: its cells are {cell:.0f} pixels wide, at least {LEAST_CELL} are "
            "needed; go nearer"
        )


def _check_light(flat: FlatPage) -> None:
    """Marks and glyphs may still be read where the paper has eight grey levels, but pictures of them are no samples."""
    light = float(np.median(flat.light))
    if light < _LEAST_LIGHT:
        raise DataError(
            f"the picture is too dark: its paper has {light:.0f} of 255 grey levels, {_LEAST_LIGHT} are the least; "
            "switch a light on"
        )


def _check_dots(flat: FlatPage) -> None:
    nodes = [node for node in np.ndindex(*flat.lattice.is_found.shape) if flat.paper.has_dot(*node)]
    found = sum(bool(flat.lattice.is_found[node]) for node in nodes)
    if found < _LEAST_DOTS * len(nodes):
        raise DataError(
            f"only {found} of the {len(nodes)} dots between the cells are seen; is it covered, crumpled or in glare?"
        )


def _turned(marks: list[Mark]) -> int:
    """By how many quarters the form's top left lies clockwise of the picture's, in degrees."""
    across = marks[1].centre - marks[0].centre + marks[2].centre - marks[3].centre
    return round(float(np.degrees(np.arctan2(across[1], across[0]))) / 90) % 4 * 90
