"""A training while it runs, on stderr: on a terminal a table that grows, curves and a bar, elsewhere lines."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from cnncli.cli.class_bars import class_bars, lines_for
from cnncli.cli.epoch_table import EpochTable
from cnncli.cli.live_curves import Curves
from cnncli.cli.render import (
    accuracy_words,
    converged_words,
    duration,
    epoch_line,
    epoch_words,
    hardest_words,
    length_words,
    loss_text,
    progress_console,
    rate_words,
    stderr_console,
    target_line,
)
from cnncli.shown import percent, plural, printable
from cnncli.training import records

_LINES_BESIDE_CURVES = 16  # of the table and the bar, without which curves would leave no room
_LINES_BESIDE_BARS = 12  # the same for the bars of the classes
# Of the CPU time of the process, that drawing may take: after a draw nothing is drawn until the rest has been used.
_MOST_SHARE = 0.005
_LONGEST_REST = 2.0  # seconds of CPU time; who looks wants to see something move


class TrainingDisplay:
    """Shows the records of a training.

    keys : what the keyboard does while it runs, said beside the bar; "" where it does nothing
    """

    def __init__(self, keys: str = "") -> None:
        self._console = progress_console()
        self._keys = keys
        self._live: Live | None = None
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._started: records.Started | None = None
        self._table: EpochTable | None = None
        self._curves = Curves()
        self._is_share_told = False
        self._recalls: tuple[float | None, ...] | None = None
        self._rows: list[Text] = []  # of epochs, not printed yet
        self._rests_until = 0.0  # CPU time of the process, in seconds
        self._has_shown = False  # progress; before, nothing rests
        self._last: records.Progress | None = None

    def __enter__(self) -> "TrainingDisplay":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        self._print_rows()
        if self._live is not None:
            self._live.stop()
        self._live = self._progress = None

    def show(self, record: records.Record) -> None:
        """Shows one record."""
        if isinstance(record, records.Started):
            self._start(record)
        elif isinstance(record, records.Progress):
            self._advance(record)
        elif isinstance(record, records.EpochDone):
            self._end_epoch(record)
        elif isinstance(record, records.SaveFailed):
            again = f"trying again in {duration(record.seconds_to_retry)} or sooner"
            self._warn(f"not saved: {record.reason}; {again}")

    def pause(self) -> None:
        """Says that the training waits for a key."""
        if self._live is not None and self._progress is not None:
            self._print_rows()
            self._take_progress()
            self._progress.update(self._task, description="paused   ", figures="p goes on, q saves and stops")
            self._refresh()

    def _say(self, text: Text) -> None:
        """A line; on a terminal as many as its words take."""
        self._console.print(text, soft_wrap=not self._console.is_terminal)

    def _end_epoch(self, record: records.EpochDone) -> None:
        self._curves.add(record)
        self._recalls = record.class_recall
        is_share = self._started is not None and record.images < self._started.images
        if self._table is not None:
            if is_share and not self._is_share_told:
                self._rows.append(Text(self._share_line(record), style="dim"))
            self._is_share_told = is_share
            self._rows.append(Text.assemble(*self._table.row(record)))
            if not self._rests:
                with self._counted():
                    self._catch_up()
        else:
            samples = self._started.samples if self._started is not None else "images"
            is_timed = self._started is not None and self._started.time_limit is not None
            self._console.print(Text(epoch_line(record, is_share, samples, self._whose, is_timed)))
        if record.epoch == record.epochs:
            self._close()

    def _share_line(self, record: records.EpochDone) -> str:
        """What is said before a row of an epoch that took some of the samples only."""
        assert self._started is not None
        if self._started.cuts_epochs:
            return f"the training ends within this epoch, after {record.images:,} of its {self._samples}"
        return f"from here on each epoch takes {self._whose}{record.images:,} of the {self._samples} only"

    @property
    def _samples(self) -> str:
        assert self._started is not None
        return f"{self._started.images:,} {self._started.samples}"

    @property
    def _whose(self) -> str:
        return hardest_words(self._started) if self._started is not None else ""

    @property
    def _rests(self) -> bool:
        """Whether drawing has had its share of the CPU time for now."""
        return self._has_shown and time.process_time() < self._rests_until

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Around what draws: what it takes is its share of the time until the next draw."""
        began, own = time.process_time(), time.thread_time()
        yield
        rest = min((time.thread_time() - own) / _MOST_SHARE, _LONGEST_REST)
        self._rests_until = began + rest

    def _print_rows(self) -> None:
        rows, self._rows = self._rows, []  # first: a key has this called from its own thread
        if rows:
            self._console.print(Text("\n").join(rows))

    def _catch_up(self) -> None:
        """Shows all that was held back while drawing rested: rows, bar and classes tell of the same epoch."""
        self._print_rows()
        self._take_progress()
        self._refresh()

    def _warn(self, line: str) -> None:
        self._catch_up()
        console = stderr_console() if self._live is None else self._console  # one that knows of the live lines
        console.print(Text(line, style="yellow"))

    def _start(self, started: records.Started) -> None:
        self._started = started
        if started.notice:
            self._console.print(Text(started.notice, style="yellow"))
        images = f"{started.images:,} {started.samples}"
        if started.validation_images:
            images += f" (and {started.validation_images:,} to validate)"
        self._say(
            Text.assemble(
                (started.network, "bold"),
                f" with {started.parameters:,} parameters on ",
                (started.data, "bold"),
                f", {images}, {length_words(started)} of batches of "
                f"{started.batch_size}, {rate_words(started)}, seed {started.seed}, "
                f"{plural(started.threads, 'thread')}",
            )
        )
        for reason in started.reasons:
            self._say(Text.assemble(("chosen: ", "dim"), printable(reason)))
        if started.started_from:
            self._say(Text(printable(started.started_from)))
        # What was chosen may have been changed by an option of its own since.
        if started.augmentation and not any(f": {started.augmentation};" in reason for reason in started.reasons):
            self._say(Text(f"images change in each epoch: {started.augmentation}"))
        for warning in started.warnings:
            self._warn(f"warning: {printable(warning)}")
        for note in started.notes:
            self._say(Text(printable(note), style="dim"))
        if started.until is not None:
            self._console.print(Text(f"until {converged_words(started.until)}, at most {started.epochs:,} epochs"))
        if started.target is not None:
            self._console.print(Text(target_line(started)))
        if started.first_step:
            self._console.print(Text(_where_it_goes_on(started)))
        if self._console.is_terminal and not self._console.quiet:
            self._open_live(started)

    def _open_live(self, started: records.Started) -> None:
        self._table = EpochTable(started)
        self._console.print()
        self._console.print(Text(self._table.header, style="dim"))
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=18, complete_style="cyan", finished_style="cyan"),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            auto_refresh=False,
        )
        total, done = (started.steps, started.first_step) if started.time_limit is None else (started.time_limit, 0)
        self._task = self._progress.add_task("starting", total=total, completed=done, figures="")
        self._live = Live(self._below(), console=self._console, auto_refresh=False, transient=True)
        self._live.start()

    def _below(self) -> RenderableType:
        """What stands below the table: curves where there is room, the bar, and the keys."""
        assert self._progress is not None
        parts: list[RenderableType] = []
        if self._console.height >= _LINES_BESIDE_CURVES + Curves.LINES:
            curves = self._curves.draw(self._width, self._console.encoding)
            parts += [curves] if curves is not None else []
        parts += self._class_bars()
        parts.append(self._progress)
        best = "* the best epoch so far" if self._started is not None and self._started.validation_images else ""
        if words := "; ".join(filter(None, (self._keys, best))):
            parts.append(Text(words, style="dim"))
        return Group(*parts)

    def _class_bars(self) -> list[RenderableType]:
        """How the classes do, after the last epoch, where there are few and lines for them."""
        names = self._started.class_names if self._started is not None else ()
        if self._recalls is None or self._console.height < _LINES_BESIDE_BARS + lines_for(len(names), self._width):
            return []
        bars = class_bars(names, self._recalls, self._width, self._console.encoding)
        return [bars] if bars is not None else []

    @property
    def _width(self) -> int:
        return min(self._console.width, 100)

    def _refresh(self) -> None:
        if self._live is not None:
            self._live.update(self._below(), refresh=True)

    def _advance(self, record: records.Progress) -> None:
        if self._progress is None or self._started is None or self._live is None:
            return
        self._last = record
        if not self._rests:
            with self._counted():
                if self._rows:  # of epochs that were over while it rested
                    self._print_rows()
                    self._refresh()
                self._take_progress()
                self._live.refresh()
                self._has_shown = True

    def _take_progress(self) -> None:
        """What the bar says, from the last record."""
        record = self._last
        if record is None or self._progress is None or self._started is None:
            return
        epochs, samples = self._started.epochs, self._started.samples
        figures = f"loss {loss_text(record.loss)}  {accuracy_words(record.accuracy)}"
        speed = f"{record.images_per_second:,.0f} {samples}/s  " if self._console.width >= 100 else ""
        done, limit = float(record.step), self._started.time_limit
        epoch = epoch_words(record.epoch, epochs)
        if limit is not None:
            done, epoch = limit - record.seconds_left, f"epoch {record.epoch}"
        self._progress.update(
            self._task,
            completed=done,
            description=epoch,
            figures=f"{figures}{speed}{duration(record.seconds_left)} left",
        )


def _where_it_goes_on(started: records.Started) -> str:
    """Of a run that is resumed."""
    if started.first_step >= started.steps:
        return f"{printable(started.run)} had its last step already: its model is measured and written again"
    done = "" if started.time_limit else f" ({percent(started.first_step / started.steps, 0)})"
    return f"going on with {printable(started.run)} at step {started.first_step:,}{done}"
