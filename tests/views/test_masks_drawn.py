"""Masks of any size against plain loops, and the page that shows them."""

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.views.mask_page import Result, mask_lines, mask_page, results, words_of
from cnncli.views.masks import as_picture, convolved, correlated, forms_of, read_mask, values_of
from cnncli.views.named_masks import MASKS
from cnncli.views.scales import Scale


@pytest.mark.parametrize("shape", [(7, 9), (5, 6, 3), (300, 6)])
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (5, 1)])
@pytest.mark.parametrize("border", ["repeat", "zero", "none"])
def test_every_output_is_its_sum(shape: tuple[int, ...], size: tuple[int, int], border: str) -> None:
    """Each a sum over the mask; rows 255 and 256 are worked on apart from each other."""
    rng = np.random.default_rng(sum(shape) + sum(size))
    picture, mask = rng.integers(0, 256, shape), rng.integers(-3, 4, size).astype(float)
    down, right = size[0] // 2, size[1] // 2
    widths = [(down, down), (right, right)] + [(0, 0)] * (len(shape) - 2)
    wide = picture if border == "none" else np.pad(picture, widths, mode="edge" if border == "repeat" else "constant")
    windows = np.lib.stride_tricks.sliding_window_view(wide, size, axis=(0, 1))
    expected = (windows * mask).sum(axis=(-2, -1))
    np.testing.assert_array_equal(correlated(picture, mask, border), expected)
    np.testing.assert_array_equal(convolved(picture, mask, border), (windows * mask[::-1, ::-1]).sum(axis=(-2, -1)))


def test_a_mask_as_large_as_the_picture_fits_and_a_larger_one_does_not() -> None:
    assert correlated(np.ones((3, 5)), np.ones((3, 5)), "none").tolist() == [[15.0]]
    for size in ((5, 5), (3, 7)):
        with pytest.raises(UsageError, match="does not fit"):
            correlated(np.ones((3, 5)), np.ones(size), "none")


def test_named_masks_are_those_of_the_lecture() -> None:
    expected = {
        "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
        "edge": [[0, 1, 0], [1, -4, 1], [0, 1, 0]], "sobel-x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        "sobel-y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    }  # fmt: skip
    assert {name: read_mask(name).tolist() for name in expected} == expected and set(MASKS) == {*expected, "blur"}
    np.testing.assert_allclose(read_mask("blur"), 1 / 9)
    assert [len(forms_of(read_mask(name))) for name in ("edge", "sobel-x")] == [1, 2]


def test_the_largest_mask_and_number_are_31_and_a_million() -> None:
    assert read_mask(" ".join(["1"] * 31)).shape == (1, 31) and read_mask(";".join(["1e6"] * 31)).shape == (31, 1)
    for text in (" ".join(["1"] * 33), ";".join(["1"] * 33), "1 2", "1; 2"):
        with pytest.raises(UsageError, match="odd numbers"):
            read_mask(text)
    for text in ("1.1e6", "-1000001", "1/0", "1e999", "1 2x 3"):
        with pytest.raises(UsageError, match="is no number"):
            read_mask(text)
    with pytest.raises(UsageError, match="rows of 1 and 3 numbers"):
        read_mask("1 2 3; 1; 1 2 3")


def test_masks_that_add_up_to_0_show_sizes() -> None:
    assert (
        values_of(np.array([[-1.0, 0.0, 1.0]])) == "size" and values_of(np.array([[-1.0, 0.5, 0.5 + 1e-9]])) == "size"
    )
    assert values_of(np.array([[-1.0, 0.0, 1.01]])) == "cut" and values_of(np.array([[0.25, 0.5, 0.25]])) == "cut"
    assert values_of(np.array([[-1.0, 0.5, 0.5 + 3e-6]])) == "cut"


def test_values_become_pixels_in_three_ways() -> None:
    values = np.array([[-100.0, 0.0, 100.4, 255.0, 300.0]], np.float32)
    pixels, words = as_picture(values, "cut")
    assert pixels.tolist() == [[0, 0, 100, 255, 255]]
    assert words == "20.0 % cut off below, 20.0 % cut off above"
    pixels, words = as_picture(np.array([[-100.0, 0.0, 100.4]], np.float32), "signed")
    assert pixels.tolist() == [[78, 128, 178]] and words == "middle grey is 0, nothing cut off"
    pixels, words = as_picture(np.array([[-300.0, 260.0]], np.float32), "signed")
    assert pixels.tolist() == [[0, 255]] and words == "middle grey is 0, 50.0 % cut off below, 50.0 % cut off above"
    sizes = np.concatenate([np.full(995, 50.0), np.full(5, -210.0)]).astype(np.float32)[None]
    pixels, words = as_picture(sizes, "size")
    white = 50 + 160 * (0.995 * 999 - 994)  # the quantile lies between the 995th and the next
    assert pixels[0, 0] == round(255 * 50 / white) and pixels[0, -1] == 255
    assert words == f"black is 0, white {white:.3g} or more, whatever the sign"
    one = np.zeros((1, 1000), np.float32)
    one[0, 3] = -7
    assert as_picture(one, "size")[0].max() == 255 and as_picture(one, "size")[1].startswith("black is 0, white 7 or")
    assert as_picture(np.zeros((2, 2), np.float32), "size")[0].max() == 0


def test_results_tell_their_range() -> None:
    pixels = np.array([[10, 20, 30]], np.uint8)
    found = results(pixels, np.array([[0.0, 0.0, 2.0]]), ["correlation", "convolution"], "repeat", "cut")
    assert [one.values.tolist() for one in found] == [[[40, 60, 60]], [[20, 20, 40]]]
    assert [one.words for one in found] == [
        f"values from {low} to {high}; nothing cut off" for low, high in ((40, 60), (20, 40))
    ]


def test_the_page_has_pictures_side_by_side_and_the_mask_as_each_form_lays_it() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    mask = np.array([[1.0, 0.0, -2.0]])
    found = [Result(form, pixels.astype(np.float32), pixels, "words") for form in ("correlation", "convolution")]
    page = mask_page("a.png", "a mask", pixels, found, mask)
    assert page.title == "a mask over a.png" and page.lines == ["correlation: words", "convolution: words"]
    pictures, masks = page.panels
    assert [tile.label for tile in pictures.tiles] == ["the picture", "correlation", "convolution"]
    assert all((tile.pixels == pixels[:, :, None]).all() and tile.smooth for tile in pictures.tiles)
    # Three and two stand beside each other within 1000 pixels and margins of 28, 10 apart.
    two = mask_page("a.png", "a mask", pixels, found[:1], None).panels
    assert len(two) == 1 and 3 * pictures.side + 20 <= 944 < 3 * pictures.side + 30
    assert 2 * two[0].side + 10 <= 944 < 2 * two[0].side + 14
    assert [tile.label for tile in masks.tiles] == ["for correlation", "for convolution"] and masks.side == 132
    for tile, numbers in zip(masks.tiles, (mask, mask[:, ::-1]), strict=True):
        assert tile.pixels.shape == (44, 132, 3)
        colours = Scale(-2, 2, True).colours(numbers)[0]
        for index, colour in enumerate(colours):
            cell = tile.pixels[:, index * 44 : (index + 1) * 44]
            assert (cell[:8] == colour).all() and (cell[-8:] == colour).all() and (cell[:, :5] == colour).all()
            written = np.argwhere((cell != colour).any(axis=2))
            assert len(written) > 15 and written.mean(axis=0) == pytest.approx((21.5, 21.5), abs=2.5)
            # Light on dark and dark on light.
            letters = cell[(cell != colour).any(axis=2)].astype(int).mean(axis=1)
            assert letters.max() > 200 if int(colour.astype(int).mean()) < 128 else letters.min() < 60


def test_a_mask_of_more_than_15_has_small_cells_without_numbers() -> None:
    blank = np.zeros((2, 2), np.uint8)

    def cells(rows: int, columns: int) -> np.ndarray:
        results = [Result("correlation", np.zeros(1), blank, "")]
        page = mask_page("a", "b", np.zeros((2, 2, 3), np.uint8), results, np.ones((rows, columns)))
        return page.panels[1].tiles[0].pixels

    large = cells(15, 17)
    assert large.shape == (15 * 11, 17 * 11, 3) and len(np.unique(large.reshape(-1, 3), axis=0)) == 1
    assert cells(15, 15).shape == (15 * 44, 15 * 44, 3)


def test_masks_are_told_by_name_or_size_and_listed_in_columns() -> None:
    assert words_of("edge", read_mask("edge")) == "edge" and words_of("1 2 3", np.ones((1, 3))) == "a mask of 1x3"
    assert mask_lines(np.array([[1.0, -12.5], [0.333333, 2.0]])) == ["      1  -12.5", "  0.333      2"]
