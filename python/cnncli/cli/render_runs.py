"""What `cnn runs` prints."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from cnncli.cli.render import columns_table, duration, loss_text, print_table, size, stdout_console
from cnncli.shown import percent, printable
from cnncli.training.run_list import Run, differing

_STYLES = {"done": "green", "running": "cyan", "stopped": "yellow", "damaged": "red"}
_COLUMNS = ("run", "state", "epochs", "accuracy", "of", "time", "when", "size")
_IF_WIDE, _WIDE = ("time", "size"), 100  # columns that narrower terminals have no room for
_NO_SETTING = ("out", "data_dir", "rate_factor", "own_validation")  # of no interest
# Digests of contents, with the settings that they come from: they tell something where these are the same.
_CONTENTS = {
    "data_digest": (
        "data", "architecture", "start_from", "start_digest", "label_column", "prepare", "pixels", "colour", "skip_bad",
    ),
    "plugin_digests": ("plugins",),
    "start_digest": ("start_from",),
}  # fmt: skip
_DIGEST_LETTERS = 8
_TITLES = {"data_digest": "data of digest", "plugin_digests": "plugins of digest", "start_digest": "model of digest"}


def run_facts(run: Run) -> dict[str, Any]:
    """A run for `--json`."""
    best = run.best or {}
    return {
        "run": str(run.path),
        "state": run.state,
        "network": run.settings.get("architecture"),
        "data": run.settings.get("data"),
        "epochs_done": len(run.history),
        "epochs": _asked_for(run, "epochs"),
        "best_epoch": best.get("epoch"),
        "loss": best.get("loss"),
        "accuracy": best.get("accuracy"),
        "validation_accuracy": best.get("validation_accuracy"),
        "test_accuracy": run.test_accuracy,
        "seconds": run.seconds,
        "changed": run.changed,
        "size_bytes": run.size_bytes,
        "fault": run.fault or None,
    }


def list_runs(runs: Sequence[Run], root: Path) -> None:
    """A line a run, the last one first."""
    console = stdout_console()
    if not runs:
        console.print(f"no runs in {printable(root)}; cnn train starts one")
        return
    table = columns_table()
    is_wide = not console.is_terminal or console.width >= _WIDE
    names = [name for name in _COLUMNS if is_wide or name not in _IF_WIDE]
    for name in names:
        # A long name is broken, so that all of it can be copied; nothing else gets less than its width.
        is_number, is_name = name in ("epochs", "accuracy", "time", "size"), name == "run"
        table.add_column(name, justify="right" if is_number else "left", no_wrap=not is_name, overflow="fold")
    for run in runs:
        accuracy, measured_on = _accuracy(run)
        cells: dict[str, str | Text] = {
            "run": _name(run, root), "state": Text(run.state, style=_STYLES[run.state]), "epochs": _epochs(run),
            "accuracy": accuracy, "of": measured_on, "time": duration(run.seconds), "when": _ago(run.changed),
            "size": size(run.size_bytes),
        }  # fmt: skip
        table.add_row(*(cells[name] for name in names))
    print_table(console, table)
    for run in runs:
        if run.fault:
            console.print(Text(f"{_name(run, root)}: {run.fault}", style="red"))
    console.print()
    total = size(sum(run.size_bytes for run in runs))
    console.print(Text(f"{total} in {printable(root)}", style="dim"))
    console.print(Text("cnn runs NAME NAME compares, --prune removes; cnn train --resume RUN goes on", style="dim"))


def _name(run: Run, root: Path) -> str:
    """As `cnn runs` takes it: of one of several seeds with their folder."""
    return printable(run.path.relative_to(root) if run.path.is_relative_to(root) else run.path.name)


def _accuracy(run: Run) -> tuple[str, str]:
    """The best that is known of it, and of which images."""
    best = run.best or {}
    if run.test_accuracy is not None:
        return percent(run.test_accuracy), "test"
    if best.get("validation_accuracy") is not None:
        return percent(best["validation_accuracy"]), "validation"
    if best.get("accuracy") is not None:
        return percent(best["accuracy"]), "training"
    return (f"loss {loss_text(best['loss'])}", "training") if best.get("loss") is not None else ("", "")


def _ago(then: float) -> str:
    """How long ago, in words.

    >>> _ago(time.time() - 90), _ago(time.time() - 200_000)
    ('1 min ago', '2 d ago')
    """
    seconds = time.time() - then
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return "now"


def comparison_facts(runs: Sequence[Run]) -> dict[str, Any]:
    """Runs and the settings in which they differ, for `--json`."""
    differ = differing(runs)
    settings = {}
    for name in differ:
        values = [_asked_for(run, name) for run in runs]
        is_told = name in _NO_SETTING or any(source in differ for source in _CONTENTS.get(name, ()))
        if not is_told and any(value != values[0] for value in values):
            settings[name] = values
    return {"runs": [run_facts(run) for run in runs], "differ": settings}


def _asked_for(run: Run, name: str) -> Any:
    """A setting; None for the epochs of a training that its time ends, which only say how many there are at most."""
    if name == "epochs" and run.settings.get("time_limit") is not None:
        return None
    return run.settings.get(name)


def show_comparison(runs: Sequence[Run]) -> None:
    """A column a run: what was set otherwise, and what came of it."""
    console = stdout_console()
    table = columns_table(3, "bold")
    table.add_column("", style="dim", no_wrap=True)
    for run in runs:
        table.add_column(printable(run.path.name), overflow="fold")
    for name, values in comparison_facts(runs)["differ"].items():
        table.add_row(_TITLES.get(name, name.replace("_", " ")), *(_setting(name, value) for value in values))
    table.add_row("state", *(run.state for run in runs))
    table.add_row("epochs", *(_epochs(run) for run in runs))
    for key, title in (("loss", "loss"), ("accuracy", "accuracy"), ("validation_accuracy", "validation")):
        found = [(run.best or {}).get(key) for run in runs]
        if any(value is not None for value in found):
            table.add_row(title, *("" if value is None else _measure(key, value) for value in found))
    if any(run.test_accuracy is not None for run in runs):
        table.add_row("test", *("" if run.test_accuracy is None else percent(run.test_accuracy) for run in runs))
    table.add_row("time", *(duration(run.seconds) for run in runs))
    print_table(console, table)


def _measure(key: str, value: float) -> str:
    return loss_text(value) if key == "loss" else percent(value)


def _setting(name: str, value: Any) -> str:
    if name == "time_limit" and isinstance(value, int | float):
        return duration(value)
    if name in _CONTENTS and value:
        digests = value if isinstance(value, list) else [value]
        return ", ".join(printable(str(digest))[:_DIGEST_LETTERS] for digest in digests)
    if isinstance(value, float):
        return f"{value:.6g}"
    return "-" if value is None else printable(str(value))


def _epochs(run: Run) -> str:
    """Those that are done, of how many; of a training that its time ends only the first."""
    done = len(run.history)
    return str(done) if run.settings.get("time_limit") is not None else f"{done}/{run.settings.get('epochs', '?')}"
