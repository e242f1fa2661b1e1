"""Drawings without axes: texts lie within them, over no other text, and what is drawn fills them evenly."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest

from cnncli.lessons.figures import Bars, Cells, Dots, Figure, Label, Line, Segments
from lesson_pages import fresh
from lesson_parts import figures_of, frames_of, on_page, text_box

# The lessons that have such drawings, with what else there may be in them, and how many pictures of the animation are
# looked at: the last, and so many before it, evenly.
CASES: list[tuple[str, dict[str, Any], int]] = [
    ("notation", {}, 0), ("layer", {}, 3), ("layer", {"seed": 2, "values": (1.0, 0.5, 2.0)}, 3), ("chain", {}, 5),
    ("backprop", {}, 9), ("backprop", {"seed": 2}, 9), ("convolution", {}, 3),
    ("convolution", {"values": (1.0, 2.0, 0.0, 1.0, -4.0, 1.0, 0.0, 1.0, 0.0)}, 1), ("pooling", {}, 4),
    ("pooling", {"seed": 3}, 1), ("lenet5", {}, 0), ("reading", {}, 0), ("reading", {"values": (2010.0, 2016.0)}, 0),
    ("field", {}, 0),
]  # fmt: skip


def drawings(name: str, asked: dict[str, Any], count: int) -> Iterator[Figure]:
    given = fresh(name, **asked)
    found = figures_of(given)
    if count:
        frames = frames_of(given)
        found += [figure for at in np.linspace(0, len(frames) - 1, count + 1).astype(int) for figure in frames[at]]
    return (figure for figure in found if figure.bare)


@pytest.mark.parametrize(("name", "asked", "count"), CASES)
def test_texts_lie_within_a_drawing_over_no_other_and_it_is_filled(
    name: str, asked: dict[str, Any], count: int
) -> None:
    """The paper around it is about as wide on both sides, and no more than a ninth of the page or two of the height."""
    found = list(drawings(name, asked, count))
    for figure in found:
        texts = [(part.text, text_box(figure, part)) for part in figure.parts if isinstance(part, Label)]
        for text, (left, low, right, top) in texts:
            assert left >= 4 and right <= 560 and low >= 0 and top <= figure.high, (figure.title, text)
        for (one, a), (other, b) in combinations(texts, 2):
            shared = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            assert min(shared) < 4, (figure.title, one, other)
    for figure in (found[0], found[-1]):  # those between are on their way
        corners = np.array([corner for part in figure.parts for corner in extent(figure, part)])
        (left, low), (right, top) = corners.min(axis=0), (560, figure.high) - corners.max(axis=0)
        if name != "field":  # whose squares stand in the middle
            assert 20 < left < 66 and 20 < right < 66, figure.title
        assert abs(left - right) < 30 and abs(low - top) < 24 and 12 < min(low, top) < 80, figure.title


def test_the_words_of_a_network_stand_beside_what_they_name() -> None:
    """Three inputs, two units, an output and a loss, all joined; each word within 35 pixels of its own."""
    figure = figures_of(fresh("notation"))[0]
    dots = [(part.kind, at) for part in figure.parts if isinstance(part, Dots) for at in part.points]
    columns = sorted({at[0] for _, at in dots})
    by_column = [[(kind, at) for kind, at in dots if at[0] == column] for column in columns]
    assert [(len(one), one[0][0]) for one in by_column] == [(3, "first"), (2, "second"), (1, "second"), (1, "mark")]
    lines = [tuple(part.points) for part in figure.parts if isinstance(part, Line)]
    places = [[at for _, at in one] for one in by_column]
    joined = [(one, other) for left, right in pairwise(places) for one in left for other in right]
    assert sorted(lines) == sorted(joined)
    for left, right in pairwise(places):  # what is behind stands in the middle of what is before
        assert sum(y for _, y in left) / len(left) == pytest.approx(sum(y for _, y in right) / len(right), abs=1e-9)
    assert [len(set(np.round(np.diff([y for _, y in one]), 6))) for one in places[:2]] == [1, 1]
    boxes = {part.text: text_box(figure, part) for part in figure.parts if isinstance(part, Label)}
    for text, at in (("input x", places[0][0]), ("units: h = f(a)", places[1][0]), ("output o", places[2][0]),
                     ("loss E", places[3][0])):  # fmt: skip
        left, low, right, top = boxes[text]
        x, y = on_page(figure, at)
        assert max(left - x, x - right, 0) < 35 and 0 < low - y < 90, text
    left, low, right, top = boxes["target t"]
    x, y = on_page(figure, places[3][0])
    assert left < x < right and 20 < y - top < 80  # below the loss, which compares it with the output
    left, low, right, top = boxes["weights w"]
    assert on_page(figure, places[0][0])[0] < left and right < on_page(figure, places[1][0])[0]
    ahead, back = boxes["forward: x to E"], boxes["backward: dE/dw from E"]
    assert ahead[1] == back[1] and ahead[2] < back[0] and ahead[3] < min(on_page(figure, at)[1] for _, at in dots)


def extent(figure: Figure, part: Any) -> Iterator[Sequence[float]]:
    """Corners of what a part covers on a page."""
    if isinstance(part, Label):
        left, low, right, top = text_box(figure, part)
        yield from ((left, low), (right, top))
    elif isinstance(part, Cells):
        yield from (on_page(figure, at) for at in (
            part.at, (part.at[0] + len(part.texts[0]), part.at[1] - len(part.texts))))  # fmt: skip
    elif isinstance(part, Segments):
        yield from (on_page(figure, at) for pair in part.pairs for at in pair)
    elif isinstance(part, Dots | Line | Bars):
        yield from (on_page(figure, at) for at in part.points)
