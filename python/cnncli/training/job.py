"""All that belongs to one run of `cnn train`, and what its model file says of it."""

import platform
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from cnncli import _core, data
from cnncli.data import DataSet, Split, images_digest
from cnncli.data.held_out import Indices
from cnncli.model_file.record import EPOCH_MEASURES
from cnncli.model_file.serialize import check_record
from cnncli.shown import from_here, typed
from cnncli.training.plan import Plan
from cnncli.training.records import TrainingFacts
from cnncli.training.repeat import needed
from cnncli.training.runs import RunFolder
from cnncli.training.targets import Target
from cnncli.training.trainer import Trainer
from cnncli.training_options import recorded_words
from cnncli.version import __version__

MOST_EPOCHS_RECORDED = 4096  # of a training; they take half of what a model file may say
_LONGEST_EPOCH = {
    "epoch": 10**6, "images": 10**9, "weights": "0" * 64, "marks": "0" * 128,
    **dict.fromkeys((*EPOCH_MEASURES, "images_per_second"), -1.2345678901234567e-100),
}  # fmt: skip
_FEW_EPOCHS = 64  # recorded with a model that a better one will replace: each has to be written as quickly


@dataclass(frozen=True, eq=False)
class Job:
    """kept, validation : images trained on (None: all), and those that measure each epoch
    notice, warnings : lines for the user, told when the training starts
    started_from : the model that it starts from, and what it has of that, in words; of a run that begins
    reasons : what was chosen from the data and why
    images_digest : of the training images; of data with a name it is known which images are whose
    """

    run: RunFolder
    plan: Plan
    dataset: DataSet
    kept: Indices | None
    validation: Split | None
    trainer: Trainer
    target: Target
    images_digest: str | None
    notice: str | None = None
    warnings: list[str] = field(default_factory=list)
    started_from: str | None = None
    reasons: list[str] = field(default_factory=list)

    @property
    def images(self) -> int:
        """How many are trained on."""
        return len(self.trainer.training_set)

    def facts(self) -> TrainingFacts:
        """What is told of the training at its start and at its end."""
        plan, trainer = self.plan, self.trainer
        return TrainingFacts(
            run=self.run.path,
            network=trainer.network.name,
            data=self.dataset.name,
            images=self.images,
            validation_images=self.validation.pictures if self.validation is not None else 0,
            samples=self.dataset.samples,
            seed=plan.seed,
            until=trainer.until,
            target=plan.target,
            time_limit=plan.time_limit,
            cuts_epochs=trainer.timetable.pace is not None,
        )

    def record(self, is_final: bool = True) -> dict[str, Any]:
        """How the model of the best epoch was trained, for the model file. Recorded paths keep their base name only.

        is_final : no better one will replace it
        """
        state, most_epochs = self.trainer.state, MOST_EPOCHS_RECORDED if is_final else _FEW_EPOCHS
        plan = asdict(self.as_done())
        for name in ("data_dir", "out"):
            del plan[name]
        plan["data"] = Path(self.plan.data).name
        plan["architecture"] = Path(self.plan.architecture).name
        plan["start_from"] = _name(self.plan.start_from)
        plan["plugins"] = _names(self.plan.plugins)
        return {
            "data": {
                "name": self.dataset.name,
                "digest": self.dataset.digest,
                "by_name": self.plan.data in data.NAMES,
                "images_digest": self.images_digest,
                "images": self.images,
                "left_aside": _left_aside(self.dataset),
            },
            "training": {
                "command": self.command(),
                "settings": plan,
                "best_epoch": state.best_epoch,
                "epoch": state.best_epoch,
                "history": recorded_epochs(state.history, state.best_epoch, most_epochs),
                "seconds": state.seconds,
                "threads": self.trainer.threads,
                "instruction_set": _core.instruction_set(),
                "versions": {
                    "cnncli": __version__,
                    "numpy": np.__version__,
                    "python": platform.python_version(),
                },
            },
        }

    def check_savable(self) -> None:
        """Raises UsageError or FormatError where the model could not be saved, however many epochs it takes."""
        record = self.record()
        epochs = min(self.trainer.timetable.epochs, MOST_EPOCHS_RECORDED + 3)  # the first, the best and the last
        record["training"]["history"] = [_LONGEST_EPOCH] * epochs
        check_record(from_here(self.plan.out), self.trainer.network, record)

    def as_done(self) -> Plan:
        """The plan, with the steps that there was time for in place of the time."""
        pace, table = self.trainer.state.pace, self.trainer.timetable
        if not pace:
            return self.plan
        return replace(self.plan, epochs=table.epochs, steps=pace, time_limit=None)

    def keep_command(self) -> None:
        """Writes the line that repeats the training, as it stands, into the run's folder."""
        self.run.write_command(self.command(with_places=True))

    def command(self, with_places: bool = False, is_short: bool = False) -> str:
        """What repeats the training; a model file holds no places of files, a run's folder does.

        is_short : without what comes by itself in this version of the program
        """
        plan = self.as_done()
        values = asdict(plan)
        if is_short:
            kept = needed(plan)
            values = {name: value if name in kept else None for name, value in values.items()}
        if plan.steps is not None:
            values["epochs"] = None
        if with_places:
            if self.plan.data not in data.NAMES:
                values["data"] = (from_here if is_short else str)(Path(self.plan.data).resolve())
            if self.plan.architecture.endswith(".toml"):
                values["architecture"] = str(Path(self.plan.architecture).resolve())
        else:
            for name in ("architecture", "data"):
                values[name] = Path(values[name]).name
            values["start_from"] = _name(self.plan.start_from)
            values["plugins"] = _names(self.plan.plugins)
        if self.plan.start_from is not None:
            values["architecture"] = None
        if self.plan.prepare == "auto":
            values["prepare"] = None
        if self.plan.own_validation:
            values["validation"] = None
        where = ["--data-dir", self.plan.data_dir] if with_places and self.plan.data_dir else []
        return typed("cnn", "train", *recorded_words(values), *where)


def recorded_epochs(history: list[dict[str, Any]], best: int, most: int) -> list[dict[str, Any]]:
    """All epochs if they are at most so many; of more every second, fourth, ... one, with the first, best and last.

    best : number of the best epoch, from 1; 0: there is none yet

    >>> [one["epoch"] for one in recorded_epochs([{"epoch": number} for number in range(1, 12)], 7, 5)]
    [1, 4, 7, 8, 11]
    """
    every = 1
    while len(history) > most * every:
        every *= 2
    numbers = {*range(every, len(history) + 1, every), *({1, best, len(history)} if every > 1 else ())}
    return [history[number - 1] for number in sorted(numbers - {0})]


def _name(file: str | None) -> str | None:
    return None if file is None else Path(file).name


def _names(files: tuple[str, ...] | None) -> list[str] | None:
    return None if files is None else [Path(file).name for file in files]


def digest_for(plan: Plan, dataset: DataSet) -> str | None:
    """The digest of the training images, which tells later whether others are the same; None for data with a name."""
    assert dataset.train is not None
    return None if plan.data in data.NAMES else images_digest(dataset.train)


def _left_aside(dataset: DataSet) -> dict[str, int]:
    """What of the data was not used, as numbers: a model file holds no paths."""
    return {what: count for note in dataset.notes if note.kind == "left aside" for what, count in note.counts.items()}
