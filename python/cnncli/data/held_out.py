"""Which images are trained on, and which are kept from the training to measure it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.data.dataset import DataSet, Split
from cnncli.data.split import split_indices
from cnncli.errors import UsageError
from cnncli.pictures.recipe import InputRecipe

Indices = npt.NDArray[np.int64]

# Of data that have no test part. A tenth leaves nine tenths to learn from.
_SHARE = 0.1
_FEWEST_IMAGES = 20  # of fewer a tenth would say nothing, and be missed
_FEWEST_ROWS = 1_000  # with values: of fewer a tenth would choose the epoch by its noise


@dataclass(frozen=True)
class Held:
    """share : of the training images, held out; is_own : the data set has a part of its own for validation."""

    share: float
    is_own: bool = False


def share_to_hold_out(labels: Indices) -> float:
    """The share of the training images that is held out where nobody said how many; 0 of too few.

    labels : int64 (N,), or the values of rows, float (N, targets)

    >>> share_to_hold_out(np.arange(1000) % 10), share_to_hold_out(np.arange(10))
    (0.1, 0.0)
    """
    fewest = _FEWEST_ROWS if labels.dtype.kind == "f" else _FEWEST_IMAGES
    if len(labels) < fewest or len(split_indices(strata(labels), _SHARE)[1]) == 0:
        return 0.0
    return _SHARE


def split_images(
    dataset: DataSet, share: float, seed: int, is_own: bool = False, most: int | None = None
) -> tuple[Indices | None, Split | None]:
    """Which of the training images are trained on (None: all), and the images that validate (None: there are none).

    most : how many are trained on; None: all that are not held out

    Each class gives its share, chosen by the seed. Only those held out are copied: there are few of them, while
    copying MNIST's 57,000 takes as long as a twelfth of an epoch.
    """
    assert dataset.train is not None
    kept: Indices | None = None
    held_out = dataset.validation if is_own else None
    if share != 0 and not is_own:
        kept, held_out = hold_out(dataset.train, share, seed)
        if len(held_out.labels) == 0:
            raise UsageError(f"--val {share:g}: leaves no image to validate on; use a larger share")
    return _some_of(dataset.train.labels, kept, most, seed), held_out


def _some_of(labels: Indices, kept: Indices | None, most: int | None, seed: int) -> Indices | None:
    """So many of those kept, of each class its share."""
    count = len(labels) if kept is None else len(kept)
    if most is None or most == count:
        return kept
    if most > count:
        raise UsageError(f"--images {most}: there are {count:,} to train on; leave it out to take them all")
    numbers = np.arange(count) if kept is None else kept
    return numbers[split_indices(strata(labels[numbers]).astype(np.int64), most / count, seed=seed)[1]]


def strata(labels: npt.NDArray[Any]) -> Indices:
    """The classes of which each gives its share; of values (N, T) all are of one."""
    return labels if labels.ndim == 1 else np.zeros(len(labels), np.int64)


def hold_out(whole: Split, share: float, seed: int) -> tuple[Indices, Split]:
    """(numbers of the images that are kept, copies of the others with their share of the blanks).

    Pictures without an image are held out as the others are, so that the measure of new pictures counts them too.
    """
    kept, held_out = numbers_held_out(whole, share, seed)
    return kept[kept < len(whole.labels)], copied(whole, held_out)


def numbers_held_out(whole: Split, share: float, seed: int) -> tuple[Indices, Indices]:
    """(kept, held out): numbers of images, behind which the blanks are counted on."""
    blank_labels = np.array([blank.label for blank in whole.blanks], np.int64)
    return split_indices(np.concatenate([strata(whole.labels), blank_labels]), share, seed=seed)


def numbers_trained_on(whole: Split, share: float, seed: int, most: int | None) -> Indices:
    """Numbers of the images that are trained on where such a share is held out, and of their share of the blanks.

    share : 0: none is held out
    most : as for `split_images`
    """
    count = len(whole.labels)
    kept = np.arange(whole.pictures) if share == 0 else numbers_held_out(whole, share, seed)[0]
    some = _some_of(whole.labels, kept[kept < count], most, seed)
    assert some is not None
    return np.concatenate([some, kept[kept >= count]])


def copied(whole: Split, numbers: Indices) -> Split:
    """Those of a split with such numbers, of images and blanks."""
    count = len(whole.labels)
    images = numbers[numbers < count]
    files = None if whole.files is None else tuple(whole.files[index] for index in images.tolist())
    blanks = tuple(whole.blanks[index - count] for index in numbers[numbers >= count].tolist())
    return replace(whole, images=whole.images[images], labels=whole.labels[images], files=files, blanks=blanks)


def labels_of(dataset: DataSet, kept: Indices | None) -> Indices:
    """The labels of the images trained on."""
    assert dataset.train is not None
    labels = dataset.train.labels
    return (labels if kept is None else labels[kept]).astype(np.int64, copy=False)


def measure_recipe(dataset: DataSet, held_out: Split | None) -> InputRecipe:
    """How pictures become input: measured from the training images but for those held out of them."""
    assert dataset.train is not None
    return InputRecipe.measured(
        dataset.train.images,
        kind=dataset.preparation,
        polarity=dataset.polarity,
        border=dataset.border,
        but_for=held_out.images if held_out is not None else None,
    )
