"""Mistakes in the layers of a network's description, told before data are read, with file, line and layer."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cnncli.errors import FormatError, ShapeError
from cnncli.network.architectures import find_layer_line
from cnncli.network.description import NETWORK_KEYS, LayerBuilder, check_keys, read_border, read_classes, read_shape
from cnncli.training_options import TrainSettings

_SOME_CLASSES = 10  # where the number is that of the data
_SOME_SHAPE = (1, 28, 28)


def check_network(settings: TrainSettings, description: Mapping[str, Any], source: str) -> None:
    """Builds the layers without arrays, for the input that is declared or asked for, else for one of MNIST.

    Whether they fit the classes of the data, and its images where the description declares no input, is only known
    with the data.

    Raises FormatError and ShapeError as `Network.from_description` does, with the line of the layer.
    """
    check_keys(source, "key", description, NETWORK_KEYS)
    declared = description.get("input")
    shape = read_shape(source, declared) if declared is not None else _SOME_SHAPE
    read_border(source, description)
    found = read_classes(source, description.get("classes"))
    count = len(found) if isinstance(found, list) else found
    is_asked = settings.pixels is not None or settings.colour is not None
    if settings.pixels is not None and len(shape) == 3:
        shape = (shape[0], *settings.pixels)
    with layer_lines(settings.network, source):
        try:
            LayerBuilder(source, count or _SOME_CLASSES).build(description.get("layers"), shape)
        except ShapeError:
            # What was asked for is told with its option; other images may fit where none are declared.
            if settings.network.endswith(".toml") and declared is not None and not is_asked:
                raise


@contextmanager
def layer_lines(architecture: str, source: str) -> Iterator[None]:
    """Adds the line of the file to errors that name a layer of a description."""
    try:
        yield
    except (FormatError, ShapeError) as error:
        text = str(error)
        match = re.match(rf"{re.escape(source)}, layer (?P<path>\d+(?:\.\d+)*)", text)
        line = find_layer_line(architecture, list(map(int, match["path"].split(".")))) if match else None
        if line is None:
            raise
        kind = ShapeError if isinstance(error, ShapeError) else FormatError
        raise kind(f"{source}, line {line}{text.removeprefix(source)}") from None
