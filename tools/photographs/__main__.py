"""What `cnn collect` makes of photographs by simulation: cells that are cut right, by disturbance, and bad photographs
that are refused for their true reason.

Each result is kept in --keep, so that this may be stopped and started again; the photographs of what went wrong are
kept there too. Glyphs are those of the program's own digits, of the fonts of the system, and of MNIST where
CNN_TEST_MNIST names its folder.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from tools.photographs.bad import KINDS, bad_job
from tools.photographs.shots import DISTURBANCES, good_job
from tools.photographs.truth import compare

from cnncli.errors import DataError
from cnncli.forms.photograph import read_photograph

_SHOWN = 12  # faults of a photograph that are kept


def main() -> None:
    arguments = _parse()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    good = [_kept(arguments.keep / f"good-{number}.json", _good, number) for number in range(arguments.count)]
    bad = [_kept(arguments.keep / f"bad-{number}.json", _bad, number) for number in range(arguments.bad)]
    for line in table(good, bad):
        print(line)


def _kept(path: Path, make: Any, number: int) -> dict[str, Any]:
    """A result that is there, or is made now and written."""
    if path.exists():
        result: dict[str, Any] = json.loads(path.read_text())
        return result
    result, content = make(number)
    if result["wrong"]:
        path.with_suffix(".jpg").write_bytes(content)
    path.write_text(json.dumps(result))
    print(f"{path.stem}: {result}", flush=True)
    return result


def _good(number: int) -> tuple[dict[str, Any], bytes]:
    job = good_job(number)
    filled, content = job.take()
    result: dict[str, Any] = {"kind": job.kind, "cells": len(filled.cells), "wrong": 0, "labels": 0, "faults": []}
    try:
        photograph = read_photograph(content, f"photograph {number}")
    except DataError as error:
        return result | {"wrong": len(filled.cells), "faults": [str(error)]}, content
    faults = [one for one in compare(filled, photograph) if not one.right]
    said = [f"r{one.row + 1}c{one.column + 1} {one.what}" for one in faults]
    labels = sum(one.label_is_wrong for one in faults)
    return result | {"wrong": len(faults), "labels": labels, "faults": said[:_SHOWN]}, content


def _bad(number: int) -> tuple[dict[str, Any], bytes]:
    kind, content, words = bad_job(number)
    try:
        read_photograph(content, f"photograph {number}")
        said = "taken"
    except DataError as error:
        said = str(error)
    return {"kind": kind, "wrong": int(not all(word in said for word in words)), "said": said}, content


def table(good: list[dict[str, Any]], bad: list[dict[str, Any]]) -> list[str]:
    """Lines: of each disturbance the photographs, cells, and cells that are cut right; of each fault those told."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in good:
        rows[one["kind"]].append(one)
    lines = ["| disturbance | photographs | cells | right | wrong labels |", "|---|---|---|---|---|"]
    for kind in [*(kind for kind in DISTURBANCES if kind in rows), "together"]:
        own = good if kind == "together" else rows[kind]
        cells, wrong = sum(one["cells"] for one in own), sum(one["wrong"] for one in own)
        share = 100 * (1 - wrong / max(1, cells))
        labels = sum(one["labels"] for one in own)
        lines.append(f"| {kind} | {len(own)} | {cells:,} | {share:.2f} % | {labels} |")
    lines += ["", "| bad photograph | photographs | refused with the true reason |", "|---|---|---|"]
    for kind in KINDS:
        own = [one for one in bad if one["kind"] == kind]
        if own:
            lines.append(f"| {kind} | {len(own)} | {len(own) - sum(one['wrong'] for one in own)} |")
    return lines


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.photographs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200, help="photographs with cells to be cut [%(default)s]")
    parser.add_argument("--bad", type=int, default=64, help="photographs to be refused [%(default)s]")
    parser.add_argument("--keep", type=Path, default=Path("build/photographs"), help="results [%(default)s]")
    return parser.parse_args()


if __name__ == "__main__":
    main()
