"""Tables of numbers as data sets."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cnncli.data.number_set import NumberSet, NumberSplit
from cnncli.data.tables.number_table import NumberTable, holds_numbers, read_number_table, target_values
from cnncli.data.tables.numbers import is_number
from cnncli.errors import DataError
from cnncli.shown import printable

__all__ = ["class_names", "holds_numbers", "labels_in", "load_numbers", "read_number_table", "target_values"]

_FEWEST_OF_CLASSES = 3  # so many different fractions are numbers and no classes


def load_numbers(
    path: str | Path, target: str | None, *, has_values: bool, skip_bad: bool = False
) -> NumberSet:
    """The data set of a table, as it stands there.

    target : names of the target columns, with commas between; None: the last column
    has_values : the targets are numbers; else one column of classes, which get names: in the order of numbers, or of
        the alphabet, so that of -1 and +1 the second class is +1

    Raises DataError for a table that cannot be read, or has no such targets.
    """
    table = read_number_table(Path(path), target, skip_bad=skip_bad)
    names = [] if has_values else class_names(table)
    labels = target_values(table) if has_values else labels_in(table, names)
    return NumberSet(
        name=table.name, train=NumberSplit(table.rows, labels), test=None, class_names=names, source=table.source,
        notes=table.notes, preparation="numbers", columns=tuple(table.names), targets=tuple(table.targets),
    )  # fmt: skip


def class_names(table: NumberTable) -> list[str]:
    """The classes in the target column, one of which each row has."""
    if len(table.targets) != 1:
        raise DataError(f"{table.source}: classes stand in one column; pass --label-column with one name")
    found = Counter(_plain(cells[0]) for cells in table.cells)
    fractions = [name for name in found if is_number(name) and not float(name).is_integer()]
    if len(fractions) >= _FEWEST_OF_CLASSES:
        raise DataError(
            f"{table.source}: column {printable(table.targets[0])} holds numbers such as {fractions[0]}, which are no "
            "classes; use --arch linear-regression, or pass --label-column with the column of classes"
        )
    are_numbers = all(map(is_number, found))
    return sorted(found, key=(lambda name: float(name)) if are_numbers else str)


def labels_in(table: NumberTable, names: Sequence[str]) -> np.ndarray:
    """int64 (N,), the class of each row; DataError for one that is none of `names`."""
    position = {name: index for index, name in enumerate(names)}
    labels = []
    for cells in table.cells:
        name = _plain(cells[0])
        if name not in position:
            known = printable(", ".join(names[:10]))
            raise DataError(f"{table.source}: class {printable(name)} is none of the model's, which are {known}")
        labels.append(position[name])
    return np.array(labels, np.int64)


def _plain(cell: str) -> str:
    """The name of a class: +1 and 1.0 are 1."""
    return f"{float(cell):g}" if is_number(cell) else cell
