"""The histograms of a finished run, `histograms.json` in its folder."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnncli.data.held_out import labels_of
from cnncli.errors import FormatError, UsageError, WriteError
from cnncli.layers.arrays import FloatArray
from cnncli.network import Network
from cnncli.network.histograms import BINS, images_at_once, layer_histograms
from cnncli.shown import printable
from cnncli.storage.files import write_atomically
from cnncli.storage.strict_json import read_object

if TYPE_CHECKING:
    from cnncli.training.job import Job

FILE = "histograms.json"


def write_histograms(job: "Job", network: Network) -> None:
    """Measures the network on some of the training images, and writes them into the run folder.

    Only of networks that tell classes of images apart. A disk that is full costs the histograms, not the training.
    """
    train = job.dataset.train
    if train is None or not network.class_names or len(network.input_shape) != 3:
        return
    labels = labels_of(job.dataset, job.kept)
    some = np.linspace(0, len(labels) - 1, min(images_at_once(network), len(labels))).astype(np.int64)
    images = train.images[some if job.kept is None else job.kept[some]]
    targets = labels[some]

    def grad_of(scores: FloatArray) -> FloatArray:
        job.trainer.criterion.forward(scores, targets)
        return job.trainer.criterion.backward(scores, targets)

    facts = {"images": len(some), "layers": layer_histograms(network, images, grad_of)}
    try:
        write_atomically(job.run.path / FILE, json.dumps(facts, allow_nan=False).encode())
    except WriteError:
        return


def read_histograms(folder: Path) -> dict[str, Any]:
    """What `write_histograms` wrote: {"images", "layers"}, the layers as `layer_histograms` gives them.

    Raises UsageError for a folder without them, FormatError for a file that holds something else.
    """
    path = folder / FILE
    if not path.is_file():
        raise UsageError(
            f"{printable(folder)}: holds no {FILE}; name the folder of a finished training of images, as in "
            "cnn histograms runs/lenet5-mnist-1"
        )
    facts = read_object(path, "train again")
    layers = facts.get("layers")
    if not isinstance(facts.get("images"), int) or not isinstance(layers, list) or not all(map(_is_layer, layers)):
        raise FormatError(f"{printable(path)}: holds no histograms of layers; train again")
    return facts


def _is_layer(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("name"), str)
        and isinstance(value.get("type"), str)
        and all(value.get(key) is None or isinstance(value[key], int) for key in ("units", "dead"))
        and _is_histogram(value.get("activations"))
        and all(value.get(key) is None or _is_histogram(value[key]) for key in ("weights", "gradients"))
        and {"weights", "gradients", "units", "dead"} <= set(value)
    )


def _is_histogram(value: object) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(key), int | float) for key in ("low", "high", "others"))
        and isinstance(value.get("counts"), list)
        and len(value["counts"]) == BINS
        and all(isinstance(count, int) and count >= 0 for count in value["counts"])
    )
