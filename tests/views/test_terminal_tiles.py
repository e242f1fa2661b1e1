"""Tiles beside each other in a terminal: how large, how many, with which labels, in any of its three ways."""

import re

import numpy as np
import pytest

from cnncli.views.scales import Scale
from cnncli.views.terminal import Ink, page_lines, panel_lines, tile_lines
from cnncli.views.tiles import Page, Panel, Tile, number_tile, picture_tile, shrunk, sized, vector_tile


def plain(line: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", line)


def picture(side: int, label: str = "", height: int = 0) -> Tile:
    return picture_tile(np.full((height or side, side, 3), 255, np.uint8), label)


@pytest.mark.parametrize("ink", [Ink.TRUE, Ink.OF_256])
def test_in_colours_a_character_is_two_pixels(ink: Ink) -> None:
    tile = number_tile(np.array([[-1.0, 1.0], [0.0, 0.5]]), Scale(-1, 1, True))
    lines, wide = tile_lines(tile, 4, ink)
    assert wide == 4 and [plain(line) for line in lines] == ["▀" * 4] * 2
    small = Tile(tile.pixels, tile.levels, signed=True, small=np.zeros((2, 6, 3), np.uint8))
    lines, wide = tile_lines(small, 6, ink)
    assert wide == 6 and [plain(line) for line in lines] == ["▀" * 6]
    assert "48;2;0;0;0" in lines[0] or "48;5;232" in lines[0]


def test_in_letters_signed_numbers_are_tenths_and_others_ink() -> None:
    signed = number_tile(np.array([[-1.0, 1.0], [0.0, 0.5]]), Scale(-1, 1, True))
    assert tile_lines(signed, 4, Ink.LETTERS) == (["-9+9", " .+5"], 4)
    assert tile_lines(signed, 1, Ink.LETTERS)[1] == 2  # a number needs two characters
    assert tile_lines(number_tile(np.array([[0.0, 1.0], [0.0, 1.0]]), Scale(0, 1)), 2, Ink.LETTERS) == ([" @"], 2)


@pytest.mark.parametrize(
    ("count", "side", "width", "beside", "wide"),
    [
        (1, 28, 100, 1, 28),  # as it is
        (1, 4, 100, 1, 28),  # few small ones are enlarged in whole steps to 28 at most
        (1, 100, 60, 1, 40),  # a tile alone is 20 lines high at most
        (1, 30, 20, 1, 20),
        (2, 4, 100, 2, 28),
        (3, 28, 100, 3, 28),
        (3, 28, 80, 3, 25),  # (80 + 2) // 3 - 2
        (4, 5, 100, 4, 10),  # of more than three they are enlarged to 12
        (8, 28, 100, 8, 10),  # (100 + 2) // 8 - 2
        (8, 28, 60, 6, 8),  # at least 8, and then fewer beside each other
        (20, 28, 100, 8, 10),
        (9, 3, 200, 14, 12),
    ],
)
def test_up_to_eight_tiles_stand_beside_each_other(count: int, side: int, width: int, beside: int, wide: int) -> None:
    panel = Panel("", [picture(side) for _ in range(count)])
    lines = panel_lines(panel, width, Ink.LETTERS, rows=9)
    assert all(len(line) <= width for line in lines)
    first = next(line for line in lines if "@" in line)
    parts = first.split("  ")
    assert (len(parts), len(parts[0])) == (min(beside, count), wide)


def test_a_tall_tile_alone_is_20_lines_high_at_most() -> None:
    lines = panel_lines(Panel("", [picture(20, height=80)]), 100, Ink.LETTERS)
    assert len(lines) == 20 and len(lines[0]) == 10
    flat = panel_lines(Panel("", [picture(90, height=10)]), 100, Ink.LETTERS)
    assert len(flat[0]) == 90 and len(flat) == 5


@pytest.mark.parametrize(("rows", "shown"), [(1, 8), (2, 16), (3, 20)])
def test_rows_are_as_many_as_asked_for_and_what_is_left_out_is_told(rows: int, shown: int) -> None:
    panel = Panel("name", [picture(28, str(index)) for index in range(20)], "a note", scale=Scale(-0.5, 2))
    lines = panel_lines(panel, 100, Ink.LETTERS, rows=rows)
    told = f", {shown} of 20 shown" if shown < 20 else ""
    assert lines[0] == f"name  a note, -0.5 to 2{told}"
    labels = [line.split() for line in lines if re.match(r"\d", line)]
    assert [word for line in labels for word in line] == [str(index) for index in range(shown)]
    assert len(labels) == rows


def test_a_note_that_does_not_fit_beside_the_title_stands_below_it_and_both_are_cut() -> None:
    note = "n" * 20
    assert panel_lines(Panel("t" * 10, [], note), 32, Ink.LETTERS) == [f"{'t' * 10}  {note}"]
    assert panel_lines(Panel("t" * 11, [], note), 32, Ink.LETTERS) == ["t" * 11, note]
    assert panel_lines(Panel("t" * 40, [], "n" * 40), 32, Ink.LETTERS) == ["t" * 30 + "..", "n" * 30 + ".."]
    faint = panel_lines(Panel("t", [], "n"), 32, Ink.LETTERS, faint=lambda words: f"<{words}>")
    assert faint == ["t  <n>"]


def test_named_numbers_have_all_their_rows_and_room_for_their_names() -> None:
    tiles = [number_tile(np.ones((1, 1)), Scale(0, 1), f"n {index}") for index in range(30)]
    lines = panel_lines(Panel("", tiles), 40, Ink.LETTERS)
    labels = " ".join(line for line in lines if "n " in line)
    assert re.findall(r"n (\d+)", labels) == [str(index) for index in range(30)]
    assert sum("n " in line for line in lines) == 5  # (40 + 2) // (4 + 2) names of 4 letters stand beside each other
    short = panel_lines(Panel("", [number_tile(np.ones((1, 1)), Scale(0, 1), "a")] * 3), 40, Ink.LETTERS)
    assert short[0] == "@@@@  @@@@  @@@@"  # four characters at least
    long = panel_lines(Panel("", [number_tile(np.ones((1, 1)), Scale(0, 1), "a" * 30)] * 3), 40, Ink.LETTERS)
    assert long[0] == "@@@@@@@@  @@@@@@@@  @@@@@@@@" and long[4].startswith("aaaaaa..  aaaaaa..")


def test_labels_are_broken_between_words_into_three_lines_at_most() -> None:
    tiles = [picture(8, "one two three four five"), picture(8, "6"), picture(8), picture(8), picture(8)]
    lines = panel_lines(Panel("", tiles), 50, Ink.LETTERS)
    assert [line for line in lines if "@" not in line] == ["one two   6", "three", "four"]
    percent = panel_lines(Panel("", [picture(8, "is 12 %"), *tiles[2:], tiles[3]]), 50, Ink.LETTERS)
    assert [line for line in percent if "@" not in line] == ["is 12 %"]
    narrow = panel_lines(Panel("", [picture(8, "seven 12 %"), *tiles[2:], tiles[3]]), 50, Ink.LETTERS)
    assert [line for line in narrow if "@" not in line] == ["seven", "12 %"]  # a number stays with its unit


def test_tiles_of_other_heights_keep_their_columns() -> None:
    tall, low = picture(8, "tall", height=8), picture(8, "low", height=4)
    lines = panel_lines(Panel("", [low, tall, low, tall]), 50, Ink.LETTERS)
    full, none = "@" * 8, " " * 8
    assert lines == [
        "  ".join([full] * 4),
        "  ".join([full] * 4),
        f"{none}  {full}  {none}  {full}",
        f"{none}  {full}  {none}  {full}",
        "low       tall      low       tall",
    ]


def test_a_page_has_its_title_its_lines_and_a_blank_line_before_each_titled_panel() -> None:
    page = Page(
        "title " * 3, [Panel("one", []), Panel("", [picture(2)]), Panel("two", [])], ["some words that are many"]
    )
    lines = page_lines(page, 16, Ink.LETTERS, faint=lambda words: f"<{words}>")
    assert lines[:4] == ["title title ti..", "<some words that>", "<are many>", ""]
    assert lines[4] == "one" and lines[-2:] == ["", "two"] and set("".join(lines[5:-2])) == {"@"}


def test_pictures_are_made_smaller_by_averages_to_the_side_that_is_asked_for(rng: np.random.Generator) -> None:
    values = rng.uniform(0, 1, (6, 12))
    np.testing.assert_allclose(sized(values, 6), values.reshape(3, 2, 6, 2).mean(axis=(1, 3)), rtol=1e-5)
    assert (
        sized(values, 12).shape == (6, 12) and sized(values, 11).shape == (6, 11) and sized(values, 1).shape == (1, 1)
    )
    assert sized(values, 25).shape == (12, 24) and sized(values, 35).shape == (12, 24)
    assert sized(values, 2, even=True).shape == (2, 2) and sized(np.ones((5, 50)), 25, even=True).shape == (2, 25)
    assert sized(np.ones((3, 9)), 20, even=True).shape == (6, 18) and sized(np.ones((3, 9)), 9, even=True).shape == (
        4,
        9,
    )
    assert sized(np.ones((3, 9)), 30, even=True).shape == (6, 18)  # three times would be 9 rows
    tall = sized(np.arange(20).reshape(20, 1), 10)
    np.testing.assert_allclose(tall[:, 0], np.arange(0.5, 20, 2))
    assert shrunk(values, 12) is values and shrunk(values, 6).shape == (3, 6)


@pytest.mark.parametrize(
    ("length", "shape"), [(1, (1, 1)), (10, (1, 10)), (11, (2, 6)), (20, (2, 10)), (21, (3, 7)), (23, (3, 8))]
)
def test_a_vector_is_rows_of_one_length_but_the_last(length: int, shape: tuple[int, int]) -> None:
    values, scale = np.linspace(-1, 1, length), Scale(-1, 1, True)
    tile = vector_tile(values, scale, 10)
    assert tile.pixels.shape == (*shape, 3) and tile.levels.shape == shape and tile.signed
    flat, levels = tile.pixels.reshape(-1, 3), tile.levels.reshape(-1)
    np.testing.assert_array_equal(flat[:length], scale.colours(values))
    np.testing.assert_allclose(levels[:length], values, atol=1e-12)
    assert (flat[length:] == 255).all() and (levels[length:] == 0).all()
    high = vector_tile(values, scale, 10, 3)
    assert high.pixels.shape[0] == (3 if shape[0] == 1 else shape[0]) and high.levels.shape == high.pixels.shape[:2]
    assert high.signed


def test_levels_go_from_0_to_1_or_from_minus_1_to_1() -> None:
    np.testing.assert_allclose(number_tile([[0.0, 1.0, 4.0]], Scale(0, 4)).levels, [[0, 0.25, 1]])
    np.testing.assert_allclose(number_tile([[-4.0, 1.0, np.nan]], Scale(-4, 4, True)).levels, [[-1, 0.25, -1]])
    np.testing.assert_allclose(picture(1).levels, [[1.0]])
