"""Whether the cells of a photograph were cut right, by what was written into them."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from tools.photographs.filling import Filled, Truth

from cnncli.forms.cells import WINDOW
from cnncli.forms.photograph import Photograph

_PER_MM = 6
_TOLERANCE = 0.6  # mm between ink that was written and ink that was cut
_LEAST_SEEN = 0.97  # of what was written
_MOST_STRANGE = 0.05  # of what was cut
_MOST_OFF = 0.7  # mm between the centres of both


@dataclass(frozen=True)
class Judged:
    """right : as it must be; label_is_wrong : a picture in another class's folder; what : for the report"""

    row: int
    column: int
    right: bool
    what: str
    label_is_wrong: bool = False


def compare(
    filled: Filled, photograph: Photograph, may_be_refused: frozenset[tuple[int, int]] = frozenset()
) -> list[Judged]:
    """Each cell: a glyph is cut whole, alone and in its place; what is empty or crossed out is refused as that.

    may_be_refused : cells that something covers; where they are cut all the same, they must be right
    """
    seen = {(cell.row, cell.column): cell for cell in photograph.cells}
    result = []
    for place, truth in filled.cells.items():
        cell = seen.get(place)
        if cell is None:
            result.append(Judged(*place, False, "not on the page"))
            continue
        wrong_label = cell.picture is not None and cell.name != truth.label
        if cell.reason is not None:
            expected = {"glyph": "", "empty": "empty", "crossed": "crossed out"}[truth.kind]
            right = cell.reason == expected or place in may_be_refused
            result.append(Judged(*place, right, f"{truth.kind} refused: {cell.reason}"))
        elif truth.kind != "glyph":
            result.append(Judged(*place, False, f"{truth.kind} taken", wrong_label))
        else:
            assert cell.picture is not None
            fault = "wrong label" if wrong_label else _fault(truth, cell.picture)
            result.append(Judged(*place, fault is None, fault or "right", wrong_label))
    return result


def _fault(truth: Truth, picture: np.ndarray) -> str | None:
    assert truth.ink is not None
    written = np.asarray(Image.fromarray(truth.ink).resize((WINDOW, WINDOW), Image.Resampling.BOX)) > 0.4
    cut, faint = (picture < 255 - share * (255 - int(picture.min())) for share in (0.5, 0.25))
    reach = round(_TOLERANCE * _PER_MM)
    lost = 1 - _grown(faint, reach)[written].mean()
    strange = 1 - _grown(written, reach)[cut].mean() if cut.any() else 1.0
    if lost > 1 - _LEAST_SEEN:
        return f"{lost:.0%} of the glyph is lost"
    if strange > _MOST_STRANGE:
        return f"{strange:.0%} of the picture is no glyph"
    off = np.subtract(_centre(written), _centre(cut)) / _PER_MM
    return f"off by {np.hypot(*off):.1f} mm" if np.hypot(*off) > _MOST_OFF else None


def _centre(mask: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    return float(rows.min() + rows.max()) / 2, float(columns.min() + columns.max()) / 2


def _grown(mask: np.ndarray, reach: int) -> np.ndarray:
    padded = np.pad(mask, reach)
    height, width = mask.shape
    parts = [
        padded[reach + y : reach + y + height, reach + x : reach + x + width]
        for y in range(-reach, reach + 1) for x in range(-reach, reach + 1) if y * y + x * x <= reach * reach + 1
    ]  # fmt: skip
    return np.any(parts, axis=0)
