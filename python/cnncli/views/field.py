"""What a unit sees, marked on a picture and on the maps between."""

from collections.abc import Sequence

import numpy as np

from cnncli.array_types import Array
from cnncli.network.seen import Region, SeenPart
from cnncli.shown import format_shape
from cnncli.views.page import FAINT, MARK
from cnncli.views.tiles import Page, Panel, Pixels, Tile, as_rgb, picture_tile

_SIDE = 448  # pixels of the picture, about
_MAP_SIDE = 128  # of a map, about: labels below two neighbours do not touch
_DIM = 0.35  # what is left of the light of pixels that are not seen
_PLAIN, _SEEN, _LINE = (228, 228, 232), (250, 178, 120), (200, 200, 206)


def field_page(title: str, parts: Sequence[SeenPart], image: Array | None) -> Page:
    """The input with the part that is seen, the part alone, and what is seen of each map on the way.

    parts : from the input to the unit's layer, as `network.seen.seen_parts` gives them
    image : uint8 (C, H, W), the input; None: squares
    """
    source = parts[0]
    lines = [field_words(source)]
    panels = []
    if len(source.shape) == 3:
        pixels = _squares(source.shape[1:]) if image is None else as_rgb(image)
        panels.append(_marked_panel(pixels, source.region))
    tiles = [_map_tile(part) for part in _changing(parts[1:])]
    if tiles:
        note = "what it depends on in the map of each layer"
        panels.append(Panel("on the way to the unit", tiles, note, side=_MAP_SIDE))
    return Page(title, panels, lines)


def _changing(parts: Sequence[SeenPart]) -> list[SeenPart]:
    """Those of images, but for one that has the size and the region of the one before it."""
    images = [part for part in parts if len(part.shape) == 3]
    before: tuple[object, ...] = ()
    kept = []
    for part in images:
        if (part.shape[1:], part.region[1:]) != before or part is images[-1]:
            kept.append(part)
        before = (part.shape[1:], part.region[1:])
    return kept


def field_words(source: SeenPart) -> str:
    """The part of the input in words.

    >>> field_words(SeenPart("input", "", (1, 28, 28), ((0, 0), (0, 15), (4, 19))))
    'sees rows 0 to 15 and columns 4 to 19 of the input: 16x16 of 28x28 pixels'
    """
    if len(source.shape) != 3:
        first, last = source.region[-1]
        return f"sees values {first} to {last} of the {source.shape[-1]} of the input"
    (top, bottom), (left, right) = source.region[1:]
    size = format_shape((bottom - top + 1, right - left + 1))
    whole = format_shape(source.shape[1:])
    return f"sees rows {top} to {bottom} and columns {left} to {right} of the input: {size} of {whole} pixels"


def _marked_panel(pixels: Pixels, region: Region) -> Panel:
    """The picture, dark but for the part, with a frame around it, and the part alone."""
    (top, bottom), (left, right) = region[1:]
    steps = max(1, _SIDE // max(pixels.shape[:2]))
    seen = np.s_[top : bottom + 1, left : right + 1]
    dim = np.rint(pixels * _DIM).astype(np.uint8)
    dim[seen] = pixels[seen]
    large = dim.repeat(steps, axis=0).repeat(steps, axis=1)
    line = max(1, steps // 4)
    y, x, y_end, x_end = top * steps, left * steps, (bottom + 1) * steps, (right + 1) * steps
    for edge in (
        np.s_[y : y + line, x:x_end], np.s_[y_end - line : y_end, x:x_end],
        np.s_[y:y_end, x : x + line], np.s_[y:y_end, x_end - line : x_end],
    ):  # fmt: skip
        large[edge] = MARK
    # In a terminal a pixel is a character: there the frame would hide what it is around, so that the dark has to do.
    levels = dim.mean(axis=2) / 255
    marked = Tile(large, levels, "bright: what it sees", small=dim)
    alone = picture_tile(pixels[seen], "that part alone")
    return Panel("", [marked, alone], side=_SIDE)


def _squares(size: tuple[int, ...]) -> Pixels:
    """A board of squares where there is no picture."""
    rows, columns = np.indices(size[:2])
    light = np.where((rows + columns) % 2 == 0, 235, 190).astype(np.uint8)
    return np.repeat(light[:, :, None], 3, axis=2)


def _map_tile(part: SeenPart) -> Tile:
    """A map as a grid of cells, of which those that count are coloured."""
    _, height, width = part.shape
    (top, bottom), (left, right) = part.region[1:]
    seen = np.full((height, width), 0.15)
    seen[top : bottom + 1, left : right + 1] = 1
    cell = max(1, _MAP_SIDE // max(height, width))
    pixels = np.where(seen[:, :, None] == 1, _SEEN, _PLAIN).astype(np.uint8).repeat(cell, axis=0).repeat(cell, axis=1)
    if cell > 3:
        pixels[::cell], pixels[:, ::cell] = _LINE, _LINE
    edge = np.s_[top * cell : (bottom + 1) * cell, left * cell : (right + 1) * cell]
    frame = pixels[edge]
    frame[:1] = frame[-1:] = frame[:, :1] = frame[:, -1:] = MARK
    small = np.where(seen[:, :, None] == 1, MARK, FAINT).astype(np.uint8)
    return Tile(pixels, seen, f"{part.name}: {format_shape((bottom - top + 1, right - left + 1))}", small=small)
