"""Whole commands: from the start of the process to its end."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LAUNCH = Path(__file__).with_name("launch.py")
SCRIPTS = Path(__file__).with_name("scripts")


@dataclass(frozen=True)
class Cost:
    """Of one command: seconds from start to exit, peak of resident memory, and what it printed."""

    seconds: float
    peak_bytes: float
    output: str


def cost(command: list[str], folder: Path, threads: int) -> Cost:
    """Runs a command in a folder; raises RuntimeError with its messages if it fails."""
    output = folder / "stdout"
    result = subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCH), str(output), *command],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": str(threads), "CNN_NUM_THREADS": str(threads)},
    )
    facts = json.loads(result.stdout)
    if facts["status"] != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {facts['status']}\n{result.stderr[-2000:]}")
    return Cost(facts["seconds"], facts["peak_bytes"], output.read_text(encoding="utf-8"))


def cnn(*words: str) -> list[str]:
    return [sys.executable, "-m", "cnncli", *words]


def script(name: str, python: str, *words: str) -> list[str]:
    """A script of benchmarks/scripts with the interpreter of its library."""
    return [python, str(SCRIPTS / f"{name}.py"), *words]


def can_import(python: str, *modules: str) -> str | None:
    """None, or why not: the last line of the error."""
    result = subprocess.run([python, "-c", f"import {', '.join(modules)}"], capture_output=True, text=True, check=False)
    return None if result.returncode == 0 else result.stderr.strip().splitlines()[-1]


def write_idx(folder: Path, training: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]) -> None:
    """MNIST's four files, with these images and labels."""
    folder.mkdir()
    for part, arrays in (("train", training), ("t10k", test)):
        for name, array in zip(("images-idx3", "labels-idx1"), arrays, strict=True):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            (folder / f"{part}-{name}-ubyte").write_bytes(header + array.tobytes())
