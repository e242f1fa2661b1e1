"""What can be said before a training begins about whether it can learn: refusals, and lines of warning."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from cnncli.data import DataSet
from cnncli.errors import DataError, UsageError
from cnncli.layers import Flatten, Softmax
from cnncli.layers.batch_norm import BatchNorm
from cnncli.network import Network
from cnncli.shown import shortened
from cnncli.training.timetable import Timetable

# With batch normalization of fewer values the test accuracy falls: convnet with batches of 4 is as right as with 64,
# with batches of 2 it is not (docs/training.md).
_FEW_VALUES, _ENOUGH_VALUES = 4, 16
_MOST_NAMED = 3  # classes


def check_classes(dataset: DataSet, labels: npt.NDArray[np.integer]) -> None:
    """Raises DataError for images of one class: from these nothing is learned at all.

    labels : (N,), of the images trained on, N >= 1; values, of which nothing is asked, where there are no classes
    """
    there = np.unique(labels).tolist() if dataset.class_names else []
    if len(there) != 1:
        return
    assert dataset.train is not None
    only = shortened(dataset.class_names[there[0]])
    is_lost = any(blank.label != there[0] for blank in dataset.train.blanks)
    raise DataError(
        f'{dataset.name}: all training images are of the class "{only}", so that there is nothing to tell apart; '
        + ("no glyph is found in those of the others: pass --prepare plain" if is_lost
           else "add images of another class")
    )  # fmt: skip


def check_prospects(
    network: Network,
    labels: npt.NDArray[np.integer],
    class_names: Sequence[str],
    timetable: Timetable,
) -> list[str]:
    """Lines that a user should read before the training goes on: what will hardly be learned, and what would be.

    labels : (N,), of the images trained on, N >= 1; values, of which nothing is asked, where there are no class_names

    Raises UsageError for batch normalization that would never see two values: from these nothing is learned at all.
    """
    counts = np.bincount(labels if class_names else [], minlength=len(class_names))
    warnings = []
    if counts.max(initial=0) == 1:
        warnings.append(
            "there is one training image of each class: the network can learn these images by heart, but not what "
            "the others of a class have in common; add images"
        )
    smaller = _few_steps(len(labels))
    if _normalization_of_one_value(network) is not None:  # of fewer its mean and variance would be rough
        smaller = max(smaller, _ENOUGH_VALUES)
    if timetable.batch_size > len(labels) > smaller:
        warnings.append(
            f"batches of {timetable.batch_size:,} are larger than the {len(labels):,} training images, so that an "
            f"epoch is one step; pass a smaller --batch-size, such as {smaller}"
        )
    warnings += _check_normalization(network, timetable)
    return warnings


def lost_classes(dataset: DataSet, is_decided: bool) -> list[str]:
    """A line for each class of which preparation left no training picture: the first few of them.

    is_decided : the preparation is that of a model that the training starts from
    """
    assert dataset.train is not None
    there = set(np.unique(dataset.train.labels).tolist()) if dataset.class_names else set()
    lost = Counter(blank.label for blank in dataset.train.blanks)
    without = [(label, count) for label, count in lost.most_common() if label not in there]
    remedy = "train from the beginning with --prepare plain" if is_decided else "pass --prepare plain"
    lines = [
        f"class {shortened(dataset.class_names[label])}: no glyph is found in "
        f"{'its one training picture' if count == 1 else f'any of its {count:,} training pictures'}, so that it cannot "
        f"be learned; {remedy}, or leave the class out"
        for label, count in without[:_MOST_NAMED]
    ]
    if len(without) > _MOST_NAMED:
        lines.append(f"so it is with {len(without) - _MOST_NAMED:,} more of the classes")
    return lines


def twice_softmax(network: Network, loss: str) -> list[str]:
    """A line where a network that ends in probabilities is trained with a loss that takes scores."""
    if loss != "cross-entropy":
        return []
    for name, layer in reversed(list(network.leaves())):
        if isinstance(layer, Softmax):
            return [
                f"layer {name}, {layer!r}, makes probabilities, but cross-entropy takes scores, of which it makes them "
                "itself; with both the network learns slowly: leave the layer out"
            ]
        if not isinstance(layer, Flatten):
            break
    return []


def _check_normalization(network: Network, timetable: Timetable) -> Iterable[str]:
    """Batches of one image, where batch normalization has one value of a feature, which is its own mean."""
    layer = _normalization_of_one_value(network)
    if layer is None:
        return
    sizes = [timetable.last_batch(epoch) for epoch in range(timetable.epochs)]
    if max(timetable.images(epoch) for epoch in range(timetable.epochs)) == 1:
        raise UsageError(f"{layer} has nothing to normalize with one training image; add images")
    if timetable.batch_size == 1:
        raise UsageError(
            f"--batch-size 1: {layer} takes its mean and variance from a batch, and of one value they make 0 of "
            f"whatever comes in; use --batch-size 2 or more, better {_ENOUGH_VALUES}"
        )
    if timetable.batch_size < _FEW_VALUES:
        yield (
            f"{layer} takes its mean and variance from a batch, and from {timetable.batch_size} values they are rough; "
            f"pass --batch-size {_ENOUGH_VALUES} or more"
        )
    if 1 in sizes:
        images = timetable.images(sizes.index(1))
        yield (
            f"the last of an epoch's batches has one image, from which {layer} lets nothing be learned; pass "
            f"--batch-size {_without_rest_of_one(images, timetable.batch_size)}"
        )


def _normalization_of_one_value(network: Network) -> str | None:
    """The first layer that normalizes a feature by one value of each image: "layer 2, BatchNorm2d(64),"."""
    for step in network.trace():
        if isinstance(step.layer, BatchNorm) and math.prod(step.output_shape[1:]) == 1:
            return f"layer {step.name}, {step.layer!r},"
    return None


def _few_steps(images: int) -> int:
    """A batch size that makes some ten steps of an epoch, as far as that goes: a power of two."""
    return int(2 ** max(0, (images // 10).bit_length() - 1))


def _without_rest_of_one(images: int, batch_size: int) -> int:
    """The nearest batch size that leaves no batch of one image: one less does, unless that is one itself."""
    smaller = (size for size in range(batch_size - 1, 1, -1) if images % size != 1)
    return next(smaller, batch_size + 1)
