"""Drawings kept as a folder of classes, which `cnn train` takes: my_digits/7/0001.png."""

import io
from pathlib import Path

from PIL import Image

from cnncli.errors import UsageError
from cnncli.shown import shown
from cnncli.storage.files import as_new, write_atomically, writing_error

_LONGEST_NAME = 60  # characters


def check_name(name: str) -> str:
    """The name of a class, as that of a folder. Raises UsageError for one that no folder can have.

    >>> check_name(" seven ")
    'seven'
    """
    name = name.strip()
    if not name or name.startswith(".") or "/" in name or "\\" in name or not name.isprintable():
        raise UsageError(f"{shown(name)}: is no name of a class; use letters and digits, such as 7 or seven")
    if len(name) > _LONGEST_NAME:
        raise UsageError(f"{shown(name[:20])}...: is longer than {_LONGEST_NAME} characters; use a shorter name")
    return name


def save_sample(folder: str, name: str, picture: Image.Image) -> tuple[Path, int]:
    """Writes the picture under the next free number of its class.

    Returns its path, and how many pictures the class has now. No file is overwritten. Raises UsageError for a name that
    cannot be a folder's, WriteError where it cannot be written.
    """
    place = Path(folder) / check_name(name)
    try:
        place.mkdir(parents=True, exist_ok=True)
        taken = [int(path.stem) for path in place.glob("*.png") if path.stem.isascii() and path.stem.isdigit()]
    except OSError as error:
        raise writing_error(place, error) from None
    content = io.BytesIO()
    picture.save(content, "PNG", optimize=True)
    path = place / f"{max(taken, default=0) + 1:04d}.png"
    write_atomically(path, content.getvalue(), replace=as_new)
    return path, len(list(place.glob("*.png")))
