"""Borders, rings and tables around a glyph go, glyphs that look like them stay; small glyphs in a row are counted."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from cnncli.pictures.digit_picture import find_digits
from cnncli.pictures.segmentation.frame import inside_of_frame, without_ring

Box = tuple[int, int, int, int]


def page_with_seven(side: int, tall: int) -> tuple[Image.Image, Box]:
    """A 7 in the middle of white paper, and its box (x, y, width, height)."""
    image = Image.new("L", (side, side), 255)
    left, top, wide = (side - tall * 2 // 3) // 2, (side - tall) // 2, tall * 2 // 3
    pen = max(2, tall // 9)
    ImageDraw.Draw(image).line([(left, top), (left + wide, top), (left + wide // 3, top + tall)], 0, pen, joint="curve")
    rows, columns = np.nonzero(np.asarray(image) < 128)
    box = int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
    return image, box


def assert_only(image: Image.Image, box: Box, tolerance: int = 2) -> None:
    found = find_digits(image, "picture")
    assert len(found) == 1
    np.testing.assert_allclose(found[0].box, box, atol=tolerance)


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize(
    ("side", "tall", "thick"), [(28, 17, 1), (40, 24, 1), (40, 24, 3), (180, 100, 3), (180, 90, 12)]
)
def test_border_along_all_sides_is_no_part_of_the_glyph(side: int, tall: int, thick: int, negative: bool) -> None:
    image, box = page_with_seven(side, tall)
    ImageDraw.Draw(image).rectangle((0, 0, side - 1, side - 1), None, 0, thick)
    assert_only(Image.eval(image, lambda grey: 255 - grey) if negative else image, box)


@pytest.mark.parametrize("shape", ["ellipse", "rectangle", "rounded_rectangle"])
@pytest.mark.parametrize("side", [44, 200])
def test_ring_around_a_glyph_is_no_part_of_it(shape: str, side: int) -> None:
    image, box = page_with_seven(side, side * 2 // 5)
    draw, margin = ImageDraw.Draw(image), side // 12
    ends = (margin, margin, side - 1 - margin, side - 1 - margin)
    if shape == "rounded_rectangle":
        draw.rounded_rectangle(ends, side // 8, None, 0, max(1, side // 70))
    else:
        getattr(draw, shape)(ends, None, 0, max(1, side // 70))
    assert_only(image, box)


def test_sheet_on_a_table_is_read(rng: np.random.Generator) -> None:
    sheet, (x, y, wide, tall) = page_with_seven(300, 130)
    photo = np.full((420, 400), 90.0)
    photo[60:360, 50:350] = np.asarray(sheet) * 0.75 + 40
    noisy = photo + rng.normal(0, 5, photo.shape)
    picture = Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))
    assert_only(picture, (x + 50, y + 60, wide, tall), tolerance=4)


@pytest.mark.parametrize("inside", ["dot", "slash"])
def test_zero_with_a_dot_or_a_slash_stays_whole(inside: str) -> None:
    image = Image.new("L", (200, 240), 255)
    draw = ImageDraw.Draw(image)
    draw.ellipse((50, 40, 150, 200), None, 0, 9)
    if inside == "dot":
        draw.ellipse((92, 112, 108, 128), 0)
    else:
        draw.line((88, 155, 112, 85), 0, 8)
    assert_only(image, (50, 40, 101, 161))


def test_seven_segment_eight_that_fills_the_picture_is_no_frame() -> None:
    image = Image.new("L", (60, 100), 255)
    ImageDraw.Draw(image).rectangle((0, 0, 59, 99), None, 0, 12)
    ImageDraw.Draw(image).rectangle((0, 44, 59, 55), 0)
    assert inside_of_frame(np.asarray(image, np.float32)) is None


def test_vignette_is_no_frame() -> None:
    rows, columns = np.mgrid[-1:1:200j, -1:1:200j]
    grey = (230 - 160 * ((rows**2 + columns**2) / 2) ** 1.5).astype(np.float32)
    assert inside_of_frame(grey) is None


@pytest.mark.parametrize("tall", [12, 16, 21])
@pytest.mark.parametrize("count", [2, 3])
def test_small_glyphs_side_by_side_are_counted(tall: int, count: int) -> None:
    wide, gap = tall * 3 // 5, max(3, tall // 4)
    image = Image.new("L", (count * wide + (count + 1) * gap, tall + 8), 255)
    for number in range(count):
        left = gap + number * (wide + gap)
        ImageDraw.Draw(image).ellipse((left, 4, left + wide - 1, 3 + tall), None, 0, 2)
    assert [found.box[0] for found in find_digits(image, "picture")] == pytest.approx(
        [gap + number * (wide + gap) for number in range(count)], abs=1
    )


def test_small_zero_that_fell_into_halves_is_one_glyph() -> None:
    pixels = np.full((28, 28), 255, np.uint8)
    ImageDraw.Draw(picture := Image.fromarray(pixels)).ellipse((8, 4, 19, 23), None, 0, 1)
    halves = np.array(picture)
    halves[:6, 11:17] = 255
    halves[22:, 11:17] = 255
    assert len(find_digits(Image.fromarray(halves), "picture")) == 1


def test_glyphs_with_a_narrow_gap_are_counted_and_a_broken_one_is_not() -> None:
    image = Image.new("L", (260, 140), 255)
    draw = ImageDraw.Draw(image)
    for left in (20, 84, 148):  # 100 high, 60 wide, 3 pixels apart
        draw.ellipse((left, 20, left + 60, 119), None, 0, 9)
    assert len(find_digits(image, "picture")) == 3
    alone = image.crop((0, 0, 83, 140))
    ImageDraw.Draw(alone).rectangle((48, 0, 50, 140), 255)
    assert len(find_digits(alone, "picture")) == 1


def framed(paper: int, top: int, bottom: int, left: int, right: int, soft: int | None = None) -> np.ndarray:
    """A frame of grey 40, so thick on each side, around paper; `soft`: the grey of its innermost pixels."""
    grey = np.full((80, 100), 40, np.float32)
    if soft is not None:
        grey[top - 1 : 80 - bottom + 1, left - 1 : 100 - right + 1] = soft
    grey[top : 80 - bottom, left : 100 - right] = paper
    return grey


@pytest.mark.parametrize("sides", [(1, 1, 1, 1), (3, 5, 7, 9), (20, 1, 1, 25), (1, 20, 25, 1)])
def test_inside_of_a_frame_begins_where_each_of_its_sides_ends(sides: tuple[int, int, int, int]) -> None:
    top, bottom, left, right = sides
    grey = framed(200, top, bottom, left, right)
    for turned, place in ((grey, (top, left)), (grey.T, (left, top)), (255 - grey, (top, left))):
        found = inside_of_frame(np.ascontiguousarray(turned))
        assert found is not None
        assert found[:2] == place and found[2].size == (80 - top - bottom) * (100 - left - right)
        assert np.ptp(found[2]) == 0


@pytest.mark.parametrize(
    "sides", [(21, 1, 1, 1), (1, 21, 1, 1), (1, 1, 26, 1), (1, 1, 1, 26), (0, 1, 1, 1), (1, 1, 1, 0)]
)
def test_frame_that_is_open_or_wider_than_a_quarter_is_none(sides: tuple[int, int, int, int]) -> None:
    assert inside_of_frame(framed(200, *sides)) is None


def test_frame_differs_from_its_paper_by_25_grey_levels() -> None:
    assert inside_of_frame(framed(64, 3, 3, 3, 3)) is None
    assert inside_of_frame(framed(66, 3, 3, 3, 3)) is not None


def test_soft_edge_of_a_frame_is_no_part_of_its_inside() -> None:
    found = inside_of_frame(framed(200, 5, 5, 5, 5, soft=100))
    assert found is not None and found[:2] == (5, 5) and found[2].shape == (70, 90)


@pytest.mark.parametrize(("side", "tall"), [(200, 90), (200, 70)])
def test_soft_edge_of_a_glyph_in_a_ring_stays(side: int, tall: int) -> None:
    image, _ = page_with_seven(side, tall)
    ink = (255 - np.asarray(image, np.float32)) / 255
    soft = ink.copy()
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        soft = np.maximum(soft, 0.2 * np.roll(ink, (down, right), (0, 1)))  # below what belongs to a glyph
    ring = np.zeros_like(ink)
    pen = Image.new("L", (side, side))
    ImageDraw.Draw(pen).rectangle((20, 20, side - 21, side - 21), None, 255, 3)
    ring[np.asarray(pen) > 0] = 1
    kept, enclosed = without_ring(np.maximum(soft, ring))
    assert enclosed
    np.testing.assert_array_equal(kept, soft)


@pytest.mark.parametrize(("gap", "goes"), [(12, True), (4, False)])
@pytest.mark.parametrize("side", range(4))
def test_ring_keeps_a_margin_to_its_glyph_on_every_side(side: int, gap: int, goes: bool) -> None:
    ink = np.zeros((140, 220), np.float32)
    ink[[20, 21, 118, 119], 60:160] = ink[20:120, 60:62] = ink[20:120, 158:160] = 1  # 100x100, a twentieth is 5
    top, left = {0: (20 + gap, 100), 1: (120 - gap - 40, 100), 2: (50, 60 + gap), 3: (50, 160 - gap - 20)}[side]
    ink[top : top + 40, left : left + 20] = 1
    assert without_ring(ink)[1] == goes


@pytest.mark.parametrize(("tall", "goes"), [(29, False), (31, True)])
def test_what_a_ring_encloses_is_three_tenths_of_its_height(tall: int, goes: bool) -> None:
    ink = np.zeros((140, 220), np.float32)
    ink[[20, 21, 118, 119], 60:160] = ink[20:120, 60:62] = ink[20:120, 158:160] = 1
    ink[50 : 50 + tall, 100:120] = 1
    assert without_ring(ink)[1] == goes


@pytest.mark.parametrize(("paper", "is_frame"), [(2290, True), (2270, False)])
def test_paper_is_what_most_of_the_middle_three_quarters_show(paper: int, is_frame: bool) -> None:
    """The middle of 80x100 is 60x76; a row or a column more or less of it would turn the majority."""
    grey = framed(200, 3, 3, 3, 3)
    block = grey[20:61, 22:78].reshape(-1)  # rows of 56, well inside
    block[: 60 * 76 - paper] = 60  # 20 grey levels from the frame, which is no contrast
    grey[20:61, 22:78] = block.reshape(41, 56)
    for turned in (grey, grey.T):
        assert (inside_of_frame(np.ascontiguousarray(turned)) is not None) == is_frame


@pytest.mark.parametrize("flip", [(1, 1), (-1, -1)])
def test_level_of_a_frame_is_that_of_the_outermost_pixels(flip: tuple[int, int]) -> None:
    grey = framed(200, 2, 2, 2, 2)
    grey[0], grey[:, 0] = 170, 170  # 182 of the 360 pixels, 30 from the paper; the next row and column are dark
    assert inside_of_frame(np.ascontiguousarray(grey[:: flip[0], :: flip[1]])) is not None
    grey[0, 50:] = 40  # now most are dark, and 30 is no contrast beside 160
    assert inside_of_frame(np.ascontiguousarray(grey[:: flip[0], :: flip[1]])) is None


@pytest.mark.parametrize(("wide", "goes"), [(65, False), (67, True)])
def test_box_of_any_shape_goes_if_the_parts_in_it_are_wider_than_a_glyph(wide: int, goes: bool) -> None:
    ink = np.zeros((240, 140), np.float32)
    ink[[20, 21, 218, 219], 20:120] = ink[20:220, 20:22] = ink[20:220, 118:120] = 1  # 100 wide, 200 high: no circle
    left = 70 - wide // 2
    ink[90:150, left : left + 20] = ink[90:150, left + wide - 20 : left + wide] = 1  # 1.1 times 60 are 66
    assert without_ring(ink)[1] == goes


@pytest.mark.parametrize(("side", "thick", "is_frame"), [(12, 1, True), (11, 1, False), (12, 2, True), (12, 3, False)])
def test_frame_is_looked_for_from_12_pixels_a_side_and_has_8_inside(side: int, thick: int, is_frame: bool) -> None:
    for height, width in ((side, 30), (30, side)):
        grey = np.full((height, width), 40, np.float32)
        grey[thick:-thick, thick:-thick] = 200
        assert (inside_of_frame(grey) is not None) == is_frame


@pytest.mark.parametrize(("wide", "is_frame"), [(8, True), (13, False)])
@pytest.mark.parametrize("turns", range(4))
def test_what_touches_a_frame_on_any_side_by_more_than_3_percent_of_the_rim_belongs_to_it(
    turns: int, wide: int, is_frame: bool
) -> None:
    grey = framed(200, 3, 3, 3, 3)  # 74x94 inside, a rim of 336
    grey[3:20, 40 : 40 + wide] = 40
    found = inside_of_frame(np.ascontiguousarray(np.rot90(grey, turns)))
    assert (found is not None) == is_frame


def test_specks_around_a_ring_do_not_hide_it() -> None:
    ink = np.zeros((140, 220), np.float32)
    ink[[20, 21, 118, 119], 60:160] = ink[20:120, 60:62] = ink[20:120, 158:160] = 1
    ink[50:90, 100:120] = 1
    ink[5:135:8, [10, 30, 200]] = 1  # 51 of them
    kept, enclosed = without_ring(ink)
    glyph = np.zeros_like(ink)
    glyph[50:90, 100:120] = 1
    assert enclosed
    np.testing.assert_array_equal(kept, glyph)
