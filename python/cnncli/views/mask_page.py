"""A mask, the picture it is laid over, and what comes out, as a page."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from cnncli.array_types import Array
from cnncli.shown import shortened
from cnncli.views.masks import FORMS, Mask, as_picture
from cnncli.views.named_masks import MASKS
from cnncli.views.page import font
from cnncli.views.scales import Scale
from cnncli.views.tiles import Page, Panel, Pixels, picture_tile

_CELL = 44  # pixels of a number of the mask
_SIDES = {2: 467, 3: 308}  # of two or three pictures beside each other
_MOST_NUMBERS = 15  # rows or columns whose numbers are written into the cells
PAGE_SIDE = _SIDES[2]


@dataclass(frozen=True)
class Result:
    """What one form of a mask makes of a picture.

    values : float32, as `masks.correlated` gives them; pixels : uint8, as they are shown; words : how
    """

    form: str
    values: Array
    pixels: Array
    words: str


def results(pixels: Array, mask: Mask, forms: Sequence[str], border: str, way: str) -> list[Result]:
    """A result for each form."""
    found = []
    for form in forms:
        values = FORMS[form](pixels, mask, border)
        shown, words = as_picture(values, way)
        words = f"values from {values.min():.4g} to {values.max():.4g}; {words}"
        found.append(Result(form, values, shown, words))
    return found


def mask_page(name: str, words: str, pixels: Array, found: Sequence[Result], drawn: Mask | None) -> Page:
    """The picture and the results beside each other, and below them the mask, unless it is None.

    name : of the picture; words : what the mask does
    pixels : uint8 (H, W) or (H, W, 3)
    """
    tiles = [picture_tile(_rgb(pixels), "the picture", smooth=True)]
    tiles += [picture_tile(_rgb(one.pixels), one.form, smooth=True) for one in found]
    lines = [f"{one.form}: {one.words}" for one in found]
    panels = [Panel("", tiles, side=_SIDES[len(tiles)])]
    if drawn is not None:
        masks = [drawn if one.form != "convolution" else drawn[::-1, ::-1] for one in found]
        cells = [picture_tile(_cells(mask), f"for {one.form}") for mask, one in zip(masks, found, strict=True)]
        panels.append(Panel("the mask, as it lies over the pixels", cells, side=max(cells[0].pixels.shape[:2])))
    return Page(f"{words} over {name}", panels, lines)


def words_of(kernel: str, mask: Mask) -> str:
    """What the mask is, by its name or its size."""
    return kernel if kernel in MASKS else f"a mask of {mask.shape[0]}x{mask.shape[1]}"


def mask_lines(mask: Mask) -> list[str]:
    """The numbers in columns.

    >>> mask_lines(np.array([[0.0, -1.0, 0.5]]))
    ['    0   -1  0.5']
    """
    texts = [[f"{number:.3g}" for number in row] for row in mask.tolist()]
    wide = max(len(text) for row in texts for text in row)
    return ["  " + "  ".join(text.rjust(wide) for text in row) for row in texts]


def _rgb(pixels: Array) -> Pixels:
    return np.repeat(pixels[:, :, None], 3, axis=2) if pixels.ndim == 2 else pixels


def _cells(mask: Mask) -> Pixels:
    """The mask as cells in the colours of their numbers, which are written into them."""
    cell = _CELL if max(mask.shape) <= _MOST_NUMBERS else _CELL // 4
    colours = Scale.of(mask, signed=True).colours(mask)
    image = Image.fromarray(colours.repeat(cell, axis=0).repeat(cell, axis=1))
    draw = ImageDraw.Draw(image)
    if cell == _CELL:
        for row, column in np.ndindex(mask.shape):
            text = shortened(f"{mask[row, column]:.2g}", 6)
            dark = colours[row, column].astype(int).mean() < 128
            at = ((column + 0.5) * cell, (row + 0.5) * cell)
            draw.text(at, text, fill="white" if dark else "black", font=font(16)[0], anchor="mm")
    return np.asarray(image)
