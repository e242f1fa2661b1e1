"""The tool that makes mutants changes one token of what means something, and nothing of the tree."""

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest
from tools.mutants.changes import changes_of
from tools.mutants.runs import PACKAGE, ROOT, Place

sys.path.insert(0, str(ROOT / "tools"))  # as the tool's command has it

from mutants.core_trials import CPP, changes_that_matter, families, no_matter, rounds_of
from mutants.cpp_changes import changes_of_cpp
from mutants.reach import statement_at, words_set_by

SOURCE = b'''"""A module: 1 < 2."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    LIMIT = 1
WORDS = "\xc3\xa4"; SIZE = 2  # 3 and 4
Either = int | None


def first(values: "list[1]", *, most: int = 7) -> bool:
    """Not 5 and not 6."""
    if not values or len(values) <= most:
        raise ValueError(f"{len(values) + 1} values, {most - 1} or more")
    return all(  # < or >
        value  # <
        < 0.5 for value in values) is True
'''


def test_what_gives_a_value_is_told_from_any_of_its_lines() -> None:
    """A row over several lines is tried by the tests that name it, not by those that name an argument."""
    row = (
        b"class A:\n    momentum: float = row(\n        1,\n        limits={'below': 1},\n    )\n\n\n"
        b"def f():\n    x = (\n        1)\n"
    )
    for number in (2, 3, 4, 5):
        assert words_set_by(statement_at(row, number)) == {"momentum"}
    assert statement_at(row, 10) == "1)"


def test_every_token_that_means_something_is_changed_and_nothing_else() -> None:
    changes = changes_of("a.py", SOURCE)
    assert [
        (change.number, change.function, SOURCE[change.start : change.end].decode(), change.new) for change in changes
    ] == [
        (6, "", "2", "1"),
        (6, "", "2", "3"),
        (10, "first", "7", "6"),
        (10, "first", "7", "8"),
        (12, "first", "not", ""),
        (12, "first", "or", "and"),
        (12, "first", "<=", "<"),
        (12, "first", "<=", ">"),
        (14, "first", "all", "any"),
        (16, "first", "<", "<="),
        (16, "first", "<", ">="),
        (16, "first", "0.5", "1.0"),
        (16, "first", "is", "is not"),
        (16, "first", "True", "False"),
    ]
    for change in changes:
        changed = change.applied(SOURCE)
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(SOURCE))
        assert changed.splitlines()[change.number - 1].decode().strip() == change.line


def test_a_sum_of_types_is_no_arithmetic_and_one_of_flags_is() -> None:
    source = b"A = str | Path\nB = list[int] | np.ndarray | None\nC = os.O_RDWR | os.O_CREAT\nD = {'a': one} | more\n"
    source += b"np.random.default_rng(7)\nnp.random.default_rng(seed + 7)\n"
    assert [change.number for change in changes_of("a.py", source)] == [3, 4, 6, 6, 6]


def test_what_is_listed_as_of_no_matter_is_a_change_that_would_be_made() -> None:
    listed = (ROOT / "tools" / "mutants" / "no_matter.txt").read_text().splitlines()
    entries = [line.split(":", 1) for line in listed if line and not line.startswith("#")]
    made = {
        (path.name, change.line)
        for path in PACKAGE.rglob("*.py")
        if path.name in {name for name, _ in entries}
        for change in changes_of(path.name, path.read_bytes())
    }
    assert [line for name, line in entries if (name, line.strip()) not in made] == []
    assert [line for line, times in Counter(map(tuple, entries)).items() if times > 1] == []


def test_a_change_is_found_in_a_copy_and_the_tree_stays_as_it_was(tmp_path: Path) -> None:
    tests = [
        f"tests/data/test_split.py::test_{name}" for name in ("seed_below_0_is_refused", "seed_is_0_if_none_is_told")
    ]
    before = (PACKAGE / "data" / "split.py").read_bytes()
    line = "labels: npt.NDArray[np.int64], fraction: float, seed: int = 1"
    [change] = [one for one in changes_of("data/split.py", before) if one.line == line]
    with Place(tmp_path) as place:
        assert place.first_failure(tests, 60) == ""
        place.change(change.module, change.applied(before))
        assert place.first_failure(tests, 60) == tests[1]
        place.restore(change.module)
        assert place.read(change.module) == before
    assert (PACKAGE / "data" / "split.py").read_bytes() == before


MEMORY = '''import mmap

import numpy as np
import pytest


def test_addresses_are_reserved_as_a_browser_does():
    mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=0).close()


def test_memory_is_not_the_machines():
    with pytest.raises(MemoryError):
        np.empty(1 << 37, np.uint8)
'''


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is one of Linux")
def test_a_change_takes_little_memory_and_a_browser_has_its_addresses(tmp_path: Path) -> None:
    file = tmp_path / "test_memory.py"
    file.write_text(MEMORY)
    with Place(tmp_path / "copy") as place:
        for name in ("addresses_are_reserved_as_a_browser_does", "memory_is_not_the_machines"):
            assert place.first_failure_of([f"{file}::test_{name}", "--noconftest"], 60) == ""


CPP_SOURCE = b'''// 1 < 2
#include "a/b.h"
#define TWO 2
static_assert(kLanes == 16, "3 < 4");
template <int N = 7, bool kAdds>
float sum(const std::vector<float>& x, float* at, std::size_t begin) {  /* 5 */
    for (std::size_t i = begin; i < x.size() - 1; i += 2) *at = -x[i] * 0.5f;
    if (!at && N >= 3) throw std::invalid_argument("x < 8" + name);
    return static_cast<float>(TWO) / *at;
}
'''


def test_every_token_of_cpp_that_means_something_is_changed_and_nothing_else() -> None:
    changes = changes_of_cpp("kernels/a.cpp", CPP_SOURCE)
    assert [(change.number, CPP_SOURCE[change.start : change.end].decode(), change.new) for change in changes] == [
        (6, "begin", "end"),
        (7, "begin", "end"),
        (7, "<", "<="), (7, "<", ">="),
        (7, "-", "+"),
        (7, "1", "2"), (7, "1", "0"),
        (7, "+=", "-="),
        (7, "2", "3"), (7, "2", "1"),
        (7, "-", "+"),
        (7, "*", "/"),
        (7, "0.5f", "1.0f"),
        (8, "!", ""),
        (8, "&&", "||"),
        (8, ">=", ">"), (8, ">=", "<"),
        (8, "3", "4"), (8, "3", "2"),
        (8, "+", "-"),
        (9, "/", "*"),
    ]  # fmt: skip
    for change in changes:
        assert change.applied(CPP_SOURCE).decode().splitlines()[change.number - 1].strip() == change.line


def test_every_family_names_files_and_tests_that_there_are() -> None:
    known = families()
    sources = [path.relative_to(CPP).as_posix() for path in CPP.rglob("*") if path.suffix in (".cpp", ".h")]
    assert [name for name in known if not any(source.startswith(name) for source in sources)] == []
    tests = {word for rounds in known.values() for words in rounds for word in words if word.startswith("tests/")}
    assert tests and [test for test in tests if not (ROOT / test).exists()] == []
    for source in sources:
        if source.startswith("program/emit/"):
            assert rounds_of(source, known)


def test_what_is_listed_of_cpp_is_a_line_or_a_change_of_it() -> None:
    listed = no_matter()
    made = set()
    for name in {name for name, _ in listed}:
        path = CPP / name
        source = path.read_bytes()
        made |= {(name, line.strip()) for line in source.decode().splitlines()}
        made |= {(name, change.line) for change in changes_of_cpp(name, source)}
        assert not {(name, change.line) for change in changes_that_matter([path])} & listed
    assert listed - made == set()


def test_tests_of_the_core_see_each_build_of_it(tmp_path: Path) -> None:
    built = tmp_path / "_core.so"
    built.write_bytes(b"first")
    with Place(tmp_path / "copy", built) as place:
        built.unlink()
        built.write_bytes(b"second")  # as a linker does
        assert (place.package / "_core.so").read_bytes() == b"second"
