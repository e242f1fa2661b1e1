"""A sheet of a data set's images, one row a class: as a PNG, or in the characters of a terminal."""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from cnncli.data import Split
from cnncli.shown import printable

MAX_ROWS = 64  # a sheet of more classes fits no page
_LABEL_LETTERS = 16
_RAMP = " .:-=+*#%@"  # from no ink to full ink, in plain text
_UPPER_HALF = "▀"
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
    factor = _enlargement(max(height, width))
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
            page.paste(_picture(image).resize(tile, method), (names_width + column * step_x, top))
    content = io.BytesIO()
    page.save(content, "PNG", optimize=True)
    return content.getvalue()


def fitting_columns(sheet: Sheet, width: int, side: int) -> int:
    """How many images of `side` characters fit beside the names in a terminal of `width` characters; at least one."""
    return max(1, (width - _names_width(sheet)) // (side + 1))


def coloured_lines(sheet: Sheet, side: int, true_colour: bool) -> list[str]:
    """Lines for a terminal with colours: half blocks, so that a character is two pixels, one above the other.

    side : characters that an image is wide, if it is no higher than wide
    true_colour : 24 bits a colour; else the 216 colours and 24 greys of most terminals
    """
    lines = []
    for name, images in sheet.rows:
        small = [_fitted(image, side) for image in images]  # (H, W, 3)
        for line in range(max((tile.shape[0] for tile in small), default=2) // 2):
            parts = [(name if line == 0 else "").ljust(_names_width(sheet))]
            for tile in small:
                last = ""
                for above, below in zip(tile[2 * line].tolist(), tile[2 * line + 1].tolist(), strict=True):
                    colours = _colours(above, below, true_colour)
                    parts.append((colours if colours != last else "") + _UPPER_HALF)
                    last = colours
                parts.append("\x1b[0m ")
            lines.append("".join(parts).rstrip())
        lines.append("")
    return lines[:-1]


def plain_lines(sheet: Sheet, side: int, light_is_ink: bool) -> list[str]:
    """Lines for paper, files and terminals without colours: the more ink, the denser the letter.

    light_is_ink : the images are light on dark
    """
    lines = []
    for name, images in sheet.rows:
        tiles = []
        for image in images:
            grey = _fitted(image, side).astype(np.float64).mean(axis=2)
            ink = grey if light_is_ink else 255 - grey
            tiles.append((ink[::2] + ink[1::2]) / 2)  # a letter is twice as high as wide
        for line in range(max((tile.shape[0] for tile in tiles), default=1)):
            text = (name if line == 0 else "").ljust(_names_width(sheet))
            for tile in tiles:
                levels = (tile[line] * len(_RAMP) / 256).astype(int)
                text += "".join(_RAMP[level] for level in levels) + " "
            lines.append(text.rstrip())
        lines.append("")
    return lines[:-1]


def _enlargement(side: int) -> float:
    least, most = _TILE_SIDES
    return most / side if side > most else float(-(-least // side))


def _short(name: str) -> str:
    name = printable(name)
    return name if len(name) <= _LABEL_LETTERS else name[: _LABEL_LETTERS - 2] + ".."


def _names_width(sheet: Sheet) -> int:
    return max(len(name) for name, _ in sheet.rows) + 1


def _image_size(sheet: Sheet) -> tuple[int, int]:
    height, width = sheet.rows[0][1].shape[2:]
    return height, width


def _picture(image: Pixels) -> Image.Image:
    """(C, H, W) as RGB; of other than 1 or 3 channels the first."""
    planes = image if len(image) == 3 else np.repeat(image[:1], 3, axis=0)
    return Image.fromarray(np.ascontiguousarray(planes.transpose(1, 2, 0)))


def _fitted(image: Pixels, side: int) -> Pixels:
    """(C, H, W) as RGB pixels (H', W', 3) with the larger side at most `side`, H' even."""
    height, width = image.shape[1:]
    factor = min(1.0, side / max(height, width))
    rows = max(2, 2 * round(height * factor / 2))
    size = (max(1, round(width * factor)), rows)
    return np.asarray(_picture(image).resize(size, Image.Resampling.LANCZOS))


def _colours(above: list[int], below: list[int], true_colour: bool) -> str:
    return f"\x1b[38;{_colour(above, true_colour)};48;{_colour(below, true_colour)}m"


def _colour(rgb: list[int], true_colour: bool) -> str:
    if true_colour:
        return f"2;{rgb[0]};{rgb[1]};{rgb[2]}"
    if max(rgb) - min(rgb) < 16:  # the ramp of greys is finer than the cube
        return f"5;{232 + sum(rgb) * 23 // 765}"
    red, green, blue = (round(value / 51) for value in rgb)
    return f"5;{16 + 36 * red + 6 * green + blue}"
