"""Which file a custom layer comes from: a model file says it, so that whoever lacks the layer knows its file."""

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True, slots=True)
class Origin:
    """A Python file of a user.

    file : its name without the folder
    digest : SHA-256 of its bytes as hexadecimal text, where it was loaded as a plugin; else ""
    """

    file: str
    digest: str = ""


_PLUGINS: dict[str, Origin] = {}  # by the name of the module that a plugin became


def note_origin(module: str, origin: Origin) -> None:
    """Said by whoever runs the file of a plugin."""
    _PLUGINS[module] = origin


def origin_of(custom: type) -> Origin | None:
    """The file of a class; None where it was written in no file, as in a notebook."""
    if custom.__module__ in _PLUGINS:
        return _PLUGINS[custom.__module__]
    file = getattr(sys.modules.get(custom.__module__), "__file__", None)
    return Origin(Path(file).name) if file else None
