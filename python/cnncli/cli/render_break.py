"""What `cnn break` prints."""

import sys
from collections.abc import Iterator
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from cnncli.broken.cases import CASES, Case
from cnncli.broken.figures import figures
from cnncli.cli import plain
from cnncli.cli.render_doctor import finding_facts, finding_lines
from cnncli.doctor.examine import findings
from cnncli.doctor.facts import RunFacts
from cnncli.lessons.draw_text import figure_lines
from cnncli.lessons.figures import Figure

if TYPE_CHECKING:
    from cnncli.broken.pair import Source

_WIDEST = 96  # characters of a line of text
_ROWS = 12  # of a figure
_CODES = {"first": "36", "second": "33", "third": "35", "mark": "31", "soft": "2"}


def list_lines() -> Iterator[str]:
    """A line for each case."""
    width = max(len(case.name) for case in CASES)
    for case in CASES:
        yield f"  {case.name:<{width}}  {case.shows}"
    yield ""
    yield "cnn break CASE trains it and a healthy twin; cnn doctor finds it in your runs."


def case_facts(case: Case, broken: RunFacts, healthy: RunFacts) -> dict[str, Any]:
    """For `--json`."""
    twins = {}
    for name, run in (("of_broken", broken), ("of_healthy", healthy)):
        twins[name] = {
            "epochs": len(run.history),
            "loss": _last(run, "loss"),
            "validation_accuracy": _last(run, "validation_accuracy"),
            "findings": [finding_facts(one) for one in findings(run)],
        }
    return {"case": case.name, "title": case.title, **twins}


def _last(run: RunFacts, name: str) -> float | None:
    measured = run.measures(name)
    return measured[-1][1] if measured else None


def case_lines(case: Case, broken: RunFacts, healthy: RunFacts, source: "Source") -> Iterator[str]:
    """The curves, the words, and what the doctor says."""
    yield _style(case.title, "1")
    yield _what(source)
    drawn = figures(case.name, broken, healthy)
    columns = _columns()
    yield ""
    yield from _beside(drawn[:2], columns)
    for figure in drawn[2:]:
        yield ""
        yield from _drawn(figure, min(columns, 78))
    for head, text in (("What to look for", case.look), ("Why", case.why), ("How to mend it", case.mend)):
        yield ""
        yield _style(head, "1")
        yield from wrap(text, columns, break_on_hyphens=False)
    for head, lines in (("The mistake", case.wrong), ("Mended", case.right)):
        yield ""
        yield _style(head, "1")
        yield from (f"    {line}" for line in lines.splitlines())
    yield ""
    yield _style("What cnn doctor says of the broken one", "1")
    of_broken = findings(broken)
    if not of_broken:
        yield "Nothing found: with this network, data and so many epochs it does no harm that shows."
    for one in of_broken:
        yield from finding_lines(one, shows=False)
    of_twin = findings(healthy)
    yield "Of its healthy twin: nothing found." if not of_twin else "Of its healthy twin:"
    for one in of_twin:
        yield from finding_lines(one)


def write_page(path: str, case: Case, broken: RunFacts, healthy: RunFacts, source: "Source") -> None:
    """The same as a page."""
    from cnncli.broken.page import case_page
    from cnncli.storage.files import write_atomically

    drawn = figures(case.name, broken, healthy)
    write_atomically(path, case_page(case, _what(source), drawn, findings(broken), findings(healthy)).encode())


def _what(source: "Source") -> str:
    train = source.dataset.train
    images = min(source.most[0], 0 if train is None else len(train))
    return f"{source.settings.architecture} on {images:,} images of {source.dataset.name}, seed {source.settings.seed}"


def _beside(drawn: list[Figure], columns: int) -> Iterator[str]:
    """Two figures side by side where there is room."""
    if columns < 70 or len(drawn) < 2:
        for figure in drawn:
            yield from _drawn(figure, columns)
        return
    half = columns // 2 - 1
    left, right = (list(_drawn(figure, half)) for figure in drawn)
    for one, other in zip_longest(left, right, fillvalue=""):
        yield f"{one}{' ' * (half + 2 - _width(one))}{other}".rstrip()


def _drawn(figure: Figure, columns: int) -> Iterator[str]:
    yield from figure_lines(figure, columns, _ROWS, plain.can_draw(sys.stdout), _paint)


def _width(line: str) -> int:
    """Characters of a line but for what colours it."""
    import re

    return len(re.sub(r"\x1b\[[0-9;]*m", "", line))


def _columns() -> int:
    return min(_WIDEST, plain.terminal_columns() if sys.stdout.isatty() else 80)


def _paint(text: str, kind: str) -> str:
    return plain.style(text, _CODES[kind], plain.can_colour(sys.stdout))


def _style(text: str, code: str) -> str:
    return plain.style(text, code, plain.can_colour(sys.stdout))
