"""The measures of a run's epochs, metrics.jsonl and metrics.csv: each epoch is added, so that the last one of a long
training is kept as quickly as the first.

A checkpoint says how many of the lines it goes on from, and their SHA-256. What was added after it, or only in part
before a kill or a power loss, counts for nothing, and is written anew.
"""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cnncli.errors import CnnError, FormatError
from cnncli.model_file.record import EPOCH_MEASURES
from cnncli.model_file.serialize import as_json
from cnncli.shown import printable, reason_of, shown
from cnncli.storage.files import append, write_atomically
from cnncli.storage.strict_json import parse_object, read_text

_COLUMNS = ("epoch", "images", *EPOCH_MEASURES, "images_per_second")
_NONE = hashlib.sha256().hexdigest()


class Metrics:
    """The two files in a run's folder, as one process writes them."""

    def __init__(self, folder: Path) -> None:
        self.path, self._table = folder / "metrics.jsonl", folder / "metrics.csv"
        self._sizes: tuple[int, int] | None = None  # of both files as they were written; None: that is not known
        self._epochs, self._digest = 0, hashlib.sha256()

    def write(self, history: Sequence[Mapping[str, Any]]) -> str:
        """Adds the epochs that are new since the last time; the SHA-256 of all lines.

        history : for each epoch, oldest first, JSON values with the key "epoch"; begins with those of the last time

        Raises CnnError if they cannot be written; the next time all of them are.
        """
        is_known = self._sizes is not None and self._sizes == self._found() and self._epochs <= len(history)
        if not is_known:
            self._epochs, self._digest = 0, hashlib.sha256()
        new = history[self._epochs :]
        self._sizes = None
        # Without an epoch yet, too, lines of a process that was killed before its first checkpoint go.
        if new or (not is_known and self.path.exists()):
            lines = "".join(json.dumps(as_json(epoch), allow_nan=False) + "\n" for epoch in new).encode()
            put = append if is_known else write_atomically
            put(self.path, lines)
            put(self._table, _as_csv(new, has_header=not is_known).encode())
            self._digest.update(lines)
        self._epochs, self._sizes = len(history), self._found()
        return self._digest.hexdigest()

    def _found(self) -> tuple[int, int] | None:
        """The sizes of both files; None where one is not there."""
        try:
            return self.path.stat().st_size, self._table.stat().st_size
        except OSError:
            return None

    def read_back(self, epochs: Any, digest: Any, where: str) -> list[dict[str, Any]]:
        """The first lines, as many as a checkpoint has epochs, which are those that it was written after.

        epochs, digest : as the checkpoint, named `where` in errors, says them

        Raises FormatError where they are others.
        """
        if type(epochs) is not int or epochs < 0:
            raise FormatError(f"{where}: state has epochs = {shown(epochs)}; start a new run")
        if epochs == 0 and digest == _NONE:
            return []
        try:
            lines = self.path.read_bytes().split(b"\n")[:epochs]
        except OSError as error:
            raise CnnError(
                f"{printable(self.path)}: cannot be read ({reason_of(error)}), but {where} goes on from its lines; "
                "bring it back, or start a new run"
            ) from None
        if hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest() != digest:
            raise FormatError(
                f"{printable(self.path)}: its first {epochs:,} lines are not those that {where} goes on from; bring "
                "them back, or start a new run"
            )
        return [parse_object(line) for line in lines]


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of a metrics.jsonl, oldest first; none if there is no such file. What was added in part is left out.

    Raises FormatError for other lines.
    """
    if not path.exists():
        return []
    lines = []
    for number, text in enumerate(read_text(path, "start a new run").split("\n")[:-1], 1):
        where = f"{printable(path)}, line {number}"
        try:
            line = parse_object(text)
        except FormatError as error:
            raise FormatError(f"{where}: {error}; remove the line") from None
        if type(line.get("epoch")) is not int:
            raise FormatError(f"{where}: has no whole number epoch; remove the line")
        lines.append(line)
    return lines


def _as_csv(history: Sequence[Mapping[str, Any]], *, has_header: bool) -> str:
    """The measures of each epoch, in columns that spreadsheets read; what was not measured is empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, extrasaction="ignore", lineterminator="\n")
    if has_header:
        writer.writeheader()
    writer.writerows(history)
    return out.getvalue()
