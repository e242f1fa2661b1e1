"""The report of `cnn data` on a table of numbers."""

from pathlib import Path
from typing import Any

from rich.text import Text

from cnncli.cli.bars import bar
from cnncli.cli.render import print_line, stdout_console
from cnncli.cli.streams import echo, echo_json
from cnncli.data.inspection.rows import inspect_rows, target_counts
from cnncli.data.tables.number_table import read_number_table
from cnncli.shown import printable, shortened

_VALUES = 10
_GROUPS = 3


def show_table(path: str, label_column: str | None, skip_bad: bool, as_json: bool) -> int:
    """What a table of numbers is: its rows, the measures of its columns, and what is wrong with it.

    Returns how many kinds of faults there are.
    """
    table = read_number_table(Path(path), label_column, skip_bad=skip_bad)
    measures = [
        {"column": name, "mean": float(column.mean()), "std": float(column.std()), "least": float(column.min()),
         "most": float(column.max())}
        for name, column in zip(table.names, table.rows.T, strict=True)
    ]  # fmt: skip
    found = inspect_rows(table.rows, table.cells, table.names)
    counts = target_counts(table.cells)
    if as_json:
        facts = {"name": table.name, "source": table.source, "rows": len(table.rows), "columns": measures}
        counted = [{"value": name, "rows": count} for name, count in counts.items()]
        faults = [
            {"kind": one.kind, "count": one.count, "text": one.text, "remedy": one.remedy or None, "rows": one.rows}
            for one in found
        ]
        notes = [note.text for note in table.notes]
        of_targets: dict[str, Any] = {"targets": table.targets, "values": counted, "found": faults, "notes": notes}
        echo_json(facts | of_targets)
        return len(found)
    echo(f"{printable(table.name)}: {len(table.rows):,} rows of {len(table.names)} numbers")
    for one in measures:
        echo(
            f"  {printable(str(one['column']))}: mean {one['mean']:.6g}, std {one['std']:.6g}, "
            f"from {one['least']:.6g} to {one['most']:.6g}"
        )
    for position, name in enumerate(table.targets):
        values = sorted({cells[position] for cells in table.cells})
        more = " ..." if len(values) > _VALUES else ""
        echo(f"  {printable(name)} is to be predicted: {printable(', '.join(values[:_VALUES]))}{more}")
    for value, count in counts.items():
        echo(f"    {shortened(value, 20):20} {count:7,} {bar(count, max(counts.values()))}")
    for note in table.notes:
        echo(printable(note.text))
    console = stdout_console()
    for fault in found:
        remedy = f"; {fault.remedy}" if fault.remedy else ""
        print_line(console, Text.assemble(("! ", "bold yellow"), (printable(fault.text), "bold"), printable(remedy)))
        for rows in fault.rows[:_GROUPS]:
            words = " = ".join(f"row {number:,}" for number in rows[:4]) + (" ..." if len(rows) > 4 else "")
            console.print(Text(f"    {words}", style="dim"))
    if not found:
        console.print(Text.assemble(("nothing found", "bold green"), (": no doubles, no row with two targets", "dim")))
    return len(found)
