"""Classes that are drawn alike: what that goes with, and what `--balance` does to a data set, in a line."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.criteria.criterion import Criterion
from cnncli.errors import UsageError
from cnncli.optim.whole import WHOLE_BATCH
from cnncli.shown import shortened
from cnncli.training.training_set import TrainingSet
from cnncli.training_options import TrainSettings

_LETTERS = 24


def check_balance(settings: TrainSettings, chosen: dict[str, Any]) -> None:
    """Settles `balance` among the settings that are chosen: what the user typed goes before what a description says.

    Epochs that draw every class alike have no other choice of images. Raises UsageError for what contradicts it.
    """
    balance = chosen["balance"]
    if balance == "weights" and chosen["class_weights"] is not None:
        if settings.balance is not None:
            raise UsageError("--balance weights: --class-weights says it in another way; leave one of them out")
        chosen["balance"] = None
    elif balance == "sample" and chosen["optimizer"] in WHOLE_BATCH:
        if settings.balance is not None:
            raise UsageError(
                f"--balance sample: {chosen['optimizer']} takes all images in each step, each once; use --balance "
                "weights or another --optim"
            )
        chosen["balance"] = None
    elif balance == "sample":
        chosen["shares"] = []  # of a description's [target]: the hardest images, which are another choice


def labels_to_draw(criterion: Criterion, samples: TrainingSet, chooses: bool) -> npt.NDArray[np.int64]:
    """The class of each sample that is trained on, by which epochs are drawn.

    chooses : whether the training chooses its images itself

    Raises UsageError where there are no classes, or another choice.
    """
    if not criterion.takes_labels or samples.targets.ndim != 1:
        raise UsageError("balanced: the targets are no classes; leave it out")
    if chooses:
        raise UsageError("balanced: shares and whole batches choose their images themselves; leave one of them out")
    return np.ascontiguousarray(samples.targets[samples.indices(np.arange(len(samples)))], np.int64)


def balance_line(
    balance: str, labels: npt.NDArray[np.int64], class_names: Sequence[str], samples: str
) -> str:
    """What a training does for its small classes.

    >>> balance_line("sample", np.array([0] * 90 + [1] * 10), ["cat", "dog"], "images")
    'balance: an epoch draws 50 images of each class, so each of the 10 of dog 5 times'
    >>> balance_line("weights", np.array([0] * 90 + [1] * 10), ["cat", "dog"], "images")
    'balance: losses are multiplied by 0.56 (cat, 90 images) to 5 (dog, 10 images)'
    """
    counts = np.bincount(labels, minlength=len(class_names))
    there = np.flatnonzero(counts)
    least, most = (int(there[place]) for place in (counts[there].argmin(), counts[there].argmax()))
    few, many = int(counts[least]), int(counts[most])
    rare, common = (shortened(class_names[label], _LETTERS) for label in (least, most))
    share = len(labels) / len(there)
    if balance == "sample":
        times = f"{share / few:.1f}".removesuffix(".0")
        return (
            f"balance: an epoch draws {round(share):,} {samples} of each class, so each of the {few:,} of {rare} "
            f"{'once' if times == '1' else f'{times} times'}"
        )
    return (
        f"balance: losses are multiplied by {share / many:.2g} ({common}, {many:,} {samples}) to {share / few:.2g} "
        f"({rare}, {few:,} {samples})"
    )
