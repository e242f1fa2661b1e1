"""Trains a model again from what its file says of its training, and says whether the same model comes of it."""

import math
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from cnncli import _core, data
from cnncli.data import DataSet
from cnncli.data.held_out import measure_recipe, split_images
from cnncli.errors import CnnError, UsageError
from cnncli.model_file.seal import has_seal, is_intact
from cnncli.model_file.serialize import as_json, load_model
from cnncli.model_file.weights import weights_digest
from cnncli.network import Network
from cnncli.network.architectures import read_model
from cnncli.number_recipe import NumberRecipe
from cnncli.plugins import load_plugin
from cnncli.shipped import model_names
from cnncli.shown import printable, shortened, shown
from cnncli.storage.typed_json import from_json
from cnncli.training.divergence import Diverged
from cnncli.training.job import Job
from cnncli.training.marks import after_marks, parted_after
from cnncli.training.number_training import classes_of, read_numbers, standardized
from cnncli.training.plan import Plan
from cnncli.training.records import EpochDone, Finished, Record
from cnncli.training.rules import TARGET, check_asked
from cnncli.training.running import run_job, started
from cnncli.training.runs import RunFolder
from cnncli.training.start import Start, read_start, shipped_start
from cnncli.training.train import data_again, make_job
from cnncli.training_options import TrainSettings
from cnncli.version import __version__

Kind = Literal["reproduced", "diverged", "tampered", "undecided"]

# Sets that give the same bits, see docs/same-bits.md; another one only gives its own again.
_SAME_BITS = ("avx2", "avx512")
# What a training cannot make again, or tells of another machine, or decides nothing.
_CLAIMS = {
    "seconds", "images_per_second", "threads", "instruction_set", "versions", "rate_factor", "seal",
    "made_from", "made_by",  # of its data: the digest tells whether they are the same
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What came of a replay.

    kind : "reproduced": the same bits in every weight, and the same numbers in the record; "diverged": the file agrees
        with itself, and training it again gives something else; "tampered": the file does not agree with itself, or
        says what is not so; "undecided": this machine, or what the file holds, cannot tell
    line : what was found, in one line
    epoch, steps : of "diverged": the epoch, and the first and last step of it among which the trainings part; no steps
        where epochs before it, of which the file does not tell, may be those in which they do
    weights : digest of the weights that were made, once they were
    """

    kind: Kind
    line: str
    epoch: int | None = None
    steps: tuple[int, int] | None = None
    weights: str | None = None


class _Ended(Exception):
    """The verdict is known."""

    def __init__(self, kind: Kind, line: str, **more: Any) -> None:
        super().__init__(line)
        self.verdict = Verdict(kind, line, **more)


def replay(
    path: str,
    settings: TrainSettings,
    should_stop: Callable[[], bool] = lambda: False,
    report: data.Report = data.ignore,
) -> Iterator[Record | Verdict]:
    """Trains the model of a file again in a temporary folder; yields the records of `train`, and last a Verdict.

    settings : of them `data`, `data_dir`, `start_from`, `plugins`, `threads` and `use_cache` count

    Raises UsageError without --data for a model of files, since model files hold no paths.
    """
    network = load_model(path)
    try:
        plan, history = _checked_plan(network)
        plan = _with_plugins(plan, settings)
        with tempfile.TemporaryDirectory(prefix="cnncli-replay-") as folder:
            yield from _trained_again(network, plan, history, Path(folder), settings, should_stop, report)
    except _Ended as ended:
        yield ended.verdict


def _checked_plan(network: Network) -> tuple[Plan, dict[int, dict[str, Any]]]:
    """The plan in the record of a file that agrees with itself, and the epochs of its history by their numbers, of
    which a long training has not all."""
    record = network.record
    training, about = record.get("training"), record.get("data")
    if not isinstance(training, dict) or not isinstance(about, dict) or not has_seal(record):
        raise _Ended("undecided", "the file holds too little of its training; cnn train of today stores all of it")
    if not is_intact(network):
        raise _Ended("tampered", "the file was changed after its training: its seal does not fit what it holds")
    settings, history, epoch = training.get("settings"), training.get("history"), training.get("epoch")
    if not isinstance(settings, dict) or not isinstance(history, list) or type(epoch) is not int:
        raise _Ended("undecided", "the file does not say all of its training")
    said = _by_number(history)
    if epoch not in said:
        raise _Ended("undecided", "the file does not say how each epoch of its training went")
    if said[epoch].get("weights") != weights_digest(network):
        raise _Ended("tampered", f"its weights are not those that it says epoch {epoch} ended with")
    try:
        plan = from_json(Plan, {**settings, "data_dir": None, "out": ""})
        check_asked(asdict(plan))
        if not TARGET["shares"].accepts(plan.shares) or not 1 <= (plan.cycle or 1) <= plan.epochs:
            raise UsageError("shares or cycle of a training with a target are impossible")
    except CnnError as error:
        raise _Ended("undecided", f"its settings are not of this version: {error}") from None
    if plan.data_digest != about.get("digest"):
        raise _Ended("tampered", "it names two different digests of its data")
    made_with, here = training.get("instruction_set"), _core.instruction_set()
    if made_with != here and not (made_with in _SAME_BITS and here in _SAME_BITS):
        raise _Ended("undecided", f"it was trained with {shown(made_with)}, and {here} here rounds otherwise")
    return plan, said


def _by_number(history: list[Any]) -> dict[int, dict[str, Any]]:
    """The epochs of a history by their numbers, which grow; none where one of them is no epoch with marks."""
    said: dict[int, dict[str, Any]] = {}
    for facts in history:
        number = facts.get("epoch") if isinstance(facts, dict) and "marks" in facts else None
        if type(number) is not int or number <= max(said, default=0):
            return {}
        said[number] = facts
    return said


def _with_plugins(plan: Plan, settings: TrainSettings) -> Plan:
    """The user's own files in place of their names."""
    files = {Path(file).name: file for file in settings.plugins or ()}
    missing = [name for name in plan.plugins or () if name not in files]
    if missing:
        raise UsageError(f"the model needs the plugin {printable(missing[0])}; pass --plugin with its place")
    digests = [load_plugin(files[name]).digest for name in plan.plugins or ()]
    if digests != plan.plugin_digests:
        raise _Ended("undecided", "a plugin is not the file that the model was trained with")
    return replace(plan, plugins=tuple(files[name] for name in plan.plugins or ()) or None)


def _same_data(plan: Plan, network: Network, settings: TrainSettings, report: data.Report) -> DataSet:
    """The data that the model was trained on, under the name that it gives them."""
    by_name = network.record["data"].get("by_name") is True and plan.data in data.NAMES
    if settings.data is None and not by_name:
        made_by = network.record["data"].get("made_by")
        made = f", which {shortened(made_by, 200)} makes" if isinstance(made_by, str) else ""
        raise UsageError(
            f"the model was trained on files called {printable(plan.data)}{made}, and model files hold no paths; "
            "pass --data PATH"
        )
    where = replace(plan, data=settings.data or plan.data, data_dir=settings.data_dir)
    dataset, _ = data_again(where, network, settings, report)
    if dataset.digest != plan.data_digest:
        raise _Ended("undecided", f"{printable(where.data)} is not the data that it was trained on: another digest")
    name = network.record["data"].get("name")
    return replace(dataset, name=name) if isinstance(name, str) else dataset


def _same_start(plan: Plan, settings: TrainSettings) -> Start | None:
    """The model that the training started from; None: from random weights."""
    if plan.start_from is None:
        return None
    if settings.start_from is None:
        shipped = shipped_start(plan.start_from)  # a name that comes with the program is no path
        if shipped is not None and shipped.digest == plan.start_digest:
            return shipped
        raise UsageError(
            f"the training started from {printable(plan.start_from)}, and model files hold no paths; pass --from MODEL"
        )
    start = read_start(settings)
    if start.digest != plan.start_digest:
        raise _Ended("undecided", f"{printable(start.path)} is not the model that it started from: another digest")
    return start


def _check_description(network: Network, plan: Plan, dataset: DataSet) -> None:
    """The classes are those of the data; and a network that comes with the program is that network."""
    classes = classes_of(dataset)
    if isinstance(classes, list) and classes != network.class_names:
        raise _Ended("tampered", "its classes are not those of its data")
    if plan.architecture in model_names():
        described, source = read_model(plan.architecture)
        try:
            known = Network.from_description(described, classes, network.input_shape, seed=None, source=source)
        except CnnError:
            raise _Ended("tampered", f"its input is none that {plan.architecture} can take") from None
        known.recipe = network.recipe
        difference = _difference(as_json(network.description()), as_json(known.description()), "network")
        if difference is not None:
            raise _Ended("tampered", f"it is not the network {plan.architecture}: {difference}")


def _check_standardization(network: Network, plan: Plan, settings: TrainSettings, start: Start | None) -> None:
    """Means and scales are those of the rows: `data_again` took the file's, and one that is off by a bit rounds to the
    same inputs."""
    assert settings.data is not None  # a table has no name that is known
    rows = read_numbers(settings.data, plan.label_column, network.outputs == "values", plan.skip_bad)
    _, _, measured = standardized(rows, plan, None if start is None else start.rows)
    if measured != network.recipe:
        raise _Ended("tampered", "its standardization of columns is not the one that its data give")


def _trained_again(
    network: Network,
    plan: Plan,
    history: dict[int, dict[str, Any]],
    folder: Path,
    settings: TrainSettings,
    should_stop: Callable[[], bool],
    report: data.Report,
) -> Iterator[Record | Verdict]:
    dataset = _same_data(plan, network, settings, report)
    # What is no name of a data set stays none, whatever its file is called.
    by_name = network.record["data"].get("by_name") is True
    plan = replace(plan, data=plan.data if by_name else f"./{plan.data}", out=str(folder / "model.bin"))
    splits = split_images(dataset, plan.validation, plan.seed, plan.own_validation, plan.images)
    start = _same_start(plan, settings)
    if start is None:
        _check_description(network, plan, dataset)
        fresh = Network.from_description(network.description(), seed=plan.seed)
    else:
        fresh, _ = start.grown(dataset, plan.seed)
    if isinstance(network.recipe, NumberRecipe):
        fresh.recipe = network.recipe
        _check_standardization(network, plan, settings, start)
    else:
        if fresh.recipe is None or start is None:
            fresh.recipe = measure_recipe(dataset, None if plan.own_validation else splits[1])
        if fresh.recipe != network.recipe:
            raise _Ended("tampered", "its preparation of pictures is not the one that its data give")
    with RunFolder.create(folder / "runs", "replay", asdict(plan)) as run:
        try:
            job = make_job(run, plan, dataset, splits, fresh, None, settings.threads)
        except CnnError as error:
            raise _Ended("undecided", f"its settings do not go together: {error}") from None
        yield started(job)
        try:
            for record in run_job(job, math.inf, should_stop):
                yield record
                if isinstance(record, EpochDone):
                    _compare_epoch(job, network, history)
                if isinstance(record, Finished):
                    yield _compared(job, network, plan)
        except Diverged as error:
            raise _parted(network, f"here it fails: {error.what}") from None


def _compare_epoch(job: Job, network: Network, history: dict[int, dict[str, Any]]) -> None:
    """Holds the epoch that has just ended against the one of the file, if that says it."""
    found = job.trainer.state.history[-1]
    epoch, last_epoch = found["epoch"], max(history)
    if epoch > last_epoch:
        raise _Ended("tampered", f"it tells of {last_epoch} epochs, and its settings ask for more")
    said = history.get(epoch)
    if said is None:
        return
    steps, full_steps = job.trainer.timetable.steps_in(epoch - 1), job.trainer.timetable.full_steps(epoch - 1)
    parted = parted_after(str(said["marks"]), found["marks"], full_steps)
    if parted is not None or said.get("weights") != found["weights"]:
        way = "the training goes another way than the file says"
        before = max((number for number in history if number < epoch), default=0)
        first, last = parted or after_marks(full_steps, steps)
        if first == 1 and before < epoch - 1:  # marks go on from epoch to epoch: it may have begun in one before
            raise _parted(network, f"epochs {before + 1} to {epoch}: {way}", epoch=epoch, weights=found["weights"])
        where = f"step {first}" if first == last else f"steps {first} to {last}"
        line = f"epoch {epoch}, {where} of {steps}: {way}"
        raise _parted(network, line, epoch=epoch, steps=(first, last), weights=found["weights"])
    difference = _difference(said, as_json(found))
    if difference is not None:
        raise _Ended("tampered", f"epoch {epoch}: {difference}")


def _parted(network: Network, line: str, **more: Any) -> _Ended:
    """The trainings differ; of another version of the program that says nothing."""
    version = network.record["training"].get("versions", {}).get("cnncli")
    if version != __version__:
        return _Ended("undecided", f"{line}; it was made by cnncli {shown(version)}, and this is {__version__}", **more)
    return _Ended("diverged", line, **more)


def _compared(job: Job, network: Network, plan: Plan) -> Verdict:
    """All that the file says against what was made; of the last epoch's model against that one."""
    said = as_json({"network": network.description(), **network.record})
    differences = []
    for path in (Path(plan.out), job.run.last_path):
        made = load_model(path)
        difference = _difference(said, as_json({"network": made.description(), **made.record}))
        if difference is None and weights_digest(made) == weights_digest(network):
            line = "the same bits in every weight, and all else as the file says"
            return Verdict("reproduced", line, weights=weights_digest(made))
        differences.append(difference or "its weights are those of another epoch")
    is_last = network.record["training"]["epoch"] != job.trainer.state.best_epoch
    return Verdict("tampered", differences[is_last], weights=weights_digest(network))


def _difference(said: Any, found: Any, where: str = "") -> str | None:
    """The first place at which the file says something else than what was found, in words; claims are passed over."""
    if isinstance(said, dict) and isinstance(found, dict):
        for key in sorted({*said, *found} - _CLAIMS):
            if key not in said or key not in found:
                what = "is missing" if key not in said else "is more than the training gives"
                return f"{_place(where, key)} {what}"
            difference = _difference(said[key], found[key], _place(where, key))
            if difference is not None:
                return difference
        return None
    if isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        pairs = enumerate(zip(said, found, strict=True))
        parts = (_difference(one, other, f"{where}[{index}]") for index, (one, other) in pairs)
        return next((part for part in parts if part is not None), None)
    if type(said) is type(found) and said == found:
        return None
    return f"it says {where} = {shown(said)}, and it is {shown(found)}"


def _place(where: str, key: str) -> str:
    return f"{where}.{printable(key)}" if where else printable(key)
