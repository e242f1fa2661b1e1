"""Lines of product code by folder, of a commit or of the tree as it stands: python -m tools.count_lines [COMMIT ...]"""

import subprocess
import sys
from collections import Counter
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
SUFFIXES = (".py", ".pyi", ".h", ".cpp")


def folder_of(file: str) -> str | None:
    """The folder a file of the product counts for: two levels of the package and of cpp/; None for other files.

    >>> folder_of("python/cnncli/data/tables/text.py"), folder_of("cpp/simd/vector.h"), folder_of("tests/conftest.py")
    ('python/cnncli/data', 'cpp/simd', None)
    """
    path = PurePosixPath(file)
    if path.suffix not in SUFFIXES or path.parts[0] not in ("python", "cpp"):
        return None
    return "/".join(path.parts[:-1][: 3 if path.parts[0] == "python" else 2])


def count(files: dict[str, str]) -> Counter[str]:
    """Lines by folder, of texts by the names of their files."""
    lines: Counter[str] = Counter()
    for file, text in files.items():
        folder = folder_of(file)
        if folder is not None:
            lines[folder] += text.count("\n")
    return lines


def product(commit: str | None) -> dict[str, str]:
    """All files of the product, of a commit or of the tree."""
    asked = ["ls-tree", "-r", "--name-only", commit] if commit else ["ls-files"]
    names = [name for name in _git(*asked).splitlines() if folder_of(name) is not None]
    return {name: _git("show", f"{commit}:{name}") if commit else (ROOT / name).read_text() for name in names}


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def table(counted: dict[str, Counter[str]]) -> str:
    """The table of Markdown: a row a folder, a column a commit, and their sums."""
    folders = sorted(set().union(*counted.values()))
    rows = [["folder", *counted], ["---", *("---:" for _ in counted)]]
    rows += [[folder, *(f"{lines[folder]:,}" if folder in lines else "" for lines in counted.values())]
             for folder in folders]
    rows.append(["all", *(f"{lines.total():,}" for lines in counted.values())])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    print(table({commit or "now": count(product(commit or None)) for commit in (*sys.argv[1:], "")}), end="")
