"""A flat page as a picture that shows what was taken of it and what was not, and why."""

import io
from collections import Counter

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cnncli.forms.cells import Cell
from cnncli.forms.layout import CELL
from cnncli.forms.photograph import Photograph

_SCALE = 4  # pixels a mm
_TAKEN, _REFUSED = (0, 110, 200), (215, 85, 0)  # blue and orange, which colour-blind people tell apart
_HEAD = 13  # mm above the page, for the legend
_TEXT = 2.6  # mm


def shown_page(photograph: Photograph) -> bytes:
    """The page, flat and in even light, as a PNG: blue frames around cells that are taken, orange around others."""
    flat = photograph.flat
    white = (255 * flat.pixels / np.maximum(flat.light, 1)).clip(0, 255).astype(np.uint8)
    size = (round(flat.paper.width * _SCALE), round(flat.paper.height * _SCALE))
    page = Image.fromarray(white).resize(size, Image.Resampling.BOX)
    image = Image.new("RGB", (size[0], size[1] + _HEAD * _SCALE), "white")
    image.paste(page, (0, _HEAD * _SCALE))
    draw = ImageDraw.Draw(image)
    _legend(draw, photograph)
    for cell in photograph.cells:
        box = flat.paper.cell(cell.row, cell.column)
        left, top = box.x * _SCALE, (box.y + _HEAD) * _SCALE
        right, bottom = left + CELL * _SCALE, top + CELL * _SCALE
        colour = _TAKEN if cell.reason is None else _REFUSED
        draw.rectangle((left - 3, top - 3, right + 3, bottom + 3), outline=colour, width=3)
        if cell.reason is not None:
            _tag(draw, left, bottom, short_reason(cell.reason))
    content = io.BytesIO()
    image.quantize(128, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(content, "PNG", optimize=True)
    return content.getvalue()


def short_reason(reason: str) -> str:
    """The first words of a reason: what it is counted by.

    >>> short_reason("blurred over 1.2 mm; 0.85 mm is the most"), short_reason("crossed out")
    ('blurred', 'crossed out')
    """
    known = ("empty", "crossed out", "blurred", "covered", "runs out")
    return next((one for one in known if reason.startswith(one.split()[0])), reason)


def reasons_of(cells: list[Cell]) -> Counter[str]:
    """How many cells were refused for what."""
    return Counter(short_reason(cell.reason) for cell in cells if cell.reason is not None)


def _tag(draw: ImageDraw.ImageDraw, left: float, bottom: float, text: str) -> None:
    """The reason at the foot of the cell, light on orange."""
    font = ImageFont.load_default(_TEXT * _SCALE)
    wide, tall = font.getlength(text) + 8, 1.35 * _TEXT * _SCALE
    draw.rectangle((left - 3, bottom + 3 - tall, left - 3 + wide, bottom + 3), fill=_REFUSED)
    draw.text((left + 1, bottom + 3 - tall / 2), text, fill="white", font=font, anchor="lm")


def _legend(draw: ImageDraw.ImageDraw, photograph: Photograph) -> None:
    taken, whole = len(photograph.accepted), len(photograph.cells)
    left, middle = 9.0 * _SCALE, _HEAD * _SCALE / 2 + 4
    font = ImageFont.load_default(3.4 * _SCALE)
    reasons = ", ".join(f"{count} {reason}" for reason, count in reasons_of(photograph.cells).most_common())
    texts = [(_TAKEN, f"{taken} of {whole} cells taken")]
    if taken < whole:
        texts.append((_REFUSED, f"left aside: {reasons}"))
    for colour, text in texts:
        draw.rectangle((left, middle - 8, left + 16, middle + 8), outline=colour, width=3)
        draw.text((left + 24, middle), text, fill=(30, 30, 30), font=font, anchor="lm")
        left += 24 + font.getlength(text) + 28
