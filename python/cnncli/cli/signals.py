"""Ctrl-C and SIGTERM: the first asks the training to stop and save, the second leaves at once."""

import signal
import threading
from types import FrameType, TracebackType
from typing import NoReturn

from cnncli.cli.early import leave, on_interrupt

_PAUSE_SECONDS = 0.1
_IMPORTS = "<frozen importlib"


class Terminated(KeyboardInterrupt):
    """A signal that ends the command now. Not an `Exception`: nothing may swallow it."""

    def __init__(self, signal_number: int) -> None:
        super().__init__()
        self.signal_number = signal_number


def exit_code(signal_number: int) -> int:
    """What a shell shows for a command ended by this signal: 130 for SIGINT, 143 for SIGTERM."""
    return 128 + int(signal_number)


def raise_terminated(signal_number: int, frame: FrameType | None) -> NoReturn:
    """A signal handler that ends the command; a further signal leaves at once, wherever the first one is handled."""
    if frame is not None and frame.f_code.co_name == "cb" and frame.f_code.co_filename.startswith(_IMPORTS):
        # Called by the garbage collector, out of which no error comes: Python would print it and go on.
        leave(signal_number, frame)
    on_interrupt(leave)
    signal.signal(signal.SIGTERM, leave)
    raise Terminated(signal_number)


class StopRequest:
    """While entered, keeps the first SIGINT or SIGTERM in `signal_number`; the second raises `Terminated`.

    The keys q and p do as much: q stops, p lets the training wait in the next call until it is pressed again.
    """

    def __init__(self) -> None:
        self.signal_number: int | None = None
        self._may_run = threading.Event()
        self._may_run.set()
        self._previous: dict[int, object] = {}

    def __call__(self) -> bool:
        """Whether a signal has come; while the training is paused it waits."""
        while not self._may_run.wait(_PAUSE_SECONDS) and self.signal_number is None:
            pass  # awake now and then, so that a signal is seen
        return self.signal_number is not None

    @property
    def is_paused(self) -> bool:
        return not self._may_run.is_set()

    def press(self, key: str) -> None:
        """A key that was pressed, from any thread; other keys than q and p do nothing."""
        if key in "qQ" and self.signal_number is None:
            self.signal_number = signal.SIGINT
        elif key in "pP" and self.is_paused:
            self._may_run.set()
        elif key in "pP":
            self._may_run.clear()

    def __enter__(self) -> "StopRequest":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _handle(self, signal_number: int, frame: FrameType | None) -> None:
        if self.signal_number is not None:
            raise Terminated(signal_number)
        self.signal_number = signal_number
