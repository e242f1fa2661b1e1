"""A session of `cnn draw`: what keys and the mouse do, and the answer after each stroke."""

from collections import Counter
from typing import TYPE_CHECKING

from cnncli.cli.pad_screen import Answer, Layout, Look, Said, screen, too_small
from cnncli.cli.pad_terminal import DrawingTerminal
from cnncli.errors import CnnError, DataError
from cnncli.pad.canvas import PENS, Canvas
from cnncli.pad.events import EventReader, Key, Mouse
from cnncli.pad.samples import save_sample
from cnncli.shown import printable

if TYPE_CHECKING:
    from cnncli.model import Model

_WAIT_SECONDS = 0.2  # between looks whether the window has another size
_ESCAPE_SECONDS = 0.05  # after which an escape that nothing follows is the key
_MOVES = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}
_COMMANDS = "cpqsu"  # letters that do something else
_MOST_NAMES = 40  # classes whose answers are looked through for the screen


class Session:
    """The pad of a model.

    title : its first line; folder : where drawings are kept; look : what the terminal can show
    """

    def __init__(self, model: "Model", title: str, folder: str, look: Look) -> None:
        self._model, self._title, self._folder, self._look = model, title, folder, look
        self.canvas = Canvas()
        self.kept: Counter[str] = Counter()
        self.is_over = False
        self.answer = Answer(note="draw something")
        self._answered = 0  # the canvas' version that the answer is for
        self._status = ""
        self._pen = "normal"
        self._layout: Layout | None = None
        self._cursor: tuple[float, float] | None = None
        self._is_pen_down = self._is_drawing = False
        self._typed: str | None = None  # the name that is being typed

    def run(self, terminal: DrawingTerminal) -> None:
        """Until q, or the terminal is gone."""
        reader, size, is_stale = EventReader(), (0, 0), True
        while not self.is_over:
            if terminal.size() != size or terminal.was_away:
                size, terminal.was_away, is_stale = terminal.size(), False, True
                self._layout = Layout.of(*size)
            if is_stale:
                terminal.write(self.drawn(size))
                is_stale = False
            # What is typed goes first: a stroke is never behind the mouse for the sake of an answer.
            data = terminal.read(0)
            if data == b"" and self._answered != self.canvas.version:
                self.look_at_drawing()
                is_stale = True
                continue
            if data == b"":
                data = terminal.read(_ESCAPE_SECONDS if reader.is_waiting else _WAIT_SECONDS)
            if data is None:
                return
            events = list(reader.feed(data)) if data else list(reader.flush())
            for event in events:
                self.take(event)
            is_stale = is_stale or bool(events)

    def drawn(self, size: tuple[int, int]) -> str:
        """The screen for a window of so many columns and rows."""
        if self._layout is None:
            return too_small(*size)
        status = self._status
        if self._typed is not None:
            status = f"this is a: {self._typed}_   (Enter keeps it, Escape does not)"
        said = Said(self._title, status, self._pen, self._keys_that_keep)
        return screen(self.canvas, self._layout, self._look, self.answer, said, self._cursor)

    @property
    def _keys_that_keep(self) -> str:
        """What the screen says of them."""
        own = [name for name in self._model.class_names if len(name) == 1 and not name.isdigit()]
        free = [name for name in own if name.lower() not in _COMMANDS]
        return f"0 to 9, or {free[0]}, ...: keep it as that" if free else "0 to 9: keep it as that digit"

    def look_at_drawing(self) -> None:
        """The model's answer for what is drawn now."""
        self._answered = self.canvas.version
        if self.canvas.is_empty:
            self.answer = Answer(note="draw something")
            return
        try:
            found = self._model.predict([self.canvas.picture()])
        except DataError as error:
            self.answer = Answer(note=str(error).partition(": ")[2] or str(error))
            return
        shares = found.probabilities[0].tolist()
        names = [printable(name) for name in self._model.class_names]
        if len(names) > _MOST_NAMES:
            order = sorted(range(len(names)), key=lambda index: -shares[index])[:_MOST_NAMES]
            names, shares = [names[index] for index in order], [shares[index] for index in order]
        best = max(range(len(shares)), key=shares.__getitem__)
        is_sure = bool(found.sure[0])
        self.answer = Answer(names, shares, best, f"a {names[best]}" if is_sure else f"a {names[best]}, but not sure")

    def take(self, event: Key | Mouse) -> None:
        """What an event does."""
        if isinstance(event, Mouse):
            if self._typed is None:
                self._take_mouse(event)
        elif self._typed is not None:
            self._type(event.name)
        else:
            self._press(event.name)

    def _take_mouse(self, event: Mouse) -> None:
        if self._layout is None or event.button != 0:
            return
        if event.kind == "press":
            point = self._layout.point(event.column, event.row)
            if point is not None:
                self._is_drawing, self._is_pen_down, self._cursor = True, False, None
                self._status = ""
                self.canvas.begin(point, PENS[self._pen])
        elif self._is_drawing:
            self.canvas.go_on(self._layout.nearest(event.column, event.row))
            self._is_drawing = event.kind == "drag"

    def _press(self, name: str) -> None:
        self._status = ""
        self._is_drawing = False
        if name in ("q", "Q"):
            self.is_over = True
        elif name in _MOVES:
            self._move(*_MOVES[name])
        elif name == " ":
            self._put_pen()
        elif name in ("u", "U"):
            self._is_pen_down = False
            if not self.canvas.undo():
                self._status = "nothing to take back"
        elif name in ("c", "C"):
            self._is_pen_down = False
            self.canvas.clear()
        elif name in ("p", "P"):
            pens = list(PENS)
            self._pen = pens[(pens.index(self._pen) + 1) % len(pens)]
            self._is_pen_down = False
        elif name in ("s", "S"):
            self._typed = ""
        elif len(name) == 1 and (name in "0123456789" or name in self._model.class_names):
            self._keep(name)

    def _move(self, right: int, down: int) -> None:
        """The cursor goes by a pixel; with the pen down it draws."""
        if self._layout is None:
            return
        side = self._layout.side
        x, y = self._cursor or (0.5 + 0.5 / side, 0.5 + 0.5 / side)
        low, high = 0.5 / side, 1 - 0.5 / side
        self._cursor = min(high, max(low, x + right / side)), min(high, max(low, y + down / side))
        if self._is_pen_down:
            self.canvas.go_on(self._cursor)

    def _put_pen(self) -> None:
        if self._cursor is None:
            self._move(0, 0)
        if self._cursor is None:
            return
        self._is_pen_down = not self._is_pen_down
        if self._is_pen_down:
            self.canvas.begin(self._cursor, PENS[self._pen])
        self._status = "pen down: arrows draw, space lifts it" if self._is_pen_down else ""

    def _type(self, name: str) -> None:
        assert self._typed is not None
        if name == "enter":
            typed, self._typed = self._typed, None
            if typed.strip():
                self._keep(typed)
        elif name == "escape":
            self._typed = None
        elif name == "backspace":
            self._typed = self._typed[:-1]
        elif len(name) == 1:
            self._typed += name

    def _keep(self, name: str) -> None:
        """The drawing becomes a sample of a class, and the pad empty."""
        self._is_pen_down = False
        if self.canvas.is_empty:
            self._status = "nothing is drawn yet"
            return
        try:
            path, count = save_sample(self._folder, name, self.canvas.picture())
        except CnnError as error:
            self._status = str(error)
            return
        self.kept[path.parent.name] += 1
        self.canvas.clear()
        self._status = f"kept as {printable(path)}, {count} of {printable(path.parent.name)}; u brings the drawing back"
