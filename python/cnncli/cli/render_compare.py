"""What `cnn compare` prints."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from cnncli.cli.render import columns_table, facts_table, print_table, stdout_console
from cnncli.cli.render_eval import SEEN, interval_facts, which_images
from cnncli.cli.streams import fitted
from cnncli.model.compare import Comparison
from cnncli.model.evaluate import Evaluation
from cnncli.shown import percent, printable, shortened

_CLASSES = 10
_NAME_LETTERS = 40


def comparison_facts(comparison: Comparison) -> dict[str, Any]:
    """All of it for `--json`."""
    paired, one = comparison.paired, comparison.first
    return {
        "data": one.data,
        "part": one.part,
        "samples": paired.samples,
        "first": _model_facts(one),
        "second": _model_facts(comparison.second),
        "both_right": paired.both,
        "only_first_right": paired.only_first,
        "only_second_right": paired.only_second,
        "neither_right": paired.neither,
        "answers_differ": comparison.answers_differ,
        "difference": paired.difference,
        "difference_interval": interval_facts(paired.interval),
        "p_value": paired.p_value,
        "is_exact": paired.is_exact,
        "is_real": comparison.is_real,
        "classes": [
            {
                "class": row.name,
                "samples": row.images,
                "only_first_right": row.only_first,
                "only_second_right": row.only_second,
            }
            for row in comparison.classes
        ],
        "notes": [note.text for note in one.notes],
    }


def _model_facts(evaluation: Evaluation) -> dict[str, Any]:
    metrics = evaluation.metrics
    return {
        "model": evaluation.model,
        "accuracy": metrics.accuracy,
        "accuracy_interval": interval_facts(metrics.interval),
        "loss": metrics.loss,
        "trained_on": evaluation.trained_on,
    }


def show_comparison(comparison: Comparison, written: Sequence[str] = ()) -> None:
    """Both accuracies, where the models differ, and last whether one is better."""
    console, paired = stdout_console(), comparison.paired
    one, other = comparison.first, comparison.second
    console.print(Text(f"on {_which_images(one, other)}"))
    console.print()
    rows = []
    for name, evaluation in (("A", one), ("B", other)):
        low, high = evaluation.metrics.interval
        accuracy = percent(evaluation.metrics.accuracy)
        rows.append((name, f"{printable(evaluation.model)}: accuracy {accuracy} ({percent(low)} to {percent(high)})"))
    counts = (
        ("both right", paired.both), ("only A right", paired.only_first), ("only B right", paired.only_second),
        ("neither", paired.neither),
    )  # fmt: skip
    rows += [(name, f"{count:,}") for name, count in counts]
    rows.append(("answers", f"{comparison.answers_differ:,} of {paired.samples:,} differ"))
    rows += _difference(comparison)
    print_table(console, facts_table(rows))
    if comparison.classes:
        console.print()
        print_table(console, _class_table(comparison))
    console.print()
    for line in written:
        console.print(Text(printable(line)))
    for evaluation in (one, other):
        if evaluation.trained_on:
            console.print(Text(f"{printable(evaluation.model)}: {SEEN}", style="yellow"))
    console.print(_verdict(comparison))


def _which_images(one: Evaluation, other: Evaluation) -> str:
    """The images that both were measured on, in words."""
    count, data = f"{one.metrics.samples:,}", printable(one.data)
    if one.part == "held-out":
        return f"the {count} training images of {data} that neither was trained on, held out to choose an epoch"
    if one.trained_on or other.trained_on:
        who = "both were" if one.trained_on and other.trained_on else "A was" if one.trained_on else "B was"
        return f"the {count} images of {data} that {who} trained on"
    return which_images(one)


def _class_table(comparison: Comparison) -> Table:
    table = columns_table(3)
    shown = comparison.classes[:_CLASSES]
    more = len(comparison.classes) - len(shown)
    table.add_column("class" if not more else f"class (of {len(comparison.classes):,})", no_wrap=True)
    for heading in ("images", "only A right", "only B right"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in shown:
        name = Text(shortened(fitted(row.name), _NAME_LETTERS), style="bold")
        table.add_row(name, f"{row.images:,}", f"{row.only_first:,}", f"{row.only_second:,}")
    return table


def _difference(comparison: Comparison) -> list[tuple[str, str]]:
    """By how much A is better, and what chance would do."""
    paired = comparison.paired
    if not paired.only_first + paired.only_second:
        return []
    low, high = (100 * end for end in paired.interval)
    exact = " (exact)" if paired.is_exact else ""
    return [
        ("A less B", f"{100 * paired.difference:+.2f} points ({low:+.2f} to {high:+.2f} with 95 % confidence)"),
        ("chance", f"McNemar's test{exact}: p {_p_text(paired.p_value)}"),
    ]


def _verdict(comparison: Comparison) -> Text:
    """Which model is better, in one line."""
    paired = comparison.paired
    if not paired.only_first + paired.only_second:
        return Text("no difference: each image is right for both, or for neither")
    if not comparison.is_real:
        what = "on the border, hardly a real difference" if comparison.is_border else "no real difference is shown"
        return Text(f"{what}: chance alone makes as large a one {_how_often(paired.p_value)}", style="bold yellow")
    name = "A" if paired.difference > 0 else "B"
    seen = [one.trained_on for one in (comparison.first, comparison.second)]
    where = f", on images that {'both have' if all(seen) else 'one of them has'} seen" if any(seen) else ""
    return Text(f"{name} is better by {abs(100 * paired.difference):.2f} points{where}", style="bold green")


def _how_often(p_value: float) -> str:
    """
    >>> _how_often(0.0501), _how_often(0.3), _how_often(0.51), _how_often(1.0)
    ('about one time in 20', 'about one time in 3', 'more often than not', 'more often than not')
    """
    return "more often than not" if p_value > 0.5 else f"about one time in {1 / p_value:.0f}"


def _p_text(value: float) -> str:
    """
    >>> _p_text(0.03125), _p_text(1e-9), _p_text(1.0)
    ('= 0.0312', '< 0.0001', '= 1')
    """
    return "< 0.0001" if value < 1e-4 else f"= {value:.3g}"
