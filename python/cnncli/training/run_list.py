"""What the run folders of a place hold, without changing anything in them; and their removal."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnncli.errors import CnnError
from cnncli.model_file.record import TrainingRecord
from cnncli.shown import printable
from cnncli.storage import container
from cnncli.storage.files import writing_error
from cnncli.storage.strict_json import read_object
from cnncli.training.metrics import read_metrics
from cnncli.training.runs import changed, is_held, run_places
from cnncli.training.targets import kept_epoch


@dataclass(frozen=True)
class Run:
    """One run.

    state : "done", "running", "stopped", or "damaged" where a file of it cannot be read
    settings : what settings.json holds
    history : facts of its epochs, oldest first
    test_accuracy : of the model that was kept; None before the end, and where nothing was tested
    changed : time of its last change, seconds since 1970
    size_bytes : of all its files
    fault : of a damaged one, what is wrong, in one line
    """

    path: Path
    state: str
    settings: dict[str, Any]
    history: list[dict[str, Any]]
    test_accuracy: float | None
    changed: float
    size_bytes: int
    fault: str = ""

    @property
    def best(self) -> dict[str, Any] | None:
        """The facts of the epoch whose model is kept; None before the first is over."""
        return kept_facts(self.history, self.settings)

    @property
    def seconds(self) -> float:
        """Of training, over all epochs that are over."""
        return float(sum(facts.get("seconds", 0.0) for facts in self.history))


def kept_facts(history: Sequence[dict[str, Any]], settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """Of the epochs of a run with these settings the facts of the one whose model is kept; None without epochs, and
    where their measures are no numbers."""
    if not history:
        return None
    cycle = settings.get("cycle") if settings.get("target") is not None else None
    try:
        return history[kept_epoch(history, cycle if type(cycle) is int else None)]
    except (KeyError, TypeError):
        return None


def find_runs(root: Path) -> list[Run]:
    """The runs in a folder and in those of --seeds in it, the one that changed last first; none where there is no such
    folder."""
    return sorted(map(read_run, run_places(root)), key=lambda run: (-run.changed, run.path.name))


def read_run(path: Path) -> Run:
    """What a run's folder tells."""
    files = [entry.stat() for entry in os.scandir(path) if entry.is_file(follow_symlinks=False)]
    when, size_bytes = changed(path), sum(file.st_size for file in files)
    settings: dict[str, Any] = {}
    try:
        settings = read_object(path / "settings.json", "remove the run")
        history = read_metrics(path / "metrics.jsonl")
        is_done = (path / "last.bin").exists() and (path / "best.bin").exists()  # the last model is written last
        test = TrainingRecord.of(_record(path / "best.bin")).test if is_done else None
    except (CnnError, OSError) as error:
        return Run(path, "damaged", settings, [], None, when, size_bytes, str(error))
    state = "running" if is_held(path) else "done" if is_done else "stopped"
    return Run(path, state, settings, history, None if test is None else test[1], when, size_bytes)


def _record(path: Path) -> dict[str, Any]:
    _, content = container.read(path)
    record = content.get("record")
    return record if isinstance(record, dict) else {}


def prunable(runs: Sequence[Run], keep: int) -> list[Run]:
    """Of the runs that are done, newest first, all but the first `keep`; stopped ones may go on and stay."""
    return [run for run in runs if run.state == "done"][keep:]


def remove_run(run: Run) -> None:
    """Remove a run's folder. Raises CnnError while somebody trains in it, or if it cannot be removed."""
    if is_held(run.path):
        raise CnnError(f"{printable(run.path)}: somebody is training in it; wait for it or stop it")
    try:
        shutil.rmtree(run.path)
    except OSError as error:
        raise writing_error(run.path, error) from None


def differing(runs: Sequence[Run]) -> list[str]:
    """The settings that are not the same in all of them, in the order of the first."""
    names = [name for run in runs for name in run.settings]
    absent = object()
    return [
        name for name in dict.fromkeys(names)
        if any(run.settings.get(name, absent) != runs[0].settings.get(name, absent) for run in runs)
    ]  # fmt: skip
