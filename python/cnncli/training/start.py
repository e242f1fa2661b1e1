"""A training that starts from a trained model: its network and its weights, with a new head for other classes."""

import copy
import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cnncli.data import DataSet
from cnncli.data.number_set import NumberSet
from cnncli.errors import DataError, UsageError
from cnncli.layers import Concat, Residual
from cnncli.model_file.serialize import unpack_network
from cnncli.network import Network
from cnncli.network.architectures import read_model
from cnncli.network.description import CLASSES
from cnncli.number_recipe import NumberRecipe
from cnncli.pictures.recipe import InputRecipe
from cnncli.shipped import model_names, shipped_model, trained_names
from cnncli.shown import format_shape, plural, printable
from cnncli.storage import container
from cnncli.training_options import RecordedSettings, TrainSettings

# What the model has decided.
DECIDED = ("architecture", "size", "prepare", "pixels", "colour")
_SIZES = ("out_features", "out_channels")  # of the layer that gives one output a class


@dataclass(frozen=True)
class Start:
    """The model that a training starts from.

    path : as it was given, for messages
    network : as it was trained
    digest : SHA-256 of its file
    """

    path: str
    network: Network
    digest: str

    @property
    def description(self) -> dict[str, Any]:
        """That of its network; a network that comes with the program brings the settings of its training."""
        described = self.network.description()
        if self.network.name in model_names():
            shipped = read_model(self.network.name)[0]
            described |= {table: shipped[table] for table in ("training", "target") if table in shipped}
        return described

    @property
    def rows(self) -> NumberRecipe | None:
        """How it takes rows; None where it takes pictures."""
        recipe = self.network.recipe
        return recipe if isinstance(recipe, NumberRecipe) else None

    @property
    def pictures(self) -> InputRecipe:
        """How it takes pictures. Raises DataError for a model of numbers."""
        if not isinstance(self.network.recipe, InputRecipe):
            raise DataError(f"{printable(self.path)}: takes numbers, and --data has pictures; use a table")
        return self.network.recipe

    def grown(self, dataset: DataSet, seed: int) -> tuple[Network, str]:
        """(the network for the classes of a data set, what it has of the model in words).

        Other classes, or others to predict, get a new last layer with weights; all others start with the model's.

        Raises DataError for samples of another shape, UsageError where no last layer gives one output a class.
        """
        self._check_fits(dataset)
        old, new = _meanings(self.network, None), _meanings(self.network, dataset)
        where = printable(self.path)
        description, head = self.network.description(), None
        if new != old:
            outputs = math.prod(self.network.output_shape(self.network.input_shape))
            head = _head(description["layers"], outputs, len(new))
            if head is None:
                raise UsageError(
                    f"{where}: the data have other classes, but the network ends in no layer with an output for each, "
                    "which could be made new; train from the beginning with --arch"
                )
            description["layers"] = head.layers
            if self.network.outputs != "values":
                description.pop("outputs", None)
        classes: Any = len(new) if self.network.outputs == "values" else dataset.class_names
        network = Network.from_description(description, classes, self.network.input_shape, seed=seed, source=where)
        kept = _copy_arrays(self.network, network, None if head is None else head.place)
        words = f"starts from {where}, with the weights of {plural(len(kept), 'layer')}"
        if head is not None:
            what = "classes" if dataset.class_names else "columns"
            words += f"; layer {head.place} is made new for the {what} {_listed(new)}"
        network.plugins = list(self.network.plugins)
        return network, words

    def _check_fits(self, dataset: DataSet) -> None:
        assert dataset.train is not None
        recipe, shape = self.network.recipe, dataset.train.images.shape[1:]
        if isinstance(recipe, NumberRecipe) and isinstance(dataset, NumberSet):
            if dataset.columns != recipe.columns:
                raise DataError(
                    f"{dataset.source}: has the columns {printable(', '.join(dataset.columns))}, but "
                    f"{printable(self.path)} takes {printable(', '.join(recipe.columns))}; bring those"
                )
        elif isinstance(recipe, NumberRecipe) or isinstance(dataset, NumberSet) or shape != self.network.input_shape:
            raise DataError(
                f"{dataset.name}: has samples of shape {format_shape(shape)}, but {printable(self.path)} takes "
                f"{format_shape(self.network.input_shape)}; use data of that kind, or train another one with --arch"
            )


def read_start(settings: TrainSettings) -> Start:
    """The model of --from. Raises UsageError for settings that it has decided, FormatError for a file that is none."""
    given, plain = settings.start_from, TrainSettings()
    assert given is not None
    for name in DECIDED:
        if getattr(settings, name) != getattr(plain, name):
            option = "--arch" if name == "architecture" else f"--{name}"
            raise UsageError(f"{option}: is what the model of --from has decided; leave it out")
    return _read(given, shipped_model(given) if _is_name(given) else Path(given))


def shipped_start(name: str) -> Start | None:
    """The trained model of this name that comes with the program, whatever file is called so; None: there is none."""
    return _read(name, shipped_model(name)) if name in trained_names() else None


def _read(given: str, path: Path) -> Start:
    content, where = container.read_bytes(path), printable(path)  # once: the digest is that of what was loaded
    network = unpack_network(*container.unpack(content, where), where)
    return Start(given, network, hashlib.sha256(content).hexdigest())


def start_place(given: str) -> str:
    """What names the model of --from in whatever folder: its name where it comes with the program, else its path."""
    return given if _is_name(given) else str(Path(given).resolve())


def _is_name(given: str) -> bool:
    return given in model_names() and not Path(given).exists()


def as_for(start: Start, settings: TrainSettings) -> TrainSettings:
    """The settings with the model's network, by its name."""
    return replace(settings, architecture=start.network.name or Path(start.path).name)


def with_frozen(words: str | None, settings: RecordedSettings, network: Network) -> str | None:
    """What a training starts from, and which layers stay as they are.

    Raises UsageError for more of them than there are before the last one with weights, or for random weights.
    """
    freeze = settings.freeze or 0
    learned = [int(parameter.name.partition(".")[0]) for parameter in network.named_parameters()]
    most = max(learned, default=0)
    if freeze > most:
        raise UsageError(
            f"--freeze {freeze}: leaves nothing to learn, since layer {most} is the last one with weights; use at most "
            f"{most}"
        )
    if freeze and settings.start_from is None:
        raise UsageError(f"--freeze {freeze}: would keep random weights; add --from with a trained model")
    if words is None or not freeze:
        return words
    return f"{words}; {'layer 0 stays as it is' if freeze == 1 else f'layers 0 to {freeze - 1} stay as they are'}"


def frozen_names(network: Network, freeze: int) -> list[str]:
    """The parameters of the first `freeze` layers, counted as `cnn summary` does."""
    names = [parameter.name for parameter in network.named_parameters()]
    return [name for name in names if int(name.partition(".")[0]) < freeze]


@dataclass(frozen=True)
class _Head:
    layers: list[dict[str, Any]]  # all of the network, with the head's size left to the classes
    place: str


def _meanings(network: Network, dataset: DataSet | None) -> list[str]:
    """What the outputs stand for, in the network or in a data set: classes, or columns to be predicted."""
    recipe = network.recipe
    if network.outputs == "values":
        if dataset is None:
            return list(recipe.targets) if isinstance(recipe, NumberRecipe) else []
        return list(dataset.targets) if isinstance(dataset, NumberSet) else list(dataset.class_names)
    return list(network.class_names if dataset is None else dataset.class_names)


def _listed(names: Sequence[str]) -> str:
    some = ", ".join(map(printable, names[:6]))
    return f"{some} and {len(names) - 6} more" if len(names) > 6 else some


def _head(layers: Sequence[dict[str, Any]], outputs: int, classes: int) -> _Head | None:
    """The last layer that gives one output for each class, or the one for two classes."""
    described = copy.deepcopy(list(layers))
    for place, layer in reversed(list(_plain(described, ""))):
        for size in _SIZES:
            if size in layer:
                if layer[size] != outputs:
                    return None
                if (outputs, classes) != (1, 2):
                    layer[size] = CLASSES
                return _Head(described, place)
    return None


def _plain(layers: Sequence[dict[str, Any]], prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Layers with their names; those inside others too."""
    for index, layer in enumerate(layers):
        name = f"{prefix}{index}"
        yield name, layer
        yield from _plain(layer.get("layers") or (), f"{name}.")
        for key in Residual.described_keys:
            yield from _plain(layer.get(key) or (), f"{name}.{key}.")
        for key in Concat.described_keys:
            for number, branch in enumerate(layer.get(key) or ()):
                yield from _plain(branch, f"{name}.{number}.")


def _copy_arrays(source: Network, target: Network, head: str | None) -> set[str]:
    """Copies parameters and buffers of all layers but the head; returns the layers that have some."""
    arrays = source.state_dict()
    kept = set()
    for name, array in (*((one.name, one.value) for one in target.named_parameters()), *target.named_buffers()):
        layer = name.rpartition(".")[0]
        if layer != head:
            array[...] = arrays[name]
            kept.add(layer)
    return kept
