"""The rules by which ink is told from paper, each at its limits, and the part of a picture that is looked at."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from cnncli.errors import DataError
from cnncli.pictures.digit_picture import (
    _by_local_paper,
    _find_ink,
    _grey,
    _inside_of_paper,
    _looks_like_paper,
    _share,
    cut_out,
    find_digit,
    find_digits,
    find_ink,
)
from picture_sets import mnist_like


def floats(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


@pytest.mark.parametrize("box", [(0, 0, 7, 5), (6, 4, 1, 1), (2, 1, 3, 2), (0, 3, 7, 2)])
def test_box_is_cut_out_of_the_picture(box: tuple[int, int, int, int], rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (5, 7), dtype=np.uint8)
    x, y, wide, tall = box
    found = cut_out(Image.fromarray(pixels), "a.png", box)
    np.testing.assert_array_equal(np.asarray(found), pixels[y : y + tall, x : x + wide])
    assert cut_out(found, "a.png", None) is found


@pytest.mark.parametrize(
    "box", [(-1, 0, 7, 5), (0, -1, 7, 5), (0, 0, 0, 5), (0, 0, 7, 0), (1, 0, 7, 5), (0, 1, 7, 5), (7, 0, 1, 1)]
)
def test_box_that_reaches_out_on_any_side_is_refused(box: tuple[int, int, int, int]) -> None:
    numbers = ",".join(map(str, box))
    with pytest.raises(
        DataError, match=rf"^a.png: box {numbers} does not lie in its 7x5 pixels; give X,Y of the corne"
    ):
        cut_out(Image.new("L", (7, 5)), "a.png", box)


def test_picture_that_is_laid_out_as_mnist_comes_through_unchanged_or_inverted(rng: np.random.Generator) -> None:
    for image, _ in mnist_like(20, rng):
        pixels = np.asarray(image)
        for given, notes in ((pixels, []), (255 - pixels, ["inverted"])):
            found, told = find_digit(Image.fromarray(given), "a.png")
            np.testing.assert_array_equal(found, pixels)
            assert told == notes
        other, told = find_digit(image, "a.png", height=56, width=28)
        assert other.shape == (56, 28) and told[-1] == "cropped and centred"
        assert find_digit(Image.fromarray(pixels.astype(np.float32)), "a.png")[1][-1] == "cropped and centred"


def test_layout_has_mnists_size_if_none_is_told() -> None:
    image = Image.new("L", (60, 50), 255)
    image.paste(0, (25, 10, 31, 40))
    assert find_digit(image, "a.png")[0].shape == find_digits(image, "a.png")[0].pixels.shape == (28, 28)
    assert find_digits(image, "a.png", height=40, width=32)[0].pixels.shape == (40, 32)


def test_several_glyphs_are_taken_for_one_unless_that_is_refused() -> None:
    image = Image.new("L", (100, 60), 255)
    image.paste(0, (20, 10, 28, 50))
    image.paste(0, (60, 10, 68, 50))
    pixels, _ = find_digit(image, "a.png")
    assert np.ptp(np.nonzero(pixels)[1]) == 19  # both, fitted to 20 pixels
    with pytest.raises(DataError, match=r"^a.png: 2 digits side by side"):
        find_digit(image, "a.png", refuse_several=True)


def test_boxes_are_in_pixels_of_a_picture_that_is_worked_on_at_a_third_of_its_size() -> None:
    image = Image.new("L", (960, 600), 240)
    image.paste(20, (150, 120, 180, 450))
    image.paste(20, (630, 150, 690, 420))
    boxes = [found.box for found in find_digits(image, "a.png")]
    assert boxes == [(150, 120, 30, 330), (630, 150, 60, 270)]


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ((640, 100), (50, 320)),
        ((100, 640), (320, 50)),
        ((320, 320), (320, 320)),
        ((321, 200), (199, 320)),
        ((319, 160), (160, 319)),
        ((200, 100), (100, 200)),
        ((1, 1000), (320, 1)),
        ((1000, 1), (1, 320)),
    ],
)
def test_large_pictures_are_worked_on_at_320_pixels_a_side_and_small_ones_as_they_are(
    size: tuple[int, int], shape: tuple[int, int]
) -> None:
    for mode in ("L", "RGB"):
        assert _grey(Image.new(mode, size)).shape == shape


@pytest.mark.parametrize(
    ("ink", "paper", "expected"),
    [
        ((0, 0, 0), (255, 255, 255), (0, 255)),
        ((255, 255, 0), (255, 255, 255), (0, 255)),  # yellow on white: the blue channel
        ((0, 0, 0), (254, 87, 0), (0, 127)),  # luma has half of the range of red, which is enough
        ((0, 0, 0), (254, 83, 0), (0, 254)),
        ((0, 200, 0), (0, 200, 180), (0, 180)),
    ],
)
def test_ink_is_looked_for_in_the_luma_or_in_the_channel_that_shows_it_much_better(
    ink: tuple[int, int, int], paper: tuple[int, int, int], expected: tuple[int, int]
) -> None:
    image = Image.new("RGB", (9, 7), paper)
    image.paste(ink, (4, 3, 6, 5))
    grey = _grey(image)
    assert (grey[3:5, 4:6] == expected[0]).all() and (grey[:3] == expected[1]).all()


def test_dark_ink_is_the_share_of_the_papers_light_that_it_swallows() -> None:
    grey, paper = floats(200, 50, 100, 0, 1, 0), floats(200, 200, 100, 210, 1, 0)
    ink, _ = _share(grey, paper, 0, True)
    np.testing.assert_allclose(ink, floats(0, 0.75, 0, 1, 0, 1), atol=1e-6)


def test_light_ink_is_the_share_of_the_room_above_the_paper_that_it_fills() -> None:
    grey, paper = floats(55, 255, 105, 155, 254, 255), floats(55, 55, 55, 155, 254, 255)
    ink, _ = _share(grey, paper, 0, False)
    np.testing.assert_allclose(ink, floats(0, 1, 0.25, 0, 0, 0), atol=1e-6)
    np.testing.assert_allclose(_share(floats(255), floats(254), 0, False)[0], floats(1), atol=1e-6)


@pytest.mark.parametrize(("noise", "threshold"), [(0, 10), (2.5, 10), (3, 12), (10, 40)])
def test_ink_stands_out_by_4_deviations_or_10_grey_levels_of_the_middle_paper(noise: float, threshold: float) -> None:
    paper = floats(50, 200, 210)
    assert _share(paper, paper, noise, True)[1] == pytest.approx(threshold / 200)
    assert _share(paper, paper, noise, False)[1] == pytest.approx(threshold / 55)
    assert _share(floats(0), floats(0), noise, True)[1] == threshold  # paper as black as can be
    assert _share(floats(255), floats(255), noise, False)[1] == threshold


def filled(shape: tuple[int, int], box: tuple[int, int], count: int) -> np.ndarray:
    """A mask with so many pixels in a box of this height and width, two of which are its opposite corners."""
    tall, wide = box
    inside = np.zeros((tall, wide), np.bool_)
    inside.reshape(-1)[: count - 1] = True
    inside[-1, -1] = True
    mask = np.zeros(shape, np.bool_)
    mask[1 : 1 + tall, 1 : 1 + wide] = inside
    return mask


@pytest.mark.parametrize(
    ("shape", "box", "count", "paper"),
    [
        ((10, 10), (5, 6), 30, False),  # 30 % of the picture
        ((10, 10), (6, 6), 36, True),
        ((10, 10), (8, 8), 40, False),  # 62.5 % of its box
        ((10, 10), (8, 8), 42, True),  # 65.6 %
        ((5, 8), (4, 5), 13, False),  # 65 %
        ((20, 20), (5, 5), 25, False),
        ((10, 10), (9, 9), 81, True),
    ],
)
def test_what_fills_its_box_and_more_than_30_percent_of_the_picture_is_a_sheet(
    shape: tuple[int, int], box: tuple[int, int], count: int, paper: bool
) -> None:
    mask = filled(shape, box, count)
    assert mask.sum() == count
    assert _looks_like_paper(mask) == paper


def test_nothing_is_no_sheet() -> None:
    assert not _looks_like_paper(np.zeros((5, 5), np.bool_))


def sheet(contrast: float, noise: float = 0, shape: tuple[int, int] = (200, 220)) -> np.ndarray:
    """A table of grey 100, with +-noise, and a sheet of 133x157 in it, 30 from the top and 40 from the left."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    grey = 100 + noise * (1 - 2 * ((rows + columns) % 2))
    grey[30:163, 40:197] = 100 + contrast
    return grey.astype(np.float32)


@pytest.mark.parametrize("contrast", [31, 35, -31, 120])
def test_inner_part_of_a_sheet_on_a_table_is_five_sixths_of_its_sides(contrast: float) -> None:
    grey = sheet(contrast)
    found = _inside_of_paper(grey)
    assert found is not None
    top, left, inner = found
    assert (top, left, inner.shape) == (30 + 11, 40 + 13, (110, 130))
    np.testing.assert_array_equal(inner, grey[41:151, 53:183])


@pytest.mark.parametrize(("contrast", "noise", "is_sheet"), [
    (30, 0, False), (25, 0, False), (35, 10, False), (60, 10, True), (0, 0, False), (0, 10, False),
])  # fmt: skip
def test_sheet_differs_from_its_table_by_30_grey_levels_and_4_deviations(
    contrast: float, noise: float, is_sheet: bool
) -> None:
    assert (_inside_of_paper(sheet(contrast, noise)) is not None) == is_sheet


@pytest.mark.parametrize(("tall", "wide", "is_sheet"), [(11, 11, True), (10, 11, False), (11, 10, False)])
def test_inner_part_has_8_pixels_a_side(tall: int, wide: int, is_sheet: bool) -> None:
    grey = np.full((16, 16), 100, np.float32)
    grey[2 : 2 + tall, 2 : 2 + wide] = 200
    assert (_inside_of_paper(grey) is not None) == is_sheet


def test_thin_strokes_on_paper_are_no_sheet() -> None:
    grey = np.full((100, 100), 100, np.float32)
    grey[20:80, 48:52] = 200
    assert _inside_of_paper(grey) is None


def two_strokes(dark_length: int, light_length: int) -> np.ndarray:
    """Paper of 160 with a dark and a light stroke, far apart: 0.4 of the paper and 0.4 of the room above it."""
    grey = np.full((200, 200), 160, np.float32)
    grey[20 : 20 + dark_length, 40:46] = 96
    grey[20 : 20 + light_length, 150:156] = 198
    return grey


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("lengths", "expected"),
    [((150, 60), (True, False)), ((60, 150), (False, False)), ((150, 110), (True, True)), ((110, 150), (False, True))],
)
def test_of_strokes_of_either_sign_those_with_more_than_twice_the_ink_are_taken(
    lengths: tuple[int, int], expected: tuple[bool, bool], first: bool
) -> None:
    ink, floor, dark, undecided = _by_local_paper(two_strokes(*lengths), None, first, True)
    assert (dark, undecided) == expected
    stroke = np.s_[40:60, 42:44] if dark else np.s_[40:60, 152:154]
    assert (ink[stroke] > 0.3).all() and 0 < floor < 0.2
    assert (ink[:, 80:120] <= floor).all()


@pytest.mark.parametrize("told", [True, False])
def test_sign_that_was_told_or_decided_is_not_asked_again(told: bool) -> None:
    picture = two_strokes(60, 150) if told else two_strokes(150, 60)
    assert _by_local_paper(picture, told, told, True)[2:] == (told, False)
    assert _by_local_paper(picture, None, told, False)[2:] == (told, False)


def test_stroke_on_a_tilted_sheet_is_looked_for_in_its_inner_part() -> None:
    paper, mask = Image.new("L", (180, 200), 210), Image.new("L", (180, 200), 255)
    ImageDraw.Draw(paper).rectangle((84, 65, 95, 134), 60)
    turned = [one.rotate(4, Image.Resampling.BICUBIC, expand=True) for one in (paper, mask)]
    table = Image.new("L", (300, 300), 90)
    table.paste(turned[0], ((300 - turned[0].width) // 2, (300 - turned[0].height) // 2), turned[1])
    [found] = find_digits(table, "a.png")
    assert found.notes == ["cropped to the paper", "inverted", "cropped and centred"]
    np.testing.assert_allclose(found.box, (141.5, 114, 17, 71), atol=2)  # 12x70, turned by 4 degrees


def test_speck_beside_a_glyph_and_ring_around_it_are_told() -> None:
    def notes(draw: str | None, *box: int) -> list[str]:
        image = Image.new("L", (200, 200), 240)
        pen = ImageDraw.Draw(image)
        pen.rectangle((94, 60, 107, 139), 20)
        if draw:
            getattr(pen, draw)(box, 20 if draw == "rectangle" else None, 20)
        return find_digit(image, "a.png")[1]

    assert notes(None) == ["inverted", "cropped and centred"]
    assert notes("rectangle", 30, 30, 33, 33) == ["inverted", "frame or dirt removed", "cropped and centred"]
    assert notes("ellipse", 20, 20, 179, 179) == ["inverted", "frame or dirt removed", "cropped and centred"]


@pytest.mark.parametrize(("noise", "edge"), [(0, True), (0.9, True), (1.5, False)])
def test_soft_edge_below_the_threshold_stays_where_the_paper_has_no_noise_of_a_grey_level(
    noise: float, edge: bool
) -> None:
    rows, columns = np.mgrid[:200, :200]
    grey = 200 + noise * (1 - 2 * ((rows + columns) % 2))
    grey[50:150, 92:108] = 100
    grey[50:150, [91, 108]] = 192  # less than 10 grey levels from the paper
    ink = _find_ink(grey.astype(np.float32), None).ink
    assert ink is not None
    np.testing.assert_allclose(ink[60:140, 94:106], 1, atol=0.01)
    assert (ink[60:140, 91] > 0.05).all() == edge and (ink[60:140, 91] == 0).all() != edge
    assert ink.min() == 0 and ink.max() == 1


@pytest.mark.parametrize(("share", "readable"), [(0.3, True), (0.48, False), (0.6, False)])
def test_border_half_full_of_ink_is_no_border_of_paper(share: float, readable: bool) -> None:
    grey = np.full((200, 200), 200, np.float32)
    length = int(50 * share)
    for start in range(0, 200, 50):
        grey[start : start + length, :14] = grey[start + 10 : start + 10 + length, -14:] = 40
        grey[:14, start + 5 : start + 5 + length] = grey[-14:, start + 15 : start + 15 + length] = 40
    found = _find_ink(grey, None)
    assert (found.ink is not None) == readable
    if not readable:
        assert found.reason == "ink covers nearly all of it or its border; leave a margin of paper around the digit"
        assert _find_ink(grey, True).ink is not None  # whoever says so means it


@pytest.mark.parametrize(
    ("dark", "light", "decided"), [(40, 0, True), (40, 15, True), (40, 30, False), (30, 40, False)]
)
def test_ink_of_the_other_sign_with_more_than_half_of_the_mass_leaves_it_undecided(
    dark: int, light: int, decided: bool
) -> None:
    grey = np.full((200, 200), 140, np.float32)
    for length, left, level in ((dark, 40, 40), (light, 150, 240)):  # 100 grey levels either way
        grey[60 : 60 + 2 * length, left : left + 9] = level
    found = _find_ink(grey, None)
    assert (found.ink is not None) == decided
    if decided:
        assert found.dark and found.ink is not None and (found.ink[60:138, 42:47] == 1).all()
    else:
        assert found.reason.startswith(
            "has strokes both darker and lighter than its paper; pass --invert to read the d"
        )
    negative = _find_ink(255 - grey, None)
    assert (negative.ink is not None) == decided and not (decided and negative.dark)


@pytest.mark.parametrize("size", [(300, 400), (3000, 2200)])
def test_the_box_around_ink_is_in_pixels_of_the_picture(size: tuple[int, int]) -> None:
    """Of small pictures to a pixel, of those that are made smaller first to a few."""
    sheet = Image.new("L", size, 235)
    wide, tall = size[0] // 8, size[1] // 3
    left, top = size[0] // 2, size[1] // 4
    ImageDraw.Draw(sheet).rectangle((left, top, left + wide - 1, top + tall - 1), fill=15)
    _, dark, box = find_ink(sheet, "a.png")
    assert dark
    assert box == pytest.approx((left, top, wide, tall), abs=1 + max(size) / 200)
