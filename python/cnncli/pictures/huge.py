"""Pictures of many megapixels: one at a time, and made smaller strip by strip before anything else is made of them.

Pillow holds a picture whole while it decodes it, up to 4 bytes a pixel. Nothing else of that size is then needed.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import numpy as np
from PIL import Image

from cnncli.storage.locks import hold_lock

MANY_PIXELS = 1 << 25  # 128 MiB as RGB; with fewer several pictures may be decoded at once
MAX_PIXELS = 1 << 28  # 1 GiB as RGB: decompression bombs end here
_STRIP_PIXELS = 1 << 22
_in_this_process = threading.Lock()


def is_huge(image: Image.Image) -> bool:
    """Whether a picture is to be decoded alone."""
    return image.width * image.height > MANY_PIXELS


@contextmanager
def alone() -> Iterator[None]:
    """Waits until no other thread or program of the user holds such a picture; those that cannot lock go on without.

    Pillow's own limit, at which some of its decoders stop, is one of the whole process, and lifted meanwhile.
    """
    with _in_this_process:
        descriptor, usual = None, Image.MAX_IMAGE_PIXELS
        with suppress(OSError):
            descriptor = _lock_file()
            hold_lock(descriptor, wait=True)
        try:
            Image.MAX_IMAGE_PIXELS = MAX_PIXELS
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = usual
            if descriptor is not None:
                os.close(descriptor)


def _lock_file() -> int:
    from platformdirs import user_cache_path  # here: few pictures are so large

    folder = user_cache_path("cnncli", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    return os.open(folder / "huge-picture.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def factor_for(image: Image.Image, enough: int | None) -> int:
    """By how much a picture may be made smaller with at least `enough` pixels a side left; 1: not at all."""
    return max(1, min(image.size) // enough) if enough else 1


def in_strips(image: Image.Image, factor: int, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """convert(image), made smaller by a whole factor to means of areas; strips of some megapixels are held at a time.

    convert : gives a picture of mode "L", "RGB" or "F" of the same size

    >>> in_strips(Image.new("L", (5, 4), 9), 2, lambda strip: strip.convert("RGB")).size
    (3, 2)
    """
    made: Image.Image | None = None
    for top, part in _strips(image, factor):
        strip = convert(part).reduce(factor)
        if made is None:
            made = Image.new(strip.mode, (strip.width, -(-image.height // factor)))
        made.paste(strip, (0, top // factor))
    assert made is not None  # no picture is without pixels
    return made


def highest(image: Image.Image) -> float:
    """The highest value of a picture with one number a pixel; NaN if one is."""
    return float(np.max([np.asarray(strip).max() for _, strip in _strips(image)]))


def _strips(image: Image.Image, factor: int = 1) -> Iterator[tuple[int, Image.Image]]:
    """(first row, strip), from top to bottom; their rows are multiples of the factor."""
    rows = max(1, _STRIP_PIXELS // image.width // factor) * factor
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))
