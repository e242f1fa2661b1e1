"""A shell at a terminal of its own, as a person has it: keys are typed, and what is on the screen is waited for."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

SECONDS = 30  # for one answer, on a busy machine
_PAUSE_SECONDS = 0.3
CLEAR_LINE = "\x15"  # Ctrl-U
# What shells ask a terminal, and what it answers: attributes, cursor, background.
_ANSWERS = {
    rb"\x1b\[0?c": b"\x1b[?62;c",
    rb"\x1b\[6n": b"\x1b[1;1R",
    rb"\x1b\]11;\?": b"\x1b]11;rgb:0000/0000/0000\x1b\\",
}
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>]")


class ShellSession:
    """The running shell."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def type(self, *keys: str) -> None:
        """As a person does: what comes while a shell is at work is another thing to it."""
        for piece in keys:
            os.write(self._descriptor, piece.encode())
            time.sleep(_PAUSE_SECONDS)

    def wait_for(self, pattern: str) -> str:
        """What comes on the screen, without colours, up to where it matches."""
        shown, until = "", time.monotonic() + SECONDS
        while not re.search(pattern, shown):
            assert time.monotonic() < until, f"{pattern!r} does not come; the screen has {shown!r}"
            shown += self._read()
        return shown

    def _read(self) -> str:
        ready, _, _ = select.select([self._descriptor], [], [], 0.2)
        if not ready:
            return ""
        try:
            piece = os.read(self._descriptor, 65536)
        except OSError as error:  # the shell has ended
            raise AssertionError("the shell has ended") from error
        for question, answer in _ANSWERS.items():
            if re.search(question, piece):
                os.write(self._descriptor, answer)
        return _CONTROL.sub("", piece.decode(errors="replace"))


@contextmanager
def shell_session(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Iterator[ShellSession]:
    """The shell in a folder; it is killed at the end."""
    process, descriptor = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe(command[0], list(command), dict(environment))
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    try:
        yield ShellSession(descriptor)
    finally:
        os.close(descriptor)  # hangs up, which ends a shell
        os.waitpid(process, 0)
