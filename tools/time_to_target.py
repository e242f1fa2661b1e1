"""Times `cnn train --target` as whole processes, from the start of Python to the saved model, over several seeds.

    python tools/time_to_target.py --data-dir FOLDER

Prints a line a seed and the means. Nothing else should run on the machine.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def run(arguments: list[str], folder: Path) -> tuple[float, dict[str, Any]]:
    """(seconds of the process, what it printed). Exit code 1 is a missed target, which the output says too."""
    command = [sys.executable, "-m", "cnncli", "train", *arguments, "--json"]
    start = time.perf_counter()
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if process.returncode not in (0, 1) or not process.stdout:
        sys.exit(process.stderr)
    facts: dict[str, Any] = json.loads(process.stdout)
    return seconds, facts


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--arch", default="lenet5")
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--target", default="0.99")
    parser.add_argument("--seeds", type=int, default=10, help="runs with the seeds 1, 2, ...")
    parser.add_argument("--threads", default=str(min(2, os.cpu_count() or 1)))
    parser.add_argument("--data-dir", help="folder of MNIST's files; default: where `cnn` finds them")
    known, more = parser.parse_known_args()  # the others go to `cnn train` as they are
    given = ["--arch", known.arch, "--target", known.target, "--threads", known.threads, "--data", known.data, *more]
    if known.data_dir:
        given += ["--data-dir", str(Path(known.data_dir).resolve())]
    rows = []
    print("seed  seconds  of them training  epochs  validation     test  target")
    for seed in range(1, known.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            seconds, facts = run([*given, "--seed", str(seed)], Path(folder))
        row = (seconds, facts["seconds"], facts["epochs"], facts["validation_accuracy"], facts["test_accuracy"])
        rows.append((*row, facts["target_reached"]))
        print(_line(f"{seed:>4}", row) + ("  reached" if facts["target_reached"] else "  missed"), flush=True)
    columns = list(zip(*rows, strict=True))
    means = [statistics.mean(column) for column in columns[:5]]
    print(_line("mean", means) + f"  {sum(columns[5])} of {len(rows)}")
    print(f"seconds: median {statistics.median(columns[0]):.2f}, most {max(columns[0]):.2f}")


def _line(name: str, row: Any) -> str:
    seconds, training, epochs, validation, test = row
    return (
        f"{name}  {seconds:>7.2f}  {training:>16.2f}  {epochs:>6.4g}  {100 * validation:>8.2f} %  {100 * test:>5.2f} %"
    )


if __name__ == "__main__":
    main()
