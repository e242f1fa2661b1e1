"""A sheet of a data set's images, one row a class: as a PNG, or in the characters of a terminal."""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from cnncli.cli.streams import fitted
from cnncli.data import Split
from cnncli.shown import printable
from cnncli.views.terminal import Ink, half_blocks, letters
from cnncli.views.tiles import as_rgb, enlargement

MAX_ROWS = 64  # a sheet of more classes fits no page
_LABEL_LETTERS = 16
_TILE_SIDES = (48, 112)  # of the larger side of an image on a PNG, in pixels: enlarged from, made smaller to
_MARGIN = 4
_FONT_PIXELS = 14

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Sheet:
    """Images to show.

    rows : for each class its name and its images, uint8 (up to `columns`, C, H, W); a class may have none
    columns : images in a full row
    left_out : classes beyond MAX_ROWS
    """

    rows: list[tuple[str, Pixels]]
    columns: int
    left_out: int


def make_sheet(split: Split, class_names: list[str], columns: int, seed: int | None = None) -> Sheet:
    """Takes `columns` images of each class: the first ones, or with a seed any."""
    generator = None if seed is None else np.random.default_rng(seed)
    rows = []
    for label, name in enumerate(class_names[:MAX_ROWS]):
        places = np.flatnonzero(split.labels == label)
        if generator is not None:
            places = generator.permutation(places)
        rows.append((_short(name), split.images[places[:columns]]))
    return Sheet(rows, columns, max(0, len(class_names) - MAX_ROWS))


def sheet_png(sheet: Sheet) -> bytes:
    """The sheet as a PNG: names in black on white, images as they are, small ones enlarged in whole steps."""
    font = ImageFont.load_default(_FONT_PIXELS)
    height, width = _image_size(sheet)
    factor = enlargement(max(height, width), *_TILE_SIDES)
    tile = (max(1, round(width * factor)), max(1, round(height * factor)))
    method = Image.Resampling.NEAREST if factor >= 1 else Image.Resampling.BOX
    names_width = max(round(font.getlength(name)) for name, _ in sheet.rows) + 2 * _MARGIN
    step_x, step_y = tile[0] + _MARGIN, max(tile[1], _FONT_PIXELS) + _MARGIN
    page = Image.new("RGB", (names_width + sheet.columns * step_x, len(sheet.rows) * step_y + _MARGIN), "white")
    draw = ImageDraw.Draw(page)
    for row, (name, images) in enumerate(sheet.rows):
        top = _MARGIN + row * step_y
        draw.text((_MARGIN, top + (step_y - _MARGIN) // 2), name, fill="black", font=font, anchor="lm")
        for column, image in enumerate(images):
            page.paste(Image.fromarray(as_rgb(image)).resize(tile, method), (names_width + column * step_x, top))
    content = io.BytesIO()
    page.save(content, "PNG", optimize=True)
    return content.getvalue()


def fitting_columns(sheet: Sheet, width: int, side: int) -> int:
    """How many images of `side` characters fit beside the names in a terminal of `width` characters; at least one."""
    return max(1, (width - _names_width(sheet)) // (side + 1))


def coloured_lines(sheet: Sheet, side: int, ink: Ink) -> list[str]:
    """Lines for a terminal with colours: half blocks, so that a character is two pixels, one above the other.

    side : characters that an image is wide, if it is no higher than wide
    """
    tiles = [[half_blocks(_fitted(image, side).tolist(), ink) for image in images] for _, images in sheet.rows]
    return _beside_names(sheet, tiles)


def plain_lines(sheet: Sheet, side: int, light_is_ink: bool) -> list[str]:
    """Lines for paper, files and terminals without colours: the more ink, the denser the letter.

    light_is_ink : the images are light on dark
    """
    tiles = []
    for _, images in sheet.rows:
        grey = [_fitted(image, side).mean(axis=2) / 255 for image in images]
        tiles.append([letters(level if light_is_ink else 1 - level) for level in grey])
    return _beside_names(sheet, tiles)


def _beside_names(sheet: Sheet, tiles: list[list[list[str]]]) -> list[str]:
    """The lines of the images of each class behind its name."""
    lines = []
    for (name, _), drawn in zip(sheet.rows, tiles, strict=True):
        for line in range(max((len(tile) for tile in drawn), default=1)):
            text = (fitted(name) if line == 0 else "").ljust(_names_width(sheet))
            lines.append((text + " ".join(tile[line] for tile in drawn)).rstrip())
        lines.append("")
    return lines[:-1]


def _short(name: str) -> str:
    name = printable(name)
    return name if len(name) <= _LABEL_LETTERS else name[: _LABEL_LETTERS - 2] + ".."


def _names_width(sheet: Sheet) -> int:
    return max(len(fitted(name)) for name, _ in sheet.rows) + 1


def _image_size(sheet: Sheet) -> tuple[int, int]:
    height, width = sheet.rows[0][1].shape[2:]
    return height, width


def _fitted(image: Pixels, side: int) -> Pixels:
    """(C, H, W) as RGB pixels (H', W', 3) with the larger side at most `side`, H' even."""
    height, width = image.shape[1:]
    factor = min(1.0, side / max(height, width))
    rows = max(2, 2 * round(height * factor / 2))
    size = (max(1, round(width * factor)), rows)
    return np.asarray(Image.fromarray(as_rgb(image)).resize(size, Image.Resampling.LANCZOS))
