"""A network by name or file, and how pictures become its input, be it trained or not."""

from pathlib import Path

from cnncli.errors import UsageError
from cnncli.model.model import Model
from cnncli.model_file.serialize import load_model
from cnncli.network import Network
from cnncli.number_recipe import NumberRecipe
from cnncli.pictures.recipe import InputRecipe
from cnncli.shipped import shipped_model
from cnncli.shown import printable


def open_network(name: str) -> Network:
    """A network by name or out of a file. What does not look like a file is taken for a misspelt name."""
    is_path = Path(name).suffix != "" or "/" in name or Path(name).is_file()
    if is_path and not name.endswith(".toml"):
        return load_model(name)
    return Network.from_model_name(name)


def recipe_of(model: Model, said: str) -> InputRecipe:
    """How the model's pictures are prepared; UsageError if it takes none."""
    refuse_numbers(model, said)
    if model.recipe is None:
        raise UsageError(
            f"{printable(said)}: a model trained on arrays, which records no way to make them from pictures; use one "
            "that was trained on pictures"
        )
    return model.recipe


def refuse_numbers(model: Model, said: str) -> None:
    """Raises UsageError for a model of the numbers of a table, which has no pictures."""
    if isinstance(model.network.recipe, NumberRecipe):
        raise UsageError(
            f"{printable(said)}: a model of numbers, which sees no pictures; use one that was trained on pictures, or "
            "cnn summary for this one"
        )


def preparation_of(network: Network, said: str) -> InputRecipe:
    """How pictures become the input of a network that may never have been trained.

    As its file says, else as the trained network of its name does it, else the whole picture is fitted.
    """
    shape = network.input_shape
    if network.recipe is not None:
        return recipe_of(Model(network), said)
    try:
        known = load_model(shipped_model(network.name))
        if known.input_shape == shape:
            return recipe_of(Model(known), said)
    except UsageError:  # none comes with the program
        pass
    as_they_are = InputRecipe.of_shape(shape)
    if as_they_are is None:
        raise UsageError(f"{printable(said)}: takes no pictures; leave the picture out")
    return as_they_are
