"""Which tests reach which function: measured once with coverage, and again for files of tests that changed."""

import ast
import hashlib
import json
import os
import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from mutants.runs import PACKAGE, ROOT, Place, in_parallel

KEPT = ROOT / "build" / "mutants" / "reach.json"
_SECONDS_OF_A_FILE = 0.5  # to import a file of tests
_FILES_AT_ONCE = 4  # that are measured
_FILES_OF_FIRST_ROUND = 2  # most mutants are found by these
_SETTINGS = """[run]
source = {package}
data_file = {folder}/measured/coverage
parallel = true
patch = _exit
context = ${{MUTANTS_TEST-}}
disable_warnings = no-data-collected, module-not-imported
"""


@dataclass
class Reach:
    """What the tests do.

    seconds : of a core, for each test
    functions : "module:function" to names of tests
    files : digests of files of tests
    """

    seconds: dict[str, float] = field(default_factory=dict)
    functions: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def tests_of(
        self, module: str, function: str, names: set[str], words: set[str], budget_seconds: float
    ) -> list[list[str]]:
        """Tests that run the function, in rounds of a few files; all together take no more than the budget.

        names, words : the functions that name what stands outside of functions, as a constant; they stand for it, and
            so do the files of tests in which one of its words stands

        The module's own file of tests comes first, then those of its folder, then those with quick tests; in each file
        the quick ones first.
        """
        own, folder = f"test_{Path(module).stem.strip('_')}.py", f"tests/{Path(module).parts[0]}/"
        found = self.functions.get(f"{module}:{function}") or self._tests_of_outside(module, names, words, own)
        by_file: dict[str, list[str]] = defaultdict(list)
        for test in sorted(found, key=lambda test: self.seconds.get(test, 1.0)):
            by_file[test.split("::")[0]].append(test)
        cost = {file: sum(self.seconds.get(test, 1.0) for test in tests) for file, tests in by_file.items()}
        ordered = sorted(
            by_file,
            key=lambda file: (
                Path(file).name != own,
                not file.startswith(folder),
                cost[file] / len(by_file[file]),
                file,
            ),
        )
        rounds: list[list[str]] = [[], []]
        left = budget_seconds
        for place, file in enumerate(ordered):
            left -= _SECONDS_OF_A_FILE
            for test in by_file[file]:
                left -= self.seconds.get(test, 1.0)
                if left < 0 and rounds[0]:
                    break
                rounds[place >= _FILES_OF_FIRST_ROUND].append(test)
        return [tests for tests in rounds if tests]

    def _tests_of_outside(self, module: str, names: set[str], words: set[str], own: str) -> list[str]:
        """Tests of what importing the module runs: those of functions that name it, those of files that name it, and
        all of the module's own."""
        inside = [place for place in self.functions if place.startswith(f"{module}:")]
        naming = [place for place in inside if place.split(":")[1] in names]
        found = {test for place in naming or inside for test in self.functions[place]}
        files = {test.split("::")[0] for test in self.seconds}
        named = {file for file in files if Path(file).name == own or words & _words_of(file)}
        return sorted(found | {test for test in self.seconds if test.split("::")[0] in named})

    def add(self, other: "Reach") -> None:
        """Puts in what was measured of other files of tests."""
        self.seconds |= other.seconds
        self.files |= other.files
        for where, tests in other.functions.items():
            self.functions[where] = sorted({*self.functions.get(where, []), *tests})

    def only(self, files: set[str]) -> "Reach":
        """What is known of these files of tests."""
        return Reach(
            {test: seconds for test, seconds in self.seconds.items() if test.split("::")[0] in files},
            {
                where: kept
                for where, found in self.functions.items()
                if (kept := [test for test in found if test.split("::")[0] in files])
            },
            {name: digest for name, digest in self.files.items() if name in files},
        )


def reach_of(places: list[Place], tests: list[str]) -> Reach:
    """What is known of these files and folders of tests; what is new or changed is measured first.

    A few files at a time, and kept after each: what is stopped goes on where it was, and several tools may measure.
    """
    if missing := [test for test in tests if not (ROOT / test).exists()]:
        raise SystemExit(f"mutants: --tests {missing[0]}: no such file or folder; name one as tests/data")
    files = sorted({path for test in tests for path in _files(ROOT / test)})
    digests = {path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    known = _kept()
    stale = [name for name, digest in digests.items() if known.files.get(name) != digest]
    if stale:
        print(f"measuring what {len(stale)} files of tests reach", flush=True)
    parts = [stale[first : first + _FILES_AT_ONCE] for first in range(0, len(stale), _FILES_AT_ONCE)]
    for measured in in_parallel(places, parts, _measured):
        known = _kept()
        known = known.only({name for name in known.files if (ROOT / name).exists()} - set(measured.files))
        known.add(measured)
        known.files |= {name: digests[name] for name in measured.files}
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        written = KEPT.with_suffix(f".{os.getpid()}")
        written.write_text(json.dumps(vars(known)))
        written.replace(KEPT)
    return known.only(set(digests))


def _kept() -> Reach:
    return Reach(**json.loads(KEPT.read_text())) if KEPT.exists() else Reach()


def _files(test: Path) -> list[Path]:
    return sorted(test.rglob("test_*.py")) if test.is_dir() else [test]


def _measured(place: Place, files: list[str]) -> Reach:
    """What these files of tests reach, and how long each test takes."""
    import coverage

    settings = place.folder / "coverage.ini"
    (place.folder / "measured").mkdir(exist_ok=True)
    settings.write_text(_SETTINGS.format(package=place.package, folder=place.folder))
    ran = place.measure(files, settings)
    reach = Reach({test: seconds for test, seconds, _ in ran}, files=dict.fromkeys(files, "") if ran else {})
    whole = coverage.Coverage(config_file=str(settings))
    whole.combine()
    data = whole.get_data()
    found: dict[str, set[str]] = defaultdict(set)
    for measured in data.measured_files():
        path = Path(measured)
        if path.suffix != ".py" or not path.exists():
            continue
        module = path.relative_to(place.package).as_posix()
        inside = functions_of_lines(path.read_bytes())
        for line, tests in data.contexts_by_lineno(measured).items():
            if inside.get(line):
                found[f"{module}:{inside[line]}"] |= {test for test in tests if test in reach.seconds}
    reach.functions |= {where: sorted(tests) for where, tests in found.items() if tests}
    return reach


def functions_of_lines(source: bytes) -> dict[int, str]:
    """The innermost function of each line that one runs; lines that importing the module runs have none."""
    lines: dict[int, str] = {}

    def walk(node: Any, name: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{name}.{child.name}" if name else child.name
                if not isinstance(child, ast.ClassDef):
                    lines.update(dict.fromkeys(range(child.body[0].lineno, (child.end_lineno or 0) + 1), inner))
                walk(child, inner)
            else:
                walk(child, name)

    walk(ast.parse(source), "")
    return lines


@cache
def _words_of(file: str) -> frozenset[str]:
    path = ROOT / file
    return frozenset(re.findall(r"\w+", path.read_text(encoding="utf-8"))) if path.exists() else frozenset()


def statement_at(source: bytes, number: int) -> str:
    """What gives values to names and covers this line, outside of functions: the whole of it, or the line alone."""
    lines = source.decode().splitlines()
    inside = functions_of_lines(source)
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.lineno in inside:
            continue
        if node.lineno <= number <= (node.end_lineno or 0):
            return "\n".join(lines[node.lineno - 1 : node.end_lineno]).strip()
    return lines[number - 1].strip()


def words_set_by(line: str) -> set[str]:
    """The names that a line outside of functions gives a value to: x of "x: int = 1"."""
    return {word for word in line.split("=")[0].split(":")[0].replace(",", " ").split() if word.isidentifier()}


def functions_that_name(source: bytes, line: str) -> set[str]:
    """The functions in which a name stands that this line, outside of functions, gives a value to."""
    names = words_set_by(line)
    inside = functions_of_lines(source)
    text = source.decode().splitlines()
    return {
        function
        for number, function in inside.items()
        if any(name in text[number - 1] for name in names)
    }


__all__ = ["KEPT", "PACKAGE", "Reach", "functions_that_name", "reach_of", "statement_at", "words_set_by"]
