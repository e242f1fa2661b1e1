"""Run every test that draws random numbers with many seeds; none may hang on the seed made of its name.

    python tools/many_seeds.py --count 60
    python tools/many_seeds.py --first 61 --count 40 tests/kernels tests/program/test_single_program.py

The tests are those that use the fixture `rng`, on every instruction set of this CPU. Each seed is a run of pytest of
its own with CNN_TEST_SEED; what fails is listed with its seed. Exit code 1 if anything failed. A seed takes about
half a minute of one core.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """pytest loads this file as a plugin, too: tests that draw nothing give the same with every seed."""
    drawing = [item for item in items if "rng" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(drawing)])
    items[:] = drawing


def failures(seed: int, arguments: list[str]) -> list[str]:
    """The names of the tests that fail with this seed, and what pytest says where it cannot run."""
    tools = Path(__file__).parent
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=no", "-p", Path(__file__).stem, *arguments],
        env={
            **os.environ,
            "CNN_TEST_SEED": str(seed),
            "PYTHONPATH": os.pathsep.join([str(tools), os.environ.get("PYTHONPATH", "")]),
        },
        cwd=tools.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if run.returncode and not failed:
        failed = (run.stdout + run.stderr).splitlines()[-5:]
    return failed


def main() -> int:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=60, help="how many seeds (default 60)")
    parser.add_argument("--first", type=int, default=1, help="the first of them (default 1)")
    options, arguments = parser.parse_known_args()
    total = 0
    for seed in range(options.first, options.first + options.count):
        failed = failures(seed, arguments)
        total += len(failed)
        print(f"seed {seed}: {len(failed)} failed", flush=True)
        for line in failed:
            print(f"    {line}", flush=True)
    print(f"{options.count} seeds: {total} failures")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
