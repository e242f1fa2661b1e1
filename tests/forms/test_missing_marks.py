"""Why corner marks are not all there, from marks and pictures whose fault is known."""

import io
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageFilter

from cnncli.forms import missing_marks
from cnncli.forms.cells import Cell
from cnncli.forms.form_page import FormPage
from cnncli.forms.lattice import Lattice
from cnncli.forms.layout import PAPERS, corners_of
from cnncli.forms.mark_words import ReadMark
from cnncli.forms.marks import Mark, Marks, page_projection
from cnncli.forms.missing_marks import light_fault, why_not
from cnncli.forms.photograph import Photograph
from cnncli.forms.shown_page import shown_page
from cnncli.forms.straighten import FlatPage, scale_at

A4 = PAPERS["a4"]
PIXELS = 3.0  # a mm


def mark(corner: int, turn: float = 0.0, paper: str = "a4", mirrored: bool = False, size: float = PIXELS) -> Mark:
    """As it lies in a picture of 700 x 1000 pixels, in which the page is turned by so many degrees about its middle."""
    angle = np.radians(turn)
    around = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    sheet = PAPERS[paper]
    corners = (corners_of(sheet.mark(corner)) - (sheet.width / 2, sheet.height / 2)) * size @ around.T + (350, 500)
    return Mark(ReadMark(paper, corner, 0, mirrored, 0), corners, 1.0, 14 * size)


def sharp() -> np.ndarray:
    """Light paper with a sharp black bar."""
    grey = np.full((1000, 700), 220, np.float32)
    grey[300:600, 200:400] = 20
    return grey


END = "; photograph the page with all four corner marks"


@pytest.mark.parametrize(
    ("turn", "corner", "place"),
    [
        (0, 0, "top left corner"), (0, 2, "bottom right corner"),
        (180, 0, "top left corner (bottom right in the picture)"),
        (90, 1, "top right corner (bottom right in the picture)"),
        (-90, 3, "bottom left corner (bottom right in the picture)"),
    ],
)  # fmt: skip
def test_a_missing_mark_is_named_as_on_the_form_and_as_in_the_picture(turn: float, corner: int, place: str) -> None:
    """Turned by 90 degrees a page of 891 pixels is wider than the picture: there it is smaller."""
    size = PIXELS if turn % 180 == 0 else 2.0
    found = [mark(one, turn, size=size) for one in range(4) if one != corner]
    expected = f"the mark in the form's {place} is covered, damaged or torn off{END}"
    assert why_not(Marks(found, []), sharp()) == expected


def test_marks_beyond_the_edge_are_cut_off_and_each_missing_one_is_told() -> None:
    found = [mark(0), mark(3)]
    cropped = sharp()[:, :600]
    assert why_not(Marks(found, []), cropped) == (
        "the mark in the form's top right corner is cut off by the picture's edge; the mark in the form's bottom right "
        f"corner is cut off by the picture's edge{END}"
    )
    low = sharp()[:910]
    assert "bottom right corner is cut off" in str(why_not(Marks([mark(0), mark(1), mark(3)], []), low))
    up = [Mark(one.read, one.corners - (0, 90), 1.0, one.side) for one in (mark(1), mark(2), mark(3))]
    assert "top left corner is cut off" in str(why_not(Marks(up, []), sharp()))


@pytest.mark.parametrize(("blur", "said"), [(5.0, "too blurred to be read"), (1.5, "covered, damaged or torn off")])
def test_a_soft_quadrangle_where_a_mark_should_be_is_too_blurred(blur: float, said: str) -> None:
    """The modules run together at 0.085 of a mark's 42 pixels, 3.6 pixels."""
    missing = mark(2)
    image = Image.fromarray(sharp().astype(np.uint8))
    left, top = missing.corners.min(axis=0).round().astype(int).tolist()
    image.paste(20, (left, top, left + 42, top + 42))
    grey = np.asarray(image.filter(ImageFilter.GaussianBlur(blur)), np.float32)
    found = [mark(0), mark(1), mark(3)]
    assert f"bottom right corner is {said}" in str(why_not(Marks(found, [missing.corners]), grey))
    far = missing.corners - (30, 0)  # nearly a mark's width beside it
    assert "covered, damaged or torn off" in str(why_not(Marks(found, [far]), grey))


def test_marks_of_two_forms_and_mirrored_ones_are_told() -> None:
    four = [mark(corner) for corner in range(4)]
    assert why_not(Marks(four, []), sharp()) is None
    assert "several forms" in str(why_not(Marks(four, [], several=True), sharp()))
    letter = [mark(corner, paper="letter") for corner in range(2)]
    assert "several forms" in str(why_not(Marks(four + letter, []), sharp()))
    assert why_not(Marks(four + letter[:1], []), sharp()) is None  # one may be a misreading
    mirrored = [mark(corner, mirrored=corner < 2) for corner in range(4)]
    assert "mirrored" in str(why_not(Marks(mirrored, []), sharp()))
    assert why_not(Marks([mark(corner, mirrored=corner < 1) for corner in range(4)], []), sharp()) is None


@pytest.mark.parametrize(
    ("dark", "light", "said"),
    [(5, 40, "too dark"), (5, 60, None), (230, 255, None), (240, 255, "washed out"), (5, 250, None)],
)
def test_light_is_judged_by_the_lightest_and_darkest_fiftieths(dark: int, light: int, said: str | None) -> None:
    grey = np.full((100, 100), dark, np.float32)
    grey[:50] = light
    grey[0], grey[-1] = 255, 0  # a hundredth each, as of a lamp and of noise
    found = light_fault(grey)
    assert (found is None) if said is None else (found is not None and said in found)
    if said is not None:
        assert why_not(Marks([], []), grey) == found


def test_without_marks_the_focus_is_looked_at_before_the_form() -> None:
    assert str(why_not(Marks([], []), sharp())).startswith("no form of cnn sheet")
    assert str(why_not(Marks([mark(1)], []), sharp())).startswith(
        "only the mark in the form's top right corner is seen"
    )
    image = Image.fromarray(sharp().astype(np.uint8))
    for blur, is_soft in ((2.0, False), (6.0, True)):  # 0.0035 of 1000 pixels are the most
        said = str(why_not(Marks([], []), np.asarray(image.filter(ImageFilter.GaussianBlur(blur)), np.float32)))
        assert said.startswith("the picture is too blurred" if is_soft else "no form of cnn sheet")
        if is_soft:
            spread = float(said.partition("spread over ")[2].partition(" of 1,000")[0])
            assert spread == pytest.approx(2 * blur, abs=1.6)


def test_four_soft_quadrangles_in_a_soft_picture_are_marks_out_of_focus() -> None:
    image = Image.new("L", (700, 1000), 220)
    quads = [mark(corner).corners for corner in range(4)]
    for quad in quads:
        left, top = quad.min(axis=0).round().astype(int).tolist()
        image.paste(20, (left, top, left + 42, top + 42))
    grey = np.asarray(image.filter(ImageFilter.GaussianBlur(3.9)), np.float32)
    assert "too blurred" in str(why_not(Marks([], quads), grey))
    assert "too blurred" not in str(why_not(Marks([], [quads[0]]), sharp()))


def test_a_page_is_projected_by_its_marks_and_what_lies_off_is_measured() -> None:
    four = [mark(corner, 10) for corner in range(4)]
    matrix, off = page_projection(four)
    assert off < 1e-6 and scale_at(matrix, np.array([100.0, 150])) == pytest.approx(3.0)
    moved = four[1].corners + np.array([6.0, 0])
    bent = [four[0], Mark(four[1].read, moved, 1.0, 42.0), *four[2:]]
    assert 0.1 < page_projection(bent)[1] < 2.0
    assert [one.name for one in four] == ["top left", "top right", "bottom right", "bottom left"]
    assert four[0].blur_mm == pytest.approx(1 / 3) and four[2].centre == pytest.approx(four[2].corners.mean(axis=0))
    wide = np.array([[3.0, 0, 0], [0, 1.5, 0], [0, 0, 1]])
    assert scale_at(wide, np.array([0.0, 0.0])) == pytest.approx(1.5)


REASONS = (None, "empty", "crossed out", None, "blurred over 1.2 mm; 0.85 mm is the most")
BLUE, ORANGE = (0, 110, 200), (215, 85, 0)


@cache
def shown(reasons: tuple[str | None, ...]) -> np.ndarray:
    """The picture for a page whose first cells have these reasons, on paper of grey 60 in a light of 60."""
    size = ((297 * 2), (210 * 2))
    pixels = np.full((*size, 3), 60, np.float32)
    flat = FlatPage(
        A4,
        pixels,
        pixels.copy(),
        np.zeros(size, np.float32),
        Lattice(np.zeros((12, 11, 2)), np.ones((12, 11), bool), np.zeros((12, 11))),
    )
    cells = [Cell(index // 10, index % 10, "a", reason, None) for index, reason in enumerate(reasons)]
    page = Photograph("photo", FormPage(A4, 1, 1, ("a", "a")), flat, cells, 0)
    with Image.open(io.BytesIO(shown_page(page))) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_the_page_that_is_shown_frames_each_cell_in_the_colour_of_its_fate() -> None:
    """4 pixels a mm, below a head of 13 mm; the paper is white in any light."""
    picture = shown(REASONS)
    assert picture.shape == ((297 + 13) * 4, 210 * 4, 3)
    assert abs(picture[-40:, 100:300] - 255).max() < 12
    for index, reason in enumerate(REASONS):
        box = A4.cell(0, index)
        left, top = round(box.x * 4), round((box.y + 13) * 4)
        colour = BLUE if reason is None else ORANGE
        near = abs(picture - colour).max(axis=2) < 40
        for line in (near[top - 2, left : left + 55], near[top : top + 40, left - 2], near[top : top + 40, left + 62]):
            assert line.mean() > 0.95
        assert not near[top + 4 : top + 40, left + 4 : left + 54].any() and not near[top - 8 : top - 5].any()
        foot = near[top + 48 : top + 62, left + 2 : left + 56]
        if reason is None:
            assert not foot[:10, 2:50].any()
        else:  # a tag with its first words, light on the colour
            tag = picture[top + 50 : top + 62, left : left + 30]
            assert near[top + 50 : top + 62, left : left + 30].mean() > 0.5 and (tag.min(axis=2) > 200).sum() > 20


def test_the_head_counts_what_was_taken_and_what_was_not() -> None:
    def swatches(picture: np.ndarray, colour: tuple[int, int, int]) -> list[int]:
        near = abs(picture[:44] - colour).max(axis=2) < 40
        return np.flatnonzero(near.any(axis=0)).tolist()

    mixed, whole = shown(REASONS), shown((None, None))
    assert swatches(whole, BLUE) and not swatches(whole, ORANGE)
    blue, orange = swatches(mixed, BLUE), swatches(mixed, ORANGE)
    assert blue[0] == 36 and blue[-1] == 36 + 16 and orange[-1] - orange[0] == 16
    ink = np.flatnonzero((mixed[:44].max(axis=2) < 120).any(axis=0))
    first, second = ink[ink < orange[0]], ink[ink > orange[-1]]
    assert 4 <= first[0] - blue[-1] <= 14 and 20 <= orange[0] - first[-1] <= 36 and 4 <= second[0] - orange[-1] <= 14
    rows = np.flatnonzero((mixed[:44].max(axis=2) < 120).any(axis=1))
    frame = np.flatnonzero((abs(mixed[:44] - BLUE).max(axis=2) < 40).any(axis=1))
    assert abs(rows.mean() - frame.mean()) < 4 and frame[-1] - frame[0] == 16


@pytest.mark.parametrize(
    ("soft", "of", "are"), [(3, 3, False), (4, 4, True), (3, 7, False), (4, 8, True), (4, 9, True), (4, 10, False)]
)
def test_four_soft_quadrangles_and_half_of_all_are_a_blurred_form(
    soft: int, of: int, are: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing_marks, "_is_soft", lambda quad, grey: quad[0, 0] == 1)
    quads = [np.full((4, 2), float(number < soft)) for number in range(of)]
    assert missing_marks._are_soft(quads, sharp()) == are
