"""Builds of the core with one change: a copy of its sources, of which ninja compiles what a change touches."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from mutants.runs import ROOT

KEPT = ROOT / "build" / "mutants" / "core"
CPP = ROOT / "cpp"
_SECONDS = 300.0  # for a change, which may keep the compiler busy for good


class CoreBuild:
    """The copy, below build/mutants, kept from run to run. One instruction set: a third of the work."""

    def __init__(self, instruction_set: str) -> None:
        self.source, self.build = KEPT / "source", KEPT / "build"
        self.source.mkdir(parents=True, exist_ok=True)
        self._lock = (KEPT / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"mutants: another run works in {KEPT.relative_to(ROOT)}; wait for its end") from None
        self._refresh()
        python = sys.executable
        cmake_folder = subprocess.run(
            [python, "-m", "pybind11", "--cmakedir"], capture_output=True, text=True, check=True
        ).stdout.strip()
        launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
        self._path = os.pathsep.join([str(Path(python).parent), os.environ.get("PATH", "")])
        configured = self._run(
            "cmake", "-S", str(self.source), "-B", str(self.build), "-G", "Ninja", f"-DCNN_ISAS={instruction_set}",
            f"-DPython_EXECUTABLE={python}", f"-Dpybind11_DIR={cmake_folder}", *launcher,
        )  # fmt: skip
        if configured or not self.compiles(None):
            raise SystemExit(f"mutants: the core does not build; see {self.said.relative_to(ROOT)}")
        [self.core] = self.build.glob("_core*.so")

    @property
    def said(self) -> Path:
        """What the last build printed."""
        return KEPT / "said"

    def change(self, name: str, content: bytes) -> None:
        """Writes a file of the copy: `name` is its path below cpp."""
        (self.source / "cpp" / name).write_bytes(content)

    def restore(self, name: str) -> None:
        """Makes a file what it is in the tree."""
        self.change(name, (CPP / name).read_bytes())

    def compiles(self, seconds: float | None = _SECONDS) -> bool:
        """Compiles what changed and links; whether that works, within so many seconds."""
        return self._run("cmake", "--build", str(self.build), seconds=seconds) == 0

    def _run(self, *command: str, seconds: float | None = None) -> int:
        with self.said.open("w") as said:
            process = subprocess.Popen(
                command, stdout=said, stderr=said, env={**os.environ, "PATH": self._path}, start_new_session=True
            )
            try:
                return process.wait(seconds)
            except BaseException as error:
                os.killpg(process.pid, signal.SIGKILL)  # with the compilers
                process.wait()
                if isinstance(error, subprocess.TimeoutExpired):
                    return 1
                raise

    def _refresh(self) -> None:
        """Copies what differs from the tree, so that no other object is compiled again."""
        wanted = {path.relative_to(ROOT) for path in CPP.rglob("*") if path.is_file()} | {Path("CMakeLists.txt")}
        for path in [path for path in self.source.rglob("*") if path.is_file()]:
            if path.relative_to(self.source) not in wanted:
                path.unlink()
        for name in wanted:
            old, new = self.source / name, (ROOT / name).read_bytes()
            if not old.exists() or old.read_bytes() != new:
                old.parent.mkdir(parents=True, exist_ok=True)
                old.write_bytes(new)
