"""Settings that only make sense beside another one: what `--until converged` and `--schedule plateau` bring along."""

from collections.abc import Mapping
from typing import Any

from cnncli.errors import UsageError
from cnncli.training_options import (
    CONVERGED_EPOCHS,
    CONVERGED_LIMIT,
    CONVERGED_WINDOW,
    PLATEAU_FACTOR,
    PLATEAU_PATIENCE,
    TrainSettings,
    recorded_words,
)

# Setting -> the one that it belongs to, the value that this must have, and what holds where nothing is said.
_BELONGS_TO: Mapping[str, tuple[str, str, float]] = {
    "until_limit": ("until", "converged", CONVERGED_LIMIT),
    "until_window": ("until", "converged", CONVERGED_WINDOW),
    "patience": ("schedule", "plateau", PLATEAU_PATIENCE),
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
            typed = " ".join(recorded_words({name: getattr(settings, name)}))
            raise UsageError(f"{typed}: belongs to --{owner} {value}; add that, or leave it out")
        else:
            chosen[name] = None
