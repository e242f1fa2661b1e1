"""What `cnn eval` prints."""

import math
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from cnncli.cli.render import columns_table, duration, facts_table, loss_text, print_table, stdout_console
from cnncli.cli.streams import fitted
from cnncli.measures.classification import Confusion, Metrics
from cnncli.measures.intervals import Interval
from cnncli.model.evaluate import Evaluation
from cnncli.shown import percent, printable, shortened

_MATRIX_CLASSES = 20  # more columns than this fit no screen
_TABLE_CLASSES = 64  # of more the worst are listed
_WORST = 20
_CONFUSIONS = 5
_JSON_CONFUSIONS = 20
_NAME_LETTERS = 32
_BESIDE_NAMES = 32  # characters of a line of the confusions that are no names
SEEN = "the model has seen these images: what it makes of new ones is not measured here; pass --data with others"
OWN = " of its own training {}"
SEEN_ROWS = SEEN.replace("images", "rows")


def evaluation_facts(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation for `--json`; what does not exist (0 / 0) is null."""
    metrics, names, curve = evaluation.metrics, evaluation.class_names, evaluation.calibration
    bins = zip(curve.count.tolist(), curve.probability, curve.accuracy, strict=True)
    return {
        "model": evaluation.model,
        "data": evaluation.data,
        "loss": metrics.loss,
        **class_facts(metrics, names),
        "seconds": evaluation.seconds,
        "part": evaluation.part,
        "trained_on": evaluation.trained_on,
        "unanswered": metrics.unanswered,
        "temperature": evaluation.temperature,
        "calibration_error": _or_none(curve.error),
        "calibration": [
            {"answers": count, "probability": _or_none(probability), "accuracy": _or_none(accuracy)}
            for count, probability, accuracy in bins
        ],
        "notes": [note.text for note in evaluation.notes],
    }


def class_facts(metrics: Metrics, names: Sequence[str]) -> dict[str, Any]:
    """The measures of classes for `--json`, of images and of tables of numbers."""
    classes = [
        {
            "class": name,
            "precision": _or_none(metrics.precision[index]),
            "recall": _or_none(metrics.recall[index]),
            "f1": _or_none(metrics.f1[index]),
            "samples": int(metrics.support[index]),
        }
        for index, name in enumerate(names)
    ]
    return {
        "samples": metrics.samples,
        "accuracy": metrics.accuracy,
        "accuracy_interval": interval_facts(metrics.interval),
        "balanced_accuracy": _or_none(metrics.balanced_accuracy),
        "mean": _mean_facts(metrics.means()),
        "weighted_mean": _mean_facts(metrics.means(weighted=True)),
        "classes": classes,
        "confusion": metrics.confusion.tolist(),
        "most_confused": [
            {"class": names[pair.true], "taken_for": names[pair.answer], "samples": pair.images}
            for pair in metrics.most_confused(_JSON_CONFUSIONS)
        ],
    }


def interval_facts(interval: Interval) -> list[float] | None:
    """[low, high] for `--json`; None if it does not exist."""
    return None if math.isnan(interval.low) else [interval.low, interval.high]


def _mean_facts(means: tuple[float, float, float]) -> dict[str, float | None]:
    return dict(zip(("precision", "recall", "f1"), map(_or_none, means), strict=True))


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def show_evaluation(evaluation: Evaluation, written: Sequence[str] = ()) -> None:
    """The measures of each class, the confusion matrix, and last the accuracy.

    written : lines on the files that were made
    """
    console, metrics, names = stdout_console(), evaluation.metrics, evaluation.class_names
    console.print(
        Text.assemble(
            (printable(evaluation.model), "bold"),
            f" on {which_images(evaluation)}, {duration(evaluation.seconds)}",
        )
    )
    for note in evaluation.notes:
        console.print(Text(printable(note.text), style="dim"))
    console.print()
    show_classes(console, names, metrics, "images")
    has_temperature = evaluation.temperature != 1
    before = " (before the temperature)" if has_temperature else ""
    rows = [("loss", f"{loss_text(metrics.loss)}{before}"), *_balance(metrics)]
    error = evaluation.calibration.error
    if not math.isnan(error):
        bins = len(evaluation.calibration.count)
        after = f", after the temperature of {evaluation.temperature:.3g}" if has_temperature else ""
        rows.append(("calibration", f"expected error {percent(error)} (ECE of {bins} bins){after}"))
    if metrics.unanswered:
        rows.append(("no answer", f"{metrics.unanswered:,} images, counted as wrong"))
    print_table(console, facts_table(rows))
    for line in written:
        console.print(Text(printable(line)))
    if evaluation.trained_on:
        console.print(Text(SEEN, style="yellow"))
    show_accuracy(console, metrics, OWN.format("images") if evaluation.trained_on else "")


def show_classes(console: Console, names: Sequence[str], metrics: Metrics, samples: str) -> None:
    """A table of the classes, the confusion matrix where it fits, and the pairs that are confused most."""
    names = [fitted(name, console.encoding) for name in names]
    print_table(console, _class_table(names, metrics, samples))
    console.print()
    if len(names) <= _MATRIX_CLASSES:
        console.print(Text("confusion: rows are the true classes, columns the answers", style="dim"))
        print_table(console, _matrix(names, metrics, console.width))
        console.print()
    confused = metrics.most_confused(_CONFUSIONS)
    if confused:
        console.print(Text("most confused: images, share of their class", style="dim"))
        print_table(console, _confusions(names, metrics, confused, console.width))
        console.print()


def _balance(metrics: Metrics) -> list[tuple[str, str]]:
    if metrics.is_balanced or math.isnan(metrics.balanced_accuracy):
        return []
    return [("balanced", f"accuracy {percent(metrics.balanced_accuracy)}, as if each class had as many images")]


def show_accuracy(console: Console, metrics: Metrics, of_what: str = "") -> None:
    """The one number, with what it is worth."""
    low, high = metrics.interval
    wrong = metrics.samples - metrics.right
    console.print(
        Text.assemble(
            "accuracy ",
            (percent(metrics.accuracy), "bold green"),
            f"  ({percent(low)} to {percent(high)} with 95 % confidence; "
            f"{wrong:,} of {metrics.samples:,} wrong{of_what})",
        )
    )


def which_images(evaluation: Evaluation) -> str:
    """The images that were measured, in words."""
    count, part, data = evaluation.metrics.samples, evaluation.part, evaluation.data
    own = which_samples(count, "images", data, part, evaluation.trained_on)
    return own or f"{count:,} {part} images of {printable(data)}"


def which_samples(count: int, samples: str, data: str, part: str, trained_on: bool) -> str | None:
    """Which of a model's own samples were measured, in words; None: none of its own.

    samples : "images" or "rows"
    """
    if trained_on:
        return f"the {count:,} {samples} of {printable(data)} that it was trained on"
    if part == "held-out":
        return f"the {count:,} training {samples} of {printable(data)} that it held out, which chose its best epoch"
    return None


def _class_table(names: Sequence[str], metrics: Metrics, samples: str) -> Table:
    table = columns_table()
    table.add_column("class", no_wrap=True, overflow="ellipsis")
    for heading in ("precision", "recall", "F1", samples):
        table.add_column(heading, justify="right", no_wrap=True)
    shown = range(len(names))
    if len(names) > _TABLE_CLASSES:
        there = [index for index in shown if metrics.support[index]]
        shown = sorted(there, key=lambda index: metrics.f1[index])[:_WORST]  # type: ignore[assignment]
        table.columns[0].header = f"the {len(shown)} of {len(names):,} classes with the lowest F1"
    for index in shown:
        measures = (metrics.precision[index], metrics.recall[index], metrics.f1[index])
        name = Text(shortened(names[index], _NAME_LETTERS), style="bold")
        table.add_row(name, *(percent(value) for value in measures), f"{metrics.support[index]:,}")
    table.add_row("mean of classes", *map(percent, metrics.means()), "", style="dim")
    if not metrics.is_balanced:
        table.add_row(f"mean of {samples}", *map(percent, metrics.means(weighted=True)), "", style="dim")
    return table


def _matrix(names: Sequence[str], metrics: Metrics, width: int) -> Table:
    """Columns have numbers in place of names where these would not fit."""
    rows = [shortened(name, _NAME_LETTERS) for name in names]
    digits = len(str(metrics.confusion.max(initial=0)))
    fits = max(map(len, rows)) + sum(1 + max(len(name), digits) for name in rows) <= width
    heads = rows if fits else [str(number + 1) for number in range(len(rows))]
    table = columns_table()
    table.add_column("", no_wrap=True, style="dim", overflow="ellipsis")
    for head in heads:
        table.add_column(Text(head), justify="right", no_wrap=True)
    for row, name in enumerate(rows):
        cells = []
        for column, count in enumerate(metrics.confusion[row].tolist()):
            style = "bold green" if row == column else "red" if count else "dim"
            cells.append(Text(f"{count}" if count else "·", style=style))
        table.add_row(Text(name if fits else f"{heads[row]:>2} {name}"), *cells)
    return table


def _confusions(names: Sequence[str], metrics: Metrics, pairs: Sequence[Confusion], width: int) -> Table:
    """Names are as long as a line of `width` characters has room for."""
    table = Table.grid(
        Column(justify="right", no_wrap=True), Column(justify="right", style="dim", no_wrap=True),
        Column(no_wrap=True, overflow="ellipsis"), padding=(0, 2),
    )  # fmt: skip
    letters = max(8, min(_NAME_LETTERS, (width - _BESIDE_NAMES) // 2))
    for pair in pairs:
        true, answer = (shortened(names[index], letters) for index in (pair.true, pair.answer))
        share = pair.images / int(metrics.support[pair.true])
        table.add_row(f"{pair.images:,}", percent(share), Text(f"{true} taken for {answer}"))
    return table
