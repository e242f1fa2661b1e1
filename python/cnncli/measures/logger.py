"""A file of numbers with named columns, a line at a time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from cnncli.errors import UsageError
from cnncli.storage.files import StrPath, writing_error


class Logger:
    """Writes rows of numbers to a text file with tabs, each at once. Torch7: optim.Logger.

    path : a new file; one that is there is replaced, as in Torch7
    names : of the columns; `set_names`, or the first row as a mapping, may give them later

    Torch7's `style` and `plot` are left out: any program that draws reads the file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Logger(folder + "/log.txt") as logger:
    ...     logger.set_names(["epoch", "loss"])
    ...     logger.add([1, 0.5])
    ...     logger.add({"loss": 0.25, "epoch": 2})
    ...     print(Path(folder, "log.txt").read_text().expandtabs(8))
    epoch   loss
    1       0.5
    2       0.25
    <BLANKLINE>
    """

    def __init__(self, path: StrPath, names: Sequence[str] = ()) -> None:
        self.path, self.names = Path(path), tuple[str, ...]()
        try:
            self._file = self.path.open("w", encoding="utf-8")
        except OSError as error:
            raise writing_error(path, error) from None
        if names:
            self.set_names(names)

    def set_names(self, names: Sequence[str]) -> None:
        """Names the columns, before the first row. Torch7: setNames."""
        if self.names:
            raise UsageError(f"Logger: the columns are {', '.join(self.names)} already; name them once, before rows")
        if not names or len(set(names)) < len(names) or any("\t" in name or "\n" in name for name in names):
            raise UsageError(f"Logger: names are {list(names)}; use one or more, each once, without tabs and line ends")
        self.names = tuple(names)
        self._write(self.names)

    def add(self, values: Sequence[float] | Mapping[str, float]) -> None:
        """Writes one row: a number for each column, in order or by name."""
        if isinstance(values, Mapping):
            if not self.names:
                self.set_names(list(values))
            if set(values) != set(self.names):
                raise UsageError(f"Logger: got {', '.join(values)}; the columns are {', '.join(self.names)}")
            values = [values[name] for name in self.names]
        if not self.names:
            raise UsageError("Logger: the columns have no names; call set_names first")
        if len(values) != len(self.names):
            raise UsageError(f"Logger: {len(values)} numbers for the {len(self.names)} columns; pass one for each")
        self._write([f"{value:.10g}" for value in values])

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, words: Sequence[str]) -> None:
        try:
            self._file.write("\t".join(words) + "\n")
            self._file.flush()
        except OSError as error:
            raise writing_error(self.path, error) from None
