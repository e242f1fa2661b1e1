"""The light on a page and the darkness of ink, against plain loops."""

import numpy as np
import pytest

from cnncli.forms.light import as_grey, darkness, paper_light, smoothed


@pytest.mark.parametrize("size", [1, 3, 5, 7, 11])
def test_means_over_squares_count_the_edge_further_out(size: int, rng: np.random.Generator) -> None:
    values = rng.uniform(0, 1, (2, 13, 12)).astype(np.float32)
    reach = size // 2
    padded = np.pad(values, [(0, 0), (reach, reach), (reach, reach)], mode="edge").astype(float)
    expected = [[[plane[y : y + size, x : x + size].mean() for x in range(12)] for y in range(13)] for plane in padded]
    seen = smoothed(values, size)
    assert seen.dtype == np.float32
    np.testing.assert_allclose(seen, expected, rtol=2e-6)


def closed(page: np.ndarray, reach: int) -> np.ndarray:
    """Of each square the lightest, then of these the darkest, by plain loops."""
    for pick in (np.max, np.min):
        padded = np.pad(page, reach, mode="edge")
        side = 2 * reach + 1
        page = np.array([
            [pick(padded[y : y + side, x : x + side]) for x in range(page.shape[1])] for y in range(page.shape[0])
        ])  # fmt: skip
    return page


def test_the_light_is_the_paper_below_strokes_of_up_to_7_mm(rng: np.random.Generator) -> None:
    """At 3 pixels a mm, where nothing is resized: a closing of 21 pixels, and means over 0.5 mm, 3 pixels."""
    page = rng.uniform(100, 200, (40, 50)).astype(np.float32)
    expected = np.asarray(closed(page, 10), np.float32)
    np.testing.assert_allclose(paper_light(page, 3.0), smoothed(expected, 3), rtol=1e-5)
    colours = np.stack([page, page[::-1], page * 0.5], axis=-1)
    light = paper_light(colours, 3.0)
    assert light.shape == colours.shape
    for channel in range(3):
        np.testing.assert_array_equal(light[..., channel], paper_light(colours[..., channel].copy(), 3.0))


@pytest.mark.parametrize("per_mm", [3.0, 6.0])
def test_a_stroke_of_6_mm_vanishes_and_one_of_9_mm_stays(per_mm: float) -> None:
    for wide, stays in ((6, False), (9, True)):
        page = np.full((round(30 * per_mm), round(40 * per_mm)), 200, np.float32)
        page[:, round(15 * per_mm) : round((15 + wide) * per_mm)] = 40
        light = paper_light(page, per_mm)
        assert (light.min() < 60) == stays and np.isclose(light.max(), 200)


def test_a_shadow_stays_where_its_edge_is() -> None:
    page = np.full((60, 120), 200, np.float32)
    page[:, 66:] = 80
    light = paper_light(page, 3.0)
    np.testing.assert_allclose(light[:, :65], 200)
    np.testing.assert_allclose(light[:, 67:], 80)


def test_pictures_of_a_pixel_have_a_light() -> None:
    assert paper_light(np.full((1, 1), 9, np.float32), 6.0).tolist() == [[9.0]]


def test_darkness_is_half_the_lightness_and_half_the_channel_that_loses_most() -> None:
    light = np.full((1, 4, 3), 200, np.float32)
    page = np.array([[(200, 200, 200), (0, 0, 0), (200, 200, 100), (100, 180, 240)]], np.float32)
    # Yellow takes half of the blue: 0.5 (0.114 / 2 + 0.5). The last: red 0.5, green 0.1, and blue gains, which is 0.
    expected = [[0, 1, 0.5 * (0.057 + 0.5), 0.5 * (0.299 * 0.5 + 0.587 * 0.1 + 0.5)]]
    np.testing.assert_allclose(darkness(page, light), expected, rtol=1e-6)
    for channel in range(3):  # whichever takes most
        ink = np.full((1, 1, 3), 150, np.float32)
        ink[..., channel] = 50
        luma = (0.299, 0.587, 0.114)[channel]
        expected_one = 0.5 * (0.25 * (1 - luma) + 0.75 * luma + 0.75)
        np.testing.assert_allclose(darkness(ink, np.full((1, 1, 3), 200, np.float32)), [[expected_one]], rtol=1e-6)
    # Where there is next to no light, a grey level counts as the whole of it.
    dark = darkness(np.full((1, 1, 3), 0.25, np.float32), np.zeros((1, 1, 3), np.float32))
    np.testing.assert_allclose(dark, [[0.75]])


def test_grey_is_the_lightness_of_bt_601() -> None:
    colours = np.array([[(255, 0, 0), (0, 255, 0), (0, 0, 255), (10, 20, 30)]], np.uint8)
    expected = [[0.299 * 255, 0.587 * 255, 0.114 * 255, 2.99 + 11.74 + 3.42]]
    np.testing.assert_allclose(as_grey(colours), expected, rtol=1e-6)
