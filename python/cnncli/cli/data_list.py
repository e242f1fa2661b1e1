"""The data sets that have names, and which of them are on this machine: `cnn data` without an argument."""

from typing import Any

from rich.text import Text

from cnncli.cli.render import columns_table, print_table, size, stdout_console
from cnncli.data.download.cache import locate
from cnncli.data.download.sources import SOURCES
from cnncli.shown import printable


def data_set_facts(data_dir: str | None) -> list[dict[str, Any]]:
    """A row for each: name, title, classes, bytes to fetch, and the folder where it is, or None."""
    facts: list[dict[str, Any]] = [
        {
            "data": "digits", "title": "Drawn digits that come with cnn, new for each seed", "classes": 10,
            "download_bytes": 0, "licence": None, "folder": None, "is_here": True,
        }
    ]  # fmt: skip
    for source in SOURCES.values():
        found = locate(source, data_dir)
        facts.append(
            {
                "data": source.name,
                "title": source.title,
                "classes": len(source.class_names),
                "download_bytes": sum(file.size_bytes for file in source.files),
                "licence": source.licence,
                "folder": None if found is None else str(found[0]),
                "is_here": found is not None,
            }
        )
    return facts


def list_data_sets(data_sets: list[dict[str, Any]]) -> None:
    """Shows them, one a line."""
    console = stdout_console()
    table = columns_table()
    table.add_column("data set", no_wrap=True, style="bold")
    table.add_column("classes", justify="right", no_wrap=True)
    table.add_column("here", no_wrap=True)
    table.add_column("")
    for facts in data_sets:
        to_fetch = f"no, {size(facts['download_bytes'])}"
        title = facts["title"] if facts["folder"] is None else f"{facts['title']}, in {printable(facts['folder'])}"
        table.add_row(facts["data"], str(facts["classes"]), "yes" if facts["is_here"] else to_fetch, title)
    print_table(console, table)
    console.print()
    hint = "cnn data NAME (or FOLDER) says what is in one, cnn train NAME learns from it"
    console.print(Text(hint, style="dim"))
