"""Make a sample of single-token mutants, and name those that no test finds.

    python tools/mutants --sample 100
    python tools/mutants pictures data/split.py --sample 40 --seed 2 --tests tests/pictures tests/data
    python tools/mutants cpp/kernels/pooling cpp/program/emit --sample 40

A mutant is the package with one token changed: `<` for `<=`, 2 for 1, `or` for `and`, ... Docstrings, type hints and
messages are left alone. Those tests run that reach the changed function, until one fails; which reach it is measured
with coverage when the tool first runs (as long as the tests take, twice) and for files of tests that changed. All
happens in a copy of the package in a temporary folder. Needs `coverage`. What they do not find is tried by the tests
against PyTorch of the module's folder, if --torch names a Python that has it.

Files and folders that begin with cpp are the core: what a change touches is compiled in build/mutants, for one
instruction set, and the tests of tools/mutants/families.txt run. What does not compile is no mutant.

Mutants that do the same as the program, or differ in nothing that anybody was promised, are listed in
tools/mutants/no_matter.txt and no_matter_cpp.txt with the reason, and not drawn. Exit code 1 if fewer than --least are
found.
"""

import argparse
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from mutants.changes import Change, changes_of
from mutants.core_builds import CoreBuild
from mutants.core_trials import CoreTrials, changes_that_matter, sources
from mutants.reach import Reach, functions_that_name, reach_of, statement_at, words_set_by
from mutants.runs import PACKAGE, ROOT, Place, in_parallel

NO_MATTER = Path(__file__).parent / "no_matter.txt"
_SECONDS_AT_LEAST = 60.0  # for one mutant; what takes longer hangs
_SECONDS_BESIDE_TORCH = 600.0  # what takes longer is not counted

Verdicts = Iterator[tuple[str, Change, str]]  # the file, the change, which test found it


def drawn(modules: list[Path], count: int, seed: int) -> list[Change]:
    """A sample of the changes that matter, in the order of the tree."""
    pool = [change for path in modules for change in changes_of(_name(path), path.read_bytes())]
    listed = no_matter()
    pool = [change for change in pool if (Path(change.module).name, change.line) not in listed]
    return sorted(random.Random(seed).sample(pool, min(count, len(pool))), key=lambda one: (one.module, one.start))


def no_matter() -> set[tuple[str, str]]:
    """(file, line after the change) of the mutants that no test need find."""
    lines = [line for line in NO_MATTER.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return {(name, rest.strip()) for name, rest in (line.split(":", 1) for line in lines)}


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _modules(named: list[str]) -> list[Path]:
    found = []
    for name in named or ["."]:
        path = PACKAGE / name
        if not path.exists():
            raise SystemExit(f"mutants: {path.relative_to(ROOT)}: no such module; name one as data/split.py")
        found += [path] if path.is_file() else sorted(path.rglob("*.py"))
    return [path for path in dict.fromkeys(found) if path.name != "__main__.py"]


class Trials:
    """Tries changes one after the other."""

    def __init__(self, place: Place, reach: Reach, budget_seconds: float, torch: str = "") -> None:
        self.place, self.reach, self.budget, self.torch = place, reach, budget_seconds, torch
        self.trusted: dict[str, bool] = {}

    def verdict(self, change: Change) -> str:
        """Which test finds it, or "" if none does."""
        source = (PACKAGE / change.module).read_bytes()
        statement = statement_at(source, change.number)
        names, words = functions_that_name(source, statement), words_set_by(statement)
        self.place.change(change.module, change.applied(source))
        try:
            for tests in self.reach.tests_of(change.module, change.function, names, words, self.budget):
                if by := self._first_that_fails(change.module, [one for one in tests if self.trusted.get(one, True)]):
                    return by
            if self.torch:
                return self.place.failure_beside_torch(self.torch, change.module, _SECONDS_BESIDE_TORCH)
            return ""
        finally:
            self.place.restore(change.module)

    def _first_that_fails(self, module: str, tests: list[str]) -> str:
        while tests:
            failed = self._first_failure(tests)
            if not failed or failed == "time is up" or self._passes_unchanged(module, failed, tests):
                return failed
            tests.remove(failed)  # it fails without the change, too: it says nothing
        return ""

    def _first_failure(self, tests: list[str]) -> str:
        expected = sum(self.reach.seconds.get(test, 1.0) for test in tests)
        return self.place.first_failure(tests, _SECONDS_AT_LEAST + 5 * expected)

    def _passes_unchanged(self, module: str, failed: str, tests: list[str]) -> bool:
        if failed not in self.trusted:
            changed = self.place.read(module)
            self.place.restore(module)
            again = self._first_failure([failed] if failed in tests else tests)
            self.place.change(module, changed)
            if failed not in tests:
                if again:
                    raise SystemExit(f"mutants: without any change: {again}")
                return True
            self.trusted[failed] = not again
            if again:
                print(f"left out, since it fails without any change: {failed}", flush=True)
        return self.trusted[failed]


def _folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help="files or folders below python/cnncli; none: all")
    parser.add_argument("--sample", type=int, default=100, metavar="N", help="mutants to make (100)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (1)")
    parser.add_argument("--tests", nargs="+", default=["tests"], help="files or folders of tests (tests)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="mutants tried at a time (1)")
    parser.add_argument("--budget", type=float, default=40.0, metavar="SECONDS", help="of tests for one mutant (40)")
    parser.add_argument("--torch", default="", metavar="PYTHON", help="with PyTorch, for the tests against it")
    parser.add_argument("--least", type=float, default=0.9, help="share that must be found (0.9)")
    parser.add_argument("--isa", default="avx2", help="instruction set that the core is compiled for (avx2)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the temporary folder goes
    of_core = [name.split("/")[0] == "cpp" for name in options.modules]
    if any(of_core) and not all(of_core):
        raise SystemExit("mutants: modules of Python and files of the core in one run; name them in two")
    sys.exit(_report(_core_verdicts(options) if any(of_core) else _verdicts(options)) < options.least)


def _verdicts(options: argparse.Namespace) -> Verdicts:
    sample = drawn(_modules(options.modules), options.sample, options.seed)
    with ExitStack() as stack:
        places = [stack.enter_context(Place(Path(stack.enter_context(_folder())))) for _ in range(options.jobs)]
        reach = reach_of(places, options.tests)
        trials = {id(place): Trials(place, reach, options.budget, options.torch) for place in places}
        for change, verdict in in_parallel(places, sample, lambda place, one: (one, trials[id(place)].verdict(one))):
            yield f"python/cnncli/{change.module}", change, verdict


def _core_verdicts(options: argparse.Namespace) -> Verdicts:
    pool = changes_that_matter(sources(options.modules))
    build, left = CoreBuild(options.isa), options.sample
    with _folder() as folder, Place(Path(folder), build.core) as place:
        trials = CoreTrials(place, build)
        for change in random.Random(options.seed).sample(pool, len(pool)):
            if left == 0:
                break
            verdict = trials.verdict(change)
            if verdict is not None:
                left -= 1
                yield f"cpp/{change.module}", change, verdict
        trials.check_unchanged()


def _report(verdicts: Verdicts) -> float:
    """Prints each one, and the counts; the share of those that were found."""
    found: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for file, change, verdict in verdicts:
        total[file] += 1
        found[file] += bool(verdict)
        by = f"\n           by {verdict}" if verdict else ""
        print(f"{'found   ' if verdict else 'SURVIVES'} {file}:{change.number}: {change.line}{by}", flush=True)
    print()
    for file in sorted(total):
        print(f"{found[file]:4} of {total[file]:4}  {file}")
    share = found.total() / max(total.total(), 1)
    print(f"{found.total():4} of {total.total():4} found ({100 * share:.0f}%)")
    return share


if __name__ == "__main__":
    main()
