"""A record in the making: what every benchmark's JSON line begins with, and its results one by one."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import machine, report
from benchmarks.contender import Contender, Missing, Together
from benchmarks.measure import Result
from benchmarks.networks import make_workload
from benchmarks.options import Options


class Record:
    """Collects results and tells them as they come; `to_dict` is the JSON line."""

    def __init__(self, benchmark: str, options: Options) -> None:
        self._say = options.say
        self.facts: dict[str, Any] = {
            "benchmark": benchmark,
            **machine.facts(),
            "threads": options.threads,
            "rounds": options.rounds,
            "quick": options.quick,
            "skipped": {},
            "results": [],
        }
        self._told = False

    def version(self, contender: Contender) -> None:
        self.facts["versions"] |= contender.versions

    def skip(self, name: str, why: str) -> None:
        self.facts["skipped"][name] = why
        self._say(f"{name}: {why}, skipped")

    def note(self, text: str) -> None:
        """Something that the page must say too."""
        self.facts.setdefault("notes", []).append(text)
        self._say(f"  {text}")

    def fail(self, text: str) -> None:
        """A contender that was left out: the run goes on, and its exit code tells."""
        self.facts["failed"] = True
        self.note(text)

    def add(self, result: Result) -> None:
        if not self._told:
            self._told = True
            self._say(report.head(self.facts))
        self.facts["results"].append(result.to_dict())
        for line in report.lines(result, self.facts):
            self._say(line)

    def to_dict(self) -> dict[str, Any]:
        return self.facts


@contextlib.contextmanager
def contenders(names: list[str], options: Options, record: Record) -> Iterator[dict[str, Contender]]:
    """Ours first, then those of the names that are installed; all are stopped at the end."""
    with contextlib.ExitStack() as stack:
        running = {}
        for name in ["cnncli", *names]:
            try:
                running[name] = Contender(name, options.threads, options.pythons)
            except Missing as missing:
                record.skip(name, str(missing))
                continue
            stack.callback(running[name].close)
            record.version(running[name])
        yield running


@contextlib.contextmanager
def loaded(model: str, images: int, running: Mapping[str, Contender | Together]) -> Iterator[None]:
    """Every contender has the network and as many images."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        path = Path(folder, "workload.npz")
        make_workload(model, images).save(path)
        for contender in running.values():
            contender.ask("load", path=str(path))
        yield


def tolerances(running: Mapping[str, Contender | Together]) -> dict[str, float]:
    return {name: contender.tolerance for name, contender in running.items()}
