"""A process that prepares pictures for this one: Python's threads would wait for each other.

It is started with this Python and this package, whatever the user's script is, reads chunks from its stdin and writes
what became of them to its stdout; when its stdin ends, with this process or before, it ends too.
"""

import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, TypeVar

from cnncli.data.preparation.one_picture import Outcome, Source, prepare_one
from cnncli.errors import DataError
from cnncli.pictures.fingerprint import Fingerprint, fingerprint_of_file
from cnncli.pictures.recipe import InputRecipe

R = TypeVar("R", covariant=True)

# -P: no module of the folder that the user stands in is taken for one of Python's.
_PROGRAM = "import sys; sys.path.append({place!r}); from cnncli.data.preparation.helpers import serve; serve()"


class Task(Protocol[R]):
    """What is done to one picture; a value that can be sent to another process."""

    def __call__(self, source: Source) -> R: ...


@dataclass(frozen=True)
class Preparing:
    """Makes an image of it, see `prepare_one`."""

    recipe: InputRecipe
    with_digest: bool

    def __call__(self, source: Source) -> Outcome:
        return prepare_one(self.recipe, source, self.with_digest)


@dataclass(frozen=True)
class Looking:
    """Takes the fingerprint of a file; None of one that cannot be read."""

    def __call__(self, source: Source) -> Fingerprint | None:
        try:
            return fingerprint_of_file(source) if isinstance(source, Path) else None
        except DataError:
            return None


class Helper:
    """One such process; `do` may be called from one thread, `stop` from any.

    task : what is done to each picture
    """

    def __init__(self, task: "Task[Any]") -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._task = task
        self._stopped = False

    def do(self, sources: Sequence[Source]) -> list[Any] | None:
        """The outcome of each picture; None if the process cannot be started or has died."""
        try:
            if self._process is None:
                self._start()
            process = self._process
            if process is None or process.stdin is None or process.stdout is None:
                return None
            pickle.dump(list(sources), process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            outcomes: list[Any] = pickle.load(process.stdout)
            return outcomes
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            return None

    def _start(self) -> None:
        place = str(Path(__file__).parents[3])
        if self._stopped or not sys.executable:  # Python within another program has none
            return
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM.format(place=place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if self._stopped:  # while it started
            self.stop()
        elif self._process.stdin is not None:
            pickle.dump(self._task, self._process.stdin, pickle.HIGHEST_PROTOCOL)

    def stop(self) -> None:
        """Ends the process at once."""
        self._stopped = True
        process = self._process
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                _close(pipe)


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except (OSError, ValueError):  # what is still buffered for a dead process
        pass


def serve() -> None:
    """The life of a helper."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the first process ends the others
    tasks, answers = sys.stdin.buffer, sys.stdout.buffer
    try:
        task = pickle.load(tasks)
        while True:
            sources = pickle.load(tasks)
            outcomes = [task(source) for source in sources]
            pickle.dump(outcomes, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
    except (EOFError, OSError):
        return
