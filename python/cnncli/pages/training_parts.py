"""Parts of a page that tell of a training: its curves and numbers, and how it was made."""

from collections.abc import Sequence
from typing import Any

from cnncli.pages.charts import Line, line_chart
from cnncli.pages.html import Markup, command_line, element, facts, table
from cnncli.shown import percent

_EPOCHS = 200

Content = list[object]


def card(name: str, value: str, words: str, is_main: bool = False) -> Markup:
    """A number with its name above it and what it means below."""
    kind = "card main" if is_main else "card"
    return element("div", name, element("b", value), element("span", words, class_="soft"), class_=kind)


def listed(title: str, lines: Sequence[str]) -> Content:
    """Lines under a title of their own; nothing without lines."""
    if not lines:
        return []
    if len(lines) == 1:
        return [element("h3", title), element("p", lines[0])]
    return [element("h3", title), element("ul", *(element("li", line) for line in lines))]


def training_curves(history: Sequence[dict[str, Any]], best_epoch: int | None) -> Content:
    """The losses and accuracies of a training as charts, and as a table that is folded away.

    history : for each epoch "epoch" and measures; best_epoch : the one that was kept
    """
    marked = None
    if best_epoch is not None and len(history) > 1:
        marked = (float(best_epoch), f"kept: epoch {best_epoch}")
    charts = []
    for title, measure, as_percent in (("loss", "loss", False), ("accuracy", "accuracy", True)):
        lines = [
            Line(name, [(float(facts["epoch"]), facts[key]) for facts in history if key in facts])
            for name, key in (("training", measure), ("validation", f"validation_{measure}"))
        ]
        chart = line_chart(f"{title} by epoch", lines, x_name="epoch", as_percent=as_percent, marked=marked)
        charts += [element("figure", chart)] if chart else []
    return [
        element("div", *charts, class_="pair"),
        element("details", element("summary", "The numbers of each epoch"), *_epochs(history)),
    ]


def _epochs(history: Sequence[dict[str, Any]]) -> Content:
    shown = history[-_EPOCHS:]
    columns = (
        ("loss", "loss", False), ("accuracy", "accuracy", True), ("validation loss", "validation_loss", False),
        ("validation accuracy", "validation_accuracy", True), ("rate", "learning_rate", False),
    )  # fmt: skip
    there = [column for column in columns if any(column[1] in facts for facts in shown)]
    rows = [
        (f"{facts['epoch']:,}", *(_measure(facts.get(key), as_percent) for _, key, as_percent in there))
        for facts in shown
    ]
    caption = "Each epoch" if len(shown) == len(history) else f"The last {_EPOCHS} of {len(history):,} epochs"
    if history and len(history) < history[-1]["epoch"]:
        caption = f"The last {len(shown)} of {len(history):,} that are recorded, of {history[-1]['epoch']:,} epochs"
    return [table(caption, ("epoch", *(name for name, _, _ in there)), rows)]


def _measure(value: float | None, as_percent: bool) -> str:
    return "–" if value is None else percent(value) if as_percent else f"{value:.4g}"


def how_made(made: Sequence[tuple[str, str]], command: str | None) -> Content:
    """Names and values, and the command that repeats it."""
    content: Content = [facts(made)]
    if command is not None:
        words = "cnn replay trains the model again and says whether the same comes of it."
        content += [element("h3", "The command that repeats the training"), command_line(command)]
        content.append(element("p", words, class_="soft"))
    return content
