"""A page of a form as a picture."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from cnncli.forms.drawing import Disc, Frame, Rect, Text, shapes
from cnncli.forms.form_page import FormPage

PNG_DPI = 300
_MM_PER_INCH = 25.4
_FINER = 2  # drawn so many times larger, then averaged: edges fall between pixels
_SMALLEST = 1.2  # mm, of letters that are made smaller to fit


def page_image(page: FormPage, per_mm: float) -> Image.Image:
    """The page in grey, mode "L", at so many pixels a mm."""
    scale = per_mm * _FINER
    size = (round(page.paper.width * per_mm), round(page.paper.height * per_mm))
    image = Image.new("L", (size[0] * _FINER, size[1] * _FINER), 255)
    draw = ImageDraw.Draw(image)
    for shape in shapes(page):
        grey = round(255 * (1 - shape.ink))
        match shape:
            case Rect():
                x, y, width, height = shape.box
                _fill(draw, scale, x, y, x + width, y + height, grey)
            case Frame():
                x, y, width, height = shape.box
                line = shape.line
                right, bottom = x + width, y + height
                _fill(draw, scale, x - line, y - line, right + line, y, grey)
                _fill(draw, scale, x - line, bottom, right + line, bottom + line, grey)
                _fill(draw, scale, x - line, y, x, bottom, grey)
                _fill(draw, scale, right, y, right + line, bottom, grey)
            case Disc():
                x, y, radius = (value * scale for value in (shape.x, shape.y, shape.radius))
                draw.ellipse((x - radius, y - radius, x + radius - 1, y + radius - 1), fill=grey)
            case Text():
                _write(draw, scale, shape, grey)
    return image.reduce(_FINER)


def _fill(
    draw: ImageDraw.ImageDraw, scale: float, left: float, top: float, right: float, bottom: float, grey: int
) -> None:
    low = (round(left * scale), round(top * scale))
    high = (max(low[0] + 1, round(right * scale)), max(low[1] + 1, round(bottom * scale)))
    draw.rectangle((*low, high[0] - 1, high[1] - 1), fill=grey)


def _write(draw: ImageDraw.ImageDraw, scale: float, text: Text, grey: int) -> None:
    size, words = text.size, text.text
    font = ImageFont.load_default(size * scale)
    wide = font.getlength(words) / scale
    if wide > text.most:
        size = max(_SMALLEST, size * text.most / wide)
        font = ImageFont.load_default(size * scale)
    while len(words) > 1 and font.getlength(words) > text.most * scale:
        words = words[:-1]
    draw.text((text.x * scale, text.y * scale), words, fill=grey, font=font, anchor="ls")


def page_png(page: FormPage) -> bytes:
    """The page as a PNG that knows its size: 300 dots an inch."""
    image = page_image(page, PNG_DPI / _MM_PER_INCH)
    pixels: npt.NDArray[np.uint8] = np.asarray(image) // 17 * 17  # 16 greys: a third of the file
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", optimize=True, dpi=(PNG_DPI, PNG_DPI))
    return content.getvalue()
