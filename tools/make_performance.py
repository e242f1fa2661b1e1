"""Writes docs/performance.md and the README's table from the records in benchmarks/results.

With --check it only says whether they differ.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools.page_tables import with_made_lines  # noqa: E402

from benchmarks import results  # noqa: E402
from benchmarks.page import page  # noqa: E402
from benchmarks.readme_table import readme_table  # noqa: E402

if __name__ == "__main__":
    records = results.read()
    readme = ROOT / "README.md"
    made = {
        ROOT / "docs" / "performance.md": page(records),
        readme: with_made_lines(readme.read_text(encoding="utf-8"), "tools/make_performance.py", readme_table(records)),
    }
    for path, text in made.items():
        if sys.argv[1:] != ["--check"]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path.relative_to(ROOT)} differs from the records; run python tools/make_performance.py")
