"""Arrays of any usual form as images (N, C, H, W) and as labels."""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from cnncli.array_types import Array
from cnncli.data.array_files.ranges import to_bytes
from cnncli.data.classes import number_classes, number_whole
from cnncli.data.dataset import Images, Note, check_size
from cnncli.data.raw import RawPart
from cnncli.errors import DataError
from cnncli.pictures.portions import portions

_SAMPLES = 64  # images from which the order of flat colours is found
_CLEAR = 0.8  # one order must be this much smoother than the other


def make_parts(
    where: str, pairs: Mapping[str, tuple[str, Array, str, Array]], names: list[str] | None = None
) -> tuple[list[str], dict[str, RawPart], list[Note]]:
    """The parts of a set from pairs of arrays.

    pairs : for each part (name of the images' array, images, name of the labels' array, labels)
    names : of the classes 0, 1, ..., where they are known

    Returns (class names, parts, notes). Raises DataError for forms or types that are no images or no labels, and for
    pairs of different lengths.
    """
    labels: dict[str, Array] = {}
    notes: list[Note] = []
    shaped: dict[str, Array] = {}
    for part, (image_name, images, label_name, wanted) in pairs.items():
        labels[part] = _plain_labels(where, label_name, wanted, notes)
        shaped[part] = _shape_images(where, image_name, images, len(labels[part]), notes)
        if len(shaped[part]) != len(labels[part]):
            raise DataError(
                f"{where}: {image_name} has {len(shaped[part]):,} images, but {label_name} {len(labels[part]):,} "
                "labels; save one label for each image"
            )
        check_size(where, len(shaped[part]), *shaped[part].shape[1:])
    pixels, converted = to_bytes(where, shaped, all(images.shape[2:] == (8, 8) for images in shaped.values()))
    notes += converted
    pixels = {part: _opaque(images, notes) for part, images in pixels.items()}
    class_names, dense, told = _number(where, labels, names)
    notes += told
    parts = {part: RawPart(pixels[part], dense[part]) for part in pairs}
    return class_names, parts, _once(notes)


def _once(notes: list[Note]) -> list[Note]:
    """Each text once: two parts say the same."""
    return list({note.text: note for note in notes}.values())


def _number(
    where: str, labels: Mapping[str, Array], names: list[str] | None
) -> tuple[list[str], dict[str, npt.NDArray[np.int64]], list[Note]]:
    if any(part.dtype.kind == "U" for part in labels.values()):
        return number_classes(where, {part: [str(label) for label in values] for part, values in labels.items()})
    whole = {part: values.astype(np.int64) for part, values in labels.items()}
    if names is not None and all(
        values.min() >= 0 and values.max() < len(names) for values in whole.values() if len(values)
    ):
        return names, whole, []
    for values in whole.values():
        if len(values) and values.min() < 0 and set(np.unique(values)) != {-1, 1}:
            raise DataError(f"{where}: label {values.min()} found; labels are whole numbers from 0, or text")
    return number_whole(where, whole)


def _plain_labels(where: str, name: str, array: Array, notes: list[Note]) -> Array:
    """(N,) whole numbers or text ("U")."""
    array = array.reshape(-1) if array.ndim == 2 and 1 in array.shape else array
    if array.ndim == 2 and array.dtype.kind in "iufb" and array.shape[1] > 1 and is_one_hot(array):
        notes.append(Note("converted", f"converted: one-hot labels of {array.shape[1]} columns to class numbers"))
        return np.asarray(array.argmax(axis=1))
    if array.ndim == 1:
        if array.dtype.kind == "S":
            try:
                return np.char.decode(array, "utf-8")
            except UnicodeDecodeError:
                raise DataError(f"{where}: {name} holds bytes that are not UTF-8 text; save plain text") from None
        if array.dtype.kind == "f" and np.isfinite(array).all() and (np.floor(array) == array).all():
            if len(array) == 0 or np.abs(array).max() < 2**53:
                notes.append(Note("converted", "converted: labels saved as floats to whole numbers"))
                return array.astype(np.int64)
        elif array.dtype.kind == "U":
            return array
        elif array.dtype.kind in "iub":
            if array.dtype == np.uint64 and len(array) and array.max() >= 2**63:
                raise DataError(f"{where}: label {array.max()} found; labels go up to 2^63 - 1")
            return array.astype(np.int64)
    raise DataError(
        f"{where}: {name} is {array.dtype} {array.shape}; labels are whole numbers or text (N,), or one-hot "
        "(N, classes)"
    )


def is_one_hot(array: Array) -> bool:
    """Whether every row holds a single 1, and 0 else."""
    return bool((((array == 0) | (array == 1)).all(axis=1) & ((array == 1).sum(axis=1) == 1)).all())


def _shape_images(where: str, name: str, array: Array, count: int, notes: list[Note]) -> Array:
    """(N, C, H, W) with 1, 3 or 4 channels, in the numbers that were given."""
    if array.dtype.kind not in "biuf" or not 2 <= array.ndim <= 4:
        raise DataError(
            f"{where}: {name} is {array.dtype} {array.shape}; save uint8 (N, H, W), (N, C, H, W) or (N, H, W, C)"
        )
    if array.shape[0] != count == array.shape[-1] and (
        array.shape[0] == array.shape[1] if array.ndim == 3 else array.ndim == 4 and array.shape[2] in (1, 3, 4)
    ):
        array = np.moveaxis(array, -1, 0)
        notes.append(Note("converted", f"converted: {name} counted its images along the last axis"))
    if array.ndim == 2:
        return unflatten(where, name, array, notes)
    if array.ndim == 3:
        return array[:, None]
    _, first, middle, last = array.shape
    sides = {count for count in (first, last) if count in (1, 3)} or {4}  # a side of 4 pixels is no alpha
    if last in sides and (first not in sides or first == middle != last):
        return array.transpose(0, 3, 1, 2)
    if first not in sides:
        raise DataError(f"{where}: {name} has the shape {array.shape}; images have 1, 3 or 4 channels")
    return array


def unflatten(where: str, name: str, array: Array, notes: list[Note]) -> Array:
    """Rows of pixels (N, P) as square images: P is a square (grey) or three times one (colours)."""
    pixels = array.shape[1]
    side = math.isqrt(pixels)
    if side * side == pixels and side:
        notes.append(Note("converted", f"converted: rows of {pixels:,} pixels to images of {side}x{side}"))
        return array.reshape(-1, 1, side, side)
    side = math.isqrt(pixels // 3)
    if 3 * side * side != pixels or not side:
        raise DataError(
            f"{where}: {name} has rows of {pixels:,} pixels, neither a square nor three times one; save images of "
            "other sizes as (N, H, W) or (N, C, H, W)"
        )
    planes, mixed = array.reshape(-1, 3, side, side), array.reshape(-1, side, side, 3).transpose(0, 3, 1, 2)
    rough_planes, rough_mixed = (_roughness(order[:_SAMPLES].astype(np.float64)) for order in (planes, mixed))
    if min(rough_planes, rough_mixed) > _CLEAR * max(rough_planes, rough_mixed):
        raise DataError(
            f"{where}: {name} has rows of {pixels:,} numbers, and whether colours lie in planes or side by side cannot "
            f"be seen; save the images as (N, 3, {side}, {side})"
        )
    order = "in planes" if rough_planes < rough_mixed else "side by side"
    notes.append(
        Note("converted", f"converted: rows of {pixels:,} numbers to colour images of {side}x{side} (colours {order})")
    )
    return planes if rough_planes < rough_mixed else mixed


def _roughness(images: npt.NDArray[np.float64]) -> float:
    """How much neighbours differ: in the wrong order of the numbers, neighbours are strangers."""
    if not images.size or images.shape[3] == 1:  # of one pixel there are no neighbours
        return 0.0
    return float(np.abs(np.diff(images, axis=3)).mean() + np.abs(np.diff(images, axis=2)).mean())


def _opaque(images: Images, notes: list[Note]) -> Images:
    """Four channels over white as three."""
    if images.shape[1] != 4:
        return np.ascontiguousarray(images)
    alpha = images[:, 3:]
    if images.size and not alpha.any() and images.any():
        notes.append(Note("converted", "converted: a fourth channel that makes all transparent left out"))
        return np.ascontiguousarray(images[:, :3])
    if not images.size or alpha.min() == 255:
        notes.append(Note("converted", "converted: a fourth channel without transparency left out"))
        return np.ascontiguousarray(images[:, :3])
    notes.append(Note("converted", "converted: four channels to three, transparent parts filled with white"))
    flat = np.empty((len(images), 3, *images.shape[2:]), np.uint8)
    for rows in portions(len(images)):
        colour, share = images[rows, :3].astype(np.uint32), alpha[rows].astype(np.uint32)
        flat[rows] = (colour * share + 255 * (255 - share) + 127) // 255
    return flat
