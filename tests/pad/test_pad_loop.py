"""The loop of the pad on a terminal that is played: what it draws when, and that strokes go before answers."""

from pathlib import Path
from typing import Any

import pytest

from cnncli.cli import pad_session
from cnncli.cli.pad_screen import Look
from cnncli.cli.pad_session import Session
from cnncli.views.terminal import Ink

AT_ONCE, WAIT, ESCAPE = 0.0, 7.0, 3.0


class Played:
    """A terminal on which this is typed, in turn; b"": nothing in time. Writes down what happens to it."""

    def __init__(self, typed: list[bytes | None], sizes: list[tuple[int, int]] | None = None) -> None:
        self.typed, self.sizes = list(typed), list(sizes or [(80, 24)])
        self.was_away = False
        self.happened: list[str | float] = []

    def size(self) -> tuple[int, int]:
        return self.sizes[0]

    def write(self, text: str) -> None:
        self.happened.append("drawn")

    def read(self, seconds: float) -> bytes | None:
        self.happened.append(seconds)
        if len(self.sizes) > 1:
            self.sizes.pop(0)
        return self.typed.pop(0)


def played(monkeypatch: pytest.MonkeyPatch, terminal: Any) -> Session:
    """The session after it; `happened` has each answer, too."""
    monkeypatch.setattr(pad_session, "_WAIT_SECONDS", WAIT)
    monkeypatch.setattr(pad_session, "_ESCAPE_SECONDS", ESCAPE)
    nobody: Any = None
    session = Session(nobody, "title", str(Path("out")), Look(Ink.LETTERS, False, False))

    def answer() -> None:
        session._answered = session.canvas.version
        terminal.happened.append("answered")

    monkeypatch.setattr(session, "look_at_drawing", answer)
    monkeypatch.setattr(session, "drawn", lambda size: f"{size}")
    session.run(terminal)
    return session


def test_the_screen_is_drawn_once_until_something_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Played([b"", b"", b"", b"", b"", b"q"])
    assert played(monkeypatch, terminal).is_over
    assert terminal.happened == ["drawn", *[AT_ONCE, WAIT] * 3] and terminal.typed == []


def test_all_that_was_typed_is_taken_before_the_model_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Played([b" ", b"\x1b[C", b"", b"", b"q"])
    session = played(monkeypatch, terminal)
    assert len(session.canvas.strokes[0].points) == 2
    assert terminal.happened == [
        "drawn", AT_ONCE, "drawn", AT_ONCE, "drawn", AT_ONCE, "answered", "drawn", AT_ONCE, WAIT,
    ]  # fmt: skip


def test_where_the_terminal_is_gone_the_pad_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    for typed in ([None], [b"", None]):
        terminal = Played(typed)
        assert not played(monkeypatch, terminal).is_over and terminal.happened[0] == "drawn"


def test_a_window_of_another_size_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Played([b"", b"", b"q"], [(80, 24), (80, 24), (100, 45)])
    session = played(monkeypatch, terminal)
    assert terminal.happened == ["drawn", AT_ONCE, WAIT, "drawn", AT_ONCE]
    assert session._layout is not None and (session._layout.width, session._layout.height) == (100, 45)


def test_after_ctrl_z_the_pad_is_drawn_anew_once(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Played([b"", b"", b"", b"", b"q"])
    terminal.was_away = True
    played(monkeypatch, terminal)
    assert terminal.happened == ["drawn", AT_ONCE, WAIT, AT_ONCE, WAIT, AT_ONCE] and not terminal.was_away
    terminal = Played([b"", b"", b"q"])
    read = terminal.read

    def away(seconds: float) -> bytes | None:
        terminal.was_away = seconds == WAIT
        return read(seconds)

    monkeypatch.setattr(terminal, "read", away)
    played(monkeypatch, terminal)
    assert terminal.happened == ["drawn", AT_ONCE, WAIT, "drawn", AT_ONCE]


def test_an_escape_is_waited_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Played([b"s", b"\x1b", b"", b"", b"q"])
    session = played(monkeypatch, terminal)
    assert session._typed is None and session.is_over  # the escape ended the name, and q the pad
    assert terminal.happened == ["drawn", AT_ONCE, "drawn", AT_ONCE, AT_ONCE, ESCAPE, "drawn", AT_ONCE]
