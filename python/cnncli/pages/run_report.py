"""The page of a training, `report.html` in its run folder. Plain values in, HTML out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cnncli.measures.intervals import wilson
from cnncli.pages.html import Markup, command_line, element, page, table
from cnncli.pages.training_parts import Content, card, how_made, listed, training_curves
from cnncli.shown import percent


@dataclass(frozen=True)
class RunReport:
    """All that the page shows.

    title : what was trained on what; lead : one sentence; samples : "images" or "rows"
    test, validation : (samples, loss, accuracy or None); None where there are no such samples
    loss, accuracy : in training, of the epoch that was kept
    history, best_epoch, made, command : as of `Report`
    warnings, notes : lines
    left_aside : what of the data was not used, with counts
    dead : (layer, units, of which dead) of layers that have dead units
    more, next : a command that says more, and before it what that is
    version : of the program
    """

    title: str
    lead: str
    samples: str
    test: tuple[int, float, float | None] | None
    validation: tuple[int, float, float | None] | None
    loss: float
    accuracy: float | None
    history: Sequence[dict[str, Any]]
    best_epoch: int | None
    made: Sequence[tuple[str, str]]
    command: str | None
    warnings: Sequence[str]
    notes: Sequence[str]
    left_aside: dict[str, int]
    dead: Sequence[tuple[str, int, int]]
    more: str
    next: str
    version: str


def run_page(report: RunReport) -> str:
    """The whole page."""
    lead = [
        element("p", report.lead, class_="soft"),
        *(element("p", line, class_="note", role="note") for line in report.warnings),
    ]
    sections: list[tuple[str, str, Content]] = [
        ("Result", "result", _result(report)),
        ("Curves", "training", training_curves(report.history, report.best_epoch)),
        ("Data", "data", _data(report)),
        ("How it was made", "made", how_made(report.made, report.command)),
    ]
    end = f"Made by cnn train, version {report.version}. The page loads nothing and sends nothing."
    return page(report.title, lead, sections, end)


def _result(report: RunReport) -> Content:
    cards: list[Markup] = []
    for name, measured in (("test", report.test), ("validation", report.validation)):
        if measured is None:
            continue
        count, loss, accuracy = measured
        words, chose = f"{count:,} {report.samples}", "; they chose the epoch" if name == "validation" else ""
        if accuracy is None:
            cards.append(card(f"{name} loss", f"{loss:.4g}", words + chose, is_main=not cards))
            continue
        right = round(accuracy * count)
        low, high = wilson(right, count)
        sure = (
            f"{percent(low)} to {percent(high)} with 95 % confidence; {count - right:,} of {words} wrong{chose}; "
            f"loss {loss:.4g}"
        )
        cards.append(card(f"{name} accuracy", percent(accuracy), sure, is_main=not cards))
    kept = "during the epoch that was kept"
    if report.accuracy is not None:
        cards.append(card("training accuracy", percent(report.accuracy), f"{kept}; loss {report.loss:.4g}"))
    else:
        cards.append(card("training loss", f"{report.loss:.4g}", kept))
    said: Content = [element("div", *cards, class_="cards")]
    if report.test is None:
        words = f"There are no test {report.samples}: nothing here was measured on new ones."
        said.append(element("p", words, class_="note"))
    if report.dead:
        rows = [(name, f"{units:,}", f"{dead:,}") for name, units, dead in report.dead]
        said.append(table(f"Units that never answered in all {report.samples}", ("layer", "units", "dead"), rows))
    return [*said, element("p", f"{report.more}:"), command_line(report.next)]


def _data(report: RunReport) -> Content:
    said: Content = []
    said += listed("How it was prepared", report.notes)
    if report.left_aside:
        rows = [(what, f"{count:,}") for what, count in report.left_aside.items()]
        said.append(table("Left aside", ("what", "number"), rows))
    return said or [element("p", "All of the data was used as it is.")]
