"""Keys while a training runs: q saves and stops, p pauses and goes on."""

import os
import select
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

_LOOK_SECONDS = 0.2  # between looks whether the training is over


class Keyboard:
    """While entered, calls `on_key` with each key that is pressed, from a thread of its own.

    Only where stdin is a terminal and this process is in its foreground; elsewhere it does nothing. Keys are then read
    as they are pressed and not shown; Ctrl-C and Ctrl-Z work as ever.
    """

    def __init__(self, on_key: Callable[[str], None]) -> None:
        self._on_key = on_key
        self._old: list[Any] | None = None
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()

    @staticmethod
    def is_there() -> bool:
        """Whether somebody can press keys for this process."""
        try:
            import termios  # noqa: F401  # there is none on Windows
        except ImportError:
            return False
        return sys.stdin is not None and sys.stdin.isatty() and _in_foreground(sys.stdin.fileno())

    def __enter__(self) -> "Keyboard":
        if not self.is_there():
            return self
        import termios
        import tty

        self._old = termios.tcgetattr(sys.stdin.fileno())
        # What was typed before is dropped: nobody meant it for this.
        tty.setcbreak(sys.stdin.fileno(), termios.TCSAFLUSH)
        self._thread = threading.Thread(target=self._read, name="cnn keys", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        if self._thread is None or self._old is None:
            return
        self._thread.join()
        import termios

        if _in_foreground(sys.stdin.fileno()):  # a background process that sets a terminal's modes is stopped
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._old)

    def _read(self) -> None:
        descriptor = sys.stdin.fileno()
        while not self._is_over.is_set():
            # A background process that reads from a terminal is stopped.
            if not _in_foreground(descriptor):
                self._is_over.wait(_LOOK_SECONDS)
                continue
            ready, _, _ = select.select([descriptor], [], [], _LOOK_SECONDS)
            if not ready or not _in_foreground(descriptor):
                continue
            typed = os.read(descriptor, 16)
            if not typed:  # the terminal is gone
                return
            for key in typed.decode("ascii", "ignore"):
                self._on_key(key)


def _in_foreground(descriptor: int) -> bool:
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False
