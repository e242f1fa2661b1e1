"""Corner marks are found and read in pictures drawn from their words, module by module."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from cnncli.forms.layout import PAPERS, corners_of
from cnncli.forms.mark_words import ReadMark, word
from cnncli.forms.marks import Mark, Marks, find_marks, fitted_edges, page_projection

MODULE = 8  # pixels
SIDE = 7 * MODULE
PAPER, INK = 200.0, 40.0
Levels = np.ndarray  # (9, 9): a mark and the light around it


def modules(corner: int = 0, paper: str = "a4", ink: float = INK, light: float = PAPER) -> Levels:
    """Grey levels of the modules: bits within a dark border within paper."""
    is_dark = np.zeros((9, 9), bool)
    is_dark[1:-1, 1:-1] = True
    is_dark[2:-2, 2:-2] = word(paper, corner)
    return np.where(is_dark, ink, light)


def with_wrong_bits(levels: Levels, count: int) -> Levels:
    """So many of the 25 bits the other way round."""
    changed = levels.copy()
    for row, column in [(3, 3), (4, 5), (6, 2), (5, 5)][:count]:
        changed[row, column] = INK + PAPER - changed[row, column]
    return changed


def picture(*marks: tuple[Levels, int, int], size: tuple[int, int] = (240, 320), light: float = PAPER) -> np.ndarray:
    """Paper with these marks, (levels, left, top) each, where the marks themselves begin."""
    grey = np.full(size, light, np.float32)
    for levels, left, top in marks:
        grey[top : top + SIDE, left : left + SIDE] = np.kron(levels[1:-1, 1:-1], np.ones((MODULE, MODULE)))
    return grey


def speck(grey: np.ndarray, row: int, column: int, level: float, left: int = 100, top: int = 80) -> None:
    """The middle of one of the 9 x 9 modules in another grey, so that the outline of the mark stays as it is."""
    y, x = top + (row - 1) * MODULE, left + (column - 1) * MODULE
    grey[y + 1 : y + MODULE - 1, x + 1 : x + MODULE - 1] = level


def one(grey: np.ndarray) -> Mark:
    found = find_marks(grey)
    assert len(found.read) == 1 and not found.several
    return found.read[0]


def square(left: float, top: float, side: float = SIDE) -> np.ndarray:
    return np.array([(left, top), (left + side, top), (left + side, top + side), (left, top + side)])


@pytest.mark.parametrize("turns", range(4))
def test_a_mark_is_found_where_it_is_with_its_corners_as_printed(turns: int) -> None:
    """Turned clockwise by quarters its top left corner is the picture's next one, clockwise."""
    grey = picture((np.rot90(modules(turns, "letter"), -turns), 100, 80))
    mark = one(grey)
    assert mark.read._replace(turns=0) == ReadMark("letter", turns, 0, False, 0)
    np.testing.assert_allclose(mark.corners, np.roll(square(100, 80), -turns, axis=0), atol=0.6)
    assert mark.side == pytest.approx(SIDE, abs=0.6) and mark.name == (
        "top left", "top right", "bottom right", "bottom left"
    )[turns]  # fmt: skip


def test_the_blur_of_a_mark_is_the_deviation_of_the_gaussian_that_made_it() -> None:
    for deviation in (1.0, 2.0):
        image = Image.fromarray(picture((modules(), 100, 80)).astype(np.uint8))
        mark = one(np.asarray(image.filter(ImageFilter.GaussianBlur(deviation)), np.float32))
        assert mark.blur == pytest.approx(deviation, rel=0.2)
        assert mark.blur_mm == pytest.approx(mark.blur * 14 / mark.side)


@pytest.mark.parametrize("wrong", range(5))
def test_three_wrong_bits_are_mended_and_a_mark_with_four_says_nothing(wrong: int) -> None:
    found = find_marks(picture((with_wrong_bits(modules(2), wrong), 100, 80)))
    assert [(mark.read.corner, mark.read.wrong) for mark in found.read] == ([(2, wrong)] if wrong < 4 else [])
    assert bool(found.unread) == (wrong == 4)
    for quad in found.unread:
        np.testing.assert_allclose(np.sort(quad, axis=0), np.sort(square(100, 80), axis=0), atol=1.5)


HOLES = [(1, 3), (4, 1), (7, 5), (5, 7)]  # in the border
SPOTS = [(0, 4), (5, 0), (8, 2), (3, 8)]  # in the light around


@pytest.mark.parametrize(("holes", "spots", "is_read"), [(2, 2, True), (3, 0, False), (0, 3, False)])
def test_two_flaws_in_the_border_and_two_around_it_are_borne(holes: int, spots: int, is_read: bool) -> None:
    grey = picture((modules(), 100, 80))
    for row, column in HOLES[:holes]:
        speck(grey, row, column, PAPER)
    for row, column in SPOTS[:spots]:
        speck(grey, row, column, INK)
    found = find_marks(grey)
    assert (len(found.read), len(found.unread) > 0) == ((1, False) if is_read else (0, True))


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
@pytest.mark.parametrize("is_hole", [True, False])
def test_flaws_count_on_each_side_of_a_mark(side: str, is_hole: bool) -> None:
    """Two are borne, also at the corners, and a third one is not."""
    near, far = (1, 7) if is_hole else (0, 8)
    across = near if side in ("left", "top") else far
    for places, is_read in (((near, 3), True), ((near, 4, far), False)):
        grey = picture((modules(), 100, 80))
        for along in places:
            row, column = (along, across) if side in ("left", "right") else (across, along)
            y, x = 80 + (row - 1) * MODULE, 100 + (column - 1) * MODULE
            grey[y + 2 : y + MODULE - 2, x + 2 : x + MODULE - 2] = PAPER if is_hole else INK
        assert bool(find_marks(grey).read) == is_read


def test_what_bleeds_over_the_outer_fifth_of_a_bit_does_not_change_it() -> None:
    """Modules of 10 pixels, of which 2 all around look like the opposite."""
    grey = np.full((240, 320), PAPER, np.float32)
    levels = modules(1)
    grey[80:150, 100:170] = np.kron(levels[1:-1, 1:-1], np.ones((10, 10)))
    for row in range(5):
        for column in range(5):
            y, x = 90 + 10 * row, 110 + 10 * column
            inner = grey[y + 2 : y + 8, x + 2 : x + 8].copy()
            grey[y : y + 10, x : x + 10] = INK + PAPER - inner[0, 0]
            grey[y + 2 : y + 8, x + 2 : x + 8] = inner
    assert (one(grey).read.corner, one(grey).read.wrong) == (1, 0)


@pytest.mark.parametrize(("ink", "is_read"), [(0.74, True), (0.77, False)])
def test_the_border_must_be_a_quarter_darker_than_the_light_around(ink: float, is_read: bool) -> None:
    found = find_marks(picture((modules(ink=ink * PAPER), 100, 80)))
    assert bool(found.read) == is_read and not found.unread


@pytest.mark.parametrize("way", [0, 1])
def test_bits_are_read_in_light_that_falls_off_across_the_mark(way: int) -> None:
    """Of the darker end the paper is darker than the middle between ink and paper is over all of the mark."""
    for corner in range(4):
        grey = picture((modules(corner, ink=100), 100, 80))
        far = np.arange(grey.shape[1 - way], dtype=np.float32) - (100, 80)[way]
        fall = 1 - 0.4 * np.clip(far / SIDE, -0.2, 1.2)
        assert PAPER * fall.min() < (100 + PAPER) / 2 * 0.8
        read = one(grey * (fall if way == 0 else fall[:, None])).read
        assert (read.corner, read.wrong) == (corner, 0)


def test_a_mark_whose_light_is_cut_off_on_one_side_is_read() -> None:
    """It begins half a module from the picture's edge."""
    assert one(picture((modules(1), 4, 80))).read.corner == 1
    assert one(picture((modules(1), 100, 240 - SIDE - 3))).read.corner == 1


def test_of_two_marks_of_one_corner_that_with_fewer_wrong_bits_counts_then_the_larger_one() -> None:
    clean, soiled = (modules(3), 20, 80), (with_wrong_bits(modules(3), 2), 180, 80)
    found = find_marks(picture(clean, soiled))
    assert len(found.read) == 1 and found.read[0].read.wrong == 0 and found.read[0].corners[0, 0] < 21
    grey = picture((modules(3), 20, 80))
    large = np.kron(modules(3)[1:-1, 1:-1], np.ones((10, 10)))
    grey[80:150, 180:250] = large
    assert [mark.side for mark in find_marks(grey).read] == [pytest.approx(70, abs=1)]
    assert not find_marks(grey).several


def test_two_corners_that_are_there_twice_are_several_forms_and_one_is_none() -> None:
    places = [(20, 20), (120, 20), (220, 20), (20, 150), (120, 150), (220, 150)]

    def seen(corners: list[int], paper: str = "a4") -> Marks:
        marks = [(modules(corner, paper), *place) for corner, place in zip(corners, places, strict=False)]
        return find_marks(picture(*marks))

    assert seen([0, 1, 0, 1]).several and not seen([0, 1, 2, 0]).several
    assert {mark.read.corner for mark in seen([0, 1, 0, 1]).read} == {0, 1}
    of_two = find_marks(picture((modules(0), 20, 20), (modules(0, "letter"), 120, 20)))
    assert not of_two.several and {mark.read.paper for mark in of_two.read} == {"a4", "letter"}


def test_a_page_of_hundreds_of_dark_squares_is_looked_at_whole() -> None:
    """More than are looked at together, and the mark is behind them."""
    grey = np.full((700, 700), PAPER, np.float32)
    for row in range(24):
        for column in range(24):
            grey[4 + 24 * row : 16 + 24 * row, 4 + 24 * column : 16 + 24 * column] = INK
    mark = (modules(2), 620, 620)
    grey[600:, 600:] = picture((mark[0], 20, 20), size=(100, 100))
    assert [one.read.corner for one in find_marks(grey).read] == [2]


def test_edges_too_faint_to_be_fitted_say_so() -> None:
    grey = picture((modules(), 100, 80))
    corners, blur = fitted_edges(grey, square(99, 81)) or (np.zeros((4, 2)), 9.0)
    np.testing.assert_allclose(corners, square(100, 80), atol=0.1)
    assert blur < 0.5
    assert fitted_edges(np.full_like(grey, PAPER), square(100, 80)) is None


def test_an_edge_is_found_though_the_next_dark_thing_is_a_module_away() -> None:
    """Further out than 0.7 of a module nothing is looked at then."""
    grey = np.full((240, 320), INK, np.float32)
    grey[80 - MODULE : 80 + SIDE + MODULE, 100 - MODULE : 100 + SIDE + MODULE] = PAPER
    grey[80 : 80 + SIDE, 100 : 100 + SIDE] = INK
    found = fitted_edges(grey, square(99, 81))
    assert found is not None
    np.testing.assert_allclose(found[0], square(100, 80), atol=0.6)


def test_a_page_lies_where_its_marks_say_and_the_worst_corner_is_told_in_mm() -> None:
    """Three marks fit a page of 2 pixels a mm; of the fourth one corner lies off."""
    papers = PAPERS["letter"]
    flat = np.array([[2.0, 0.1, 30], [-0.2, 2, 40], [0, 0, 1]])
    marks = []
    for corner in range(4):
        x, y = corners_of(papers.mark(corner)).T
        seen = np.stack([2 * x + 0.1 * y + 30, -0.2 * x + 2 * y + 40], axis=-1)
        marks.append(Mark(ReadMark("letter", corner, 0, False, 0), seen, 1.0, 28.0))
    matrix, off = page_projection(marks)
    np.testing.assert_allclose(matrix, flat, atol=1e-9)
    assert off < 1e-9
    marks[2].corners[1] += (8, 0)
    assert 2.0 < page_projection(marks)[1] < 4.0  # 4 mm, of which the fit takes a part
