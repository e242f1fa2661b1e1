"""What is shown while a data set is fetched and prepared, on stderr: bars on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from cnncli.data import fetch_records as records

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_REDRAW_SECONDS = 0.1
_NAME_WIDTH = 26  # of the longest file name of MNIST


class FetchDisplay:
    """Shows the records of a fetch. Loads rich with the first of them, so that a cache that is there costs nothing."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._file = ""
        self._began = self._drawn = 0.0
        self._first_bytes = 0
        self._running = False

    def __enter__(self) -> "FetchDisplay":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_bar()
        if self._running and isinstance(error, KeyboardInterrupt):
            self._print("stopped; the same command goes on where this one ended")

    def show(self, record: records.FetchRecord) -> None:
        """Shows one record."""
        shows: dict[type, Callable[[Any], None]] = {
            records.FetchStarted: self._start,
            records.Waiting: self._wait,
            records.Damaged: self._damaged,
            records.FileProgress: self._advance,
            records.Skipped: self._skip,
            records.Unpacking: self._unpack,
            records.FileFetched: self._fetched,
            records.FetchDone: self._done,
            records.PicturesProgress: self._prepare,
            records.PicturesDone: self._prepared,
        }
        shows[type(record)](record)

    def _start(self, record: records.FetchStarted) -> None:
        from cnncli.cli.render import size
        from cnncli.shown import plural, printable

        self._running = True
        self._print(
            f"fetching {record.name}: {plural(record.files, 'file')}, {size(record.size_bytes)}, "
            f"into {printable(record.folder)}"
        )

    def _wait(self, record: records.Waiting) -> None:
        self._print(f"waiting for another process that fetches {record.name}")

    def _damaged(self, record: records.Damaged) -> None:
        self._print(f"  {record.file:{_NAME_WIDTH}}  damaged, fetched again: {record.reason}", "yellow")

    def _skip(self, record: records.Skipped) -> None:
        self._close_bar()
        self._print(f"  {record.file:{_NAME_WIDTH}}  skipped {record.mirror}: {record.reason}", "yellow")

    def _unpack(self, record: records.Unpacking) -> None:
        self._close_bar()
        self._print(f"  {record.file:{_NAME_WIDTH}}  verified, unpacking")

    def _fetched(self, record: records.FileFetched) -> None:
        from cnncli.cli.render import duration, size

        self._close_bar()
        line = f"  {record.file:{_NAME_WIDTH}}  {size(record.size_bytes):>8} in {duration(record.seconds)} "
        line += f"from {record.mirror.partition('/')[0]}"
        if record.resumed_bytes:
            line += f", {size(record.resumed_bytes)} of it were there"
        self._print(line)

    def _done(self, record: records.FetchDone) -> None:
        self._close_bar()
        self._running = False

    def _prepare(self, record: records.PicturesProgress) -> None:
        from cnncli.cli.render import duration
        from cnncli.shown import plural, printable

        text = f"{record.stage} {plural(record.total, 'picture')} of {printable(record.name)}"
        if self._file != text:
            self._close_bar()
            self._open_bar(text, 0, record.total)
            if self._progress is None:
                self._print(text)
                self._file = text
        if self._progress is None or self._task is None:
            return
        figures = f"{record.done:,}"
        if record.done:
            figures += f"  {duration(record.seconds * (record.total - record.done) / record.done)} left"
        self._progress.update(self._task, completed=record.done, figures=figures, refresh=True)

    def _prepared(self, record: records.PicturesDone) -> None:
        from cnncli.cli.render import duration
        from cnncli.shown import plural, printable

        self._close_bar()
        if record.stage == "preparing":
            cached = f", {record.cached:,} of them from the cache" if record.cached else ""
            name = printable(record.name)
            self._print(f"{plural(record.total, 'picture')} of {name} prepared in {duration(record.seconds)}{cached}")

    def _advance(self, record: records.FileProgress) -> None:
        now = time.monotonic()
        if self._progress is None or self._file != record.file or record.received_bytes < self._first_bytes:
            self._close_bar()
            self._began = now
            self._open_bar(record.file, record.received_bytes, record.total_bytes)
        if self._progress is None or self._task is None or now - self._drawn < _REDRAW_SECONDS:
            return
        self._drawn = now
        self._progress.update(
            self._task,
            completed=record.received_bytes,
            total=record.total_bytes,
            figures=self._figures(record, now),
            refresh=True,
        )

    def _figures(self, record: records.FileProgress, now: float) -> str:
        from cnncli.cli.render import duration, size

        text = size(record.received_bytes)
        if record.total_bytes is not None:
            text += f" of {size(record.total_bytes)}"
        elapsed, received = now - self._began, record.received_bytes - self._first_bytes
        if elapsed < 2 * _REDRAW_SECONDS or not received:
            return text
        speed = received / elapsed
        text += f"  {size(speed)}/s"
        if record.total_bytes is not None:
            text += f"  {duration((record.total_bytes - record.received_bytes) / speed)} left"
        return text

    def _open_bar(self, name: str, done: int, total: int | None) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self._file, self._first_bytes = name, done
        console = _console()
        if not console.is_terminal:
            return
        self._progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=24, complete_style="cyan", finished_style="cyan"),
            TextColumn("{task.fields[figures]}"),
            console=console,
            auto_refresh=False,
            transient=True,
        )
        self._task = self._progress.add_task(f"{name:{_NAME_WIDTH}}", total=total, figures="")
        self._progress.start()

    def _close_bar(self) -> None:
        if self._progress is not None:
            self._progress.stop()
        self._progress, self._task, self._file, self._first_bytes = None, None, "", 0

    def _print(self, text: str, style: str = "") -> None:
        from rich.text import Text

        self._close_bar()
        _console().print(Text(text, style=style))


def _console() -> "Console":
    from cnncli.cli.render import progress_console

    return progress_console()
