"""Figures in pages, terminals and animations: each part where arithmetic puts it."""

import io
import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from cnncli.lessons import draw_image
from cnncli.lessons.draw_image import animation, figure_image, frame_image
from cnncli.lessons.draw_svg import figure_svg
from cnncli.lessons.draw_text import figure_lines
from cnncli.lessons.figures import (
    Bars,
    Cells,
    Dots,
    Figure,
    Label,
    Line,
    Segments,
    Stack,
    contours,
    held,
    spread,
    ticks,
)
from cnncli.lessons.page import LESSON_STYLE
from cnncli.pages.style import STYLE

PARTS = [
    Line([(0, 0), (10, 5), (2, 1e9), (-1e9, 2), (1e9, -1e9)], "first", "a line"),
    Dots([(5, 2.5), (10, 0)], "second", "dots"),
    Segments([((0, 5), (5, 0)), ((1, 1), (2, 2))], "mark", "short ones"),
    Bars([(4, 3), (6, -1)], "third", "bars", 2.0),
    Label((2, 4), "here", "first"),
    Cells((6, 4), [["1", ""], ["2.5", "-3"]], [[0.5, -0.25], [2.0, 0]], "first"),
]  # fmt: skip


def a_figure(**other: Any) -> Figure:
    return Figure("all parts", (0.0, 10.0), (0.0, 5.0), PARTS, **{"x_name": "across", "y_name": "up", **other})


def svg_of(figure: Figure) -> tuple[ElementTree.Element, str]:
    page = str(figure_svg(figure, "figure-1"))
    text = page[page.index("<svg") : page.index("</svg>") + 6].replace("></clipPath>", "/></clipPath>")  # as in XML
    return ElementTree.fromstring(text), page


def numbers(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", text)]


# Of 560 x 360 a figure with axes has (58, 14) to (544, 314) for its inside, one without (20, 14) to (540, 346).
@pytest.mark.parametrize(("bare", "left", "top", "wide", "high"), [(False, 58, 14, 486, 300), (True, 20, 14, 520, 332)])
def test_parts_of_a_page_stand_at_their_places(bare: bool, left: int, top: int, wide: int, high: int) -> None:
    def at(x: float, y: float) -> list[float]:
        return [left + wide * x / 10, top + high * (5 - y) / 5]

    svg, page = svg_of(a_figure(bare=bare))
    assert svg.get("viewBox") == "0 0 560 360" and json.loads(svg.get("data-x", "")) == [0, 10]
    assert json.loads(svg.get("data-room", "")) == ([20, 20, 14, 14] if bare else [58, 16, 14, 46])
    inside = svg.find("clipPath/rect")
    assert inside is not None
    box = [float(inside.get(name, "")) for name in ("x", "y", "width", "height")]
    assert box == ([0, 0, 560, 360] if bare else [52, 8, 498, 312])  # 6 more on each side, for half of a dot
    drawn = next(group for group in svg if "url(#figure-1-inside)" in group.attrib.values())
    path, circles, segments, bars, label, cells = list(drawn)
    assert numbers(path.get("d", "")) == pytest.approx(
        [*at(0, 0), *at(10, 5), at(2, 0)[0], -2000, -2000, at(0, 2)[1], 3000, 3000], abs=0.06
    )
    assert [[float(one.get(name, "")) for name in ("cx", "cy", "r")] for one in circles] == [
        pytest.approx([*at(5, 2.5), 5], abs=0.06), pytest.approx([*at(10, 0), 5], abs=0.06)
    ]  # fmt: skip
    assert numbers(segments.get("d", "")) == pytest.approx(
        [*at(0, 5), *at(5, 0), *at(1, 1), *at(2, 2)], abs=0.06)  # fmt: skip
    for bar, (x, height) in zip(bars, ((4, 3), (6, -1)), strict=True):
        assert numbers(bar.get("d", "")) == pytest.approx(
            [*at(x - 1, 0), at(0, height)[1], at(x + 1, 0)[0], at(0, 0)[1]], abs=0.06)  # fmt: skip
    x, y = at(2, 4)
    assert (float(label.get("x", "")), float(label.get("y", "")), label.text) == (
        pytest.approx(x + 4, abs=0.06), pytest.approx(y - 4, abs=0.06), "here")  # fmt: skip
    squares = [one for one in cells if one.tag == "rect"]
    for place, one in enumerate(squares):
        row, column = divmod(place, 2)
        size = [float(one.get(name, "")) for name in ("x", "y", "width", "height")]
        assert size == pytest.approx([*at(6 + column, 4 - row), wide / 10, high / 5], abs=0.11)
    assert [float(one.get("fill-opacity", "")) for one in squares] == pytest.approx([0.3, 0.15, 0.6, 0], abs=0.006)
    assert [one.get("class") for one in squares] == ["first", "second", "first", "first"]
    texts = [(one.text, float(one.get("x", "")), float(one.get("y", ""))) for one in cells if one.tag == "text"]
    for (text, x, y), (said, column, row) in zip(texts, (("1", 0, 0), ("2.5", 0, 1), ("-3", 1, 1)), strict=True):
        middle = at(6.5 + column, 3.5 - row)
        assert text == said and x == pytest.approx(middle[0], abs=0.11) and y - middle[1] == pytest.approx(5, abs=0.11)
    assert [re.findall(r'<li class="(\w+)">([^<]+)', page)] == [[
        ("first", "a line"), ("second", "dots"), ("mark", "short ones"), ("third", "bars")]]  # fmt: skip
    assert len(list(svg)) == (2 if bare else 3 + 3 + 5 + 5)  # axes: a line, two names, 0 to 10 by 2, 0 to 4 by 1


def test_numbers_of_a_page_stand_beside_the_axes() -> None:
    svg, _ = svg_of(a_figure(side_marks=[(0, "low"), (2.5, "middle"), (4.9, "high")], marks=[(5, "five")]))
    axis = svg.find("path[@class='axis']")
    assert axis is not None and numbers(axis.get("d", "")) == [58, 14, 314, 544]
    texts = {
        one.text: (float(one.get("x", "")), float(one.get("y", "")), one.get("text-anchor"))
        for one in svg.findall("text")
    }
    assert texts == {
        "across": (544, 352, "end"), "up": (6, 18, None), "five": (301, 332, "middle"), "low": (50, 318, "end"),
        "middle": (50, 168, "end"),
    }  # fmt: skip
    without_name, _ = svg_of(a_figure(y_name="", side_marks=[(4.9, "high")]))
    assert "high" in [one.text for one in without_name.findall("text")]  # nothing is in its way
    high, _ = svg_of(a_figure(high=500))
    assert high.get("viewBox") == "0 0 560 500"


def test_places_and_shades_of_a_page_have_few_digits() -> None:
    """Pages hold thousands of them."""
    figure = Figure("t", (0.0, 7.0), (0.0, 3.0), [
        Line([(1, 1), (2, 2.3)]), Dots([(1.1, 2)]), Segments([((1, 1), (2, 2))]), Bars([(3, 1)]),
        Label((1.3, 1), "here"), Cells((1, 2), [["1"]], [[1 / 7]]),
    ])  # fmt: skip
    svg, _ = svg_of(figure)
    inside = next(group for group in svg if "url(#figure-1-inside)" in group.attrib.values())
    text = ElementTree.tostring(inside, encoding="unicode")
    told = re.findall(r'(fill-opacity|cx|cy| [xyd]|width|height)="([^"]+)"', text)
    assert len(told) > 10
    for name, value in told:
        digits = [len(one.partition(".")[2]) for one in re.findall(r"[\d.]+", value)]
        assert max(digits) <= (2 if name == "fill-opacity" else 1), (name, value)


def marks_of(figure: Figure, written: list[Any]) -> dict[str, tuple[int, int]]:
    """How many numbers stand (below, beside) the axes: on a page, in a picture, in a low picture."""
    svg, _ = svg_of(figure)
    texts = [one for one in svg.findall("text") if one.text]
    found = {
        "page": (sum(one.get("text-anchor") == "middle" for one in texts), sum(one.get("x") == "50" for one in texts))
    }
    for name, height in (("picture", 440), ("low", 320)):
        written.clear()
        figure_image(figure, height)
        places = [at for at, text, *_ in written if text not in ("t", "")]
        found[name] = (sum(y == height - 58 for _, y in places), sum(x == 8 for x, _ in places))
    return found


def test_there_are_as_many_numbers_at_an_axis_as_have_room(written: "list[Call]") -> None:
    """Up to 7 steps below and 6 beside, 4 of a low picture; else every other number is left out."""
    seven = marks_of(Figure("t", (0.0, 7.0), (0.0, 6.0), []), written)
    assert seven == {"page": (8, 7), "picture": (8, 7), "low": (8, 4)}
    more = marks_of(Figure("t", (0.0, 8.0), (0.0, 7.0), []), written)
    assert more == {"page": (5, 4), "picture": (5, 4), "low": (5, 4)}
    few = [marks_of(Figure("t", (0.0, 8.0), (0.0, most), []), written)["low"][1] for most in (4.0, 5.0)]
    assert few == [5, 3]
    for rows, most, count in ((8, 2.0, 3), (8, 3.0, 2), (20, 5.0, 6), (20, 6.0, 4), (4, 2.0, 3)):  # one for four rows
        lines = letters(Figure("t", (0.0, 6.0), (0.0, most), []), rows=rows)
        assert sum(bool(line[:7].strip()) for line in lines[1 : rows + 1]) == count
    assert len(letters(Figure("t", (0.0, 6.0), (0.0, 1.0), []), width=80)[-1].split()) == 7
    assert len(letters(Figure("t", (0.0, 7.0), (0.0, 1.0), []), width=80)[-1].split()) == 4


def test_a_figure_is_the_same_drawing_wherever_its_axes_begin() -> None:
    """What counts is where a point is between the ends of the axes."""
    points = [(0.5, 1), (9, 4), (3, 2), (1e9, 3)]
    drawn = []
    for x, y in ((0.0, 0.0), (-4.0, 3.0), (20.0, -7.0)):
        moved = [(a + x, b + y) for a, b in points]
        parts = [Line(moved, "first"), Dots(moved, "second"), Segments([(moved[0], moved[1])], "third"),
                 Label((2 + x, 3 + y), "here"), Cells((6 + x, 4 + y), [["1", "2"]])]  # fmt: skip
        figure = Figure("t", (x, 10 + x), (y, 5 + y), parts, marks=[(5 + x, "five")], side_marks=[(2 + y, "two")])
        svg, _ = svg_of(figure)
        inside = next(group for group in svg if "url(#figure-1-inside)" in group.attrib.values())
        drawn.append((
            ElementTree.tostring(inside), [ElementTree.tostring(one) for one in svg.findall("text")],
            [letters(figure, braille=braille) for braille in (False, True)], figure_image(figure).tobytes(),
        ))  # fmt: skip
    assert drawn[0] == drawn[1] == drawn[2]


def letters(figure: Figure, width: int = 31, rows: int = 6, braille: bool = False) -> list[str]:
    """In 21 columns and so many rows, where 9 characters are for the numbers."""
    return list(figure_lines(figure, width, rows, braille, lambda text, kind: text))


def test_a_terminal_draws_lines_dots_and_bars_in_its_characters() -> None:
    x, y = (0.0, 20.0), (0.0, 5.0)
    lines = letters(Figure("t", x, y, [Line([(0, 0), (20, 5)], "first")]))
    rows = [one.split("|")[1] for one in lines[1:7]]
    for at, row in enumerate(rows):  # from the lower left corner to the upper right one
        filled = [place for place, letter in enumerate(row) if letter == "o"]
        assert abs(np.mean(filled) - 4 * (5 - at)) <= 1 and len(filled) >= 3
    assert rows[0].rstrip().endswith("oo") and len(rows[0]) == 21 and rows[-1].startswith("oo")
    lines = letters(Figure("t", x, y, [Dots([(0, 5), (20, 0), (10, 2)], "second")]))
    assert [one.split("|")[1] for one in lines[1:7]] == ["x", "", "", " " * 10 + "x", "", " " * 20 + "x"]
    lines = letters(Figure("t", x, y, [Bars([(4, 3), (16, 1)], "third", width=4.0)]))
    assert [one.split("|")[1] for one in lines[1:7]] == [
        "", "", "  +++++", "  +++++", "  +++++       +++++", "  +++++       +++++",
    ]  # fmt: skip


def test_what_lies_outside_of_a_terminal_is_not_drawn() -> None:
    outside = [(-0.6, 2), (20.6, 2), (10, 5.6), (10, -0.6)]
    for braille in (False, True):
        figure = Figure(
            "t", (0.0, 20.0), (0.0, 5.0), [Dots(outside, "first"), Label((3, 9), "away"), Label((3, -9), "away")]
        )
        lines = list(figure_lines(figure, 31, 6, braille, lambda text, kind: text))
        assert not re.search("[o●]|away", "".join(lines[1:7]))


def test_braille_has_two_by_four_dots_a_character() -> None:
    """⠁ is the upper left dot, ⢀ the lower right one; eight dots are ⣿."""
    x, y = (0.0, 39.0), (0.0, 7.0)
    drawn: dict[tuple[int, int], str] = {}
    for column, row in np.ndindex(2, 4):
        figure = Figure("t", x, y, [Segments([((column, 7 - row), (column, 7 - row))], "first")])
        line, *_ = [
            one.split("┤")[1] for one in figure_lines(figure, 30, 2, True, lambda text, kind: text) if "┤" in one
        ]
        drawn[column, row] = line
    assert "".join(drawn[0, row] for row in range(4)) == "⠁⠂⠄⡀" and "".join(drawn[1, row] for row in range(4)) == "⠈⠐⠠⢀"
    full = Figure("t", x, y, [Bars([(0.5, 7)], "first", width=1.0)])
    assert [one.split("┤")[1] for one in figure_lines(full, 30, 2, True, lambda text, kind: text) if "┤" in one] == [
        "⣿",
        "⣿",
    ]
    dots = Figure("t", x, y, [Dots([(39, 0), (0, 7)], "mark")])
    rows = [one.split("┤")[1] for one in figure_lines(dots, 30, 2, True, lambda text, kind: text) if "┤" in one]
    assert rows == ["✕", " " * 19 + "✕"]


def test_numbers_of_a_terminal_stand_at_their_rows_and_columns() -> None:
    figure = Figure("t", (0.0, 20.0), (0.0, 5.0), [], "x", "y", marks=[(0, "0"), (10, "ten"), (11, "no"), (20, "20")],
                    side_marks=[(5.0, "top"), (2.0, "two"), (0.0, "low")])  # fmt: skip
    lines = letters(figure)
    assert lines[0] == "t" and lines[1] == "        y"
    assert [one[:9] for one in lines[2:8]] == [
        "    top |",
        "        |",
        "        |",
        "    two |",
        "        |",
        "    low |",
    ]
    bottom = lines[8]
    assert bottom[9] == "0" and bottom[18:21] == "ten" and "no" not in bottom  # that would touch the one before
    assert bottom.endswith(" x")  # the name goes over the last number
    for text, is_there in (("last", True), ("longer", False)):  # from 9 + 20 - 2 to 31, the end of the line, or beyond
        bottom = letters(Figure("t", (0.0, 20.0), (0.0, 5.0), [], marks=[(20, text)]))[7]
        assert bottom == (" " * 27 + text if is_there else "")
    assert len(letters(Figure("t", (0.0, 20.0), (0.0, 5.0), []), width=10)[1:7][0]) <= 30  # 20 columns at least
    named = letters(Figure("t", (0.0, 20.0), (0.0, 5.0), [], "a very long name of an axis indeed"))
    assert len(named[7]) <= 31 and "a very long nam" in named[7]


def test_words_stand_where_they_begin_and_within_the_terminal() -> None:
    figure = Figure(
        "t", (0.0, 20.0), (0.0, 5.0), [Label((4, 3), "here"), Label((19, 0), "at the end"), Label((-5, 5), "in")]
    )
    rows = [one.split("|")[1] for one in letters(figure)[1:7]]
    assert rows == ["in", "", "    here", "", "", " " * 11 + "at the end"]


def test_squares_of_a_terminal_have_their_texts_in_their_middles_and_faint_edges() -> None:
    painted: list[tuple[str, str]] = []

    def paint(text: str, kind: str) -> str:
        painted.append((text, kind))
        return text

    figure = Figure(
        "t", (0.0, 2.0), (0.0, 2.0), [Cells((0, 2), [["12", "3"], ["", "456"]], [[0.5, -0.5], [0, 0.05]])], bare=True
    )
    lines = list(figure_lines(figure, 31, 9, False, paint))[1:]
    assert len(lines) == 9 and all(one.startswith("    .") for one in lines)
    assert [
        line[4:].find(text) for line, text in zip([lines[2], lines[2], lines[6]], ("12", "3", "456"), strict=True)
    ] == [4, 15, 14]
    lower = Figure("t", (0.0, 2.0), (-2.0, 2.0), [Cells((0, 2), [["1", "2"]])], bare=True)
    rows = list(figure_lines(lower, 31, 9, False, lambda text, kind: text))[1:]
    assert [bool(row.strip()) for row in rows] == [True] * 3 + [False] * 6  # a square is as high as it is wide
    kinds = {text: kind for text, kind in painted if text in "123456"}
    assert kinds == {"1": "first", "2": "first", "3": "second", "4": "soft", "5": "soft", "6": "soft"}


def test_faint_parts_are_drawn_first_and_marks_last() -> None:
    there = [(10, 2)]
    for kinds, seen in (
        (("first", "soft"), "o"),
        (("mark", "first"), "@"),
        (("soft", "own"), "*"),
        (("second", "third"), "+"),
    ):
        figure = Figure("t", (0.0, 20.0), (0.0, 5.0), [Dots(there, kind) for kind in kinds])
        assert letters(figure)[4].endswith(seen)


def test_a_legend_goes_on_in_the_next_line_where_it_is_too_long() -> None:
    names = ["one name", "another name", "third", "a fourth one"]
    parts = [Dots([], kind, name) for kind, name in zip(("first", "second", "third", "mark"), names, strict=True)]
    figure = Figure("t", (0.0, 20.0), (0.0, 5.0), parts, notes=["a note that is longer than a line is wide"])
    lines = letters(figure, width=40)
    told = [one for one in lines[8:] if one.strip()]
    assert all(one.startswith(" " * 9) and len(one) <= 40 for one in told)
    assert "".join(told).count("o one name") == 1 and "x another name" in told[0] and "@ a fourth one" in told[1]
    assert " ".join(" ".join(told[2:]).split()) == "a note that is longer than a line is wide"


Call = tuple[tuple[int, int], str, int, int]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """What is written in a picture: (place, text, size, room)."""
    found: list[Call] = []
    write: Callable[..., int] = draw_image.write

    def told(draw: Any, at: Any, text: str, size: int, colour: Any, width: int) -> int:
        found.append((at, text, size, width))
        return write(draw, at, text, size, colour, width)

    monkeypatch.setattr(draw_image, "write", told)
    return found


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


@pytest.mark.parametrize(
    ("ends", "count", "expected"),
    [((0, 10), 5, [0, 2, 4, 6, 8, 10]), ((0, 10), 7, [0, 2, 4, 6, 8, 10]), ((-0.2, 1.05), 5, [0, 0.5, 1]),
     ((0, 1), 10, [0.1 * at for at in range(11)]),      ((-7, 23), 4, [0, 10, 20]), ((0, 4.9), 5, [0, 1, 2, 3, 4])],
)  # fmt: skip
def test_ticks_are_round_numbers(ends: tuple[float, float], count: int, expected: list[float]) -> None:
    """Steps are 1, 2, 5 or 10 times a power of ten: the smallest of which no more than `count` fit in."""
    assert ticks(*ends, count) == pytest.approx(expected, abs=1e-12)


def test_a_range_holds_its_values_with_room_on_both_sides() -> None:
    assert spread([0, 10]) == pytest.approx((-0.6, 10.6)) and spread([4, 4]) == (2, 6) and spread([0.5, 0.5]) == (0, 1)
    assert spread([]) == (-0.5, 0.5) and spread([-8, -8]) == (-12, -4)
    assert spread([float("inf"), 1, 2], 0.5) == (0.5, 2.5)


@pytest.mark.parametrize("ways", [(1, 1), (-1, 1), (1, -1), (-1, -1)])
def test_level_lines_go_where_the_function_has_the_level(ways: tuple[int, int]) -> None:
    """x = 2 y + 0.5 goes from (0.5, 0) to (3, 1.25), x = 2 y + 1 from (1, 0) to (3, 1); and mirrored."""
    a, b = ways
    x, y = ((-1.0, 3.0), (-3.0, 1.0))[a < 0], ((0.0, 2.0), (-2.0, 0.0))[b < 0]
    for sign in (1, -1):
        levels = [sign * level for level in (0.5, 1.0)]
        found = np.array(contours(lambda x, y, s=sign: s * (a * x - 2 * b * y), x, y, levels, cells=7))
        heights = sign * (a * found[:, :, 0] - 2 * b * found[:, :, 1])
        assert np.abs(heights - heights.mean(axis=1, keepdims=True)).max() < 1e-9
        assert {round(one, 9) for one in heights.ravel()} == {*levels}
        lengths = np.linalg.norm(found[:, 1] - found[:, 0], axis=1)
        assert lengths.sum() == pytest.approx(np.hypot(2.5, 1.25) + np.hypot(2, 1))


def test_a_square_whose_four_sides_are_crossed_has_two_lines() -> None:
    assert len(contours(lambda x, y: x * y, (-1, 1), (-1, 1), [0.01], cells=2)) == 2
    both = np.array(contours(lambda x, y: x * y - 0.1, (-1, 1), (-1, 1), [0.0], cells=1))
    assert both.shape == (2, 2, 2) and np.abs(both).max() == 1  # all four ends lie on its sides
    assert np.abs(np.abs(both).min(axis=2)) == pytest.approx(0.1)
