"""What a photograph is refused for, at each limit on both sides; marks and pages are put in place of those found."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from PIL import Image

from cnncli.errors import DataError
from cnncli.forms import photograph
from cnncli.forms.cells import Cell
from cnncli.forms.form_page import make_pages
from cnncli.forms.lattice import Lattice
from cnncli.forms.layout import PAPERS, corners_of
from cnncli.forms.mark_words import ReadMark
from cnncli.forms.marks import Mark, Marks, page_projection
from cnncli.forms.photograph import Photograph, read_photograph
from cnncli.forms.straighten import FlatPage

A4 = PAPERS["a4"]
HAS_DOT = np.array([[A4.has_dot(row, column) for column in range(11)] for row in range(12)])
PAGE = make_pages(["a", "b"], 1, "a4")[0]
CELLS = [Cell(0, column, "a", None if column < 3 else "empty", None) for column in range(10)]


def mark(corner: int, scale: float = 2.0, turn: int = 0, blur_mm: float = 0.3) -> Mark:
    """Of a page turned clockwise by so many degrees about its middle, which lies at (350, 350)."""
    sine, cosine = {0: (0, 1), 90: (1, 0), 180: (0, -1), 270: (-1, 0)}[turn]
    way = corners_of(A4.mark(corner)) - (A4.width / 2, A4.height / 2)
    corners = np.stack([cosine * way[:, 0] - sine * way[:, 1], sine * way[:, 0] + cosine * way[:, 1]], axis=-1)
    return Mark(ReadMark("a4", corner, 0, False, 0), corners * scale + 350, blur_mm * scale, 14 * scale)


def four(scale: float = 2.0, turn: int = 0, blur_mm: float = 0.3) -> Marks:
    return Marks([mark(corner, scale, turn, blur_mm) for corner in (2, 0, 3, 1)], [])


def flat(light: float = 200, seen: int = 130) -> FlatPage:
    """A page of which the first so many dots are seen."""
    is_found = HAS_DOT & (np.cumsum(HAS_DOT).reshape(HAS_DOT.shape) <= seen)
    lattice = Lattice(np.zeros((12, 11, 2)), is_found, np.zeros((12, 11)))
    return FlatPage(
        A4, np.zeros((2, 2, 3), np.float32), np.full((2, 2, 3), light, np.float32), np.zeros((2, 2)), lattice
    )


@dataclass
class Found:
    """What the parts of reading give; `looks` are the sizes at which marks were looked for."""

    marks: Callable[[tuple[int, ...]], Marks] = field(default=lambda _: four())
    flat: FlatPage = field(default_factory=flat)
    cells: list[Cell] = field(default_factory=lambda: CELLS)
    looks: list[tuple[int, ...]] = field(default_factory=list)
    straightened: list[Mark] = field(default_factory=list)

    def find_marks(self, grey: np.ndarray) -> Marks:
        self.looks.append(grey.shape)
        return self.marks(grey.shape)

    def straighten(self, photo: Image.Image, marks: list[Mark]) -> FlatPage:
        self.straightened = marks
        return self.flat


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Found:
    made = Found()
    monkeypatch.setattr(photograph, "find_marks", made.find_marks)
    monkeypatch.setattr(photograph, "straighten", made.straighten)
    monkeypatch.setattr(photograph, "read_code", lambda _: PAGE)
    monkeypatch.setattr(photograph, "cut_cells", lambda *_: made.cells)
    return made


def read(width: int = 700, height: int = 1000, light: int = 200) -> Photograph:
    """Of a picture with a light and a dark half."""
    picture = Image.new("L", (width, height), light)
    picture.paste(light // 4, (0, 0, width // 2, height))
    content = io.BytesIO()
    picture.save(content, "PNG", compress_level=1)
    return read_photograph(content.getvalue(), "a.png")


def refusal(width: int = 700, height: int = 1000, light: int = 200) -> str:
    with pytest.raises(DataError) as caught:
        read(width, height, light)
    return str(caught.value)


def test_what_is_read_is_told(found: Found) -> None:
    seen = read()
    assert (seen.name, seen.page, seen.flat, seen.cells, seen.turned) == ("a.png", PAGE, found.flat, CELLS, 0)
    assert seen.accepted == CELLS[:3] and seen.dots == (130, 130)
    found.flat = flat(seen=100)
    assert read().dots == (100, 130)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_form_is_turned_as_its_upper_edge_lies(turn: int, found: Found) -> None:
    found.marks = lambda _: four(turn=turn)
    assert read().turned == turn


def test_a_picture_needs_400_pixels_on_its_longer_side(found: Found) -> None:
    assert refusal(399, 200) == "a.png: the picture has 399x200 pixels; a form needs 400 on the longer side"
    found.marks = lambda _: four(scale=4.0)
    assert read(400, 200).turned == 0 and read(200, 400).turned == 0


@pytest.mark.parametrize(
    ("longer", "looked_at"),
    [(999, [1998]), (1000, [1000]), (1400, [1400]), (2000, [1400, 2000]), (3000, [1400, 2800])],
)
def test_marks_are_looked_for_at_1400_and_2800_pixels_and_small_pictures_made_larger(
    longer: int, looked_at: list[int], found: Found
) -> None:
    found.marks = lambda _: Marks([], [])
    refusal(20, longer)
    assert [size[0] for size in found.looks] == looked_at
    assert [size[1] for size in found.looks] == [round(20 * side / longer) for side in looked_at]


def test_marks_found_at_another_size_are_told_in_pixels_of_the_photograph(found: Found) -> None:
    """And where all are found nobody looks again."""
    read(20, 2800)
    assert found.looks == [(1400, 10)]
    assert [one.read.corner for one in found.straightened] == [0, 1, 2, 3]
    for one in found.straightened:
        expected = mark(one.read.corner)
        np.testing.assert_allclose(one.corners, 2 * expected.corners)
        assert (one.blur, one.side) == (2 * expected.blur, 2 * expected.side)


def test_the_look_that_finds_more_marks_says_what_is_missing(found: Found) -> None:
    """Of two that find as many, the first."""
    three = Marks([mark(corner) for corner in (0, 1, 2)], [])
    for first, second in ((three, Marks([mark(0), mark(1)], [])), (Marks([], []), three)):
        found.marks = lambda size, first=first, second=second: first if size[0] == 1400 else second
        assert "bottom left corner" in refusal(100, 2000) and "bottom right" not in refusal(100, 2000)
    found.marks = lambda size: three if size[0] == 1400 else Marks([mark(corner) for corner in (0, 1, 3)], [])
    assert "bottom left corner" in refusal(100, 2000)


def test_a_cell_must_be_20_pixels_wide(found: Found) -> None:
    """15 mm: 1.333 pixels a mm."""
    said = (
        "a.png: the form is too small in the picture: its cells are 19 pixels wide, at least 20 are needed; go nearer"
    )
    found.marks = lambda _: four(scale=1.29)
    assert refusal() == said
    found.marks = lambda _: Marks([mark(corner, 1.29) for corner in (0, 1)], [])
    assert refusal() == said  # which may be why the others are not read
    found.marks = lambda _: Marks([mark(0, 1.29)], [])
    assert "only the mark in the form's top left corner is seen" in refusal()
    found.marks = lambda _: four(scale=1.34)
    assert read().turned == 0
    # Where marks are looked for in half of the size, the cell is twice as large in the photograph.
    found.marks = lambda _: Marks([mark(corner, 0.7) for corner in (0, 1)], [])
    assert "too small" not in refusal(700, 2800)


def test_the_corner_where_a_page_is_smallest_counts(found: Found) -> None:
    far = np.array([[2.0, 0, 100], [0, 2, 100], [0, 0.0016, 1]])
    marks = []
    for corner in range(4):
        x, y = corners_of(A4.mark(corner)).T
        below = far[2, 1] * y + 1
        seen = np.stack([(2 * x + 100) / below, (2 * y + 100) / below], axis=-1)
        marks.append(Mark(ReadMark("a4", corner, 0, False, 0), seen, 0.3, 28))
    found.marks = lambda _: Marks(marks, [])
    assert "too small" in refusal()


def test_marks_may_lie_6_mm_off_a_flat_page(found: Found) -> None:
    def moved(way: float) -> Marks:
        last = mark(3)
        marks = four().read
        marks[2] = replace(last, corners=last.corners + (np.arange(8).reshape(4, 2) % 3 - 1) * way)
        return Marks(marks, [])

    ways = np.arange(2.0, 40.0, 0.25)
    off = [page_projection(sorted(moved(way).read, key=lambda one: one.read.corner))[1] for way in ways]
    least = next(index for index, one in enumerate(off) if one > 6)
    assert off[least - 1] <= 6 < off[least] < 6.3
    found.marks = lambda _: moved(ways[least - 1])
    assert read().turned == 0
    found.marks = lambda _: moved(ways[least])
    assert refusal() == (
        "a.png: the four corner marks do not lie on one flat page; are there two forms, or is it crumpled?"
    )


def test_edges_may_spread_over_0_85_mm_in_the_middle_of_four_marks(found: Found) -> None:
    found.marks = lambda _: four(blur_mm=0.84)
    assert read().turned == 0
    found.marks = lambda _: Marks([mark(0, blur_mm=3), *(mark(corner, blur_mm=0.5) for corner in (1, 2, 3))], [])
    assert read().turned == 0
    found.marks = lambda _: four(blur_mm=0.93)
    assert refusal() == (
        "a.png: the picture is too blurred: edges spread over 0.9 mm of the paper, 0.85 mm is the most; hold still, "
        "let it focus"
    )


def test_paper_of_16_grey_levels_is_light_enough(found: Found) -> None:
    found.flat = flat(light=16)
    assert read().turned == 0
    found.flat = flat(light=15.2)
    assert refusal() == (
        "a.png: the picture is too dark: its paper has 15 of 255 grey levels, 16 are the least; switch a light on"
    )


def test_six_in_ten_dots_must_be_seen(found: Found) -> None:
    found.flat = flat(seen=78)
    assert read().dots == (78, 130)
    found.flat = flat(seen=77)
    assert refusal() == (
        "a.png: only 77 of the 130 dots between the cells are seen; is it covered, crumpled or in glare?"
    )


def test_a_page_without_a_cell_that_can_be_used_says_why_most_are_not(found: Found) -> None:
    """The first words of the three most frequent reasons; but bad light is a reason by itself."""
    reasons = ["blurred: a lot"] * 2 + ["empty"] * 4 + ["crossed out"] * 3 + ["covered: by a thumb"]
    found.cells = [Cell(0, column, "a", reason, None) for column, reason in enumerate(reasons)]
    assert refusal() == "a.png: no cell can be used: 4 empty, 3 crossed out, 2 blurred"
    assert refusal(light=40).startswith("a.png: the picture is too dark: hardly anything")
    washed = "covered or washed out: 4 of its 4 dots and 0 sides of its frame are seen"
    found.cells = [Cell(0, column, "a", washed, None) for column in range(3)]
    assert refusal() == (
        "a.png: the dots of the form are seen, but no frame of a cell, as in a scan in black and white; scan it in "
        "grey or in colour"
    )
    found.cells.append(Cell(0, 3, "a", "empty", None))
    assert refusal() == "a.png: no cell can be used: 3 covered or washed out, 1 empty"
    found.cells.append(Cell(0, 4, "a", None, None))
    assert len(read().accepted) == 1
