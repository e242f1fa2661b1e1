"""One part of a data set as a model takes it, before any of it is measured."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli import data as data_sets
from cnncli.data import DataSet, Note, Split
from cnncli.data.raw import RawSet
from cnncli.errors import DataError, UsageError
from cnncli.model.own_data import Own, own_samples
from cnncli.model_file.serialize import load_model
from cnncli.network import Network
from cnncli.number_recipe import NumberRecipe
from cnncli.pictures.recipe import InputRecipe
from cnncli.shown import format_shape, loosely, printable

_MOST_CLASSES = 8_192  # the confusion matrix then has 0.5 GiB


@dataclass(frozen=True, eq=False)
class MeasuredPart:
    """path, network : the model
    source : name or path of the data set; dataset : of it, the one part prepared
    part, split : "test", "validation" or "train", and all its images
    own : which of them the model was trained on, and which it held out; None: none
    """

    path: str
    network: Network
    source: str
    dataset: DataSet
    part: str
    split: Split
    own: Own | None


@dataclass(frozen=True, eq=False)
class FoundPart:
    """A part of data that fit the model, of which no picture is decoded yet."""

    path: str
    network: Network
    recipe: InputRecipe
    source: str
    raw: RawSet
    part: str

    def prepared(
        self, *, skip_bad: bool = False, use_cache: bool = True, report: data_sets.Report = data_sets.ignore
    ) -> MeasuredPart:
        """All of its pictures as the model takes them; see `evaluate_model`."""
        dataset = data_sets.prepare_set(
            self.raw, recipe=self.recipe, parts=[self.part], skip_bad=skip_bad, use_cache=use_cache, report=report
        )
        split = {"test": dataset.test, "train": dataset.train, "validation": dataset.validation}[self.part]
        assert split is not None
        own = own_samples(self.network.record, self.source, split) if self.part == "train" else None
        return MeasuredPart(self.path, self.network, self.source, dataset, self.part, split, own)


def find_part(
    path: str | Path,
    *,
    data: str | None,
    data_dir: str | None = None,
    part: str | None = None,
    label_column: str | None = None,
    report: data_sets.Report = data_sets.ignore,
) -> FoundPart:
    """The part that is asked for, all of it, its classes held against those of the model; see `evaluate_model`.

    Raises DataError for a data set that does not fit the model.
    """
    network = load_model(path)
    if len(network.class_names) > _MOST_CLASSES:
        raise UsageError(
            f"{printable(path)}: has {len(network.class_names):,} classes; at most {_MOST_CLASSES:,} are evaluated"
        )
    recipe = _recipe(printable(path), network)
    source = data or _recorded_data(printable(path), network.record)
    raw = data_sets.read_raw(source, data_dir=data_dir, label_column=label_column, report=report)
    held = [name for name in ("test", "validation", "train") if len(raw.parts.get(name, ()))]
    if not held:
        raise DataError(f"{raw.name}: holds no images; pass another --data")
    wanted = part if part is not None and part != "held-out" else "train" if part else held[0]
    if wanted not in held:
        raise DataError(f"{raw.name}: holds no {wanted} images; it has {', '.join(held)}: pass one of them as --part")
    class_positions(path, network, raw.name, raw.class_names)
    return FoundPart(str(path), network, recipe, source, raw, wanted)


def _recipe(model: str, network: Network) -> InputRecipe:
    """The network's, or for one that takes bytes as they are that of its input's size."""
    shape = network.input_shape
    if isinstance(network.recipe, NumberRecipe):
        raise DataError(f"{model}: takes numbers of a table; pass one as --data")
    if network.recipe is not None:
        return network.recipe
    as_they_are = InputRecipe.of_shape(shape)
    if as_they_are is None:
        raise DataError(f"{model}: takes {format_shape(shape)}, which are no images; use its outputs from Python")
    return as_they_are


def _recorded_data(model: str, record: dict[str, Any]) -> str:
    """The data set that the model's record names."""
    recorded = record.get("data")
    name = recorded.get("name") if isinstance(recorded, dict) else None
    if not isinstance(recorded, dict) or not isinstance(name, str):
        raise UsageError(f"{model}: does not say what it was trained on; pass --data")
    made_from = recorded.get("made_from")
    if isinstance(made_from, str) and made_from in data_sets.NAMES:
        return made_from
    if recorded.get("by_name") is not True or name not in data_sets.NAMES:  # no path in a model is ever opened
        raise UsageError(
            f"{model}: was trained on files called {printable(name)}, and model files hold no paths; "
            "pass --data PATH"
        )
    return name


def class_positions(
    path: str | Path, network: Network, data_name: str, class_names: list[str]
) -> tuple[npt.NDArray[np.int64], list[Note]]:
    """For each class of the data set the network's class of the same name, or of one that differs in case only."""
    position = {name: index for index, name in enumerate(network.class_names)}
    loose = {loosely(name): name for name in network.class_names}
    notes = []
    if len(loose) == len(position) and len({loosely(name) for name in class_names}) == len(class_names):
        for name in class_names:
            known = loose.get(loosely(name), name)
            if known != name:
                position[name] = position[known]
                notes.append(Note("classes", f"classes: {printable(name)[:80]} is read as {printable(known)[:80]}"))
    unknown = [name for name in class_names if name not in position]
    if unknown:
        raise DataError(
            f"{data_name}: class {unknown[0]} is none of those of {printable(path)}, which are "
            f"{', '.join(network.class_names[:10])}; pass the kind of data it was trained on"
        )
    return np.array([position[name] for name in class_names], dtype=np.int64), notes
