"""What a record says about where and when it was taken."""

import datetime
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from cnncli import _core

ROOT = Path(__file__).parents[1]


def facts() -> dict[str, Any]:
    """Machine, build and versions, as JSON values; the peak is of one thread."""
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M"),
        "cpu": cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "instruction_set": _core.instruction_set(),
        "peak_gigaflops": _core.fma_peak(seconds=0.2) / 1e9,
        "compiler": _core.__compiler__,
        "commit": commit(),
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
    }


def cpu() -> str:
    """The name of the processor; "AMD EPYC (family 25, model 1)" where the name alone says little."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    values = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    name = values.get("model name") or platform.machine()
    number = [f"{key} {values[key]}" for key in ("cpu family", "model") if key in values]
    return f"{name} ({', '.join(number).replace('cpu ', '')})" if number else name


def commit() -> str:
    """The commit of the sources, with a + if they were changed since; "" outside a repository."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        sources = ("cpp", "python", "models", "benchmarks/*.py")
        changed = git("status", "--porcelain", "--untracked-files=no", "--", *sources)
        return git("rev-parse", "--short=10", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return ""
