"""A photographed page made flat: by its corner marks, then by its dots."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from cnncli.array_types import FloatArray
from cnncli.forms.lattice import PER_MM as DOTS_PER_MM
from cnncli.forms.lattice import Lattice, find_dots
from cnncli.forms.layout import PAPERS, Paper, Points, corners_of
from cnncli.forms.light import as_grey, darkness, paper_light
from cnncli.forms.marks import Mark, page_projection
from cnncli.forms.projection import Matrix, inverse, projected

PER_MM = 6  # pixels a mm of the flat page


@dataclass(frozen=True)
class FlatPage:
    """pixels : float32 (H, W, 3) as photographed, at PER_MM; dark : (H, W), what ink takes of the paper's light"""

    paper: Paper
    pixels: FloatArray
    light: FloatArray
    dark: FloatArray
    lattice: Lattice


def straighten(photo: Image.Image, marks: list[Mark]) -> FlatPage:
    """The page flat and at 6 pixels a mm.

    photo : mode "RGB"; marks : the four, in its pixels
    """
    paper = PAPERS[marks[0].read.paper]
    matrix, _ = page_projection(marks)
    coarse, fewer = _reduced(photo, matrix, paper, DOTS_PER_MM)
    rough = np.asarray(_projected_page(coarse, _scaled(matrix, 1 / fewer), paper, DOTS_PER_MM))
    grey = as_grey(rough)
    dark = (1 - grey / np.maximum(paper_light(grey, DOTS_PER_MM), 1)).clip(0, 1)
    printed = np.concatenate([corners_of(paper.mark(mark.read.corner)) for mark in marks])
    seen = projected(inverse(matrix), np.concatenate([mark.corners for mark in marks]))
    lattice = find_dots(dark, paper, printed, seen - printed)
    fine, fewer = _reduced(photo, matrix, paper, PER_MM)
    flat = _mesh_page(fine, _scaled(matrix, 1 / fewer), paper, lattice)
    pixels = np.asarray(flat, np.float32)
    light = paper_light(pixels, PER_MM)
    return FlatPage(paper, pixels, light, darkness(pixels, light), lattice)


def scale_at(matrix: Matrix, place: Points) -> float:
    """Pixels a mm at a place of the page, in the direction in which they are fewest."""
    around = projected(matrix, place + np.array([(0.0, 0), (1, 0), (0, 1)]))
    return float(np.linalg.svd(around[1:] - around[0])[1].min())


def _reduced(photo: Image.Image, matrix: Matrix, paper: Paper, per_mm: float) -> tuple[Image.Image, int]:
    """(the photograph made smaller by a whole number, that number): still with as many pixels a mm as are wanted."""
    finest = max(scale_at(matrix, corners_of(paper.mark(corner))[0]) for corner in range(4))
    factor = max(1, int(finest / per_mm))
    return (photo.reduce(factor) if factor > 1 else photo), factor


def _scaled(matrix: Matrix, factor: float) -> Matrix:
    return np.diag([factor, factor, 1.0]) @ matrix


def _projected_page(photo: Image.Image, matrix: Matrix, paper: Paper, per_mm: float) -> Image.Image:
    whole = matrix @ np.diag([1 / per_mm, 1 / per_mm, 1.0])
    numbers = (whole / whole[2, 2]).reshape(-1)[:8].tolist()
    size = (round(paper.width * per_mm), round(paper.height * per_mm))
    return photo.transform(size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BILINEAR)


def _mesh_page(photo: Image.Image, matrix: Matrix, paper: Paper, lattice: Lattice) -> Image.Image:
    """The page in patches between the nodes of the lattice, and out to the edges of the paper."""
    xs, ys = paper.lattice
    size = (round(paper.width * PER_MM), round(paper.height * PER_MM))
    across = [0, *(round(float(x) * PER_MM) for x in xs), size[0]]
    down = [0, *(round(float(y) * PER_MM) for y in ys), size[1]]
    # What is beyond the lattice moves as its rim does; half a pixel of rounding moves nothing.
    shifts = np.pad(lattice.shifts, ((1, 1), (1, 1), (0, 0)), mode="edge")
    places = np.stack(np.meshgrid(across, down), axis=-1) / PER_MM
    seen = projected(matrix, places + shifts)
    patches = []
    for row in range(len(down) - 1):
        for column in range(len(across) - 1):
            box = (across[column], down[row], across[column + 1], down[row + 1])
            corners = [seen[row, column], seen[row + 1, column], seen[row + 1, column + 1], seen[row, column + 1]]
            patches.append((box, tuple(np.concatenate(corners).tolist())))
    return photo.transform(size, Image.Transform.MESH, patches, Image.Resampling.BILINEAR)
