"""`cnn data --augment`: training images beside what epochs of a training see of them."""

from typing import TYPE_CHECKING

import numpy as np

from cnncli import _core
from cnncli.augmentation import Augmentation, augmentation_at, level_for
from cnncli.cli.data_asked import Asked
from cnncli.data import DataSet, Split
from cnncli.data.number_set import NumberSet
from cnncli.errors import UsageError
from cnncli.program.augmenting import augmentation_source
from cnncli.shown import printable
from cnncli.training.augmented import picture_facts

if TYPE_CHECKING:
    from cnncli.views.tiles import Page

_COLUMNS, _SHOWN_COLUMNS = 9, 5  # in a PNG, and on a terminal of 80 characters
_MOST_CLASSES = 12
_SEED = 1  # of a training, where nobody says


def tell_augmented(asked: Asked, level: str) -> None:
    """Draws or saves the page for what `cnn data` was asked."""
    from cnncli import data
    from cnncli.cli.drawn import print_page, save_page, say_saved
    from cnncli.cli.render_fetch import FetchDisplay
    from cnncli.cli.streams import echo_json

    with FetchDisplay() as fetching:
        dataset = data.load(
            asked.name_or_path,
            data_dir=asked.data_dir,
            seed=asked.seed or 0,
            label_column=asked.label_column,
            wish=data.PictureWish(prepare=asked.prepare or "auto", colour=asked.colour, size=asked.pixels),
            skip_bad=asked.skip_bad,
            use_cache=asked.use_cache,
            report=fetching.show,
        )
    page = augmented_page(dataset, level, asked.columns or _COLUMNS, asked.seed)
    if asked.out is not None:
        save_page(page, asked.out)
    if asked.show:
        print_page(augmented_page(dataset, level, asked.columns or _SHOWN_COLUMNS, asked.seed))
    elif asked.as_json:
        echo_json({"data": dataset.name, "augmentation": page.lines[0], "sheet": asked.out})
    if asked.out is not None and not asked.as_json:
        say_saved(asked.out, f"{dataset.name}, {page.lines[0]}")


def augmented_page(dataset: DataSet, level: str, columns: int, seed: int | None) -> "Page":
    """An image of each class as it is, and as each of some epochs sees it.

    level : of --augment
    columns : images in a row, the one as it is among them
    seed : of the training whose epochs they are, and of the images; None: the first of each class
    """
    from cnncli.views.tiles import Page, Panel, as_rgb, picture_tile

    if isinstance(dataset, NumberSet) or dataset.train is None or not len(dataset.train):
        raise UsageError("--augment: changes training images, and there are none; leave it out")
    facts = picture_facts(dataset)
    level = level_for(facts) if level == "auto" else level
    changes = augmentation_at(level, facts)
    epochs = range(columns - 1)
    numbers = _numbers(dataset.train, len(dataset.class_names), seed)
    seen = [_seen(dataset.train, numbers, changes, _SEED if seed is None else seed, epoch) for epoch in epochs]
    panels = []
    for place, number in enumerate(numbers):
        tiles = [picture_tile(as_rgb(dataset.train.images[number]), "as it is")]
        tiles += [picture_tile(as_rgb(images[place]), f"epoch {epoch + 1}") for epoch, images in enumerate(seen)]
        panels.append(Panel(printable(dataset.class_names[int(dataset.train.labels[number])]), tiles))
    left = len(dataset.class_names) - len(panels)
    lines = [f"{level}: {changes.words}", *([f"{len(panels)} of {len(panels) + left} classes"] if left else [])]
    return Page(f"{printable(dataset.name)}, as a training sees it", panels, lines)


def _numbers(split: Split, classes: int, seed: int | None) -> np.ndarray:
    """An image of each class that has one."""
    generator = None if seed is None else np.random.default_rng(seed)
    found = []
    for label in range(classes):
        places = np.flatnonzero(split.labels == label)
        if len(places):
            found.append(places[0] if generator is None else generator.choice(places))
    return np.array(found[:_MOST_CLASSES], np.int64)


def _seen(split: Split, numbers: np.ndarray, changes: Augmentation, seed: int, epoch: int) -> np.ndarray:
    """uint8 (N, C, H, W): the images in an epoch, counted from 0."""
    levels = _core.augment_images(
        split.images, numbers, settings=changes.settings(), source=augmentation_source(split.images), seed=seed,
        epoch=epoch,
    )
    return np.clip(np.round(levels), 0, 255).astype(np.uint8)
