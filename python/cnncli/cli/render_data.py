"""What `cnn data` prints."""

import sys
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from cnncli.cli.bars import WIDTH as BAR_WIDTH
from cnncli.cli.bars import bar
from cnncli.cli.plain import ink_of, terminal_columns
from cnncli.cli.render import columns_table, facts_table, print_table, size, stdout_console
from cnncli.cli.sheet import Sheet, coloured_lines, fitting_columns, make_sheet, plain_lines
from cnncli.cli.streams import fitted
from cnncli.data import Split
from cnncli.data.facts import DataFacts
from cnncli.data.preparation.picture_cache import CacheFacts
from cnncli.pictures.recipe import COLOURS
from cnncli.shown import format_shape, plural, printable, shortened
from cnncli.views.terminal import Ink

_SIDE = 14  # characters an image is wide on a terminal: half the pixels of MNIST's
_MOST_COLUMNS = 10
_CLASSES_SHOWN, _LARGEST_SHOWN, _SMALLEST_SHOWN = 64, 10, 20
_NAME_LETTERS, _LEAST_BAR = 32, 6
_FILE_WIDTH = 100  # characters of a line that goes to a file or a pipe


def facts_json(facts: DataFacts) -> dict[str, Any]:
    """The facts for `--json`."""
    classes = [
        {"class": name, "train": train, "test": test} | ({"validation": held} if facts.validation else {})
        for name, train, held, test in facts.class_counts
    ]
    return {key: value for key, value in asdict(facts).items() if key != "class_counts"} | {"classes": classes}


def cache_json(facts: CacheFacts, was_cleared: bool) -> dict[str, Any]:
    """The cache for `--json`."""
    return {**asdict(facts), "folder": str(facts.folder), "cleared": was_cleared}


def cache_line(facts: CacheFacts, was_cleared: bool) -> str:
    """The cache in one line."""
    held = f"{plural(facts.pictures, 'prepared picture')}, {size(facts.size_bytes)}"
    if was_cleared:
        return f"{printable(facts.folder)}: emptied, it held {held}"
    return f"{printable(facts.folder)}: {held} of at most {size(facts.limit_bytes)}"


def show_facts(facts: DataFacts) -> None:
    """What the data set is, and a row for each class."""
    console = stdout_console()
    console.print(Text(printable(facts.name), style="bold"))
    counts = ((facts.train, "to train"), (facts.validation, "for validation"), (facts.test, "to test"))
    parts = [(count, part) for count, part in counts if count]
    channels = facts.shape[0]
    kind = COLOURS.get(channels, plural(channels, "channel"))
    polarity = "" if facts.polarity == "any" else f", {facts.polarity.replace('-', ' ')}"
    rows = [
        ("images", ", ".join(f"{count:,} {part}" for count, part in parts)),
        ("shape", f"{format_shape(facts.shape)} ({kind}){polarity}"),
        ("mean", ", ".join(f"{mean:.4f}" for mean in facts.mean) + " of pixels from 0 to 1"),
        ("std", ", ".join(f"{std:.4f}" for std in facts.std)),
        ("source", printable(facts.source)),
        *([("licence", facts.licence)] if facts.licence else []),
        *(("files" if index == 0 else "", printable(file)) for index, file in enumerate(facts.files)),
        ("sha256", f"{facts.digest} of names, images and labels"),
        *(("notes" if index == 0 else "", printable(note)) for index, note in enumerate(facts.notes)),
    ]
    print_table(console, facts_table(rows))
    console.print()
    _print_classes(console, facts)


def _print_classes(console: Console, facts: DataFacts) -> None:
    """A row for each class with a bar; of very many those at both ends of the order by size."""
    table = columns_table()
    table.add_column("class", no_wrap=True, overflow="ellipsis")
    wholes = (facts.train, facts.validation, facts.test)
    for heading, whole in _headed(wholes):
        if whole:
            table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, style="cyan")
    measured = 1 + next((place for place, whole in enumerate(wholes) if whole), 0)
    rows = facts.class_counts
    most = max(int(row[measured]) for row in rows)
    cut = len(rows) > _CLASSES_SHOWN
    if cut:
        by_size = sorted(rows, key=lambda row: -int(row[measured]))
        rows = [*by_size[:_LARGEST_SHOWN], *by_size[-_SMALLEST_SHOWN:]]
    shown = [shortened(fitted(row[0], console.encoding), _NAME_LETTERS) for row in rows]
    columns = [10 if heading == "validation" else 7 for heading, whole in _headed(wholes) if whole]
    room = console.width - max(5, *map(len, shown)) - sum(column + 2 for column in columns) - 2
    for place, row in enumerate(rows):
        _, *counted = row
        if cut and place == _LARGEST_SHOWN:
            table.add_row(Text(f"and {len(facts.class_counts) - len(rows):,} more", style="dim"))
        cells = [f"{count:,}" for count, whole in zip(counted, wholes, strict=True) if whole]
        drawn = bar(counted[measured - 1], most, max(_LEAST_BAR, min(BAR_WIDTH, room)))
        table.add_row(Text(shown[place], style="bold"), *cells, drawn)
    print_table(console, table)


def _headed(wholes: tuple[int, int, int]) -> list[tuple[str, int]]:
    """The parts by name with their images."""
    return list(zip(("train", "validation", "test"), wholes, strict=True))


def show_sheet(
    split: Split, class_names: list[str], columns: int | None, seed: int | None, polarity: str
) -> None:
    """Draws images of each class as wide as the terminal allows; `columns` asks for so many, smaller if need be."""
    width = terminal_columns() if sys.stdout.isatty() else _FILE_WIDTH
    blank = make_sheet(split, class_names, 1, seed)
    side = min(_SIDE, max(split.images.shape[2:]))
    if columns is None:
        columns = min(_MOST_COLUMNS, fitting_columns(blank, width, side))
    while side > 1 and fitting_columns(blank, width, side) < columns:
        side -= 1
    sheet = make_sheet(split, class_names, min(columns, fitting_columns(blank, width, side)), seed)
    for line in _lines(sheet, side, polarity):
        print(line)
    if sheet.left_out:
        print(f"{len(sheet.rows)} of {len(class_names)} classes are shown")


def _lines(sheet: Sheet, side: int, polarity: str) -> list[str]:
    if (ink := ink_of(sys.stdout)) is not Ink.LETTERS:
        return coloured_lines(sheet, side, ink)
    return plain_lines(sheet, side, light_is_ink=polarity != "dark-on-light")
