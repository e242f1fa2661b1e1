"""What a run's folder tells of how its training went, for `cnn doctor`: diagnostics.json.

Beside the signs of the epochs (`signs.py`) it has what is measured once, at the end: how the losses of single images
are spread on each part of the data, which classes are answered, whether the answer to an image is the same when it is
asked again, which units have the same weights, and how many images stand in the data more than once.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnncli.data.equal_images import digests_of, images_more_than_once
from cnncli.data.held_out import labels_of
from cnncli.errors import WriteError
from cnncli.layers.arrays import FloatArray
from cnncli.network import Network
from cnncli.network.answers import answers, log_probabilities
from cnncli.program import Program
from cnncli.storage.files import write_atomically
from cnncli.storage.strict_json import read_object
from cnncli.training.signs import rounded

if TYPE_CHECKING:
    from cnncli.training.divergence import Diverged
    from cnncli.training.job import Job

FILE = "diagnostics.json"
LOW, HIGH, LOSS_BINS = -6.0, 2.0, 32  # of the decimal logarithms of losses
_SHARE, _FEWEST, _MOST = 100, 64, 1024  # images measured: a hundredth of those trained on, in all epochs
_ASKED_TWICE = 64
_MOST_CLASSES = 64


def write_diagnostics(
    job: "Job", network: Network, program: Program, validation: FloatArray | None, test: FloatArray | None,
    warnings: Sequence[str] = (),
) -> None:
    """Measures the network that is kept, and writes the file. A disk that is full costs the file, not the training.

    program : measures the network
    validation, test : its outputs for these parts; None where there are none
    warnings : what the user was told of the training
    """
    end: dict[str, Any] = {"epoch": job.trainer.state.best_epoch, "layers": _alike(network)}
    train = job.dataset.train
    if train is not None and network.class_names and len(network.input_shape) == 3:
        labels = labels_of(job.dataset, job.kept)
        passes = sum(facts.get("images", job.images) for facts in job.trainer.state.history)
        count = min(len(labels), _MOST, max(_FEWEST, passes // _SHARE))
        some = np.linspace(0, len(labels) - 1, count).astype(np.int64)
        images = train.images[some if job.kept is None else job.kept[some]]
        first = program.evaluate(images, labels[some]).outputs
        parts = {"training": _spread(first, labels[some], network)}
        for name, rows, part in (("validation", validation, job.validation), ("test", test, job.dataset.test)):
            if rows is not None and part is not None and len(rows):
                parts[name] = _spread(rows, part.labels, network)
        end["parts"] = parts
        end["twice"] = _asked_twice(network, program, images[:_ASKED_TWICE], labels[some][:_ASKED_TWICE])
        end["images"] = _equal(job)
    _write(job, {"end": end, "warnings": [*warnings]})


def write_divergence(job: "Job", error: "Diverged") -> None:
    """Keeps what led to a loss that is no number, beside where it was."""
    _write(job, {"diverged": {"step": job.trainer.state.step + 1, "what": error.what}, "warnings": job.warnings})


def _write(job: "Job", facts: dict[str, Any]) -> None:
    text = json.dumps({"epochs": [*map(rounded, job.trainer.state.signs)], **facts}, allow_nan=False)
    try:
        write_atomically(job.run.path / FILE, text.encode())
    except WriteError:
        return


def read_diagnostics(folder: Path) -> dict[str, Any] | None:
    """The object in a run's diagnostics.json; None of a run without one. Raises FormatError for any other content."""
    path = folder / FILE
    return read_object(path, "train again") if path.exists() else None


def _spread(rows: FloatArray, labels: npt.NDArray[np.int64], network: Network) -> dict[str, Any]:
    """images, right : how many; loss : the mean of -log p of the true class, whatever the training made small
    counts : of its decimal logarithm, in bins from LOW to HIGH, of which the first and the last take what is beyond
    answers : [true class][answered class], how often; None of many classes
    """
    said = answers(rows, network.outputs)
    losses = -_logarithms(rows, network)[np.arange(len(labels)), labels].astype(np.float64)
    finite = np.where(np.isfinite(losses), losses, 10.0**HIGH)
    places = (np.log10(np.maximum(finite, 10.0**LOW)) - LOW) * (LOSS_BINS / (HIGH - LOW))
    counts = np.bincount(places.astype(np.int64).clip(0, LOSS_BINS - 1), minlength=LOSS_BINS)
    classes = len(network.class_names)
    table = np.bincount(labels * classes + said, minlength=classes * classes).reshape(classes, classes)
    return {
        "images": len(labels),
        "right": int((said == labels).sum()),
        "loss": float(f"{finite.mean():.6g}"),
        "counts": counts.tolist(),
        "answers": table.tolist() if classes <= _MOST_CLASSES else None,
    }


def _logarithms(rows: FloatArray, network: Network) -> FloatArray:
    """Log-probabilities of the classes; scores may come as they are, or as log-probabilities, which stay the same."""
    if network.outputs != "scores":
        return log_probabilities(rows, network.outputs)
    shifted = rows - rows.max(axis=1, keepdims=True)
    found: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return found


def _asked_twice(
    network: Network, program: Program, images: npt.NDArray[Any], labels: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """By how much a class's probability changes, at most and in the mean of the images' largest changes, when the same
    images are asked about again, half of them in other company: an answer depends on neither."""
    half = len(images) // 2
    first = np.exp(_logarithms(program.evaluate(images, labels).outputs, network))
    again = np.exp(_logarithms(program.evaluate(images[half:], labels[half:]).outputs, network))
    changes = np.abs(first[half:] - again).max(axis=1)
    changes = changes[np.isfinite(changes)]
    if not len(changes):
        return {"images": 0, "mean": 0.0, "most": 0.0}
    mean, most = (float(f"{value:.4g}") for value in (changes.mean(), changes.max()))
    return {"images": len(changes), "mean": mean, "most": most}


def _alike(network: Network) -> list[dict[str, Any]]:
    """Of each layer with weights: "name", "units" (outputs of it), "alike" (those whose weights are another's, bit by
    bit), "zero" (those whose weights are all 0)."""
    found = []
    for one in network.named_parameters():
        if not one.decay or one.value.ndim < 2:
            continue
        rows = np.ascontiguousarray(one.value.reshape(len(one.value), -1))
        keys = [row.tobytes() for row in rows]
        zero = int((~rows.any(axis=1)).sum())
        found.append({"name": one.name, "units": len(rows), "alike": len(keys) - len(set(keys)), "zero": zero})
    return found


def _equal(job: "Job") -> dict[str, Any]:
    """How many images of each part are, byte by byte, in the training part too; of the training part, how many are
    there already, and how many of those are of another class."""
    dataset = job.dataset
    assert dataset.train is not None
    numbers, labels = digests_of(dataset.train.images, job.kept), labels_of(dataset, job.kept)
    more, contradicting = images_more_than_once(numbers, labels)
    facts: dict[str, Any] = {"training": len(numbers), "more": more, "two_labels": contradicting}
    for name, part in (("validation", job.validation), ("test", dataset.test)):
        if part is not None and len(part):
            there = np.isin(digests_of(part.images), numbers)
            facts[name], facts[f"{name}_too"] = len(part), int(there.sum())
    return facts
