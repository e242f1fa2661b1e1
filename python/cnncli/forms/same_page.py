"""Whether a page was collected before by another photograph: its samples would be there twice."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from cnncli.array_types import FloatArray
from cnncli.forms.cells import Cell

_LEAST_CELLS = 4  # that are compared; fewer may be alike by chance
_FIRST = 8  # cells that are looked at before all are
_PART = 9  # pixels a side over which ink is averaged: 1.5 mm, by less than which straightened pages are off
_ALIKE = 0.85  # correlation of the same ink, photographed twice
_SHARE = 0.6  # of the cells that are alike


def page_before(folder: Path, cells: Sequence[Cell]) -> list[Path]:
    """The pictures that these cells have from an earlier photograph of the same page, or none.

    cells : accepted ones; those of a folder are told apart by the name of their photograph, and compared by their ink
    """
    seen: dict[str, list[tuple[Path, Cell]]] = defaultdict(list)
    for cell in cells:
        ending = f"-r{cell.row + 1}c{cell.column + 1}.png"
        for path in (folder / cell.name).glob(f"*{ending}"):
            seen[path.name.removesuffix(ending)].append((path, cell))
    for pairs in seen.values():
        if len(pairs) < max(_LEAST_CELLS, _SHARE * len(cells)):
            continue
        few = pairs[:: max(1, len(pairs) // _FIRST)]
        if _share_alike(few) >= _SHARE and _share_alike(pairs) >= _SHARE:
            return [path for path, _ in pairs]
    return []


def _share_alike(pairs: Sequence[tuple[Path, Cell]]) -> float:
    alike = 0
    for path, cell in pairs:
        assert cell.picture is not None
        try:
            with Image.open(path, formats=("PNG",)) as image:
                earlier = np.asarray(image.convert("L"))
        except OSError:
            continue
        if earlier.shape == cell.picture.shape:
            one, other = _spread(earlier), _spread(cell.picture)
            below = float(np.sqrt((one**2).sum() * (other**2).sum()))
            alike += below > 0 and float((one * other).sum()) > _ALIKE * below
    return alike / len(pairs)


def _spread(picture: np.ndarray) -> FloatArray:
    """Where the ink is, by parts of the cell, with mean 0."""
    side = picture.shape[0] // _PART
    cut = 255 - picture[: side * _PART, : side * _PART].astype(np.float32)
    parts = cut.reshape(side, _PART, side, _PART).mean(axis=(1, 3))
    return np.asarray(parts - parts.mean())
