"""Pictures cut to their ink: two levels, parts that hang together, strokes that touch all four sides."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from cnncli.pictures.segmentation.cutout import (
    _is_stroke,
    _main_parts,
    _share_of_border,
    _touches_all_sides,
    _two_levels,
    ink_of_cutout,
)


@pytest.mark.parametrize("ends", [(20, 90, 150, 230), (0, 2, 255, 256), (0, 1, 254, 256)])
@pytest.mark.parametrize("low_share", [0.1, 0.5, 0.8])
def test_threshold_is_otsus_and_the_share_that_of_the_variance_between(
    low_share: float, ends: tuple[int, int, int, int], rng: np.random.Generator
) -> None:
    low = rng.random((40, 30)) < low_share
    blackest, dark, light, whitest = ends
    grey = np.where(low, rng.integers(blackest, dark, low.shape), rng.integers(light, whitest, low.shape))
    grey = grey.astype(np.float32)

    def between(threshold: int) -> float:
        below = grey < threshold
        share = below.mean()
        if share in (0, 1):
            return 0.0
        return float(share * (1 - share) * (grey[below].mean() - grey[~below].mean()) ** 2)

    threshold, separated = _two_levels(grey)
    best = max(between(level) for level in range(1, 256))
    assert between(int(threshold)) == pytest.approx(best, rel=1e-5)
    assert separated == pytest.approx(best / grey.astype(np.float64).var(), rel=1e-5)


@pytest.mark.parametrize(("contrast", "separated"), [(9, 0.0), (10, 1.0), (11, 1.0)])
def test_levels_less_than_10_apart_are_one(contrast: int, separated: float) -> None:
    grey = np.full((10, 10), 100, np.float32)
    grey[:5] += contrast
    assert _two_levels(grey)[1] == pytest.approx(separated)


def test_parts_come_by_size_and_those_below_a_hundredth_are_noise() -> None:
    mask = np.zeros((40, 50), np.bool_)  # 2,000 pixels
    mask[1, 1:20] = True  # 19
    mask[5, 1:21] = True  # 20
    mask[10:20, 1:11] = True
    mask[30:35, 1:11] = True
    parts = _main_parts(mask)
    assert [int(part.sum()) for part in parts] == [100, 50, 20]
    assert parts[0][10:20, 1:11].all() and parts[2][5, 1:21].all()


@pytest.mark.parametrize(("shape", "small"), [((96, 50), (96, 50)), ((192, 100), (96, 50)), ((960, 4), (96, 1))])
def test_parts_are_counted_in_96_pixels_a_side(shape: tuple[int, int], small: tuple[int, int]) -> None:
    mask = np.zeros(shape, np.bool_)
    mask[: shape[0] // 2] = True
    for one in (mask, np.ascontiguousarray(mask.T)):
        [part] = _main_parts(one)
        assert part.shape == (small if one is mask else small[::-1])
        assert part.mean() == 0.5


def test_share_of_the_border_counts_each_pixel_once() -> None:
    mask = np.zeros((4, 6), np.bool_)
    mask[0, 0] = mask[1:3, 0] = mask[-1, 2] = mask[1, 2] = True
    assert _share_of_border(mask) == 4 / 16
    assert _share_of_border(np.ascontiguousarray(mask.T)) == 4 / 16


@pytest.mark.parametrize("missing", range(5))
def test_stroke_touches_a_side_within_two_pixels(missing: int) -> None:
    for depth in (1, 2):
        mask = np.zeros((20, 20), np.bool_)
        mask[1 if missing else 0 : -1, 9:11] = mask[9:11, 1:-1] = True  # a cross that reaches the second pixels
        if missing == 1:
            mask[: depth + 1] = False
        elif missing == 2:
            mask[-depth - 1 :] = False
        elif missing == 3:
            mask[:, : depth + 1] = False
        elif missing == 4:
            mask[:, -depth - 1 :] = False
        assert _touches_all_sides(mask) == (missing == 0)


def bar(width: int, side: int = 100) -> np.ndarray:
    mask = np.zeros((side, side), np.bool_)
    mask[:, :width] = True
    return mask


@pytest.mark.parametrize(("width", "is_stroke"), [(4, False), (6, True), (40, True), (55, False)])
def test_stroke_is_a_20th_to_a_third_of_the_picture_wide(width: int, is_stroke: bool) -> None:
    # twice the area over the outline: 2 * 100 w / (200 + 2 w)
    assert _is_stroke(bar(width), bar(width)) == is_stroke


def test_part_with_a_large_square_in_it_is_no_stroke() -> None:
    thin = bar(10)
    lattice = np.ones((100, 100), np.bool_)
    lattice[10::20, 10:90] = lattice[11::20, 10:90] = False  # nowhere 36 pixels free
    full = np.ones((100, 100), np.bool_)
    full[:30] = False  # 70 % of the picture, in one piece
    assert _is_stroke(thin, lattice) and not _is_stroke(thin, full)
    small = np.zeros((100, 100), np.bool_)
    small[:55] = True
    assert _is_stroke(thin, small)  # less than 60 % of the picture


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("told", [None, True, False])
def test_ring_cut_to_itself_is_ink_of_its_own_colour(dark: bool, told: bool | None) -> None:
    image = Image.new("L", (60, 80), 200 if dark else 40)
    ImageDraw.Draw(image).ellipse((0, 0, 59, 79), None, 40 if dark else 200, 9)
    found = ink_of_cutout(np.asarray(image, np.float32), told)
    if told not in (None, dark):
        assert found is None
        return
    assert found is not None
    ink, is_dark = found
    ring = (np.asarray(image) < 120) == dark
    assert is_dark == dark and ink.dtype == np.float32
    assert (ink[ring] == 1).all() and (ink[~ring] == 0).all()


@pytest.mark.parametrize(("level", "ink"), [(200, 0.0), (160, 0.0), (112, 0.5), (64, 1.0), (40, 1.0)])
def test_half_of_the_way_to_full_ink_is_half_ink_near_enough(level: int, ink: float) -> None:
    image = Image.new("L", (60, 80), 200)
    ImageDraw.Draw(image).ellipse((0, 0, 59, 79), None, 40, 9)
    image.putpixel((30, 40), level)
    found = ink_of_cutout(np.asarray(image, np.float32), None)
    assert found is not None
    # ((200 - level) / 160 - 0.25) / 0.6
    assert found[0][40, 30] == pytest.approx(min(max(((200 - level) / 160 - 0.25) / 0.6, 0), 1), abs=1e-6)
    assert abs(found[0][40, 30] - ink) < 0.01


def test_picture_of_one_level_or_of_noise_is_no_cutout(rng: np.random.Generator) -> None:
    assert ink_of_cutout(np.full((40, 40), 128, np.float32), None) is None
    assert ink_of_cutout(rng.normal(128, 30, (40, 40)).clip(0, 255).astype(np.float32), None) is None


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("dark", [True, False])
def test_ink_fills_two_corners_at_most(turns: int, dark: bool) -> None:
    tee, angle = np.zeros((2, 60, 70), np.bool_)
    tee[:10] = tee[:, 30:40] = True  # two corners, and all four sides
    angle[:10] = angle[:, :10] = True  # three
    for mask, is_ink in ((tee, True), (angle, False)):
        grey = np.where(np.rot90(mask, turns) == dark, 40, 200).astype(np.float32)
        found = ink_of_cutout(grey, dark)
        assert (found is not None) == is_ink
        if found is not None:
            np.testing.assert_array_equal(found[0] > 0.5, np.rot90(mask, turns))
