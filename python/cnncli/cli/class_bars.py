"""The classes of a training as bars: how much of each one's validation images is right."""

from collections.abc import Sequence

from rich.text import Text

from cnncli.cli.bars import bar
from cnncli.cli.streams import fitted
from cnncli.shown import percent, shortened

MOST_CLASSES = 20  # of more, bars would take the screen
_LETTERS, _BAR, _GAP = 12, 10, "   "
_PERCENT = 5  # characters of "100 %"


def lines_for(classes: int, width: int) -> int:
    """How many lines the bars of so many classes take at most."""
    return -(-classes // _columns(_LETTERS, width)) + 1


def class_bars(
    names: Sequence[str], recalls: Sequence[float | None], width: int, encoding: str
) -> Text | None:
    """The bars, in columns that fit into `width` characters, the least one marked; None for too many classes.

    recalls : of each class the share that is right, None for one without images, as far as classes were seen
    """
    if not 1 < len(names) <= MOST_CLASSES:
        return None
    names = [fitted(name, encoding) for name in names]
    letters = min(_LETTERS, max(map(len, names)))
    known = [*recalls, *[None] * len(names)]
    least = min((share for share in known if share is not None), default=None)
    columns = _columns(letters, width)
    rows = -(-len(names) // columns)
    lines = [Text("right of each class, validation", style="dim")]
    for row in range(rows):
        line = Text()
        for place in range(row, len(names), rows):
            line.append(_GAP if line.plain else "")
            _add_cell(line, shortened(names[place], letters), letters, known[place], least, encoding)
        line.rstrip()
        lines.append(line)
    return Text("\n").join(lines)


def _columns(letters: int, width: int) -> int:
    cell = letters + 1 + _BAR + 1 + _PERCENT
    return max(1, (width + len(_GAP)) // (cell + len(_GAP)))


def _add_cell(
    line: Text, name: str, letters: int, share: float | None, least: float | None, encoding: str
) -> None:
    line.append(f"{name:<{letters}} ")
    is_least = share is not None and share == least and share < 1
    drawn = "" if share is None else bar(share, 1.0, _BAR, encoding)
    line.append(f"{drawn:<{_BAR}}", style="yellow" if is_least else "cyan")
    words = "-" if share is None else percent(share, 0)
    line.append(f" {words:>{_PERCENT}}", style="bold yellow" if is_least else "")
