"""The beginning of a training on a table of numbers: the table read, split and standardized."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.data import DataSet, Split
from cnncli.data.held_out import Indices, split_images
from cnncli.data.number_set import NumberSet
from cnncli.data.number_sets import holds_numbers, load_numbers
from cnncli.errors import DataError, UsageError
from cnncli.number_recipe import NumberRecipe
from cnncli.shown import printable
from cnncli.training.plan import Plan
from cnncli.training_options import TrainSettings

_OF_PICTURES = ("prepare", "size", "pixels", "colour")


def is_for_numbers(settings: TrainSettings, description: dict[str, Any]) -> bool:
    """Whether the training is one on a table of numbers. Raises UsageError for values without a table of them."""
    has_values = description.get("outputs") == "values"
    is_table = settings.data is not None and holds_numbers(Path(settings.data))
    is_file = settings.data is not None and Path(settings.data).is_file()
    if has_values and not is_table and not is_file:
        name = description.get("name", "the network")
        asked = f"--arch {printable(str(name))}: learns"
        if settings.start_from is not None:
            asked = f"--from {printable(settings.start_from)}: predicts"
        raise UsageError(f"{asked} numbers; pass --data with a table, such as x.csv")
    if not has_values and not is_table:
        return False
    for name in _OF_PICTURES:
        if getattr(settings, name) is not None:
            raise UsageError(f"--{name}: is about pictures, and --data is a table of numbers; leave it out")
    if has_values and settings.target is not None:
        raise UsageError("--target: is an accuracy, which numbers have none of; leave it out")
    return True


def read_numbers(path: str, label_column: str | None, has_values: bool, skip_bad: bool) -> NumberSet:
    """The table as it stands. Raises DataError for targets that all are the same."""
    found = load_numbers(path, label_column, has_values=has_values, skip_bad=skip_bad)
    assert found.train is not None
    if found.has_values and not np.ptp(found.train.labels, axis=0).all():
        which = found.targets[int(np.flatnonzero(np.ptp(found.train.labels, axis=0) == 0)[0])]
        raise DataError(
            f"{found.source}: column {printable(which)} is the same in all rows, so that there is nothing to predict; "
            "pass --label-column with another one"
        )
    return found


def standardized(
    found: NumberSet, plan: Plan, recipe: NumberRecipe | None = None
) -> tuple[NumberSet, tuple[Indices | None, Split | None], NumberRecipe]:
    """(the set as the network takes it, which rows are trained on and those held out, the recipe).

    recipe : that of a model, of which targets that it does not predict are measured; None: all is measured from the
        rows that are trained on
    """
    kept, _ = split_images(found, plan.validation, plan.seed, most=plan.images)
    if recipe is None or (recipe.targets, bool(recipe.target_mean)) != (found.targets, found.has_values):
        measured = found.measured(kept)
        recipe = measured if recipe is None else replace(measured, mean=recipe.mean, scale=recipe.scale)
    prepared = found.prepared(recipe)
    return prepared, split_images(prepared, plan.validation, plan.seed, most=plan.images), recipe


def classes_of(dataset: DataSet) -> list[str] | int:
    """What a network for the data set is built for: its classes, or how many values it gives."""
    return len(dataset.targets) if isinstance(dataset, NumberSet) and dataset.has_values else dataset.class_names


def labels_to_weigh(dataset: DataSet, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64] | None:
    """The labels; None where the targets are values."""
    return None if isinstance(dataset, NumberSet) and dataset.has_values else labels
