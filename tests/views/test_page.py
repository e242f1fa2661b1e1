"""A page as a PNG: tiles where they belong, in their size and colours, with labels and scales beside them."""

import io

import numpy as np
from PIL import Image

from cnncli.views.page import EDGE, MARGIN, PAPER, WIDTH, page_image, page_png
from cnncli.views.scales import Scale
from cnncli.views.tiles import Page, Panel, Tile, number_tile, picture_tile


def one_colour(rgb: tuple[int, int, int], height: int = 4, width: int = 4) -> Tile:
    return picture_tile(np.full((height, width, 3), rgb, np.uint8))


def places(image: np.ndarray, rgb: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of all pixels of a colour, which fill a rectangle."""
    rows, columns = np.nonzero((image == rgb).all(axis=2))
    box = (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1)
    assert len(rows) == (box[1] - box[0]) * (box[3] - box[2])
    return tuple(int(side) for side in box)


def test_tiles_follow_each_other_in_rows_that_keep_the_margins() -> None:
    colours = [(255, 0, index) for index in range(12)]
    image = np.asarray(page_image(Page("", [Panel("", [one_colour(rgb) for rgb in colours], side=88)])))
    boxes = [places(image, rgb) for rgb in colours]
    assert {(bottom - top, right - left) for top, bottom, left, right in boxes} == {(88, 88)}
    rows = {box[0] for box in boxes}
    assert [box[2] for box in boxes[:9]] == [MARGIN + index * 98 for index in range(9)] and len(rows) == 2
    assert boxes[9][2] == MARGIN and boxes[9][0] == boxes[0][1] + 10
    assert all(box[3] <= WIDTH - MARGIN for box in boxes) and image.shape[1] == WIDTH
    assert image.shape[0] - boxes[-1][1] in range(MARGIN, 2 * MARGIN + 1)


def test_numbers_stay_squares_in_whole_steps_and_get_their_frame() -> None:
    values = np.array([[0.0, 1.0], [0.5, 0.0]])
    image = np.asarray(page_image(Page("", [Panel("", [number_tile(values, Scale(0, 1))], side=81)])))
    top, bottom, left, right = places(image, (253, 231, 37))
    assert (bottom - top, right - left) == (40, 40)  # 81 // 2
    assert left == MARGIN + 40
    np.testing.assert_array_equal(image[top - 1, MARGIN : MARGIN + 80], np.tile(EDGE, (80, 1)))
    assert places(image, (33, 145, 140)) == (top + 40, bottom + 40, MARGIN, MARGIN + 40)


def test_titles_labels_and_scales_stand_beside_their_tiles_and_nothing_is_clipped() -> None:
    tile = number_tile(np.ones((4, 4)), Scale(0, 2), "W" * 40)
    plain = Panel("", [number_tile(np.ones((4, 4)), Scale(0, 2))])
    headed = Panel("heading " * 40, [tile, tile], "a note", scale=Scale(0, 2))
    page = Page("title " * 60, [headed, plain], ["line " * 80])
    image = np.asarray(page_image(page)).astype(int)
    inked = (image != PAPER).any(axis=2)
    assert not inked[:, : MARGIN - 1].any() and not inked[:, WIDTH - MARGIN + 1 :].any()
    assert not inked[: MARGIN - 4].any() and not inked[-8:].any()
    ramp = np.nonzero((image == (253, 231, 37)).all(axis=2))  # the end of the scale alone is yellow
    assert WIDTH - MARGIN - 60 < ramp[1].max() < WIDTH - MARGIN
    tops = np.nonzero((image[:, MARGIN + 4] == (33, 145, 140)).all(axis=1))[0]
    assert len(tops) == 2 * 88
    label = inked[tops[87] + 2 : tops[87] + 22, MARGIN : MARGIN + 98]  # cut to its tile's width
    assert label.any() and not label[:, 92:96].any()


def test_a_png_holds_the_page_and_letters_of_any_language() -> None:
    page = Page("grün, 猫 \x1b[31m", [Panel("", [one_colour((1, 2, 3))])])
    image = Image.open(io.BytesIO(page_png(page)))
    np.testing.assert_array_equal(np.asarray(image), np.asarray(page_image(page)))


def test_smooth_pictures_are_interpolated_and_large_ones_made_smaller() -> None:
    half = np.zeros((2, 2, 3), np.uint8)
    half[:, 1] = 200
    photo = picture_tile(half, smooth=True)
    large = one_colour((9, 8, 7), 400, 200)
    image = np.asarray(page_image(Page("", [Panel("", [photo, large], side=100)])))
    inner = image[80, MARGIN : MARGIN + 100, 0]
    assert len(np.unique(inner)) > 20
    top, bottom, left, right = places(image, (9, 8, 7))
    assert (bottom - top, right - left) == (100, 50)
