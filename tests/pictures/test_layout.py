"""The layout of MNIST: which pictures have it already, how a crop gets it, and how thin strokes are widened for it."""

import numpy as np
import pytest

from cnncli.pictures.segmentation.layout import _FINE, as_it_is, centred, cropped, not_too_thin


def bar(top: int, left: int, tall: int, wide: int, ink: int = 255) -> np.ndarray:
    pixels = np.zeros((28, 28), np.uint8)
    pixels[top : top + tall, left : left + wide] = ink
    return pixels


def test_ink_is_told_from_paper_at_the_border_if_nobody_says_which_is_which() -> None:
    light = bar(4, 12, 20, 4)
    for pixels, is_dark in ((light, False), (255 - light, True)):
        for told in (None, is_dark):
            found = as_it_is(pixels, told)
            assert found is not None and found[1] == is_dark
            np.testing.assert_array_equal(found[0], light)
        assert as_it_is(pixels, not is_dark) is None


def test_coloured_picture_is_none_of_mnists_and_one_that_is_grey_in_three_channels_may_be() -> None:
    grey = np.stack([bar(4, 12, 20, 4)] * 3, axis=-1)
    found = as_it_is(grey, None)
    assert found is not None
    np.testing.assert_array_equal(found[0], grey[:, :, 0])
    for channel in range(3):
        coloured = grey.copy()
        coloured[10, 13, channel] = 254
        assert as_it_is(coloured, None) is None


def test_crop_is_the_box_of_ink_from_a_quarter_on() -> None:
    ink = np.full((20, 30), 0.25, np.float32)
    ink[3, 7] = ink[11, 21] = 0.26
    assert cropped(ink).shape == (9, 15)
    np.testing.assert_array_equal(cropped(ink), ink[3:12, 7:22])


@pytest.mark.parametrize(("shape", "size", "box"), [
    ((40, 10), (28, 28), (4, 12, 20, 5)),  # 14 - 2.5 is 11.5, to even 12
    ((10, 40), (28, 28), (12, 4, 5, 20)),
    ((20, 20), (28, 28), (4, 4, 20, 20)),
    ((40, 40), (56, 28), (18, 4, 20, 20)),
    ((80, 20), (56, 28), (8, 9, 40, 10)),
    ((400, 4), (28, 28), (4, 14, 20, 1)),  # a fifth of a pixel wide is one pixel
    ((4, 400), (32, 32), (16, 4, 1, 23)),  # 23 of 32: the middle of 0.5 to 31.5
])  # fmt: skip
def test_crop_is_fitted_to_five_sevenths_of_each_side_and_centred(
    shape: tuple[int, int], size: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    expected = np.zeros(size, np.uint8)
    top, left, tall, wide = box
    expected[top : top + tall, left : left + wide] = 255
    found = centred(np.full(shape, 0.5, np.float32), *size)  # its darkest becomes full ink
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("turns", range(4))
def test_crop_whose_mass_is_at_its_edge_is_moved_no_further_than_the_picture(turns: int) -> None:
    ink = np.zeros((20, 20), np.float32)
    ink[0] = ink[19, 10] = 1  # centre of mass 1.4 from the top: it would begin at 13 and end at 33
    expected = np.zeros((28, 28), np.uint8)
    expected[8:28, 4:24] = 255 * ink
    found = centred(np.ascontiguousarray(np.rot90(ink, turns)), 28, 28)
    np.testing.assert_array_equal(found, np.rot90(expected, turns))


@pytest.mark.parametrize(("tall", "wide", "shape"), [
    # 0.075 of the side less twice the area over the outline; half of it on each side
    (200, 4, (212, 16)),  # 15 - 3.92: 6
    (200, 15, (202, 17)),  # 15 - 13.95: 1
    (200, 16, None),  # 15 - 14.81 is less than a pixel
    (96, 6, (98, 8)),  # 7.2 - 5.65: 1
    (96, 7, None),
    # below 96 the crop, with a pixel around, is made larger first
    (48, 2, (104, 12)),  # 2 times; 3.6 - 1.92: 2
    (48, 3, None),
    # below 48 it is 0.12, and gaps of 2 x 0.7 pixels are closed, which leaves the closing's reach around
    (47, 5, (49 * 3 + 2 * (2 + 2), 7 * 3 + 2 * (2 + 2))),  # 3 times; 5.64 - 4.52: 2
    (47, 6, (49 * 3 + 2 * (1 + 2), 8 * 3 + 2 * (1 + 2))),  # 5.64 - 5.32: a half, so 1 at least
    (47, 7, None),
    (20, 1, (22 * 5 + 2 * (4 + 4), 3 * 5 + 2 * (4 + 4))),  # 5 times; 2.4 - 0.95: 4; 0.7 x 5: 4
])  # fmt: skip
def test_stroke_is_widened_to_a_pixel_and_a_half_of_twenty(tall: int, wide: int, shape: tuple[int, int] | None) -> None:
    for turned in (False, True):
        ink = np.ones((wide, tall) if turned else (tall, wide), np.float32)
        found, widened = not_too_thin(ink)
        assert widened == (shape is not None)
        if shape is None:
            assert found is ink
        else:
            assert found.shape == (shape[::-1] if turned else shape) and found.dtype == np.float32
            assert found.min() >= 0 and found.max() == 1


@pytest.mark.parametrize("side", [20, 30, 47])
def test_gap_of_a_pixel_in_a_thin_line_of_a_small_crop_is_closed(side: int) -> None:
    ink = np.zeros((side, 5), np.float32)
    ink[:, 2] = 1
    ink[side // 2, 2] = 0
    found, _ = not_too_thin(ink)
    middle = found[:, found.shape[1] // 2]
    first, last = np.nonzero(middle > 0.5)[0][[0, -1]]
    assert (middle[first:last] > 0.5).all()


@pytest.mark.parametrize("side", [9, 12, 17])
def test_small_crop_that_is_widened_keeps_its_proportions(side: int) -> None:
    """A line through all of it is longer than it is wide by the side less one pixel, in pixels of the larger crop."""
    ink = np.zeros((side, side), np.float32)
    ink[side // 2] = 1
    factor = -(-_FINE // side)
    for crop in (ink, ink.T):
        wide, is_wider = not_too_thin(np.ascontiguousarray(crop))
        tall, long = sorted(int(np.ptp(np.flatnonzero((wide > 0.5).any(axis=axis)))) + 1 for axis in (0, 1))
        assert is_wider and tall > factor and abs(long - tall - (side - 1) * factor) <= 2
