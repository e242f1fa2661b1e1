"""Presets: options of `cnn train` under one name, from models/presets/*.toml or a file of the user's."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cnncli.augmentation import SWITCHES
from cnncli.errors import FormatError, UsageError
from cnncli.network.architectures import LARGEST_FILE_BYTES
from cnncli.network.description import check_keys, read_text, suggestion
from cnncli.option_row import TrainingOption
from cnncli.shipped import description_folder, preset_names
from cnncli.shown import printable, reason_of, shortened, shown
from cnncli.training.plan import settings_of_its_own
from cnncli.training.rules import check_asked
from cnncli.training.start import DECIDED
from cnncli.training_options import TRAINING_OPTIONS, row_of

# What a typed end of the training puts aside: two of them would be one too many.
_ENDS: Mapping[str, tuple[str, ...]] = {
    "steps": ("epochs", "time_limit", "target"),
    "epochs": ("steps",),
    "time_limit": ("steps", "target"),
    "target": ("steps", "time_limit", "patience", "until"),
    "until": ("steps", "target"),
}
# What a file cannot know: the machine, and where things are on it.
_OF_THE_MACHINE = ("preset", "plugins", "threads", "resume", "runs", "out", "data_dir", "use_cache")


def preset_settings(name_or_path: str, typed: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The settings of a preset by field, but for those that were typed beside it.

    name_or_path : of one that comes with the program, or a path ending in .toml. Its `data` says in words what it is
        for, where that is no data set with a name
    typed : values by field that go before those of the preset; with another optimizer than the preset's also what
        the preset says of its own one's settings is left out, with a model to start from what that has decided, and
        with another end of the training the preset's

    Raises UsageError for an unknown name, and for one whose data are not among what was typed; FormatError for a file
    that is no preset.
    """
    data, source = _read(name_or_path)
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{source}: is not TOML ({error})") from None
    check_keys(source, "key", table, ("title", "data", "options"))
    read_text(source, "title", table.get("title", ""))
    needed = read_text(source, "data", table.get("data", ""))
    if needed and typed is not None and typed.get("data") is None:
        raise UsageError(f"--preset {name_or_path}: is for {shortened(needed)}; add --data with the place of these")
    options = table.get("options")
    if not isinstance(options, dict):
        raise FormatError(f'{source}: has no [options]; add them, such as arch = "lenet5"')
    rows = {row.option.removeprefix("--"): row for row in TRAINING_OPTIONS if row.field not in _OF_THE_MACHINE}
    check_keys(f"{source}, [options]", "option", options, rows)
    found = {rows[key].field: _value(source, key, rows[key], value) for key, value in options.items()}
    try:
        check_asked(found)
    except UsageError as error:
        raise FormatError(f"{source}: {error}") from None
    left_out = set(typed or {})
    optimizer = (typed or {}).get("optimizer")
    if optimizer is not None and optimizer != found.get("optimizer", row_of("optimizer").fallback):
        left_out |= settings_of_its_own(optimizer)
    if (typed or {}).get("augment") is not None:
        left_out |= set(SWITCHES)
    if (typed or {}).get("start_from") is not None:
        left_out |= set(DECIDED)
    for end, others in _ENDS.items():
        if (typed or {}).get(end) is not None:
            left_out |= set(others)
    return {field: value for field, value in found.items() if field not in left_out}


def _value(source: str, key: str, row: TrainingOption, value: Any) -> Any:
    """A value as the settings have it; the rules of numbers and words are checked with the others."""
    where = f"{source}, [options]"
    if row.kind in ("text", "path", "folder", "word"):
        return read_text(where, key, value)
    if row.kind in ("flag", "switch"):
        if not isinstance(value, bool):
            raise FormatError(f"{where}: {key} is {shown(value)}; use true or false")
        return value
    if row.kind == "pixels":
        sides = [value, value] if type(value) is int else value
        if not isinstance(sides, list) or len(sides) != 2 or any(type(side) is not int or side < 1 for side in sides):
            raise FormatError(f"{where}: {key} is {shown(value)}; use a number of pixels or [height, width]")
        return tuple(sides)
    return value


def _read(name: str) -> tuple[bytes, str]:
    if name.endswith(".toml"):
        try:
            path = Path(name)
            if path.stat().st_size > LARGEST_FILE_BYTES:
                raise FormatError(f"{name}: is larger than 1 MiB; a preset is a page of text")
            return path.read_bytes(), name
        except FileNotFoundError:
            known = ", ".join(preset_names())
            raise UsageError(f"--preset {printable(name)}: no such file; check the name, or use {known}") from None
        except OSError as error:
            raise UsageError(f"{name}: cannot be read ({reason_of(error)}); use a readable file") from None
    names = preset_names()
    if name not in names:
        raise UsageError(f'--preset {shortened(name)}: unknown; {suggestion(name, names)} (a path has to end in .toml)')
    entry = description_folder() / "presets" / f"{name}.toml"
    return entry.read_bytes(), f"models/presets/{name}.toml"
