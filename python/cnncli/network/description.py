"""Layers from a description: plain data, from models/*.toml or a model file. Nothing in it is trusted."""

import inspect
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnncli.custom_code import fault_text
from cnncli.errors import CnnError, FormatError, ShapeError
from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.branches import Branches
from cnncli.layers.faults import LayerError, LayerShapeError
from cnncli.layers.max_pool2d import MaxPool2d
from cnncli.layers.max_unpool2d import MaxUnpool2d
from cnncli.layers.module import Module
from cnncli.layers.other_names import name_here
from cnncli.layers.registry import LAYER_TYPES, is_built_in
from cnncli.layers.returned import is_custom
from cnncli.layers.sequential import Sequential, runs_in_order
from cnncli.layers.settings import LARGEST_SETTING
from cnncli.limits import Limits
from cnncli.nearest import nearest
from cnncli.shown import find_unprintable, shown

NETWORK_KEYS = ("name", "title", "input", "border", "classes", "outputs", "recipe", "layers", "training", "target")

# Beyond this a description is a mistake or an attack: LeNet-5 has 0.0002 GiB of parameters, VGG-16 0.5 GiB.
MEMORY_BUDGET = 2 * 1024**3
# Work for one sample, about a minute of it: weights share it out over positions, and windows of pooling have none, so
# that a small file could ask for years. LeNet-5 takes 4.2e5 multiply-adds, VGG-16 1.5e10.
MOST_MULTIPLY_ADDS = 2**42
MOST_WINDOW_READS = 2**33

# Values of a setting that stand for the number of classes, or of columns to be predicted, so that one description
# serves any data set.
CLASSES, TARGETS = "classes", "targets"

DEEPEST_NESTING = 8
_CLASS_COUNT = Limits(whole=True, least=1, most=LARGEST_SETTING)
BYTES_PER_VALUE = 4


class UnknownLayerError(FormatError):
    """A layer of a type that the program does not know.

    where, type_name : its place, and the type
    """

    def __init__(self, where: str, type_name: str) -> None:
        is_misspelt = name_here(type_name, LAYER_TYPES) or nearest(type_name, LAYER_TYPES, cutoff=0.8)
        own = "" if is_misspelt else " (your own: --plugin FILE.py)"
        super().__init__(f'{where}: unknown type {shown(type_name)}; {suggestion(type_name, LAYER_TYPES)}{own}')
        self.where, self.type_name = where, type_name


@dataclass
class LayerBuilder:
    """Makes the layers of one description, each told the shape of its input; no arrays yet.

    source : what errors call the description: "models/lenet5.toml"
    classes : what the setting "classes" stands for, None if unknown
    budget : bytes that all parameters, and that the outputs of all layers for one sample, may take
    """

    source: str
    classes: int | None
    budget: int = MEMORY_BUDGET
    parameter_bytes: int = 0
    activation_bytes: int = 0
    multiply_adds: int = 0
    window_reads: int = 0
    poolings: dict[str, tuple[MaxPool2d, Shape]] = field(default_factory=dict)

    def build(
        self, layers: object, input_shape: Shape, prefix: str = "", container: str = ""
    ) -> tuple[list[Module], Shape]:
        """The layers of a list of descriptions, and the shape of what the last one gives.

        Raises FormatError for what is no description of known layers, ShapeError for layers that do not fit.
        """
        if not isinstance(layers, list) or not layers:
            place = self.source if not prefix else f"{self.source}, layer {prefix[:-1]} ({container or 'Sequential'})"
            key = "layers" if not container else prefix[:-1].rpartition(".")[2]
            raise FormatError(f'{place}: needs "{key}", a list of one layer or more; add [[layers]] tables')
        made = []
        shape = input_shape
        for index, layer in enumerate(layers):
            module, shape = self._layer(layer, shape, f"{prefix}{index}")
            made.append(module)
        return made, shape

    def _layer(self, description: object, input_shape: Shape, name: str) -> tuple[Module, Shape]:
        where = f"{self.source}, layer {name}"
        if not isinstance(description, Mapping) or not isinstance(description.get("type"), str):
            raise FormatError(f'{where}: has no "type"; use one such as type = "ReLU"')
        type_name: str = description["type"]
        layer_type = LAYER_TYPES.get(type_name)
        if layer_type is None:
            raise UnknownLayerError(where, type_name)
        where += f" ({type_name})"
        settings = {key: value for key, value in description.items() if key != "type"}
        if issubclass(layer_type, Sequential) and layer_type.__init__ is Sequential.__init__:
            return self._sequential(layer_type, settings, input_shape, name, where)
        if issubclass(layer_type, Branches) and not is_custom(layer_type, "__init__"):
            return self._branches(layer_type, settings, input_shape, name, where)
        return self._plain(layer_type, settings, input_shape, name, where)

    def _branches(
        self, layer_type: type[Branches], settings: dict[str, Any], input_shape: Shape, name: str, where: str
    ) -> tuple[Module, Shape]:
        check_keys(where, "setting", settings, layer_type.described_keys)
        self._check_depth(name, where)
        try:
            described = layer_type.described_branches(settings)
            shapes = layer_type.part_shapes(input_shape, len(described))
            made, results = [], []
            for (branch, layers), shape in zip(described, shapes, strict=True):
                if layers == [] and branch != "body":
                    made.append(Sequential())
                    results.append(shape)
                    continue
                built, result = self.build(layers, shape, f"{name}.{branch}.", layer_type.__name__)
                made.append(Sequential(*built))
                results.append(result)
            container = layer_type.of_branches(made)
            shape = container.joined_shape(results)
        except LayerShapeError as error:
            raise ShapeError(f"{where}: {error.reason}") from None
        except LayerError as error:
            raise FormatError(f"{where}: {error.reason}") from None
        self._count(math.prod(shape), "activations", where)
        return container, shape if runs_in_order(container) else container.output_shape(input_shape)

    def _check_depth(self, name: str, where: str) -> None:
        if name.count(".") >= DEEPEST_NESTING:
            raise FormatError(f"{where}: is nested deeper than {DEEPEST_NESTING}; put its layers side by side")

    def _sequential(
        self, layer_type: type[Sequential], settings: dict[str, Any], input_shape: Shape, name: str, where: str
    ) -> tuple[Module, Shape]:
        check_keys(where, "setting", settings, ["layers"])
        self._check_depth(name, where)
        layers, shape = self.build(settings.get("layers"), input_shape, f"{name}.")
        made = layer_type(*layers)
        return made, shape if runs_in_order(made) else made.output_shape(input_shape)

    def _plain(
        self, layer_type: type[Module], settings: dict[str, Any], input_shape: Shape, name: str, where: str
    ) -> tuple[Module, Shape]:
        accepted = _settings_of(layer_type)
        takes_seed = "seed" in accepted and accepted["seed"].kind is inspect.Parameter.KEYWORD_ONLY
        known = [key for key in accepted if not (takes_seed and key == "seed")]
        check_keys(where, "setting", settings, known)
        settings = {**layer_type.inferred_settings(input_shape), **settings}
        for key in known:
            if settings.get(key) in (CLASSES, TARGETS):
                settings[key] = self._class_count(where, key, settings[key])
            if key not in settings and accepted[key].default is inspect.Parameter.empty:
                raise FormatError(f'{where}: setting "{key}" is missing; add it')
        if takes_seed:
            settings["seed"] = None  # no arrays yet
        method = "__init__"
        try:
            layer = layer_type(**settings)
            self._link(layer, input_shape, name)
            method = "output_shape"
            self._count(layer.parameter_count(), "parameters", where)
            shape = layer.output_shape(input_shape)
        except LayerShapeError as error:
            raise ShapeError(f"{where}: {error.reason}") from None
        except LayerError as error:
            raise FormatError(f"{where}: {error.reason}") from error.__cause__
        except CnnError:
            raise
        except Exception as error:
            if not is_built_in(layer_type):
                what = fault_text(error, method, getattr(layer_type, method))
                raise FormatError(f"{where}: {what}") from error
            if not isinstance(error, TypeError | ValueError):
                raise
            raise FormatError(f"{where}: {error}") from None
        self._count(math.prod(shape) + layer.scratch_count(input_shape), "activations", where)
        self._count_work(layer, input_shape, where)
        return layer, shape

    def _link(self, layer: Module, input_shape: Shape, name: str) -> None:
        """An unpooling gets its pooling, and the size that the pooling's input has."""
        if isinstance(layer, MaxPool2d):
            self.poolings[name] = layer, input_shape
        elif isinstance(layer, MaxUnpool2d):
            layer.find_pooling({place: pooling for place, (pooling, _) in self.poolings.items()})
            taken = self.poolings[str(layer.pooling_name)][1]
            layer.fit(taken, input_shape)

    def _class_count(self, where: str, key: str, word: str) -> int:
        if self.classes is None:
            raise FormatError(f'{where}: {key} = "{word}" needs the number of classes; add classes = 10 on top')
        return self.classes

    def _count(self, values: int, what: str, where: str) -> None:
        """Add to the bytes of parameters or activations; refuse before anybody allocates them."""
        if what == "parameters":
            self.parameter_bytes += values * BYTES_PER_VALUE
            total = self.parameter_bytes
        else:
            self.activation_bytes += values * BYTES_PER_VALUE
            total = self.activation_bytes
        if total > self.budget:
            per = "" if what == "parameters" else " of one sample"
            raise FormatError(
                f"{where}: {what}{per} up to here take {total / 1024**3:.4g} GiB, "
                f"more than the limit of {self.budget / 1024**3:.4g} GiB; use smaller layers"
            )

    def _count_work(self, layer: Module, input_shape: Shape, where: str) -> None:
        """Add to the work for one sample; refuse what would never end."""
        self.multiply_adds += layer.multiply_adds(input_shape)
        self.window_reads += layer.window_reads(input_shape)
        for total, limit, what in (
            (self.multiply_adds, MOST_MULTIPLY_ADDS, "multiply-adds"),
            (self.window_reads, MOST_WINDOW_READS, "values to be pooled"),
        ):
            if total > limit:
                raise FormatError(
                    f"{where}: one sample takes {total:.4g} {what} up to here, more than the limit of {limit:.4g}; "
                    "use smaller kernels or larger strides"
                )


_known_settings: dict[type[Module], Mapping[str, inspect.Parameter]] = {}


def _settings_of(layer_type: type[Module]) -> Mapping[str, inspect.Parameter]:
    """What the constructor takes; kept, since it takes a millisecond and each model file written asks again."""
    if layer_type not in _known_settings:
        # Without a constructor of its own there are none; `inspect` would compile source text to say so.
        plain = layer_type.__init__ is object.__init__
        _known_settings[layer_type] = {} if plain else inspect.signature(layer_type).parameters
    return _known_settings[layer_type]


def check_keys(where: str, what: str, found: Iterable[str], known: Iterable[str]) -> None:
    """Raise FormatError, with the nearest known key, if `found` has one that is not known."""
    known = list(known)
    for key in found:
        if key not in known:
            raise FormatError(f'{where}: unknown {what} {shown(str(key))}; {suggestion(str(key), known)}')


def suggestion(name: str, known: Iterable[str]) -> str:
    """'did you mean "kernel_size"?', or the known names if none is near: 16 at most, and how many more there are."""
    by_lower_case = {key.lower(): key for key in known}
    elsewhere = name_here(name, by_lower_case.values())
    if elsewhere is not None:
        return f'did you mean "{elsewhere}"?'
    near = nearest(name, by_lower_case.values())
    if near is not None:
        return f'did you mean "{near}"?'
    names = sorted(by_lower_case.values())
    more = f" and {len(names) - 16} more" if len(names) > 16 else ""
    return f"known: {', '.join(names[:16]) or 'none'}{more}"


def read_shape(where: str, value: object) -> Shape:
    """The shape of one sample: a list of one to three whole numbers."""
    if (
        not isinstance(value, Sequence)
        or isinstance(value, str)
        or not 1 <= len(value) <= 3
        or any(type(size) is not int or not 1 <= size <= LARGEST_SETTING for size in value)
    ):
        raise FormatError(f"{where}: input is {shown(value)}; use [channels, height, width] such as [1, 28, 28]")
    shape = tuple(value)
    if math.prod(shape) * BYTES_PER_VALUE > MEMORY_BUDGET:
        raise FormatError(
            f"{where}: one input of {format_shape(shape)} takes more than the limit of "
            f"{MEMORY_BUDGET / 1024**3:.4g} GiB; use smaller images"
        )
    return shape


def read_border(where: str, description: Mapping[str, Any]) -> int:
    """How many pixels on each side of the declared input are background around the picture; 0 if not said."""
    border = description.get("border", 0)
    if border == 0 and type(border) is int:
        return 0
    shape = description.get("input")
    if not isinstance(shape, Sequence) or len(read_shape(where, shape)) != 3:
        raise FormatError(f"{where}: border is {shown(border)}, but no images are declared; add input = [1, 32, 32]")
    if type(border) is not int or not 0 <= 2 * border < min(shape[1:]):
        raise FormatError(
            f"{where}: border is {shown(border)}; use a whole number of pixels below half of "
            f"{shape[1]}x{shape[2]}, such as 2"
        )
    return border


def read_text(where: str, key: str, value: object) -> str:
    """A string that is safe to print."""
    if not isinstance(value, str) or find_unprintable(value):
        raise FormatError(f"{where}: {key} is {shown(value)}; use a text of printable characters")
    return value


def read_classes(where: str, value: Any) -> int | list[str] | None:
    """The number of classes, or their names; None if not given."""
    if value is None:
        return None
    if _CLASS_COUNT.accepts(value):
        return int(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        names = [read_text(where, "class name", name) for name in value]
        if "" in names:
            raise FormatError(f"{where}: class name {names.index('')} is empty; give each class a name")
        if len(set(names)) < len(names):
            twice = next(name for name, times in Counter(names).items() if times > 1)
            raise FormatError(f'{where}: class name {shown(twice)} is there twice; give each class its own')
        return names or None
    raise FormatError(f"{where}: {_CLASS_COUNT.fault('classes', value)}, or a list of names")
