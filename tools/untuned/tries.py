"""What is tried on a folder: `cnn train FOLDER` itself, and 24 settings that have as much time.

To try all with three seeds would take 75 trainings a folder. So all 24 are tried with a part of the time, the best of
them with all of it, and the best of these with the other seeds, too (Jamieson & Talwalkar 2016, "Non-stochastic best
arm identification and hyperparameter optimization": successive halving). Time is CPU time of one thread.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

NETWORKS = ("lenet5", "convnet", "resnet9-s", "resnet9-m")
RATES = (0.02, 0.1)  # of batches of 64
AUGMENTATIONS = ("none", "light", "strong")
CHOSEN = "chosen"
BATCH_SIZE = 64
SCREEN = 0.3  # of the time, for the first look at all of them
FULL, LAST = 4, 2  # so many of the best go on to all the time, and to all seeds
_LEAST_SECONDS = 0.5


@dataclass(frozen=True)
class Try:
    """name : in the results; words : behind `cnn train FOLDER`"""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """One training.

    share : of the time that the chosen one took
    accuracy : share of the held-out pictures that came right; 0 for a training that failed, as at too large a rate
    seconds : CPU time of the training
    """

    name: str
    seed: int
    share: float
    accuracy: float
    seconds: float
    epochs: int
    network: str


def settings() -> list[Try]:
    """The 24: network x rate x augmentation. How many epochs each has is what its time allows."""
    found = []
    for network, rate, level in product(NETWORKS, RATES, AUGMENTATIONS):
        words = ("--arch", network, "--lr", str(rate), "--augment", level, "--batch-size", str(BATCH_SIZE))
        found.append(Try(f"{network}-{rate}-{level}", words))
    return found


class Results:
    """The trainings on a folder, each taken once and kept in a file at once: what is stopped goes on where it was.

    file : JSON lines
    folder : of pictures; work : for models and runs
    seconds : that each has; None: what the chosen one takes with its own epochs
    """

    def __init__(self, file: Path, folder: Path, work: Path, seconds: float | None) -> None:
        self.file, self.folder, self.work, self.seconds = file, folder, work, seconds
        self.taken = read_results(file)

    def of(self, one: Try, seed: int, share: float = 1.0) -> Result:
        """That of a try, which is trained if it was not."""
        for result in self.taken:
            if (result.name, result.seed, result.share) == (one.name, seed, share):
                return result
        words, seconds = one.words, self.seconds
        if seconds is None and one.name != CHOSEN:
            seconds = self.of(Try(CHOSEN, ()), 1).seconds
        if seconds is not None:
            words = (*words, "--time-limit", f"{max(share * seconds, _LEAST_SECONDS):.2f}")
        result = Result(one.name, seed, share, **_trained(self.folder, self.work, words, seed, one.name == CHOSEN))
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result)) + "\n")
        self.taken.append(result)
        return result


def read_results(file: Path) -> list[Result]:
    """What was kept; a line that was not written whole is left out."""
    if not file.is_file():
        return []
    return [Result(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines() if line.endswith("}")]


def take_all(results: Results, tries: Sequence[Try], seeds: Sequence[int]) -> None:
    """The chosen one with all seeds; of the others all, some, and few, with ever more time and seeds."""
    for seed in seeds:
        results.of(Try(CHOSEN, ()), seed)
    first = seeds[0]
    some = _best(tries, [results.of(one, first, SCREEN) for one in tries], FULL)
    few = _best(some, [results.of(one, first) for one in some], LAST)
    for one, seed in product(few, seeds[1:]):
        results.of(one, seed)


def _best(tries: Sequence[Try], found: Iterable[Result], count: int) -> list[Try]:
    """The tries with the most right; of equal ones the first."""
    accuracy = {result.name: result.accuracy for result in found}
    return sorted(tries, key=lambda one: -accuracy[one.name])[:count]


def _trained(folder: Path, work: Path, words: Sequence[str], seed: int, must_work: bool) -> dict[str, Any]:
    """What came of one training, without its name. Raises RuntimeError if it failed and must not."""
    work.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, "-m", "tools.untuned.on_cpu_time", "train", str(folder), *words, "--seed", str(seed),
        "--threads", "1", "--runs", str(work / "runs"), "--out", str(work / "model.bin"), "--json", "-q",
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        if must_work:
            raise RuntimeError(result.stderr)
        return {"accuracy": 0.0, "seconds": 0.0, "epochs": 0, "network": ""}
    facts = json.loads(result.stdout)
    return {
        "accuracy": facts["test_accuracy"], "seconds": round(facts["seconds"], 2), "epochs": facts["epochs"],
        "network": facts["network"],
    }  # fmt: skip
