"""Ctrl-C while the program is still being imported: it leaves at once with the exit code of an interrupt.

`main` imports this before anything else, so it imports nothing that takes time: not `signal`, which brings `enum`.
"""

import _signal  # type: ignore[import-not-found]
import os


def leave(signal_number: int, frame: object) -> None:
    """A signal handler for when there is nothing to clean up."""
    os._exit(128 + signal_number)


def on_interrupt(handler: object) -> None:
    """Has Ctrl-C handled so, unless it is ignored, as in the background of a script."""
    if _signal.getsignal(_signal.SIGINT) == _signal.SIG_IGN:
        return
    try:  # noqa: SIM105  # contextlib would be one more import
        _signal.signal(_signal.SIGINT, handler)
    except ValueError:  # imported by a thread other than the first, which gets no signals
        pass


def end_of_imports() -> None:
    """Who only imports the program has the Ctrl-C of Python again."""
    if _signal.getsignal(_signal.SIGINT) is leave:
        on_interrupt(_signal.default_int_handler)


if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    on_interrupt(leave)
