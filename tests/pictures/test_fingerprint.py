"""What tells pictures apart: thumbnails by areas, the range of greys, colour, and digests of what is seen."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.pictures.fingerprint import fingerprint, fingerprint_of_file, grey_range, thumbnails


def by_areas(plane: np.ndarray) -> np.ndarray:
    """Each pixel cut into 16 parts, which are shared out among 16 areas; downwards, then across."""
    height, width = plane.shape
    rows = plane.astype(np.float64).repeat(16, axis=0).reshape(16, height, width).mean(axis=1)
    return np.asarray(rows.repeat(16, axis=1).reshape(16, 16, width).mean(axis=2))


@pytest.mark.parametrize("size", [(16, 16), (32, 48), (28, 28), (5, 37), (1, 1), (96, 17)])
def test_a_thumbnail_is_the_means_of_areas(size: tuple[int, int], rng: np.random.Generator) -> None:
    plane = rng.integers(0, 256, size, dtype=np.uint8)
    np.testing.assert_allclose(thumbnails(plane), by_areas(plane), rtol=1e-5)
    both = np.stack([plane, 255 - plane])
    np.testing.assert_allclose(thumbnails(both)[1], by_areas(255 - plane), rtol=1e-4)
    thumb = fingerprint(Image.fromarray(plane)).thumb
    assert thumb.shape == (256,) and abs(thumb.reshape(16, 16) - by_areas(plane)).max() < 0.51


def test_that_of_a_large_picture_is_nearly_the_same(rng: np.random.Generator) -> None:
    """It is made smaller first."""
    coarse = rng.integers(0, 256, (10, 20), dtype=np.uint8)
    for plane in (coarse.repeat(12, axis=0).repeat(15, axis=1), coarse.repeat(5, axis=0).repeat(7, axis=1)):
        thumb = fingerprint(Image.fromarray(plane)).thumb.reshape(16, 16)
        assert abs(thumb - by_areas(plane)).mean() < 5  # of 60 and more between two pictures


@pytest.mark.parametrize(("dark", "light", "expected"), [(5, 5, (100, 100)), (6, 5, (3, 100)), (5, 6, (100, 250))])
def test_half_a_percent_of_the_pixels_may_be_darker_or_lighter(
    dark: int, light: int, expected: tuple[int, int]
) -> None:
    greys = np.full(1000, 100, np.uint8)
    greys[:dark], greys[-light:] = 3, 250
    assert grey_range(np.bincount(greys, minlength=256)) == expected
    one = fingerprint(Image.fromarray(greys.reshape(25, 40)))
    assert (one.darkest, one.lightest) == expected and (one.height, one.width) == (25, 40)


@pytest.mark.parametrize(("hue", "is_coloured"), [(0, False), (10, False), (11, True)])
def test_a_picture_has_colour_where_channels_differ_by_more_than_10(hue: int, is_coloured: bool) -> None:
    pixels = np.full((32, 32, 3), 120, np.uint8)
    pixels[:2, :2, 2] += hue  # one area of the thumbnail
    assert fingerprint(Image.fromarray(pixels)).has_colour == is_coloured
    assert not fingerprint(Image.fromarray(pixels[..., 2])).has_colour


def test_grey_pixels_are_the_same_picture_with_one_channel_or_three(rng: np.random.Generator) -> None:
    grey = rng.integers(0, 256, (20, 30), dtype=np.uint8)
    one, three = fingerprint(Image.fromarray(grey)), fingerprint(Image.fromarray(np.stack([grey] * 3, axis=-1)))
    assert one.digest == three.digest and len(one.digest) == 16
    for channel in (1, 2):
        tinted = np.stack([grey] * 3, axis=-1)
        tinted[0, 0, channel] ^= 1
        assert fingerprint(Image.fromarray(tinted)).digest != one.digest


def test_digests_tell_pixels_and_sizes_apart() -> None:
    empty = np.zeros((2, 6), np.uint8)
    other = empty.copy()
    other[1, 5] = 1
    made = [empty, empty.reshape(6, 2), empty.reshape(3, 4), other]
    assert len({fingerprint(Image.fromarray(one)).digest for one in made}) == 4
    assert fingerprint(Image.fromarray(empty), (12, 4)).digest != fingerprint(Image.fromarray(empty)).digest
    told = fingerprint(Image.fromarray(empty), (12, 4))
    assert (told.height, told.width) == (4, 12)


def test_a_picture_is_constant_if_every_pixel_is_the_same() -> None:
    red, green = (100, 0, 0), (0, 51, 0)
    flat = np.full((4, 4, 3), red, np.uint8)
    assert fingerprint(Image.fromarray(flat)).is_constant
    assert fingerprint(Image.fromarray(np.full((3, 5), 9, np.uint8))).is_constant
    spotted = np.full((3, 5), 9, np.uint8)
    spotted[2, 4] = 10
    assert not fingerprint(Image.fromarray(spotted)).is_constant
    # 0.299 * 100 = 0.587 * 51: in grey both are the same.
    flat[2:] = green
    assert np.ptp(np.asarray(Image.fromarray(flat).convert("L"))) == 0
    assert not fingerprint(Image.fromarray(flat)).is_constant


@pytest.mark.parametrize("size", [(800, 600), (255, 700), (256, 256), (40, 30)])
def test_a_jpeg_has_its_own_size_however_it_is_decoded(size: tuple[int, int], tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, size[0] * size[1]).reshape(size[1], size[0]).astype(np.uint8)
    Image.fromarray(ramp).save(tmp_path / "a.jpg", quality=95)
    one = fingerprint_of_file(tmp_path / "a.jpg")
    assert (one.width, one.height) == size
    assert abs(one.thumb.reshape(16, 16) - by_areas(ramp)).max() < 4
    turned = Image.Exif()
    turned[0x0112] = 6  # upright it is turned by a quarter
    Image.fromarray(ramp).save(tmp_path / "b.jpg", exif=turned, quality=95)
    again = fingerprint_of_file(tmp_path / "b.jpg")
    assert (again.height, again.width) == size
