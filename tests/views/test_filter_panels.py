"""Panels of filters: their titles, notes, and how large a matrix, a mosaic or a colour picture is drawn."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from cnncli import Network
from cnncli.layers import Conv2d
from cnncli.views.filters import LayerFilters, filter_page
from cnncli.views.page import draw_scale
from cnncli.views.scales import Scale
from cnncli.views.tiles import Panel


def panel(shape: tuple[int, ...], is_colour: bool = False, most: int = 4, settings: str = "of any kind") -> Panel:
    weights = np.linspace(-1, 2, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    one = LayerFilters("3", "Layer", settings, weights, is_colour)
    (made,) = filter_page(Network([Conv2d(1, 1, 1)], (1, 2, 2)), [one], most).panels
    return made


def test_a_page_is_headed_by_the_network_and_what_its_colours_mean() -> None:
    named = filter_page(Network.from_model_name("lenet5"), [], 18)
    assert named.title == "the weights of lenet5" and list(named.lines) == [
        "red adds, blue takes away, white is 0; in a tile the kernels over all inputs"
    ]
    assert filter_page(Network([Conv2d(1, 1, 1)], (1, 2, 2)), [], 18).title == "the weights of the network"


@pytest.mark.parametrize(
    ("size", "side"),
    [
        ((10, 20), 24 * 20),  # 24 pixels for a number at most
        ((39, 2), 10 * 39),  # 420 // 39
        ((2, 67), 14 * 67),  # 944 // 67
        ((10, 500), 500), ((420, 8), 420), ((8, 944), 944),  # a pixel
        ((421, 1), 420), ((1, 945), 944), ((840, 100), 420), ((5, 1888), 944),  # less than one
    ],
)  # fmt: skip
def test_a_matrix_is_as_large_as_fits_into_944_by_420_pixels_in_whole_steps(size: tuple[int, int], side: int) -> None:
    made = panel(size)
    assert made.title == "3  Layer of any kind" and made.note == f"{size[0]}x{size[1]}"
    assert made.side == side and made.scale == Scale(-2, 2, True)
    (tile,) = made.tiles
    values = np.linspace(-1, 2, size[0] * size[1], dtype=np.float32).reshape(size)
    np.testing.assert_array_equal(tile.pixels, Scale(-2, 2, True).colours(values))


@pytest.mark.parametrize(("count", "note"), [(3, "3x1x2x2"), (4, "4x1x2x2"), (5, "first 4 of 5x1x2x2")])
def test_of_more_filters_than_are_asked_for_the_first_are_shown_by_their_numbers(count: int, note: str) -> None:
    made = panel((count, 1, 2, 2), settings="")
    assert (made.title, made.note) == ("3  Layer", note)
    assert [tile.label for tile in made.tiles] == [str(index) for index in range(min(count, 4))]


@pytest.mark.parametrize(("side", "drawn"), [(5, 88), (88, 88), (89, 89), (180, 180), (181, 180)])
def test_kernels_are_drawn_as_large_as_they_are_between_88_and_180_pixels(side: int, drawn: int) -> None:
    assert panel((1, 1, 2, side)).side == panel((1, 1, side, 2)).side == drawn


def test_filters_over_colours_have_no_scale_and_are_balanced_around_grey() -> None:
    made = panel((5, 3, 1, 2), is_colour=True)
    assert made.note == "first 4 of 5x3x1x2, in colour: grey is 0" and made.scale is None
    assert [tile.label for tile in made.tiles] == ["0", "1", "2", "3"]
    weights = np.linspace(-1, 2, 30).reshape(5, 3, 1, 2)
    for tile, kernels in zip(made.tiles, weights, strict=False):
        shares = kernels.transpose(1, 2, 0) / 2  # of the largest magnitude
        assert abs(tile.pixels - 127.5 * (1 + shares)).max() < 0.51
        np.testing.assert_allclose(tile.levels, shares.mean(axis=2), atol=1e-6)
        assert tile.signed
    blank = LayerFilters("0", "Conv2d", "", np.zeros((1, 3, 1, 1), np.float32), True)
    (tile,) = filter_page(Network([Conv2d(1, 1, 1)], (1, 2, 2)), [blank], 4).panels[0].tiles
    assert abs(tile.pixels.astype(int) - 127.5).max() < 1


def test_colours_of_a_scale_give_way_to_the_size_of_the_filters() -> None:
    """So that "first 18 of 128x128x3x3" is not cut where there is room for it."""
    image = Image.new("RGB", (1000, 60))
    draw, scale = ImageDraw.Draw(image), Scale(-0.0962, 0.0962, signed=True)
    free = draw_scale(image, draw, scale, (972, 20))
    assert draw_scale(image, draw, scale, (972, 20), room=972 - free) == free
    tight = draw_scale(image, draw, scale, (972, 20), room=972 - free - 60)
    assert tight == free + 60
    assert draw_scale(image, draw, scale, (972, 20), room=0) == free + 100  # 50 of 150 pixels stay
