"""`cnn train --seeds N`: the trainings one after the other, and the table of what came of them."""

from typing import Any

from rich.text import Text

from cnncli.cli.render import (
    columns_table,
    duration,
    loss_text,
    print_table,
    progress_console,
    stderr_console,
    stdout_console,
)
from cnncli.cli.render_fetch import FetchDisplay
from cnncli.cli.run_page import FILE as PAGE
from cnncli.cli.run_page import draw_curves, write_run_page
from cnncli.cli.signals import StopRequest
from cnncli.cli.streams import echo_json
from cnncli.cli.training_display import TrainingDisplay
from cnncli.shown import percent, printable, typed
from cnncli.training.records import Finished
from cnncli.training.seeds import MEASURES, SeedBegins, SeedsDone, SeedsStopped, train_seeds
from cnncli.training_options import TrainSettings

_ROWS = (("test", "test_accuracy", "test_loss"), ("validation", "validation_accuracy", "validation_loss"),
         ("training", "accuracy", "loss"))  # fmt: skip


def run(settings: TrainSettings, count: int, as_json: bool, stop: StopRequest) -> bool:
    """Trains and shows the table; False where it was stopped before. The caller lets `stop` see signals."""
    console = progress_console()
    display: TrainingDisplay | None = None
    with FetchDisplay() as fetching:
        try:
            for record in train_seeds(settings, count, stop, fetching.show):
                if isinstance(record, SeedBegins):
                    display = _anew(display)
                    console.print(Text(f"seed {record.seed}, {record.number} of {record.count}", style="bold"))
                elif isinstance(record, SeedsStopped | SeedsDone):
                    break
                elif display is not None:
                    display.show(record)
                    if isinstance(record, Finished):
                        _leave_pictures(record, settings)
        finally:
            if display is not None:
                display.__exit__(None, None, None)
    if isinstance(record, SeedsStopped):
        line = f"cnn train --resume {typed(record.folder)}"
        stderr_console().print(Text(f"stopped in epoch {record.stopped.epoch} of a seed; go on with"))
        stderr_console().print(Text(f"  {line}", style="bold"))
        return False
    assert isinstance(record, SeedsDone)
    if as_json:
        echo_json(facts(record))
    else:
        _show(record)
    return True


def _leave_pictures(record: Finished, settings: TrainSettings) -> None:
    """What a single training leaves in its folder for people to look at."""
    write_run_page(record)
    if settings.plot:
        draw_curves(record)


def _anew(display: TrainingDisplay | None) -> TrainingDisplay:
    """A display for the next training."""
    if display is not None:
        display.__exit__(None, None, None)
    return TrainingDisplay().__enter__()


def facts(record: SeedsDone) -> dict[str, Any]:
    """For `--json`."""
    found = {name: record.summary(name) for name in MEASURES}
    return {
        "folder": str(record.folder),
        "seeds": record.results,
        "mean": {name: None if one is None else one[0] for name, one in found.items()},
        "deviation": {name: None if one is None else one[1] for name, one in found.items()},
    }


def _show(record: SeedsDone) -> None:
    console = stdout_console()
    shown = [row for row in _ROWS if record.summary(row[2]) is not None]
    table = columns_table()
    table.add_column("seed", justify="right")
    for name, accuracy, _ in shown:
        table.add_column(name if record.summary(accuracy) else f"{name} loss", justify="right")
    for name in ("epochs", "time", "model"):
        table.add_column(name, justify="left" if name == "model" else "right", overflow="fold")
    for result in record.results:
        cells = [_cell(result[accuracy], result[loss]) for _, accuracy, loss in shown]
        table.add_row(str(result["seed"]), *cells, str(result["epochs"]), duration(result["seconds"]),
                      printable(result["model"]))  # fmt: skip
    cells = [_mean(record, accuracy, loss) for _, accuracy, loss in shown]
    total = duration(sum(result["seconds"] for result in record.results))
    table.add_row("mean", *cells, "", total, "", style="bold")
    console.print()
    print_table(console, table)
    console.print()
    _, accuracy, loss = shown[0]
    measured = {"test_accuracy": "test", "validation_accuracy": "validation"}.get(accuracy, "training")
    middle = _mean(record, accuracy, loss)
    console.print(Text(f"the pages of the runs: {printable(record.folder / '*' / PAGE)}"))
    console.print(f"{measured}, mean and standard deviation of {len(record.results)} seeds: {middle}")


def _cell(accuracy: float | None, loss: float) -> str:
    return loss_text(loss) if accuracy is None else percent(accuracy)


def _mean(record: SeedsDone, accuracy: str, loss: str) -> str:
    """The mean and how far the seeds are from it."""
    found = record.summary(accuracy)
    if found is None:
        middle, spread = record.summary(loss) or (0.0, None)
        return loss_text(middle) + ("" if spread is None else f" ± {loss_text(spread)}")
    middle, spread = found
    return percent(middle) + ("" if spread is None else f" ± {100 * spread:.2f}")
