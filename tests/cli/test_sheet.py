"""A sheet shows the images that it should, where it should, as pixels and as characters."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFont

from cnncli.cli.sheet import (
    MAX_ROWS,
    Sheet,
    coloured_lines,
    fitting_columns,
    make_sheet,
    plain_lines,
    sheet_png,
)
from cnncli.data import Split
from cnncli.views.terminal import Ink


def numbered(labels: list[int]) -> Split:
    """Images of 1x1 that hold their place."""
    return Split(np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1), np.array(labels))


def test_sheet_holds_the_first_images_of_each_class_or_any_of_them() -> None:
    split = numbered([1, 0, 1, 1, 0, 3, 1])
    first = make_sheet(split, ["a", "b", "c", "d"], 3)
    assert [(name, images[:, 0, 0, 0].tolist()) for name, images in first.rows] == [
        ("a", [1, 4]), ("b", [0, 2, 3]), ("c", []), ("d", [5]),
    ]  # fmt: skip
    assert (first.columns, first.left_out) == (3, 0)
    many = numbered([0] * 200)
    drawn = [make_sheet(many, ["a"], 5, seed).rows[0][1][:, 0, 0, 0].tolist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2] and len(set(drawn[0])) == 5


def test_sheet_has_64_rows_and_counts_the_classes_left_out() -> None:
    split = numbered([0])
    assert make_sheet(split, ["x"] * MAX_ROWS, 1).left_out == 0
    sheet = make_sheet(split, ["x"] * (MAX_ROWS + 3), 1)
    assert (len(sheet.rows), sheet.left_out) == (64, 3)


@pytest.mark.parametrize(("name", "short"), [("b" * 16, "b" * 16), ("b" * 17, "b" * 14 + "..")])
def test_names_have_16_letters_at_most(name: str, short: str) -> None:
    assert make_sheet(numbered([0]), [name], 1).rows[0][0] == short


def test_as_many_columns_fit_as_the_names_leave_room_for() -> None:
    sheet = Sheet([("ab", np.empty(0)), ("abcd", np.empty(0))], 9, 0)  # 5 characters for names, then 8 an image
    assert [fitting_columns(sheet, width, 7) for width in (3, 12, 13, 20, 21, 28, 29)] == [1, 1, 1, 1, 2, 2, 3]


def test_a_character_is_two_pixels_one_above_the_other() -> None:
    rows = [
        ("a", np.array([[[[10, 10], [20, 20], [30, 40], [50, 50]]]], np.uint8)),
        ("bc", np.empty((0, 1, 4, 2), np.uint8)),
    ]
    lines = coloured_lines(Sheet(rows, 1, 0), 4, Ink.TRUE)
    assert lines == [
        "a  \x1b[38;2;10;10;10;48;2;20;20;20m▀▀\x1b[0m",
        "   \x1b[38;2;30;30;30;48;2;50;50;50m▀\x1b[38;2;40;40;40;48;2;50;50;50m▀\x1b[0m",
        "",
        "bc",
    ]


def test_the_more_ink_the_denser_the_letter() -> None:
    levels = np.array([0, 25, 26, 127, 128, 230, 231, 255])
    image = np.repeat(levels[None], 2, axis=0).astype(np.uint8)  # one character high
    sheet = Sheet([("a", image[None, None]), ("b", np.empty((0, 1, 2, 8), np.uint8))], 1, 0)
    assert plain_lines(sheet, 8, True)[1:] == ["", "b"]
    light = plain_lines(sheet, 8, True)[0]
    dark = plain_lines(Sheet([("a", 255 - image[None, None])], 1, 0), 8, False)[0]
    assert light == dark == "a " + "".join(" .:-=+*#%@"[level * 10 // 256] for level in levels)
    mixed = np.array([[0, 255], [255, 255]], np.uint8)
    assert plain_lines(Sheet([("a", mixed[None, None])], 1, 0), 8, True) == ["a =@"]  # (0 + 255) / 2


def test_wide_and_high_images_are_made_smaller_to_their_larger_side() -> None:
    for shape, lines, letters in (((4, 16), 1, 8), ((1, 16), 1, 8), ((16, 4), 4, 2), ((64, 2), 4, 1)):
        shown = plain_lines(Sheet([("a", np.full((1, 1, *shape), 255, np.uint8))], 1, 0), 8, True)
        assert [len(line.strip(" a")) for line in shown] == [letters] * lines


def test_png_has_the_names_in_a_column_and_an_image_in_each_place() -> None:
    red, dark = np.zeros((3, 24, 30), np.uint8), np.full((3, 24, 30), 40, np.uint8)
    red[0] = 255
    sheet = Sheet([("a", np.stack([red, dark])), ("bb", red[None])], 3, 0)
    page = np.asarray(Image.open(io.BytesIO(sheet_png(sheet))).convert("RGB")).astype(int)
    # each 30x24 is enlarged to 60x48, with 4 pixels of margin; two rows, three columns
    names = page.shape[1] - 3 * 64
    assert page.shape[0] == 2 * 52 + 4 and 10 < names < 40
    expected = np.full_like(page, 255)
    expected[4:52, names : names + 60] = expected[56:104, names : names + 60] = (255, 0, 0)
    expected[4:52, names + 64 : names + 124] = 40
    np.testing.assert_array_equal(page[:, names:], expected[:, names:])
    dark_letters = page[:, : names - 1].min(axis=2) < 128
    for top, bottom in ((4, 52), (56, 104)):
        rows, columns = np.nonzero(dark_letters[top:bottom])
        assert columns.min() > 3 and abs(rows.mean() - 23.5) < 4  # in the middle of the image's height
    assert not dark_letters[52:56].any()


def test_grey_images_and_those_of_two_channels_are_shown_by_their_first() -> None:
    image = np.stack([np.full((48, 48), 90), np.full((48, 48), 200)]).astype(np.uint8)
    for planes in (image, image[:1]):
        page = np.asarray(Image.open(io.BytesIO(sheet_png(Sheet([("a", planes[None])], 1, 0)))).convert("RGB"))
        assert (page[4:52, -52:-4] == 90).all() and (page[:, -4:] == 255).all()


@pytest.mark.parametrize(
    ("height", "width", "tile"),
    [
        (24, 30, (48, 60)), (48, 48, (48, 48)), (47, 47, (94, 94)), (24, 48, (24, 48)), (1, 1, (48, 48)),
        (112, 112, (112, 112)), (113, 113, (112, 112)), (224, 112, (112, 56)), (300, 1, (112, 1)), (1, 300, (1, 112)),
    ],
)  # fmt: skip
def test_images_of_a_png_have_48_to_112_pixels_in_their_larger_side(
    height: int, width: int, tile: tuple[int, int]
) -> None:
    """Small ones are enlarged in whole steps; four pixels are between them, and a line of letters has 14."""
    images = np.zeros((1, 1, height, width), np.uint8)
    for names, columns in ((["a", "aaaaaaaa"], 1), (["aaaaaaaa", "a"], 3)):
        with Image.open(io.BytesIO(sheet_png(Sheet([(name, images) for name in names], columns, 0)))) as page:
            letters = round(ImageFont.load_default(14).getlength("aaaaaaaa"))
            assert page.size == (letters + 8 + columns * (tile[1] + 4), 2 * (max(tile[0], 14) + 4) + 4)


def test_large_images_of_a_png_are_means_of_their_pixels() -> None:
    board = (np.indices((224, 224)).sum(axis=0) % 2 * 200).astype(np.uint8)
    page = np.asarray(Image.open(io.BytesIO(sheet_png(Sheet([("a", board[None, None])], 1, 0)))).convert("RGB"))
    assert (page[4:116, -116:-4] == 100).all()


def test_an_image_of_one_line_stays_one_line_of_a_png() -> None:
    page = np.asarray(Image.open(io.BytesIO(sheet_png(Sheet([("a", np.zeros((1, 1, 1, 300), np.uint8))], 1, 0)))))
    inked = (page[..., :3].max(axis=2) == 0)[:, -60:]  # right of the name
    assert inked.any(axis=1).sum() == 1
