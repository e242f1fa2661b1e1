"""Make a sample of single-token mutants, and name those that no test finds.

    python tools/mutants --sample 100
    python tools/mutants pictures data/split.py --sample 40 --seed 2 --tests tests/pictures tests/data

A mutant is the package with one token changed: `<` for `<=`, 2 for 1, `or` for `and`, ... Docstrings, type hints and
messages are left alone. Those tests run that reach the changed function, until one fails; which reach it is measured
with coverage when the tool first runs (as long as the tests take, twice) and for files of tests that changed. All
happens in a copy of the package in a temporary folder. Needs `coverage`.

Mutants that do the same as the program, or differ in nothing that anybody was promised, are listed in
tools/mutants/no_matter.txt with the reason, and not drawn. Exit code 1 if fewer than --least are found.
"""

import argparse
import random
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from mutants.changes import Change, changes_of
from mutants.reach import Reach, functions_that_name, reach_of
from mutants.runs import PACKAGE, ROOT, Place

NO_MATTER = Path(__file__).parent / "no_matter.txt"
_SECONDS_AT_LEAST = 60.0  # for one mutant; what takes longer hangs


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

    def __init__(self, place: Place, reach: Reach, budget_seconds: float) -> None:
        self.place, self.reach, self.budget = place, reach, budget_seconds
        self.trusted: dict[str, bool] = {}

    def verdict(self, change: Change) -> str:
        """Which test finds it, or "" if none does."""
        source = (PACKAGE / change.module).read_bytes()
        names = functions_that_name(source, change.line)
        self.place.change(change.module, change.applied(source))
        try:
            for tests in self.reach.tests_of(change.module, change.function, names, self.budget):
                if by := self._first_that_fails(change.module, [one for one in tests if self.trusted.get(one, True)]):
                    return by
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
    parser.add_argument("--budget", type=float, default=40.0, metavar="SECONDS", help="of tests for one mutant (40)")
    parser.add_argument("--least", type=float, default=0.9, help="share that must be found (0.9)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the temporary folder goes
    sample = drawn(_modules(options.modules), options.sample, options.seed)
    found: Counter[str] = Counter()
    total: Counter[str] = Counter()
    with _folder() as folder, Place(Path(folder)) as place:
        trials = Trials(place, reach_of(place, options.tests), options.budget)
        for change in sample:
            verdict = trials.verdict(change)
            total[change.module] += 1
            found[change.module] += bool(verdict)
            where = f"python/cnncli/{change.module}:{change.number}"
            print(f"{'found   ' if verdict else 'SURVIVES'} {where}: {change.line}", flush=True)
            if verdict:
                print(f"           by {verdict}", flush=True)
    print()
    for module in sorted(total):
        print(f"{found[module]:4} of {total[module]:4}  {module}")
    share = found.total() / max(total.total(), 1)
    print(f"{found.total():4} of {total.total():4} found ({100 * share:.0f}%)")
    sys.exit(share < options.least)


if __name__ == "__main__":
    main()
