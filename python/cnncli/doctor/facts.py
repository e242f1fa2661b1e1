"""What a run's folder has recorded of its training. Files may come from anybody: what is not of the type that it should
have is left out."""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cnncli.errors import CnnError, UsageError
from cnncli.shown import printable
from cnncli.storage import container
from cnncli.storage.strict_json import read_object
from cnncli.training.diagnostics import read_diagnostics
from cnncli.training.metrics import read_metrics
from cnncli.training.run_histograms import FILE as HISTOGRAMS
from cnncli.training.run_histograms import read_histograms
from cnncli.training.run_list import kept_facts

Number = float | None


@dataclass(frozen=True)
class Layers:
    """Of a gauged step: the layers' weights by name, and the lengths of their values, gradients and movements."""

    names: list[str]
    weight: list[Number]
    gradient: list[Number]
    update: list[Number]


@dataclass(frozen=True)
class Epoch:
    """The signs of an epoch, see `cnncli.training.signs`. epoch : from 1"""

    epoch: int
    losses: list[float]
    steps: list[int]
    gradient: list[Number]
    turn: list[Number]
    update: list[Number]
    layers: Layers | None
    inputs: list[Number]


@dataclass(frozen=True)
class Part:
    """How the network that was kept does on a part of the data, see `cnncli.training.diagnostics`."""

    images: int
    right: int
    loss: float
    counts: list[int]
    answers: list[list[int]]

    @property
    def accuracy(self) -> float:
        return self.right / self.images

    @property
    def of_classes(self) -> list[int]:
        """Images of each class."""
        return [sum(row) for row in self.answers]

    @property
    def largest_class(self) -> float:
        """The share that one answer for all would have right; 0 where the classes are not known."""
        return max(self.of_classes, default=0) / self.images

    @property
    def entropy(self) -> float:
        """The loss of the best answer that is the same for all images."""
        shares = [count / self.images for count in self.of_classes if count]
        return -sum(share * math.log(share) for share in shares) or 1.0


@dataclass(frozen=True)
class RunFacts:
    """history : of each epoch the measures, as metrics.jsonl has them
    epochs : signs
    parts : "training", "validation", "test", those that there are
    alike : of each layer with weights {"name", "units", "alike", "zero"}
    twice : {"images", "mean", "most"}; empty where it was not asked
    images : counts of equal images
    dead : (layer, type, units, dead) of each layer of functions
    diverged : (step, what) of a loss that was no number; None
    classes : how many; 0 where they are not known
    warnings : what `cnn train` has said of the training, one line each
    kept : of history, the facts of the epoch whose model is kept; None before the first is over
    """

    folder: Path
    history: list[dict[str, Any]]
    epochs: list[Epoch]
    parts: dict[str, Part] = field(default_factory=dict)
    alike: list[dict[str, Any]] = field(default_factory=list)
    twice: dict[str, float] = field(default_factory=dict)
    images: dict[str, int] = field(default_factory=dict)
    dead: list[tuple[str, str, int, int]] = field(default_factory=list)
    diverged: tuple[int, str] | None = None
    warnings: list[str] = field(default_factory=list)
    kept: dict[str, Any] | None = None

    @property
    def is_empty(self) -> bool:
        return not self.epochs and not self.history and not self.parts and self.diverged is None

    def measures(self, name: str) -> list[tuple[int, float]]:
        """(epoch, value) of a measure, where it is a finite number."""
        found = []
        for facts in self.history:
            value = number(facts.get(name))
            if value is not None:
                found.append((int(facts["epoch"]), value))
        return found


def read_facts(folder: Path) -> RunFacts:
    """What the folder of a run tells, done or not.

    Raises UsageError for a folder that is no run, FormatError for a damaged file.
    """
    if not (folder / "settings.json").is_file():
        raise UsageError(f"{printable(folder)}: is no run, it has no settings.json; name the folder of a cnn train")
    found = read_diagnostics(folder) or {}
    signs = found.get("epochs")
    if signs is None and (folder / "checkpoint.bin").is_file():
        checkpoint = mapping(container.read(folder / "checkpoint.bin")[1].get("checkpoint"))
        signs = mapping(checkpoint.get("state")).get("signs")
    end, diverged = mapping(found.get("end")), mapping(found.get("diverged"))
    step, what = diverged.get("step"), diverged.get("what")
    parts = {name: _part(facts) for name, facts in mapping(end.get("parts")).items()}
    history, settings = read_metrics(folder / "metrics.jsonl"), {}
    with suppress(CnnError):  # of a damaged one the curves can still be read
        settings = read_object(folder / "settings.json", "")
    return RunFacts(
        folder=folder,
        history=history,
        epochs=[epoch for epoch in map(_epoch, _list(signs)) if epoch is not None],
        parts={name: part for name, part in parts.items() if part is not None},
        alike=[facts for facts in map(_alike, _list(end.get("layers"))) if facts is not None],
        twice={name: value for name, value in mapping(end.get("twice")).items() if number(value) is not None},
        images={name: value for name, value in mapping(end.get("images")).items() if whole(value) is not None},
        dead=_dead(folder),
        diverged=(step, what) if type(step) is int and isinstance(what, str) else None,
        warnings=[line for line in _list(found.get("warnings")) if isinstance(line, str)],
        kept=kept_facts(history, settings),
    )


def _dead(folder: Path) -> list[tuple[str, str, int, int]]:
    if not (folder / HISTOGRAMS).is_file():
        return []
    layers = read_histograms(folder)["layers"]
    return [
        (one["name"], one["type"], one["units"], one["dead"])
        for one in layers
        if one["units"] and one["dead"] is not None
    ]


def _epoch(facts: Any) -> Epoch | None:
    facts, gauges = mapping(facts), mapping(mapping(facts).get("gauges"))
    if type(facts.get("epoch")) is not int:
        return None
    rows = {name: _numbers(gauges.get(name)) for name in ("gradient", "turn", "update")}
    steps = [value for value in _list(gauges.get("step")) if type(value) is int]
    if any(len(row) != len(steps) for row in rows.values()):
        steps, rows = [], {name: [] for name in rows}
    losses = [value for value in _numbers(facts.get("losses")) if value is not None]
    return Epoch(
        facts["epoch"], losses, steps, **rows, layers=_layers(facts.get("layers")), inputs=_numbers(facts.get("inputs"))
    )


def _layers(facts: Any) -> Layers | None:
    names = [name for name in _list(mapping(facts).get("names")) if isinstance(name, str)]
    rows = {name: _numbers(mapping(facts).get(name)) for name in ("weight", "gradient", "update")}
    return Layers(names, **rows) if names and all(len(row) == len(names) for row in rows.values()) else None


def _part(facts: Any) -> Part | None:
    facts = mapping(facts)
    images, right, loss = whole(facts.get("images")), whole(facts.get("right")), number(facts.get("loss"))
    counts = [count for count in _list(facts.get("counts")) if whole(count) is not None]
    if not images or right is None or loss is None or sum(counts) != images:
        return None
    answers = [[count for count in _list(row) if whole(count) is not None] for row in _list(facts.get("answers"))]
    is_square = all(len(row) == len(answers) for row in answers) and sum(map(sum, answers)) == images
    return Part(images, right, loss, counts, answers if is_square else [])


def _alike(facts: Any) -> dict[str, Any] | None:
    facts = mapping(facts)
    counts = all(whole(facts.get(name)) is not None for name in ("units", "alike", "zero"))
    return dict(facts) if isinstance(facts.get("name"), str) and counts and facts["units"] > 0 else None


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def number(value: Any) -> Number:
    try:
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return None
    return float(value) if is_number else None


def whole(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _numbers(value: Any) -> list[Number]:
    return [number(one) for one in _list(value)]
