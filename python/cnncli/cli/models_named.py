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
    """The model file, and the words that tell the user which.

    Where no file has the name, it may be that of a network that comes with its weights, in any case.
    """
    if model is not None:
        return model_file(model), model
    if Path("model.bin").exists():
        return Path("model.bin"), "model.bin in this folder"
    from cnncli.shipped import shipped_model

    return shipped_model("lenet5"), "the LeNet-5 that comes with cnn"


def model_file(name: str) -> Path:
    """The file of a model that is named: a path, or a network that comes with its weights.

    Raises UsageError for a network that comes without.
    """
    if "." not in name and not Path(name).exists():
        from cnncli.nearest import same_but_for_case
        from cnncli.shipped import model_names, shipped_model

        known = model_names()
        if same_but_for_case(name, known) in known:
            return shipped_model(same_but_for_case(name, known))
    return Path(name)


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

    path, said = find_model(name)
    loaded = load(path)
    for line in changed_plugins(loaded.network) if plugins else ():
        echo(f"note: {line}", err=True)
    return loaded, said


def look_at(
    words: tuple[str, ...], plugins: tuple[str, ...] | None, invert: bool | None,
    box: tuple[int, int, int, int] | None, out: str | None,
) -> "tuple[Model, str, npt.NDArray[np.uint8]]":
    """The model and the picture that the words of a command name, and what the model gets of the picture.

    out : the file of --out, which is looked at first

    Raises UsageError without a picture, and for a model that takes none.
    """
    from click import UsageError

    from cnncli.cli.outputs import check_outputs

    named, picture = model_and_picture(words)
    if picture is None:
        raise UsageError("missing argument 'FILE', the picture")
    check_outputs({"--out": out}, [("the model", find_model(named)[0]), ("the picture", picture)])
    model, said = open_model(named, plugins)
    return model, picture, recipe_of(model, said).prepare(picture, invert, box=box).pixels


def recipe_of(model: "Model", said: str) -> "InputRecipe":
    """`model.preparation.recipe_of`, which is imported when it is used."""
    from cnncli.model.preparation import recipe_of as found

    return found(model, said)


def refuse_numbers(model: "Model", said: str) -> None:
    """`model.preparation.refuse_numbers`, likewise."""
    from cnncli.model.preparation import refuse_numbers as refuse

    refuse(model, said)


def open_network(name: str) -> "Network":
    """`model.preparation.open_network`, likewise."""
    from cnncli.model.preparation import open_network as opened

    return opened(name)


def preparation_of(network: "Network", said: str) -> "InputRecipe":
    """`model.preparation.preparation_of`, likewise."""
    from cnncli.model.preparation import preparation_of as found

    return found(network, said)
