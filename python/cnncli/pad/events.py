"""What a terminal sends, as keys and moves of the mouse: xterm's sequences, of the mouse those in SGR form (1006)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MOUSE = re.compile(rb"\x1b\[<(\d{1,6});(\d{1,6});(\d{1,6})([Mm])")
_OLD_MOUSE = re.compile(rb"\x1b\[M[\x00-\xff]{3}", re.DOTALL)  # of terminals without SGR: not understood, left out
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[@-~])")
_BEGUN = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|O|\[M[\x00-\xff]{0,2})?\Z", re.DOTALL)
_ARROWS = {b"A": "up", b"B": "down", b"C": "right", b"D": "left"}
_NAMED = {"\r": "enter", "\n": "enter", "\x7f": "backspace", "\b": "backspace", "\x1b": "escape"}
_DRAG, _WHEEL, _BUTTON = 32, 64, 3  # bits of a button's number
_LONGEST = 64  # bytes of a sequence; more than that is none


@dataclass(frozen=True)
class Key:
    """A letter, or "up", "down", "left", "right", "enter", "backspace", "escape"."""

    name: str


@dataclass(frozen=True)
class Mouse:
    """kind : "press", "drag" or "release"; button : 0 left, 1 middle, 2 right; column, row : of the cell, from 0"""

    kind: str
    button: int
    column: int
    row: int


class EventReader:
    """Makes events of bytes, however they are cut up.

    >>> reader = EventReader()
    >>> list(reader.feed(b"7\\x1b[<0;5")), list(reader.feed(b";3M\\x1b[A"))
    ([Key(name='7')], [Mouse(kind='press', button=0, column=4, row=2), Key(name='up')])
    """

    def __init__(self) -> None:
        self._rest = b""

    @property
    def is_waiting(self) -> bool:
        """Whether a sequence has begun that has not ended: or the Escape key was pressed."""
        return bool(self._rest)

    def feed(self, data: bytes) -> Iterator[Key | Mouse]:
        """The events that are whole with these bytes."""
        self._rest += data
        while self._rest:
            size, event = self._first()
            if size == 0:
                return
            self._rest = self._rest[size:]
            if event is not None:
                yield event

    def flush(self) -> Iterator[Key | Mouse]:
        """What has begun ends here: a lone escape is the key."""
        rest, self._rest = self._rest, b""
        if rest == b"\x1b":
            yield Key("escape")

    def _first(self) -> tuple[int, Key | Mouse | None]:
        """(bytes of what comes first, 0 as long as it is not whole; what it is, None: nothing of ours)"""
        rest = self._rest
        if rest[:1] != b"\x1b":
            return self._letter()
        if match := _MOUSE.match(rest):
            return match.end(), _mouse(match)
        if match := _OLD_MOUSE.match(rest):
            return match.end(), None
        if len(rest) <= _LONGEST and _BEGUN.match(rest):
            return 0, None
        if match := _SEQUENCE.match(rest):
            name = _ARROWS.get(match.group()[-1:])
            return match.end(), None if name is None else Key(name)
        return 1, Key("escape")

    def _letter(self) -> tuple[int, Key | None]:
        """A character of UTF-8; what is none is left out."""
        for size in range(1, min(4, len(self._rest)) + 1):
            try:
                letter = self._rest[:size].decode()
            except UnicodeDecodeError:
                continue
            named = _NAMED.get(letter)
            return size, Key(named or letter) if named or letter.isprintable() else None
        is_begun = self._rest[0] >= 0xC2 and len(self._rest) < 4 and all(0x80 <= byte < 0xC0 for byte in self._rest[1:])
        return (0 if is_begun else 1), None


def _mouse(match: "re.Match[bytes]") -> Mouse | None:
    code, column, row = (int(match[group]) for group in (1, 2, 3))
    if code >= _WHEEL:
        return None
    kind = "release" if match[4] == b"m" else "drag" if code & _DRAG else "press"
    return Mouse(kind, code & _BUTTON, column - 1, row - 1)
