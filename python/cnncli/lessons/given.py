"""What the reader gives a lesson: a picture, a network; and what stands in where nothing is given."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnncli.data.digits import load_digits
from cnncli.errors import UsageError
from cnncli.lessons.blocks import Asked
from cnncli.model.preparation import open_network, preparation_of
from cnncli.model_file.serialize import load_model
from cnncli.network import Network
from cnncli.pictures.picture_file import as_bytes, name_of, read_picture
from cnncli.shipped import model_names, shipped_model
from cnncli.shown import printable
from cnncli.views.tiles import shrunk

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """A network and what it gets of a picture.

    said : what the network is called; trained : whether it came with weights
    image : uint8 (C, H, W); picture : what that is called
    """

    network: Network
    said: str
    trained: bool
    image: Bytes
    picture: str


def seen(asked: Asked, otherwise: str = "lenet5") -> Seen:
    """The reader's network, else that of the name `otherwise`, with the reader's picture, else a digit.

    Raises UsageError for a network that takes no pictures.
    """
    network, said, trained = own_network(asked, otherwise)
    if len(network.input_shape) != 3:
        raise UsageError(f"{said}: takes no pictures; use a network of images")
    recipe = preparation_of(network, said)
    if network.recipe is None:  # then bytes would come in as they are
        network.recipe = recipe
    if asked.picture is not None:
        return Seen(network, said, trained, recipe.prepare(asked.picture).pixels, _name(asked.picture))
    digit = _digit(asked.seed)
    same = (1, *digit.shape) == network.input_shape
    image = digit[None] if same else recipe.prepare(Image.fromarray(digit)).pixels
    return Seen(network, said, trained, image, "a digit of the set digits")


def own_network(asked: Asked, otherwise: str = "lenet5") -> tuple[Network, str, bool]:
    """(network, what it is called, whether it is trained): a name, a .toml or a model file."""
    name = asked.model or otherwise
    if name in model_names() and not Path(name).exists():
        try:
            return load_model(shipped_model(name)), name, True
        except UsageError:  # it ships without weights
            pass
    is_file = not name.endswith(".toml") and Path(name).exists()
    return open_network(name), printable(name), is_file


def grey_picture(asked: Asked, side: int) -> tuple[npt.NDArray[np.float32], str] | None:
    """The reader's picture, grey and with a longer side of at most `side`, values 0 to 255; None: there is none."""
    if asked.picture is None:
        return None
    grey = np.asarray(as_bytes(read_picture(asked.picture, side)[0]).convert("L"))
    return shrunk(grey, side).astype(np.float32), _name(asked.picture)


def crop(asked: Asked, side: int) -> tuple[npt.NDArray[np.float32], str] | None:
    """`side` x `side` pixels of the reader's picture, where most happens, in greys from 0 to 9; None: there is none."""
    found = grey_picture(asked, 4 * side)
    if found is None:
        return None
    picture, name = found
    picture = np.pad(picture, [(0, max(0, side - length)) for length in picture.shape], mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(picture, (side, side))
    row, column = np.unravel_index(int(windows.std(axis=(2, 3)).argmax()), windows.shape[:2])
    levels = np.rint(windows[row, column] * 9 / 255).astype(np.float32)
    return levels, f"a piece of {name}, from row {row} and column {column} of it, made small"


def _name(picture: str) -> str:
    return printable(Path(name_of(picture)).name)


def _digit(seed: int) -> Bytes:
    train = load_digits(train=seed % 1000 + 1, test=0).train
    assert train is not None
    digit: Bytes = train.images[-1, 0]
    return digit
