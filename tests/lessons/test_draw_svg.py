"""Figures in pages: each part where arithmetic puts it."""

import json
import re
from xml.etree import ElementTree

import pytest

from cnncli.lessons.figures import Bars, Cells, Dots, Figure, Label, Line, Segments
from drawings import a_figure, svg_of


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
