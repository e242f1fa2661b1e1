"""Tries changes of the core's C++: compiles each, and runs the tests of its family until one fails."""

import shlex
from pathlib import Path

from mutants.changes import Change
from mutants.core_builds import CPP, CoreBuild
from mutants.cpp_changes import changes_of_cpp
from mutants.runs import ROOT, Place

NO_MATTER = Path(__file__).parent / "no_matter_cpp.txt"
FAMILIES = Path(__file__).parent / "families.txt"
_SECONDS_AT_LEAST = 60.0  # for the tests of one mutant; what takes longer hangs


def sources(named: list[str]) -> list[Path]:
    """The files below cpp that these names, which begin with "cpp/", stand for."""
    found = []
    for name in named:
        path = ROOT / name
        if not path.exists():
            raise SystemExit(f"mutants: {name}: no such file or folder; name one as cpp/kernels/pooling")
        found += [path] if path.is_file() else sorted(path.rglob("*.cpp")) + sorted(path.rglob("*.h"))
    return list(dict.fromkeys(found))


def changes_that_matter(paths: list[Path]) -> list[Change]:
    """All changes of these files but those that are listed: lines as they stand, or as a change leaves them."""
    listed, found = no_matter(), []
    for path in paths:
        source, name = path.read_bytes(), path.relative_to(CPP).as_posix()
        lines = [line.strip() for line in source.decode().splitlines()]
        found += [
            change
            for change in changes_of_cpp(name, source)
            if not {(name, change.line), (name, lines[change.number - 1])} & listed
        ]
    return found


def no_matter() -> set[tuple[str, str]]:
    """(file below cpp, line)"""
    lines = [line for line in NO_MATTER.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return {(name, rest.strip()) for name, rest in (line.split(":", 1) for line in lines)}


def families() -> dict[str, list[list[str]]]:
    """Beginnings of paths below cpp, to the arguments of pytest for each round."""
    found: dict[str, list[list[str]]] = {}
    name = ""
    for line in FAMILIES.read_text().splitlines():
        if line.startswith(" "):
            found[name].append(shlex.split(line))
        elif line and not line.startswith("#"):
            name = line
            found[name] = []
    return found


def rounds_of(module: str, known: dict[str, list[list[str]]]) -> list[list[str]]:
    """Those of the longest beginning of its path."""
    names = [name for name in known if module.startswith(name)]
    if not names:
        raise SystemExit(f"mutants: cpp/{module} has no tests; add its family to {FAMILIES.relative_to(ROOT)}")
    return known[max(names, key=len)]


class CoreTrials:
    """Tries changes one after the other."""

    def __init__(self, place: Place, build: CoreBuild) -> None:
        self.place, self.build, self.known = place, build, families()
        self.found: set[str] = set()

    def verdict(self, change: Change) -> str | None:
        """Which test finds it, "" if none does; None if it does not compile, so that it is no mutant."""
        rounds = rounds_of(change.module, self.known)
        try:
            self.build.change(change.module, change.applied((CPP / change.module).read_bytes()))
            if not self.build.compiles():
                return None
            by = next((by for arguments in rounds if (by := self._failure(arguments))), "")
        finally:
            self.build.restore(change.module)
        if by:
            self.found.add(by)
        return by

    def check_unchanged(self) -> None:
        """What found changes must pass on the core of the tree, or all would be found. SystemExit if not."""
        tests = sorted(test for test in self.found if test.startswith("tests/"))
        if not tests:
            return
        self.build.compiles()
        if by := self.place.first_failure(tests, 60 * _SECONDS_AT_LEAST):
            raise SystemExit(f"mutants: without any change, too: {by}")

    def _failure(self, arguments: list[str]) -> str:
        return self.place.first_failure_of([_path(one) for one in arguments], 5 * _SECONDS_AT_LEAST)


def _path(argument: str) -> str:
    return str(ROOT / argument) if argument.startswith("tests/") else argument
