"""`cnn download`."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.options import Folder, NearestChoice, debug_option, json_option, quiet_option
from cnncli.cli.streams import echo, echo_json

if TYPE_CHECKING:
    from cnncli.data import FetchRecord

# Spelled out here since help must not import the modules that own them; a test holds the lists together.
NAMES = ("mnist", "fashion-mnist", "kmnist", "emnist-digits", "emnist-letters")


@click.command(
    "download",
    cls=HelpCommand,
    short_help="Fetch data sets and verify them.",
    epilog="\b\nExample:\n  cnn download mnist",
)
@click.argument("names", nargs=-1, required=True, type=NearestChoice(NAMES), metavar="NAME...")
@click.option(
    "--dir",
    "data_dir",
    type=Folder(),
    envvar="CNN_DATA_DIR",
    show_envvar=True,
    metavar="FOLDER",
    help="Folder of data sets; each gets a folder in it.  [default: cnncli in the user's cache]",
)
@json_option
@quiet_option
@debug_option
def command(names: tuple[str, ...], data_dir: str | None, as_json: bool) -> None:
    """Fetch data sets, verify them, and keep them for `cnn train --data NAME` and `cnn eval`.

    NAME is mnist, fashion-mnist, kmnist, emnist-digits or emnist-letters. Files that are there are verified and not
    fetched again; a download that was stopped goes on where it ended. Every file comes over https from the first
    mirror that sends the published bytes (SHA-256); CNN_MIRRORS names other mirrors, which docs/datasets.md describes.
    """
    outcomes = []
    for name in dict.fromkeys(names):
        outcomes.append(_fetch(name, data_dir))
        if not as_json:
            _show(outcomes[-1], data_dir)
    if as_json:
        echo_json(outcomes)


def _fetch(name: str, data_dir: str | None) -> dict[str, Any]:
    """Fetches one data set and shows how it goes; returns what happened."""
    from cnncli.cli.render_fetch import FetchDisplay
    from cnncli.data import SOURCES, FetchRecord, fetch
    from cnncli.data.fetch_records import FileProgress

    records: list[FetchRecord] = []
    with FetchDisplay() as display:

        def report(record: FetchRecord) -> None:
            if not isinstance(record, FileProgress):  # thousands of them
                records.append(record)
            display.show(record)

        folder = fetch(SOURCES[name], data_dir, report)
    return _facts(name, str(folder), records)


def _facts(name: str, folder: str, records: "Sequence[FetchRecord]") -> dict[str, Any]:
    """What happened, for `--json`."""
    from dataclasses import asdict

    from cnncli.data.fetch_records import Damaged, FetchDone, FileFetched, Skipped

    return {
        "name": name,
        "folder": folder,
        "present": [file for record in records if isinstance(record, FetchDone) for file in record.present],
        "fetched": [asdict(record) for record in records if isinstance(record, FileFetched)],
        "skipped": [asdict(record) for record in records if isinstance(record, Skipped)],
        "damaged": [asdict(record) for record in records if isinstance(record, Damaged)],
    }


def _show(facts: dict[str, Any], data_dir: str | None) -> None:
    """One line of result, and the command to use it with."""
    from cnncli.shown import printable, typed

    what = "fetched and verified" if facts["fetched"] else "already there and verified"
    echo(f"{facts['name']}: {what}, in {printable(facts['folder'])}")
    echo("try next")
    # A folder that was typed goes before that of the variable, and has to be typed again.
    is_typed = data_dir and data_dir != os.environ.get("CNN_DATA_DIR")
    where = f" --data-dir {typed(data_dir)}" if data_dir and is_typed else ""
    echo(f"  cnn train --data {facts['name']}{where}")
