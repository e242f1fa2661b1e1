"""Charts are right: every number stands where the axis says, within the picture, and nothing lies over anything."""

import itertools
import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np
import pytest

from cnncli.measures.calibration import calibration
from cnncli.pages.charts import Line, calibration_chart, line_chart

WIDE, HIGH = 560, 320
LETTER = 6.4  # pixels of a letter of 12 pixels, about


class Chart:
    """A chart as one who sees it reads it."""

    def __init__(self, svg: str) -> None:
        self.root = ElementTree.fromstring(svg)
        assert self.root.attrib["viewBox"] == f"0 0 {WIDE} {HIGH}"
        self.texts = [(one.text or "", self._numbers(one, "x", "y"), one.attrib) for one in self.root.iter("text")]
        self.axis = [self._numbers(one, "x1", "y1", "x2", "y2") for one in self._of("line", "axis")]
        self.bars = [self._numbers(one, "x", "y", "width", "height") for one in self._of("rect", "bar")]
        self.dots = [self._numbers(one, "cx", "cy", "r") for one in self.root.iter("circle")]

    def _of(self, tag: str, kind: str) -> list[Any]:
        return [one for one in self.root.iter(tag) if kind in one.attrib["class"].split()]

    @staticmethod
    def _numbers(one: Any, *names: str) -> list[float]:
        return [float(one.attrib[name]) for name in names]

    def line(self, kind: str) -> np.ndarray:
        (path,) = self._of("polyline", kind)
        return np.array([[float(part) for part in place.split(",")] for place in path.attrib["points"].split()])

    @property
    def frame(self) -> tuple[float, float]:
        """Left and right of all lines of the axis."""
        assert len({(left, right) for left, _, right, _ in self.axis}) == 1
        assert all(upper == lower for _, upper, _, lower in self.axis)
        return self.axis[0][0], self.axis[0][2]

    def y_ticks(self) -> list[tuple[float, float]]:
        """(number, height) of the texts at the left, each of which stands beside its line."""
        left = self.frame[0]
        found = [
            (words, place) for words, place, more in self.texts if place[0] < left and more.get("text-anchor") == "end"
        ]
        assert [place[1] - 4 for _, place in found] == pytest.approx([height for _, height, _, _ in self.axis])
        assert all(6 <= left - place[0] <= 12 for _, place in found)
        return [(number(words), place[1] - 4) for words, place in found]

    def x_ticks(self) -> list[tuple[float, float]]:
        below = [(words, place) for words, place, more in self.texts if more.get("text-anchor") == "middle"]
        name = max(place[1] for _, place in below)
        return [(number(words), place[0]) for words, place in below if place[1] < name]

    def boxes(self) -> list[tuple[float, float, float, float]]:
        """Of each text about what it covers."""
        result = []
        for words, (x, y), more in self.texts:
            wide = LETTER * len(words)
            left = {"end": x - wide, "middle": x - wide / 2, None: x}[more.get("text-anchor")]
            result.append((left, y - 10, left + wide, y + 3))
        return result


def number(words: str) -> float:
    return float(words.removesuffix(" %")) / (100 if words.endswith(" %") else 1)


def linear(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """(slope, height at 0) of places over numbers; all lie on the line to a tenth of a pixel."""
    numbers, places = np.array(pairs).T
    slope, start = np.polyfit(numbers, places, 1)
    np.testing.assert_allclose(slope * numbers + start, places, atol=0.12)
    return float(slope), float(start)


def check(chart: Chart) -> None:
    """What holds for every chart: all is within it, and texts lie neither over each other nor over the lines."""
    for left, top, right, bottom in chart.boxes():
        assert left >= 2 and right <= WIDE - 2 and top >= 2 and bottom <= HIGH - 2
    for one, other in itertools.combinations(chart.boxes(), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1], (one, other)
    left, right = chart.frame
    assert left >= 50 and right <= WIDE - 90 and right - left > 350  # room for numbers and names
    heights = [height for _, height, _, _ in chart.axis]
    assert heights == sorted(heights, reverse=True) and heights[-1] >= 35 and heights[0] <= HIGH - 40
    assert min(abs(one - other) for one, other in itertools.pairwise(heights)) > 20


COURSES: dict[str, tuple[list[float], list[float] | None]] = {
    "one line": ([2.0, 1.0, 0.5, 0.25], None),
    "two lines": ([2.0, 1.2, 0.9, 0.8], [2.2, 1.9, 1.7, 1.65]),
    "ends that meet": ([2.0, 1.0, 0.5], [0.1, 0.3, 0.52]),
    "ends that meet, the other way": ([2.0, 1.0, 0.52], [0.1, 0.3, 0.5]),
    "upwards": ([0.1, 0.5, 0.9, 0.95], [0.2, 0.3, 0.4, 0.5]),
    "small numbers": ([3e-5, 2e-5, 1e-5], None),
    "large numbers": ([1234.0, 890.0, 777.0], None),
    "below 0": ([-3.0, -1.0, -2.0], None),
    "level": ([0.7, 0.7, 0.7], None),
}


SHARES = ("ends that meet", "upwards", "level")


@pytest.mark.parametrize(
    ("course", "as_percent"), [*((one, False) for one in COURSES), *((one, True) for one in SHARES)]
)
def test_lines_go_where_the_numbers_of_the_axes_say(course: str, as_percent: bool) -> None:
    first, second = COURSES[course]
    lines = [Line("training", [(float(x), y) for x, y in enumerate(first, 1)])]
    lines += [Line("validation", [(float(x), y) for x, y in enumerate(second, 1)])] if second else []
    chart = Chart(line_chart("a title", lines, x_name="epoch", as_percent=as_percent))
    check(chart)
    ticks = chart.y_ticks()
    assert 3 <= len(ticks) <= 7
    slope, start = linear(ticks) if course != "level" else (0.0, 0.0)
    across, origin = linear(chart.x_ticks())
    for line, kind, name in zip(lines, ("first", "second"), ("training", "validation"), strict=False):
        places = chart.line(kind)
        np.testing.assert_allclose(places[:, 0], [origin + across * x for x, _ in line.points], atol=0.3)
        if course != "level":
            np.testing.assert_allclose(places[:, 1], [start + slope * y for _, y in line.points], atol=1.5)
        assert (places[0, 0], places[-1, 0]) == pytest.approx(chart.frame, abs=0.06)
        ((_, at, _),) = [one for one in chart.texts if one[0] == name]
        assert 4 < at[0] - chart.frame[1] < 14 and abs(at[1] - 4 - places[-1, 1]) <= 8.01
    if second:
        names = {words: place[1] for words, place, _ in chart.texts}
        assert abs(names["training"] - names["validation"]) >= 16 - 1e-6
        # The name of the line that ends higher is the higher one.
        assert (names["training"] < names["validation"]) == (first[-1] > second[-1])
    values = first + (second or [])
    if course != "level" and not as_percent:
        # A twelfth of room, about, above and below all values: axis lines reach over the middle of what is left.
        top, bottom = start + slope * max(values), start + slope * min(values)
        assert top == pytest.approx(40 + 236 * 0.08 / 1.16, abs=2.5)
        assert bottom == pytest.approx(276 - 236 * 0.08 / 1.16, abs=2.5)
    said = chart.root.attrib["aria-label"]
    assert (
        said.startswith("a title: training ")
        and said.endswith(" at the end")
        and ("validation" in said) == bool(second)
    )
    told = f"{100 * first[-1]:.4g} %" if as_percent else f"{first[-1]:.4g}"
    assert f"training {told} at the end" in said


def test_steps_of_an_axis_are_round_and_the_smallest_that_do(rng: np.random.Generator) -> None:
    """1, 2, 2.5 or 5 times a power of ten, at most 6 lines, of which none that fits is left out."""
    for low, span in zip(rng.uniform(-5, 5, 60), 10 ** rng.uniform(0, 4, 60), strict=True):
        chart = Chart(line_chart("t", [Line("a", [(1.0, low), (2.0, low + span)])], x_name="x"))
        numbers = [tick for tick, _ in chart.y_ticks()]
        steps = np.diff(numbers)
        step = float(np.median(steps))
        mantissa = step / 10 ** np.floor(np.log10(step) + 1e-6)
        assert min(abs(mantissa - round_one) for round_one in (1, 2, 2.5, 5, 10)) < 0.06, numbers
        assert 2 <= len(numbers) <= 6
        bottom, top = low - 0.08 * span, low + 1.08 * span
        assert numbers[0] - step < bottom + 0.02 * step and numbers[-1] + step > top - 0.02 * step
        assert numbers[0] >= bottom - 0.01 * step and numbers[-1] <= top + 0.01 * step


def test_shares_stay_within_0_and_100_percent() -> None:
    chart = Chart(line_chart("t", [Line("a", [(1.0, 0.001), (2.0, 0.999)])], x_name="x", as_percent=True))
    slope, start = linear(chart.y_ticks())
    assert [tick for tick, _ in chart.y_ticks()] == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert (start, start + slope) == pytest.approx((276, 40), abs=0.2)
    more = Chart(line_chart("t", [Line("a", [(1.0, 0.5), (2.0, 1.5)])], x_name="x", as_percent=True))
    slope, start = linear(more.y_ticks())  # a measure may be more than 100 %
    assert start + slope * 1.58 == pytest.approx(40, abs=0.5)


@pytest.mark.parametrize(
    ("epochs", "ticks"), [(2, [1, 2]), (5, [1, 2, 3, 4, 5]), (12, [2, 4, 6, 8, 10, 12]), (200, [50, 100, 150, 200])]
)
def test_epochs_are_whole_numbers(epochs: int, ticks: list[float]) -> None:
    chart = Chart(line_chart("t", [Line("a", [(float(x), 1 / x) for x in range(1, epochs + 1)])], x_name="epoch"))
    assert [tick for tick, _ in chart.x_ticks()] == ticks
    (name,) = [place for words, place, _ in chart.texts if words == "epoch"]
    assert name[0] == pytest.approx(sum(chart.frame) / 2) and HIGH - 14 <= name[1] <= HIGH - 4


@pytest.mark.parametrize(("marked", "anchor"), [(2.0, None), (9.0, "end")])
@pytest.mark.parametrize("falls", [True, False])
def test_what_is_marked_has_a_line_and_its_words_beside_it(marked: float, anchor: str | None, falls: bool) -> None:
    values = [1 / x if falls else 1 - 1 / x for x in range(1, 11)]
    lines = [Line("a", [(float(x), y) for x, y in enumerate(values, 1)])]
    svg = line_chart("t", lines, x_name="epoch", marked=(marked, "kept: this"))
    chart = Chart(svg)
    ((x1, y1, x2, y2),) = [chart._numbers(one, "x1", "y1", "x2", "y2") for one in chart._of("line", "best")]
    left, right = chart.frame
    assert x1 == x2 == pytest.approx(left + (marked - 1) / 9 * (right - left), abs=0.06)
    assert (y1, y2) == (40, 276)
    ((_, (x, y), more),) = [one for one in chart.texts if one[0] == "kept: this"]
    assert more.get("text-anchor") == anchor and x - x1 == (-4 if anchor else 4)
    # Above where the line falls, and else below.
    assert y - 10 >= y1 and y + 3 <= y2 and (y < y1 + 20 if falls else y > y2 - 20)


def test_a_single_point_is_a_dot_and_many_are_thinned() -> None:
    chart = Chart(line_chart("t", [Line("a", [(3.0, 0.5)])], x_name="x"))
    assert [(dot[0], dot[2]) for dot in chart.dots] == [(chart.frame[0], 4)]
    two = Chart(line_chart("t", [Line("a", [(3.0, 0.5), (4.0, 1.0)])], x_name="x"))
    assert not two.dots and len(two.line("first")) == 2
    for count, kept in ((400, 400), (401, 201), (1000, 334), (5000, 386)):
        points = [(float(x), float(x % 7)) for x in range(count)]
        places = Chart(line_chart("t", [Line("a", points)], x_name="x")).line("first")
        # Every ceil(count / 400)th, and the last.
        assert len(places) == kept and places[-1, 0] == pytest.approx(456, abs=0.1)


@pytest.mark.parametrize(("value", "drawn"), [(9e99, True), (1.1e100, False), (-1.1e100, False)])
def test_numbers_beyond_1e100_are_not_drawn(value: float, drawn: bool) -> None:
    assert bool(line_chart("t", [Line("a", [(1.0, 0.0), (2.0, value)])], x_name="x")) == drawn


def test_bars_of_a_calibration_are_the_shares_and_dots_the_accuracies() -> None:
    """Of 10 answers 3 with 0.35 (1 right), 5 with 0.75 (4 right) and 2 with 0.95 (all right)."""
    shares = [0.35] * 3 + [0.75] * 5 + [0.95] * 2
    right = [True, False, False] + [True] * 4 + [False] + [True] * 2
    curve = calibration(shares, right)
    chart = Chart(calibration_chart(curve))
    check(chart)
    bins = len(curve.count)
    slope, start = linear(chart.y_ticks())
    across, origin = linear(chart.x_ticks())
    assert [tick for tick, _ in chart.y_ticks()] == [tick for tick, _ in chart.x_ticks()] == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert (start, start + slope) == pytest.approx((276, 40), abs=0.1)
    assert len(chart.bars) == 3
    for (left, top, wide, tall), share, probability in zip(
        chart.bars, (0.3, 0.5, 0.2), (0.35, 0.75, 0.95), strict=True
    ):
        index = int(probability * bins)
        assert left == pytest.approx(origin + across * index / bins + 1, abs=0.2)
        assert wide == pytest.approx(across / bins - 2, abs=0.3)
        assert tall == pytest.approx(-slope * share, abs=0.2) and top + tall == pytest.approx(276, abs=0.1)
    expected = [(0.35, 1 / 3), (0.75, 0.8), (0.95, 1.0)]
    for (x, y, radius), (probability, accuracy) in zip(chart.dots, expected, strict=True):
        assert radius == 4
        assert x == pytest.approx(origin + across * probability, abs=0.2)
        assert y == pytest.approx(start + slope * accuracy, abs=0.2)
    np.testing.assert_allclose(chart.line("second"), [dot[:2] for dot in chart.dots])
    (ideal,) = [chart._numbers(one, "x1", "y1", "x2", "y2") for one in chart._of("line", "ideal")]
    assert ideal == pytest.approx([origin, start, origin + across, start + slope], abs=0.2)
    texts = {words: place for words, place, _ in chart.texts}
    assert texts["accuracy"][1] == pytest.approx(start + slope + 4, abs=0.2)
    # 0.3 |1/3 - 0.35| + 0.5 |0.8 - 0.75| + 0.2 |1 - 0.95| = 0.04
    assert (
        chart.root.attrib["aria-label"] == "Calibration curve: 3 bins with answers; expected calibration error 4.00 %"
    )


def test_a_calibration_without_answers_has_axes_alone() -> None:
    chart = Chart(calibration_chart(calibration([], [])))
    assert not chart.bars and not chart.dots and "accuracy" not in [words for words, _, _ in chart.texts]
    check(chart)
