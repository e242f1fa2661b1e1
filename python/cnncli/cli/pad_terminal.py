"""A terminal that is drawn on: the other screen, keys as they are pressed, the mouse; and all as it was at the end."""

import os
import select
import signal
import sys
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

# The other screen, no cursor; buttons and moves with a button held, in SGR form.
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[?1000h\x1b[?1002h\x1b[?1006h"
_LEAVE = "\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[0m\x1b[?25h\x1b[?1049l"
_HELD = {signal.SIGINT, signal.SIGTERM, signal.SIGTSTP}


class DrawingTerminal:
    """While entered, stdin gives keys and the mouse, and stdout is the other screen.

    However the block ends, by a return, an exception or a signal that is one, the terminal gets its modes and its
    screen back; for Ctrl-Z too, and after it the pad is there again.
    """

    def __init__(self) -> None:
        self._old: list[Any] | None = None
        self._previous: Any = signal.SIG_DFL
        self.was_away = False  # set after Ctrl-Z: the screen has to be drawn anew

    @staticmethod
    def is_there() -> bool:
        """Whether there is a terminal that can be drawn on."""
        try:
            import termios  # noqa: F401  # there is none on Windows
        except ImportError:
            return False
        both = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
        return both and os.environ.get("TERM", "dumb") not in ("dumb", "")

    def __enter__(self) -> "DrawingTerminal":
        self._previous = signal.signal(signal.SIGTSTP, self._pause)
        try:
            self._take()
        except BaseException:
            self._give_back()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_back()
        signal.signal(signal.SIGTSTP, self._previous)

    def size(self) -> tuple[int, int]:
        """(columns, rows)"""
        found = os.get_terminal_size(sys.stdout.fileno())
        return found.columns or 80, found.lines or 24

    def write(self, text: str) -> None:
        """Text with control sequences, at once."""
        encoding = sys.stdout.encoding or "ascii"
        self._send(text.encode(encoding, "replace"))

    def read(self, seconds: float) -> bytes | None:
        """What was typed, at most so late; b"" where nothing was; None: the terminal is gone."""
        ready, _, _ = select.select([sys.stdin.fileno()], [], [], seconds)
        if not ready:
            return b""
        try:
            return os.read(sys.stdin.fileno(), 4096) or None
        except OSError:
            return None

    def _take(self) -> None:
        import termios
        import tty

        descriptor = sys.stdin.fileno()
        self._old = termios.tcgetattr(descriptor)
        tty.setcbreak(descriptor, termios.TCSADRAIN)  # Ctrl-C and Ctrl-Z stay signals
        modes = termios.tcgetattr(descriptor)
        modes[6][termios.VQUIT] = b"\0"  # Ctrl-\ would leave without giving anything back
        termios.tcsetattr(descriptor, termios.TCSADRAIN, modes)
        self._send(_ENTER.encode())

    def _give_back(self) -> None:
        """Modes and screen as they were; a second Ctrl-C waits for it."""
        import termios

        held = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
        try:
            if self._old is None:
                return
            old, self._old = self._old, None
            with suppress(OSError):  # the terminal may be gone
                self._send(_LEAVE.encode())
            with suppress(termios.error):  # with a flush: moves of the mouse that nobody has read are no command
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSAFLUSH, old)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def _send(self, data: bytes) -> None:
        sys.stdout.flush()
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(sys.stdout.fileno(), rest) :]

    def _pause(self, signal_number: int, frame: FrameType | None) -> None:
        """Ctrl-Z: stops with the terminal as it was; goes on with the pad."""
        self._give_back()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._pause)
        self._take()
        self.was_away = True
