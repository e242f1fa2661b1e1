"""Pictures of a data set whose label a trained model doubts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnncli import data as data_sets
from cnncli.data.raw import PARTS
from cnncli.errors import DataError
from cnncli.measures.suspicion import suspicious
from cnncli.model.evaluate import Evaluation, measure_part
from cnncli.model.measured_part import MeasuredPart, find_part


@dataclass(frozen=True)
class Suspect:
    """A picture whose label is doubted.

    name : its file, or "train image 7"; part : "train", "validation" or "test"
    label, answer : names of classes; label_share, answer_share : their probabilities
    was_seen : the model was trained on it, with this label
    image : uint8 (C, H, W), as the model sees it
    """

    name: str
    part: str
    label: str
    answer: str
    label_share: float
    answer_share: float
    was_seen: bool
    image: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Suspects:
    """rows : the most suspicious first
    unseen, seen : how many pictures were answered that the model was not trained on, and that it was
    folds : into how many parts the training pictures were divided, each answered by a network that had not seen it;
        0: the model itself answered
    """

    model: str
    data: str
    rows: list[Suspect]
    unseen: int
    seen: int
    folds: int


def find_suspects(
    path: str, name_or_path: str, *, parts: Sequence[str] = PARTS, report: data_sets.Report = data_sets.ignore,
    **how: object,
) -> Suspects:  # fmt: skip
    """Asks a model for its answer to every picture of a data set.

    parts : those that are asked about
    how : `data_dir`, `label_column`, `skip_bad` and `use_cache` as of `evaluate_model`

    Raises as `evaluate_model` does.
    """
    of_reading = {key: how[key] for key in ("data_dir", "label_column") if key in how}
    of_preparing = {key: value for key, value in how.items() if key not in of_reading}
    raw = data_sets.read_raw(name_or_path, **of_reading, report=report)  # type: ignore[arg-type]
    there = [part for part in parts if len(raw.parts.get(part, ()))]
    if not there:
        raise DataError(f"{raw.name}: holds no pictures to ask about")
    answered = []
    for part in there:
        asked = find_part(path, data=name_or_path, part=part, report=report, **of_reading)  # type: ignore[arg-type]
        found = asked.prepared(report=report, **of_preparing)  # type: ignore[arg-type]
        answered.append((part, measure_part(found, part, None), _unseen(found)))
    return gathered(path, answered, folds=0)


def gathered(
    path: str, answered: Sequence[tuple[str, Evaluation, npt.NDArray[np.bool_]]], folds: int
) -> Suspects:
    """The suspects among answers to whole parts.

    answered : (part, the answers, which pictures the model was not trained on)
    """
    first = answered[0][1]
    labels = np.concatenate([one.labels for _, one, _ in answered])
    shares = np.concatenate([one.probabilities for _, one, _ in answered])
    honest = np.concatenate([unseen for _, _, unseen in answered])
    starts = np.cumsum([0, *(len(one.labels) for _, one, _ in answered)])
    rows = []
    for number in suspicious(labels, shares, honest).tolist():
        which = int(np.searchsorted(starts, number, side="right")) - 1
        part, one, unseen = answered[which]
        rows.append(_suspect(part, one, number - int(starts[which]), bool(unseen[number - starts[which]])))
    unseen_count = int(honest.sum())
    return Suspects(path, first.data, rows, unseen_count, len(honest) - unseen_count, folds)


def _suspect(part: str, one: Evaluation, index: int, is_unseen: bool) -> Suspect:
    label, names, shares = int(one.labels[index]), one.class_names, one.probabilities[index]
    answer = int(shares.argmax())
    name = one.files[index] if one.files is not None else f"{part} image {index + 1}"
    return Suspect(
        name, part, names[label], names[answer], float(shares[label]), float(shares[answer]), not is_unseen,
        one.split.images[index],
    )  # fmt: skip


def _unseen(found: MeasuredPart) -> npt.NDArray[np.bool_]:
    """Which of the pictures of a part the model was not trained on."""
    unseen = np.ones(found.split.pictures, np.bool_)
    if found.own is not None:
        unseen[found.own.trained_on] = False
    return unseen
