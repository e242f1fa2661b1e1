"""Which augmentation a training takes: what was asked for, decided with the images that it is for."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from cnncli.augmentation import SWITCHES, Augmentation, PictureFacts, augmentation_at, level_for
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
    level, chosen = resolved(asked, facts)
    return replace(plan, **recorded(level, chosen, facts))


def resolved(asked: Mapping[str, Any], facts: PictureFacts) -> tuple[str | None, Augmentation]:
    """(the level that is recorded, what is done) of what was asked for.

    asked : "augment", a level or None, and switches by name; None: as the level has it
    """
    level = asked.get("augment")
    if level == "auto":
        level = level_for(facts)
    typed = {name: asked[name] for name in SWITCHES if asked.get(name) is not None}
    chosen = replace(augmentation_at(level or "none", facts), **typed)
    chosen.check_size(facts.height, facts.width)
    return level, chosen


def recorded(level: str | None, chosen: Augmentation, facts: PictureFacts) -> dict[str, Any]:
    """The fields of a plan that repeat it: a switch that is off is left out unless the level has it on."""
    base = asdict(augmentation_at(level or "none", facts))
    values = asdict(chosen)
    return {"augment": level} | {name: value if value or base[name] else None for name, value in values.items()}


def augmentation_of(plan: Plan) -> Augmentation:
    """That of a plan in which all is decided."""
    return Augmentation(**{name: getattr(plan, name) or 0 for name in SWITCHES})
