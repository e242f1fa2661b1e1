"""What a model's record says of its training. The record is free in form, and may come from anybody: what is not of the
type that it should have is left out."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

EPOCH_MEASURES = ("loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate", "seconds")


@dataclass(frozen=True)
class TrainingRecord:
    """None, or empty, where the record does not say.

    data : name of the data set; by_name : whether the name is enough to find it; digest : its SHA-256
    made_from, made_by : the data set with a name whose training images are among its own, and the command that made it
    images : how many were trained on; left_aside : what of the data was not used
    command : the line that repeats the training; settings : its plan, as JSON values
    best_epoch : of the model that was kept; history : for each epoch "epoch" and those of EPOCH_MEASURES that exist; of
        a long training every second, fourth, ... one alone
    test : (images, accuracy, loss) on the test images
    """

    data: str | None
    by_name: bool
    digest: str | None
    made_from: str | None
    made_by: str | None
    images: int | None
    left_aside: dict[str, int]
    command: str | None
    settings: dict[str, Any]
    best_epoch: int | None
    history: list[dict[str, Any]]
    test: tuple[int, float, float] | None
    seconds: float | None
    threads: int | None
    instruction_set: str | None
    versions: dict[str, str]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "TrainingRecord":
        """
        >>> TrainingRecord.of({"data": {"name": "digits"}, "training": [1, 2]}).data
        'digits'
        """
        data, training, test = (_mapping(record.get(name)) for name in ("data", "training", "test"))
        history = training.get("history")
        tested = _whole(test.get("images")), _number(test.get("accuracy")), _number(test.get("loss"))
        return cls(
            data=_text(data.get("name")),
            by_name=data.get("by_name") is True,
            digest=_text(data.get("digest")),
            made_from=_text(data.get("made_from")),
            made_by=_text(data.get("made_by")),
            images=_whole(data.get("images")),
            left_aside={what: count for what, count in _mapping(data.get("left_aside")).items() if _whole(count)},
            command=_text(training.get("command")),
            settings=dict(_mapping(training.get("settings"))),
            best_epoch=_whole(training.get("best_epoch")),
            history=[_epoch(facts) for facts in history if _is_epoch(facts)] if isinstance(history, list) else [],
            test=None if None in tested else tested,  # type: ignore[arg-type]
            seconds=_number(training.get("seconds")),
            threads=_whole(training.get("threads")),
            instruction_set=_text(training.get("instruction_set")),
            versions={name: text for name, text in _mapping(training.get("versions")).items() if _text(text)},
        )

    @property
    def epochs(self) -> int:
        """How many there were; of a long training `history` has not all."""
        return self.history[-1]["epoch"] if self.history else 0

    @property
    def best(self) -> dict[str, Any]:
        """The measures of the best epoch."""
        return next((facts for facts in self.history if facts["epoch"] == self.best_epoch), {})


def _epoch(facts: Mapping[str, Any]) -> dict[str, Any]:
    measures = {name: _number(facts.get(name)) for name in EPOCH_MEASURES}
    return {"epoch": facts["epoch"]} | {name: value for name, value in measures.items() if value is not None}


def _is_epoch(facts: Any) -> bool:
    return isinstance(facts, Mapping) and _whole(facts.get("epoch")) is not None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 1 << 53 else None


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and math.isfinite(value) else None
