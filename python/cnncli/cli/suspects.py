"""`cnn data --model`: which labels a trained model doubts, in words and as a sheet."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from cnncli import data
from cnncli.cli.finding_sheet import short_name
from cnncli.cli.render import columns_table, print_line, print_table, progress_console, stdout_console
from cnncli.model.suspects import Suspect, Suspects, find_suspects, gathered
from cnncli.shown import percent, plural, printable, shortened
from cnncli.views.tiles import Page, Panel, as_rgb, picture_tile

if TYPE_CHECKING:
    from cnncli.cli.data_asked import Asked

_LINES = 10
_TILES = 60
_SIDE = 120
_SMOOTH_PIXELS = 64


def ask_model(asked: "Asked", report: data.Report) -> Suspects:
    """The answers of the model itself, or of networks trained in folds."""
    assert asked.model is not None
    how: dict[str, Any] = {
        "data_dir": asked.data_dir, "label_column": asked.label_column, "skip_bad": asked.skip_bad,
        "use_cache": asked.use_cache,
    }  # fmt: skip
    if asked.folds is None:
        return find_suspects(asked.model, asked.name_or_path, report=report, **how)
    return _ask_in_folds(asked, report, how)


def _ask_in_folds(asked: "Asked", report: data.Report, how: dict[str, Any]) -> Suspects:
    from dataclasses import replace

    import numpy as np

    from cnncli.model.evaluate import measure_part
    from cnncli.model.measured_part import find_part
    from cnncli.training.folds import Answered, FoldDone, answer_in_folds

    assert asked.model is not None and asked.folds is not None
    of_preparing = {key: how.pop(key) for key in ("skip_bad", "use_cache")}
    found = find_part(asked.model, data=asked.name_or_path, part="train", report=report, **how)
    own = measure_part(found.prepared(report=report, **of_preparing), "train", None)
    images = own.split.images
    answered = data.Split(images, np.ascontiguousarray(own.labels[: len(images)]))  # in the model's order of classes
    dataset = data.DataSet(own.data, answered, None, own.class_names, preparation="plain")
    console = progress_console()
    shares = own.probabilities.copy()
    for record in answer_in_folds(asked.model, dataset, asked.folds):
        if isinstance(record, FoldDone):
            right = percent(record.right / record.pictures)
            console.print(Text(f"fold {record.number} of {record.folds}: {right} of {record.pictures:,} right"))
        elif isinstance(record, Answered):
            shares[: len(record.log_probabilities)] = np.exp(record.log_probabilities)
    answers = np.where(np.isnan(shares).any(axis=1), -1, shares.argmax(axis=1)).astype(np.int64)
    own = replace(own, probabilities=shares, predictions=answers)
    return gathered(asked.model, [("train", own, np.ones(len(own.labels), np.bool_))], asked.folds)


def how_asked(found: Suspects) -> str:
    """Who answered, and what that is worth."""
    if found.folds:
        return (
            f"{found.unseen:,} training pictures, each answered by one of {found.folds} networks that had not seen it"
        )
    name = printable(Path(found.model).name)
    parts = [f"{found.unseen:,} pictures that {name} was not trained on"] if found.unseen else []
    if found.seen:
        which = "that it" if parts else f"pictures that {name}"
        parts.append(
            f"{found.seen:,} {which} was trained on: it may have learned wrong labels of these by heart, and then it "
            "does not doubt them (--folds 5 asks networks that have not)"
        )
    return " and ".join(parts)


def suspect_facts(found: Suspects, place: str) -> dict[str, Any]:
    """The suspects for `--json`."""
    rows = [
        {"name": _name(row, place), "part": row.part, "class": row.label, "answer": row.answer,
         "class_probability": row.label_share, "answer_probability": row.answer_share, "seen": row.was_seen}
        for row in found.rows
    ]  # fmt: skip
    return {
        "suspects": rows, "answered": {"unseen": found.unseen, "seen": found.seen, "folds": found.folds},
    }  # fmt: skip


def show_suspects(found: Suspects, place: str) -> None:
    """The first of them, and on what that rests."""
    console = stdout_console()
    console.print()
    print_line(console, Text(f"labels: asked about {how_asked(found)}", style="dim"))
    if not found.rows:
        console.print(Text("no label is suspicious", style="bold green"))
        return
    count = len(found.rows)
    verb = "label is" if count == 1 else "labels are"
    console.print(Text.assemble(("! ", "bold yellow"), (f"{count:,} {verb} suspicious", "bold"), ", the first ones"))
    table = columns_table()
    table.add_column("   label", no_wrap=True)
    table.add_column("answer", no_wrap=True)
    table.add_column("sure", justify="right", no_wrap=True)
    table.add_column("picture", no_wrap=True, overflow="ellipsis")
    for row in found.rows[:_LINES]:
        seen = " (seen)" if row.was_seen else ""
        name = short_name(_name(row, place), 40)
        label, answer = shortened(row.label, 16), shortened(row.answer, 16)
        table.add_row(f"   {label}", Text(answer, style="bold"), percent(row.answer_share, 1), printable(name) + seen)
    print_table(console, table)
    if count > _LINES:
        more = f"   and {count - _LINES:,} more: --json lists all, --out sheet.png shows {min(count, _TILES)}"
        console.print(Text(more, style="dim"))


def suspect_sheet(found: Suspects, place: str) -> Page:
    """The first of them as pictures, with label, answer and name."""
    tiles = [_tile(row, place) for row in found.rows[:_TILES]]
    count = plural(len(found.rows), "suspicious label")
    about = how_asked(found).partition(":")[0]
    lines = [f"asked about {about}", "below each: label, answer and how sure it is, and the picture's name"]
    return Page(f"{found.data}: {count}", [Panel("", tiles, side=_SIDE)], lines)


def _tile(row: Suspect, place: str) -> Any:
    smooth = max(row.image.shape[1:]) > _SMOOTH_PIXELS
    words = f"{shortened(row.label, 9)}, {shortened(row.answer, 9)}? {percent(row.answer_share, 0)}"
    return picture_tile(as_rgb(row.image), f"{words}\n{short_name(_name(row, place), 17)}", smooth=smooth)


def _name(row: Suspect, place: str) -> str:
    """A file as seen from the data set."""
    if os.sep not in row.name:
        return row.name
    base = Path(place) if Path(place).is_dir() else Path(place).parent
    whole = os.path.abspath(row.name)  # noqa: PTH100
    return whole.removeprefix(os.path.abspath(base) + os.sep)  # noqa: PTH100
