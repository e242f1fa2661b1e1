"""What people hand to `Model.predict`: pictures, to be prepared, or arrays of the network's size in any usual order."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnncli.array_types import Array
from cnncli.errors import ShapeError, UsageError
from cnncli.layers.arrays import format_shape, in_batch
from cnncli.shown import shown

if TYPE_CHECKING:
    from cnncli.pictures.recipe import Picture

Shape = tuple[int, int, int]

_PICTURES = "paths, PIL images or the bytes of picture files"


def as_pictures(images: Any) -> "Iterator[tuple[Picture, str | None]] | None":
    """The pictures, each with the name that messages call it by (None: its path); None if these are numbers.

    One picture or any number of them: paths, PIL images, the bytes of picture files, or what is opened and gives such
    bytes. UsageError, when its turn comes, for something else among them.
    """
    if isinstance(images, np.ndarray) and images.ndim != 1:  # the usual case, in microseconds
        return None
    if _is_picture(images):
        return iter([(_as_source(images), None)])
    if isinstance(images, Iterator):
        return _each(images)
    if isinstance(images, list | tuple):
        if any(_is_picture(image) for image in images) or len(images) == 0:
            return _each(images)
        return None
    texts = _texts(np.asarray(images))  # such as a column of a table
    return None if texts is None else _each(texts)


def as_array(images: Any) -> Array:
    """Numbers as an array; UsageError for images of different sizes."""
    try:
        return np.asarray(images)
    except ValueError:
        raise UsageError(
            "predict: the images of the list differ in size; pass arrays of the network's size, or PIL images"
        ) from None


def as_batch(images: Array, shape: Shape, channels: str | None = None) -> Array:
    """Images as (N, C, H, W).

    images : (N, C, H, W), (N, H, W, C), (N, C * H * W), or one such image; for one channel its axis may be left out
    shape : (C, H, W)
    channels : "first" or "last" (rows: planes, or the colours of a pixel side by side); None: found from the shape

    Raises ShapeError for another shape, UsageError if it can be both and the order is not given.
    """
    if channels not in (None, "first", "last"):
        raise UsageError(f'predict: channels is {shown(channels)}; use "first", "last" or None')
    ways = {
        order: batch
        for order in ("first", "last")
        if channels in (None, order) and (batch := _in_order(images, shape, order)) is not None
    }
    if not ways:
        raise ShapeError(
            f"predict: got images {format_shape(images.shape)}, the network takes {format_shape(shape)} "
            "(channels, height, width); resize or transpose them, or pass pictures, which are prepared: "
            f"{_PICTURES}"
        )
    if len(ways) > 1 and shape[0] > 1:
        raise UsageError(
            f"predict: images {format_shape(images.shape)} may have their channels first or last; "
            "pass channels='first' or channels='last'"
        )
    return next(iter(ways.values()))


def _in_order(images: Array, shape: Shape, order: str) -> Array | None:
    """Images of this order of channels as (N, C, H, W), or None if their shape is another."""
    count, height, width = shape
    own = shape if order == "first" else (height, width, count)
    batch = in_batch(images, own, channels_last=order == "last")
    if batch is None:
        rows = in_batch(images, (count * height * width,))
        if rows is None:
            return None
        batch = rows.reshape(len(rows), *own)
    return batch if order == "first" else np.ascontiguousarray(batch.transpose(0, 3, 1, 2))


def _is_picture(value: Any) -> bool:
    if isinstance(value, str | bytes | bytearray | os.PathLike) or callable(getattr(value, "read", None)):
        return True
    pil = sys.modules.get("PIL.Image")  # who has such an image has loaded it
    return pil is not None and isinstance(value, pil.Image)


def _texts(array: Array) -> list[Any] | None:
    """The paths in a one-dimensional array of them."""
    if array.ndim != 1 or array.dtype.kind not in "UO" or not all(map(_is_picture, array.tolist())):
        return None
    return list(array.tolist())


def _each(images: Iterable[Any]) -> "Iterator[tuple[Picture, str | None]]":
    for index, image in enumerate(images):
        if not _is_picture(image):
            raise UsageError(
                f"predict: images[{index}] is {type(image).__name__}; pass either arrays or pictures ({_PICTURES})"
            )
        source = _as_source(image)
        yield source, None if isinstance(source, Path) else f"images[{index}]"


def _as_source(image: Any) -> "Picture":
    if callable(getattr(image, "read", None)):
        image = image.read()
        if isinstance(image, str):
            raise UsageError('predict: a file that was opened as text; open it with "rb"')
    if isinstance(image, bytes | bytearray):
        return bytes(image)
    return Path(os.fsdecode(image)) if isinstance(image, str | os.PathLike) else image
