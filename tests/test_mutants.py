"""The tool that makes mutants changes one token of what means something, and nothing of the tree."""

import ast
from pathlib import Path

from tools.mutants.changes import changes_of
from tools.mutants.runs import PACKAGE, ROOT, Place

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
    assert [change.number for change in changes_of("a.py", source)] == [3, 4]


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


def test_a_change_is_found_in_a_copy_and_the_tree_stays_as_it_was(tmp_path: Path) -> None:
    tests = [
        f"tests/data/test_split.py::test_{name}" for name in ("seed_below_0_is_refused", "seed_is_0_if_none_is_told")
    ]
    before = (PACKAGE / "data" / "split.py").read_bytes()
    [change] = [one for one in changes_of("data/split.py", before) if one.line == "if seed < 1:"]
    with Place(tmp_path) as place:
        assert place.first_failure(tests, 60) == ""
        place.change(change.module, change.applied(before))
        assert place.first_failure(tests, 60) == tests[1]
        place.restore(change.module)
        assert place.read(change.module) == before
    assert (PACKAGE / "data" / "split.py").read_bytes() == before
