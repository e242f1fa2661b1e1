"""What `cnn eval` prints."""

import math
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from cnncli.cli.render import duration, print_table, stdout_console
from cnncli.model.evaluate import Evaluation, Metrics
from cnncli.shown import percent, printable

_MATRIX_CLASSES = 20  # more columns than this fit no screen; the commonest confusions are listed instead
_CONFUSIONS = 10
_SEEN = "the model has seen these images: what it makes of new ones is not measured here; pass --data with others"


def evaluation_facts(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation for `--json`; what does not exist (0 / 0) is null."""
    metrics = evaluation.metrics
    classes = [
        {
            "class": name,
            "precision": _or_none(metrics.precision[index]),
            "recall": _or_none(metrics.recall[index]),
            "f1": _or_none(metrics.f1[index]),
            "samples": int(metrics.support[index]),
        }
        for index, name in enumerate(evaluation.class_names)
    ]
    return {
        "model": evaluation.model,
        "data": evaluation.data,
        "samples": metrics.samples,
        "loss": metrics.loss,
        "accuracy": metrics.accuracy,
        "seconds": evaluation.seconds,
        "classes": classes,
        "confusion": metrics.confusion.tolist(),
        "part": evaluation.part,
        "trained_on": evaluation.trained_on,
        "unanswered": metrics.unanswered,
        "notes": [note.text for note in evaluation.notes],
    }


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def show_evaluation(evaluation: Evaluation) -> None:
    """The measures, a row for each class, and the confusion matrix."""
    console, metrics = stdout_console(), evaluation.metrics
    console.print(
        Text.assemble(
            (printable(evaluation.model), "bold"),
            f" on {_which(evaluation)}, {duration(evaluation.seconds)}",
        )
    )
    wrong = metrics.samples - int(metrics.confusion.trace())
    console.print(
        Text.assemble(
            ("accuracy ", "dim"),
            (percent(metrics.accuracy), "bold green"),
            f" ({wrong:,} wrong{' of its own training images' if evaluation.trained_on else ''})",
            ("  loss ", "dim"),
            (f"{metrics.loss:.4f}", "bold"),
        )
    )
    if evaluation.trained_on:
        console.print(Text(_SEEN, style="yellow"))
    for note in evaluation.notes:
        console.print(Text(printable(note.text), style="dim"))
    console.print()
    print_table(console, _class_table(evaluation.class_names, metrics))
    console.print()
    if len(evaluation.class_names) <= _MATRIX_CLASSES:
        console.print(Text("confusion: rows are the true classes, columns the answers", style="dim"))
        print_table(console, _matrix(evaluation.class_names, metrics))
    else:
        console.print(Text("commonest confusions", style="dim"))
        print_table(console, _confusions(evaluation.class_names, metrics))


def _which(evaluation: Evaluation) -> str:
    """The images that were measured, in words."""
    count, data = f"{evaluation.metrics.samples:,}", evaluation.data
    if evaluation.trained_on:
        return f"the {count} images of {data} that it was trained on"
    if evaluation.part == "held-out":
        return f"the {count} training images of {data} that it held out, which chose its best epoch"
    return f"{count} {evaluation.part} images of {data}"


def _class_table(names: list[str], metrics: Metrics) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("class", no_wrap=True)
    for heading in ("precision", "recall", "F1", "images"):
        table.add_column(heading, justify="right")
    for index, name in enumerate(names):
        measures = (metrics.precision[index], metrics.recall[index], metrics.f1[index])
        table.add_row(
            Text(name, style="bold"), *(percent(value) for value in measures), f"{metrics.support[index]:,}"
        )
    return table


def _matrix(names: list[str], metrics: Metrics) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True, style="dim")
    for name in names:
        table.add_column(Text(name), justify="right", no_wrap=True)
    for row, name in enumerate(names):
        cells = []
        for column, count in enumerate(metrics.confusion[row].tolist()):
            style = "bold green" if row == column else "red" if count else "dim"
            cells.append(Text(f"{count}" if count else "·", style=style))
        table.add_row(Text(name), *cells)
    return table


def _confusions(names: list[str], metrics: Metrics) -> Table:
    table = Table.grid(Column(), Column(), Column(justify="right"), padding=(0, 2))
    wrong = metrics.confusion.copy()
    for index in range(len(names)):
        wrong[index, index] = 0
    for flat in (-wrong).ravel().argsort(kind="stable")[:_CONFUSIONS]:
        row, column = divmod(int(flat), len(names))
        if wrong[row, column]:
            table.add_row(Text(names[row]), Text(f"taken for {names[column]}"), f"{wrong[row, column]:,}")
    return table
