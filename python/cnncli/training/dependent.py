"""Settings that only make sense beside another one, or without it: what `--until converged` and `--schedule plateau`
bring along, and what ends a training."""

from collections.abc import Mapping
from typing import Any

from cnncli.errors import UsageError
from cnncli.training_options import (
    CONVERGED_EPOCHS,
    CONVERGED_LIMIT,
    CONVERGED_WINDOW,
    MOST_EPOCHS,
    PLATEAU_FACTOR,
    PLATEAU_PATIENCE,
    RecordedSettings,
    TrainSettings,
    recorded_words,
)

# Setting -> the one that it belongs to, the value that this must have, and what holds where nothing is said.
_BELONGS_TO: Mapping[str, tuple[str, str, float]] = {
    "until_limit": ("until", "converged", CONVERGED_LIMIT),
    "until_window": ("until", "converged", CONVERGED_WINDOW),
    "plateau_patience": ("schedule", "plateau", PLATEAU_PATIENCE),
    "plateau_factor": ("schedule", "plateau", PLATEAU_FACTOR),
}


def until_converged(settings: TrainSettings, described: dict[str, Any]) -> dict[str, Any]:
    """[training] of a description, without what belongs to a training of a fixed length if one until convergence is
    asked for: its epochs, and a schedule that would end with them."""
    if settings.until is None or "until" in described:
        return described
    if settings.target is not None:
        raise UsageError("--until converged: --target ends the training too; leave one of them out")
    kept = {name: value for name, value in described.items() if name != "warmup"}
    return {**kept, "epochs": CONVERGED_EPOCHS, "schedule": "constant"}


def fill_dependent(settings: TrainSettings, chosen: dict[str, Any]) -> None:
    """Fills in what is left open of settings that belong to others, and leaves out a description's where these are not.

    Raises UsageError for such a setting that was asked for.
    """
    for name, (owner, value, usual) in _BELONGS_TO.items():
        if chosen[owner] == value:
            chosen[name] = usual if chosen[name] is None else chosen[name]
        elif getattr(settings, name) is not None:
            typed = _typed(name, getattr(settings, name))
            raise UsageError(f"{typed}: belongs to --{owner} {value}; add that, or leave it out")
        else:
            chosen[name] = None


def fill_end(settings: TrainSettings, chosen: dict[str, Any]) -> None:
    """Fills in how many epochs there are at most where something else ends the training.

    Raises UsageError for two ends of which one would never come.
    """
    typed = {name: _typed(name, getattr(settings, name)) for name in ("steps", "time_limit", "patience")}
    if settings.target is not None:
        for name, words in typed.items():
            if chosen[name] is not None:
                raise UsageError(f"{words or name}: --target ends the training too; leave one of them out")
    if chosen["steps"] is not None:
        for name, option in (("epochs", "--epochs"), ("time_limit", "--time-limit")):
            if getattr(settings, name) is not None:
                raise UsageError(f"{typed['steps']}: {option} ends the training too; leave one of them out")
    if chosen["time_limit"] is not None and settings.epochs is None:
        chosen["epochs"] = MOST_EPOCHS
    if chosen["patience"] is not None and settings.validation == 0:
        raise UsageError(
            f"{typed['patience'] or 'patience'}: --val 0 leaves no image that tells which epoch is better; use a share "
            "above 0"
        )


def two_patiences(settings: TrainSettings, plan: RecordedSettings) -> list[str]:
    """A line for who means the other patience."""
    if settings.patience is None or plan.schedule != "plateau" or settings.plateau_patience is not None:
        return []
    return [
        f"--patience {settings.patience} ends the training; after how many epochs the schedule plateau lets the rate "
        f"fall is --plateau-patience, here {plan.plateau_patience}"
    ]


def _typed(name: str, value: Any) -> str:
    """As the user typed it; "" for None."""
    return " ".join(recorded_words({name: value}))
