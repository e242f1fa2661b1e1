"""Tables of pixels: a label and the pixels of one image in each row, as text."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnncli.array_types import Array
from cnncli.data.array_files.arrays import is_one_hot, make_parts
from cnncli.data.dataset import MAX_CLASSES, Note
from cnncli.data.part_names import part_of_value
from cnncli.data.raw import PARTS, RawSet
from cnncli.data.tables.columns import INDEX_NAMES, LABEL_NAMES, named_columns, plain_name, wanted_column
from cnncli.data.tables.table_text import TableForm, find_form, read_table
from cnncli.data.tables.text import HEAD_BYTES
from cnncli.errors import DataError
from cnncli.shown import printable

_LEAST_PIXELS = 16
_MOST_ONE_HOT = 100
_ALIKE = 0.6  # correlation of a pixel with its neighbour; labels have less
_STRANGE = 0.35
Pair = tuple[str, Array, str, Array]  # what `make_parts` takes of a part
_PLACES = {place: f"converted: the {place} column is the label" for place in ("first", "last")}


@dataclass(frozen=True, eq=False)
class PixelTable:
    """Pixels (N, P) and labels (N,), or None where there are none; and what was found out.

    part_cells : what says for what each row is, or None
    part_name : the name of this column
    """

    pixels: Array
    labels: Array | None
    notes: list[Note]
    part_cells: list[str] | None = None
    part_name: str = ""


def read_pixel_set(files: dict[str, Path], name: str, where: str, label_column: str | None = None) -> RawSet:
    """Reads one table for each part.

    files : by part
    label_column : "first", "last", a name of the header or a number from 1; None: found from header and numbers

    Raises DataError for tables that cannot be read, whose label column is not known, or that have no labels.
    """
    pairs: dict[str, Pair] = {}
    notes: list[Note] = []
    for part, path in files.items():
        table = read_pixel_table(path, label_column)
        # A part of few rows may not show where its labels are: they are where the first part has them.
        label_column = label_column or next((place for place, text in _PLACES.items() if text in _texts(table)), None)
        notes += table.notes
        if table.labels is None:
            if part == "train" or len(files) == 1:
                raise DataError(
                    f"{printable(path)}: {len(table.pixels):,} images of {table.pixels.shape[1]:,} pixels and "
                    "no labels; "
                    "pass the table that has them"
                )
            notes.append(
                Note("parts", f"{path.name}: {len(table.pixels):,} images without labels, not used",
                     {"without labels": len(table.pixels)})
            )  # fmt: skip
            continue
        if table.part_cells is not None and len(files) == 1:
            pairs = _by_part(printable(path), table, table.labels, notes)
            continue
        if table.part_cells is not None:
            text = f"left aside: column {printable(table.part_name[:40])} of {printable(path.name)}"
            notes.append(Note("left aside", text, {"columns": 1}))
        pairs[part] = ("the table", table.pixels, "the labels", table.labels)
        if part == "validation":
            notes.append(Note("parts", f"{printable(path.name)}: used for validation"))
    class_names, parts, told = make_parts(where, pairs)
    return RawSet(name, class_names, parts, source=where, notes=[*notes, *told])


def _by_part(where: str, table: PixelTable, labels: Array, notes: list[Note]) -> dict[str, Pair]:
    """The rows of each part that a column names."""
    cells = table.part_cells or []
    told = [part_of_value(cell, table.part_name) for cell in cells]
    if None in told:
        row = told.index(None)
        raise DataError(
            f"{where}, row {row + 1}: {printable(table.part_name[:40])} '{printable(cells[row])[:40]}' is no part; "
            "write train, val or test"
        )
    count = told.count("validation")
    if count:
        notes.append(Note("parts", f"{count:,} rows for validation: used for validation"))
    chosen = {part: np.array([one == part for one in told]) for part in PARTS if part in told}
    return {part: ("the table", table.pixels[at], "the labels", labels[at]) for part, at in chosen.items()}


def _texts(table: PixelTable) -> list[str]:
    return [note.text for note in table.notes]


def is_pixel_table(path: Path) -> bool:
    """Whether the first rows of a file are such a table."""
    return _form(path) is not None


def _form(path: Path) -> TableForm | None:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return None
    form = find_form(head)
    return form if form is not None and _could_hold_pixels(form) else None


def _could_hold_pixels(form: TableForm) -> bool:
    """A text label beside numbers is enough only if so many numbers make an image: a list may have many columns."""
    return form.text_column is None or _is_image(form.columns - 1) or _is_image(form.columns - 2)


def _is_image(pixels: int) -> bool:
    return pixels >= _LEAST_PIXELS and any(
        math.isqrt(count) ** 2 == count for count in (pixels, *([pixels // 3] if pixels % 3 == 0 else []))
    )


def read_pixel_table(path: Path, label_column: str | None = None) -> PixelTable:
    """Reads one table; see `read_pixel_set`."""
    where = printable(path)
    form = _form(path)
    if form is None:
        raise DataError(f"{where}: no table of numbers; write a row of a label and pixels for each image")
    numbers, texts, part_cells = read_table(path, form)
    names = form.names
    notes: list[Note] = []
    if texts is not None:
        if names is not None:
            names = [name for index, name in enumerate(names) if index != form.text_column]
        labels: Array | None = np.array(texts)
        pixels = numbers
        known = named_columns(names, LABEL_NAMES) if names is not None else []
        if known and names is not None and form.names is not None and form.text_column is not None:
            told = form.names[form.text_column]
            if plain_name(told) not in LABEL_NAMES:  # names of files beside the labels
                labels, pixels, names = _without(numbers, names, known[0])
                notes.append(Note("left aside", f"left aside: column {printable(told[:40])}", {"columns": 1}))
    else:
        labels, pixels, names = _part_label(where, numbers, names, label_column, notes)
    if form.decimal_comma:
        notes.append(Note("converted", "converted: decimal commas to points"))
    pixels = _without_index(where, pixels, names, notes)
    if path.name.lower().startswith("emnist"):
        side = math.isqrt(pixels.shape[1])
        pixels = pixels.reshape(-1, side, side).transpose(0, 2, 1).reshape(len(pixels), -1)
        notes.append(Note("converted", "converted: images of EMNIST, which lie as columns, turned upright"))
    return PixelTable(pixels, labels, notes, part_cells, form.part_name)


def _part_label(
    where: str, numbers: Array, names: list[str] | None, label_column: str | None, notes: list[Note]
) -> tuple[Array | None, Array, list[str] | None]:
    """(labels, the other columns, their names)."""
    count = numbers.shape[1]
    if label_column is not None:
        column = wanted_column(names, count, label_column)
        if column is None:
            raise DataError(
                f"{where}: has no column {printable(label_column)} of {count:,}; use first, last or a "
                "number"
            )
        return _without(numbers, names, column)
    known = named_columns(names, LABEL_NAMES) if names is not None else []
    if known:
        return _without(numbers, names, known[0])
    if _is_image(count - 1):
        column = _find_label(where, numbers, notes)
        return _without(numbers, names, column)
    if _is_image(count):
        return None, numbers, names
    for width in range(2, min(_MOST_ONE_HOT, count - _LEAST_PIXELS) + 1):
        if _is_image(count - width):
            for begin, others in ((count - width, slice(0, count - width)), (0, slice(width, count))):
                columns = numbers[:, begin : begin + width]
                if is_one_hot(columns):
                    return columns, numbers[:, others], names[others] if names is not None else None
    if _is_image(count - 2) and _index_columns(numbers, names):
        index = _index_columns(numbers, names)[0]
        _, rest, rest_names = _without(numbers, names, index)
        notes.append(_index_note(names, index))
        return _part_label(where, rest, rest_names, None, notes)
    raise DataError(
        f"{where}: {count:,} columns, and neither these nor one less make an image (a square, or three times one); "
        "save images of other sizes as .npz"
    )


def _without(numbers: Array, names: list[str] | None, column: int) -> tuple[Array, Array, list[str] | None]:
    if column in (0, numbers.shape[1] - 1):  # a view, not a copy
        rest = numbers[:, 1:] if column == 0 else numbers[:, :-1]
    else:
        rest = np.delete(numbers, column, axis=1)
    return numbers[:, column], rest, None if names is None else names[:column] + names[column + 1 :]


def _index_columns(numbers: Array, names: list[str] | None) -> list[int]:
    """Columns that number the rows, by name or by their values."""
    found = []
    for column in (0, numbers.shape[1] - 1):
        values = numbers[:, column].astype(np.float64)
        counts = len(values) > 1 and values[0] in (0, 1) and bool((np.diff(values) == 1).all())
        if counts or (names is not None and plain_name(names[column]) in INDEX_NAMES):
            found.append(column)
    return found


def _index_note(names: list[str] | None, column: int) -> Note:
    name = names[column] if names is not None and names[column] else f"number {column + 1}"
    return Note("left aside", f"left aside: column {printable(name[:40])}, which numbers the rows", {"columns": 1})


def _without_index(where: str, pixels: Array, names: list[str] | None, notes: list[Note]) -> Array:
    if not _is_image(pixels.shape[1]) and _is_image(pixels.shape[1] - 1):
        index = _index_columns(pixels, names)
        if index:
            notes.append(_index_note(names, index[0]))
            return _without(pixels, names, index[0])[1]
    if not _is_image(pixels.shape[1]):
        raise DataError(
            f"{where}: {pixels.shape[1]:,} pixels in each row make no image (a square, or three times one); "
            "save images of other sizes as .npz"
        )
    return pixels


def _find_label(where: str, numbers: Array, notes: list[Note]) -> int:
    """Whether the first or the last column is the label, found from the numbers."""
    last = numbers.shape[1] - 1
    could = [column for column in (0, last) if _could_be_label(numbers[:, column])]
    if len(could) == 2:
        first_alike, last_alike = _alike(numbers[:, 0], numbers[:, 1]), _alike(numbers[:, last], numbers[:, last - 1])
        if first_alike < _STRANGE and last_alike > _ALIKE:
            could = [0]
        elif last_alike < _STRANGE and first_alike > _ALIKE:
            could = [last]
        else:
            could = _by_evenness(numbers, could)
    if len(could) != 1:
        raise DataError(
            f"{where}: whether the label comes first or last in a row cannot be seen; "
            "pass --label-column first or --label-column last"
        )
    notes.append(Note("converted", _PLACES["first" if could[0] == 0 else "last"]))
    return could[0]


def _could_be_label(values: Array) -> bool:
    if not np.isfinite(values).all() or values.min() < 0 or (np.floor(values) != values).any():
        return False
    different = len(np.unique(values))
    return 2 <= different <= min(MAX_CLASSES, max(2, len(values) * 3 // 4)) or len(values) == 1


def _alike(values: Array, neighbour: Array) -> float:
    """The correlation of two columns; 0 if one is constant."""
    first, second = values.astype(np.float64), neighbour.astype(np.float64)
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return abs(float(np.corrcoef(first, second)[0, 1]))


def _by_evenness(numbers: Array, columns: list[int]) -> list[int]:
    """Labels are spread over all their values; a pixel at the border is mostly paper."""
    even = []
    for column in columns:
        _, counts = np.unique(numbers[:, column], return_counts=True)
        shares = counts / counts.sum()
        even.append(float(-(shares * np.log(shares)).sum() / math.log(len(counts))) if len(counts) > 1 else 0.0)
    best = int(np.argmax(even))
    return [columns[best]] if even[best] >= 0.8 and even[1 - best] <= 0.5 else columns
