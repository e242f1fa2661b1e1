"""What the commands print of tables of numbers, and of models that were trained on them."""

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncli.cli.streams import echo, echo_json
from cnncli.errors import DataError, MissingDataError, UsageError
from cnncli.shown import percent, printable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from cnncli.model import Model
    from cnncli.network import Network


def is_number_model(path: str) -> bool:
    """Whether a model file was trained on a table of numbers."""
    from cnncli.model_file.serialize import load_model
    from cnncli.number_recipe import NumberRecipe

    return isinstance(load_model(path).recipe, NumberRecipe)


def told_as_table(
    path: str, label_column: str | None, skip_bad: bool, as_json: bool, of_pictures: Mapping[str, object]
) -> int | None:
    """Shows what a path is, if it is a table of numbers, and returns how many kinds of faults it has; None for others.

    of_pictures : options that are about pictures, and what was given for them

    Raises UsageError where one of these is given, not None.
    """
    if not _is_number_table(path, label_column):
        return None
    for option, given in of_pictures.items():
        if given is not None:
            raise UsageError(f"{option}: is about pictures, and {printable(path)} is a table of numbers; leave it out")
    from cnncli.cli.table_report import show_table

    return show_table(path, label_column, skip_bad, as_json)


def _is_number_table(name_or_path: str, label_column: str | None) -> bool:
    """Whether a path is a table of numbers; one of which columns are named by commas is asked for as such."""
    from cnncli.data.tables.number_table import holds_numbers

    path = Path(name_or_path)
    return path.is_file() and (holds_numbers(path) or (label_column is not None and "," in label_column))


def learned_lines(network: "Network") -> list[str]:
    """See `learned_line`; none for a network of pictures."""
    from cnncli.model.evaluate_numbers import learned_line

    return learned_line(network)


def show_fit(
    model: str, data: str | None, part: str | None, label_column: str | None, skip_bad: bool, as_json: bool
) -> None:
    """The errors of a model on a table."""
    from rich.text import Text

    from cnncli.cli.render import stdout_console
    from cnncli.cli.render_eval import (
        OWN,
        SEEN_ROWS,
        class_facts,
        interval_facts,
        show_accuracy,
        show_classes,
        which_samples,
    )  # fmt: skip
    from cnncli.model.evaluate_numbers import evaluate_numbers

    found = evaluate_numbers(model, data, label_column, skip_bad, part)
    if as_json:
        fits = [
            {"target": fit.target, "mse": fit.mse, "rmse": fit.rmse, "mae": fit.mae,
             "mae_interval": interval_facts(fit.mae_interval), "r2": None if math.isnan(fit.r2) else fit.r2}
            for fit in found.fits
        ]  # fmt: skip
        facts: dict[str, Any] = {"model": found.model, "data": found.data, "samples": found.samples}
        facts |= class_facts(found.metrics, found.class_names) if found.metrics is not None else {"targets": fits}
        facts |= {"part": found.part, "trained_on": found.trained_on}
        echo_json(facts | {"notes": [note.text for note in found.notes]})
        return
    all_rows = f"the {found.samples:,} rows of {printable(found.data)}"
    which = which_samples(found.samples, "rows", found.data, found.part, found.trained_on) or all_rows
    echo(f"{found.model} on {which}")
    for note in found.notes:
        echo(printable(note.text))
    console = stdout_console()
    if found.metrics is not None:
        console.print()
        show_classes(console, found.class_names, found.metrics, "rows")
    if found.trained_on:
        console.print(Text(SEEN_ROWS, style="yellow"))
    of_what = OWN.format("rows") if found.trained_on else ""
    if found.metrics is not None:
        show_accuracy(console, found.metrics, of_what)
    for fit in found.fits:
        low, high = fit.mae_interval
        sure = "" if math.isnan(low) else f" ({low:.6g} to {high:.6g} with 95 % confidence{of_what and ';' + of_what})"
        echo(
            f"{printable(fit.target)}: MSE {fit.mse:.6g}, RMSE {fit.rmse:.6g}, MAE {fit.mae:.6g}{sure}, "
            f"R^2 {'-' if math.isnan(fit.r2) else format(fit.r2, '.6f')}"
        )


class _Row(NamedTuple):
    """The answer to a row by the names of its values, or why there is none."""

    name: str
    values: dict[str, Any] | None
    error: str = ""
    exit_code: int = 0


def predict_rows(model: "Model", words: Sequence[str], form: str, write: Callable[[str], None]) -> int:
    """The predictions for rows of tables, and for rows that are typed as 1.5,2; `form` is text, csv or json.

    Rows and files without one are told on stderr and do not stop the others. Returns the exit code.
    """
    rows = [row for word in words for row in _answered(model, word)]
    failed = [row for row in rows if row.values is None]
    for row in failed:
        echo(f"cnn: {row.error}", err=True)
    if form == "json":
        facts = [{"row": row.name, **(row.values if row.values is not None else {"error": row.error})} for row in rows]
        write(json.dumps(facts, allow_nan=False) + "\n")
    elif form == "csv":
        class _File:
            def write(self, text: str) -> None:
                write(text)

        table = csv.writer(_File(), lineterminator="\n")
        head = next((list(row.values) for row in rows if row.values is not None), [])
        table.writerow(["row", *head])
        empty = [""] * len(head)
        table.writerows([row.name, *(empty if row.values is None else row.values.values())] for row in rows)
    else:
        for row in rows:
            if row.values is not None:
                write(f"{printable(row.name)}: {_row_text(row.values)}\n")
    return max((row.exit_code for row in rows), default=0)


def _row_text(values: dict[str, Any]) -> str:
    if "label" in values:
        return f"{printable(str(values['label']))} ({percent(values['probability'])})"
    return ", ".join(f"{printable(target)} = {value:.6g}" for target, value in values.items())


def _answered(model: "Model", word: str) -> "list[_Row]":
    """A row for each of a table, or the one that was typed."""
    import numpy as np

    try:
        names, rows, errors = _rows_of(model, word)
    except DataError as error:
        return [_Row(word, None, str(error), error.exit_code)]
    good = [index for index in range(len(names)) if index not in errors]
    answers = iter(_predictions(model, np.ascontiguousarray(rows[good])) if good else ())
    return [
        _Row(name, None, errors[n], DataError.exit_code) if n in errors else _Row(name, next(answers))
        for n, name in enumerate(names)
    ]


def _rows_of(model: "Model", word: str) -> "tuple[list[str], npt.NDArray[np.float64], dict[int, str]]":
    """(names, rows (N, F), why there is no answer by the number of the row) of a table, or of one row."""
    import numpy as np

    from cnncli.data.tables.number_table import read_number_table
    from cnncli.model.evaluate_numbers import recipe_of_numbers

    recipe = recipe_of_numbers(model.network)
    if Path(word).is_file():
        errors: dict[int, str] = {}
        table = read_number_table(Path(word), ",".join(recipe.targets), columns=recipe.columns, unanswered=errors)
        return [f"{word}, row {n + 1}" for n in range(len(table.rows))], table.rows, errors
    try:
        row = [float(cell) for cell in word.split(",")]
    except ValueError:
        raise MissingDataError(f"{printable(word)}: is no file and no row of numbers; use one such as 1.5,2") from None
    if len(row) != len(recipe.columns) or not all(map(math.isfinite, row)):
        raise DataError(
            f"{printable(word)}: the model takes {len(recipe.columns)} numbers, "
            f"{printable(', '.join(recipe.columns[:16]))}; write them with commas between"
        )
    return [word], np.array([row]), {}


def _predictions(model: "Model", rows: "npt.NDArray[np.float64]") -> list[dict[str, Any]]:
    from cnncli.model.evaluate_numbers import recipe_of_numbers

    predicted = model.predict(rows)
    if predicted.values is not None:
        targets = recipe_of_numbers(model.network).targets
        return [dict(zip(targets, row, strict=True)) for row in predicted.values.tolist()]
    pairs = zip(predicted.names, predicted.probabilities.max(axis=1).tolist(), strict=True)
    return [{"label": label, "probability": share} for label, share in pairs]
