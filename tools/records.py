"""Takes the records by size and puts their table into the README.

    python -m tools.records --data-dir FOLDER --cifar10 FOLDER [NAME...]
    python -m tools.records --table

Each record is a preset of `cnn train` (models/presets), trained with each of its seeds to its last epoch and measured
on the test images once, at the end; nothing was chosen by these. A seed that is done has its numbers in
benchmarks/results/records/NAME-SEED.json, written whole, and is not trained again while its preset and its network are
what they were. What is stopped or killed goes on with the same command, to the same bits.
"""

import argparse
import hashlib
import json
import os
import platform
import signal
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.page_tables import with_made_lines

from cnncli import _core
from cnncli.errors import CnnError
from cnncli.model.evaluate import evaluate_model
from cnncli.model_file.seal import is_intact
from cnncli.model_file.serialize import load_model
from cnncli.model_file.weights import weights_digest
from cnncli.network.architectures import read_model
from cnncli.storage.files import write_atomically
from cnncli.training.presets import preset_settings
from cnncli.training.records import EpochDone, Finished, Started
from cnncli.training.train import train
from cnncli.training_options import TrainSettings

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "records"


@dataclass(frozen=True)
class RecordKind:
    """A record: a preset, its seeds, and what was asked of it.

    least, wish : percent of the test images, as a mean over the seeds
    minutes : that one training may take on two cores
    views : whether the mean over views of each test image is measured, too (`cnn eval --tta`)
    """

    preset: str
    title: str
    seeds: tuple[int, ...]
    least: float
    wish: float
    minutes: int
    views: bool = False


RECORDS = (
    RecordKind("lenet5-plain", "MNIST, LeNet-5, no augmentation", (1, 2, 3), 99.35, 99.4, 6),
    RecordKind("lenet5-augmented", "MNIST, LeNet-5", (1, 2, 3), 99.5, 99.55, 6),
    RecordKind("mnist-8k", "MNIST, at most 8,000 parameters", (1, 2, 3), 99.3, 99.4, 6),
    RecordKind("mnist-25k", "MNIST, at most 25,000", (1, 2, 3), 99.5, 99.6, 6),
    RecordKind("mnist-100k", "MNIST, at most 100,000", (1, 2, 3), 99.6, 99.7, 6),
    RecordKind("mnist-record", "MNIST, one network of any size", (1,), 99.7, 99.75, 40),
    RecordKind("cifar10", "CIFAR-10", (1,), 90.0, 94.0, 20, views=True),
)


def recipe_digest(preset: str) -> str:
    """SHA-256 of what the preset and the description of its network say, but for comments and titles: what a result is
    of."""
    asked = preset_settings(preset)
    described, _ = read_model(asked["architecture"])
    said = [asked, {key: value for key, value in described.items() if key not in ("name", "title", "target")}]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def read_result(folder: Path, kind: RecordKind, seed: int) -> dict[str, Any] | None:
    """What was taken with a seed; None where nothing was, or with another preset or network."""
    path = folder / f"{kind.preset}-{seed}.json"
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found if found["recipe"] == recipe_digest(kind.preset) else None


def take(
    kind: RecordKind, seed: int, settings: TrainSettings, work: Path, should_stop: Callable[[], bool]
) -> dict[str, Any] | None:
    """Trains one seed, from where an earlier try stopped; None if it was stopped.

    settings : data, data_dir and threads count
    work : folder for runs and models
    """
    digest = recipe_digest(kind.preset)
    name = f"{kind.preset}-{seed}"
    runs, out = work / f"{name}-{digest[:8]}", work / f"{name}.bin"
    begun = sorted(runs.glob("*/checkpoint.bin"), key=lambda path: path.stat().st_mtime)
    if begun:
        asked = TrainSettings(resume=str(begun[-1].parent), data=settings.data, data_dir=settings.data_dir,
                              threads=settings.threads, out=str(out))  # fmt: skip
    else:
        runs.mkdir(parents=True, exist_ok=True)
        asked = TrainSettings(preset=kind.preset, seed=seed, data=settings.data, data_dir=settings.data_dir,
                              threads=settings.threads, runs=str(runs), out=str(out))  # fmt: skip
    began, load = time.process_time(), [os.getloadavg()[0]]
    parameters = threads = 0
    for record in train(asked, should_stop):
        if isinstance(record, Started):
            parameters, threads = record.parameters, record.threads
        elif isinstance(record, EpochDone):
            load.append(os.getloadavg()[0])
            right = f"{100 * record.accuracy:.2f} %" if record.accuracy is not None else ""
            print(f"{name}: epoch {record.epoch}/{record.epochs}  loss {record.loss:.4f}  {right}", flush=True)
        elif isinstance(record, Finished):
            return _facts(kind, seed, record, out) | _of_views(kind, out, settings) | {
                "recipe": digest,
                "parameters": parameters,
                "threads": threads,
                "cpu_seconds": None if begun else round(time.process_time() - began, 3),
                "load_average": round(statistics.mean(load), 1),
            }
    return None


def _facts(kind: RecordKind, seed: int, record: Finished, out: Path) -> dict[str, Any]:
    network = load_model(out)
    assert is_intact(network)
    training = network.record["training"]
    return {
        "record": kind.preset,
        "seed": seed,
        "network": record.network,
        "data": record.data,
        "data_digest": network.record["data"]["digest"],
        "images": record.images,
        "test_images": record.test_images,
        "test_accuracy": record.test_accuracy,
        "test_loss": record.test_loss,
        "training_accuracy": record.accuracy,
        "epochs": record.epochs,
        "seconds": round(record.seconds, 3),
        "model_bytes": record.model_bytes,
        "weights": weights_digest(network),
        "command": training["command"],
        "instruction_set": _core.instruction_set(),
        "machine": platform.machine(),
        "versions": training["versions"],
    }


def _of_views(kind: RecordKind, model: Path, settings: TrainSettings) -> dict[str, Any]:
    if not kind.views:
        return {}
    found = evaluate_model(model, data=settings.data, data_dir=settings.data_dir, threads=settings.threads, tta=True)
    return {"test_accuracy_of_views": found.metrics.accuracy}


def table(folder: Path, kinds: Sequence[RecordKind] = RECORDS) -> str:
    """The rows of the README; a record of which a seed is missing says how many there are."""
    lines = [
        "| record | parameters | test accuracy | wanted; wished | CPU time | time (threads, load) | command |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for kind in kinds:
        results = [found for seed in kind.seeds if (found := read_result(folder, kind, seed)) is not None]
        if results:
            lines.append(_row(kind, results))
    return "\n".join(lines)


def _row(kind: RecordKind, results: Sequence[dict[str, Any]]) -> str:
    percents = [100 * found["test_accuracy"] for found in results]
    accuracy = f"{statistics.mean(percents):.2f}"
    if len(percents) > 1:
        accuracy += f" ± {statistics.stdev(percents):.2f}"
    accuracy += " %"
    of_views = [100 * found["test_accuracy_of_views"] for found in results if "test_accuracy_of_views" in found]
    if of_views:
        accuracy += f"; {statistics.mean(of_views):.2f} % with `--tta`"
    if len(results) < len(kind.seeds):
        accuracy += f" ({len(results)} of {len(kind.seeds)} seeds)"
    threads = max(found["threads"] for found in results)
    load = statistics.mean(found["load_average"] for found in results)
    cpu = [found["cpu_seconds"] for found in results if found["cpu_seconds"] is not None]
    data = "" if results[0]["data"] == "mnist" else " --data FOLDER"
    cells = [
        kind.title,
        f"{results[0]['parameters']:,}",
        accuracy,
        f"{kind.least:g}; {kind.wish:g}",
        _minutes(cpu) if cpu else "",
        f"{_minutes([found['seconds'] for found in results])} ({threads}, {load:.0f})",
        f"`cnn train --preset {kind.preset}{data}`",
    ]
    return f"| {' | '.join(cells)} |"


def _minutes(seconds: Sequence[float]) -> str:
    """The mean as minutes and seconds.

    >>> _minutes([60, 61.5])
    '1:01'
    """
    mean = round(statistics.mean(seconds))
    return f"{mean // 60}:{mean % 60:02d}"


def with_table(page: str, rows: str) -> str:
    """The page with its table in place of the one between the marks."""
    return with_made_lines(page, "tools/records.py", rows)


def main() -> None:
    presets = [kind.preset for kind in RECORDS]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(presets)}; default: all")
    parser.add_argument("--data-dir", help="folder of MNIST's files; default: where `cnn` finds them")
    parser.add_argument("--cifar10", metavar="FOLDER", help="with train/CLASS/*.jpg and test/CLASS/*.jpg")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--seeds", help="1,3: only these")
    parser.add_argument("--work", default="records", help="folder for runs and models; default: records")
    parser.add_argument("--results", default=str(RESULTS), help="folder for the numbers")
    parser.add_argument("--table", action="store_true", help="only make the README's table anew")
    asked = parser.parse_args()
    if unknown := sorted({*asked.names} - {*presets}):
        parser.error(f"{unknown[0]}: no such record; use {', '.join(presets)}")
    results, stops = Path(asked.results), [False]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stops.__setitem__(0, True))
    seeds = None if asked.seeds is None else {int(seed) for seed in asked.seeds.split(",")}
    for kind in () if asked.table else RECORDS:
        if asked.names and kind.preset not in asked.names:
            continue
        for seed in kind.seeds:
            if (seeds is not None and seed not in seeds) or read_result(results, kind, seed) is not None:
                continue
            is_cifar = kind.preset == "cifar10"
            if is_cifar and asked.cifar10 is None:
                print("cifar10: pass --cifar10 FOLDER", file=sys.stderr)
                continue
            settings = TrainSettings(
                data=asked.cifar10 if is_cifar else None, data_dir=asked.data_dir, threads=asked.threads
            )
            try:
                found = take(kind, seed, settings, Path(asked.work), lambda: stops[0])
            except CnnError as error:
                sys.exit(f"{kind.preset}: {error}")
            if found is None:
                sys.exit(f"{kind.preset}, seed {seed}: stopped; the same command goes on")
            results.mkdir(parents=True, exist_ok=True)
            path = results / f"{kind.preset}-{seed}.json"
            write_atomically(path, (json.dumps(found, indent=2) + "\n").encode())
            print(f"{kind.preset}, seed {seed}: {100 * found['test_accuracy']:.2f} % in {found['seconds']:.0f} s")
    rows = table(results)
    if results == RESULTS:
        page = ROOT / "README.md"
        write_atomically(page, with_table(page.read_text(encoding="utf-8"), rows).encode())
    print(rows)


if __name__ == "__main__":
    main()
