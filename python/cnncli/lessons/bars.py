"""Numbers as rows of a figure: a line from 0 with a dot at its end, and the number beside it."""

from collections.abc import Callable, Sequence

from cnncli.lessons.figures import Dots, Figure, Label, Line, Part


def row_figure(
    title: str, names: Sequence[str], series: Sequence[tuple[str, str, Sequence[float]]],
    text: Callable[[float], str], notes: Sequence[str] = (),
) -> Figure:  # fmt: skip
    """A row for each name, from above; of each series a line in it.

    series : (kind, name, values of at least 0); text : of a value, beside its line
    """
    most = max((value for _, _, values in series for value in values), default=0.0) or 1.0
    parts: list[Part] = []
    lower = min(0.2, 0.027 * len(names))  # half of a letter's height on a page
    for index, (kind, name, values) in enumerate(series):
        shift = 0.0 if len(series) == 1 else 0.25 - 0.5 * index / (len(series) - 1)
        for row, value in enumerate(values):
            y = shift - row
            parts.append(Line([(0.0, y), (value, y)], kind, name))
            parts.append(Dots([(value, y)], kind))
            parts.append(Label((value + 0.045 * most, y - lower), text(value), kind))
    for row, name in enumerate(names):  # at the height of the first series
        parts.append(Label((-0.24 * most, -row + (0.25 if len(series) > 1 else 0.0) - lower), name[:14], "soft"))
    rows = len(names) * (1 if len(series) == 1 else 2)
    return Figure(
        title, (-0.25 * most, most * 1.2), (-len(names) + 0.5, 0.5), parts, notes=notes, bare=True, rows=rows
    )
