"""The model file: a network, how it was trained, and for checkpoints where the training is. Data, never code.

What lies in which place of the file: docs/model-format.md.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from cnncli.array_types import Array
from cnncli.errors import CnnError, FormatError, UsageError
from cnncli.layers import Concat, Module, Residual
from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.origin import Origin
from cnncli.model_file.custom import check_plugins, missing_layer, plugins_of
from cnncli.model_file.savable import check_rebuilt, check_savable
from cnncli.network import Network
from cnncli.network.description import UnknownLayerError
from cnncli.shown import printable, shown
from cnncli.storage import container
from cnncli.storage.files import StrPath

VERSION = 1
MAX_LAYERS = 4096
_LAYER_LISTS = ("layers", *Residual.described_keys, *Concat.described_keys)  # where layers hold others

_OPTIMIZER = "optimizer/"  # how the names of the optimizer's tensors begin
_IMAGES = "images/"  # and of those that say something of each training image
_AVERAGES = "average/"  # and of the running averages of the network's own
_KEYS = ("checkpoint", "network", "plugins", "record", "version")


@dataclass(frozen=True)
class Checkpoint:
    """Where a training was.

    network : with the weights of that moment; its `record` is what was given to `save_checkpoint`
    optimizer_state : what the optimizer's `state_dict()` was
    state : what the training loop needs beside it: epoch, step, best measure, sums of the epoch so far
    images : arrays that say something of each training image; none unless the loop has such
    averages : of the network's parameters and buffers, by their names; none unless the loop keeps them
    """

    network: Network
    optimizer_state: dict[str, Any]
    state: dict[str, Any]
    images: dict[str, Array]
    averages: dict[str, Array]


def save_model(path: StrPath, network: Network, record: Mapping[str, Any] | None = None) -> None:
    """Write a network to a model file, whole or not at all. The same network and record give the same bytes.

    record : how it was trained (command, seed, data and its digest, versions, metrics of each epoch); JSON
        values, NumPy scalars and paths, of which the last part is kept; NaN becomes null. Default:
        `network.record`

    Raises FormatError for what could not be read back (NaN in the weights), CnnError if it cannot be written.
    """
    tensors, content = _pack_network(network, record)
    container.write(path, tensors, content)


def check_record(path: StrPath, network: Network, record: Mapping[str, Any]) -> None:
    """Raises FormatError where `save_model` would for the network, UsageError for the record; nothing is written."""
    tensors, content = _pack_network(network, record)
    try:
        container.check(tensors, content, printable(path))
    except FormatError as error:
        raise UsageError(f"{error}, so that the model could not be saved; use shorter settings") from None


def save_beside_earlier(path: StrPath, network: Network, record: Mapping[str, Any] | None = None) -> Path | None:
    """As `save_model`, but a file that is there and differs is kept, as model.1.bin for model.bin.

    Returns where it is kept; None if there was none, or if it had the same bytes.
    """
    tensors, content = _pack_network(network, record)
    return container.write_beside(path, tensors, content)


def load_model(path: StrPath) -> Network:
    """The network of a model file or a checkpoint, in evaluation mode; its `record` tells how it was trained.

    Nothing is allocated for layers that the file holds no weights for, nothing in it is run, and no path in
    it is opened.

    Raises FormatError, one line with the file's name, for what breaks the format; CnnError if unreadable.
    """
    tensors, content = container.read(path)
    return unpack_network(tensors, content, printable(path))


def save_checkpoint(
    path: StrPath,
    network: Network,
    optimizer_state: Mapping[str, Any],
    state: Mapping[str, Any],
    record: Mapping[str, Any] | None = None,
    images: Mapping[str, Array] | None = None,
    averages: Mapping[str, Array] | None = None,
) -> None:
    """Write a model file that holds beside the network what a training needs to go on, bit for bit.

    optimizer_state : float32 or int64 arrays and JSON values, by name
    state : JSON values
    record : as for `save_model`
    images : float32 or int64 arrays by name
    averages : float32 arrays by the names of the network's
    """
    tensors, content = _pack_network(network, record)
    values: dict[str, Any] = {}
    for key, value in optimizer_state.items():
        if isinstance(value, np.ndarray):
            tensors[_OPTIMIZER + key] = value
        else:
            values[key] = as_json(value)
    for prefix, arrays in ((_IMAGES, images), (_AVERAGES, averages)):
        tensors.update({prefix + name: array for name, array in (arrays or {}).items()})
    content["checkpoint"] = {"optimizer": values, "state": as_json(state)}
    container.write(path, tensors, content)


def load_checkpoint(path: StrPath) -> Checkpoint:
    """What `save_checkpoint` wrote. Raises as `load_model`, also for a model file that is no checkpoint."""
    tensors, content = container.read(path)
    return unpack_checkpoint(tensors, content, printable(path))


def unpack_checkpoint(tensors: dict[str, Array], content: dict[str, Any], where: str) -> Checkpoint:
    """The checkpoint in the tensors and the record of a file, named `where` in errors; as `load_checkpoint`."""
    network = unpack_network(tensors, content, where)
    if "checkpoint" not in content:
        raise FormatError(f"{where}: is a model without the state of its training; name a checkpoint.bin")
    checkpoint = content["checkpoint"]
    if (
        not isinstance(checkpoint, dict)
        or sorted(checkpoint) != ["optimizer", "state"]
        or not all(isinstance(value, dict) for value in checkpoint.values())
    ):
        raise FormatError(f"{where}: checkpoint must be an object of two objects, optimizer and state")
    optimizer_state: dict[str, Any] = checkpoint["optimizer"]
    for name, tensor in tensors.items():
        if name.startswith(_OPTIMIZER):
            optimizer_state[name.removeprefix(_OPTIMIZER)] = tensor.copy()
    images, averages = (
        {name.removeprefix(prefix): tensor.copy() for name, tensor in tensors.items() if name.startswith(prefix)}
        for prefix in (_IMAGES, _AVERAGES)
    )
    network.train()
    return Checkpoint(network, optimizer_state, checkpoint["state"], images, averages)


def _pack_network(
    network: Network, record: Mapping[str, Any] | None
) -> tuple[dict[str, Array], dict[str, Any]]:
    check_savable(network)
    description = as_json(network.description())
    rebuilt = Network.from_description(description, seed=None)  # what is written can be read
    check_rebuilt(network, dict(tensor_shapes(network)), dict(tensor_shapes(rebuilt)))
    tensors: dict[str, Array] = {parameter.name: parameter.value for parameter in network.named_parameters()}
    tensors.update(network.named_buffers())
    content = {
        "version": VERSION,
        "network": description,
        "record": as_json(network.record if record is None else record),
    }
    plugins = plugins_of(network)
    if plugins:
        content["plugins"] = as_json(plugins)
    return tensors, content


def unpack_network(tensors: dict[str, Array], content: dict[str, Any], where: str) -> Network:
    """The network in the tensors and the record of a file, named `where` in errors; as `load_model`."""
    version = content.get("version")
    if version != VERSION or type(version) is not int:
        raise FormatError(
            f"{where}: format version {shown(version)}; this program reads {VERSION}, update it"
        )
    for key in content:
        if key not in _KEYS:
            raise FormatError(f"{where}: record has the unknown key {shown(key)}")
    for key in ("network", "record"):
        if not isinstance(content.get(key), dict):
            raise FormatError(f"{where}: record has no object {key}")
    _check_layer_count(content["network"], where)
    plugins = content.get("plugins", [])
    check_plugins(plugins, where)
    try:
        network = Network.from_description(content["network"], seed=None, source=where)
    except UnknownLayerError as error:
        raise missing_layer(error, plugins) from None
    except CnnError as error:
        line = str(error)
        raise FormatError(line if line.startswith(where) else f"{where}: {line}") from None
    if network.recipe is not None and network.recipe.shape != network.input_shape:
        made, taken = format_shape(network.recipe.shape), format_shape(network.input_shape)
        raise FormatError(f"{where}: its input recipe makes {made}, but its network takes {taken}")
    _check_tensors(network, tensors, "checkpoint" in content, where)
    network.allocate()
    for parameter in network.named_parameters():
        parameter.value[...] = tensors[parameter.name]
    for name, buffer in network.named_buffers():
        buffer[...] = tensors[name]
    network.record = content["record"]
    network.plugins = [Origin(plugin["file"], plugin["sha256"]) for plugin in plugins]
    network.eval()
    return network


def _check_layer_count(description: dict[str, Any], where: str) -> None:
    """Before anything is built: a few bytes describe a layer, so a small file could describe a million."""
    count = 0
    rest: list[Any] = [description]
    while rest:
        part = rest.pop()
        lists = [part.get(key) for key in _LAYER_LISTS] if isinstance(part, dict) else [part]
        for found in lists:
            if isinstance(found, list):
                count += len(found)
                rest.extend(found)
    if count > MAX_LAYERS:
        raise FormatError(f"{where}: network has {count:,} layers; at most {MAX_LAYERS:,} are allowed")


def _check_tensors(network: Network, tensors: dict[str, Array], is_checkpoint: bool, where: str) -> None:
    """The tensors are those of the network: asked before it gets memory, which the file then bounds."""
    expected = dict(tensor_shapes(network))
    for name, shape in expected.items():
        if name not in tensors:
            raise FormatError(f"{where}: tensor {name} is missing, {format_shape(shape)} of the network")
        if tensors[name].shape != shape:
            found = format_shape(tensors[name].shape)
            raise FormatError(f"{where}: tensor {name} is {found}, but its layer needs {format_shape(shape)}")
        if tensors[name].dtype != np.float32:
            raise FormatError(f"{where}: tensor {name} has dtype {tensors[name].dtype}; layers need float32")
        if name.endswith("running_var") and tensors[name].min() < 0:
            raise FormatError(f"{where}: tensor {name} holds a variance below 0; train the network again")
    for name in tensors:
        if name not in expected and not (is_checkpoint and name.startswith((_OPTIMIZER, _IMAGES, _AVERAGES))):
            raise FormatError(f"{where}: tensor {name} belongs to no layer of the network")


def tensor_shapes(module: Module, prefix: str = "") -> Iterator[tuple[str, Shape]]:
    """Names and shapes of all parameters and buffers, known before the arrays exist."""
    for name, shape in (module.parameter_shapes() | module.buffer_shapes()).items():
        yield prefix + name, shape
    for name, child in module.children():
        yield from tensor_shapes(child, f"{prefix}{name}.")


def as_json(value: Any) -> Any:
    """`value` as a model file holds it: plain types, no control characters, no NaN, of paths the last part."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, PurePath):
        value = value.name
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {printable(str(key)): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value
