"""The cells of a flat page: cut out, cleaned and judged."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cnncli.array_types import FloatArray
from cnncli.forms.crossed import Mask, is_crossed_out
from cnncli.forms.drawing import FRAME_INK, LETTER_WIDTH, label
from cnncli.forms.form_page import FormPage
from cnncli.forms.frame_lines import AROUND, without_frames
from cnncli.forms.layout import CELL, DOT_RADIUS, Paper
from cnncli.forms.light import smoothed
from cnncli.forms.straighten import PER_MM, FlatPage
from cnncli.pictures.segmentation.connected import label_parts

WINDOW = round((CELL + 2 * AROUND) * PER_MM)  # pixels a side of a cut cell
MOST_BLUR = 0.85  # mm, the deviation of a Gaussian

_LEAST_INK = 0.075  # darkness
_SHARE = 0.33  # of the darkest ink, from which on a pixel is ink
_SURE = 1.4  # times that, somewhere in each stroke
_NOISE = 5.0  # deviations of the paper that are no ink
_LEAST_AREA = 0.45  # mm2 of a glyph
_BAND = 0.8  # mm on each side of the frame's inner edge
_SPECK = 0.12  # mm2
_OVER = 1.2  # mm outside of the frame, at which a part begins that belongs to the cell
_MOST_HIDDEN = 9.0  # mm of the frame in one piece; a finger hides more
_CLEAR = 3.0  # mm, the same in the middle of all cells, up to which the page shows its frames well
_DOT = DOT_RADIUS + 0.5  # mm around a dot, which is no ink
_ROOM = 0.6  # mm around it
_NAMES = (0.9, AROUND)  # mm above the frame, between which the name is printed
_NAME_INK = 0.62  # darkness up to which ink there is the name
_RIM = 0.6  # mm at the window's edge: what reaches it runs out of the cell
_BLACK = 0.9  # darkness of a sharp dot


@dataclass(frozen=True)
class Cell:
    """One cell of a photograph.

    row, column : from 0; reason : why it is refused, None where it is not
    picture : uint8 (126, 126), dark on white at 6 pixels a mm: 15 mm of the cell and 3 mm around; None if refused
    """

    row: int
    column: int
    name: str
    reason: str | None
    picture: npt.NDArray[np.uint8] | None


def cut_cells(flat: FlatPage, page: FormPage) -> list[Cell]:
    """All cells of a page, in their order."""
    views = [_window(flat, row, column) for row, column in page.cells]
    windows = np.stack([_in_light_of_surroundings(flat, view) for view in views])
    cleaned, frames = without_frames(windows)
    has_clear_frames = bool(np.median(frames.hidden) <= _CLEAR)
    softened = smoothed(cleaned, 3)
    result = []
    for place, (row, column) in enumerate(page.cells):
        name = page.rows[row]
        reason = _covered(flat, row, column, int(frames.sides[place]))
        if reason is None and has_clear_frames and frames.hidden[place] > _MOST_HIDDEN:
            reason = f"covered in part: {frames.hidden[place]:.0f} mm of its frame are not seen"
        picture = None
        blur = _dot_blur(flat, row, column)
        printed = _printed(page.paper, len(label(name)))
        judged, ink = _judged(cleaned[place], softened[place], printed, name, blur)
        # A frame that is blurred is not seen: the cell is not covered then.
        if reason is None or (judged is not None and judged.startswith("blurred")):
            reason = judged
            if reason is None:
                shade = np.where(_thicker(ink), cleaned[place], 0)
                picture = (255 * (1 - shade)).round().astype(np.uint8)
        result.append(Cell(row, column, name, reason, picture))
    return result


def _window(flat: FlatPage, row: int, column: int) -> tuple[slice, slice]:
    box = flat.paper.cell(row, column)
    left, top = round((box.x - AROUND) * PER_MM), round((box.y - AROUND) * PER_MM)
    return slice(top, top + WINDOW), slice(left, left + WINDOW)


@lru_cache(maxsize=16)
def _printed(paper: Paper, letters: int) -> Mask:
    """Where in a cell's window the form's dots and the cell's name stand; in every cell at the same place."""
    box = paper.cell(0, 0)
    steps = (np.arange(WINDOW) + 0.5) / PER_MM - AROUND
    x, y = box.x + steps[None], box.y + steps[:, None]
    wide = min(CELL, LETTER_WIDTH * letters)
    above = box.y - y
    result = (above > _NAMES[0]) & (above < _NAMES[1]) & (x > box.x - _ROOM) & (x < box.x + wide + _ROOM)
    xs, ys = paper.lattice
    for down in ys[:2]:
        for right in xs[:2]:
            result |= np.hypot(x - right, y - down) < _DOT
    return np.asarray(result)


def _in_light_of_surroundings(flat: FlatPage, view: tuple[slice, slice]) -> FloatArray:
    """Darkness in a window; a filled glyph, which itself passes for dark paper, is seen against the paper around."""
    light = flat.light[view].mean(axis=2)
    edge = round(1.5 * PER_MM)
    sides = (light[:edge], light[-edge:], light[:, :edge], light[:, -edge:])
    floor = 0.72 * float(np.quantile(np.concatenate([side.ravel() for side in sides]), 0.05))
    share = np.minimum(1.0, light / max(floor, 1e-3))
    return np.asarray(1 - (1 - flat.dark[view]) * share, np.float32)


def _covered(flat: FlatPage, row: int, column: int, sides: int) -> str | None:
    """Why a cell whose dots and frame are not to be seen is refused."""
    dots = int(np.count_nonzero(flat.lattice.is_found[row : row + 2, column : column + 2]))
    if dots >= 3 and sides >= 2:
        return None
    if dots <= 1 or sides <= 1:
        return f"covered or washed out: {dots} of its 4 dots and {sides} sides of its frame are seen"
    return None if sides >= 3 else f"covered in part: {dots} of its 4 dots and {sides} sides of its frame are seen"


def _dot_blur(flat: FlatPage, row: int, column: int) -> float:
    """Blur in mm by how dark the dots around still are: a disc of radius r keeps 1 - exp(-r^2 / 2 sigma^2) of it."""
    view = np.s_[row : row + 2, column : column + 2]
    seen = flat.lattice.strength[view][flat.lattice.is_found[view]]
    if len(seen) == 0:
        return 0.0
    share = min(0.98, float(np.median(seen)) / _BLACK)
    return float(DOT_RADIUS / np.sqrt(-2 * np.log(1 - share)))


def _judged(dark: FloatArray, soft: FloatArray, printed: Mask, name: str, dot_blur: float) -> tuple[str | None, Mask]:
    """(why the cell is refused or None, the ink of its glyph).

    dark, soft : the window without its frame, and its means over 3 x 3 pixels; printed : where dots and the name stand
    """
    edge = round(AROUND * PER_MM)
    inside = np.zeros(dark.shape, np.bool_)
    inside[edge:-edge, edge:-edge] = True
    middle = float(np.median(soft))
    noise = 1.4826 * float(np.median(middle - soft[soft <= middle]))
    darkest = float(np.quantile(soft[inside], 0.995))
    least = max(_LEAST_INK, middle + _NOISE * noise)
    ink = soft > max(least, _SHARE * darkest)
    ink &= ~printed | (soft > max(least, _NAME_INK))
    glyph = _glyph_parts(ink, inside, soft > _SURE * least, soft)
    area = np.count_nonzero(glyph) / PER_MM**2
    if area < _LEAST_AREA:
        return "empty", glyph
    if is_crossed_out(glyph, name):
        return "crossed out", glyph
    blur = max(dot_blur, _ink_blur(dark, glyph))
    if blur > MOST_BLUR:
        return f"blurred over {blur:.1f} mm; {MOST_BLUR} mm is the most", glyph
    if (glyph & _rim(glyph.shape)).any():
        return "runs more than 2 mm out of its cell", glyph
    return None, glyph


def _rim(shape: tuple[int, ...]) -> Mask:
    """The edge of a window, over which what is in it reaches into other cells."""
    rim = round(_RIM * PER_MM)
    result = np.ones(shape, np.bool_)
    result[rim:-rim, rim:-rim] = False
    return result


def _glyph_parts(ink: Mask, inside: Mask, sure: Mask, soft: FloatArray) -> Mask:
    """The parts of the ink that belong to the cell: no specks, somewhere surely ink, and mostly inside it.

    What stands outside, but at the frame, belongs to the cell too, if it does not reach the next one.
    """
    labels, count = label_parts(ink)
    if count == 0:
        return ink
    whole = np.bincount(labels.reshape(-1), minlength=count + 1)
    within = np.bincount(labels[inside], minlength=count + 1)
    surely = np.bincount(labels[sure], minlength=count + 1)
    at_rim = np.bincount(labels[_rim(ink.shape)], minlength=count + 1)
    edge = round((AROUND - _OVER) * PER_MM)
    beside = np.bincount(labels[edge:-edge, edge:-edge].reshape(-1), minlength=count + 1)
    own = (within >= 0.5 * whole) | ((beside > 0) & (at_rim == 0))
    own &= ~_is_frame(labels, whole, soft)
    kept = (whole >= _SPECK * PER_MM**2) & own & (surely > 0)
    kept[0] = False
    return np.asarray(kept[labels])


def _is_frame(labels: npt.NDArray[np.int32], whole: npt.NDArray[np.int64], soft: FloatArray) -> Mask:
    """Which parts lie all along the frame and are as light: what a fold has bent away from where it was taken off."""
    outer, inner = (round((AROUND + way * _BAND) * PER_MM) for way in (-1, 1))
    band = np.zeros(labels.shape, np.bool_)
    band[outer:-outer, outer:-outer] = True
    band[inner:-inner, inner:-inner] = False
    along = np.bincount(labels[band], minlength=len(whole))
    shade = np.bincount(labels.reshape(-1), soft.reshape(-1), len(whole)) / np.maximum(whole, 1)
    return np.asarray((along >= 0.95 * whole) & (shade < FRAME_INK))


def _ink_blur(dark: FloatArray, glyph: Mask) -> float:
    """Blur in mm by the steepest edges of the ink: a thin line of deviation s rises by 0.61 of its height in s."""
    down, right = np.gradient(dark)
    steep = np.hypot(down, right)[_thicker(glyph)]
    height = float(np.quantile(dark[glyph], 0.9))
    return 0.5 * height / max(1e-6, float(np.quantile(steep, 0.98))) / PER_MM


def _thicker(mask: Mask) -> Mask:
    """The mask and a disc of two pixels around: soft edges of strokes."""
    height, width = mask.shape
    padded = np.pad(mask, 2)
    narrow = padded[:, 1 : width + 1] | padded[:, 2 : width + 2] | padded[:, 3 : width + 3]
    wide = narrow | padded[:, :width] | padded[:, 4 : width + 4]
    middle = wide[1 : height + 1] | wide[2 : height + 2] | wide[3 : height + 3]
    return np.asarray(middle | narrow[:height] | narrow[4 : height + 4])
