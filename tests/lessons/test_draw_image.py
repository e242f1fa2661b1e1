"""Figures in pictures and animations: each part at the pixels where arithmetic puts it."""

import io
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.lessons import draw_image
from cnncli.lessons.draw_image import animation, figure_image, frame_image
from cnncli.lessons.figures import Bars, Cells, Dots, Figure, Line, Segments, Stack, held
from cnncli.lessons.page import LESSON_STYLE
from cnncli.pages.style import STYLE
from drawings import Call, a_figure


@pytest.mark.parametrize("height", [440, 320, 260])
def test_what_is_written_in_a_picture_stands_around_its_axes(height: int, written: list[Call]) -> None:
    """The inside is (64, 48) to (620, height - 64)."""
    image = figure_image(a_figure(), height)
    assert image.size == (640, height)
    by_text = {text: (at, size, room) for at, text, size, room in written}
    assert by_text["all parts"] == ((64, 12), 18, 556)
    (x, y), _, _ = by_text["across"]
    assert 540 < x < 620 and y == height - 46
    (x, y), _, _ = by_text["up"]
    assert x == 8 and y == 32
    for value in (0, 2, 4, 6, 8, 10):
        place = [at for at, text, *_ in written if text == str(value) and at[1] == height - 58]
        assert [abs(x + 4 * len(str(value)) - (64 + 55.6 * value)) <= 1 for x, _ in place] == [True]
    beside = [(at, text) for at, text, *_ in written if at[0] == 8 and text != "up"]
    assert [text for _, text in beside] == ([*"012345"] if height > 320 else [*"024"])
    rooms = {room for at, _, _, room in written if at[1] == height - 58}, {room for at, text, _, room in written if
                                                                          at[0] == 8 and text != "up"}  # fmt: skip
    assert rooms == ({60}, {52})  # a word that is wider is cut off
    assert by_text["up"][2] == 124 and by_text["across"][1] == by_text["up"][1] == 13
    for (_, y), text in beside:
        assert y + 8 == pytest.approx(height - 64 - (height - 112) * int(text) / 5, abs=1)
    assert [by_text[name][0][1] for name in ("a line", "dots", "short ones", "bars")] == [height - 30] * 4
    lefts = [by_text[name][0][0] for name in ("a line", "dots", "short ones", "bars")]
    assert lefts[0] == 82 and all(two - one > 50 for one, two in pairwise(lefts))
    at, size, _ = next((at, size, room) for at, text, size, room in written if text == "here")
    assert size == 28 and at == pytest.approx((2 * (64 + 111.2) + 8, 2 * (48 + (height - 112) / 5) - 36), abs=1)


def test_a_long_legend_has_two_rows_and_a_bare_picture_its_note(written: list[Call]) -> None:
    kinds = ("first", "second", "third", "fourth", "fifth", "sixth", "own")
    parts = [Dots([(1, 1)], kind, f"name {kind}") for kind in kinds]
    figure_image(Figure("t", (0.0, 2.0), (0.0, 2.0), parts, bare=True, notes=["the note", "another"]))
    tops = {text: at[1] for at, text, *_ in written}
    assert [tops[f"name {kind}"] for kind in kinds] == [398] * 4 + [418] * 3
    assert (
        tops["the note"] == 384
        and "another" not in tops
        and set(tops) == {"t", "the note", *map("name {}".format, kinds)}
    )
    written.clear()
    figure_image(Figure("t", (0.0, 2.0), (0.0, 2.0), parts[:5]))
    assert {at[1] for at, text, *_ in written if text.startswith("name")} == {410}


def hexes(style: str) -> dict[str, tuple[int, ...]]:
    """The light colours of a page, by name: those that are told first."""
    found: dict[str, tuple[int, ...]] = {}
    for name, digits in re.findall(r"--([a-z]+):#([0-9a-f]{6})", style):
        found.setdefault(name, tuple(bytes.fromhex(digits)))
    return found


def test_pictures_have_the_colours_of_pages() -> None:
    style = hexes(STYLE + LESSON_STYLE)
    names = {kind: kind for kind in ("first", "second", "third", "fourth", "fifth", "sixth")} | {"own": "ink"}
    for kind, name in names.items():
        image = figure_image(Figure("t", (0.0, 2.0), (0.0, 2.0), [Dots([(1, 1)], kind)]))
        assert image.getpixel((342, 212)) == style[name], kind
    for kind, wanted in (("soft", (150, 152, 160)), ("mark", (200, 30, 60))):
        found = figure_image(Figure("t", (0.0, 2.0), (0.0, 2.0), [Dots([(1, 1)], kind)])).getpixel((342, 212))
        assert np.abs(np.subtract(found, wanted)).max() < 3  # a grey between paper and ink, and a red


def coloured(image: Image.Image) -> tuple[int, int, int, int]:
    """The box (left, top, right, bottom) of what is of the first colour, inside of the axes."""
    pixels = np.asarray(image).astype(int)
    rows, columns = np.nonzero(np.abs(pixels - (11, 110, 105)).max(axis=2) < 40)
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


def test_parts_of_a_picture_stand_at_their_places() -> None:
    """(5, 2.5) is the middle of the inside, (342, 212)."""

    def drawn(part: Any) -> tuple[int, int, int, int]:
        return coloured(figure_image(Figure("t", (0.0, 10.0), (0.0, 5.0), [part])))

    assert drawn(Dots([(5, 2.5)], "first")) == pytest.approx((338, 208, 346, 216), abs=1)
    assert drawn(Bars([(5, 2.5)], "first", width=2.0)) == pytest.approx((286, 212, 398, 376), abs=1)
    assert drawn(Line([(2, 2.5), (8, 2.5)], "first")) == pytest.approx((175, 210, 509, 213), abs=1.5)
    assert drawn(Segments([((5, 1), (5, 4))], "first")) == pytest.approx((341, 114, 343, 310), abs=1.5)
    assert drawn(Line([(-5, 2.5), (20, 2.5)], "first")) == pytest.approx((65, 210, 619, 213), abs=2)  # cut off
    faint = np.asarray(figure_image(Figure("t", (0.0, 10.0), (0.0, 5.0), [Segments([((5, 1), (5, 4))], "soft")])))
    assert ((faint[200, 300:380] != 255).any(axis=1)).sum() <= 2  # one pixel wide, and what smooths it
    down = figure_image(Figure("t", (0.0, 10.0), (-2.5, 2.5), [Bars([(5, -1)], "first", width=2.0)]))
    assert coloured(down) == pytest.approx((286, 212, 398, 278), abs=1)


def test_squares_of_a_picture_have_edges_shades_and_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    font = draw_image.font
    monkeypatch.setattr(draw_image, "font", lambda size, text="": sizes.append(size) or font(size, text))
    cells = Cells((0, 2), [["1", ""], ["", ""]], [[1, 0.5], [-0.5, 0]], "first")
    image = np.asarray(figure_image(Figure("t", (0.0, 2.0), (0.0, 2.0), [cells], bare=True))).astype(int)
    third, other = np.array((11, 110, 105)), np.array((180, 83, 10))
    assert image[100, 500] == pytest.approx(255 + (third - 255) * 0.3, abs=1)
    assert image[330, 200] == pytest.approx(255 + (other - 255) * 0.3, abs=1)
    assert image[330, 500].tolist() == [255, 255, 255] and image[80, 100] == pytest.approx(
        255 + (third - 255) * 0.6, abs=1
    )
    dark = np.argwhere((image[60:200, 70:330] < 60).all(axis=2))
    middle = np.add(dark.mean(axis=0), (60, 70))
    assert middle == pytest.approx([48 + 82, 64 + 139], abs=4)  # the text in the middle of its square
    assert sizes == [30]  # fine pixels: letters are no larger than 15
    for across, expected in ((20.0, 20), (40.0, 16)):  # five in 2 x 27.8 pixels, and never smaller than 8
        sizes.clear()
        figure_image(Figure("t", (0.0, across), (0.0, 2.0), [Cells((0, 2), [["1"]])], bare=True))
        assert sizes == [expected]
    assert (image[48 + 164 - 1 : 48 + 164 + 2, 500] < 250).any()  # an edge between two squares


def test_figures_below_each_other_make_one_picture() -> None:
    figure = Figure("t", (0.0, 10.0), (0.0, 5.0), [Dots([(5, 2.5)], "first")])
    both = frame_image(Stack([figure, figure], (300, 260)))
    assert both.size == (640, 560)
    assert np.array_equal(np.asarray(both)[:300], np.asarray(figure_image(figure, 300)))
    assert np.array_equal(np.asarray(both)[300:], np.asarray(figure_image(figure, 260)))
    assert frame_image(Stack([figure, figure])).size == (640, 640)


def test_an_animation_lasts_as_long_as_it_says_and_has_one_size() -> None:
    figure = Figure("t", (0.0, 10.0), (0.0, 5.0), [Dots([(5, 2.5)], "first")])
    other = Figure("u", (0.0, 10.0), (0.0, 5.0), [])
    frames = [*held([figure], 3), other, Stack([figure, other], (300, 300))]
    with Image.open(io.BytesIO(animation(frames, 50))) as image:
        durations = []
        for number in range(image.n_frames):
            image.seek(number)
            durations.append(image.info["duration"])
        assert (image.size, durations, image.info["loop"]) == ((640, 600), [150, 50, 2000], 0)
    assert held([figure, other], 2) == [figure, figure, other, other]
