"""Runs of pytest over a copy of the package, in a folder that goes when the work ends: the tree is never changed."""

import importlib.util
import json
import os
import queue
import resource
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "cnncli"
_MEMORY_BYTES = 8 << 30  # a wrong size must not take the machine's
_OPTIONS = (
    f"--rootdir={ROOT}", f"--config-file={ROOT / 'pyproject.toml'}", "-q", "--tb=no", "-p", "plugin",
    "-p", "no:cacheprovider", "--hypothesis-seed=0",
)  # fmt: skip
_NO_COPY = 77  # how plugin.py ends a run that does not see the copy

Task, Result = TypeVar("Task"), TypeVar("Result")
Ran = list[tuple[str, float, str]]  # name, seconds, "passed" or "failed" of each test that ran


def _built_core() -> Path:
    """The native module of the package that this Python imports."""
    installed = importlib.util.find_spec("cnncli")
    for folder in (installed and installed.submodule_search_locations) or ():
        for core in Path(folder).glob("_core*.so"):
            return core
    raise SystemExit("mutants: cnncli is not installed for this Python; install it first, as CONTRIBUTING.md says")


class Place:
    """A folder with a copy of the package, in which one change at a time is tried.

    core : the native module that the tests see, whose builds they follow; None takes that of the installed package as
        it is now
    """

    def __init__(self, folder: Path, core: Path | None = None) -> None:
        self.folder = folder
        self.package = folder / "python" / "cnncli"
        shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__", "*.so", "models"))
        if core:
            (self.package / core.name).symlink_to(core)
        else:
            core = _built_core()
            shutil.copy2(core, self.package / core.name)  # a build meanwhile must not change what runs here
        (self.package / "models").symlink_to(ROOT / "models")
        self._result, self._said = folder / "result", folder / "said"
        self._here = folder / "here"  # where the tests run: a mutant may write its files anywhere near
        self._here.mkdir()
        self._environment = {
            "PYTHONPATH": os.pathsep.join([str(self.package.parent), str(Path(__file__).parent)]),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
            "MUTANTS_RESULT": str(self._result),
            "MUTANTS_PACKAGE": str(self.package),
        }
        self._server: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *error: object) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.communicate()

    def change(self, module: str, content: bytes) -> None:
        """Writes a module of the copy. Its compiled form goes: Python would take it for that of an equal size."""
        path = self.package / module
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            compiled.unlink()
        path.write_bytes(content)

    def read(self, module: str) -> bytes:
        """A module of the copy as it is now."""
        return (self.package / module).read_bytes()

    def restore(self, module: str) -> None:
        """Makes a module what it is in the tree."""
        self.change(module, (PACKAGE / module).read_bytes())

    def measure(self, files: list[str], settings: Path) -> Ran:
        """Runs whole files of tests under coverage in a process of its own; nothing comes back if it dies."""
        self._result.write_text("")
        under_coverage = ("-m", "coverage", "run", f"--rcfile={settings}", "-m", "pytest")
        with subprocess.Popen(
            [sys.executable, *under_coverage, *_OPTIONS, *_paths(files)],
            cwd=self._here,
            env={**os.environ, **self._environment, "COVERAGE_PROCESS_START": str(settings)},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        ) as running:
            code = running.wait()
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)  # what the tests left running would write while it is read
        return self._ran() if code in (0, 1) else []

    def first_failure(self, tests: list[str], seconds: float) -> str:
        """Runs these tests in this order until one fails, and names it; "" if none does.

        seconds : how long to wait; a run that takes longer hangs, and is a failure, too
        """
        chosen = self.folder / "chosen"
        chosen.write_text(json.dumps(tests))
        files = list(dict.fromkeys(test.split("::")[0] for test in tests))
        return self.first_failure_of(_paths(files), seconds, {"MUTANTS_CHOSEN": str(chosen)})

    def first_failure_of(self, arguments: list[str], seconds: float, environment: dict[str, str] | None = None) -> str:
        """The same for what these arguments of pytest choose, files as paths from the root."""
        temporary = self.folder / "temporary"
        self._result.write_text("")
        run = {
            "arguments": [*_OPTIONS, "-x", f"--basetemp={temporary}", *arguments],
            "environment": environment or {},
            "said": str(self._said),
        }
        server = self._started()
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(json.dumps(run) + "\n")
        server.stdin.flush()
        number = int(server.stdout.readline())
        try:
            in_time, _, _ = select.select([server.stdout], [], [], seconds)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(number, signal.SIGKILL)  # with what the tests left running
        code = int(server.stdout.readline())
        shutil.rmtree(temporary, ignore_errors=True)
        failed = [test for test, _, outcome in self._ran() if outcome == "failed"]
        if failed or not in_time:
            return failed[0] if failed else "time is up"
        if code in (0, 5):
            return ""
        last = self._said.read_text(errors="replace").strip().rsplit("\n", 1)[-1]
        if code == _NO_COPY:
            raise SystemExit(last.strip("! "))
        return f"pytest, which ends with {code}: {last}"  # a module of tests cannot even be imported, or a crash

    def failure_beside_torch(self, python: str, module: str, seconds: float) -> str:
        """The tests against PyTorch in the folder of this module, run by a Python that has it; as `first_failure`."""
        folder = ROOT / "tests" / Path(module).parts[0]
        files = [str(path) for path in sorted(folder.rglob("test_*.py")) if "mark.torch" in path.read_text()]
        if not files:
            return ""
        self._result.write_text("")
        with suppress(subprocess.TimeoutExpired), self._said.open("wb") as said:
            subprocess.run(
                [python, "-m", "pytest", *_OPTIONS, "-x", "-m", "torch", *files],
                cwd=self._here,
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                timeout=seconds,
                check=False,
            )
        return next((test for test, _, outcome in self._ran() if outcome == "failed"), "")

    def _started(self) -> "subprocess.Popen[str]":
        if self._server is None:
            self._server = subprocess.Popen(
                [sys.executable, str(Path(__file__).parent / "server.py")],
                cwd=self._here,
                env={**os.environ, **self._environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                # Not of addresses: a browser reserves more of them than there is memory.
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES)),
            )
        return self._server

    def _ran(self) -> Ran:
        return [tuple(json.loads(line)) for line in self._result.read_text().splitlines()]


def in_parallel(places: list[Place], tasks: Sequence[Task], work: Callable[[Place, Task], Result]) -> Iterator[Result]:
    """The results as they come, of so many tasks at a time as there are places."""
    free: queue.SimpleQueue[Place] = queue.SimpleQueue()
    for place in places:
        free.put(place)

    def one(task: Task) -> Result:
        place = free.get()
        try:
            return work(place, task)
        finally:
            free.put(place)

    with ThreadPoolExecutor(len(places)) as pool:
        try:
            for future in as_completed([pool.submit(one, task) for task in tasks]):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)  # where one failed, the others do not begin


def _paths(files: list[str]) -> list[str]:
    return [str(ROOT / file) for file in files]
