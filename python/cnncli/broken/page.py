"""A broken training and its twin as one page that loads nothing."""

from collections.abc import Sequence

from cnncli.broken.cases import Case
from cnncli.doctor.finding import Finding
from cnncli.doctor.kinds import KINDS
from cnncli.lessons.draw_svg import figure_svg
from cnncli.lessons.figures import Figure
from cnncli.lessons.page import LESSON_STYLE
from cnncli.pages.html import Markup, element, page, text
from cnncli.shown import percent
from cnncli.version import __version__

_STYLE = ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:1.5rem 2rem}"


def case_page(
    case: Case, lead: str, drawn: Sequence[Figure], broken: Sequence[Finding], healthy: Sequence[Finding]
) -> str:
    """The whole page. lead : what was trained on what; broken, healthy : what the doctor says of the twins"""
    figures = element("div", *map(figure_svg, drawn), class_="figures")
    said = [*(_finding(one) for one in broken)] or [element("p", "Nothing found.")]
    twin = [_finding(one) for one in healthy] or [element("p", "Of the healthy twin: nothing found.")]
    sections = [
        ("Curves", "curves", [figures]),
        ("What to look for", "look", [element("p", case.look)]),
        ("Why", "why", [element("p", case.why)]),
        ("How to mend it", "mend", [element("p", case.mend)]),
        ("The lines", "lines", [
            element("h3", "The mistake"), _lines(case.wrong),
            element("h3", "Mended"), _lines(case.right),
        ]),
        ("What cnn doctor says", "doctor", [*said, *twin]),
    ]  # fmt: skip
    style = element("style", Markup(LESSON_STYLE + _STYLE))
    intro = [element("p", lead, class_="soft"), element("p", f"A broken training: {case.shows}."), style]
    end = f"Both trainings ran when cnn break {case.name}, version {__version__}, made this page. It loads nothing."
    return page(case.title, intro, sections, end)


def _lines(code: str) -> Markup:
    """Lines of code as they stand."""
    return element("pre", Markup("\n".join(map(text, code.splitlines()))))


def _finding(one: Finding) -> Markup:
    kind = KINDS[one.kind]
    rows = [
        element("li", f"{'' if fact.epoch is None else f'epoch {fact.epoch}: '}{fact.text}") for fact in one.evidence
    ]
    head = element("p", element("b", f"{percent(one.likelihood, 0)}, {one.kind}: "), f"{kind.means}.")
    return element("div", head, element("ul", *rows), element("p", f"What to do: {kind.remedy}."))
