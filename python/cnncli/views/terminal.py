"""Pictures in the characters of a terminal: half blocks where it has colours, else letters of more or less ink."""

from collections.abc import Callable, Sequence
from enum import Enum
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # `cnn predict` draws with this and should not wait for NumPy's fellows
    import numpy as np
    import numpy.typing as npt

    from cnncli.views.tiles import Page, Panel, Tile

_RAMP = " .:-=+*#%@"  # from no ink to full ink, in plain text
_UPPER_HALF = "▀"
_GAP = 2  # characters between tiles
_SMALL = 12  # characters that small tiles are enlarged to, in whole steps
_MOST_LABEL_LINES = 3
_FEW, _SMALL_OF_FEW = 3, 28
_BESIDE = 8  # tiles that are to stand beside each other, if they can be that small
_LEAST, _SMALLEST = 8, 4
_HIGH = 40  # pixels, two a line, of a tile alone


class Ink(Enum):
    """What a terminal can do: 24 bits a colour, the 216 colours and 24 greys of most, or letters alone."""

    TRUE = "true"
    OF_256 = "256"
    LETTERS = "letters"


def half_blocks(rows: Sequence[Sequence[Sequence[int]]], ink: Ink) -> list[str]:
    """Lines of a picture, an even number of rows of RGB pixels: a character is two pixels, one above the other."""
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        parts, last = [], ""
        for above, below in zip(upper, lower, strict=True):
            colours = f"\x1b[38;{colour_code(above, ink)};48;{colour_code(below, ink)}m"
            parts.append((colours if colours != last else "") + _UPPER_HALF)
            last = colours
        lines.append("".join(parts) + "\x1b[0m")
    return lines


def colour_code(rgb: Sequence[int], ink: Ink) -> str:
    """What follows `38;` or `48;` in the sequence that sets a colour."""
    if ink is Ink.TRUE:
        return f"2;{rgb[0]};{rgb[1]};{rgb[2]}"
    if max(rgb) - min(rgb) < 16:  # the ramp of greys is finer than the cube
        return f"5;{232 + sum(rgb) * 23 // 765}"
    # The levels of the cube are 0, 95, 135, 175, 215 and 255.
    red, green, blue = (0 if value < 48 else 1 if value < 115 else (value - 35) // 40 for value in rgb)
    return f"5;{16 + 36 * red + 6 * green + blue}"


def letters(levels: "npt.NDArray[np.float64]") -> list[str]:
    """Lines of a picture, (H, W) with H even, from 0 to 1: the more, the denser; a letter is two values high."""
    paired = (levels[::2] + levels[1::2]) / 2
    places = (paired.clip(0, 1) * (len(_RAMP) * 255 / 256)).astype(int)
    return ["".join(_RAMP[place] for place in row) for row in places]


def signed_digits(levels: "npt.NDArray[np.float64]") -> list[str]:
    """Lines of numbers from -1 to 1 as tenths, two characters each: `+3`, `-9`, ` .` for what rounds to 0.

    >>> import numpy as np
    >>> signed_digits(np.array([[0.31, -0.04, -1.0]]))
    ['+3 .-9']
    """
    tenths = (levels * 10).round().astype(int).clip(-9, 9)
    return ["".join(f"{place:+d}" if place else " ." for place in row) for row in tenths.tolist()]


def page_lines(page: "Page", width: int, ink: Ink, faint: Callable[[str], str] = str, rows: int = 1) -> list[str]:
    """A page as lines of at most `width` characters.

    faint : styles what matters less
    rows : of tiles that a panel has at most; what is left out is told
    """
    told = (_cut(part, width) for line in page.lines for part in _broken(line, width))
    lines = [_cut(page.title, width), *map(faint, told)]
    for panel in page.panels:
        lines += [*([""] if panel.title else []), *panel_lines(panel, width, ink, faint, rows)]
    return lines


def panel_lines(
    panel: "Panel", width: int, ink: Ink, faint: Callable[[str], str] = str, rows: int = 1
) -> list[str]:
    """A panel's title, and its tiles beside each other with their labels, in at most `rows` rows."""
    side = _side(panel.tiles, width)
    if panel.tiles and panel.tiles[0].pixels.shape[:2] == (1, 1):  # numbers with a name each, such as those of classes
        rows = len(panel.tiles)
    drawn = [tile_lines(tile, side, ink) for tile in panel.tiles[: rows * (width // (1 + _GAP) + 1)]]
    wide = max((cells for _, cells in drawn), default=1)
    columns = max(1, (width + _GAP) // (wide + _GAP))
    shown = min(len(panel.tiles), rows * columns)
    parts = [panel.note] if panel.note else []
    if panel.scale is not None:
        parts.append(f"{panel.scale.low:.3g} to {panel.scale.high:.3g}")
    if shown < len(panel.tiles):
        parts.append(f"{shown} of {len(panel.tiles)} shown")
    note = ", ".join(parts)
    lines = [_cut(panel.title, width)] if panel.title else []
    if note and len(panel.title) + len(note) + 2 <= width:
        lines = [f"{panel.title}  {faint(note)}"]
    elif note:
        lines.append(faint(_cut(note, width)))
    for start in range(0, shown, columns):
        end = min(start + columns, shown)
        lines += _row(drawn[start:end], wide)
        lines += map(faint, _labels([tile.label for tile in panel.tiles[start:end]], wide))
    return lines


def tile_lines(tile: "Tile", side: int, ink: Ink) -> tuple[list[str], int]:
    """The lines of a tile, and how many characters they are wide; its longer side takes at most `side`."""
    from cnncli.views.tiles import sized  # here: half blocks alone need no NumPy

    if ink is Ink.LETTERS and tile.signed:
        levels = sized(tile.levels, side // 2 or 1)
        return signed_digits(levels), 2 * levels.shape[1]
    if ink is Ink.LETTERS:
        levels = sized(tile.levels, side, even=True)
        return letters(levels), levels.shape[1]
    pixels = sized(tile.pixels if tile.small is None else tile.small, side, even=True)
    return half_blocks(pixels.tolist(), ink), pixels.shape[1]


def _row(drawn: list[tuple[list[str], int]], wide: int) -> list[str]:
    lines = []
    for line in range(max(len(tile) for tile, _ in drawn)):
        parts = [
            tile[line] + " " * (wide - cells) if line < len(tile) else " " * wide for tile, cells in drawn
        ]
        lines.append((" " * _GAP).join(parts).rstrip())
    return lines


def _labels(labels: Sequence[str], wide: int) -> list[str]:
    """Labels beside each other, each broken into lines of at most `wide` characters; none if all are empty.

    >>> _labels(["light and dark swapped", "as is"], 14)
    ['light and dark  as is', 'swapped']
    """
    broken = [_broken(label, wide)[:_MOST_LABEL_LINES] for label in labels]
    return [
        (" " * _GAP).join(_cut(part, wide).ljust(wide) for part in parts).rstrip()
        for parts in zip_longest(*broken, fillvalue="")
    ]


def _broken(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` characters where words allow it; a number stays with its unit."""
    lines = wrap(text.replace(" %", "\0%"), width, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]


def _side(tiles: "Sequence[Tile]", width: int) -> int:
    """Characters that the longer side of a tile may take: so many that up to eight stand beside each other."""
    beside = min(len(tiles), _BESIDE) or 1
    largest = max((max(tile.levels.shape) for tile in tiles), default=2)
    if largest == 1:
        return max(_SMALLEST, min(_LEAST, max(len(tile.label) for tile in tiles)))
    small = _SMALL if beside > _FEW else _SMALL_OF_FEW
    wanted = max(largest, small // largest * largest)
    if len(tiles) == 1:
        wanted = min(wanted, _HIGH * largest // min(largest, tiles[0].levels.shape[0]))
    return max(1, min(wanted, width, max((width + _GAP) // beside - _GAP, _LEAST)))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 2)] + ".."
