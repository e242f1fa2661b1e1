"""The screen of the pad character for character, and what keys do to it."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.cli.pad_screen import Answer, Layout, Look, Said, pad_lines, screen, too_small
from cnncli.cli.pad_session import Session
from cnncli.errors import DataError
from cnncli.pad.canvas import PENS, Canvas
from cnncli.pad.events import Key, Mouse
from cnncli.views.terminal import Ink

LETTERS = Look(Ink.LETTERS, False, False)


def lines_of(drawn: str) -> list[str]:
    """What a terminal shows of it."""
    assert drawn.startswith("\x1b[H") and drawn.endswith("\x1b[J")
    return [line.removesuffix("\x1b[K").removesuffix("\x1b[0m") for line in drawn[3:-3].split("\r\n")]


@pytest.mark.parametrize(
    ("width", "height", "rows"), [(68, 18, 14), (80, 24, 20), (68, 40, 14), (90, 24, 20), (79, 40, 19), (200, 60, 36)]
)
def test_the_pad_is_as_large_as_lines_and_36_characters_beside_it_allow(width: int, height: int, rows: int) -> None:
    """4 lines are for the frame, the title and the status; a row is two characters wide."""
    layout = Layout.of(width, height)
    assert layout == Layout(2 * rows, rows, width, height) and layout.side == 2 * rows
    assert rows <= height - 4 and 2 * rows + 4 + 36 <= width


def test_cells_are_points_of_the_pad_and_others_the_nearest() -> None:
    layout = Layout(40, 20, 80, 24)
    assert layout.point(1, 2) == (0.5 / 40, 0.5 / 20) and layout.point(40, 21) == (39.5 / 40, 19.5 / 20)
    assert [layout.point(*cell) for cell in ((0, 2), (1, 1), (41, 2), (1, 22))] == [None] * 4
    assert layout.nearest(0, 0) == layout.point(1, 2) and layout.nearest(99, 99) == layout.point(40, 21)
    assert layout.nearest(7, 99) == layout.point(7, 21) and layout.nearest(0, 9) == layout.point(1, 9)


def shown(answer: Answer, width: int = 70, height: int = 18, look: Look = LETTERS, **more: Any) -> list[str]:
    layout = Layout.of(width, height)
    assert layout is not None
    cursor = more.pop("cursor", None)
    said = Said(**{"title": "a title", "status": "a status", "pen": "thin", "keep": "0 to 9: keep", **more})
    return lines_of(screen(Canvas(), layout, look, answer, said, cursor))


def test_answers_stand_beside_the_pad_and_keys_at_its_foot() -> None:
    lines = shown(Answer(["3", "seven"], [0.25, 0.754], 1, "a seven"))
    pad = " " * 28
    assert lines == [
        "a title",
        f"+{'-' * 28}+",
        # The bar has what 70 characters leave: 70 - 28 - 5 for the panel, 5 + 10 of it for name and number.
        f"|{pad}|  3      25.0 %  {'#' * 6}".rstrip(),
        f"|{pad}|  seven  75.4 %  {'#' * 17}",
        f"|{pad}|",
        f"|{pad}|  a seven",
        *[f"|{pad}|"] * 5,
        f"|{pad}|  mouse, or arrows and space: draw",
        f"|{pad}|  u undo   c clear   p pen (thin)",
        f"|{pad}|  0 to 9: keep",
        f"|{pad}|  s: keep it under a name",
        f"|{pad}|  q: end",
        f"+{'-' * 28}+",
        "a status",
    ]


def test_of_many_classes_the_most_probable_are_shown_in_their_order() -> None:
    shares = [0.01 * (index * 7 % 20) for index in range(20)]
    lines = shown(Answer([f"class {index}" for index in range(20)], shares, 17, "note"))
    names = [re.search(r"class \d+", line) for line in lines]
    found = [int(match[0].removeprefix("class ")) for match in names if match]
    # 14 rows less 5 keys and 3 lines around the note.
    assert found == sorted(sorted(range(20), key=lambda index: -shares[index])[:6])
    assert len(lines) == 18 and any("q: end" in line for line in lines)
    fits = shown(Answer([str(index) for index in range(6)], [1 / 6] * 6, 0, "note"))
    assert sum("16.7 %" in line for line in fits) == 6


def test_long_names_notes_titles_and_states_are_cut() -> None:
    lines = shown(Answer(["a name of many letters", "b"], [0.5, 0.5], 0, "n" * 99), title="t" * 99, status="s" * 70)
    assert lines[0] == "t" * 68 + ".." and lines[-1] == "s" * 70
    assert all(len(line) <= 70 for line in lines)
    assert lines[2][32:].startswith("a name of ma  50.0 %  #") and lines[5][32:] == "n" * 37
    assert lines[3][32:].startswith("b             50.0 %  #")


def test_colours_mark_the_best_answer_the_title_and_the_keys() -> None:
    lines = shown(Answer(["3", "8"], [0.25, 0.75], 1, "an 8"), look=Look(Ink.TRUE, True, True))
    assert lines[0] == "\x1b[1ma title\x1b[0m" and lines[-1] == "\x1b[0ma status\x1b[0m"
    assert lines[1] == f"┌{'─' * 28}┐" and lines[-2] == f"└{'─' * 28}┘"
    assert "│  3  25.0 %  ██████" in lines[2] and "\x1b[1;36m8  75.0 %  ██" in lines[3]
    assert "\x1b[2mq: end\x1b[0m" in lines[-3] and "\x1b[" not in lines[5].partition("│  ")[2]


def test_the_drawing_is_dark_on_light_and_the_cursor_a_pixel() -> None:
    canvas, layout = Canvas(), Layout(40, 20, 80, 24)
    canvas.begin((0.5, 0.25), 0.3)
    letters = pad_lines(canvas, layout, Ink.LETTERS, None)
    assert len(letters) == 20 and {len(line) for line in letters} == {40}
    assert letters[5][20] == "@" and letters[0][0] == letters[19][39] == " "
    marked = pad_lines(canvas, layout, Ink.LETTERS, (0.99999, 1.0))
    assert marked[19][39] == "X" and [line.count("X") for line in marked] == [0] * 19 + [1]
    assert pad_lines(canvas, layout, Ink.LETTERS, (0.26, 0.51))[10][10] == "X"
    coloured = pad_lines(canvas, layout, Ink.TRUE, (0.0, 0.0))
    pairs = re.findall(r"\x1b\[38;2;(\d+);(\d+);(\d+);48;2;(\d+);(\d+);(\d+)m", coloured[0])
    assert np.array(pairs[0], int).tolist() == [214, 92, 40, 244, 241, 232]  # the cursor above paper
    dark = re.findall(r"38;2;(\d+);(\d+);(\d+)", coloured[5])
    assert ("25", "28", "33") in dark


def test_a_small_window_says_how_large_it_must_be() -> None:
    assert lines_of(too_small(40, 10)) == [
        "40 x 10 is too small", "for the pad: make the", "window 68 x 18,", "or press q"
    ]  # fmt: skip
    assert lines_of(too_small(5, 2)) == ["5 x 2", "for t"]


class Known:
    """A model that answers with given shares."""

    def __init__(self, names: list[str], shares: list[float], sure: bool = True, error: str = "") -> None:
        self.class_names, self._shares, self._sure, self._error = names, shares, sure, error

    def predict(self, pictures: list[Any]) -> Any:
        if self._error:
            raise DataError(self._error)
        assert len(pictures) == 1
        return SimpleNamespace(probabilities=np.array([self._shares]), sure=[self._sure])


def session(model: Any, folder: Path) -> Session:
    made = Session(model, "title", str(folder / "mine"), LETTERS)
    made._layout = Layout.of(80, 24)
    return made


def press(made: Session, *names: str) -> None:
    for name in names:
        made.take(Key(name))


@pytest.mark.parametrize(("sure", "note"), [(True, "a b"), (False, "a b, but not sure")])
def test_the_answer_names_the_most_probable_class(sure: bool, note: str, tmp_path: Path) -> None:
    made = session(Known(["a", "b", "c"], [0.2, 0.5, 0.3], sure), tmp_path)
    made.look_at_drawing()
    assert made.answer == Answer(note="draw something")
    press(made, " ")
    made.look_at_drawing()
    assert made.answer == Answer(["a", "b", "c"], [0.2, 0.5, 0.3], 1, note)
    press(made, "u")
    made.look_at_drawing()
    assert made.answer == Answer(note="draw something")


def test_of_more_than_40_classes_the_40_most_probable_are_kept(tmp_path: Path) -> None:
    for count in (40, 41):
        shares = [(index * 7 % count) / 1000 for index in range(count)]
        made = session(Known([f"n{index}" for index in range(count)], shares), tmp_path)
        press(made, " ")
        made.look_at_drawing()
        order = sorted(range(count), key=lambda index: -shares[index])[:40] if count > 40 else list(range(40))
        assert list(made.answer.names) == [f"n{index}" for index in order]
        best = max(range(count), key=shares.__getitem__)
        assert made.answer.names[made.answer.best] == f"n{best}" and made.answer.note == f"a n{best}"


def test_a_drawing_that_no_picture_can_be_made_of_is_told_without_the_place(tmp_path: Path) -> None:
    for error, note in (("the drawing: nothing is found", "nothing is found"), ("nothing", "nothing")):
        made = session(Known(["a"], [1.0], error=error), tmp_path)
        press(made, " ")
        made.look_at_drawing()
        assert made.answer == Answer(note=note)


def test_arrows_go_from_the_middle_by_a_pixel_and_stop_at_the_edge(tmp_path: Path) -> None:
    made = session(Known(["a"], [1.0]), tmp_path)
    side = 40
    press(made, "right")
    assert made._cursor == pytest.approx((0.5 + 1.5 / side, 0.5 + 0.5 / side))
    press(made, "up", "up")
    assert made._cursor == pytest.approx((0.5 + 1.5 / side, 0.5 - 1.5 / side))
    press(made, "down", "left", "left")
    assert made._cursor == pytest.approx((0.5 - 0.5 / side, 0.5 - 0.5 / side))
    press(made, *["left"] * 50, *["up"] * 50)
    assert made._cursor == pytest.approx((0.5 / side, 0.5 / side))
    press(made, *["right"] * 50, *["down"] * 50)
    assert made._cursor == pytest.approx((1 - 0.5 / side, 1 - 0.5 / side)) and made.canvas.is_empty


def test_the_pen_draws_while_it_is_down_with_the_width_that_was_chosen(tmp_path: Path) -> None:
    made = session(Known(["a"], [1.0]), tmp_path)
    pens = list(PENS)
    assert pens == ["thin", "normal", "thick"]
    for name in ("thick", "thin", "normal"):
        press(made, "p")
        assert made._pen == name and "pen (" + name in made.drawn((80, 24))
    press(made, " ")
    assert "pen down: arrows draw" in made.drawn((80, 24))
    press(made, "right", "right")
    assert len(made.canvas.strokes) == 1 and made.canvas.strokes[0].pen == PENS["normal"]
    assert len(made.canvas.strokes[0].points) == 3
    press(made, " ")
    assert "pen down" not in made.drawn((80, 24))
    press(made, "right")
    assert len(made.canvas.strokes[0].points) == 3
    for key in ("u", "c", "p"):  # each lifts the pen
        press(made, " ", key, "right", "right")
        assert not made._is_pen_down


def test_u_c_and_q_do_what_the_screen_says_in_both_cases(tmp_path: Path) -> None:
    made = session(Known(["a"], [1.0]), tmp_path)
    press(made, "u")
    assert "nothing to take back" in made.drawn((80, 24))
    for undo, clear in (("u", "c"), ("U", "C")):
        press(made, " ", " ", " ", " ")
        assert len(made.canvas.strokes) == 2 and "nothing to take back" not in made.drawn((80, 24))
        press(made, clear)
        assert made.canvas.is_empty
        press(made, undo)
        assert len(made.canvas.strokes) == 2
        press(made, undo, undo)
        assert made.canvas.is_empty
    assert not made.is_over
    press(made, "Q")
    assert made.is_over


def test_names_are_typed_changed_kept_and_given_up(tmp_path: Path) -> None:
    made = session(Known(["a"], [1.0]), tmp_path)
    press(made, " ", "s", "o", "q", "backspace", "n", "e", "left", "u")
    assert "this is a: oneu_   (Enter" in made.drawn((80, 24)) and not made.is_over
    made.take(Mouse("press", 0, 9, 9))
    assert len(made.canvas.strokes) == 1  # the mouse draws nothing meanwhile
    press(made, "escape")
    assert "this is a" not in made.drawn((80, 24)) and not made.kept
    press(made, "S", "x", "enter")
    assert dict(made.kept) == {"x": 1} and made.canvas.is_empty
    assert "x/0001.png, 1 of x; u brings the drawing back" in made._status
    press(made, "u")
    assert len(made.canvas.strokes) == 1
    press(made, "s", " ", "enter")
    assert dict(made.kept) == {"x": 1}
    press(made, "7", "7")
    assert dict(made.kept) == {"x": 1, "7": 1} and "nothing is drawn yet" in made.drawn((80, 24))


def test_only_the_left_button_draws_from_press_to_release(tmp_path: Path) -> None:
    made = session(Known(["a"], [1.0]), tmp_path)
    for event in (Mouse("press", 2, 9, 9), Mouse("drag", 0, 9, 9), Mouse("press", 0, 0, 0), Mouse("release", 0, 9, 9)):
        made.take(event)
        assert made.canvas.is_empty
    made.take(Mouse("press", 0, 9, 9))
    made.take(Mouse("drag", 0, 12, 9))
    made.take(Mouse("release", 0, 12, 12))
    made.take(Mouse("drag", 0, 20, 20))
    (stroke,) = made.canvas.strokes
    layout = made._layout
    assert layout is not None and stroke.points == [layout.point(*cell) for cell in ((9, 9), (12, 9), (12, 12))]
    made.take(Mouse("press", 0, 5, 5))
    press(made, "right")  # a key ends the stroke
    made.take(Mouse("drag", 0, 20, 20))
    assert len(made.canvas.strokes[1].points) == 1


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["0", "1"], "0 to 9: keep it as that digit"), (["b", "dog"], "0 to 9, or b, ...: keep it as that"),
        (["c", "Q", "u"], "0 to 9: keep it as that digit"),
        (["cat", "s", "e", "f"], "0 to 9, or e, ...: keep it as that"),
    ],
)  # fmt: skip
def test_the_screen_says_which_keys_keep_a_drawing(names: list[str], said: str, tmp_path: Path) -> None:
    made = session(Known(names, [1.0] * len(names)), tmp_path)
    assert made._keys_that_keep == said and said in made.drawn((80, 24))
