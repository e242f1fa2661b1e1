"""Histograms of the layers of a network, as bars on a page or as one line a layer."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from cnncli.shown import printable
from cnncli.views.page import FAINT, font
from cnncli.views.tiles import Page, Panel, Tile, picture_tile

KINDS = ("weights", "activations", "gradients")
_COLOURS = {"weights": (59, 120, 196), "activations": (33, 145, 140), "gradients": (199, 116, 27)}
_BLOCKS = " ▁▂▃▄▅▆▇█"
_LETTERS = " .:-=+*#%@"
_WIDTH, _HEIGHT, _FOOT = 304, 110, 22  # pixels of a chart; its numbers stand in the foot
_GAP, _APART = 10, 8


def histogram_page(title: str, layers: Sequence[dict[str, Any]]) -> Page:
    """A panel for each layer, with its weights, activations and gradients beside each other; layers that follow each
    other and have activations alone stand in one."""
    panels: list[Panel] = []
    row: list[Tile] = []
    for layer in layers:
        tiles = [_chart(kind, layer[kind]) for kind in KINDS if layer[kind] is not None]
        if len(tiles) == 1:
            row.append(replace(tiles[0], label=f"{_title(layer)}: {tiles[0].label}\n{_dead(layer)}".strip()))
            continue
        panels += _row(row)
        row = []
        panels.append(Panel(_title(layer), tiles, _dead(layer), side=_WIDTH))
    panels += _row(row)
    return Page(title, panels, ["bars are roots of counts, so that few values are seen beside many"])


def one_page(title: str, pages: Sequence[Page]) -> Page:
    """The pages of several runs below each other; each panel says of which run it is."""
    runs = [(page.title.partition(":")[0], page.panels) for page in pages]
    panels = [replace(panel, title=f"{run}  {panel.title}") for run, own in runs for panel in own]
    return Page(title, panels, pages[0].lines)


def _row(tiles: Sequence[Tile]) -> list[Panel]:
    return [Panel("", list(tiles), side=_WIDTH)] if tiles else []


def histogram_lines(layers: Sequence[dict[str, Any]], width: int, blocks: bool) -> Iterator[str]:
    """A line for each histogram: its layer, what it is of, bars, and from where to where it goes."""
    bars = max(8, min(32, width - 52))
    for layer in layers:
        note = f"  {_dead(layer)}" if _dead(layer) else ""
        yield f"{_title(layer)}{note}"[:width]
        for kind in KINDS:
            if layer[kind] is not None:
                shown = layer[kind]
                yield f"  {kind:<12}{_line(shown['counts'], bars, blocks)}  {_range(shown)}"[:width].rstrip()


def _title(layer: dict[str, Any]) -> str:
    return f"{layer['name']}  {printable(layer['type'])}"


def _dead(layer: dict[str, Any]) -> str:
    return "" if not layer["dead"] else f"{layer['dead']} of {layer['units']} units never change"


def _range(shown: dict[str, Any]) -> str:
    others = f", {shown['others']} no numbers" if shown["others"] else ""
    return f"{shown['low']:.3g} to {shown['high']:.3g}{others}"


def _line(counts: Sequence[int], bars: int, blocks: bool) -> str:
    """Bars of one character; what is there at all is seen."""
    ramp = _BLOCKS if blocks else _LETTERS
    per_bar = -(-len(counts) // bars)
    summed = [sum(counts[start : start + per_bar]) for start in range(0, len(counts), per_bar)]
    most = max(summed) or 1
    heights = [(count / most) ** 0.5 * (len(ramp) - 1) for count in summed]
    return "".join(ramp[max(round(height), 1 if height > 0 else 0)] for height in heights)


def _chart(kind: str, shown: dict[str, Any]) -> Tile:
    """Bars with the ends of the range and the place of 0 below them."""
    image = Image.new("RGB", (_WIDTH, _HEIGHT + _FOOT), "white")
    draw = ImageDraw.Draw(image)
    counts = np.sqrt(np.asarray(shown["counts"], np.float64))
    heights = np.ceil(counts / (counts.max() or 1) * (_HEIGHT - 8))
    step = (_WIDTH - 2 * _GAP) / len(heights)
    for place, height in enumerate(heights.tolist()):
        if height > 0:
            left, right = round(_GAP + place * step), round(_GAP + (place + 1) * step) - 2
            draw.rectangle((left, _HEIGHT - int(height), right, _HEIGHT - 1), fill=_COLOURS[kind])
    draw.line((_GAP, _HEIGHT, _WIDTH - _GAP, _HEIGHT), fill=FAINT)
    face, low, high = font(14)[0], shown["low"], shown["high"]
    draw.text((_GAP, _HEIGHT + 4), f"{low:.3g}", fill=FAINT, font=face)
    draw.text((_WIDTH - _GAP, _HEIGHT + 4), f"{high:.3g}", fill=FAINT, font=face, anchor="ra")
    if low < 0 < high:
        zero = round(_GAP + (_WIDTH - 2 * _GAP) * -low / (high - low))
        draw.line((zero, 4, zero, _HEIGHT + 3), fill=FAINT)
        # Beside the numbers of both ends, however long they are.
        before, after = (_GAP + face.getlength(f"{end:.3g}") + _APART + face.getlength("0") / 2 for end in (low, high))
        if before <= zero <= _WIDTH - after:
            draw.text((zero, _HEIGHT + 4), "0", fill=FAINT, font=face, anchor="ma")
    return picture_tile(np.asarray(image), kind)
