"""What tells one picture from another: a digest of its pixels, a thumbnail, its size, how dark and how flat it is."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnncli.pictures.picture_file import as_bytes, read_picture, whole_size

THUMB = 16  # pixels a side
DIGEST_BYTES = 16
_ENOUGH = 256  # pixels a side to which a large JPEG is decoded: of a photo of 12 megapixels in a tenth of the time
HUE = 10  # by which channels differ where there is colour
_DRAFT = 96  # pixels a side
TAIL = 0.005  # share of the pixels that may be darker or lighter than a picture is


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One picture.

    digest : of its size and of all its pixels; of a large JPEG those of its reduced form
    thumb : uint8 (THUMB * THUMB,) grey, means of areas
    height, width : pixels, as it stands upright
    darkest, lightest : grey, but for the outermost half percent of the pixels
    is_constant : every pixel is the same
    has_colour : it is more than grey
    """

    digest: bytes
    thumb: npt.NDArray[np.uint8]
    height: int
    width: int
    darkest: int
    lightest: int
    is_constant: bool
    has_colour: bool


def fingerprint_of_file(path: Path) -> Fingerprint:
    """Raises DataError, one line, for a file that is no picture."""
    image, _ = read_picture(path, _ENOUGH)
    size = image.size
    if min(size) >= _ENOUGH:  # perhaps a reduced JPEG
        size = whole_size(path, image)
    return fingerprint(as_bytes(image), size)


def fingerprint(image: Image.Image, size: tuple[int, int] | None = None) -> Fingerprint:
    """Of a picture of mode "L" or "RGB".

    size : (width, height), if that of `image` is a reduced one

    >>> one = fingerprint(Image.new("L", (4, 2), 7))
    >>> one.is_constant, one.has_colour, (one.height, one.width), one.lightest
    (True, False, (2, 4), 7)
    """
    has_colour = False
    if image.mode == "RGB":
        has_colour = bool(np.ptp(thumbnails(np.asarray(_small(image)).transpose(2, 0, 1)), axis=0).max() > HUE)
        if not has_colour and _is_grey(image):
            image = image.getchannel(0)
    width, height = size or image.size
    digest = hashlib.blake2b(f"{image.mode}{width}x{height}".encode(), digest_size=DIGEST_BYTES)
    digest.update(image.tobytes())
    grey = image if image.mode == "L" else image.convert("L")
    counts = np.array(grey.histogram())
    darkest, lightest = grey_range(counts)
    is_flat = np.count_nonzero(counts) == 1
    return Fingerprint(
        digest=digest.digest(),
        thumb=thumbnails(np.asarray(_small(grey))).round().astype(np.uint8).ravel(),
        height=height,
        width=width,
        darkest=darkest,
        lightest=lightest,
        is_constant=bool(is_flat and (image.mode == "L" or _is_one_colour(image))),
        has_colour=has_colour,
    )


def thumbnails(planes: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(..., H, W) as float32 (..., THUMB, THUMB): means of areas, pixels counted by how much of them lies within."""
    height, width = planes.shape[-2:]
    found: npt.NDArray[np.float32] = _areas(height) @ planes.astype(np.float32) @ _areas(width).T
    return found


def _small(image: Image.Image) -> Image.Image:
    """At most so large that its thumbnail is made at once."""
    if max(image.size) <= _DRAFT:
        return image
    return image.resize((min(image.width, _DRAFT), min(image.height, _DRAFT)), Image.Resampling.BOX)


@lru_cache(maxsize=256)
def _areas(side: int) -> npt.NDArray[np.float32]:
    """float32 (THUMB, side), the shares by which pixels make the areas of a thumbnail."""
    edges, pixels = np.linspace(0, side, THUMB + 1), np.arange(side)
    shares = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    found: npt.NDArray[np.float32] = (np.clip(shares, 0, None) * THUMB / side).astype(np.float32)
    return found


def _is_one_colour(image: Image.Image) -> bool:
    pixels = np.asarray(image)
    return bool((pixels == pixels[:1, :1]).all())


def _is_grey(image: Image.Image) -> bool:
    """Whether the three channels of a picture are the same."""
    pixels = np.asarray(image)
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all())


def grey_range(histogram: npt.NDArray[np.int64]) -> tuple[int, int]:
    """(darkest, lightest) grey of a picture but for the outermost half percent of its pixels.

    histogram : int (256,), pixels of each grey
    """
    below = histogram.cumsum()
    rest = int(TAIL * below[-1])
    return int(below.searchsorted(rest, side="right")), int(below.searchsorted(below[-1] - rest))
