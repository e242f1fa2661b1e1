"""What stands above, below and beside the tiles of a page: lines that do not touch, texts cut to fit, scales."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageDraw

from cnncli.views.page import FAINT, INK, MARGIN, PAPER, WIDTH, font, page_image, scaled, write
from cnncli.views.scales import Scale
from cnncli.views.tiles import Page, Panel, Tile, number_tile, picture_tile


def tile(label: str = "", side: int = 4) -> Tile:
    return picture_tile(np.full((side, side, 3), (255, 0, 0), np.uint8), label)


def drawn(page: Page) -> np.ndarray:
    return np.asarray(page_image(page)).astype(int)


def bands(image: np.ndarray) -> list[tuple[int, int]]:
    """(first row, row after the last) of what is not paper."""
    inked = np.append((image != PAPER).any(axis=(1, 2)), False)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inked]).astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def test_title_lines_heading_tiles_and_labels_follow_each_other_and_do_not_touch() -> None:
    """Letters that reach from the top to the bottom of their line; each row of tiles has two lines of labels."""
    panels = [Panel("Hp", [tile("Hp\nHp") for _ in range(10)]), Panel("", [tile("Hp")])]
    found = bands(drawn(Page("Hp", panels, ["Hp", "Hp"])))
    heights = [end - start for start, end in found]
    # Title, 2 lines, heading, then twice a row with two lines of labels, and one with one.
    assert len(found) == 4 + 2 * 3 + 2
    assert [index for index, height in enumerate(heights) if height == 90] == [4, 7, 10]  # 88 and the frame
    gaps = [two[0] - one[1] for one, two in pairwise(found)]
    assert min(gaps) >= 3
    assert heights[0] > heights[1] == heights[2] == heights[3] > heights[5] == heights[6] == heights[11]
    # A label is nearer to its own tile than to the row below.
    assert gaps[4] < gaps[6] and gaps[7] < gaps[9]


def test_a_panel_has_room_for_a_heading_if_it_has_a_title_or_a_note() -> None:
    def top(panel: Panel) -> int:
        image = drawn(Page("", [panel]))
        return int(np.flatnonzero((image == (255, 0, 0)).all(axis=2).any(axis=1))[0])

    assert top(Panel("t", [tile()])) == top(Panel("", [tile()], "n")) > top(Panel("", [tile()])) + 18
    assert drawn(Page("", [Panel("", [tile()])])).shape[0] - top(Panel("", [tile()])) - 88 >= MARGIN


def test_a_note_stands_behind_the_title_where_there_is_room() -> None:
    short = drawn(Page("", [Panel("HH", [tile()], "NN")]))
    ink, faint = ((short == colour).all(axis=2).any(axis=0).nonzero()[0] for colour in (INK, FAINT))
    assert ink[0] >= MARGIN and 8 <= faint[0] - ink[-1] <= 20
    long = "H" * 200
    np.testing.assert_array_equal(
        drawn(Page("", [Panel(long, [tile()], "NN")])), drawn(Page("", [Panel(long, [tile()])]))
    )


def test_titles_and_notes_reach_to_the_right_margin_and_no_further() -> None:
    for page in (Page("H" * 200, []), Page("", [], ["H" * 200]), Page("", [Panel("H", [tile()], "H" * 200)])):
        last = (drawn(page) != PAPER).any(axis=(0, 2)).nonzero()[0][-1]
        assert WIDTH - MARGIN - 20 < last < WIDTH - MARGIN


def test_below_the_last_tile_there_is_a_margin() -> None:
    for page in (Page("H", [Panel("", [tile()])], ["H", "H"]), Page("", [Panel("H", [tile()]), Panel("", [tile()])])):
        image = drawn(page)
        assert len(image) - bands(image)[-1][1] == pytest.approx(MARGIN, abs=6)


def test_a_label_may_be_as_wide_as_its_tile_or_the_page_if_the_tile_stands_alone() -> None:
    def reach(count: int) -> int:
        image = drawn(Page("", [Panel("", [tile("H" * 200 if not index else "") for index in range(count)])]))
        foot = image[bands(image)[-1][0] :]
        return int((foot != PAPER).any(axis=(0, 2)).nonzero()[0][-1])

    assert MARGIN + 70 < reach(2) < MARGIN + 88 + 10 and WIDTH - MARGIN - 15 < reach(1) < WIDTH - MARGIN


@pytest.mark.parametrize(("letters", "length"), [(300, 50), (20, 150)])
def test_a_scale_goes_from_low_to_high_and_the_heading_ends_before_it(letters: int, length: int) -> None:
    """Beside a long heading its colours give way, down to a third."""
    scale = Scale(-2.5, 2.5, True)
    values = np.zeros((4, 4))
    image = drawn(Page("", [Panel("H" * letters, [number_tile(values, scale)], scale=scale)]))
    ramp = scale.colours(np.linspace(-2.5, 2.5, length)).astype(int)
    places = [
        (row, left) for row in range(bands(image)[0][0], bands(image)[0][1]) for left in range(WIDTH - length - 1)
        if (image[row, left] == ramp[0]).all() and (image[row, left : left + length] == ramp).all()
    ]  # fmt: skip
    assert len(places) == 12 and len({left for _, left in places}) == 1
    rows, left = [row for row, _ in places], places[0][1]
    assert rows == list(range(rows[0], rows[0] + 12))
    band = image[rows[0] : rows[-1] + 1]
    inked = (band != PAPER).any(axis=(0, 2))
    right = left + length
    assert inked[left - 1] and inked[right] and not inked[right + 1 : right + 6].any()  # the frame
    assert not inked[left - 6 : left - 1].any() and inked[left - 40 : left - 6].any()  # the low end
    high = inked[right + 6 :].nonzero()[0] + right + 6
    assert WIDTH - MARGIN - 3 <= high[-1] < WIDTH - MARGIN
    heading = (image[rows[0] : rows[-1] + 1] == INK).all(axis=2).any(axis=0).nonzero()[0]
    low = (band == FAINT).all(axis=2).any(axis=0).nonzero()[0]
    assert low[0] - heading[-1] > 8 and (letters < 300 or low[0] - heading[-1] < 70)


@pytest.mark.parametrize("width", [20, 61, 140, 300])
def test_text_is_cut_to_the_most_letters_that_fit_with_three_dots(width: int) -> None:
    text = "a text of some words in small letters"
    face, _ = font(14)
    whole = face.getlength(text)
    fitting = [text[:count] + "..." for count in range(len(text)) if face.getlength(text[:count] + "...") <= width]
    expected = text if whole <= width else max(fitting, key=len)

    def written(words: str, room: int) -> tuple[int, bytes]:
        image = Image.new("RGB", (400, 30), PAPER)
        end = write(ImageDraw.Draw(image), (5, 4), words, 14, INK, room)
        return end, image.tobytes()

    assert written(text, width) == written(expected, 1000)
    assert written(text, width)[0] == 5 + round(face.getlength(expected))
    assert len(fitting) == len(text) if width == 300 else len(expected) < len(text)


def test_text_that_just_fits_is_whole() -> None:
    face, _ = font(14)
    image = Image.new("RGB", (400, 30), PAPER)
    width = face.getlength("words")
    assert width == int(width) or width > 0
    room = int(width) if width == int(width) else int(width) + 1
    assert write(ImageDraw.Draw(image), (0, 0), "words", 14, INK, room) == round(width)


@pytest.mark.parametrize(
    ("size", "smooth", "drawn_as"),
    [
        ((3, 7), False, (39, 91)),  # 13 is nearest to 88 / 7
        ((44, 44), False, (88, 88)), ((60, 60), False, (60, 60)), ((88, 88), False, (88, 88)),
        ((89, 40), False, (88, 40)), ((500, 1), False, (88, 1)), ((1, 500), False, (1, 88)),
        ((3, 7), True, (38, 88)), ((60, 30), True, (88, 44)),
    ],
)  # fmt: skip
def test_numbers_are_enlarged_in_whole_steps_and_all_else_to_the_size(
    size: tuple[int, int], smooth: bool, drawn_as: tuple[int, int]
) -> None:
    rng = np.random.default_rng(3)
    one = picture_tile(rng.integers(0, 256, (*size, 3), dtype=np.uint8), smooth=smooth)
    made = scaled(one, 88)
    assert (made.height, made.width) == drawn_as
    if not smooth and max(size) <= 88:
        steps = drawn_as[0] // size[0]
        np.testing.assert_array_equal(np.asarray(made), one.pixels.repeat(steps, axis=0).repeat(steps, axis=1))
