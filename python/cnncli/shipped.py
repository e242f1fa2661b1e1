"""What comes with the program, by name: networks, those with weights, presets, data sets. The Tab key offers these at
once, so nothing here imports NumPy, or what does."""

from pathlib import Path
from typing import TYPE_CHECKING

from cnncli.errors import UsageError
from cnncli.shown import shortened, shown

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

# `data.load` has each: those of `data.download.sources`, in their order, and the digits that are drawn here.
DATA_SETS = (
    "mnist", "fashion-mnist", "kmnist", "emnist-digits", "emnist-letters", "digits",
)


def model_names() -> list[str]:
    """The names of the networks that ship, sorted: "convnet", "lenet5", ..."""
    return _names(description_folder(), ".toml")


def trained_names() -> list[str]:
    """The names of those that ship with their weights, sorted."""
    return _names(description_folder(), ".bin")


def preset_names() -> list[str]:
    """The presets that come with the program, sorted."""
    return _names(description_folder() / "presets", ".toml")


def _names(folder: "Traversable", ending: str) -> list[str]:
    return sorted(entry.name.removesuffix(ending) for entry in folder.iterdir() if entry.name.endswith(ending))


def shipped_model(name: str) -> Path:
    """The file of the trained model that ships under `name`: "lenet5".

    Raises UsageError if none ships under this name.
    """
    entry = description_folder() / f"{name}.bin"
    if not isinstance(entry, Path) or not entry.is_file():
        raise UsageError(
            f'no trained model ships as {shown(name)}; train one with cnn train --arch {shortened(name)}'
        )
    return entry


def description_folder() -> "Traversable":
    """Where the descriptions, the presets and the trained models are that come with the program."""
    beside = Path(__file__).parent / "models"
    if beside.is_dir():
        return beside
    # Another place, as in an editable install: importing this takes as long as loading a model.
    from importlib import resources

    return resources.files("cnncli") / "models"
