"""What tests run in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def command_of(name: str, *arguments: object) -> list[str]:
    """The words that run the module `name` of this folder with arguments."""
    return [sys.executable, str(FOLDER / f"{name}.py"), *map(str, arguments)]


def run_file(name: str, *arguments: object, timeout: float = 60) -> str:
    """What the module `name` of this folder prints, run with arguments; fails with it, or after `timeout` seconds."""
    result = subprocess.run(
        command_of(name, *arguments),
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(FOLDER), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
