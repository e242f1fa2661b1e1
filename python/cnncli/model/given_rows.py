"""What people hand to `Model.predict` of a model of numbers: rows, or a table that has them."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.errors import DataError, MissingDataError, ShapeError, UsageError
from cnncli.number_recipe import NumberRecipe
from cnncli.shown import printable


def as_rows(given: Any, recipe: NumberRecipe) -> npt.NDArray[np.float64]:
    """float64 (N, columns), finite numbers as they stand in the table.

    given : rows (N, columns), one row, or the path of a table, whose columns are found by name

    Raises DataError for a table that does not fit, ShapeError for rows of another length, UsageError for what is no row
    of numbers.
    """
    columns = printable(", ".join(recipe.columns[:16]) + (" ..." if len(recipe.columns) > 16 else ""))
    takes = f"the model takes {len(recipe.columns)} numbers a row, {columns}"
    if isinstance(given, str | os.PathLike):
        from cnncli.data.number_sets import read_number_table

        if not Path(given).is_file():
            raise MissingDataError(f"{printable(str(given))}: no such file; {takes}")
        bad: dict[int, str] = {}
        table = read_number_table(Path(given), ",".join(recipe.targets), columns=recipe.columns, unanswered=bad)
        for error in bad.values():
            raise DataError(error)
        return table.rows
    try:
        rows = np.asarray(given)
    except ValueError:  # rows of different lengths
        raise ShapeError(f"predict: the rows differ in length; {takes}") from None
    if rows.dtype.kind not in "fiub" and rows.size:
        raise UsageError(f"predict: rows are {rows.dtype}; {takes}")
    if rows.ndim == 1 and rows.shape == (len(recipe.columns),):
        rows = rows[np.newaxis]
    if rows.ndim != 2 or rows.shape[1] != len(recipe.columns):
        if rows.size:
            raise ShapeError(f"predict: got an array of shape {rows.shape}; {takes}: (rows, {len(recipe.columns)})")
        rows = np.empty((0, len(recipe.columns)))
    rows = rows.astype(np.float64)
    wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(wrong):
        raise UsageError(f"predict: row {wrong[0]} has a number that is missing or not finite; leave the row out")
    return rows
