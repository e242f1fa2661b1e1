"""What a view shows, before it is known where: pages of panels of tiles."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnncli.array_types import Array
from cnncli.views.scales import Scale

Pixels = npt.NDArray[np.uint8]  # (H, W, 3), RGB


@dataclass(frozen=True)
class Tile:
    """A small picture.

    pixels : uint8 (H, W, 3)
    levels : float (H, W), what is drawn with characters: from 0 to 1, or from -1 to 1 of signed numbers
    label : below it, in lines
    signed : the levels are
    smooth : a photo, which is made larger by interpolation; else each number stays a square
    small : what is drawn in the colours of a terminal, where a pixel is a character; None: the pixels
    """

    pixels: Pixels
    levels: npt.NDArray[np.float64]
    label: str = ""
    signed: bool = False
    smooth: bool = False
    small: Pixels | None = None


@dataclass(frozen=True)
class Panel:
    """Tiles that belong together, in rows.

    title, note : above them; the note is fainter
    side : pixels of a tile's longer side on a page
    scale : of its numbers, drawn at the right of the title; None: pictures
    """

    title: str
    tiles: Sequence[Tile]
    note: str = ""
    side: int = 88
    scale: Scale | None = None


@dataclass(frozen=True)
class Page:
    """All of a view; `lines` stand below the title."""

    title: str
    panels: Sequence[Panel]
    lines: Sequence[str] = field(default=())


def number_tile(values: npt.ArrayLike, scale: Scale, label: str = "") -> Tile:
    """Numbers (H, W) in the colours of a scale."""
    shares = np.nan_to_num(scale.shares(values))
    return Tile(scale.colours(values), 2 * shares - 1 if scale.signed else shares, label, scale.signed)


def picture_tile(pixels: Pixels, label: str = "", smooth: bool = False) -> Tile:
    """A picture, uint8 (H, W, 3)."""
    return Tile(pixels, pixels.mean(axis=2) / 255, label, smooth=smooth)


def as_rgb(image: npt.NDArray[np.uint8]) -> Pixels:
    """uint8 (C, H, W) as (H, W, 3); of other than 1 or 3 channels the first."""
    planes = image if len(image) == 3 else np.repeat(image[:1], 3, axis=0)
    return np.ascontiguousarray(planes.transpose(1, 2, 0))


def enlargement(side: int, least: int, most: int) -> float:
    """By what a picture of `side` pixels is enlarged: in whole steps to `least` or more, or made smaller to `most`."""
    return most / side if side > most else float(-(-least // side))


def sized(values: Array, side: int, even: bool = False) -> Array:
    """(H, W) or (H, W, 3) with a longer side of at most `side`: made smaller by averages, enlarged in whole steps.

    even : H is even, for characters that are two pixels high

    >>> sized(np.eye(2), 5).shape, sized(np.eye(6), 3).shape
    ((4, 4), (3, 3))
    """
    longer = max(values.shape[:2])
    if longer > side:
        factor = side / longer
        return _scaled(values, _rows(values.shape[0] * factor, even), max(1, round(values.shape[1] * factor)))
    steps = side // longer
    if even and values.shape[0] * steps % 2:
        steps = steps - 1 or steps
    values = values.repeat(steps, axis=0).repeat(steps, axis=1)
    return values if not even or len(values) % 2 == 0 else _scaled(values, len(values) + 1, values.shape[1])


def shrunk(values: Array, side: int) -> Array:
    """As it is, or made smaller so that the longer side is `side`."""
    return sized(values, side) if max(values.shape[:2]) > side else values


def _rows(height: float, even: bool) -> int:
    return max(2, 2 * round(height / 2)) if even else max(1, round(height))


def _scaled(values: Array, height: int, width: int) -> Array:
    """uint8 (H, W, 3), or floats (H, W)."""
    image = Image.fromarray(values if values.dtype == np.uint8 else values.astype(np.float32))
    method = Image.Resampling.BOX if height * width <= values.shape[0] * values.shape[1] else Image.Resampling.NEAREST
    return np.asarray(image.resize((width, height), method))


def vector_tile(values: Array, scale: Scale, most: int, high: int = 1) -> Tile:
    """A vector as rows of at most `most` cells, all but the last of one length; what is left of that is white.

    high : pixels that a cell is high, while there is one row
    """
    count = max(1, math.ceil(len(values) / most))
    columns = math.ceil(len(values) / count)
    rows = np.zeros(count * columns, values.dtype)
    rows[: len(values)] = values
    tile = number_tile(rows.reshape(count, columns), scale)
    tile.pixels.reshape(-1, 3)[len(values) :] = 255
    tile.levels.reshape(-1)[len(values) :] = 0
    if count > 1:
        return tile
    return Tile(tile.pixels.repeat(high, axis=0), tile.levels.repeat(high, axis=0), signed=scale.signed)
