"""What `cnn learn` prints: the list of lessons, and one of them."""

import sys
from collections.abc import Iterator, Sequence
from textwrap import wrap

from cnncli.cli import plain
from cnncli.lessons.blocks import Code, Lesson, Numbers, Words
from cnncli.lessons.catalogue import CATALOGUE
from cnncli.lessons.draw_text import figure_lines
from cnncli.lessons.figures import Figure
from cnncli.views.terminal import panel_lines
from cnncli.views.tiles import Panel

_WIDEST = 96  # characters of a line of text: longer ones are hard to read
_ROWS = 16  # of a figure
_CODES = {
    "first": "36", "second": "33", "third": "35", "fourth": "34", "fifth": "95", "sixth": "32", "mark": "31",
    "soft": "2", "own": "1",
}  # fmt: skip


def catalogue_lines() -> Iterator[str]:
    """A line for each lesson."""
    width = max(len(entry.name) for entry in CATALOGUE)
    for entry in CATALOGUE:
        yield f"  {entry.name:<{width}}  {entry.shows}"
    yield ""
    yield "cnn learn NAME shows one; --out lesson.html makes a page with controls of it."


def lesson_lines(lesson: Lesson) -> Iterator[str]:
    """The lesson up to its question, in lines that fit the terminal."""
    columns = screen_columns()
    yield heading(lesson.title, "1")
    for block in lesson.blocks:
        yield ""
        if isinstance(block, Words):
            yield from wrap(block.text, columns)
        elif isinstance(block, Figure):
            yield from figure_lines(block, columns, block.rows or _ROWS, plain.can_draw(sys.stdout), _paint)
        elif isinstance(block, Panel):
            yield from panel_lines(block, columns, plain.ink_of(sys.stdout), lambda text: heading(text, "2"))
        elif isinstance(block, Code):
            yield from (f"    {line}".rstrip() for line in block.lines)
        else:
            yield from table_lines(block, columns)
    yield ""
    yield heading("Question", "1")
    yield from wrap(lesson.question.text, columns)
    for index, choice in enumerate(lesson.question.choices, start=1):
        yield from wrap(choice.text, columns, initial_indent=f"  {index}  ", subsequent_indent="     ")


def judge(lesson: Lesson, answer: int | None) -> Iterator[str]:
    """What is to be said of the answer, and how to go on."""
    question = lesson.question
    yield ""
    if answer is None:
        yield f"Answer with --answer 1 to {len(question.choices)}."
    else:
        choice = question.choices[answer - 1]
        verdict = "Right." if choice.is_right else "No."
        yield from wrap(f"{verdict} {choice.why}", screen_columns())
    yield ""
    yield heading("To go on", "1")
    yield from (f"  {line}" for line in lesson.go_on)


def screen_columns() -> int:
    """Characters of a line of text."""
    return min(_WIDEST, plain.terminal_columns() if sys.stdout.isatty() else 80)


def ask(choices: int) -> int | None:
    """The number that the reader types; None for an empty line or the end of the input."""
    while True:
        try:
            typed = input(f"Your answer, 1 to {choices} (Enter leaves it): ").strip()
        except EOFError:
            return None
        if not typed:
            return None
        if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= choices:
            return int(typed)


def table_lines(block: Numbers, columns: int) -> Iterator[str]:
    """A table below its title; of one with two columns that is too wide the words are broken into lines."""
    yield heading(block.title, "2")
    rows = [list(block.heads), *map(list, block.rows)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(block.heads))]
    if len(widths) == 2 and sum(widths) + 4 > columns:
        for row in rows[1:]:
            yield from wrap(
                row[1], columns, initial_indent=f"  {row[0]:<{widths[0]}}  ", subsequent_indent=" " * (widths[0] + 4)
            )
        return
    for row in rows:
        yield ("  " + _cells(row, widths, block)).rstrip()


def _cells(row: Sequence[str], widths: Sequence[int], block: Numbers) -> str:
    """Words at the left, numbers at the right, of a column as its cells below the head are."""
    cells = []
    for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
        cells.append(f"{cell:>{width}}" if block.is_number(index) else f"{cell:<{width}}")
    return "  ".join(cells)


def _paint(text: str, kind: str) -> str:
    return plain.style(text, _CODES[kind], plain.can_colour(sys.stdout))


def heading(text: str, code: str) -> str:
    """The text in an ANSI style, where stdout shows such."""
    return plain.style(text, code, plain.can_colour(sys.stdout))
