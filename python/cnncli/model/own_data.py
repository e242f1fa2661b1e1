"""Which samples of a data set a model was trained on and which it held out, told from the record in its file."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnncli.data import Split, images_digest
from cnncli.data.held_out import Indices, numbers_held_out, numbers_trained_on
from cnncli.errors import DataError
from cnncli.model_file.record import TrainingRecord
from cnncli.shown import printable


@dataclass(frozen=True, eq=False)
class Own:
    """Of the training part of a model's own data: numbers of its samples, ascending; behind the images of a part its
    blanks are counted on.

    held_out : those that chose its best epoch
    trained_on : without those that were neither held out nor trained on, as by --images
    """

    held_out: Indices
    trained_on: Indices


def own_samples(record: dict[str, Any], name_or_path: str, split: Split) -> Own | None:
    """What of a training part the model of a record knows; None where it is not what that was trained on.

    split : prepared by the model's recipe, with the labels that the data set itself has
    """
    if not is_own(record, name_or_path, split):
        return None
    told = share_held_out(record)
    held_out = np.arange(0) if told is None else numbers_held_out(split, *told)[1]
    share, seed = told or (0.0, 0)
    images = TrainingRecord.of(record).settings.get("images")
    is_some = type(images) is int and 0 < images <= len(split) - int((held_out < len(split)).sum())
    return Own(held_out, numbers_trained_on(split, share, seed, images if is_some else None))


def chosen_samples(
    own: Own | None, part: str | None, data: str, model: str, samples: str
) -> tuple[str, Indices | None]:
    """(part, numbers of the samples to measure; None: all) of a training part.

    part : "train", "held-out", or None: those that the model was not trained on if there are any
    data, model, samples : for messages: the names of both, and "images" or "rows"

    Raises DataError where "held-out" is asked for and there are none.
    """
    if own is not None and len(own.held_out) and part != "train":
        return "held-out", own.held_out
    if part == "held-out":
        raise DataError(f"{data}: {printable(model)} held none of these {samples} out; leave out --part")
    return "train", None if own is None else own.trained_on


def is_own(record: dict[str, Any], name_or_path: str, split: Split) -> bool:
    """Whether these are the training images of the model, those among them that it held out included."""
    recorded = record.get("data")
    if not isinstance(recorded, dict):
        return False
    if recorded.get("by_name") is True:
        return recorded.get("name") == name_or_path
    if recorded.get("made_from") == name_or_path:
        return True
    return recorded.get("images_digest") == images_digest(split)


def share_held_out(record: dict[str, Any]) -> tuple[float, int] | None:
    """(share of the training images that a model's training held out, seed by which); None if its record has none."""
    settings = TrainingRecord.of(record).settings
    share, seed = settings.get("validation"), settings.get("seed")
    if not isinstance(share, float) or not 0 < share < 1 or type(seed) is not int or seed < 0:
        return None
    return share, seed
