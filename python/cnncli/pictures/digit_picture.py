"""Finds the glyph, or several side by side, in a picture and lays each out as MNIST's digits are."""

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnncli.array_types import FloatArray
from cnncli.errors import DataError
from cnncli.pictures.segmentation import layout, parts
from cnncli.pictures.segmentation.cutout import ink_of_cutout
from cnncli.pictures.segmentation.frame import inside_of_frame, without_ring
from cnncli.pictures.segmentation.paper import LOWEST_CONTRAST, fitted_paper, local_paper, quantile, stroke_width
from cnncli.pictures.segmentation.rim import Mask, rim_mask
from cnncli.pictures.segmentation.rules import without_rules

# Pictures are worked on at this many pixels a side at most: 16 times the box of the digit. A digit that takes a
# tenth of the picture's side stays readable, and the work takes milliseconds.
_WORKING_SIDE = 320
_NOISE_FACTOR = 4.0  # ink stands out by this many standard deviations of the paper
_MOST_OF_OTHER_SIGN = 0.5  # ink is decided if the other sign has at most this share of its mass
_MOST_INK_ON_BORDER = 0.4  # a border with more ink than this is no border of paper
_CLEAN_BORDER = 0.03  # with more ink on the border the paper is no smooth surface, or has lines
_WIDEST_PEN = 0.2  # stroke width over the picture's smaller side; what is wider is light or shadow
_MUCH_INK = 0.08  # of the picture: with more, a shadow may be among it

BoxOfPicture = tuple[int, int, int, int]  # x, y, width, height in pixels of the picture


@dataclass(frozen=True)
class FoundDigit:
    """pixels : uint8 (height, width), ink towards 255; box : x, y, width, height in the picture's pixels"""

    pixels: npt.NDArray[np.uint8]
    box: BoxOfPicture
    notes: list[str]


@dataclass(frozen=True)
class _Ink:
    """Ink from 0 to 1; is it dark; what was done. Or why there is none: `reason` and nothing else."""

    ink: FloatArray | None
    dark: bool
    notes: tuple[str, ...] = ()
    reason: str = ""
    left: int = 0  # of the region looked at, in working pixels
    top: int = 0


def find_digit(
    image: Image.Image,
    where: str,
    *,
    dark_ink: bool | None = None,
    height: int = 28,
    width: int = 28,
    box: BoxOfPicture | None = None,
    refuse_several: bool = False,
) -> tuple[npt.NDArray[np.uint8], list[str]]:
    """Crops the digit, fits it to 20/28 of the size, and centres it by its mass: light ink on 0.

    The paper is a quadratic surface fitted to the picture's border and then to all that looks like it; where light
    falls in no such way, the picture with its strokes filled. Ink is what stands out of it, to the darker or the
    lighter side. Lines of ruled and squared paper and of form boxes are taken away. A picture of this size that is
    laid out so already comes through unchanged (or inverted exactly).

    Parameters
    ----------
    image : PIL image of mode "L", "RGB" or "F" ([0, 255]), any size
    where : the picture's name in messages
    dark_ink : True, False, or None: found out
    height, width : int >= 1, size of the result
    box : x, y, width, height of the part to look at, in pixels; None: all
    refuse_several : several glyphs side by side are an error; else they are taken for one

    Returns
    -------
    (pixels, notes) : uint8 (height, width), ink towards 255; what was done, for the user

    Raises
    ------
    DataError : no ink is found (a blank picture included), its colour cannot be told, or glyphs are several

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III.A (layout)
    """
    image = cut_out(image, where, box)
    if image.size == (width, height) and image.mode != "F":
        ready = layout.as_it_is(np.asarray(image), dark_ink)
        if ready is not None:
            pixels, inverted = ready
            return pixels, ["inverted"] if inverted else []
    found = _ink_or_error(_grey(image), where, dark_ink)
    assert found.ink is not None
    boxes = parts.glyph_boxes(found.ink) if refuse_several else []
    if len(boxes) > 1:
        raise DataError(f"{where}: {len(boxes)} digits side by side; read one with --box X,Y,W,H, or all with --all")
    pixels, more = _laid_out(found.ink, height, width)
    return pixels, [*found.notes, *more]


def find_digits(
    image: Image.Image,
    where: str,
    *,
    dark_ink: bool | None = None,
    height: int = 28,
    width: int = 28,
    whole_width: int | None = None,
) -> list[FoundDigit]:
    """Finds all glyphs of one line, from left to right, and lays each out as `find_digit` does.

    whole_width : pixels, of the picture of which `image` is a smaller form; boxes count these

    Raises
    ------
    DataError : as `find_digit`, but for several glyphs
    """
    grey = _grey(image)
    found = _ink_or_error(grey, where, dark_ink)
    assert found.ink is not None
    ratio = (whole_width or image.width) / grey.shape[1]
    digits = []
    for box in parts.glyph_boxes(found.ink):
        pixels, more = _laid_out(parts.only_within(found.ink, box), height, width)
        left, top = round((found.left + box.left) * ratio), round((found.top + box.top) * ratio)
        size = round((box.right - box.left) * ratio), round(box.height * ratio)
        digits.append(FoundDigit(pixels, (left, top, *size), [*found.notes, *more]))
    return digits


def find_ink(
    image: Image.Image, where: str, dark_ink: bool | None = None
) -> tuple[FloatArray, bool, BoxOfPicture]:
    """(ink, whether it is dark, the box around it): what `find_digit` crops.

    Ink is float32 (H, W), 0 paper to 1 full ink, the picture made smaller or a part of it; the box x, y, width and
    height in the picture's pixels. Raises DataError as `find_digit` does.
    """
    grey = _grey(image)
    found = _ink_or_error(grey, where, dark_ink)
    assert found.ink is not None
    ratio = image.width / grey.shape[1]
    rows, columns = (np.flatnonzero((found.ink > parts.EDGE).any(axis=axis)) for axis in (1, 0))
    left, top = (found.left + columns[0]) * ratio, (found.top + rows[0]) * ratio
    right, bottom = (found.left + columns[-1] + 1) * ratio, (found.top + rows[-1] + 1) * ratio
    return found.ink, found.dark, (round(left), round(top), round(right - left), round(bottom - top))


def cut_out(image: Image.Image, where: str, box: BoxOfPicture | None) -> Image.Image:
    """A part of the picture; all of it without a box. DataError if the box does not lie in it."""
    if box is None:
        return image
    x, y, wide, tall = box
    if x < 0 or y < 0 or wide < 1 or tall < 1 or x + wide > image.width or y + tall > image.height:
        raise DataError(
            f"{where}: box {x},{y},{wide},{tall} does not lie in its {image.width}x{image.height} pixels; "
            "give X,Y of the corner at the top left, then width and height"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow's limit, which is one for what is decoded
        try:
            return image.crop((x, y, x + wide, y + tall))
        except Image.DecompressionBombError:
            raise DataError(f"{where}: a box of {wide}x{tall} pixels is too large; leave it out") from None


def _ink_or_error(grey: FloatArray, where: str, dark_ink: bool | None) -> _Ink:
    """The ink without dirt and frames; DataError with one reason if there is none."""
    found = _inside_frame(grey, dark_ink) or _find_ink(grey, dark_ink)
    if found.ink is None:
        inner = _inside_of_paper(grey)
        if inner is not None:
            top, left, paper = inner
            again = _find_ink(paper, dark_ink)
            if again.ink is not None:
                found = _Ink(again.ink, again.dark, ("cropped to the paper", *again.notes), "", left, top)
    if found.ink is None and dark_ink is not None and _find_ink(grey, None).ink is not None:
        side = "darker" if dark_ink else "lighter"
        option = "--invert" if dark_ink else "--no-invert"
        raise DataError(f"{where}: no stroke is {side} than the paper; leave {option} out")
    if found.ink is None:
        raise DataError(f"{where}: {found.reason}")
    ink, dropped = parts.without_dirt(found.ink)
    ink, enclosed = without_ring(ink)
    notes = (*(["inverted"] if found.dark else []), *(["frame or dirt removed"] if dropped or enclosed else []))
    return _Ink(ink, found.dark, (*found.notes, *notes), "", found.left, found.top)


def _inside_frame(grey: FloatArray, dark_ink: bool | None) -> _Ink | None:
    """The ink inside of a frame at the picture's edge; None if there is no frame or nothing in it."""
    inner = inside_of_frame(grey)
    if inner is None:
        return None
    top, left, paper = inner
    found = _find_ink(np.ascontiguousarray(paper), dark_ink)
    if found.ink is None:
        return None
    return _Ink(found.ink, found.dark, ("frame removed", *found.notes), "", left, top)


def _laid_out(ink: FloatArray, height: int, width: int) -> tuple[npt.NDArray[np.uint8], list[str]]:
    ink, thickened = layout.not_too_thin(layout.cropped(ink))
    notes = ["thin strokes thickened"] if thickened else []
    return layout.centred(ink, height, width), [*notes, "cropped and centred"]


def _grey(image: Image.Image) -> FloatArray:
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


def _find_ink(grey: FloatArray, dark_ink: bool | None) -> _Ink:
    """Ink, float32 (H, W), 0 paper to 1 full ink; or the reason why none is found or its sign is undecided."""
    cutout = ink_of_cutout(grey, dark_ink)
    if cutout is not None:
        return _Ink(*cutout)
    paper, noise = fitted_paper(grey)
    contrast = grey - paper
    threshold = max(LOWEST_CONTRAST, _NOISE_FACTOR * noise)
    lighter = float((contrast - threshold).clip(0).sum())
    darker = float((-contrast - threshold).clip(0).sum())
    undecided = min(lighter, darker) >= _MOST_OF_OTHER_SIGN * max(lighter, darker)
    dark = darker >= lighter if dark_ink is None else dark_ink
    ink, floor = _share(grey, paper, noise, dark)
    stands_out = ink > floor
    rim = rim_mask(*grey.shape)
    # A vignette: the border is dark, and the lit middle of the page looks like light ink.
    undecided = undecided or (not dark and stroke_width(stands_out) > _WIDEST_PEN * min(grey.shape))
    if undecided or stands_out[rim].mean() > _CLEAN_BORDER or stands_out.mean() > _MUCH_INK:
        ink, floor, dark, undecided = _by_local_paper(grey, dark_ink, dark, undecided)
    ink, lines = without_rules(ink, floor)
    stands_out = ink > floor
    if not stands_out.any():
        return _Ink(None, dark, reason=_nothing_stands_out(lines))
    if dark_ink is None and undecided:
        return _Ink(
            None,
            dark,
            reason="has strokes both darker and lighter than its paper; pass --invert to read the dark ones, "
            "--no-invert to read the light ones",
        )
    full = quantile(ink[stands_out], 0.9)
    ink = (ink.clip(0, full) / full).astype(np.float32)
    if noise > 1:
        ink[~stands_out] = 0
    strong = ink > 0.5
    if dark_ink is None and (strong[rim].mean() > _MOST_INK_ON_BORDER or _looks_like_paper(strong)):
        return _Ink(
            None, dark, reason="ink covers nearly all of it or its border; leave a margin of paper around the digit"
        )
    return _Ink(ink, dark, (f"{lines} lines of the paper removed",) if lines else ())


def _nothing_stands_out(lines: int) -> str:
    if lines:
        return (
            "lines of paper or a box, and no stroke darker than them; crop to the digit, or pass --box X,Y,W,H"
        )
    return "blank: nothing stands out of the paper; take a picture with a darker pen or more light"


def _share(grey: FloatArray, paper: FloatArray, noise: float, dark: bool) -> tuple[FloatArray, float]:
    """(ink, how much of it stands out of the noise).

    Light falls on dark ink as on the paper around it: the share that ink swallows does not depend on the light.
    """
    threshold = max(LOWEST_CONTRAST, _NOISE_FACTOR * noise)
    if dark:
        ink: FloatArray = (1 - grey / np.maximum(paper, 1)).astype(np.float32)
        return ink, threshold / max(quantile(paper, 0.5), 1)
    room = np.maximum(255 - paper, 1)
    ink = ((grey - paper) / room).astype(np.float32)
    return ink, threshold / quantile(room, 0.5)


def _by_local_paper(
    grey: FloatArray, dark_ink: bool | None, dark: bool, undecided: bool
) -> tuple[FloatArray, float, bool, bool]:
    """(ink, floor, dark, undecided) against the picture with its strokes filled."""
    signs = [dark, not dark] if dark_ink is None and undecided else [dark]
    found = []
    for sign in signs:
        paper, noise = local_paper(grey, sign)
        ink, floor = _share(grey, paper, noise, sign)
        found.append((float((ink - floor).clip(0).sum()), ink, floor, sign))
    found.sort(key=lambda one: -one[0])
    clear = len(found) == 1 or found[1][0] < _MOST_OF_OTHER_SIGN * found[0][0]
    _, ink, floor, sign = found[0]
    return ink, floor, sign, undecided and not clear


def _looks_like_paper(strong: Mask) -> bool:
    """Whether the "ink" is a filled area with little missing: a sheet on a table, not a digit on a sheet."""
    rows, columns = np.nonzero(strong)
    if not len(rows):
        return False
    box = int(np.ptp(rows) + 1) * int(np.ptp(columns) + 1)
    return bool(strong.mean() > 0.3 and len(rows) / box > 0.65)


def _inside_of_paper(grey: FloatArray) -> tuple[int, int, FloatArray] | None:
    """(top, left, the inner part of the sheet), where the picture shows a sheet of paper on a table; else None."""
    paper, noise = fitted_paper(grey)
    sheet = np.abs(grey - paper) > max(3 * LOWEST_CONTRAST, _NOISE_FACTOR * noise)
    if not _looks_like_paper(sheet):
        return None
    rows, columns = np.nonzero(sheet)
    tall, wide = int(np.ptp(rows)), int(np.ptp(columns))
    # a tilted sheet's edges stay out
    top, left = int(rows.min()) + tall // 12, int(columns.min()) + wide // 12
    inner = grey[top : top + tall * 10 // 12, left : left + wide * 10 // 12]
    return (top, left, inner) if min(inner.shape) >= 8 else None
