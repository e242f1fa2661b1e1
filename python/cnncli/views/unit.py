"""A unit as a picture: what it sees, and for each channel its values, weights and products."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cnncli.array_types import Array
from cnncli.errors import UsageError
from cnncli.microscope.unit import Microscope
from cnncli.microscope.unit_sum import Term, UnitSum
from cnncli.network.seen import seen_parts
from cnncli.views.field import field_page
from cnncli.views.scales import Scale
from cnncli.views.tiles import Page, Panel, number_tile, vector_tile

_CHANNELS = 8  # that are drawn, those which add most
_SIDE = 150  # pixels of a tile
_MOST_IN_A_ROW = 120
_ROW = 944  # pixels, between the margins of a page


def unit_page(scope: Microscope, index: int, unit: UnitSum, image: Array, title: str) -> Page:
    """What the unit sees of `image`, uint8 (C, H, W), and its terms."""
    end = f"= {unit.output:.5g}" + (f", with a bias of {unit.bias:.5g}" if unit.bias is not None else "")
    lines = [unit.words, f"{len(unit.terms):,} terms {end}"]
    panels: list[Panel] = []
    try:
        seen = seen_parts(scope.network, index, tuple((one, one) for one in unit.place))
        of_field = field_page("", seen, image)
        lines = [*of_field.lines, *lines]
        panels += of_field.panels[:1]
    except UsageError:
        lines.append("it lies on padding alone, and sees nothing of the input")
    return Page(title, [*panels, *_term_panels(unit)], lines)


def _term_panels(unit: UnitSum) -> list[Panel]:
    if not unit.terms:
        return []
    if any(len(term.place) == 1 for term in unit.terms):
        return [
            panel
            for name, pick in _columns(unit)
            for panel in [_vector_panel(name, np.array([pick(term) for term in unit.terms]))]
        ]
    by_channel: dict[tuple[str, int], list[Term]] = {}
    for term in unit.terms:
        by_channel.setdefault((term.source, term.place[0]), []).append(term)
    order = sorted(by_channel.items(), key=lambda one: -abs(sum(term.part for term in one[1])))[:_CHANNELS]
    panels = []
    for name, pick in _columns(unit):
        grids = [(channel, _grid(terms, [pick(term) for term in terms])) for (_, channel), terms in order]
        scale = Scale.of(np.concatenate([grid.ravel() for _, grid in grids]), signed=None if name == "values" else True)
        tiles = [
            number_tile(grid, scale, f"channel {channel}" + (f": {np.nansum(grid):.3g}" if name == "products" else ""))
            for channel, grid in grids
        ]
        few = "" if len(by_channel) <= _CHANNELS else f"the {_CHANNELS} channels of {len(by_channel)} that add most, "
        note = f"{few}the largest sum first" if len(order) > 1 else ""
        panels.append(Panel(name, tiles, note, side=_SIDE if len(tiles) < 6 else 104, scale=scale))
    return panels


def _columns(unit: UnitSum) -> list[tuple[str, "Pick"]]:
    weighted = any(term.weight is not None for term in unit.terms)
    found: list[tuple[str, Pick]] = [("values", Pick("value"))]
    if weighted and unit.verb == "sum":
        found += [("weights", Pick("weight")), ("products", Pick("part"))]
    return found


class Pick:
    """One number of a term."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, term: Term) -> float:
        value = getattr(term, self.name)
        return 0.0 if value is None else float(value)


def _vector_panel(name: str, values: npt.NDArray[np.float64]) -> Panel:
    scale = Scale.of(values, signed=None if name == "values" else True)
    tile = vector_tile(values, scale, _MOST_IN_A_ROW, 2)
    # A row is two cells high: of a few values it is as high as other tiles.
    cell = min(_SIDE // 2, _ROW // tile.pixels.shape[1])
    return Panel(name, [tile], side=min(cell * max(tile.pixels.shape[:2]), _ROW), scale=scale)


def _grid(terms: Sequence[Term], values: Sequence[float]) -> npt.NDArray[np.float64]:
    """Values of one channel at their places; NaN where the unit reads nothing."""
    places = np.array([term.place[1:] if len(term.place) == 3 else (0, *term.place[1:]) for term in terms])
    first = places.min(axis=0)
    grid = np.full(places.max(axis=0) - first + 1, np.nan)
    grid[tuple((places - first).T)] = values
    return grid
