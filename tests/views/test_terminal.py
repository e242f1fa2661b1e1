"""Pictures in the characters of a terminal hold the numbers that they should, where they should."""

import re

import numpy as np
import pytest

from cnncli.views.scales import Scale
from cnncli.views.terminal import Ink, colour_code, half_blocks, letters, page_lines, panel_lines, signed_digits
from cnncli.views.tiles import Page, Panel, enlargement, number_tile, picture_tile, sized


@pytest.mark.parametrize(
    ("side", "factor"), [(1, 48), (28, 2), (47, 2), (48, 1), (49, 1), (112, 1), (113, 112 / 113), (224, 0.5)]
)
def test_small_images_are_enlarged_in_whole_steps_and_large_ones_made_smaller(side: int, factor: float) -> None:
    assert enlargement(side, 48, 112) == factor


@pytest.mark.parametrize(
    ("rgb", "true", "code"),
    [
        ([1, 2, 3], True, "2;1;2;3"),
        ([0, 0, 0], False, "5;232"),
        ([255, 255, 255], False, "5;255"),
        ([100, 115, 100], False, "5;241"),  # 232 + 315 * 23 // 765
        ([100, 116, 100], False, "5;65"),  # (95, 135, 95) is 16 + 36 * 1 + 6 * 2 + 1
        ([255, 0, 0], False, "5;196"),
        ([0, 153, 0], False, "5;28"),  # (0, 135, 0)
        ([0, 0, 255], False, "5;21"),
    ],
)
def test_colours_of_a_terminal_are_true_or_of_its_cube_or_its_greys(rgb: list[int], true: bool, code: str) -> None:
    assert colour_code(rgb, Ink.TRUE if true else Ink.OF_256) == code


def test_half_blocks_have_the_upper_pixel_before_the_lower_and_repeat_no_colour() -> None:
    red, blue = (255, 0, 0), (0, 0, 255)
    assert half_blocks([[red, red], [blue, red]], Ink.TRUE) == [
        "\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[38;2;255;0;0;48;2;255;0;0m▀\x1b[0m"
    ]
    assert half_blocks([[red] * 3, [red] * 3], Ink.OF_256) == ["\x1b[38;5;196;48;5;196m▀▀▀\x1b[0m"]


def test_letters_are_denser_the_more_there_is() -> None:
    levels = np.linspace(0, 1, 10)[None].repeat(2, axis=0)
    assert letters(levels) == [" .:-=+*#%@"]
    assert letters(np.array([[0.0, 1.0], [1.0, 1.0]])) == ["=@"]  # a half is the fifth of ten


def test_signed_numbers_are_tenths_with_their_sign() -> None:
    assert signed_digits(np.array([[-1.0, -0.06, 0.04], [0.5, 0.94, 1.0]])) == ["-9-1 .", "+5+9+9"]


def test_sizes_change_by_averages_and_in_whole_steps() -> None:
    np.testing.assert_allclose(sized(np.array([[0.0, 1, 2, 3]] * 4), 2), [[0.5, 2.5], [0.5, 2.5]])
    np.testing.assert_array_equal(sized(np.array([[1.0, 2]]), 5), [[1, 1, 2, 2]] * 2)
    assert sized(np.zeros((5, 5)), 8, even=True).shape == (6, 5)
    assert sized(np.zeros((3, 3, 3), np.uint8), 12, even=True).shape == (12, 12, 3)


def tiles(count: int, side: int = 4) -> list:
    scale = Scale(0, 1)
    return [number_tile(np.full((side, side), 1.0), scale, str(index)) for index in range(count)]


@pytest.mark.parametrize("width", [30, 80, 160])
@pytest.mark.parametrize("ink", list(Ink))
def test_no_line_is_wider_than_the_terminal(width: int, ink: Ink) -> None:
    signed = number_tile(np.eye(40) - 0.5, Scale(-1, 1, True), "a long label " * 20)
    many = Panel("t" * 50, tiles(20), "n" * 50, scale=Scale(0, 1))
    page = Page("a title" * 40, [many, Panel("", [signed] * 3), Panel("x", tiles(1, 300))], ["a line" * 40])
    lines = page_lines(page, width, ink, rows=2)
    assert max(len(re.sub(r"\x1b\[[\d;]*m", "", line)) for line in lines) <= width


def test_a_panel_has_its_labels_below_its_tiles_and_tells_what_is_left_out() -> None:
    lines = panel_lines(Panel("maps", tiles(9), "4x4", scale=Scale(0, 1)), 40, Ink.LETTERS)
    # five tiles of 8 characters do not fit beside each other with gaps of 2: four do
    labels = "0         1         2         3"
    assert lines == ["maps  4x4, 0 to 1, 4 of 9 shown", *["  ".join(["@" * 8] * 4)] * 4, labels]
    assert panel_lines(Panel("maps", tiles(9)), 40, Ink.LETTERS, rows=3)[-1] == "8"


def test_pictures_are_darker_or_lighter_letters() -> None:
    picture = np.zeros((2, 12, 3), np.uint8)
    picture[:, 6:] = 255
    assert panel_lines(Panel("", [picture_tile(picture)]), 12, Ink.LETTERS) == ["      @@@@@@"]


def test_labels_are_broken_into_lines_and_not_cut() -> None:
    names = ["the picture", "light and dark swapped", "the ink alone", "cropped and centred"]
    tiles = [picture_tile(np.zeros((28, 28, 3), np.uint8), name) for name in names]
    lines = panel_lines(Panel("", tiles), 80, Ink.LETTERS)
    assert lines[-2:] == [
        "the picture         light and dark      the ink alone       cropped and",
        "                    swapped                                 centred",
    ]
    tiles = [picture_tile(np.zeros((14, 14, 3), np.uint8), "5 (100.00 %)") for _ in range(4)]
    lines = panel_lines(Panel("", tiles), 50, Ink.LETTERS)
    assert lines[-2:] == ["  ".join(["5          "] * 4).rstrip(), "  ".join(["(100.00 %) "] * 4).rstrip()]
    long = picture_tile(np.zeros((14, 14, 3), np.uint8), "unbreakablelabel " * 5)
    assert panel_lines(Panel("", [long] * 4), 50, Ink.LETTERS)[-3:] == ["  ".join(["unbreakab.."] * 4)] * 3


def test_lines_of_a_page_are_broken_and_not_cut() -> None:
    page = Page("a title", [], ["light and dark swapped: changed the answer from 8 to 5"])
    assert page_lines(page, 50, Ink.LETTERS) == [
        "a title", "light and dark swapped: changed the answer from 8", "to 5",
    ]  # fmt: skip
