"""The records on disk: one JSON line a run.

Runs for the record (`--keep`) go to results/BENCHMARK.jsonl, which is committed and which docs/performance.md is
made from; all others to results/tried.jsonl, which is not.
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("results")


def append(record: dict[str, Any], *, keep: bool) -> Path:
    """Adds a line; returns the file. Keys keep their order: the first contender is ours."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / (f"{record['benchmark']}.jsonl" if keep else "tried.jsonl")
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, allow_nan=False) + "\n")
    return path


def read() -> list[dict[str, Any]]:
    """All records for the record, file by file, oldest first."""
    return [
        json.loads(line)
        for path in sorted(FOLDER.glob("*.jsonl"))
        if path.name != "tried.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
