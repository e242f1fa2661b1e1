"""A page of tiles as a PNG: titles, rows of tiles with labels, scales."""

import io
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cnncli.shown import printable
from cnncli.views.scales import Scale
from cnncli.views.tiles import Page, Panel, Tile

WIDTH = 1000
MARGIN = 28
_GAP = 10  # between tiles
TITLE, HEADING, LABEL = 26, 18, 14  # pixels of letters
_BAR = (150, 12)  # of a scale
MARK = (235, 110, 20)  # of frames: orange, which differs from black, white and the blues and reds of the scales
INK, FAINT, PAPER, EDGE = (24, 24, 27), (99, 99, 108), (255, 255, 255), (212, 212, 218)
_OTHER_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "arial.ttf")

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Point = tuple[int, int]


def page_png(page: Page) -> bytes:
    """The page as a PNG, 1000 pixels wide and as high as it needs."""
    return png(page_image(page))


def png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG", optimize=True)
    return content.getvalue()


def page_image(page: Page) -> Image.Image:
    """The page as an RGB image."""
    heads = [(page.title, TITLE, INK), *((line, HEADING, FAINT) for line in page.lines)]
    laid = [_laid_out(panel) for panel in page.panels]
    height = 2 * MARGIN + sum(size + 10 for _, size, _ in heads) + sum(panel.height for panel in laid)
    image = Image.new("RGB", (WIDTH, height - _GAP), PAPER)
    draw = ImageDraw.Draw(image)
    top = MARGIN
    for text, size, colour in heads:
        write(draw, (MARGIN, top), text, size, colour, WIDTH - 2 * MARGIN)
        top += size + 10
    for panel in laid:
        panel.draw(image, draw, top)
        top += panel.height
    return image


def write(
    draw: ImageDraw.ImageDraw, at: Point, text: str, size: int, colour: tuple[int, int, int], width: int
) -> int:
    """Draws text, cut to `width` pixels; returns where it ends. Letters that no font has become `?`."""
    text = printable(text)
    face, text = font(size, text)
    if face.getlength(text) > width:
        while text and face.getlength(text + "...") > width:
            text = text[:-1]
        text += "..."
    draw.text(at, text, fill=colour, font=face)
    return at[0] + round(face.getlength(text))


def font(size: int, text: str = "") -> tuple[Font, str]:
    """A font of so many pixels that has the letters of `text`, and the text as it can be drawn.

    Pillow's own font is the same everywhere, and has the letters of ASCII.
    """
    if text.isascii():
        return _face("", size) or ImageFont.load_default(size), text
    for name in _OTHER_FONTS:
        if (face := _face(name, size)) is not None:
            return face, text
    return ImageFont.load_default(size), text.encode("ascii", "replace").decode()


@lru_cache(maxsize=64)
def _face(name: str, size: int) -> Font | None:
    try:
        return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    except OSError:
        return None


@dataclass(frozen=True)
class _LaidOut:
    """A panel whose tiles have their size and their row."""

    panel: Panel
    rows: list[list[tuple[Tile, Image.Image]]]

    @property
    def height(self) -> int:
        return self._head + sum(self._row_height(row) for row in self.rows)

    @property
    def _head(self) -> int:
        return 14 + (HEADING + 10 if self.panel.title or self.panel.note else 0)

    @staticmethod
    def _row_height(row: list[tuple[Tile, Image.Image]]) -> int:
        tall = max(picture.height for _, picture in row)
        lines = max(len(tile.label.splitlines()) for tile, _ in row)
        return tall + _GAP + (lines * (LABEL + 4) + 2 if lines else 0)

    def draw(self, image: Image.Image, draw: ImageDraw.ImageDraw, top: int) -> None:
        panel, right = self.panel, WIDTH - MARGIN
        if panel.scale is not None:
            long = _length(panel.title) + (12 + _length(panel.note) if panel.note else 0)
            right = draw_scale(image, draw, panel.scale, (right, top + 14), right - MARGIN - long - 20) - 20
        end = write(draw, (MARGIN, top + 14), panel.title, HEADING, INK, right - MARGIN)
        if panel.note and end + 40 < right:
            write(draw, (end + 12, top + 14), panel.note, HEADING, FAINT, right - end - 12)
        top += self._head
        for row in self.rows:
            left, tall = MARGIN, max(picture.height for _, picture in row)
            for tile, picture in row:
                image.paste(picture, (left, top))
                draw.rectangle((left - 1, top - 1, left + picture.width, top + picture.height), outline=EDGE)
                room = picture.width + _GAP - 4 if len(row) > 1 else WIDTH - 2 * MARGIN
                for line, words in enumerate(tile.label.splitlines()):
                    write(draw, (left, top + tall + 4 + line * (LABEL + 4)), words, LABEL, FAINT, room)
                left += picture.width + _GAP
            top += self._row_height(row)


def _laid_out(panel: Panel) -> _LaidOut:
    rows: list[list[tuple[Tile, Image.Image]]] = []
    left = WIDTH
    for tile in panel.tiles:
        picture = scaled(tile, panel.side)
        if left + picture.width > WIDTH - MARGIN:
            rows.append([])
            left = MARGIN
        rows[-1].append((tile, picture))
        left += picture.width + _GAP
    return _LaidOut(panel, rows)


def scaled(tile: Tile, side: int) -> Image.Image:
    """A tile as a picture whose longer side is `side` pixels, or nearly: numbers are enlarged in whole steps."""
    height, width = tile.pixels.shape[:2]
    picture, factor = Image.fromarray(tile.pixels), side / max(height, width)
    if tile.smooth or factor < 1:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        return picture.resize(size, Image.Resampling.BICUBIC if factor > 1 else Image.Resampling.LANCZOS)
    steps = max(1, round(factor))
    return picture.resize((width * steps, height * steps), Image.Resampling.NEAREST)


def _length(text: str) -> int:
    """Pixels of a heading."""
    face, text = font(HEADING, printable(text))
    return math.ceil(face.getlength(text))


def draw_scale(
    image: Image.Image, draw: ImageDraw.ImageDraw, scale: Scale, right_top: Point, room: int = WIDTH
) -> int:
    """Draws `low [colours] high` to end at `right_top`; returns where it begins.

    room : pixels that words beside it leave; the colours give way, down to a third of their length
    """
    right, top = right_top
    wide, tall = _BAR
    high, low = f"{scale.high:.3g}", f"{scale.low:.3g}"
    face, _ = font(LABEL)
    numbers = math.ceil(face.getlength(high) + face.getlength(low)) + 16
    wide = max(wide // 3, min(wide, room - numbers))
    left = right - round(face.getlength(high)) - 8 - wide
    draw.text((right, top + 10), high, fill=FAINT, font=face, anchor="rm")
    ramp = scale.colours(np.linspace(scale.low, scale.high, wide))
    bar = Image.fromarray(np.repeat(ramp[None], tall, axis=0))
    image.paste(bar, (left, top + 10 - tall // 2))
    draw.rectangle((left - 1, top + 9 - tall // 2, left + wide, top + 10 + tall - tall // 2), outline=EDGE)
    draw.text((left - 8, top + 10), low, fill=FAINT, font=face, anchor="rm")
    return left - 8 - round(face.getlength(low))
