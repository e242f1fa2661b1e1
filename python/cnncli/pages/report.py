"""The page of an evaluation: `cnn eval --report`. Plain values in, HTML out; what is left out to bound it is said."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cnncli.measures.calibration import Calibration
from cnncli.measures.classification import Metrics
from cnncli.measures.intervals import Interval, wilson
from cnncli.pages.charts import calibration_chart
from cnncli.pages.html import Markup, Words, element, empty, page, scrolling, table, unbroken
from cnncli.pages.training_parts import card, how_made, listed, training_curves
from cnncli.shown import percent, shortened

MOST_MISTAKES = 120  # in the gallery
_MATRIX_CLASSES = 60
_ROOMY_CLASSES = 20
_FEW_CLASSES = 5  # whose names stand over the columns of the matrix though they are words
_BESIDE_CLASSES, _BESIDE_LETTERS = 12, 12  # of so small a matrix the list stands at its side
_TABLE_CLASSES = 1000
_CONFUSIONS = 10
_NAME_LETTERS = 48
_SMALL_PIXELS = 64  # images that are enlarged square by square

Content = list[object]


@dataclass(frozen=True)
class Mistake:
    """file : its name; label, answer : names, the answer None if no glyph was found; probability : of the answer
    truth : the probability of the label; image : data URI of what the network saw, None without; pixels : of its longer
    side"""

    file: str
    label: str
    answer: str | None
    probability: float
    truth: float
    image: str | None
    pixels: int


@dataclass(frozen=True)
class EvalReport:
    """All that the page shows.

    model, title : the file, and what network it is; images : which ones were measured, in words
    warning : of images that the model was trained on; "" else
    mistakes : the first of them, at most MOST_MISTAKES; metrics tells how many there are
    history : for each epoch "epoch" and measures
    made, recipe, left_aside : names and values; command : that repeats the training
    notes : on the pictures that were measured
    version : of the program
    """

    model: str
    title: str
    images: str
    warning: str
    class_names: Sequence[str]
    metrics: Metrics
    calibration: Calibration
    mistakes: Sequence[Mistake]
    history: Sequence[dict[str, Any]]
    best_epoch: int | None
    made: Sequence[tuple[str, str]]
    command: str | None
    notes: Sequence[str]
    version: str
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", [shortened(name, _NAME_LETTERS) for name in self.class_names])


def report_page(report: EvalReport) -> str:
    """The whole page."""
    lead = [
        element("p", f"{report.title}, measured on {report.images}.", class_="soft"),
        *([element("p", report.warning, class_="note", role="note")] if report.warning else []),
    ]
    sections: list[tuple[str, str, Content]] = [
        ("Result", "result", _result(report)),
        ("Classes", "classes", _classes(report)),
        ("What is taken for what", "confusion", _confusion(report)),
        ("Are the probabilities true?", "calibration", _calibration(report)),
        ("Mistakes", "mistakes", _mistakes(report)),
    ]
    if report.history:
        sections.append(("Training", "training", training_curves(report.history, report.best_epoch)))
    sections.append(("How it was made", "made", how_made(report.made, report.command)))
    end = f"Made by cnn eval --report, version {report.version}. The page loads nothing and sends nothing."
    return page(f"What {report.model} is worth", lead, sections, end)


def _result(report: EvalReport) -> Content:
    metrics = report.metrics
    wrong = metrics.samples - metrics.right
    sure = f"{_range(metrics.interval)} with 95 % confidence; {wrong:,} of {metrics.samples:,} wrong"
    cards = [element("div", "accuracy", element("b", percent(metrics.accuracy)), sure, class_="card main")]
    if not metrics.is_balanced:
        words = "the mean recall of the classes, as if each had as many images"
        cards.append(card("balanced accuracy", percent(metrics.balanced_accuracy), words))
    if not math.isnan(report.calibration.error):
        cards.append(card("calibration error", percent(report.calibration.error), "ECE of 15 bins; 0 is best"))
    cards.append(card("mean F1 of the classes", percent(metrics.means()[2]), "each class counts alike"))
    cards.append(card("loss", f"{metrics.loss:.4g}", "the smaller, the better"))
    if metrics.unanswered:
        cards.append(card("without an answer", f"{metrics.unanswered:,}", "no glyph was found; they count as wrong"))
    return [element("div", *cards, class_="cards"), *listed("How the images were prepared", report.notes)]


def _range(interval: Interval) -> str:
    return f"{percent(interval.low)} to {percent(interval.high)}"


def _classes(report: EvalReport) -> Content:
    metrics = report.metrics
    order: Sequence[int] = range(len(report.names))
    said: Content = []
    if len(report.names) > _TABLE_CLASSES:
        there = [index for index in order if metrics.support[index]]
        order = sorted(there, key=lambda index: float(metrics.f1[index]))[:_TABLE_CLASSES]
        said = [element("p", f"The {len(order):,} classes with the lowest F1 of {len(report.names):,}.")]
    rows = []
    for index in order:
        found, images = int(metrics.confusion[index, index]), int(metrics.support[index])
        recall = percent(metrics.recall[index])
        low, high = (percent(end) for end in wilson(found, images))
        sure = [" ", unbroken(f"({low} to"), " ", unbroken(f"{high})")] if images else []
        rows.append(
            (_name(report, index), percent(metrics.precision[index]), element("span", recall, _roomy(*sure)),
             percent(metrics.f1[index]), f"{images:,}")
        )  # fmt: skip
    foot = [("mean of classes", *map(percent, metrics.means()), "")]
    if not metrics.is_balanced:
        foot.append(("mean of images", *map(percent, metrics.means(weighted=True)), ""))
    caption = "Precision: share of a class's answers that are right. Recall: share of its images that are found."
    recall_head = element("span", "recall", _roomy(" ", unbroken("(95 % interval)")))
    return [*said, table(caption, ("class", "precision", recall_head, "F1", "images"), rows, foot)]


def _roomy(*words: str) -> Markup:
    """What a narrow screen has below the number, and smaller."""
    return element("span", *words, class_="soft roomy")


def _name(report: EvalReport, index: int) -> Markup:
    return element("span", report.names[index], title=report.class_names[index][:400])


def _confusion(report: EvalReport) -> Content:
    shown: Content = []
    pairs = report.metrics.most_confused(_CONFUSIONS)
    if len(report.names) <= _MATRIX_CLASSES:
        shown.append(element("div", _matrix(report)))
    else:
        words = f"A matrix of {len(report.names):,} classes fits no page; these are its largest numbers."
        shown.append(element("p", words))
    if pairs:
        rows = [
            (_name(report, pair.true), Words(_name(report, pair.answer)), f"{pair.images:,}",
             percent(pair.images / int(report.metrics.support[pair.true])))
            for pair in pairs
        ]  # fmt: skip
        heads = ("class", Words("taken for"), "images", "share of the class")
        shown.append(element("div", table("Pairs of classes that are confused most often", heads, rows)))
    else:
        shown.append(element("p", "No class is taken for another one."))
    is_small = len(report.names) <= _BESIDE_CLASSES and max(map(len, report.names)) <= _BESIDE_LETTERS
    return [element("div", *shown, class_="beside" if is_small else None)]


def _matrix(report: EvalReport) -> Markup:
    """A table, so that it is read aloud cell by cell; columns have numbers in place of long names."""
    metrics, names = report.metrics, report.names
    is_short = max(map(len, names)) <= (_BESIDE_LETTERS if len(names) <= _FEW_CLASSES else 3)
    heads = names if is_short else [str(index + 1) for index in range(len(names))]
    head = [element("th", "true \\ answer", scope="col")]
    head += [
        element("th", element("abbr", words, title=names[index]) if not is_short else words, scope="col")
        for index, words in enumerate(heads)
    ]
    rows = []
    for index, line in enumerate(metrics.confusion.tolist()):
        label = names[index] if is_short else f"{heads[index]} {_middle_left_out(names[index])}"
        cells = [_cell(report, index, column, count) for column, count in enumerate(line)]
        rows.append(element("tr", element("th", label, scope="row"), *cells))
    words = "Rows are the true classes, columns the answers; the stronger the colour, the larger the share of the row."
    content = element(
        "table", element("caption", words), element("thead", element("tr", *head)), element("tbody", *rows),
        class_="matrix dense" if len(names) > _ROOMY_CLASSES else "matrix",
    )  # fmt: skip
    return scrolling(content, "Confusion matrix")


def _middle_left_out(name: str) -> str:
    """Both ends of a long name: classes often differ in the last letters only."""
    return name if len(name) <= 24 else f"{name[:13]}…{name[-10:]}"


def _cell(report: EvalReport, row: int, column: int, count: int) -> Markup:
    if not count:
        return element("td", "·" if row != column else "0", class_="zero")
    share = count / max(1, int(report.metrics.support[row]))
    names = report.names
    said = f"{count:,} of {names[row]} " + ("found" if row == column else f"taken for {names[column]}")
    kind = "right" if row == column else "wrong"
    return element("td", f"{count:,}", class_=kind, style=f"--share:{share:.3f}", title=said)


def _calibration(report: EvalReport) -> Content:
    curve = report.calibration
    if not curve.count.sum():
        return [element("p", "There is no answer, and so no probability.")]
    count, bins = curve.count.tolist(), len(curve.count)
    rows = [
        (f"{100 * index / bins:.0f} to {100 * (index + 1) / bins:.0f} %", f"{count[index]:,}",
         percent(curve.probability[index]), percent(curve.accuracy[index]))
        for index in range(bins) if count[index]
    ]  # fmt: skip
    words = (
        "Of the answers that were given with 80 %, 80 % should be right: on the dotted line probabilities are true, "
        "below it the model is too sure, above it not sure enough. The expected calibration error, the mean distance "
        f"from the line with each bin counted by its answers, is {percent(curve.error)} (Guo et al. 2017)."
    )
    numbers = table("Answers by their probability", ("probability", "answers", "mean probability", "right"), rows)
    return [
        element("p", words),
        element("figure", calibration_chart(curve)),
        element("details", element("summary", "The numbers of the curve"), numbers),
    ]


def _mistakes(report: EvalReport) -> Content:
    wrong = report.metrics.samples - report.metrics.right
    if not wrong:
        return [element("p", f"None: all {report.metrics.samples:,} answers are right.")]
    shown = len(report.mistakes)
    words = f"All {wrong:,}" if shown == wrong else f"{shown:,} of {wrong:,}"
    rest = "" if shown == wrong else " The others are left out here; --mistakes DIR copies all files, --csv lists them."
    lead = f"{words}, those first of which the model was most sure, as the network saw them.{rest}"
    return [element("p", lead), element("ul", *map(_tile, report.mistakes), class_="gallery")]


def _tile(mistake: Mistake) -> Markup:
    label, answer = shortened(mistake.label, _NAME_LETTERS), shortened(mistake.answer or "no answer", _NAME_LETTERS)
    file = shortened(mistake.file, 80)
    parts: Content = []
    if mistake.image is not None:
        kind, said = "small" if mistake.pixels <= _SMALL_PIXELS else None, f"{file}, a {label} taken for {answer}"
        parts.append(empty("img", src=Markup(mistake.image), alt=said, loading="lazy", class_=kind))
    if mistake.answer is None:
        parts += [element("span", "no glyph found", class_="answer"), empty("br"), f"label {label}"]
    else:
        sure, truth = (unbroken(f"({percent(share, 1)})") for share in (mistake.probability, mistake.truth))
        parts += [element("span", f"answer {answer} ", sure, class_="answer"), empty("br"), f"label {label} ", truth]
    return element("li", *parts, element("span", file, class_="file", title=mistake.file[:400]))
