"""Panels of tiles as pictures in a page: each is in the page itself, as a PNG."""

from base64 import b64encode

from PIL import Image

from cnncli.pages.html import Markup, element, empty, join
from cnncli.views.page import png, scaled
from cnncli.views.tiles import Panel, Pixels, Tile


def panel_figure(panel: Panel) -> Markup:
    """The tiles beside each other with their labels below them, and the panel's title below all."""
    parts = [panel.note] if panel.note else []
    if panel.scale is not None:
        parts.append(f"{panel.scale.low:.3g} to {panel.scale.high:.3g}, from {_ends(panel.scale.signed)}")
    note = f" ({', '.join(parts)})" if parts else ""
    tiles = [element("div", _picture(tile, panel.side, panel.title), _label(tile)) for tile in panel.tiles]
    return element("figure", element("figcaption", panel.title, note), element("div", *tiles, class_="tiles"))


def data_uri(pixels: Pixels) -> str:
    """A picture, uint8 (H, W) or (H, W, 3), as an address that holds it."""
    return f"data:image/png;base64,{b64encode(png(Image.fromarray(pixels))).decode()}"


def _ends(signed: bool) -> str:
    return "blue over white (0) to red" if signed else "dark to light"


def _picture(tile: Tile, side: int, title: str) -> Markup:
    wide = scaled(tile, side).width
    kind = "smooth" if tile.smooth else None
    said = ", ".join(part for part in (title, tile.label) if part) or "a picture"
    return empty("img", src=data_uri(tile.pixels), alt=said, width=wide, class_=kind)


def _label(tile: Tile) -> Markup:
    return join([element("p", line) for line in tile.label.splitlines()])
