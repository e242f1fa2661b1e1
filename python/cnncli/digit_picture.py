"""Finds the handwritten digit in a picture and lays it out as MNIST's digits are."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from .connected import label_parts
from .errors import DataError

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# Pictures are worked on at this many pixels a side at most: 16 times the box of the digit. A digit that takes a
# tenth of the picture's side stays readable, and the work takes milliseconds.
_WORKING_SIDE = 320
_FIT_SIDE = 40  # the paper is fitted to about this many samples a side: six numbers need no more
_BOX_SHARE = 20 / 28  # MNIST: digits fitted to 20x20 in 28x28 (LeCun et al. 1998, section III.A)
_LOWEST_CONTRAST = 10.0  # grey levels of 255; less than this is paper, noise and JPEG
_NOISE_FACTOR = 4.0  # ink stands out by this many standard deviations of the paper
_MOST_OF_OTHER_SIGN = 0.5  # ink is decided if the other sign has at most this share of its mass
_MOST_INK_ON_BORDER = 0.4  # a border with more ink than this is no border of paper
_EDGE = 0.25  # share of full ink from which a pixel belongs to the digit
_SPECK = 0.04  # parts below this share of the largest part's ink are dirt
_THINNEST = 0.075  # stroke width over the digit's size: 1.5 pixels of 20; MNIST's pens are wider


def find_digit(
    image: Image.Image, where: str, *, dark_ink: bool | None = None, height: int = 28, width: int = 28
) -> tuple[npt.NDArray[np.uint8], list[str]]:
    """Crops the digit, fits it to 20/28 of the size, and centres it by its mass: light ink on 0.

    The paper is a quadratic surface fitted to the picture's border and then to all that looks like it. Ink is
    what stands out of it, to the darker or the lighter side. A picture of this size that is laid out so already
    comes through unchanged (or inverted exactly).

    Parameters
    ----------
    image : PIL image of mode "L", "RGB" or "F" ([0, 255]), any size
    where : the picture's name in messages
    dark_ink : True, False, or None: found out
    height, width : int >= 1, size of the result

    Returns
    -------
    (pixels, notes) : uint8 (height, width), ink towards 255; what was done, for the user

    Raises
    ------
    DataError : the ink colour cannot be told (a blank picture included), or no ink of the given colour is found

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III.A (layout)
    """
    if image.size == (width, height) and image.mode != "F":
        ready = _as_it_is(np.asarray(image), dark_ink)
        if ready is not None:
            pixels, inverted = ready
            return pixels, ["inverted"] if inverted else []
    grey = _grey(image)
    notes: list[str] = []
    found = _find_ink(grey, dark_ink)
    if found is None:
        paper = _inside_of_paper(grey)
        found = None if paper is None else _find_ink(paper, dark_ink)
        if found is not None:
            notes.append("cropped to the paper")
    if found is None and dark_ink is None:
        raise DataError(f"{where}: cannot decide the ink colour; pass --invert or --no-invert")
    if found is None:
        ink_name = "dark ink on light" if dark_ink else "light ink on dark"
        raise DataError(
            f"{where}: no {ink_name} paper found; try the opposite of --invert or --no-invert, or another picture"
        )
    ink, dark = found
    if dark:
        notes.append("inverted")
    ink, dropped = _without_dirt(ink)
    if dropped:
        notes.append("frame or dirt removed")
    ink, thickened = _not_too_thin(_cropped(ink))
    if thickened:
        notes.append("thin strokes thickened")
    notes.append("cropped and centred")
    return _centred(ink, height, width), notes


def _quantile(values: npt.NDArray[Any], share: float) -> float:
    """What `share` of the values do not exceed, linear in between; np.percentile and np.median would import numpy.ma.

    >>> _quantile(np.array([4, 1, 2], np.uint8), 0.75)
    3.0
    """
    ordered = np.sort(values, axis=None)
    place = share * (len(ordered) - 1)
    low, high = float(ordered[int(place)]), float(ordered[math.ceil(place)])
    return low + (high - low) * (place - int(place))


def _grey(image: Image.Image) -> Floats:
    """Grey levels in [0, 255], float32 (H, W), at working size.

    Ink that differs from the paper more in colour than in luma (yellow on white) is taken from the channel
    that shows it best.
    """
    ratio = _WORKING_SIDE / max(image.size)
    if ratio < 1:
        size = (max(1, round(image.width * ratio)), max(1, round(image.height * ratio)))
        image = image.resize(size, Image.Resampling.BOX)
    if image.mode != "RGB":
        return np.array(image, np.float32)
    luma = np.array(image.convert("L"), np.float32)
    colours = np.array(image, np.float32)  # (H, W, 3)
    ranges = np.ptp(colours, axis=(0, 1))
    if np.ptp(luma) >= 0.5 * ranges.max():
        return luma
    return np.ascontiguousarray(colours[:, :, int(ranges.argmax())])


def _as_it_is(
    pixels: npt.NDArray[np.uint8], dark_ink: bool | None
) -> tuple[npt.NDArray[np.uint8], bool] | None:
    """The picture itself, uint8 (H, W) or (H, W, 3), if it is laid out as MNIST is: paper of 0 (or 255), ink in a
    box of 20/28, centred by mass."""
    if pixels.ndim == 3:
        if (pixels != pixels[:, :, :1]).any():
            return None
        pixels = np.ascontiguousarray(pixels[:, :, 0])
    height, width = pixels.shape
    border = pixels[_border(height, width)]
    dark = _quantile(border, 0.5) > 127 if dark_ink is None else dark_ink
    light = np.subtract(np.uint8(255), pixels) if dark else pixels
    if _quantile(light[_border(height, width)], 0.5) > 0 or light.max() < 128:
        return None
    rows, columns = np.nonzero(light.max(axis=1))[0], np.nonzero(light.max(axis=0))[0]
    tall, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
    box = (_box(height), _box(width))
    if tall > box[0] or wide > box[1] or (tall < box[0] - 2 and wide < box[1] - 2):
        return None
    top, left = _offsets(light.astype(np.float32), height, width)
    return (light, dark) if abs(top) <= 1 and abs(left) <= 1 else None


def _box(side: int) -> int:
    """Pixels of a side that the digit takes."""
    return max(1, round(side * _BOX_SHARE))


def _border(height: int, width: int) -> Mask:
    """The outermost 4 % on each side, at least one pixel."""
    thick = max(1, round(0.04 * min(height, width)))
    mask = np.ones((height, width), np.bool_)
    mask[thick:-thick, thick:-thick] = False
    return mask


def _find_ink(grey: Floats, dark_ink: bool | None) -> tuple[Floats, bool] | None:
    """(ink, is it dark?): ink is float32 (H, W), 0 paper to 1 full ink; None if none, or its sign is undecided."""
    paper, noise = _paper(grey)
    contrast = grey - paper
    threshold = max(_LOWEST_CONTRAST, _NOISE_FACTOR * noise)
    lighter = float((contrast - threshold).clip(0).sum())
    darker = float((-contrast - threshold).clip(0).sum())
    if dark_ink is None:
        if min(lighter, darker) >= _MOST_OF_OTHER_SIGN * max(lighter, darker):
            return None  # also where both are 0: blank
        dark = darker > lighter
    else:
        dark = dark_ink
    # Light falls on dark ink as on the paper around it: the share that ink swallows does not depend on the light.
    ink = 1 - grey / np.maximum(paper, 1) if dark else contrast / np.maximum(255 - paper, 1)
    floor = threshold / np.maximum(paper if dark else 255 - paper, 1)
    stands_out = ink > floor
    if not stands_out.any():
        return None
    full = _quantile(ink[stands_out], 0.9)
    ink = ink.clip(0, full) / full
    if noise > 1:
        ink = np.where(stands_out, ink, 0)
    strong = ink > 0.5
    if dark_ink is None and strong[_border(*grey.shape)].mean() > _MOST_INK_ON_BORDER:
        return None
    if dark_ink is None and _looks_like_paper(strong):
        return None
    return ink.astype(np.float32), dark


def _looks_like_paper(strong: Mask) -> bool:
    """Whether the "ink" is a filled area with little missing: a sheet on a table, not a digit on a sheet."""
    rows, columns = np.nonzero(strong)
    box = int(np.ptp(rows) + 1) * int(np.ptp(columns) + 1)
    return bool(strong.mean() > 0.3 and len(rows) / box > 0.65)


def _inside_of_paper(grey: Floats) -> Floats | None:
    """The inner part of the sheet, where the picture shows a sheet of paper on a table; else None."""
    paper, noise = _paper(grey)
    sheet = np.abs(grey - paper) > max(3 * _LOWEST_CONTRAST, _NOISE_FACTOR * noise)
    if not sheet.any() or not _looks_like_paper(sheet):
        return None
    rows, columns = np.nonzero(sheet)
    tall, wide = int(np.ptp(rows)), int(np.ptp(columns))
    top, left = (
        int(rows.min()) + tall // 12,
        int(columns.min()) + wide // 12,
    )  # a tilted sheet's edges stay out
    inner = grey[top : top + tall * 10 // 12, left : left + wide * 10 // 12]
    return inner if min(inner.shape) >= 8 and inner.size < grey.size * 0.9 else None


def _paper(grey: Floats) -> tuple[Floats, float]:
    """(the paper's grey at each pixel, standard deviation of the paper around it).

    A constant, a plane, a quadratic surface are fitted by least squares to the border, then to everything within a
    few deviations of the last fit, so that ink drops out.
    """
    sparse = max(1, min(grey.shape) // _FIT_SIDE)
    samples = grey[::sparse, ::sparse].astype(np.float64)
    basis = _quadratic(*samples.shape)
    border = _border(*samples.shape)
    everywhere = np.ones_like(border)
    surface = np.full(samples.shape, _quantile(samples[border], 0.5))
    noise = 0.0
    for terms, where in ((1, border), (3, border), (6, border), (6, everywhere), (6, everywhere)):
        residual = samples - surface
        spread = 1.4826 * _quantile(np.abs(residual[where]), 0.5)  # the deviation, for a normal distribution
        like_paper = where & (np.abs(residual) <= max(_LOWEST_CONTRAST, 2.5 * spread))
        if np.count_nonzero(like_paper) < 4 * terms:
            break
        rows, values = basis[like_paper][:, :terms], samples[like_paper]
        weights = np.linalg.lstsq(rows.T @ rows, rows.T @ values, rcond=None)[0]  # normal equations: 6x6
        low, high = values.min(), values.max()  # no wild extrapolation under the ink
        surface = (basis[:, :, :terms] @ weights).clip(low, high)
        noise = float(np.std(values - surface[like_paper]))
    else:
        return (_quadratic(*grey.shape) @ weights).clip(low, high).astype(np.float32), noise
    return np.full(grey.shape, _quantile(grey[_border(*grey.shape)], 0.5), np.float32), noise


def _quadratic(height: int, width: int) -> npt.NDArray[np.float64]:
    """1, x, y, x^2, xy, y^2 at each pixel, x and y from -1 to 1; (height, width, 6)."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _without_dirt(ink: Floats) -> tuple[Floats, bool]:
    """Drops specks, and frames and table edges that run along the picture's border beside the digit."""
    labels, count = label_parts(ink > _EDGE)
    if count <= 1:
        return ink, False
    mass = np.bincount(labels.reshape(-1), weights=ink.reshape(-1), minlength=count + 1)
    mass[0] = 0
    height, width = ink.shape
    along = np.zeros(count + 1)  # longest share of one side of the picture that the part touches
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        along = np.maximum(along, np.bincount(side, minlength=count + 1) / len(side))
    inside = along < 0.3
    inside[0] = False
    keep = mass > 0
    if mass[inside].sum() > 0.05 * mass.sum() and mass[inside].max() > 0.0005 * height * width:
        keep &= inside
    keep &= mass >= _SPECK * mass[keep].max()
    if keep[1:].all():
        return ink, False
    kept = Image.fromarray(keep[labels].astype(np.uint8) * 255)
    around = np.asarray(kept.filter(ImageFilter.MaxFilter(3))) > 0  # the soft edge of a kept part stays
    dropped = ~keep
    dropped[0] = False
    return np.where(around & ~dropped[labels], ink, 0).astype(np.float32), True


def _cropped(ink: Floats) -> Floats:
    """The box around the ink."""
    rows = np.nonzero((ink > _EDGE).any(axis=1))[0]
    columns = np.nonzero((ink > _EDGE).any(axis=0))[0]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _not_too_thin(ink: Floats) -> tuple[Floats, bool]:
    """Widens hairlines, which would fade to grey at 20x20, to the pens of MNIST.

    The stroke's width is twice its area over its outline's length.
    """
    side = max(ink.shape)
    mask = np.pad(ink > 0.5, 1)
    outline = np.count_nonzero(mask[1:] != mask[:-1]) + np.count_nonzero(mask[:, 1:] != mask[:, :-1])
    stroke = 2 * int(np.count_nonzero(mask)) / max(int(outline), 1)
    missing = _THINNEST * side - stroke
    if missing < 1:  # less than a pixel: nothing to gain, small pictures among them
        return ink, False
    reach = min(round(missing / 2) or 1, side)
    wide = Image.fromarray(np.pad(ink, reach))
    return np.asarray(wide.filter(ImageFilter.MaxFilter(2 * reach + 1)), np.float32), True


def _centred(ink: Floats, height: int, width: int) -> npt.NDArray[np.uint8]:
    """Fits the crop to the box and moves its centre of mass to the centre; uint8 (height, width)."""
    tall, wide = ink.shape
    ratio = min(_box(height) / tall, _box(width) / wide)
    size = (max(1, round(wide * ratio)), max(1, round(tall * ratio)))
    resized = Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC)
    fitted: Floats = np.asarray(resized, np.float32).clip(0, 1)
    fitted /= max(float(fitted.max()), 1e-6)
    top, left = _offsets(fitted, height, width)
    top, left = min(max(top, 0), height - size[1]), min(max(left, 0), width - size[0])
    pixels = np.zeros((height, width), np.uint8)
    pixels[top : top + size[1], left : left + size[0]] = (fitted * 255).round().astype(np.uint8)
    return pixels


def _offsets(ink: Floats, height: int, width: int) -> tuple[int, int]:
    """Where the top left corner goes so that the centre of mass is the centre of height x width."""
    total = float(ink.sum())
    row = float(ink.sum(axis=1) @ np.arange(ink.shape[0])) / total + 0.5
    column = float(ink.sum(axis=0) @ np.arange(ink.shape[1])) / total + 0.5
    return round(height / 2 - row), round(width / 2 - column)
