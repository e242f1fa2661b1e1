"""The command that repeats a training: with all its settings, or with those that would not come by themselves."""

from dataclasses import asdict
from typing import Any

from cnncli.augmentation import SWITCHES
from cnncli.errors import CnnError
from cnncli.network.architectures import read_model
from cnncli.training.plan import Plan, make_plan
from cnncli.training_options import TRAINING_OPTIONS, TrainSettings

# Kept however they were chosen: what is learned from, and what makes one training differ from another.
_ALWAYS = ("architecture", "data", "start_from", "label_column", "seed", "steps", "time_limit", "patience", "plugins")
# Decided with the data, and told to them.
_OF_DATA = (
    "prepare", "pixels", "colour", "skip_bad", "validation", "images", "freeze", "class_weights", "augment", *SWITCHES,
)  # fmt: skip


def needed(plan: Plan) -> set[str]:
    """The fields without which another training would come of the command; all of them where that is not known."""
    recorded = {row.field for row in TRAINING_OPTIONS if row.is_recorded} - ({"epochs"} if plan.steps else set())
    kept = recorded & {*_ALWAYS, *_OF_DATA}
    if plan.start_from is not None or plan.target is not None:
        return recorded
    values = asdict(plan)
    try:
        description, source = read_model(plan.architecture)
        for _ in recorded:  # each turn adds a field, or is the last one
            asked: dict[str, Any] = {name: values[name] for name in kept - {"plugins", "validation"}}
            found = asdict(make_plan(TrainSettings(**asked), description, source))
            missing = {name for name in recorded - kept if found[name] != values[name]}
            if not missing:
                return kept
            # A batch size brings its rate along, so that it is tried without that first.
            first = missing - {"learning_rate", "weight_decay"} or missing
            kept |= first
    except CnnError:
        pass
    return recorded
