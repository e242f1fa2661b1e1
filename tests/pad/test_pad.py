"""The pad without a terminal: events from bytes, strokes as pictures, samples as files, and what a session does."""

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import cnncli
from cnncli.cli.pad_screen import Layout, Look, Said, screen, too_small
from cnncli.cli.pad_session import Session
from cnncli.errors import UsageError, WriteError
from cnncli.layers import Flatten, Linear
from cnncli.network import Network
from cnncli.pad.canvas import PENS, Canvas, Stroke, draw_strokes
from cnncli.pad.events import EventReader, Key, Mouse
from cnncli.pad.samples import save_sample
from cnncli.pictures.recipe import InputRecipe
from cnncli.shipped import shipped_model
from cnncli.views.terminal import Ink

SENT: list[tuple[bytes, list[Key | Mouse]]] = [
    (b"7q ", [Key("7"), Key("q"), Key(" ")]),
    (b"\x1b[A\x1b[B\x1b[C\x1b[D\x1bOA", [Key("up"), Key("down"), Key("right"), Key("left"), Key("up")]),
    (b"\x1b[<0;5;3M\x1b[<32;6;3M\x1b[<0;6;3m",
     [Mouse("press", 0, 4, 2), Mouse("drag", 0, 5, 2), Mouse("release", 0, 5, 2)]),
    (b"\x1b[<2;120;40M", [Mouse("press", 2, 119, 39)]),
    (b"\x1b[<64;5;3M\x1b[<65;5;3M", []),  # the wheel
    (b"\x1b[M !!", []),  # the mouse without SGR
    (b"\x1b[1;5A\x1b[200~x", [Key("up"), Key("x")]),  # Ctrl with an arrow; the start of a paste
    (b"\x1b[5~\x1b[3~\x1b[?1;2c", []),  # page up, delete, an answer of the terminal
    ("é€😀".encode(), [Key("é"), Key("€"), Key("😀")]),
    (b"\xff\x80a", [Key("a")]),  # no UTF-8
    (b"\r\n\x7f", [Key("enter"), Key("enter"), Key("backspace")]),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), SENT, ids=lambda value: repr(value)[:30])
def test_events_are_the_same_however_the_bytes_are_cut(data: bytes, expected: list[Any]) -> None:
    assert list(EventReader().feed(data)) == expected
    one_by_one = EventReader()
    assert list(itertools.chain(*(one_by_one.feed(bytes([byte])) for byte in data))) == expected
    assert not one_by_one.is_waiting
    for cut in range(len(data)):
        reader = EventReader()
        assert [*reader.feed(data[:cut]), *reader.feed(data[cut:])] == expected


def test_an_escape_that_nothing_follows_is_the_key() -> None:
    reader = EventReader()
    assert list(reader.feed(b"\x1b")) == [] and reader.is_waiting
    assert list(reader.flush()) == [Key("escape")] and not reader.is_waiting
    assert list(reader.feed(b"\x1b[<0;5")) == [] and list(reader.flush()) == []


def test_bytes_of_any_kind_end_and_leave_nothing_long(rng: np.random.Generator) -> None:
    reader = EventReader()
    for _ in range(300):
        data = bytes(rng.choice(list(b"\x1b[<;0123456789MmO~ABq\xc3\xa9\xff "), int(rng.integers(1, 40))).tolist())
        for event in reader.feed(data):
            assert isinstance(event, Key | Mouse)
        list(reader.feed(b"x" * 100))
        assert list(reader.feed(b"z"))[-1:] == [Key("z")]


def test_a_stroke_is_as_wide_as_its_pen_and_lies_where_it_was_drawn() -> None:
    image = np.asarray(draw_strokes([Stroke(0.1, [(0.2, 0.5), (0.8, 0.5)])], 200)) < 128
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert abs(len(rows) - 20) <= 1 and abs(rows.mean() - 99.5) < 1
    assert abs(columns[0] - 30) <= 2 and abs(columns[-1] - 169) <= 2  # round ends reach half a pen further
    dot = np.asarray(draw_strokes([Stroke(0.1, [(0.5, 0.5)])], 200)) < 128
    assert dot.sum() == pytest.approx(np.pi * 10**2, rel=0.05)


def test_undo_takes_strokes_back_and_then_the_clearing() -> None:
    canvas = Canvas()
    for x in (0.2, 0.5):
        canvas.begin((x, 0.1), 0.1)
        canvas.go_on((x, 0.9))
    assert canvas.undo() and len(canvas.strokes) == 1
    canvas.clear()
    assert canvas.is_empty
    assert canvas.undo() and len(canvas.strokes) == 1
    assert canvas.undo() and not canvas.undo()


def test_points_outside_stay_at_the_edge() -> None:
    canvas = Canvas()
    canvas.begin((0.5, 0.5), 0.1)
    canvas.go_on((7.0, -3.0))
    assert canvas.strokes[0].points == [(0.5, 0.5), (1.0, 0.0)]


def test_samples_get_numbers_and_never_replace_another(tmp_path: Path) -> None:
    folder, picture = str(tmp_path / "mine"), Image.new("L", (8, 8), 255)
    assert save_sample(folder, "7", picture) == (tmp_path / "mine" / "7" / "0001.png", 1)
    (tmp_path / "mine" / "7" / "0009.png").write_bytes(b"x")
    (tmp_path / "mine" / "7" / "other.png").write_bytes(b"x")
    assert save_sample(folder, " 7 ", picture)[0].name == "0010.png"
    assert (tmp_path / "mine" / "7" / "0009.png").read_bytes() == b"x"
    for wrong in ("", "  ", ".", "..", "a/b", "a\\b", "a\nb", "x" * 61, ".hidden"):
        with pytest.raises(UsageError, match="name"):
            save_sample(folder, wrong, picture)
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="file"):
        save_sample(str(tmp_path / "file"), "7", picture)
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["7"]


@pytest.mark.parametrize(("width", "height"), [(68, 18), (80, 24), (100, 45), (200, 100), (300, 20)])
@pytest.mark.parametrize("ink", [Ink.TRUE, Ink.OF_256, Ink.LETTERS])
def test_the_screen_fits_the_window(width: int, height: int, ink: Ink) -> None:
    layout = Layout.of(width, height)
    assert layout is not None
    session = Session(MODEL, "t" * 400, "out", Look(ink, ink is not Ink.LETTERS, ink is not Ink.LETTERS))
    draw_seven(session, layout)
    session._layout = layout
    session._status = "s" * 400
    session.look_at_drawing()
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", session.drawn((width, height))).split("\r\n")
    assert len(lines) <= height and max(map(len, lines)) <= width
    assert ink is not Ink.LETTERS or all(line.isascii() for line in lines)
    assert sum(bool(re.search("[0-9] %", line)) for line in lines) == min(10, layout.rows - 8)
    assert any(line.rstrip().endswith("q: end") for line in lines)


def test_a_window_that_is_too_small_says_so_in_itself() -> None:
    assert Layout.of(67, 24) is None and Layout.of(80, 17) is None
    for width, height in ((67, 24), (10, 3), (1, 1)):
        assert too_small(width, height).count("\r\n") < height


def test_cells_are_points_of_the_pad() -> None:
    layout = Layout.of(80, 24)
    assert layout is not None and layout.columns == 40 and layout.rows == 20
    assert layout.point(1, 2) == (0.5 / 40, 0.5 / 20) and layout.point(40, 21) == (39.5 / 40, 19.5 / 20)
    for outside in ((0, 5), (41, 5), (5, 1), (5, 22)):
        assert layout.point(*outside) is None
    assert layout.nearest(200, 0) == (39.5 / 40, 0.5 / 20)


MODEL = cnncli.load(shipped_model("lenet5"))
SEVEN = [(12, 5), (18, 5), (24, 5), (30, 5), (27, 10), (24, 14), (21, 18)]  # cells at 80 x 24


def draw_seven(session: Session, layout: Layout) -> None:
    session._layout = layout
    share = layout.columns / 40
    cells = [(round(column * share), round(2 + (row - 2) * share)) for column, row in SEVEN]
    session.take(Mouse("press", 0, *cells[0]))
    for cell in cells[1:]:
        session.take(Mouse("drag", 0, *cell))
    session.take(Mouse("release", 0, *cells[-1]))


@pytest.fixture
def session(tmp_path: Path) -> Session:
    made = Session(MODEL, "title", str(tmp_path / "mine"), Look(Ink.LETTERS, False, False))
    made._layout = Layout.of(80, 24)
    return made


def typed(session: Session, *names: str) -> None:
    for name in names:
        session.take(Key(name))


def test_the_answer_is_that_of_predict_for_the_picture_that_is_kept(session: Session, tmp_path: Path) -> None:
    layout = session._layout
    assert layout is not None
    draw_seven(session, layout)
    session.look_at_drawing()
    assert session.answer.names[session.answer.best] == "7" and session.answer.probabilities[7] > 0.5
    typed(session, "7")
    file = tmp_path / "mine" / "7" / "0001.png"
    assert MODEL.predict(str(file)).probabilities[0].tolist() == session.answer.probabilities
    assert session.canvas.is_empty and session.kept["7"] == 1
    typed(session, "u")  # the drawing comes back, and can be kept under another name
    typed(session, "s", *"sevne", "backspace", "backspace", "e", "n", "enter")
    assert (tmp_path / "mine" / "seven" / "0001.png").read_bytes() == file.read_bytes()


def test_cnn_train_takes_the_folder_that_drawings_are_kept_in(session: Session, tmp_path: Path) -> None:
    from cnncli import data

    layout = session._layout
    assert layout is not None
    for name in ("7", "7", "1"):
        draw_seven(session, layout)
        typed(session, name)
    made = data.load(str(tmp_path / "mine"), use_cache=False)
    assert made.class_names == ["1", "7"] and made.preparation == "glyph" and made.train is not None
    assert np.bincount(made.train.labels).tolist() == [1, 2]


def test_arrows_draw_while_the_pen_is_down(session: Session) -> None:
    typed(session, "up", "left")
    assert session.canvas.is_empty
    typed(session, " ", *["down"] * 5, " ", *["down"] * 3)
    [stroke] = session.canvas.strokes
    assert len(stroke.points) == 6 and stroke.points[-1][1] - stroke.points[0][1] == pytest.approx(5 / 40)
    typed(session, *["left"] * 500, "p", " ")
    assert session.canvas.strokes[1].points[0][0] == pytest.approx(0.5 / 40)
    assert session.canvas.strokes[1].pen == PENS["thick"]


def test_letters_keep_only_where_they_are_no_other_key(session: Session, tmp_path: Path) -> None:
    typed(session, "s", "x", "escape")
    assert session._typed is None and not (tmp_path / "mine").exists()
    typed(session, "7")
    assert "nothing is drawn yet" in session._status and not (tmp_path / "mine").exists()
    typed(session, "x", "é", "enter", "escape")
    assert not session.is_over
    typed(session, "s", "q", "escape", "q")
    assert session.is_over


def test_letters_of_classes_keep_too(tmp_path: Path) -> None:
    network = Network([Flatten(), Linear(784, 4)], (1, 28, 28), ["a", "q", "S", "word"], recipe=InputRecipe("glyph"))
    network.initialize(1)
    made = Session(cnncli.Model(network), "title", str(tmp_path / "mine"), Look(Ink.LETTERS, False, False))
    layout = Layout.of(80, 24)
    assert layout is not None
    draw_seven(made, layout)
    assert "0 to 9, or a, ...: keep it as that" in made.drawn((80, 24))
    typed(made, "a", "u", "s", "q", "enter")
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["a", "q"]


def test_a_name_that_no_folder_can_have_is_told_and_nothing_is_lost(session: Session) -> None:
    layout = session._layout
    assert layout is not None
    draw_seven(session, layout)
    typed(session, "s", *"../x", "enter")
    assert "is no name of a class" in session._status and not session.canvas.is_empty


def test_the_mouse_outside_of_the_pad_begins_no_stroke_and_ends_one_at_the_edge(session: Session) -> None:
    session.take(Mouse("press", 0, 60, 5))
    session.take(Mouse("drag", 0, 20, 5))
    session.take(Mouse("press", 2, 20, 5))
    assert session.canvas.is_empty
    session.take(Mouse("press", 0, 20, 5))
    session.take(Mouse("drag", 0, 70, 5))
    session.take(Mouse("release", 0, 75, 90))
    assert session.canvas.strokes[0].points[-1] == (39.5 / 40, 19.5 / 20)
    session.take(Mouse("drag", 0, 3, 3))
    assert len(session.canvas.strokes[0].points) == 3


def test_a_drawing_stays_when_the_window_changes(session: Session) -> None:
    first, second = Layout.of(80, 24), Layout.of(100, 45)
    assert first is not None and second is not None
    draw_seven(session, first)
    look = Look(Ink.LETTERS, False, False)
    for layout in (first, second):
        text = screen(session.canvas, layout, look, session.answer, Said("", "", "thin", ""), None)
        rows = text.split("\r\n")[2 : 2 + layout.rows]
        inked = [row[1 : 1 + layout.columns].strip() != "" for row in rows]
        assert abs(inked.index(True) / layout.rows - 0.12) < 0.06
    session.look_at_drawing()
    before = session.answer
    session._layout = second
    session.look_at_drawing()
    assert session.answer == before
