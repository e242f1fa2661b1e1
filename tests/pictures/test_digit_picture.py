"""One true reason for each picture without a digit, boxes in the picture's own pixels, and lines without strokes."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from cnncli.errors import DataError
from cnncli.pictures.digit_picture import find_digit, find_digits
from cnncli.pictures.segmentation.rules import without_rules


def page(width: int = 300, height: int = 200) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (width, height), 240)
    return image, ImageDraw.Draw(image)


def test_box_of_each_digit_is_in_the_pixels_of_the_picture() -> None:
    image, pen = page(900, 600)
    pen.rectangle((150, 150, 179, 449), 20)
    pen.line([(600, 160), (760, 160), (660, 440)], 20, 30)
    found = find_digits(image, "two.png")
    assert len(found) == 2
    left, top, width, height = found[0].box
    np.testing.assert_allclose([left, top, width, height], [150, 150, 30, 300], atol=6)
    with pytest.raises(DataError, match=r"^two.png: 2 digits side by side; read one with --box X,Y,W,H, or all with"):
        find_digit(image, "two.png", refuse_several=True)


def test_box_that_was_told_reads_one_digit() -> None:
    image, pen = page()
    pen.rectangle((50, 50, 59, 149), 20)
    pen.ellipse((180, 60, 240, 140), None, 20, 12)
    (one, other) = find_digits(image, "two.png")
    x, y, width, height = other.box
    pixels, _ = find_digit(image, "two.png", box=(x - 12, y - 12, width + 24, height + 24), refuse_several=True)
    assert np.abs(pixels.astype(int) - other.pixels).mean() < 3
    assert np.abs(pixels.astype(int) - one.pixels).mean() > 20


def test_box_outside_is_one_line() -> None:
    with pytest.raises(DataError, match=r"^a.png: box 250,0,100,100 does not lie in its 300x200 pixels; give X,Y"):
        find_digit(page()[0], "a.png", box=(250, 0, 100, 100))


@pytest.mark.parametrize("dark", [None, True, False])
def test_blank_picture_has_one_reason_whatever_is_passed(dark: bool | None) -> None:
    with pytest.raises(DataError, match=r"^a.png: blank: nothing stands out of the paper; "):
        find_digit(page()[0], "a.png", dark_ink=dark)


def test_wrong_invert_is_told_to_be_left_out_and_that_works() -> None:
    image, pen = page()
    pen.rectangle((140, 50, 155, 149), 20)
    with pytest.raises(DataError, match=r"^a.png: no stroke is lighter than the paper; leave --no-invert out$"):
        find_digit(image, "a.png", dark_ink=False)
    assert find_digit(image, "a.png")[0].max() == 255


def test_strokes_of_both_kinds_are_read_with_either_option() -> None:
    image = Image.new("L", (300, 200), 128)
    pen = ImageDraw.Draw(image)
    pen.rectangle((80, 50, 95, 149), 10)
    pen.rectangle((200, 50, 215, 149), 245)
    with pytest.raises(DataError, match="pass --invert to read the dark ones, --no-invert to read the light ones"):
        find_digit(image, "a.png")
    for dark in (True, False):
        assert find_digit(image, "a.png", dark_ink=dark)[0].max() == 255


def test_squared_paper_alone_says_so() -> None:
    image, pen = page()
    for place in range(10, 300, 20):
        pen.line([(place, 0), (place, 199)], 180)
        pen.line([(0, place), (299, place)], 180)
    with pytest.raises(DataError, match="lines of paper or a box, and no stroke darker than them; crop to the digit"):
        find_digit(image, "a.png")


@pytest.mark.parametrize("turned", [False, True])
def test_rules_go_and_a_stroke_across_them_stays_whole(turned: bool) -> None:
    ink = np.zeros((200, 300), np.float32)
    ink[30:170, 140:155] = 0.9
    stroke = ink > 0
    ink[20:200:30] = 0.4
    ink[21:200:30] = 0.4
    found, count = without_rules(np.ascontiguousarray(ink.T) if turned else ink, 0.1)
    found = found.T if turned else found
    assert count == 6
    stroke[:, 134:161] |= stroke[:, 147:148]  # what mends a slanted stroke reaches a few pixels out of an upright one
    assert not (found[~stroke] > 0.1).any() and (found[32:168, 141:154] > 0.3).all()


def test_a_long_thick_stroke_is_no_rule() -> None:
    ink = np.zeros((200, 200), np.float32)
    ink[10:190, 90:110] = 0.9
    assert without_rules(ink, 0.1)[1] == 0
