"""A photograph is made flat: each place of the page shows what the photograph has where the page lies in it."""

import numpy as np
import pytest
from PIL import Image

from cnncli.forms.layout import PAPERS, corners_of
from cnncli.forms.mark_words import ReadMark
from cnncli.forms.marks import Mark
from cnncli.forms.straighten import PER_MM, FlatPage, _reduced, scale_at, straighten

LETTER = PAPERS["letter"]
WIDE, HIGH = 900, 1150


def ramps(width: int = WIDE, height: int = HIGH) -> Image.Image:
    """Red grows to the right and green downwards, from 100 to 200; blue stays."""
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    return Image.fromarray(np.stack([100 + 100 * x, 100 + 100 * y, 0 * x + 150], axis=-1).round().astype(np.uint8))


def through(matrix: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Pixels of places in mm."""
    x, y, below = matrix @ np.stack([*places.T, np.ones(len(places))])
    return np.stack([x / below, y / below], axis=-1)


def flattened(matrix: np.ndarray, zoom: int = 1) -> FlatPage:
    """What becomes of the ramps where a page without dots lies so."""
    marks = []
    for corner in range(4):
        seen = through(matrix, corners_of(LETTER.mark(corner))) * zoom
        marks.append(Mark(ReadMark("letter", corner, 0, False, 0), seen, 1.0, 50.0))
    return straighten(ramps(WIDE * zoom, HIGH * zoom), marks)


TILTED = np.array([[3.6, -0.4, 120.0], [0.2, 3.7, 40.0], [2e-4, 3e-4, 1.0]])


@pytest.fixture(scope="module")
def page() -> FlatPage:
    return flattened(TILTED)


def test_every_place_of_the_page_is_taken_from_where_it_lies_in_the_photograph(page: FlatPage) -> None:
    assert page.paper is LETTER and page.pixels.shape == (round(279.4 * PER_MM), round(215.9 * PER_MM), 3)
    rows, columns = np.mgrid[3:1676:60, 3:1295:60]
    places = np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], axis=-1) / PER_MM
    x, y = through(TILTED, places).T
    seen = page.pixels[rows.ravel(), columns.ravel()]
    expected = np.stack([100 + 100 * x / WIDE, 100 + 100 * y / HIGH, np.full(len(x), 150)], axis=-1)
    np.testing.assert_allclose(seen, expected, atol=1.1)


def test_a_page_without_ink_is_its_own_light(page: FlatPage) -> None:
    inner = np.s_[60:-60, 60:-60]
    assert abs(page.light[inner] - page.pixels[inner]).max() < 6 and page.dark[inner].max() < 0.04
    assert not page.lattice.is_found.any() and abs(page.lattice.shifts).max() < 1e-6


@pytest.mark.parametrize(("scale", "factor"), [(3.0, 1), (11.9, 1), (12.1, 2), (17.9, 2), (18.1, 3)])
def test_a_photograph_is_made_smaller_while_it_keeps_6_pixels_a_mm(scale: float, factor: int) -> None:
    photo = ramps(60, 48)
    smaller, by = _reduced(photo, np.diag([scale, scale, 1]), LETTER, PER_MM)
    assert by == factor and smaller.size == (60 // factor, 48 // factor)


def test_the_corner_at_which_a_photograph_is_finest_says_how_much_smaller_it_gets() -> None:
    """It is 13 pixels a mm at the top left and below 6.5 further down."""
    matrix = np.array([[13.0, 0, 0], [0, 13, 0], [0, 0.006, 1]])
    assert scale_at(matrix, corners_of(LETTER.mark(3))[0]) < 6.5
    matrix = matrix * [[1.1], [1.1], [1]]
    assert _reduced(ramps(60, 48), matrix, LETTER, PER_MM)[1] == 2


def test_pixels_a_mm_are_those_of_the_direction_in_which_they_are_fewest() -> None:
    """The singular values of what a projection does to a millimetre: here of a turn and of a shear, by hand."""
    turn = np.array([[0.0, -2, 5], [4, 0, 7], [0, 0, 1]])
    assert scale_at(turn, np.array([10.0, 20])) == pytest.approx(2)
    shear = np.array([[1.0, 1, 0], [0, 1, 0], [0, 0, 1]])
    assert scale_at(shear, np.array([0.0, 0])) == pytest.approx((5**0.5 - 1) / 2)
