"""Runs of pytest over a copy of the package, in a folder that goes when the work ends: the tree is never changed."""

import importlib.util
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "cnncli"
_MEMORY_BYTES = 8 << 30  # a wrong size must not take the machine's


def _built_core() -> Path:
    """The native module of the package that this Python imports."""
    installed = importlib.util.find_spec("cnncli")
    for folder in (installed and installed.submodule_search_locations) or ():
        for core in Path(folder).glob("_core*.so"):
            return core
    raise SystemExit("mutants: cnncli is not installed for this Python; install it first, as CONTRIBUTING.md says")


class Place:
    """A folder with a copy of the package, in which one change at a time is tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        core = _built_core()
        self.package = folder / "python" / "cnncli"
        shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__", "*.so", "models"))
        (self.package / core.name).symlink_to(core)
        (self.package / "models").symlink_to((core.parent / "models").resolve())

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

    def pytest(
        self,
        arguments: list[str],
        *,
        chosen: list[str] | None = None,
        before: tuple[str, ...] = (),
        seconds: float | None = None,
        **variables: str,
    ) -> list[tuple[str, float, str]] | None:
        """Runs tests against the copy.

        Parameters
        ----------
        arguments : for pytest; before : for Python, in the place of `-m pytest`
        chosen : names of tests, in the order in which they run; None: all
        seconds : how long to wait

        Returns
        -------
        (name, seconds, "passed" or "failed") for each test that ran, or None if time was up
        """
        result, names = self.folder / "result", self.folder / "chosen"
        result.write_text("")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(self.package.parent), str(Path(__file__).parent)]),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self.folder / "hypothesis"),
            "MUTANTS_RESULT": str(result),
            **variables,
        }
        if chosen is not None:
            names.write_text(json.dumps(chosen))
            environment["MUTANTS_CHOSEN"] = str(names)
        temporary = self.folder / "temporary"
        process = subprocess.Popen(
            [
                sys.executable, *(before or ("-m", "pytest")), "-q", "--tb=no", "-p", "plugin",
                "-p", "no:cacheprovider", "--hypothesis-seed=0", f"--basetemp={temporary}", *arguments,
            ],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES)),
        )  # fmt: skip
        try:
            said, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and what the tests left running
            process.wait()
            shutil.rmtree(temporary, ignore_errors=True)
        ran = [tuple(json.loads(line)) for line in result.read_text().splitlines()]
        if process.returncode not in (0, 1, 5):  # 2: a module of tests cannot even be imported; or a crash
            last = said.decode(errors="replace").strip().rsplit("\n", 1)[-1]
            ran.append((f"pytest, which ends with {process.returncode}: {last}", 0.0, "failed"))
        return ran
