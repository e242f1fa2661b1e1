"""The model that a command line names, and the one that it means without a name."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from cnncli.model import Model
    from cnncli.network import Network
    from cnncli.pictures.recipe import InputRecipe


def find_model(model: str | None) -> tuple[Path, str]:
    """The model file, and the words that tell the user which."""
    if model is not None:
        return Path(model), model
    if Path("model.bin").exists():
        return Path("model.bin"), "model.bin in this folder"
    from cnncli.network.architectures import shipped_model

    return shipped_model("lenet5"), "the LeNet-5 that comes with cnn"


def model_and_picture(words: tuple[str, ...]) -> tuple[str | None, str | None]:
    """(model, picture) of the words of a command: a model is a name that ends in .bin, or the first of two."""
    from click import UsageError

    if len(words) > 2:
        raise UsageError(f"{len(words)} names; give one model and one picture")
    if len(words) == 2:
        return words[0], words[1]
    if words and words[0].endswith(".bin"):
        return words[0], None
    return None, words[0] if words else None


def open_model(name: str | None, plugins: tuple[str, ...] | None = None) -> "tuple[Model, str]":
    """A trained model and what it is called: a file, or the name of a network that comes with its weights.

    Its changed plugins are told.
    """
    from cnncli import load
    from cnncli.cli.streams import echo
    from cnncli.model_file.custom import changed_plugins
    from cnncli.network.architectures import model_names, shipped_model

    if name in model_names() and not Path(name).exists():
        path, said = shipped_model(name), name
    else:
        path, said = find_model(name)
    loaded = load(path)
    for line in changed_plugins(loaded.network) if plugins else ():
        echo(f"note: {line}", err=True)
    return loaded, said


def look_at(
    words: tuple[str, ...], plugins: tuple[str, ...] | None, invert: bool | None, box: tuple[int, int, int, int] | None
) -> "tuple[Model, str, npt.NDArray[np.uint8]]":
    """The model and the picture that the words of a command name, and what the model gets of the picture.

    Raises UsageError without a picture, and for a model that takes none.
    """
    from click import UsageError

    named, picture = model_and_picture(words)
    if picture is None:
        raise UsageError("missing argument 'FILE', the picture")
    model, said = open_model(named, plugins)
    return model, picture, recipe_of(model, said).prepare(picture, invert, box=box).pixels


def recipe_of(model: "Model", said: str) -> "InputRecipe":
    """How the model's pictures are prepared; UsageError if it takes none."""
    from cnncli.errors import UsageError
    from cnncli.shown import printable

    refuse_numbers(model, said)
    if model.recipe is None:
        raise UsageError(
            f"{printable(said)}: a model trained on arrays, which records no way to make them from pictures; use one "
            "that was trained on pictures"
        )
    return model.recipe


def refuse_numbers(model: "Model", said: str) -> None:
    """Raises UsageError for a model of the numbers of a table, which has no pictures."""
    from cnncli.errors import UsageError
    from cnncli.number_recipe import NumberRecipe
    from cnncli.shown import printable

    if isinstance(model.network.recipe, NumberRecipe):
        raise UsageError(
            f"{printable(said)}: a model of numbers, which sees no pictures; use one that was trained on pictures, or "
            "cnn summary for this one"
        )


def open_network(name: str) -> "Network":
    """A network by name or out of a file. What does not look like a file is taken for a misspelt name."""
    from cnncli.model_file.serialize import load_model
    from cnncli.network import Network

    is_path = Path(name).suffix != "" or "/" in name or Path(name).is_file()
    if is_path and not name.endswith(".toml"):
        return load_model(name)
    return Network.from_model_name(name)


def preparation_of(network: "Network", said: str) -> "InputRecipe":
    """How pictures become the input of a network that may never have been trained.

    As its file says, else as the trained network of its name does it, else the whole picture is fitted.
    """
    from cnncli import Model
    from cnncli.errors import UsageError
    from cnncli.model_file.serialize import load_model
    from cnncli.network.architectures import shipped_model
    from cnncli.pictures.recipe import InputRecipe
    from cnncli.shown import printable

    shape = network.input_shape
    if network.recipe is not None:
        return recipe_of(Model(network), said)
    try:
        known = load_model(shipped_model(network.name))
        if known.input_shape == shape:
            return recipe_of(Model(known), said)
    except UsageError:  # none comes with the program
        pass
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise UsageError(f"{printable(said)}: takes no pictures; leave the picture out")
    channels, height, width = shape
    return InputRecipe("plain", channels, height, width, mean=(0.0,) * channels, scale=(1.0,) * channels)
