"""Our side of a worker process: start it, ask it, stop it."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers import PEERS, Peer

_REST = 0.05  # seconds: five ticks of the clock that counts CPU time
_LONGEST_REST = 3.0
_MORE = 1.1  # threads of libraries that only hand out work take a little
ROOT = Path(__file__).parents[1]


class Missing(Exception):
    """The contender cannot take part; the text says why: most often its library is not installed."""


class Contender:
    """One program of the comparison, in a process of its own.

    peer : or its name, a key of `PEERS`
    label : what results call it, default the name
    threads : to compute with
    pythons : interpreters by library, {"torch": "/path/to/python"}; the running one for the others
    environment : variables beside those of the peer; None for one that is not to be set
    first : libraries that its process imports before its own

    Raises Missing if the library cannot be imported, or does not fit this machine.
    """

    def __init__(
        self,
        peer: str | Peer,
        threads: int,
        pythons: dict[str, str] | None = None,
        *,
        label: str | None = None,
        environment: dict[str, str | None] | None = None,
        first: Sequence[str] = (),
    ) -> None:
        name = label or (peer.title if isinstance(peer, Peer) else peer)
        peer = PEERS[peer] if isinstance(peer, str) else peer
        self.label, self.threads, self.tolerance = name, threads, peer.tolerance
        self._files = tempfile.TemporaryDirectory(prefix="benchmark-")
        self._errors = Path(self._files.name, "stderr").open("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 (until close)
        wanted = {**os.environ, "OMP_NUM_THREADS": str(threads), **peer.environment, **(environment or {})}
        variables = {variable: value for variable, value in wanted.items() if value is not None}
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        python = (pythons or {}).get(peer.library, sys.executable)
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.worker", peer.module, str(threads), json.dumps(peer.form), *first],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=variables,
            text=True,
        )
        try:
            said = self._answer()
            if "missing" in said:
                raise Missing(said["missing"])
        except BaseException:
            self.close()
            raise
        self.versions: dict[str, str] = said["versions"]

    def ask(self, do: str, **arguments: Any) -> Any:
        """The result of one request; raises RuntimeError with the worker's traceback if it fails."""
        self.begin(do, **arguments)
        return self.result()

    def begin(self, do: str, **arguments: Any) -> None:
        """Sends a request whose `result` is asked for later."""
        assert self._process.stdin is not None
        self._asked = do
        with contextlib.suppress(BrokenPipeError):  # of a process that ended: there will be no answer
            self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self._process.stdin.flush()

    def result(self) -> Any:
        """The result of the request that was sent last; raises as `ask`."""
        answer = self._answer()
        if "error" in answer:
            raise RuntimeError(f"{self.label}: {self._asked} failed\n{answer['error']}")
        return answer["result"]

    def prepare(self, do: str, **arguments: Any) -> dict[str, np.ndarray]:
        """Sets the work that `run` times, does it once, and returns its results."""
        path = Path(self._files.name, "results.npz")
        self.ask(do, results=str(path), **arguments)
        with np.load(path) as results:
            return {name: results[name] for name in results.files}

    def run(self) -> float:
        """Seconds of one round. Returns once the process rests: the threads of some libraries spin for a while
        after their work, on a core that the next contender needs.
        """
        return self._timed("run")

    def run_for(self, seconds: float) -> float:
        """Seconds of one round, on average of as many as fill so many seconds; returns as `run`."""
        return self._timed("run_for", seconds=seconds)

    def cores_beyond_threads(self) -> float | None:
        """On how many cores its runs since `prepare` computed, if that is more than its threads can; else None."""
        cores = float(self.ask("cores"))
        return cores if cores > _MORE * self.threads else None

    def _timed(self, do: str, **arguments: Any) -> float:
        found = float(self.ask(do, **arguments))
        self.wait_for_rest()
        return found

    def wait_for_rest(self) -> None:
        deadline = time.monotonic() + _LONGEST_REST
        before = -1
        while (now := self._cpu_ticks()) != before and time.monotonic() < deadline:
            before = now
            time.sleep(_REST)

    def _cpu_ticks(self) -> int:
        """CPU time of all threads of the process; 0 where the system does not tell."""
        try:
            text = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return 0
        fields = text.rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])  # utime, stime: see proc(5)

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self._process.wait()
        self._errors.close()
        self._files.cleanup()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            raise RuntimeError(f"{self.label}: its process ended\n{self._errors.read()[-2000:]}")
        value: dict[str, Any] = json.loads(line)
        return value


class Together:
    """Contenders that do the same at the same time, each on data of its own, taken as one."""

    def __init__(self, members: list[Contender], label: str) -> None:
        self.members, self.label, self.tolerance = members, label, members[0].tolerance

    def ask(self, do: str, **arguments: Any) -> Any:
        return [member.ask(do, **arguments) for member in self.members]

    def prepare(self, do: str, **arguments: Any) -> dict[str, np.ndarray]:
        results = [member.prepare(do, **arguments) for member in self.members]
        return results[0]

    def run(self) -> float:
        """Seconds for the work of one of them, when all of them work."""
        for member in self.members:
            member.begin("run")
        seconds = [float(member.result()) for member in self.members]
        for member in self.members:
            member.wait_for_rest()
        return max(seconds) / len(seconds)

    def close(self) -> None:
        for member in self.members:
            member.close()
