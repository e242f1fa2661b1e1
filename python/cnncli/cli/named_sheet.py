"""A sheet of a data set's images, one row a class, with the name of its file below each."""

import os
from collections.abc import Sequence

import numpy as np

from cnncli.cli.finding_sheet import short_name
from cnncli.cli.sheet import MAX_ROWS
from cnncli.data import Split
from cnncli.views.tiles import Page, Panel, as_rgb, picture_tile

_SIDE = 112
_SMOOTH_PIXELS = 64  # of a photo, which is made larger by interpolation
COLUMNS = 6


def named_sheet(
    title: str, split: Split, class_names: Sequence[str], part: str, columns: int, seed: int | None
) -> Page:
    """`columns` images of each class, the first ones, or with a seed any."""
    generator = None if seed is None else np.random.default_rng(seed)
    panels, smooth = [], max(split.images.shape[2:]) > _SMOOTH_PIXELS
    for label, name in enumerate(class_names[:MAX_ROWS]):
        places = np.flatnonzero(split.labels == label)
        count = len(places)
        if generator is not None:
            places = generator.permutation(places)
        tiles = [
            picture_tile(as_rgb(split.images[place]), _name(split, part, place), smooth)
            for place in places[:columns].tolist()
        ]
        panels.append(Panel(name, tiles, f"{len(tiles)} of {count:,}", _SIDE))
    left = len(class_names) - len(panels)
    lines = [f"{len(panels)} of {len(class_names):,} classes are shown"] if left else []
    return Page(title, panels, lines)


def _name(split: Split, part: str, place: int) -> str:
    if split.files is None:
        return f"{part} {place + 1}"
    return short_name(os.path.basename(split.files[place]))  # noqa: PTH119
