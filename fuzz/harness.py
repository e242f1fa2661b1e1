"""Runs a fuzz target on files that are functions of (seed, index), and finds crashes, slow files and memory spikes.

Each worker is a process of its own, which notes the index of the file it is about to try: when it dies, the file is
made again from its index and kept.
"""

import argparse
import os
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

SECONDS_OF_ONE_FILE = 1.0  # of CPU time: the machine may be busy
SPIKE_BYTES = 64 << 20
_REPORT_SECONDS = 30.0
_STATUS = Path("/proc/self/status")

Make = Callable[[int, int], bytes]  # seed, index -> the file
Try = Callable[[bytes], str]  # the file -> which rule refused it, or what it was accepted as; raises for a fault


@dataclass
class Tally:
    """What became of the files: how many each rule refused or how they were accepted, and the faults."""

    files: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def share(self, prefix: str) -> float:
        """The share of the files whose outcome begins so."""
        found = sum(count for outcome, count in self.outcomes.items() if outcome.startswith(prefix))
        return found / max(1, self.files)


def rule_of(line: str) -> str:
    """An error line without what differs from file to file, so that each rule counts once."""
    line = re.sub(r"'.*'|\".*\"|\[.*\]|\(.*\)|\{.*\}", "_", line)
    line = re.sub(r"\b(tensor|layer) [\w./-]+", r"\1 _", line)
    return re.sub(r"-?\d[\d.,x]*", "#", line)[:110]


@cache
def _status_file() -> int | None:
    return os.open(_STATUS, os.O_RDONLY | os.O_CLOEXEC) if _STATUS.exists() else None


def peak_memory_bytes() -> int:
    """The most memory that this process has held at once.

    getrusage, for systems without /proc, begins a new program with the peak of the process that started it.
    """
    status = _status_file()
    if status is None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak << 10
    return int(os.pread(status, 4096, 0).split(b"VmHWM:")[1].split(None, 1)[0]) << 10


class TooSlow(BaseException):
    """No Exception, so that nothing takes it for an error of the file."""


def fuzz(
    make: Make,
    attempt: Try,
    *,
    seed: int,
    first: int,
    count: int,
    step: int = 1,
    keep: Path | None = None,
    before: Callable[[int, Tally], None] = lambda index, tally: None,
) -> Tally:
    """Tries the files first, first + step, ... in this process; those with a fault are kept in the folder `keep`."""

    def on_alarm(number: int, frame: FrameType | None) -> None:
        raise TooSlow

    tally = Tally()
    started = time.perf_counter()
    old = signal.signal(signal.SIGVTALRM, on_alarm)
    peak = peak_memory_bytes()
    try:
        for index in range(first, first + count * step, step):
            before(index, tally)
            data = make(seed, index)
            fault = None
            signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_OF_ONE_FILE)
            try:
                tally.outcomes[attempt(data)] += 1
            except TooSlow:
                fault = f"took more than {SECONDS_OF_ONE_FILE:g} s of CPU time"
            except Exception as error:
                fault = f"{type(error).__name__}: {error}\n{traceback.format_exc(limit=-4)}"
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            tally.files += 1
            now = peak_memory_bytes()
            if index > first and now - peak > SPIKE_BYTES:  # the first file imports and builds what all need
                fault = fault or f"raised the peak memory by {(now - peak) >> 20} MiB"
            peak = now
            if fault:
                tally.faults.append(f"file {index} of seed {seed}: {fault}")
                if keep is not None:
                    save(keep, seed, index, data)
    finally:
        signal.signal(signal.SIGVTALRM, old)
    tally.seconds = time.perf_counter() - started
    return tally


def save(folder: Path, seed: int, index: int, data: bytes) -> Path:
    """Keeps a file that showed a fault."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{seed}-{index}.bin"
    path.write_bytes(data)
    return path


def main(description: str, module: str, kinds: dict[str, tuple[Make, Try]]) -> int:
    """The command line of a fuzz tool; 1 when there was a fault."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--count", type=int, default=10_000, help="files, over all workers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="index of the first file")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kind", choices=sorted(kinds), default=next(iter(kinds)))
    parser.add_argument("--keep", type=Path, default=Path("fuzz-faults"), help="folder for files with a fault")
    parser.add_argument("--progress", type=Path, help=argparse.SUPPRESS)  # makes this process a worker
    parser.add_argument("--step", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    make, attempt = kinds[options.kind]
    if options.progress is None:
        return _lead(module, make, options)
    descriptor = os.open(options.progress, os.O_RDWR | os.O_CREAT, 0o600)
    last = time.monotonic()

    def before(index: int, tally: Tally) -> None:
        nonlocal last
        os.pwrite(descriptor, struct.pack("<q", index), 0)
        if time.monotonic() - last > _REPORT_SECONDS:
            last = time.monotonic()
            print(f"{tally.files:,} files, {len(tally.faults)} faults", file=sys.stderr, flush=True)

    tally = fuzz(
        make, attempt, seed=options.seed, first=options.first, count=options.count, step=options.step,
        keep=options.keep, before=before,
    )  # fmt: skip
    _print(tally)
    return 1 if tally.faults else 0


def _lead(module: str, make: Make, options: Any) -> int:
    """Starts the workers, and keeps the files at which one died."""
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        workers = []
        for number in range(options.workers):
            count = len(range(number, options.count, options.workers))
            progress = Path(folder) / str(number)
            workers.append((progress, subprocess.Popen([
                sys.executable, "-m", module, "--kind", options.kind, "--seed", str(options.seed),
                "--first", str(options.first + number), "--step", str(options.workers), "--count", str(count),
                "--keep", options.keep, "--progress", progress,
            ])))  # fmt: skip
        for progress, worker in workers:
            code = worker.wait()
            failed |= code != 0
            if code not in (0, 1):
                (index,) = struct.unpack("<q", progress.read_bytes())
                path = save(options.keep, options.seed, index, make(options.seed, index))
                print(f"died (exit code {code}) at file {index} of seed {options.seed}, kept as {path}")
    return 1 if failed else 0


def _print(tally: Tally) -> None:
    for outcome, count in tally.outcomes.most_common():
        print(f"{count:>12,}  {outcome}")
    peak = peak_memory_bytes() >> 20
    print(
        f"{tally.files:,} files in {tally.seconds:.1f} s, {tally.files / max(tally.seconds, 1e-9):,.0f} a second; "
        f"accepted {tally.share('accepted'):.1%}, past the container {1 - tally.share('container'):.1%}; "
        f"peak memory {peak} MiB; {len(tally.faults)} faults",
        flush=True,
    )
    for fault in tally.faults[:50]:
        print(fault)
