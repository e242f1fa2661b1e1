"""Colours without rich: where they show."""

import io

import pytest

from cnncli.cli.plain import can_colour


def test_colours_are_for_terminals_that_take_them(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    for is_terminal, term, without, coloured in (
        (True, "xterm", None, True), (False, "xterm", None, False), (True, "dumb", None, False),
        (True, "xterm", "1", False), (True, "xterm", "", False), (True, None, None, True),
    ):  # fmt: skip
        monkeypatch.setattr(stream, "isatty", lambda is_terminal=is_terminal: is_terminal)
        for name, value in (("TERM", term), ("NO_COLOR", without)):
            monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
        assert can_colour(stream) is coloured
