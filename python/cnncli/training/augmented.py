"""Which augmentation a training takes: what was asked for, decided with the images that it is for."""

from dataclasses import replace
from typing import Any

import numpy as np

from cnncli import augmentation
from cnncli.augmentation import SWITCHES, Augmentation, PictureFacts
from cnncli.data import DataSet
from cnncli.data.number_set import NumberSet
from cnncli.errors import UsageError
from cnncli.optim.whole import WHOLE_BATCH
from cnncli.program.augmenting import augmentation_source
from cnncli.training.plan import Plan
from cnncli.training_options import recorded_words

_LOOKED_AT = 512  # images
_ALIKE = 8  # levels by which pixels of the background may differ
_MOSTLY_BACKGROUND = 0.6  # of the pixels: of clothes on black it is half, of digits and letters more


def picture_facts(dataset: DataSet) -> PictureFacts:
    """What the training images of a data set are like."""
    assert dataset.train is not None
    images = dataset.train.images
    _, channels, height, width = images.shape
    return PictureFacts(
        channels=channels,
        height=height,
        width=width,
        images=len(images),
        is_glyph=dataset.preparation == "glyph" or _is_mostly_background(dataset),
        class_names=tuple(dataset.class_names),
    )


def _is_mostly_background(dataset: DataSet) -> bool:
    """Whether the images look like strokes on paper."""
    assert dataset.train is not None
    images = dataset.train.images
    source = augmentation_source(images)
    if source["mirrored"]:
        return False
    some = images[np.linspace(0, len(images) - 1, min(len(images), _LOOKED_AT)).astype(np.int64)]
    background = np.asarray(source["fill"]).reshape(-1, 1, 1)
    return float(np.mean(np.abs(some - background) <= _ALIKE)) >= _MOSTLY_BACKGROUND


def with_augmentation(plan: Plan, dataset: DataSet) -> Plan:
    """The plan with every change of images decided, so that it repeats them whatever a level means later.

    Raises UsageError for changes of what are no images, of images that have to stay the same, or of which nothing would
    be left.
    """
    asked = {name: getattr(plan, name) for name in ("augment", *SWITCHES)}
    if all(value is None for value in asked.values()):
        return plan
    why = ""
    if isinstance(dataset, NumberSet):
        why = "changes images, and the data are rows of numbers; leave it out"
    elif plan.optimizer in WHOLE_BATCH:
        why = f"{plan.optimizer} needs the same images in each evaluation; leave it out, or use another --optim"
    if why:
        wanted = {name: value for name, value in asked.items() if value not in (None, 0, "none", "auto")}
        if wanted:
            raise UsageError(f"{' '.join(recorded_words(wanted))}: {why}")
        nothing: dict[str, Any] = dict.fromkeys(("augment", *SWITCHES))
        return replace(plan, **nothing)
    facts = picture_facts(dataset)
    level, chosen = augmentation.resolved(asked, facts)
    return replace(plan, **augmentation.recorded(level, chosen, facts))


def augmentation_of(plan: Plan) -> Augmentation:
    """That of a plan in which all is decided."""
    return augmentation.of_plan(plan)
