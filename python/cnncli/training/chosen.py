"""The settings of a training without --arch: the data are looked at, and what nobody said is chosen from them."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from cnncli import data
from cnncli.data.number_sets import holds_numbers
from cnncli.errors import DataError, UsageError
from cnncli.training.choose import ENOUGH_OF_A_CLASS, SMALL, Choice, Facts, choose
from cnncli.training.plan import FoundData, check_out, find_data, make_plan
from cnncli.training.rules import check_asked
from cnncli.training_options import USUAL_NETWORK, WHOLE_BATCH_OPTIMIZERS, TrainSettings

_MIDDLE = "m"
# What ends a training in another way than by its epochs.
_ENDS = ("epochs", "steps", "time_limit", "until", "target")


@dataclass(frozen=True)
class Settled:
    """settings : with a network; found : the data, if they were read for it; reasons : lines on what was chosen"""

    settings: TrainSettings
    found: FoundData | None
    reasons: list[str]


def settle(settings: TrainSettings, report: data.Report) -> Settled:
    """Chooses what was left open, if a network was.

    Raises UsageError for a dial beside a network, and before the data are read for all that is wrong whatever they are.
    """
    check_asked(vars(settings))
    if settings.architecture is not None:
        if settings.size is not None:
            raise UsageError(
                f"--size {settings.size}: chooses a network, and --arch names one; leave one of them out"
            )
        return Settled(settings, None, [])
    # A target is a matter of seconds: the usual network's fast settings are made for it.
    is_usual = settings.size is None and (settings.data is None or settings.target is not None)
    if is_usual or (settings.data is not None and holds_numbers(Path(settings.data))):
        return Settled(replace(settings, architecture=USUAL_NETWORK), None, [])
    check_out(str(Path(settings.out or "model.bin").resolve()))
    make_plan(replace(settings, architecture=USUAL_NETWORK), {}, USUAL_NETWORK)
    found = find_data(settings.data, settings.data_dir, settings.label_column, report)
    choice = choose(facts_of(found, settings), settings.size or _MIDDLE)
    return Settled(_filled(settings, choice), found, choice.reasons)


def facts_of(found: FoundData, settings: TrainSettings) -> Facts:
    """What there is to choose by. Raises DataError without training images."""
    raw = found.raw
    part = raw.parts.get("train")
    if part is None or not len(part):
        raise DataError(f"{raw.name}: holds no training images; pass another --data")
    wish = data.PictureWish(prepare=settings.prepare or "auto", colour=settings.colour, size=settings.pixels)
    recipe = data.decide(raw, wish, settings.use_cache, lambda done, total: None).recipe
    in_colour = False
    if recipe.kind == "glyph" and settings.prepare is None and len(part) >= ENOUGH_OF_A_CLASS * len(raw.class_names):
        whole = data.decide(raw, replace(wish, prepare="plain"), settings.use_cache, lambda done, total: None).recipe
        in_colour = whole.channels == 3 and min(whole.shape[1:]) <= SMALL
        recipe = whole if in_colour else recipe
    counts = np.bincount(part.labels, minlength=len(raw.class_names))
    images = len(part) if settings.images is None else min(settings.images, len(part))
    return Facts(
        images, tuple(map(int, counts)), tuple(raw.class_names), recipe.channels, recipe.height, recipe.width,
        recipe.kind == "glyph", in_colour,
    )  # fmt: skip


def _filled(settings: TrainSettings, choice: Choice) -> TrainSettings:
    """The settings with what was chosen, but for what the user said or what contradicts it."""
    known = {one.name for one in fields(TrainSettings)}
    values: dict[str, Any] = {
        name: value for name, value in choice.values.items() if name in known and getattr(settings, name) is None
    }
    if any(getattr(settings, name) is not None for name in _ENDS):
        values.pop("epochs", None)
    if settings.class_weights is not None or settings.loss is not None:
        values.pop("balance", None)
    if settings.batch_size is not None or settings.optimizer is not None:
        values.pop("learning_rate", None)  # it belongs to the batch and the optimizer that are chosen with it
    if settings.optimizer in WHOLE_BATCH_OPTIMIZERS:  # the same images, all of them, in each step
        for name in ("batch_size", "augment", "balance"):
            values.pop(name, None)
    return replace(settings, **values)
