"""The epochs of a training as rows under one header, 80 columns wide at most."""

from cnncli.cli.render import duration, loss_text
from cnncli.shown import percent
from cnncli.training import records

_GAP = "  "


class EpochTable:
    """Rows with the columns that this training has.

    started : what the training said at its start
    """

    def __init__(self, started: records.Started) -> None:
        self._validates = started.validation_images > 0
        self._has_classes = started.has_classes
        self._is_timed = started.time_limit is not None
        self._columns = [("epoch", 5 if self._is_timed else max(2 * len(str(started.epochs)) + 1, 5)), ("loss", 7)]
        if self._has_classes:
            self._columns.append(("accuracy", 8))
        if self._validates:
            self._columns.append(("validation", 10))
        self._columns += [("rate", 8), (f"{started.samples}/s", 9), ("time", 9)]

    @property
    def header(self) -> str:
        """The names of the columns, above their ends."""
        return _GAP.join(f"{name:>{width}}" for name, width in self._columns)

    def row(self, record: records.EpochDone) -> list[tuple[str, str]]:
        """(text, style) of a row; the best epoch so far is marked behind its validation."""
        # How many there will be is not known where the time ends the training.
        values = [str(record.epoch) if self._is_timed else f"{record.epoch}/{record.epochs}", loss_text(record.loss)]
        if self._has_classes:
            values.append("" if record.accuracy is None else percent(record.accuracy))
        is_best = self._validates and record.is_best
        if self._validates:
            values.append(_measured(record))
        values += [f"{record.learning_rate:.3g}", f"{record.images_per_second:,.0f}", duration(record.seconds)]
        cells = [f"{value:>{width}}" for value, (_, width) in zip(values, self._columns, strict=True)]
        parts: list[tuple[str, str]] = []
        for (name, _), cell in zip(self._columns, cells, strict=True):
            marked = is_best and name == "validation"
            parts.append((cell, "bold green" if marked else ""))
            parts.append(("* " if marked else _GAP, "green"))
        parts[-1] = ("", "")
        return parts


def _measured(record: records.EpochDone) -> str:
    if record.validation_accuracy is not None:
        return percent(record.validation_accuracy)
    return "" if record.validation_loss is None else loss_text(record.validation_loss)
