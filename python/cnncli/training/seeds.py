"""One training with several seeds: each is a run of its own, in one folder, and what came of them is one table.

runs/NAME-seeds-1/
    seeds.json    the settings, the seeds, and of each one that is done its result
    NAME-1/ ...   the runs
    seed-1.bin    the model of each seed
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from cnncli import data
from cnncli.errors import FormatError, UsageError
from cnncli.shown import printable
from cnncli.storage.files import write_atomically, writing_error
from cnncli.storage.strict_json import read_object
from cnncli.storage.typed_json import from_json
from cnncli.training.plan import check_runs
from cnncli.training.records import Finished, Record, Started, Stopped
from cnncli.training.runs import GROUP_FILE, is_group
from cnncli.training.start import read_start, start_place
from cnncli.training.train import train
from cnncli.training_options import TrainSettings

MEASURES = (
    "test_accuracy", "test_loss", "validation_accuracy", "validation_loss", "accuracy", "loss", "epochs", "seconds",
)  # fmt: skip


@dataclass(frozen=True)
class SeedBegins:
    """The training with a seed is about to begin. number : from 1, of `count`"""

    seed: int
    number: int
    count: int


@dataclass(frozen=True)
class SeedsStopped:
    """The trainings were asked to stop; `folder` goes on with them. stopped : the one that was on its way"""

    folder: Path
    stopped: Stopped


@dataclass(frozen=True)
class SeedsDone:
    """folder : of the runs; results : of each seed, with "seed", "run", "model", "command" and MEASURES."""

    folder: Path
    results: list[dict[str, Any]]

    def summary(self, name: str) -> tuple[float, float | None] | None:
        """(mean, standard deviation of a sample, None of one seed) of a measure; None where it was not measured."""
        values = [result[name] for result in self.results]
        if any(value is None for value in values):
            return None
        return mean(values), stdev(values) if len(values) > 1 else None


def train_seeds(
    settings: TrainSettings,
    count: int,
    should_stop: Callable[[], bool] = lambda: False,
    report: data.Report = data.ignore,
) -> Iterator[Record | SeedBegins | SeedsStopped | SeedsDone]:
    """Trains with the seed of the settings and those that follow it; yields `SeedBegins` and the records of each
    training, last `SeedsStopped` or `SeedsDone`.

    settings : with `resume` the folder of an earlier call, whose trainings that are not done are gone on with

    Raises what `train` raises; what was done stays.
    """
    if settings.out is not None and settings.resume is None:
        raise UsageError("--out: each training of --seeds has its own model, in the folder of the runs; leave it out")
    folder, kept = _opened(settings) if settings.resume else _made(settings, count)
    base = from_json(TrainSettings, kept["settings"])
    base = replace(base, threads=settings.threads, log=settings.log, save_every=settings.save_every)
    for number, seed in enumerate(kept["seeds"], 1):
        if any(result["seed"] == seed for result in kept["results"]):
            continue
        yield SeedBegins(seed, number, len(kept["seeds"]))
        for record in train(_of_seed(base, folder, kept, seed), should_stop, report):
            yield record
            if isinstance(record, Started):
                kept["begun"][str(seed)] = record.run.name
                _keep(folder, kept)
            elif isinstance(record, Stopped):
                yield SeedsStopped(folder, record)
                return
            elif isinstance(record, Finished):
                kept["results"].append(_result(record, seed))
                _keep(folder, kept)
    yield SeedsDone(folder, kept["results"])


def _of_seed(base: TrainSettings, folder: Path, kept: dict[str, Any], seed: int) -> TrainSettings:
    """The settings of one of the trainings, which may have begun."""
    out = str(folder / f"seed-{seed}.bin")
    begun = kept["begun"].get(str(seed))
    if begun is not None and (folder / begun / "checkpoint.bin").is_file():
        return TrainSettings(
            resume=str(folder / begun), threads=base.threads, log=base.log, save_every=base.save_every, out=out,
            use_cache=base.use_cache,
        )  # fmt: skip
    return replace(base, seed=seed, runs=str(folder), out=out)


def _made(settings: TrainSettings, count: int) -> tuple[Path, dict[str, Any]]:
    """A new folder for so many seeds."""
    name = Path(settings.network).stem if settings.architecture else "chosen"
    if settings.start_from is not None:  # the network is the model's
        name = read_start(settings).network.name or Path(settings.start_from).stem
    check_runs(settings.runs)
    root, number = Path(settings.runs), 0
    try:
        root.mkdir(parents=True, exist_ok=True)
        while True:
            number += 1
            folder = root / f"{name}-seeds-{number}"
            try:
                folder.mkdir()
                break
            except FileExistsError:
                continue
    except OSError as error:
        raise writing_error(root, error) from None
    seeds = [settings.seed + offset for offset in range(count)]
    kept = {"settings": _plain(_with_places(settings)), "seeds": seeds, "begun": {}, "results": []}
    _keep(folder, kept)
    return folder, kept


def _with_places(settings: TrainSettings) -> TrainSettings:
    """The settings with files that are found from whatever folder the trainings go on in."""
    changed: dict[str, Any] = {}
    if settings.data is not None and settings.data not in data.NAMES and Path(settings.data).exists():
        changed["data"] = _absolute(settings.data)
    if settings.data_dir is not None:
        changed["data_dir"] = _absolute(settings.data_dir)
    if settings.plugins:
        changed["plugins"] = tuple(map(_absolute, settings.plugins))
    if settings.start_from is not None:
        changed["start_from"] = start_place(settings.start_from)
    for field in ("architecture", "preset"):
        value = getattr(settings, field)
        if value is not None and value.endswith(".toml"):
            changed[field] = _absolute(value)
    return replace(settings, **changed)


def _absolute(path: str) -> str:
    return str(Path(path).resolve())


def _plain(settings: TrainSettings) -> dict[str, Any]:
    """The settings as JSON has them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(settings).items()}


def _opened(settings: TrainSettings) -> tuple[Path, dict[str, Any]]:
    """The folder of an earlier call."""
    assert settings.resume is not None
    places = (Path(settings.resume), Path(settings.runs) / settings.resume)
    folder = next((place for place in places if is_group(place)), None)
    if folder is None:
        raise UsageError(
            f"{printable(settings.resume)}: is no folder of --seeds; name the one that they made, such as "
            "runs/lenet5-seeds-1"
        )
    path = folder / GROUP_FILE
    kept, fault = read_object(path, "start again"), None
    if not all(isinstance(kept.get(name), kind) for name, kind in _KINDS.items()):
        fault = f"has not all of {', '.join(_KINDS)}"
    elif not all(type(seed) is int for seed in kept["seeds"]):
        fault = "has a seed that is no whole number"
    elif not all(isinstance(result, dict) and {"seed", *MEASURES} <= set(result) for result in kept["results"]):
        fault = "has a result without its measures"
    if fault is not None:
        raise FormatError(f"{printable(path)}: {fault}; start again")
    return folder, kept


_KINDS = {"settings": dict, "seeds": list, "begun": dict, "results": list}


def _keep(folder: Path, kept: dict[str, Any]) -> None:
    write_atomically(folder / GROUP_FILE, (json.dumps(kept, indent=2, allow_nan=False) + "\n").encode())


def _result(record: Finished, seed: int) -> dict[str, Any]:
    """What is kept of a training that is done."""
    facts = {name: getattr(record, name) for name in MEASURES}
    return {"seed": seed, **facts, "run": str(record.run), "model": str(record.model), "command": record.command}
