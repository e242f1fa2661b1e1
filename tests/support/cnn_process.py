"""The command `cnn` as users run it: a process of its own, in a folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and all of its output."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.out)


Cnn = Callable[..., Outcome]


def environment(home: Path) -> dict[str, str]:
    """No settings of the user who runs the tests, and a home without data sets and without a way to fetch any."""
    theirs = [name for name in os.environ if name.startswith(("CNN_", "XDG_"))]
    theirs = [name for name in theirs if name != "CNN_ISA"]  # a test run for one instruction set is that throughout
    kept = {name: value for name, value in os.environ.items() if name not in theirs}
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"):
        kept.pop(name, None)
    no_mirrors = {"CNN_MIRRORS": "https://127.0.0.1:9/"}  # nobody listens there: no test leaves this machine
    return {**kept, **no_mirrors, "HOME": str(home), "PYTHONIOENCODING": "utf-8"}


def start_cnn(arguments: tuple[Any, ...], folder: Path, **options: Any) -> "subprocess.Popen[str]":
    """The command, running; its pipes are open. `program` takes the place of `-m cnncli`."""
    extra = options.pop("env", {})
    return subprocess.Popen(
        [sys.executable, *options.pop("program", ("-m", "cnncli")), *map(str, arguments)],
        cwd=folder,
        env={**environment(folder), **extra},
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        **options,
    )


def run_cnn(*arguments: Any, folder: Path, **options: Any) -> Outcome:
    """The command to its end."""
    process = start_cnn(arguments, folder, **options)
    out, err = process.communicate(timeout=240)
    return Outcome(process.returncode, out or "", err)
