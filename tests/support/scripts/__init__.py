"""What tests run in processes of their own: modules that linters see, and the few lines of each test after them."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

FOLDER = Path(__file__).parent


def run_script(prelude: str, body: str, *, timeout: float) -> None:
    """`body`, after all names of a module of this folder; fails with what it printed, or after `timeout` seconds."""
    _run("-c", f"from cnncli import _core\nfrom {prelude} import *\n{textwrap.dedent(body)}", timeout=timeout)


def run_file(name: str, *arguments: object, timeout: float = 60) -> str:
    """What the module `name` of this folder prints, run with arguments; fails with it, or after `timeout` seconds."""
    return _run(str(FOLDER / f"{name}.py"), *map(str, arguments), timeout=timeout)


def _run(*arguments: str, timeout: float) -> str:
    result = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(FOLDER), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
