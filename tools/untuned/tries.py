"""What is tried on a folder: `cnn train FOLDER` itself, and 24 settings that have as much time as it took."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

NETWORKS = ("lenet5", "convnet", "vgg", "resnet-small")
RATES = (0.02, 0.1)  # of batches of 64
AUGMENTATIONS = ("none", "light", "strong")
CHOSEN = "chosen"
BATCH_SIZE = 64


@dataclass(frozen=True)
class Try:
    """name : of the file of its results; words : behind `cnn train FOLDER`"""

    name: str
    words: tuple[str, ...]


def settings() -> list[Try]:
    """The 24: network x rate x augmentation. How many epochs each has is what its time allows."""
    found = []
    for network, rate, level in product(NETWORKS, RATES, AUGMENTATIONS):
        words = ("--arch", network, "--lr", str(rate), "--augment", level, "--batch-size", str(BATCH_SIZE))
        found.append(Try(f"{network}-{rate}-{level}", words))
    return found


def results_of(
    folder: Path, kept: Path, tries: Sequence[Try], seeds: Sequence[int], threads: int
) -> Iterator[dict[str, Any]]:
    """Yields the result of each try with each seed, first those of what was chosen; a result that is kept is not taken
    again, so that this may be stopped and called again.

    kept : folder with a file for each
    """
    seconds: dict[int, float] = {}
    for seed in seeds:
        result = _kept(folder, kept, Try(CHOSEN, ()), seed, threads)
        seconds[seed] = result["seconds"]
        yield result
    for one, seed in product(tries, seeds):
        timed = Try(one.name, (*one.words, "--time-limit", f"{max(seconds[seed], 0.5):.2f}"))
        yield _kept(folder, kept, timed, seed, threads)


def _kept(folder: Path, kept: Path, one: Try, seed: int, threads: int) -> dict[str, Any]:
    file = kept / f"{one.name}-{seed}.json"
    if file.is_file():
        found: dict[str, Any] = json.loads(file.read_text())
        return found
    found = {"name": one.name, "seed": seed, **_trained(folder, kept, one, seed, threads)}
    part = file.with_suffix(".part")
    part.write_text(json.dumps(found))
    part.replace(file)
    return found


def _trained(folder: Path, kept: Path, one: Try, seed: int, threads: int) -> dict[str, Any]:
    """Accuracy and time of one training; a training that fails, as at too large a rate, has none right."""
    command = [
        sys.executable, "-m", "cnncli", "train", str(folder), *one.words, "--seed", str(seed), "--threads",
        str(threads), "--runs", str(kept / "runs"), "--out", str(kept / "model.bin"), "--json", "-q",
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        if one.name == CHOSEN:
            raise RuntimeError(result.stderr)
        return {"accuracy": 0.0, "seconds": 0.0, "epochs": 0, "network": "", "error": result.stderr.strip()}
    facts = json.loads(result.stdout)
    return {
        "accuracy": facts["test_accuracy"], "seconds": facts["seconds"], "epochs": facts["epochs"],
        "network": facts["network"],
    }  # fmt: skip
