"""A process that prepares pictures for this one: Python's threads would wait for each other.

It is started with this Python and this package, whatever the user's script is, reads chunks from its stdin and writes
what became of them to its stdout; when its stdin ends, with this process or before, it ends too.
"""

import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from cnncli.data.preparation.one_picture import Outcome, Source, prepare_one
from cnncli.pictures.recipe import InputRecipe

# -P: no module of the folder that the user stands in is taken for one of Python's.
_PROGRAM = "import sys; sys.path.append({place!r}); from cnncli.data.preparation.helpers import serve; serve()"


class Helper:
    """One such process; `prepare` may be called from one thread, `stop` from any."""

    def __init__(self, recipe: dict[str, Any], with_digests: bool) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._task = recipe, with_digests
        self._stopped = False

    def prepare(self, sources: Sequence[Source]) -> list[Outcome] | None:
        """The outcome of each picture; None if the process cannot be started or has died."""
        try:
            if self._process is None:
                self._start()
            process = self._process
            if process is None or process.stdin is None or process.stdout is None:
                return None
            pickle.dump(list(sources), process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            outcomes: list[Outcome] = pickle.load(process.stdout)
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
        facts, with_digests = pickle.load(tasks)
        recipe = InputRecipe.from_dict(facts)
        while True:
            sources = pickle.load(tasks)
            outcomes = [prepare_one(recipe, source, with_digests) for source in sources]
            pickle.dump(outcomes, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
    except (EOFError, OSError):
        return
