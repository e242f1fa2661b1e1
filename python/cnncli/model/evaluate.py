"""What a trained network gets right on the images of a data set, and its answer to each."""

import math
import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cnncli import data as data_sets
from cnncli.criteria import Criterion
from cnncli.criteria.by_text import make_loss
from cnncli.data import Note, Split
from cnncli.data.held_out import Indices, copied
from cnncli.errors import CnnError, UsageError
from cnncli.measures.calibration import Calibration, calibration
from cnncli.measures.classification import Metrics, measure
from cnncli.model.measured_part import MeasuredPart, class_positions, find_part
from cnncli.model.own_data import chosen_samples
from cnncli.model.views_of_image import Views
from cnncli.model_file.confidence import Confidence
from cnncli.model_file.custom import changed_plugins
from cnncli.model_file.record import TrainingRecord
from cnncli.network import Network
from cnncli.network.answers import log_probabilities
from cnncli.program import Program
from cnncli.shown import printable

_BATCH_SIZE = 64


@dataclass(frozen=True)
class Evaluation:
    """The measures of a model on the images of a data set, and its answer to each.

    part : which part of the data set was measured: "test", else "validation", else "train"; "held-out": those training
        images that were kept from the training to choose its best epoch
    trained_on : these are the images that the model was trained on, which say nothing about new ones
    temperature : what the scores were divided by for the probabilities; not for the loss
    labels, predictions : int64 (N,), the true class and the answer, -1 where no glyph was found in the picture
    probabilities : float32 (N, K), those that `cnn predict` gives; NaN where there is no answer
    files : path of each picture, or "image 7"; None: the images were arrays
    split : the images that were measured, as the network takes them; those without a glyph are its blanks, which come
        last in the arrays above
    network : the model
    notes : how the pictures were prepared, and what was left aside
    """

    model: str
    data: str
    class_names: list[str]
    metrics: Metrics
    seconds: float
    part: str
    trained_on: bool
    labels: npt.NDArray[np.int64]
    predictions: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]
    files: tuple[str, ...] | None
    split: Split
    network: Network
    notes: list[Note]
    temperature: float = 1.0

    @cached_property
    def of_answers(self) -> npt.NDArray[np.float64]:
        """float64 (N,), the probability of each answer; NaN where there is none."""
        shares = np.full(len(self.labels), np.nan)
        rows = np.flatnonzero(self.predictions >= 0)
        shares[rows] = self.probabilities[rows, self.predictions[rows]]
        return shares

    @cached_property
    def calibration(self) -> Calibration:
        """Of all answers."""
        has = self.predictions >= 0
        return calibration(np.clip(self.of_answers[has], 0, 1), (self.predictions == self.labels)[has])

    @cached_property
    def mistakes(self) -> npt.NDArray[np.int64]:
        """int64 (M,), numbers of the images with a wrong answer or none: the most probable mistakes first, those
        without an answer last."""
        wrong = np.flatnonzero(self.predictions != self.labels)
        return wrong[np.argsort(-self.of_answers[wrong], kind="stable")]  # NaN comes last

    def name_of(self, index: int) -> str:
        """The file of an image, or which image of its part it is."""
        return self.files[index] if self.files is not None else f"image {index + 1}"


def evaluate_model(
    path: str | Path,
    *,
    data: str | None = None,
    data_dir: str | None = None,
    part: str | None = None,
    label_column: str | None = None,
    threads: int | None = None,
    skip_bad: bool = False,
    use_cache: bool = True,
    tta: bool = False,
    report: data_sets.Report = data_sets.ignore,
) -> Evaluation:
    """Measures a model file on the test images of a data set, prepared as the model's recipe says.

    path : the model file
    data : name or path of the data set; None: the one that the model was trained on, which works for names
        only, since a model file holds no paths
    part : "test", "validation", "train" or "held-out"; None: the first of test and validation that there is, else those
        of the training images that the model was not trained on, else "train": of its own training images those that
        it was trained on
    label_column : which column of a list or table is the label; None: it is found
    skip_bad : whether pictures that cannot be read are left aside
    use_cache : whether prepared pictures are looked for in the user's cache, and kept there
    tta : test-time augmentation: answers are means over `Views` of each image; a note tells what that cost
    report : called with what happens while the data set is fetched and its pictures are prepared

    Raises DataError for a data set that does not fit the model.
    """
    asked = find_part(path, data=data, data_dir=data_dir, part=part, label_column=label_column, report=report)
    found = asked.prepared(skip_bad=skip_bad, use_cache=use_cache, report=report)
    name, numbers = found.part, None
    if found.part == "train":
        name, numbers = chosen_samples(found.own, part, found.dataset.name, str(path), "images")
    return measure_part(found, name, numbers, threads, tta)


def measure_part(
    found: MeasuredPart, part: str, numbers: Indices | None, threads: int | None = None, tta: bool = False
) -> Evaluation:
    """The network's answers to the images of a part of a data set.

    part : what these images are called
    numbers : of those to measure, blanks behind the images; None: all
    """
    network, dataset, path = found.network, found.dataset, found.path
    split = found.split if numbers is None else copied(found.split, numbers)
    positions, named = class_positions(found.path, network, dataset.name, dataset.class_names)
    labels = positions[split.labels]
    start = time.perf_counter()
    program = Program(network, _BATCH_SIZE, criterion=_loss_of(network), threads=threads)
    measured = program.evaluate(split.images, labels)
    alone = time.perf_counter() - start
    if not math.isfinite(measured.loss):
        raise CnnError(
            f"{printable(path)}: gives NaN or infinity on {dataset.name}; train it with a smaller learning "
            "rate"
        )
    confidence = Confidence.from_record(network.record)
    logarithms, loss, extra = log_probabilities(measured.outputs, network.outputs), measured.loss, []
    if tta:
        views = Views.of(network)
        logarithms = views.mean(program.predict, measured.outputs, split.images, network.outputs)
        loss = -float(np.mean(logarithms[np.arange(len(labels)), labels], dtype=np.float64))
    seconds = time.perf_counter() - start
    if tta:
        confidence = confidence.of_means()
        measured = replace(measured, predictions=logarithms.argmax(axis=1))
        extra = [_of_views(views, seconds / alone, network)]
    of_blanks = positions[np.array([blank.label for blank in split.blanks], np.int64)]
    labels = np.concatenate([labels, of_blanks])
    predictions = np.concatenate([measured.predictions, np.full(len(of_blanks), -1)]).astype(np.int64)
    shares = confidence.calibrated(logarithms)
    none = np.full((len(of_blanks), len(network.class_names)), np.nan, np.float32)
    return Evaluation(
        model=path,
        data=dataset.name,
        class_names=network.class_names,
        metrics=measure(labels, predictions, len(network.class_names), loss),
        seconds=seconds,
        part=part,
        trained_on=part == "train" and found.own is not None,
        labels=labels,
        predictions=predictions,
        probabilities=np.concatenate([shares, none]),
        split=split,
        network=network,
        files=None if split.files is None else (*split.files, *(blank.name for blank in split.blanks)),
        temperature=confidence.temperature,
        notes=[*dataset.notes, *named, *extra, *_of_another_loss(network), *_of_plugins(network)],
    )


def _of_views(views: Views, times: float, network: Network) -> Note:
    """What test-time augmentation did and cost."""
    of_loss = "" if network.outputs == "scores" else "; the loss is the cross-entropy of these"
    text = f"--tta: mean probabilities of each image {views.words}; took {times:.1f} times as long{of_loss}"
    return Note("tta", text, {"views": views.count})


def _of_plugins(network: Network) -> list[Note]:
    return [Note("plugin", line) for line in changed_plugins(network)]


def _of_another_loss(network: Network) -> list[Note]:
    """What the loss is, if the training made another one small."""
    settings = TrainingRecord.of(network.record).settings
    trained, smoothing = settings.get("loss"), settings.get("label_smoothing")
    of_scores = network.outputs == "scores" and isinstance(trained, str)
    if of_scores and trained not in ("cross-entropy", "nll"):  # nll is the cross-entropy of its scores
        return [Note("loss", f"the loss is the cross-entropy; the training made {printable(str(trained))} small")]
    if isinstance(smoothing, float) and smoothing > 0:
        return [Note("loss", f"the loss is that of the labels; the training smoothed them by {smoothing:g}")]
    return []


def _loss_of(network: Network) -> Criterion | None:
    """The one that the training made small, for outputs that are no scores; None: the usual one."""
    text = TrainingRecord.of(network.record).settings.get("loss")
    if network.outputs == "scores" or not isinstance(text, str):
        return None
    try:
        return make_loss(text, network.outputs)
    except UsageError:  # of another version
        return None
