"""Figures in terminals: each part in the row and the column where arithmetic puts it."""

import re

import numpy as np

from cnncli.lessons.draw_text import figure_lines
from cnncli.lessons.figures import Bars, Cells, Dots, Figure, Label, Line, Segments
from drawings import letters


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
