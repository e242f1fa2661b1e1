"""A sheet of the pictures that `cnn data` found fault with, each with its name."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from cnncli.cli.render_inspection import Names
from cnncli.data.inspection.inspection import Inspection, picture_of
from cnncli.data.raw import RawSet
from cnncli.errors import DataError, UsageError
from cnncli.views.tiles import Page, Panel, Tile, picture_tile

_MOST_GROUPS = 40
_MOST_TILES = 120
_SIDE = 120  # pixels of a tile
_LETTERS = 15  # of a name below it


def finding_sheet(raw: RawSet, inspection: Inspection, names: Names, kind: str) -> Page:
    """The pictures of one kind of finding.

    Raises UsageError where there are none.
    """
    finding = next((one for one in inspection.findings if one.kind == kind and one.groups), None)
    if finding is None:
        there = [one.kind for one in inspection.findings if one.groups]
        others = f"it has {', '.join(there)}" if there else "nothing of that kind was found"
        raise UsageError(f"--of {kind}: {raw.name} has none; {others}")
    line = finding.remedy
    if len(finding.groups[0]) == 1:
        numbers = [group[0] for group in finding.groups[:_MOST_TILES]]
        panels = [Panel("", [_tile(raw, inspection, names, number) for number in numbers], side=_SIDE)]
        shown, whole = len(numbers), len(finding.groups)
    else:
        panels, tiles = [], 0
        for group in finding.groups[:_MOST_GROUPS]:
            if tiles >= _MOST_TILES:
                break
            some = group[:7]
            more = f"and {len(group) - len(some):,} more" if len(group) > len(some) else ""
            titles = " / ".join(dict.fromkeys(names.label(number) for number in group))
            panels.append(Panel(titles, [_tile(raw, inspection, names, number) for number in some], more, _SIDE))
            tiles += len(some)
        shown, whole = len(panels), len(finding.groups)
    lines = [line] if line else []
    lines += [f"{shown} of {whole:,} shown"] if shown < whole else []
    return Page(f"{raw.name}: {finding.text}", panels, lines)


def _tile(raw: RawSet, inspection: Inspection, names: Names, number: int) -> Tile:
    return named_tile(raw, inspection, number, f"{names.part(number)}\n{short_name(names(number))}")


def named_tile(raw: RawSet, inspection: Inspection, number: int, label: str) -> Tile:
    """A picture with words below it; grey where its file cannot be read any more."""
    try:
        image = picture_of(raw, inspection.looks, number).convert("RGB")
    except DataError:
        image = Image.new("RGB", (8, 8), (128, 128, 128))
    is_photo = max(image.size) > _SIDE
    if is_photo:
        image.thumbnail((2 * _SIDE, 2 * _SIDE))
    return picture_tile(np.asarray(image), label, smooth=is_photo)


def short_name(name: str, letters: int = _LETTERS) -> str:
    """The end of a name, which tells files apart: the last folder where it fits.

    >>> short_name("photos/cat/0001.jpg"), short_name("a/very-long-name-of-a-picture.png")
    ('cat/0001.jpg', '..a-picture.png')
    """
    parts: Sequence[str] = Path(name).parts
    for count in (len(parts), 3, 2, 1):
        short = "/".join(parts[-count:])
        if len(short) <= letters:
            return short
    return f"..{short[2 - letters :]}"
