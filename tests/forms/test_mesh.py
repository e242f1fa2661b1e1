"""A page is made flat by its dots: each place comes from where the dots around it have moved to."""

import numpy as np
import pytest
from PIL import Image

from cnncli.forms.lattice import Lattice
from cnncli.forms.layout import Paper
from cnncli.forms.straighten import PER_MM, _mesh_page

PAGE = Paper("low", 210.0, 90.0)  # quicker than a whole one
XS, YS = PAGE.lattice
WIDE, HIGH = 1400, 700
SCALE, LEFT, TOP = 5.0, 100.0, 60.0  # of the page in the photograph


def flat(shifts: np.ndarray) -> np.ndarray:
    """Red is the place in the photograph from left to right, green from top to bottom, 0 to 250 each."""
    x, y = np.meshgrid((np.arange(WIDE) + 0.5) / WIDE, (np.arange(HIGH) + 0.5) / HIGH)
    ramps = np.stack([250 * x, 250 * y, 0 * x], axis=-1).round().astype(np.uint8)
    matrix = np.array([[SCALE, 0, LEFT], [0, SCALE, TOP], [0, 0, 1]])
    lattice = Lattice(shifts, np.ones((12, 11), bool), np.ones((12, 11)))
    made = np.asarray(_mesh_page(Image.fromarray(ramps), matrix, PAGE, lattice), np.float64)
    assert made.shape == (90 * PER_MM, 210 * PER_MM, 3)
    return made


def places() -> tuple[np.ndarray, np.ndarray]:
    """mm of the middle of each pixel."""
    return np.meshgrid((np.arange(210 * PER_MM) + 0.5) / PER_MM, (np.arange(90 * PER_MM) + 0.5) / PER_MM)


def check(seen: np.ndarray, x: np.ndarray, y: np.ndarray, within: float = 1.0) -> None:
    """The place of the page in mm that is seen at each pixel."""
    assert abs(seen[..., 0] - 250 / WIDE * (LEFT + SCALE * x)).max() < within
    assert abs(seen[..., 1] - 250 / HIGH * (TOP + SCALE * y)).max() < within


@pytest.mark.parametrize("way", [(0.0, 0.0), (4.0, -3.0)])
def test_where_all_dots_have_moved_alike_the_whole_paper_has(way: tuple[float, float]) -> None:
    x, y = places()
    check(flat(np.broadcast_to(np.array(way), (12, 11, 2)).copy()), x + way[0], y + way[1])


def test_between_dots_the_page_moves_in_proportion_and_beyond_them_as_its_rim() -> None:
    """To the right by a fifth of the way down, downwards by a twentieth of the way to the right."""
    nodes = np.stack(np.meshgrid(XS, YS), axis=-1)
    x, y = places()
    seen = flat(np.stack([nodes[..., 1] / 5, nodes[..., 0] / 20], axis=-1))
    check(seen, x + y.clip(YS[0], YS[-1]) / 5, y + x.clip(XS[0], XS[-1]) / 20, within=1.2)


def test_a_dot_that_has_moved_alone_takes_only_the_four_patches_around_it() -> None:
    shifts = np.zeros((12, 11, 2))
    shifts[10, 5] = (3, 0)
    still, seen = flat(np.zeros((12, 11, 2))), flat(shifts)
    rows, columns = np.nonzero(abs(seen - still).max(axis=2) > 1)
    x, y = (columns + 0.5) / PER_MM, (rows + 0.5) / PER_MM
    assert XS[4] < x.min() and x.max() < XS[6] and YS[9] - 0.1 < y.min() and y.max() < YS[11] + 0.1
    row, column = round(YS[10] * PER_MM), round(XS[5] * PER_MM)
    assert seen[row, column, 0] - still[row, column, 0] == pytest.approx(250 / WIDE * SCALE * 3, abs=1.1)
