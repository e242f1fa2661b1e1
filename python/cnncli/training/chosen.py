"""The settings of a training without --arch or with --from: the data are looked at, and what nobody said is chosen
from them."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from cnncli import _core, data
from cnncli.data.number_sets import holds_numbers, read_number_table
from cnncli.data.raw import RawPart
from cnncli.errors import DataError, UsageError
from cnncli.training.choose import Facts, choose, choose_beside_model, choose_for_table, dial_within
from cnncli.training.plan import FoundData, check_out, find_data, make_plan
from cnncli.training.rules import check_asked
from cnncli.training.start import Start, as_for
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
    if is_usual:
        return Settled(replace(settings, architecture=USUAL_NETWORK), None, [])
    if settings.data is not None and holds_numbers(Path(settings.data)):
        return _settle_table(settings, settings.data)
    check_out(str(Path(settings.out or "model.bin").resolve()))
    make_plan(replace(settings, architecture=USUAL_NETWORK), {}, USUAL_NETWORK)
    found = find_data(settings.data, settings.data_dir, settings.label_column, report)
    facts = facts_of(found, settings)
    choice = choose(facts, settings.size or _dial(facts, settings), _said(settings))
    return Settled(replace(settings, **choice.values), found, choice.reasons)


def settle_beside(settings: TrainSettings, start: Start, report: data.Report) -> Settled:
    """As `settle`, of a training that starts from a model, which has decided all but batch and augmentation.

    A network that comes with the program brings a batch size that suits much data; --target is made for it.
    """
    plain = Settled(settings, None, [])
    is_table = settings.data is not None and holds_numbers(Path(settings.data))
    if settings.target is not None or is_table is (start.rows is None):
        return plain  # what does not go together is told later
    if is_table and settings.data is not None:
        return _settle_table(settings, settings.data, beside=True)
    check_out(str(Path(settings.out or "model.bin").resolve()))
    make_plan(as_for(start, settings), start.description, start.path)
    found = find_data(settings.data, settings.data_dir, settings.label_column, report)
    is_glyph = getattr(start.network.recipe, "kind", "") == "glyph"
    facts = _facts(found, _training_part(found), settings, start.network.input_shape, is_glyph)
    choice = choose_beside_model(facts, _said(settings))
    return Settled(replace(settings, **choice.values), found, choice.reasons)


def _settle_table(settings: TrainSettings, path: str, beside: bool = False) -> Settled:
    """As `settle`, of a table of numbers; `beside`: a model, which brings all but the batches."""
    rows = len(read_number_table(Path(path), settings.label_column, skip_bad=settings.skip_bad).rows)
    choice = choose_for_table(rows, settings.size or _MIDDLE, _said(settings))
    values, reasons = choice.values, choice.reasons
    if beside:
        values = {name: value for name, value in values.items() if name == "batch_size"}
        reasons = [f"batches of {size} for a table of {rows:,} rows (--batch-size)" for size in values.values()]
    return Settled(replace(settings, **values), None, reasons)


def _dial(facts: Facts, settings: TrainSettings) -> str:
    """The middle, but with a time limit what suits that."""
    if settings.time_limit is None:
        return _MIDDLE
    return dial_within(facts, settings.time_limit * (settings.threads or _core.default_thread_count()))


def facts_of(found: FoundData, settings: TrainSettings) -> Facts:
    """What there is to choose by. Raises DataError without training images."""
    part = _training_part(found)
    wish = data.PictureWish(prepare=settings.prepare or "auto", colour=settings.colour, size=settings.pixels)
    recipe = data.decide(found.raw, wish, settings.use_cache, lambda done, total: None).recipe
    shape = recipe.channels, recipe.height, recipe.width
    return _facts(found, part, settings, shape, recipe.kind == "glyph")


def _training_part(found: FoundData) -> RawPart:
    part = found.raw.parts.get("train")
    if part is None or not len(part):
        raise DataError(f"{found.raw.name}: holds no training images; pass another --data")
    return part


def _facts(
    found: FoundData, part: RawPart, settings: TrainSettings, shape: tuple[int, ...], is_glyph: bool
) -> Facts:
    """shape : channels, height and width of the images"""
    names = tuple(found.raw.class_names)
    counts = np.bincount(part.labels, minlength=len(names))
    images = len(part) if settings.images is None else min(settings.images, len(part))
    return Facts(images, tuple(map(int, counts)), names, shape[0], shape[1], shape[2], is_glyph)


def _said(settings: TrainSettings) -> set[str]:
    """Names of what the user said, or what contradicts it."""
    said = {one.name for one in fields(TrainSettings) if getattr(settings, one.name) is not None}
    if said & {*_ENDS}:
        said.add("epochs")
    if said & {"class_weights", "loss"}:
        said.add("balance")
    if "loss" in said:
        said.add("label_smoothing")  # others than cross-entropy have none
    if said & {"batch_size", "optimizer"}:
        said.add("learning_rate")  # it belongs to the batch and the optimizer that are chosen with it
    if settings.optimizer in WHOLE_BATCH_OPTIMIZERS:  # the same images, all of them, in each step
        said |= {"batch_size", "augment", "balance"}
    return said
