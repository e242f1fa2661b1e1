"""Writes docs/performance.md from the records in benchmarks/results; with --check, only says whether it differs."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "performance.md"
sys.path.insert(0, str(ROOT))

from benchmarks import results  # noqa: E402
from benchmarks.page import page  # noqa: E402

if __name__ == "__main__":
    made = page(results.read())
    if sys.argv[1:] == ["--check"]:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != made:
            sys.exit("docs/performance.md differs from its records; run python tools/make_performance.py")
    else:
        TARGET.write_text(made, encoding="utf-8")
