"""The command `cnn` as users run it: in a folder of its own, without the settings of whoever runs the tests."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch


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
    """The command to its end: in this process, which says the same half a second sooner; in one of its own if options
    ask for what only that has."""
    return _in_own_process(arguments, folder, **options) if options else _here(arguments, folder)


def _here(arguments: tuple[Any, ...], folder: Path) -> Outcome:
    from cnncli.cli.main import run

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    before = Path.cwd()
    with (
        patch.dict(os.environ, environment(folder), clear=True),
        patch.object(sys, "stdout", out),
        patch.object(sys, "stderr", err),
    ):
        os.chdir(folder)
        try:
            code = run([str(argument) for argument in arguments])
        finally:
            os.chdir(before)
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]
    return Outcome(code, *texts)


def _in_own_process(arguments: tuple[Any, ...], folder: Path, **options: Any) -> Outcome:
    process = start_cnn(arguments, folder, **options)
    out, err = process.communicate(timeout=240)
    return Outcome(process.returncode, out or "", err)
