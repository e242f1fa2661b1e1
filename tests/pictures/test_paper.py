"""The paper under the ink: surfaces that are fitted or filled, and the measures that other rules stand on."""

import numpy as np
import pytest

from cnncli.pictures.segmentation.paper import fitted_paper, highest, local_paper, quantile, stroke_width
from cnncli.pictures.segmentation.rim import rim_mask


@pytest.mark.parametrize("share", [0, 0.03, 0.25, 0.5, 0.9, 0.995, 1])
@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_quantile_is_numpys(share: float, count: int, rng: np.random.Generator) -> None:
    values = rng.normal(size=(count, 3))
    assert quantile(values, share) == pytest.approx(np.quantile(values, share), rel=1e-12)


@pytest.mark.parametrize(("shape", "thick"), [
    ((1, 1), 1), ((5, 9), 1), ((37, 50), 1), ((60, 38), 2), ((100, 100), 4), ((100, 300), 4),
])  # fmt: skip
def test_border_is_a_25th_of_the_smaller_side(shape: tuple[int, int], thick: int) -> None:
    rows, columns = np.indices(shape)
    depth = np.minimum(
        np.minimum(rows, shape[0] - 1 - rows), np.minimum(columns, shape[1] - 1 - columns)
    )
    np.testing.assert_array_equal(rim_mask(*shape), depth < thick)


def test_width_of_a_stroke_is_twice_its_area_over_its_outline(rng: np.random.Generator) -> None:
    mask = rng.random((9, 11)) < 0.5
    outline = 0
    for row, column in np.argwhere(mask):
        for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            y, x = row + down, column + right
            outline += not (0 <= y < 9 and 0 <= x < 11 and mask[y, x])
    assert stroke_width(mask) == pytest.approx(2 * mask.sum() / outline)
    assert stroke_width(np.zeros((4, 4), np.bool_)) == 0
    assert stroke_width(np.ones((5, 20), np.bool_)) == 2 * 100 / 50


@pytest.mark.parametrize("reach", [0, 1, 3, 8, 50])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (9, 6)])
def test_highest_is_the_largest_of_a_square(shape: tuple[int, int], reach: int, rng: np.random.Generator) -> None:
    values = rng.normal(size=shape).astype(np.float32)
    found = highest(values, reach)
    for row, column in np.ndindex(shape):
        near = values[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
        assert found[row, column] == near.max()


def surface(shape: tuple[int, int], *terms: float) -> np.ndarray:
    """a + bx + cy + dx^2 + exy + fy^2, x and y from -1 to 1."""
    y, x = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1]), indexing="ij")
    parts = (np.ones_like(x), x, y, x * x, x * y, y * y)
    return np.sum([term * part for term, part in zip(terms, parts, strict=True)], axis=0).astype(np.float32)


@pytest.mark.parametrize("terms", [
    (180, 0, 0, 0, 0, 0), (150, 60, 0, 0, 0, 0), (150, 0, -70, 0, 0, 0), (150, 30, 30, 0, 0, 0),
    (180, 4, 0, -9, 0, 0), (180, 0, 5, 0, 7, 0), (180, -3, 4, 0, 0, -9), (180, 3, -3, -4, 5, 4),
])  # fmt: skip
@pytest.mark.parametrize("shape", [(60, 70), (33, 79)])
def test_paper_lit_from_anywhere_is_found_under_the_ink(shape: tuple[int, int], terms: tuple[float, ...]) -> None:
    paper = surface(shape, *terms)
    grey = paper.copy()
    grey[10:25, 20:30] -= 70
    found, noise = fitted_paper(grey)
    assert found.dtype == np.float32 and found.shape == shape
    np.testing.assert_allclose(found, paper, atol=0.05)
    assert noise < 0.05


def test_large_picture_is_fitted_to_some_of_its_pixels() -> None:
    paper = surface((401, 441), 170, 25, -12, 0, 0, 0)  # every 10th pixel, from the first to the last
    grey = paper.copy()
    grey[100:250, 200:260] = 20
    np.testing.assert_allclose(fitted_paper(grey)[0], paper, atol=0.05)


@pytest.mark.parametrize("noise", [2, 6])
def test_noise_is_the_deviation_of_the_paper_without_the_ink(noise: float, rng: np.random.Generator) -> None:
    grey = (180 + rng.normal(0, noise, (79, 79))).astype(np.float32)
    grey[30:50, 35:45] = 30
    assert fitted_paper(grey)[1] == pytest.approx(noise, rel=0.1)  # what is 2.5 deviations away may be ink


def test_where_the_border_has_too_few_pixels_the_paper_is_their_middle() -> None:
    """A quadratic surface has six terms, and four pixels are needed for each: 24 at the border of 7x7."""
    plane = surface((7, 7), 150, 0, 6, 0, 0, 0)
    np.testing.assert_allclose(fitted_paper(plane)[0], plane, atol=0.01)
    small = surface((6, 7), 150, 0, 6, 0, 0, 0)
    np.testing.assert_array_equal(fitted_paper(small)[0], np.full((6, 7), 150, np.float32))


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize(("width", "is_filled"), [(5, True), (20, True), (22, False)])
def test_local_paper_has_the_edge_of_a_shadow_and_no_stroke_narrower_than_035_of_the_side(
    width: int, is_filled: bool, dark: bool
) -> None:
    paper = np.full((64, 60), 200, np.float32)
    paper[:, 45:] = 120  # as narrow as 15, but it goes on beyond the picture
    grey = paper.copy()
    grey[12:50, 12 : 12 + width] = 20 if dark else 250
    if not dark:
        grey, paper = grey - 60, paper - 60
    found, noise = local_paper(grey, dark)
    assert noise == 0
    np.testing.assert_allclose(found, paper if is_filled else grey, atol=0.01)


@pytest.mark.parametrize("shape", [(128, 192), (65, 300), (200, 80), (1, 300), (300, 1)])
def test_local_paper_of_a_large_picture_has_its_size(shape: tuple[int, int]) -> None:
    grey = np.full(shape, 180, np.float32)
    grey[20:50, 30:36] = 40
    found, noise = local_paper(grey, True)
    assert found.shape == shape and noise == 0
    np.testing.assert_allclose(found, 180, rtol=1e-6)


def test_noise_beside_local_paper_is_its_deviation_and_the_paper_lies_in_its_middle(rng: np.random.Generator) -> None:
    for noise in (2, 5):
        grey = (150 + rng.normal(0, noise, (64, 64))).astype(np.float32)
        for dark in (True, False):
            found, told = local_paper(grey, dark)
            assert told == pytest.approx(noise, rel=0.2)
            assert abs(float(np.median(grey - found))) < 0.2 * noise


def test_black_paper_has_a_level_of_1() -> None:
    found, noise = local_paper(np.zeros((20, 20), np.float32), True)
    assert (found == 1).all() and noise == pytest.approx(1.4826)  # what a normal distribution has for a median of 1
