"""What a trained network gets right on the images of a data set, and its answer to each."""

import math
import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli import data as data_sets
from cnncli.criteria import Criterion
from cnncli.criteria.by_text import make_loss
from cnncli.data import DataSet, Note, Split, images_digest
from cnncli.data.held_out import hold_out, trained_on
from cnncli.errors import CnnError, DataError, UsageError
from cnncli.measures.calibration import Calibration, calibration
from cnncli.measures.classification import Metrics, measure
from cnncli.model.views_of_image import Views
from cnncli.model_file.confidence import Confidence
from cnncli.model_file.custom import changed_plugins
from cnncli.model_file.record import TrainingRecord
from cnncli.model_file.serialize import load_model
from cnncli.network import Network
from cnncli.network.answers import log_probabilities
from cnncli.number_recipe import NumberRecipe
from cnncli.pictures.recipe import InputRecipe
from cnncli.program import Program
from cnncli.shown import format_shape, loosely, printable

_BATCH_SIZE = 64
_MOST_CLASSES = 8_192  # the confusion matrix then has 0.5 GiB


@dataclass(frozen=True)
class Evaluation:
    """The measures of a model on the images of a data set, and its answer to each.

    part : which part of the data set was measured: "test", else "validation", else "train"; "held-out": those training
        images that were kept from the training to choose its best epoch
    trained_on : these are the images that the model was trained on, which say nothing about new ones
    unseen : of these the ones that it held out, and was not trained on
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
    unseen: int = 0
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
    whole: bool = False,
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
    whole : the training part is all of it, with what the model held out
    report : called with what happens while the data set is fetched and its pictures are prepared

    Raises DataError for a data set that does not fit the model.
    """
    network = load_model(path)
    if len(network.class_names) > _MOST_CLASSES:
        raise UsageError(
            f"{printable(path)}: has {len(network.class_names):,} classes; at most {_MOST_CLASSES:,} are evaluated"
        )
    name_or_path = data or _recorded_data(printable(path), network.record)
    raw = data_sets.read_raw(name_or_path, data_dir=data_dir, label_column=label_column, report=report)
    held = [name for name in ("test", "validation", "train") if len(raw.parts.get(name, ()))]
    if not held:
        raise DataError(f"{raw.name}: holds no images; pass another --data")
    wanted = part if part is not None and part != "held-out" else "train" if part else held[0]
    if wanted not in held:
        raise DataError(f"{raw.name}: holds no {wanted} images; it has {', '.join(held)}: pass one of them as --part")
    dataset = data_sets.prepare_set(
        raw,
        recipe=_recipe(printable(path), network),
        parts=[wanted],
        skip_bad=skip_bad,
        use_cache=use_cache,
        report=report,
    )
    split = {"test": dataset.test, "train": dataset.train, "validation": dataset.validation}[wanted]
    assert split is not None
    is_own = wanted == "train" and _was_trained_on(network.record, name_or_path, split)
    if is_own and part != "train":
        held_out = _held_out(network.record, split)
        if held_out is not None:
            split, wanted, is_own = held_out, "held-out", False
    seen = _trained_on(network.record, split) if is_own else split
    if not whole:
        split = seen
    if part == "held-out" and wanted != "held-out":
        raise DataError(f"{raw.name}: {printable(path)} held none of these images out; leave out --part")
    measured = _measured(str(path), network, dataset, split, wanted, is_own, threads, tta)
    return replace(measured, unseen=split.pictures - seen.pictures)


def _measured(
    path: str, network: Network, dataset: DataSet, split: Split, part: str, trained_on: bool, threads: int | None,
    tta: bool = False,
) -> Evaluation:
    """The network's answers to the images of one part of the data set."""
    positions, named = _positions(network, dataset)
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
        trained_on=trained_on,
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


def _was_trained_on(record: dict[str, Any], name_or_path: str, split: Split) -> bool:
    """Whether these are the training images of the model, those among them that it held out included."""
    recorded = record.get("data")
    if not isinstance(recorded, dict):
        return False
    if recorded.get("by_name") is True:
        return recorded.get("name") == name_or_path
    if recorded.get("made_from") == name_or_path:
        return True
    return recorded.get("images_digest") == images_digest(split)


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


def share_held_out(record: dict[str, Any]) -> tuple[float, int] | None:
    """(share of the training images that a model's training held out, seed by which); None if its record has none."""
    settings = TrainingRecord.of(record).settings
    share, seed = settings.get("validation"), settings.get("seed")
    if not isinstance(share, float) or not 0 < share < 1 or type(seed) is not int or seed < 0:
        return None
    return share, seed


def _held_out(record: dict[str, Any], split: Split) -> Split | None:
    """Those of the model's training images that it was not trained on; None if it held none out."""
    told = share_held_out(record)
    return None if told is None else hold_out(split, *told)[1]


def _trained_on(record: dict[str, Any], split: Split) -> Split:
    """Those of the model's training images that it was trained on."""
    images = TrainingRecord.of(record).settings.get("images")
    share, seed = share_held_out(record) or (0.0, 0)
    is_some = type(images) is int and 0 < images <= len(split) - len(_held_out(record, split) or ())
    if share == 0 and not is_some:
        return split
    return trained_on(split, share, seed, images if is_some else None)


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


def _positions(network: Network, dataset: DataSet) -> tuple[npt.NDArray[np.int64], list[Note]]:
    """For each class of the data set the network's class of the same name, or of one that differs in case only."""
    position = {name: index for index, name in enumerate(network.class_names)}
    loose = {loosely(name): name for name in network.class_names}
    notes = []
    if len(loose) == len(position) and len({loosely(name) for name in dataset.class_names}) == len(dataset.class_names):
        for name in dataset.class_names:
            known = loose.get(loosely(name), name)
            if known != name:
                position[name] = position[known]
                notes.append(Note("classes", f"classes: {printable(name)[:80]} is read as {printable(known)[:80]}"))
    unknown = [name for name in dataset.class_names if name not in position]
    if unknown:
        raise DataError(
            f"{dataset.name}: class {unknown[0]} is none of the model's, which are "
            f"{', '.join(network.class_names[:10])}; pass the kind of data it was trained on"
        )
    return np.array([position[name] for name in dataset.class_names], dtype=np.int64), notes
