"""Cells are cut out clean and judged right, on flat pages whose ink, dots and frames are known."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from cnncli.forms.cells import WINDOW, Cell, _glyph_parts, cut_cells
from cnncli.forms.form_page import FormPage, make_pages
from cnncli.forms.lattice import Lattice
from cnncli.forms.layout import PAPERS
from cnncli.forms.straighten import FlatPage

A4, PER_MM, CELL, FINE = PAPERS["a4"], 6, 15.0, 2
PAGE = make_pages(["3"], 1, "a4")[0]
Draw = Callable[[ImageDraw.ImageDraw, Callable[..., list[float]]], None]


def flat_page(darkness: np.ndarray) -> FlatPage:
    """With all of its dots seen."""
    shape = (12, 11)
    is_found = np.array([[A4.has_dot(row, column) for column in range(11)] for row in range(12)])
    lattice = Lattice(np.zeros((*shape, 2)), is_found, np.where(is_found, 0.9, 0.0))
    light = np.full((*darkness.shape, 3), 230, np.float32)
    return FlatPage(A4, light * (1 - darkness[..., None]), light, darkness.astype(np.float32), lattice)


def drawn(*cells: Draw | None, blur: float = 0.0, ink: float = 0.8) -> FlatPage:
    """The first row of a page, with what these draw into its cells from the left; all frames are there."""
    strip = round((A4.cell(0, 0).y + CELL + 5) * PER_MM)
    size = round(A4.width * PER_MM) * FINE, strip * FINE
    lines, inks = Image.new("L", size), Image.new("L", size)
    scale = PER_MM * FINE
    for column in range(10):
        box = A4.cell(0, column)
        left, top = box.x * scale, box.y * scale
        line, side = 0.25 * scale, CELL * scale
        draw = ImageDraw.Draw(lines)
        draw.rectangle((left - line, top - line, left + side + line - 1, top + side + line - 1), fill=255)
        draw.rectangle((left, top, left + side - 1, top + side - 1), fill=0)
        what = cells[column] if column < len(cells) else None
        if what is not None:

            def place(*values: float, left: float = left, top: float = top) -> list[float]:
                return [value * scale + (left, top)[index % 2] for index, value in enumerate(values)]

            what(ImageDraw.Draw(inks), place)
    if blur:
        inks = inks.filter(ImageFilter.GaussianBlur(blur * scale))
    line_share, ink_share = (np.asarray(image.reduce(FINE), float) / 255 for image in (lines, inks))
    return flat_page(1 - (1 - 0.32 * line_share) * (1 - ink * ink_share))


def rectangle(left: float, top: float, right: float, bottom: float) -> Draw:
    """Ink over these mm of a cell."""
    return lambda draw, place: draw.rectangle((*place(left, top), *(v - 1 for v in place(right, bottom))), fill=255)


def both(*parts: Draw) -> Draw:
    def draw_all(draw: ImageDraw.ImageDraw, place: Callable[..., list[float]]) -> None:
        for part in parts:
            part(draw, place)

    return draw_all


def ink_of(cell: Cell) -> np.ndarray:
    """Shares of black, (126, 126), of a picture that was taken."""
    assert cell.reason is None and cell.picture is not None
    assert cell.picture.shape == (WINDOW, WINDOW) == (126, 126) and cell.picture.dtype == np.uint8
    return 1 - cell.picture / 255


def pixels(*mm: float) -> tuple[slice, slice]:
    """The part of a window that lies left, top, right, bottom of a cell."""
    left, top, right, bottom = (round((value + 3) * PER_MM) for value in mm)
    return slice(top, bottom), slice(left, right)


BAR = rectangle(6, 3, 8, 12)
# What is drawn, why it is refused (None: taken), and which mm of it the picture shows.
JUDGED: dict[str, tuple[Draw | None, str | None, list[tuple[float, ...]]]] = {
    "a bar": (BAR, None, [(6, 3, 8, 12)]),
    "nothing": (None, "empty", []),
    "a dot of 0.06 mm2": (rectangle(7, 7, 7.25, 7.25), "empty", []),
    "a dot of 0.3 mm2": (rectangle(7, 7, 7.5, 7.6), None, [(7, 7, 7.5, 7.6)]),
    "a bar and a speck": (both(BAR, rectangle(11, 5, 11.25, 5.25)), None, [(6, 3, 8, 12)]),
    "a bar and a dot": (both(BAR, rectangle(11, 5, 11.5, 5.5)), None, [(6, 3, 8, 12), (11, 5, 11.5, 5.5)]),
    "to 1.6 mm out of the cell": (rectangle(6, 3, 8, 16.6), None, [(6, 3, 8, 16.6)]),
    "to the edge of the window": (rectangle(6, 3, 8, 17.9), "runs more than 2 mm out of its cell", []),
    "a bar, and ink beside the cell": (both(BAR, rectangle(16.4, 4, 17, 9)), None, [(6, 3, 8, 12)]),
    "a bar, and ink at the frame": (both(BAR, rectangle(15.3, 4, 16.9, 6)), None, [(6, 3, 8, 12), (15.3, 4, 16.9, 6)]),
    "mostly of the next cell": (both(BAR, rectangle(14, 4, 18.5, 6)), None, [(6, 3, 8, 12)]),
}


@pytest.fixture(scope="module")
def judged() -> dict[str, Cell]:
    names = list(JUDGED)
    found = cut_cells(drawn(*(JUDGED[name][0] for name in names[:10])), PAGE)
    found += cut_cells(drawn(*(JUDGED[name][0] for name in names[10:])), PAGE)[: len(names) - 10]
    return dict(zip(names, found, strict=True))


@pytest.mark.parametrize("case", JUDGED)
def test_what_belongs_to_a_cell_is_cut_and_nothing_else(case: str, judged: dict[str, Cell]) -> None:
    _, reason, boxes = JUDGED[case]
    cell = judged[case]
    assert cell.reason == reason
    if reason is not None:
        assert cell.picture is None
        return
    expected = np.zeros((WINDOW, WINDOW))
    for box in boxes:
        expected[pixels(*box)] = 0.8
    seen = ink_of(cell)
    edges = np.abs(np.diff(np.pad(expected, 1, mode="edge"), axis=0)[:, 1:-1][1:]) > 0
    edges |= np.abs(np.diff(np.pad(expected, 1, mode="edge"), axis=1)[1:-1][:, 1:]) > 0
    edges |= np.roll(edges, 1, axis=0) | np.roll(edges, 1, axis=1)
    np.testing.assert_allclose(seen[~edges], expected[~edges], atol=0.2)


def test_cells_come_in_their_order_with_their_names() -> None:
    page = make_pages(["3", "8"], 1, "a4")[0]
    flat = flat_page(np.zeros((round(80 * PER_MM), round(A4.width * PER_MM))))
    found = cut_cells(flat, page)
    assert [(cell.row, cell.column, cell.name) for cell in found] == [
        (row, column, name) for row, name in enumerate("38") for column in range(10)
    ]


def test_ink_that_is_blurred_is_refused_and_by_how_much_is_said() -> None:
    """A stroke of 0.5 mm, which a Gaussian of 1.2 mm spreads, and one of 0.5 mm, which is sharp enough."""
    stroke = rectangle(7, 2, 7.5, 13)
    assert cut_cells(drawn(stroke, blur=0.5, ink=1.0), PAGE)[0].reason is None
    reason = str(cut_cells(drawn(stroke, blur=1.2, ink=1.0), PAGE)[0].reason)
    said = re.fullmatch(r"blurred over (\d\.\d) mm; 0.85 mm is the most", reason)
    assert said is not None and float(said[1]) == pytest.approx(1.2, rel=0.25)


@cache
def _bars() -> np.ndarray:
    return drawn(*[BAR] * 10).dark


def with_bars() -> FlatPage:
    """A bar in each cell."""
    return flat_page(_bars().copy())


def test_dots_tell_how_blurred_a_cell_is() -> None:
    """A disc of radius r keeps 1 - exp(-r^2 / 2 s^2) of its darkness, 0.9; the median of four counts."""
    flat = with_bars()
    for column, sigma in ((0, 1.0), (3, 0.7), (6, 2.0)):
        flat.lattice.strength[0:2, column : column + 2] = 0.9 * (1 - math.exp(-(0.75**2) / (2 * sigma**2)))
    flat.lattice.strength[0, 8] = 0.1
    reasons = [cell.reason for cell in cut_cells(flat, PAGE)]
    assert reasons[0] == "blurred over 1.0 mm; 0.85 mm is the most"
    assert reasons[6] == "blurred over 2.0 mm; 0.85 mm is the most"
    assert [reasons[column] for column in (3, 4, 8)] == [None, None, None]


def without_sides(flat: FlatPage, column: int, count: int) -> None:
    """Takes so many sides of a cell's frame off: the left one, then those at the top, the right and the bottom."""
    box = A4.cell(0, column)
    left, top, right, bottom = (round(v * PER_MM) for v in (box.x, box.y, box.x + CELL, box.y + CELL))
    rows, columns = np.s_[top - 4 : bottom + 4], np.s_[left - 4 : right + 4]
    views = [
        (rows, np.s_[left - 4 : left + 2]), (np.s_[top - 4 : top + 2], columns),
        (rows, np.s_[right - 2 : right + 4]), (np.s_[bottom - 2 : bottom + 4], columns),
    ]  # fmt: skip
    for view in views[:count]:
        flat.dark[view] = 0


@pytest.mark.parametrize(
    ("dots", "sides", "reason"),
    [
        (4, 4, None), (3, 4, None), (2, 4, None), (2, 3, "hidden"), (1, 4, "washed"), (0, 4, "washed"),
        (4, 3, "hidden"), (3, 2, "hidden"), (4, 2, "hidden"), (2, 2, "part"), (4, 1, "washed"), (3, 0, "washed"),
    ],
)  # fmt: skip
def test_a_cell_is_covered_by_the_dots_and_sides_that_are_not_seen(dots: int, sides: int, reason: str | None) -> None:
    """hidden : a piece of the frame; a side is 15 mm, of which 9 may be hidden."""
    flat = with_bars()
    without_sides(flat, 5, 4 - sides)
    places = [(0, 5), (0, 6), (1, 5), (1, 6)]
    for place in places[dots:]:
        flat.lattice.is_found[place] = False
    said = f"{dots} of its 4 dots and {sides} sides of its frame are seen"
    expected = {
        None: None, "washed": f"covered or washed out: {said}", "part": f"covered in part: {said}",
        "hidden": f"covered in part: {15 * (4 - sides)} mm of its frame are not seen",
    }[reason]  # fmt: skip
    assert cut_cells(flat, PAGE)[5].reason == expected


@pytest.mark.parametrize(("length", "covered"), [(7.5, False), (10.0, True)])
def test_9_mm_of_a_frame_may_be_hidden(length: float, covered: bool) -> None:
    flat = with_bars()
    box = A4.cell(0, 2)
    top, left = round(box.y * PER_MM), round((box.x + 2.5) * PER_MM)
    flat.dark[top - 5 : top + 2, left - 1 : left + round(length * PER_MM) + 1] = 0
    reason = cut_cells(flat, PAGE)[2].reason
    assert reason == ("covered in part: 10 mm of its frame are not seen" if covered else None)


def test_where_no_frame_is_well_seen_none_counts_as_hidden() -> None:
    """As on a page of poor light, where parts of most frames are lost: two sides and dots are enough then."""
    flat = with_bars()
    for column in range(10):
        without_sides(flat, column, 1)
    assert [cell.reason for cell in cut_cells(flat, PAGE)] == [None] * 10


def test_the_name_above_a_cell_and_its_dots_are_no_ink() -> None:
    """The name is as dark as 0.5, stands 2 mm above the cell and is as wide as its letters."""
    flat = drawn(both(BAR, rectangle(0, -2.6, 2.5, -1.2)), both(BAR, rectangle(0, -2.6, 2.5, -1.2)), ink=0.5)
    seen = [ink_of(cell) for cell in cut_cells(flat, PAGE)[:2]]
    assert all(one[: 2 * PER_MM].max() < 0.05 and one[pixels(6.5, 4, 7.5, 11)].min() > 0.45 for one in seen)


def test_faint_ink_counts_where_there_is_no_darker_one() -> None:
    """A third of the darkest, and 7.5 % at least."""
    faint = drawn(BAR, ink=0.12)
    assert ink_of(cut_cells(faint, PAGE)[0])[pixels(6.5, 4, 7.5, 11)] == pytest.approx(0.12, abs=0.02)
    assert cut_cells(drawn(BAR, ink=0.06), PAGE)[0].reason == "empty"
    flat = drawn(BAR)
    box = A4.cell(0, 0)
    left, top = round(box.x * PER_MM), round(box.y * PER_MM)
    flat.dark[top + 20 : top + 60, left + 66 : left + 78] = 0.2  # a quarter of the bar's darkness: a shadow
    flat.dark[top + 20 : top + 60, left + 12 : left + 24] = 0.36
    seen = ink_of(cut_cells(flat, PAGE)[0])
    assert seen[18 + 24 : 18 + 56, 18 + 69 : 18 + 75].max() == 0
    assert seen[18 + 24 : 18 + 56, 18 + 15 : 18 + 21] == pytest.approx(0.36, abs=0.02)


def test_noise_of_the_paper_is_no_ink(rng: np.random.Generator) -> None:
    flat = drawn(None, BAR)
    flat.dark[:] = (flat.dark + abs(rng.normal(0, 0.04, flat.dark.shape))).clip(0, 1)
    found = cut_cells(flat, PAGE)
    assert found[0].reason == "empty" and found[1].reason is None


def test_a_filled_glyph_is_seen_against_the_paper_around_it() -> None:
    """Its middle passes for dark paper: what the light lacks there counts as ink."""
    flat = drawn(None, None)
    box = A4.cell(0, 0)
    view = np.s_[
        round((box.y + 3) * PER_MM) : round((box.y + 12) * PER_MM),
        round((box.x + 4) * PER_MM) : round((box.x + 11) * PER_MM),
    ]
    light = flat.light.copy()
    light[view] = 60
    seen = ink_of(cut_cells(replace(flat, light=light), PAGE)[0])
    # 0.72 of the light around is 165.6; of it 60 are left.
    assert seen[pixels(5, 4, 10, 11)] == pytest.approx(1 - 60 / 165.6, abs=0.01)
    assert seen[pixels(0, 0, 3.5, 15)].max() == 0


def test_the_cells_of_letter_paper_are_where_they_are() -> None:
    page = FormPage(PAPERS["letter"], 1, 1, ("a",))
    paper = page.paper
    dark = np.zeros((round(paper.height * PER_MM), round(paper.width * PER_MM)), np.float32)
    for column in range(10):
        box = paper.cell(0, column)
        left, top = round(box.x * PER_MM), round(box.y * PER_MM)
        dark[top - 2 : top + 92, left - 2 : left + 92] = 0.32
        dark[top : top + 90, left : left + 90] = 0
        dark[top + 20 : top + 60, left + 30 + column : left + 42 + column] = 0.8
    flat = replace(flat_page(dark), paper=paper)
    for column, cell in enumerate(cut_cells(flat, page)):
        assert np.flatnonzero((ink_of(cell) > 0.5).any(axis=0)) == pytest.approx(range(48 + column, 60 + column), abs=1)


@pytest.mark.parametrize(
    ("part", "is_of_the_cell"),
    [("inside", True), ("half outside", True), ("just outside", True), ("from outside to the rim", False)],
)
def test_ink_beside_a_cell_is_of_it_where_it_does_not_reach_the_next(part: str, is_of_the_cell: bool) -> None:
    around = round((WINDOW - CELL * PER_MM) / 2)  # pixels from the window's edge to the frame
    inside = np.zeros((WINDOW, WINDOW), np.bool_)
    inside[around:-around, around:-around] = True
    ink = np.zeros_like(inside)
    first, last = {
        "inside": (around + 20, around + 40), "half outside": (around - 4, around + 4),
        "just outside": (around - 5, around - 1), "from outside to the rim": (0, around - 1),
    }[part]  # fmt: skip
    ink[WINDOW // 2 - 6 : WINDOW // 2 + 6, first:last] = True
    assert np.array_equal(_glyph_parts(ink, inside, ink, np.ones(ink.shape, np.float32)), ink & is_of_the_cell)
