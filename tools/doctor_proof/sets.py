"""What the proof trains: nine broken cases over some seeds and 20 healthy networks, on three sets of data."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from cnncli.broken.cases import CASES
from cnncli.training_options import TrainSettings


@dataclass(frozen=True)
class ProofSet:
    """images, tests : of the training and the test part; changed : settings that differ from the network's description

    fewer : pictures of a class that are unpacked, of the training and the test part; None: data are taken as they are
    """

    name: str
    architecture: str
    data: str
    images: int
    tests: int
    changed: dict[str, Any] = field(default_factory=dict)
    fewer: tuple[int, int] | None = None

    def settings(self, keep: Path, data: Path | None) -> TrainSettings:
        """With the data where they are: MNIST's folder, or CIFAR-10's archive, of which a part is unpacked."""
        plain = replace(TrainSettings(), architecture=self.architecture, data=self.data, **self.changed)
        if self.fewer is not None:
            assert data is not None
            return replace(plain, data=str(unpacked(data, keep / "pictures", self.fewer)))
        return replace(plain, data_dir=None if data is None else str(data))


SETS = (
    ProofSet("tune", "mlp", "digits", 4000, 1000),
    ProofSet("lenet5", "lenet5", "mnist", 3000, 1000, {"epochs": 8}),
    ProofSet("convnet", "convnet", "cifar10", 1200, 500, {"epochs": 8, "pixels": (16, 16)}, (120, 50)),
)

# Trainings in which nothing is wrong: other rates, batch sizes, optimizers and schedules than the description's.
HEALTHY: tuple[dict[str, Any], ...] = (
    {"learning_rate": 0.02},
    {"learning_rate": 0.08},
    {"learning_rate": 0.05, "momentum": 0.0},
    {"learning_rate": 0.2, "momentum": 0.0},
    {"learning_rate": 0.02, "schedule": "constant"},
    {"schedule": "cosine", "learning_rate": 0.02},
    {"batch_size": 16},
    {"batch_size": 32},
    {"batch_size": 128},
    {"batch_size": 256, "learning_rate": 0.05},
    {"optimizer": "adam"},
    {"optimizer": "adam", "learning_rate": 0.001},
    {"optimizer": "adam", "learning_rate": 0.0005, "batch_size": 32},
    {"optimizer": "adamw", "batch_size": 128},
    {"optimizer": "rmsprop"},
    {"optimizer": "adagrad"},
    {"optimizer": "adadelta"},
    {"optimizer": "nadam", "learning_rate": 0.002},
    {"optimizer": "lion"},
    {"optimizer": "muon"},
)


@dataclass(frozen=True)
class Planned:
    """One training. case : None of a healthy one; changed : its settings beside those of the set"""

    case: str | None
    seed: int
    changed: dict[str, Any]

    @property
    def name(self) -> str:
        words = [f"{key}={value}" for key, value in self.changed.items()]
        return f"{self.case or '-'.join(['healthy', *words])}-seed{self.seed}"


def planned(seeds: int, first: int = 1) -> Iterator[Planned]:
    """All trainings of a set, with so many seeds from the first one on."""
    for case in CASES:
        for seed in range(first, first + seeds):
            yield Planned(case.name, seed, {})
    for seed, changed in enumerate(HEALTHY, start=first):
        yield Planned(None, seed, changed)


def unpacked(archive: Path, folder: Path, fewer: tuple[int, int]) -> Path:
    """The first pictures of each class of an archive with train/CLASS/NAME and test/CLASS/NAME, as a folder."""
    if (folder / "whole").is_file():
        return folder / "set"
    most = dict(zip(("train", "test"), fewer, strict=True))
    taken: dict[tuple[str, str], int] = {}
    with tarfile.open(archive) as file:
        for member in file:
            parts = PurePosixPath(member.name).parts[-3:]
            if not member.isfile() or len(parts) != 3 or parts[0] not in most:
                continue
            key = parts[0], parts[1]
            content = file.extractfile(member)
            if content is None or taken.get(key, 0) == most[parts[0]]:
                continue
            taken[key] = taken.get(key, 0) + 1
            place = folder / "set" / Path(*parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.read())
    (folder / "whole").touch()
    return folder / "set"
