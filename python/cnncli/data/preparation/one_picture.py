"""One picture, from a file or an array, made into an image; and what tells whether the file has changed since."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cnncli.data.dataset import Images
from cnncli.errors import CnnError, NoGlyphError
from cnncli.pictures.recipe import InputRecipe
from cnncli.storage.files import PIECE_BYTES

if TYPE_CHECKING:  # loaded with the first picture: a training on arrays needs it not
    from PIL import Image

Source = Path | Images


@dataclass(frozen=True)
class FileState:
    """What tells whether a file has changed: its size, and the time of its last change."""

    size_bytes: int
    changed_ns: int


@dataclass(frozen=True)
class Outcome:
    """What became of one picture.

    pixels : uint8 (C, H, W), or None: then `error` says why
    error : one line, with the file's name
    is_blank : the picture can be read, but holds no glyph
    digest : SHA-256 of the file's content or of the array, b"" if it could not be read or changed meanwhile
    state : of the file when it was read
    """

    pixels: Images | None
    error: str = ""
    is_blank: bool = False
    digest: bytes = b""
    state: FileState | None = None


def file_state(path: Path) -> FileState | None:
    """The state of a file, or None if it has none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return FileState(status.st_size, status.st_mtime_ns)


def file_digest(path: Path) -> bytes:
    """SHA-256 of a file's content; b"" if it cannot be read."""
    try:
        if not path.is_file():  # a pipe would block
            return b""
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(PIECE_BYTES):
                digest.update(chunk)
        return digest.digest()
    except (OSError, ValueError):
        return b""


def array_digest(image: Images) -> bytes:
    """SHA-256 of an image that is no file: its shape and its bytes."""
    return hashlib.sha256(repr(image.shape).encode() + image.tobytes()).digest()


def prepare_one(recipe: InputRecipe, source: Source, with_digest: bool = False) -> Outcome:
    """One picture as `recipe.prepare` makes it; an array as if it had been saved as a picture file."""
    if not isinstance(source, Path):
        made = _prepared(recipe, as_picture(source))
        return Outcome(made.pixels, made.error, made.is_blank, array_digest(source) if with_digest else b"")
    before = file_state(source) if with_digest else None
    digest = file_digest(source) if with_digest else b""
    outcome = _prepared(recipe, source)
    if not with_digest or file_state(source) != before:  # what was hashed may not be what was decoded
        return outcome
    return Outcome(outcome.pixels, outcome.error, outcome.is_blank, digest, before)


def as_picture(image: Images) -> "Image.Image":
    """uint8 (C, H, W) as a PIL image."""
    from PIL import Image

    return Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0).copy())


def _prepared(recipe: InputRecipe, source: "Path | Image.Image") -> Outcome:
    try:
        return Outcome(recipe.prepare(source).pixels)
    except NoGlyphError as error:
        return Outcome(None, str(error), is_blank=True)
    except CnnError as error:
        return Outcome(None, str(error))
