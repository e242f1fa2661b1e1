"""What `cnn data` prints of the faults of a data set."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from cnncli.cli.render import duration, facts_table, print_line, print_table
from cnncli.data.inspection.inspection import DataFinding, Inspection
from cnncli.data.inspection.looks import Looks
from cnncli.data.raw import PARTS
from cnncli.shown import format_shape, printable, shortened

_EXAMPLES = 3
_MEMBERS = 3  # of a group that are named
_SIZES = 3
_LETTERS = 60


class Names:
    """What pictures are called: files as seen from the folder that the data set lies in.

    place : of the data set
    """

    def __init__(self, looks: Looks, class_names: Sequence[str], place: str) -> None:
        path = Path(place)
        self._looks, self._class_names = looks, class_names
        self._base = os.path.abspath(path if path.is_dir() else path.parent) + os.sep  # noqa: PTH100

    def __call__(self, number: int) -> str:
        """The name of a picture, as it is."""
        name: str = self._looks.names(number)
        return _below(self._base, name)

    def label(self, number: int) -> str:
        """The class of a picture."""
        return self._class_names[int(self._looks.label[number])]

    def part(self, number: int) -> str:
        """The part of a picture."""
        return PARTS[self._looks.part[number]]


def _below(base: str, name: str) -> str:
    """A file as it is seen from a folder; a name without folders as it is."""
    whole = os.path.abspath(name) if os.sep in name else name  # noqa: PTH100
    return str(whole[len(base) :]) if whole.startswith(base) else name


def inspection_facts(inspection: Inspection, names: Names) -> dict[str, Any]:
    """The findings for `--json`."""
    balance = inspection.imbalance
    return {
        "sizes": [{"height": size[0], "width": size[1], "pictures": count} for size, count in inspection.sizes],
        "colours": [{"colour": name, "pictures": count} for name, count in inspection.colours.items()],
        "imbalance": None
        if balance is None
        else {"ratio": balance.ratio, "largest": balance.largest[0], "smallest": balance.smallest[0],
              "balance": balance.remedy or None},
        "found": [
            {"kind": one.kind, "count": one.count, "text": one.text, "remedy": one.remedy or None,
             "groups": [[_member(names, number) for number in group] for group in one.groups]}
            for one in inspection.findings
        ],
    }  # fmt: skip


def _member(names: Names, number: int) -> dict[str, str]:
    return {"name": names(number), "part": names.part(number), "class": names.label(number)}


def show_inspection(console: Console, inspection: Inspection, names: Names, seconds: float) -> None:
    """A line for each kind of fault with some examples, or that there is none."""
    count = len(inspection.looks)
    console.print()
    print_table(console, facts_table([("sizes", _sizes(inspection)), ("colours", _colours(inspection))]))
    console.print()
    heading = f"checked {count:,} pictures in {duration(seconds)}"
    if not inspection.findings:
        nothing = "no doubles, no picture in two parts or under two labels, none empty"
        print_line(console, Text.assemble((heading, "dim"), ("  nothing found", "bold green"), (f": {nothing}", "dim")))
    else:
        console.print(Text(f"{heading}, and found", style="dim"))
    for finding in inspection.findings:
        remedy = f"; {finding.remedy}" if finding.remedy else ""
        print_line(console, Text.assemble(("! ", "bold yellow"), (printable(finding.text), "bold"), printable(remedy)))
        for line in _examples(finding, names, console.width - 4):
            console.print(Text(f"    {line}", style="dim"))
    for note in inspection.notes:
        console.print(Text(note, style="dim"))


def _sizes(inspection: Inspection) -> str:
    sizes = inspection.sizes
    if len(sizes) == 1:
        return f"all {format_shape(sizes[0][0])}"
    if not sizes:
        return "none"
    if len(sizes) <= _SIZES:
        return ", ".join(f"{format_shape(size)} ({count:,})" for size, count in sizes)
    by_pixels = sorted((size for size, _ in sizes), key=lambda size: size[0] * size[1])
    most, count = sizes[0]
    return (
        f"{len(sizes):,} different, {format_shape(by_pixels[0])} to {format_shape(by_pixels[-1])}; most often "
        f"{format_shape(most)} ({count:,})"
    )


def _colours(inspection: Inspection) -> str:
    found = inspection.colours
    return f"all {next(iter(found))}" if len(found) == 1 else ", ".join(f"{n:,} {name}" for name, n in found.items())


def _examples(finding: DataFinding, names: Names, width: int) -> Iterable[str]:
    """Some of its pictures by name: those of a group in one line."""
    alone = [group[0] for group in finding.groups if len(group) == 1]
    if alone:
        yield _fitting([shortened(names(number), _LETTERS) for number in alone], ", ", width)
        return
    shows_class, between = finding.kind.endswith("two-labels"), " ~ " if finding.kind.startswith("near-") else " = "
    for group in finding.groups[:_EXAMPLES]:
        chosen = _chosen(finding, group, names)
        words = [_word(names, number, shows_class) for number in chosen[:_MEMBERS]]
        more = f" and {len(group) - len(words):,} more" if len(group) > len(words) else ""
        yield _fitting(words, between, width - len(more)) + more
    if len(finding.groups) > _EXAMPLES:
        yield f"and {len(finding.groups) - _EXAMPLES:,} more (--json lists all, --out sheet.png --of {finding.kind})"


def _chosen(finding: DataFinding, group: Sequence[int], names: Names) -> Sequence[int]:
    """The members of a group, those first that show what is wrong with it: one of each part, or of each class."""
    of = names.part if finding.kind.endswith("leaks") else names.label
    first = {of(number): number for number in reversed(group)}
    return [*sorted(first.values()), *(number for number in group if number not in first.values())]


def _word(names: Names, number: int, shows_class: bool) -> str:
    name = shortened(names(number), _LETTERS)
    return f"{name} ({shortened(names.label(number), 20)})" if shows_class else name


def _fitting(words: Sequence[str], between: str, width: int) -> str:
    """As many words as fit into a line, at least one; how many are left out is said."""
    whole = between.join(words)
    if len(words) == 1 or len(whole) <= width:
        return whole
    line, shown = words[0], 1
    for word in words[1:-1]:
        room = width - len(f" and {len(words) - shown - 1:,} more")
        if len(line) + len(between) + len(word) > room:
            break
        line, shown = f"{line}{between}{word}", shown + 1
    return f"{line} and {len(words) - shown:,} more"
